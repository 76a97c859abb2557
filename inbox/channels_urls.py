"""The channels' setup pages, under /bandeja/numeros/."""

from django.urls import path

from inbox import views_channels as views
from inbox import views_sandbox

urlpatterns = [
    path("", views.channel_list, name="channels"),
    path("nuevo/<slug:kind>/", views.add_channel, name="add_channel"),
    path("<int:pk>/", views.channel, name="channel"),
    path("<int:pk>/probar/", views.check, name="check_channel"),
    path("<int:pk>/encender/", views.switch, name="switch_channel"),
    path("<int:pk>/principal/", views.make_default, name="default_channel"),
    path("<int:pk>/renovar/", views.rotate, name="rotate_channel"),
    path("<int:pk>/quitar/", views.remove, name="remove_channel"),
    path("<int:pk>/telefono/", views_sandbox.phone, name="sandbox"),
    path("<int:pk>/telefono/tomar/", views_sandbox.play, name="sandbox_play"),
    path("<int:pk>/telefono/escribir/", views_sandbox.write, name="sandbox_write"),
    path("<int:pk>/telefono/opciones/", views_sandbox.switches, name="sandbox_switches"),
]
