from django.urls import path

from console import views

app_name = "console"
urlpatterns = [
    path("", views.providers, name="providers"),
    path("proveedores/nuevo", views.new, name="new"),
    path("proveedores/<slug:slug>/", views.provider, name="provider"),
    path("proveedores/<slug:slug>/estado/", views.standing, name="standing"),
    path("proveedores/<slug:slug>/moneda/", views.currency, name="currency"),
]
