"""Addresses for customers, opened by a signed link."""

from django.urls import path

from billing.views import pay_public, public, public_receipts

urlpatterns = [
    path("d/<str:token>/", public.document, name="document"),
    path("d/<str:token>/pdf", public.document_file, name="document_file"),
    path("d/<str:token>/comprobante", public_receipts.send_proof, name="document_proof"),
    path("d/<str:token>/pagar", pay_public.pay, name="document_pay"),
    path("p/<str:token>/", pay_public.pay_page, name="pay_page"),
]
