from django.urls import include, path

from network import views, views_accesses, views_routers

app_name = "network"
urlpatterns = [
    path("", include("network.screens_urls")),
    path("", include("network.drift_urls")),
    path("", views_routers.routers, name="routers"),
    path("", include("network.onboarding_urls")),
    path("accesos/", views_accesses.accesses, name="accesses"),
    path("routers/<int:router_id>/", views.router, name="router"),
    path("routers/<int:router_id>/editar/", views.edit, name="edit"),
    path("routers/<int:router_id>/probar/", views.try_out, name="try"),
    path("routers/<int:router_id>/leer/", views.read, name="read"),
    path("routers/<int:router_id>/aprobar/", views.approve, name="approve"),
]
