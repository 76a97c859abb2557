from django.urls import path

from inbox import views_notifications as views

urlpatterns = [
    path("", views.notifications, name="notifications"),
    path("leer/", views.replay_all, name="notifications_replay"),
    path("<int:pk>/", views.notification, name="notification"),
    path("<int:pk>/leer/", views.replay, name="notification_replay"),
]
