from django.urls import path

from network import views

app_name = "network"
urlpatterns = [
    path("", views.routers, name="routers"),
    path("agregar/", views.add, name="add"),
    path("probar/", views.try_out, name="try"),
    path("accesos/", views.accesses, name="accesses"),
    path("routers/<int:router_id>/", views.router, name="router"),
    path("routers/<int:router_id>/editar/", views.edit, name="edit"),
    path("routers/<int:router_id>/probar/", views.try_out, name="try"),
    path("routers/<int:router_id>/leer/", views.read, name="read"),
    path("routers/<int:router_id>/aprobar/", views.approve, name="approve"),
    path("routers/<int:router_id>/corregir/", views.correct, name="correct"),
    path("servicios/<int:service_id>/", views.service_state, name="service_state"),
    path("servicios/<int:service_id>/enlazar/", views.link, name="link"),
    path("accesos/<int:access_id>/editar/", views.relink, name="relink"),
    path("servicios/<int:service_id>/corte/", views.suspension, name="suspension"),
]
