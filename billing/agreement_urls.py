"""Addresses of what is agreed with one service, and of credit notes."""

from django.urls import path

from billing.views import agreements, credit_notes

urlpatterns = [
    path("servicio/<int:pk>/acuerdos", agreements.agreed, name="agreed"),
    path("servicio/<int:pk>/cargo", agreements.extra_add, name="extra_add"),
    path("cargo/<int:pk>/terminar", agreements.extra_end, name="extra_end"),
    path("cargo/<int:pk>/terminar/vista", agreements.extra_end_preview, name="extra_end_preview"),
    path("servicio/<int:pk>/descuento", agreements.discount_add, name="discount_add"),
    path("descuento/<int:pk>/terminar", agreements.discount_end, name="discount_end"),
    path("servicio/<int:pk>/contrato", agreements.contract, name="contract"),
    path("servicio/<int:pk>/plan", agreements.plan_change, name="plan_change"),
    path("servicio/<int:pk>/plan/vista", agreements.plan_change_preview, name="plan_change_preview"),
    path("cambio-de-plan/<int:pk>/cancelar", agreements.plan_change_cancel, name="plan_change_cancel"),
    path("notas/", credit_notes.credit_notes, name="credit_notes"),
    path("notas/<int:pk>/", credit_notes.credit_note, name="credit_note"),
    path("facturas/<int:pk>/acreditar", credit_notes.credit, name="invoice_credit"),
    path("facturas/<int:pk>/acreditar/vista", credit_notes.credit_preview, name="invoice_credit_preview"),
    path("facturas/<int:pk>/incobrable", credit_notes.write_off, name="invoice_write_off"),
]
