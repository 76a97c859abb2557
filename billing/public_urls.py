"""Addresses for customers, opened by a signed link."""

from django.urls import path

from billing.views import public, public_receipts

urlpatterns = [
    path("d/<str:token>/", public.document, name="document"),
    path("d/<str:token>/pdf", public.document_file, name="document_file"),
    path("d/<str:token>/comprobante", public_receipts.send_proof, name="document_proof"),
]
