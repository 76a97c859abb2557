from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("entrar/", views.sign_in, name="sign_in"),
    path("salir/", views.sign_out, name="sign_out"),
]
