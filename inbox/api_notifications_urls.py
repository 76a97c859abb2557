from django.urls import path

from inbox.api_notifications import Notifications

urlpatterns = [
    path("", Notifications.as_view({"get": "list"}), name="api_notifications"),
    path("<int:pk>/", Notifications.as_view({"get": "retrieve"}), name="api_notification"),
    path("<int:pk>/replay/", Notifications.as_view({"post": "replay"}), name="api_notification_replay"),
]
