from django.urls import include, path
from rest_framework.routers import SimpleRouter

from network.api import Accesses, Routers, ServiceSuspension
from network.api_acts import Dismiss, Kick, PlanProfiles, Retry, Reveal
from network.api_drift import Drifts

routes = SimpleRouter()
routes.register("routers", Routers, basename="api-router")
routes.register("drifts", Drifts, basename="api-drift")
routes.register("accesses", Accesses, basename="api-access")
routes.register("plan-profiles", PlanProfiles, basename="api-plan-profile")

urlpatterns = [
    path("accesses/<int:access_id>/kick/", Kick.as_view(), name="api-access-kick"),
    path("accesses/<int:access_id>/retry/", Retry.as_view(), name="api-access-retry"),
    path("accesses/<int:access_id>/dismiss/", Dismiss.as_view(), name="api-access-dismiss"),
    path("accesses/<int:access_id>/credentials/", Reveal.as_view(), name="api-access-credentials"),
    path("", include(routes.urls)),
    path("services/<int:service_id>/suspension/", ServiceSuspension.as_view(), name="api-service-suspension"),
]
