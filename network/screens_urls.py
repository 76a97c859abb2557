"""Pages of what is done with services, accesses and routers."""

from django.urls import path

from network import views_links, views_outages, views_routers, views_services, views_stuck

urlpatterns = [
    path("servicios/<int:service_id>/", views_services.service, name="service"),
    path("servicios/<int:service_id>/estado/", views_services.service_state, name="service_state"),
    path("servicios/<int:service_id>/corte/", views_services.suspension, name="suspension"),
    path("servicios/<int:service_id>/enlazar/", views_links.link, name="link"),
    path("accesos/<int:access_id>/editar/", views_links.relink, name="relink"),
    path("accesos/<int:access_id>/sesion/", views_links.kick, name="kick"),
    path("accesos/<int:access_id>/clave/", views_links.credentials, name="credentials"),
    path("accesos/<int:access_id>/mover/", views_links.move, name="move"),
    path("accesos/<int:access_id>/quitar/", views_links.remove, name="remove"),
    path("fallas/", views_outages.outages, name="outages"),
    path("fallas/<int:outage_id>/terminar/", views_outages.close, name="outage_close"),
    path("sin-resolver/", views_stuck.stuck, name="stuck"),
    path("sin-resolver/reintentar/", views_stuck.retry, name="retry"),
    path("sin-resolver/dejar/", views_stuck.dismiss, name="dismiss"),
    path("routers/<int:router_id>/ahora/", views_routers.resource, name="resource"),
    path("routers/<int:router_id>/corte/", views_routers.cutting, name="cutting"),
    path("routers/<int:router_id>/planes/", views_routers.plan_name, name="plan_name_new"),
    path("routers/<int:router_id>/planes/<int:profile_id>/", views_routers.plan_name, name="plan_name"),
    path("routers/<int:router_id>/planes/<int:profile_id>/quitar/", views_routers.plan_unname, name="plan_unname"),
]
