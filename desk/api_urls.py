from django.urls import path

from desk import api

urlpatterns = [
    path("services/<int:pk>/pause/", api.ServicePause.as_view(), name="api_service_pause"),
    path("services/<int:pk>/end/", api.ServiceEnd.as_view(), name="api_service_end"),
    path("imports/", api.Imports.as_view({"get": "list", "post": "create"}), name="api_imports"),
    path("imports/<int:pk>/", api.Imports.as_view({"get": "retrieve"}), name="api_import"),
    path("imports/<int:pk>/start/", api.Imports.as_view({"post": "start"}), name="api_import_start"),
    path("imports/<int:pk>/discard/", api.Imports.as_view({"post": "discard"}), name="api_import_discard"),
]
