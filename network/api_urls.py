from django.urls import include, path
from rest_framework.routers import SimpleRouter

from network.api import Accesses, Routers, ServiceSuspension

routes = SimpleRouter()
routes.register("routers", Routers, basename="api-router")
routes.register("accesses", Accesses, basename="api-access")

urlpatterns = [
    path("", include(routes.urls)),
    path("services/<int:service_id>/suspension/", ServiceSuspension.as_view(), name="api-service-suspension"),
]
