"""Addresses of the counter: taking money, giving it back, drawers, accounts and bank statements."""

from django.urls import path

from billing.views import accounts, counter, drawers, refunds

urlpatterns = [
    path("cuenta/<int:customer_id>/cobrar", counter.pay, name="pay"),
    path("cuenta/<int:customer_id>/cobrar/vista-previa", counter.preview, name="pay_preview"),
    path("cuenta/<int:customer_id>/cobrar/abrir-caja", counter.open_here, name="pay_open_drawer"),
    path("cuenta/<int:customer_id>/devolver-saldo", refunds.credit, name="credit_refund"),
    path("pagos/<int:pk>/devolver", refunds.payment, name="payment_refund"),
    path("caja/", drawers.drawers, name="drawers"),
    path("caja/<int:pk>/", drawers.drawer, name="drawer"),
    path("caja/<int:pk>/mover", drawers.move, name="drawer_move"),
    path("caja/<int:pk>/cerrar", drawers.close, name="drawer_close"),
    path("caja/<int:pk>/corte.pdf", drawers.pdf, name="drawer_pdf"),
    path("caja/<int:pk>/movimientos.xlsx", drawers.export, name="drawer_export"),
    path("cuentas/", accounts.accounts, name="accounts"),
    path("cuentas/nueva", accounts.new, name="account_new"),
    path("cuentas/<int:pk>/", accounts.edit, name="account_edit"),
    path("cuentas/<int:pk>/usar", accounts.use, name="account_use"),
]
