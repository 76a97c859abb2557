from typing import Any

from django.urls import path

from customers import api, api_catalog

many: dict[str, Any] = {"get": "list", "post": "create"}
one: dict[str, Any] = {"get": "retrieve", "patch": "partial_update"}

urlpatterns = [
    path("customers/", api.Customers.as_view(many), name="api_customers"),
    path("customers/<int:pk>/", api.Customers.as_view(one), name="api_customer"),
    path("customers/<int:customer>/services/", api.Services.as_view({"post": "create"}), name="api_customer_services"),
    path("services/", api.Services.as_view({"get": "list"}), name="api_services"),
    path("services/<int:pk>/", api.Services.as_view(one), name="api_service"),
    path("plans/", api_catalog.Plans.as_view(many), name="api_plans"),
    path("plans/<int:pk>/", api_catalog.Plans.as_view({**one, "delete": "destroy"}), name="api_plan"),
    path("taxes/", api_catalog.Taxes.as_view(many), name="api_taxes"),
    path("taxes/<int:pk>/", api_catalog.Taxes.as_view({**one, "delete": "destroy"}), name="api_tax"),
    path("zones/", api_catalog.Zones.as_view(many), name="api_zones"),
    path("zones/<int:pk>/", api_catalog.Zones.as_view({**one, "delete": "destroy"}), name="api_zone"),
]
