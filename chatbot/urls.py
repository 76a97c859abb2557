from django.urls import include, path

from chatbot import views

app_name = "chatbot"
urlpatterns = [
    path("", views.settings, name="settings"),
    path("probar/", views.sample, name="sample"),
    path("saber/", include("chatbot.knowledge_urls")),
]
