"""Addresses of taking a router in."""

from django.urls import path

from network import views_networks, views_takeovers
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
    path("routers/<int:router_id>/traer/", views_takeovers.takeover, name="takeover"),
    path("traer/<int:takeover_id>/elegir/", views_takeovers.choose_all, name="taken_many"),
    path("traer/<int:takeover_id>/confirmar/", views_takeovers.confirm, name="takeover_confirm"),
    path("traer/fila/<int:row_id>/", views_takeovers.choose, name="taken_choose"),
    path("redes/", views_networks.networks, name="networks"),
    path("redes/<int:network_id>/quitar/", views_networks.remove, name="network_remove"),
]
