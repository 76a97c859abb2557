from django.urls import path

from chatbot import views_personas as views

urlpatterns = [
    path("", views.personas, name="personas"),
    path("<int:persona_id>/", views.persona, name="persona"),
    path("<int:persona_id>/devolver/<int:number>/", views.restore, name="restore_persona"),
]
