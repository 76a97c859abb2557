from django.urls import path

from chatbot import views_beside

urlpatterns = [
    path("<int:pk>/", views_beside.beside, name="beside"),
    path("<int:pk>/sugerir/", views_beside.suggest, name="suggest"),
    path("<int:pk>/atender/", views_beside.take, name="take_over"),
    path("<int:pk>/devolver/", views_beside.back, name="hand_back"),
]
