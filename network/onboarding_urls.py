"""Addresses of taking a router in."""

from django.urls import path

from network import views_onboarding as views

urlpatterns = [
    path("agregar/", views.guide, name="add"),
    path("agregar/campos/", views.fields, name="guide_fields"),
    path("agregar/comprobar/", views.checks, name="guide_checks"),
    path("agregar/comprobar/<slug:code>/", views.check, name="guide_check"),
    path("agregar/guion/", views.script, name="guide_script"),
    path("routers/<int:router_id>/conexion/", views.guide, name="guide"),
    path("routers/<int:router_id>/conexion/campos/", views.fields, name="guide_fields"),
    path("routers/<int:router_id>/conexion/comprobar/", views.checks, name="guide_checks"),
    path("routers/<int:router_id>/conexion/comprobar/<slug:code>/", views.check, name="guide_check"),
]
