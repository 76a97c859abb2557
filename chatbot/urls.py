from django.urls import include, path

from chatbot import views

app_name = "chatbot"
urlpatterns = [
    path("", views.settings, name="settings"),
    path("probar/", views.sample, name="sample"),
    path("personalidades/", include("chatbot.persona_urls")),
    path("nuevo/", views.add, name="add"),
    path("<int:bot_id>/", views.settings, name="bot"),
    path("<int:bot_id>/probar/", views.sample, name="sample_of"),
    path("<int:bot_id>/canales/", views.channels, name="channels"),
    path("<int:bot_id>/borrar/", views.remove, name="remove"),
    path("mi-numero/", include("chatbot.staff_urls")),
    path("saber/", include("chatbot.knowledge_urls")),
    path("", include("chatbot.costs_urls")),
    path("junto/", include("chatbot.beside_urls")),
]
