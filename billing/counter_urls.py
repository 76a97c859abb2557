"""Addresses of the counter: taking money, giving it back, drawers, accounts and bank statements."""

from django.urls import path

from billing.views import counter, refunds

urlpatterns = [
    path("cuenta/<int:customer_id>/cobrar", counter.pay, name="pay"),
    path("cuenta/<int:customer_id>/cobrar/vista-previa", counter.preview, name="pay_preview"),
    path("cuenta/<int:customer_id>/cobrar/abrir-caja", counter.open_here, name="pay_open_drawer"),
    path("cuenta/<int:customer_id>/devolver-saldo", refunds.credit, name="credit_refund"),
    path("pagos/<int:pk>/devolver", refunds.payment, name="payment_refund"),
]
