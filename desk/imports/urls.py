"""Routes of the imports; desk/urls.py takes them in under its own namespace."""

from django.urls import path

from desk.imports import views

urlpatterns = [
    path("", views.imports, name="imports"),
    path("nueva/", views.import_new, name="import_new"),
    path("<int:pk>/", views.import_detail, name="import"),
    path("<int:pk>/estado/", views.import_state, name="import_state"),
    path("<int:pk>/empezar/", views.import_start, name="import_start"),
    path("<int:pk>/revisar/", views.import_recheck, name="import_recheck"),
    path("<int:pk>/descartar/", views.import_discard, name="import_discard"),
    path("<int:pk>/problemas.csv", views.import_problems, name="import_problems"),
    path("ejemplo/clientes.json", views.import_sample, {"which": "clientes"}, name="import_sample_clients"),
    path("ejemplo/facturas.json", views.import_sample, {"which": "facturas"}, name="import_sample_invoices"),
]
