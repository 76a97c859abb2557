from django.urls import path

from chatbot import views

app_name = "chatbot"
urlpatterns = [
    path("", views.settings, name="settings"),
    path("probar/", views.sample, name="sample"),
]
