from django.urls import path

from network import views, views_accesses, views_routers, views_services

app_name = "network"
urlpatterns = [
    path("", views_routers.routers, name="routers"),
    path("agregar/", views.add, name="add"),
    path("probar/", views.try_out, name="try"),
    path("accesos/", views_accesses.accesses, name="accesses"),
    path("routers/<int:router_id>/", views.router, name="router"),
    path("routers/<int:router_id>/editar/", views.edit, name="edit"),
    path("routers/<int:router_id>/probar/", views.try_out, name="try"),
    path("routers/<int:router_id>/leer/", views.read, name="read"),
    path("routers/<int:router_id>/aprobar/", views.approve, name="approve"),
    path("routers/<int:router_id>/corregir/", views.correct, name="correct"),
    path("servicios/<int:service_id>/estado/", views_services.service_state, name="service_state"),
    path("servicios/<int:service_id>/enlazar/", views_services.link, name="link"),
    path("accesos/<int:access_id>/editar/", views_services.relink, name="relink"),
    path("servicios/<int:service_id>/corte/", views_services.suspension, name="suspension"),
]
