"""Comprobantes: the stack, its verbs and its files."""

from django.urls import path

from billing.views import receipt_files, receipt_settled, receipts

urlpatterns = [
    path("comprobantes/", receipts.receipts, name="receipts"),
    path("comprobantes/<int:pk>/", receipt_settled.settled, name="receipt"),
    path("comprobantes/<int:pk>/corregir", receipt_settled.correct, name="receipt_correct"),
    path("comprobantes/<int:pk>/imagen", receipt_files.picture, name="receipt_picture"),
    path("comprobantes/<int:pk>/hoja/<int:number>", receipt_files.page, name="receipt_page"),
    path("comprobantes/<int:pk>/clientes", receipts.customers, name="receipt_customers"),
    path("comprobantes/<int:pk>/aceptar", receipts.accept, name="receipt_accept"),
    path("comprobantes/<int:pk>/rechazar", receipts.reject, name="receipt_reject"),
]
