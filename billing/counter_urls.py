"""Addresses of the counter: taking money, giving it back, drawers, accounts and bank statements."""

from django.urls import path

from billing.views import accounts, bank, counter, drawers, refunds

urlpatterns = [
    path("cuenta/<int:customer_id>/cobrar", counter.pay, name="pay"),
    path("cuenta/<int:customer_id>/cobrar/vista-previa", counter.preview, name="pay_preview"),
    path("cuenta/<int:customer_id>/cobrar/abrir-caja", counter.open_here, name="pay_open_drawer"),
    path("cuenta/<int:customer_id>/devolver-saldo", refunds.credit, name="credit_refund"),
    path("pagos/<int:pk>/devolver", refunds.payment, name="payment_refund"),
    path("estados-de-cuenta/", bank.statements, name="statements"),
    path("estados-de-cuenta/<int:pk>/", bank.statement, name="statement_import"),
    path("estados-de-cuenta/<int:pk>/avance", bank.progress, name="statement_progress"),
    path("estados-de-cuenta/<int:pk>/registrar", bank.confirm, name="statement_confirm"),
    path("estados-de-cuenta/<int:pk>/descartar", bank.discard, name="statement_discard"),
    path("estados-de-cuenta/linea/<int:pk>/decidir", bank.turn, name="statement_line"),
    path("estados-de-cuenta/linea/<int:pk>/clientes", bank.people, name="statement_people"),
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
