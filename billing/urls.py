from django.urls import include, path, re_path

from billing.views import (
    account,
    invoice_list,
    invoices,
    nights,
    payments,
    policy,
    receipts,
    runs,
    statement,
    terms,
)

app_name = "billing"
urlpatterns = [
    path("", include("billing.document_urls")),
    path("esta-noche/", nights.tonight, name="tonight"),
    path("esta-noche/preparar", nights.plan, name="night_plan"),
    re_path(r"^esta-noche/(?P<pk>\d+)/(?P<verb>detener|seguir|aprobar)$", nights.turn, name="night_turn"),
    re_path(r"^esta-noche/decision/(?P<pk>\d+)/(?P<verb>quitar|devolver)$", nights.move, name="decision_move"),
    path("comprobantes/", receipts.receipts, name="receipts"),
    path("comprobantes/<int:pk>/imagen", receipts.picture, name="receipt_picture"),
    path("comprobantes/<int:pk>/clientes", receipts.customers, name="receipt_customers"),
    path("comprobantes/<int:pk>/aceptar", receipts.accept, name="receipt_accept"),
    path("comprobantes/<int:pk>/rechazar", receipts.reject, name="receipt_reject"),
    path("facturas/", invoice_list.invoices, name="invoices"),
    re_path(r"^facturas\.(?P<form>csv|xlsx)$", invoice_list.export, name="invoices_export"),
    path("facturas/<int:pk>/", invoices.invoice, name="invoice"),
    path("facturas/<int:pk>/anular", invoices.void, name="invoice_void"),
    path("pagos/", payments.payments, name="payments"),
    path("pagos/<int:pk>/", payments.payment, name="payment"),
    path("pagos/<int:pk>/anular", payments.void, name="payment_void"),
    path("corridas/", runs.runs, name="runs"),
    path("corridas/nueva/", runs.new, name="run_new"),
    path("corridas/nueva/empezar", runs.start, name="run_start"),
    path("corridas/<int:pk>/", runs.run, name="run"),
    re_path(r"^corridas/(?P<pk>\d+)/(?P<verb>pausar|seguir)$", runs.turn, name="run_turn"),
    path("cuenta/<int:customer_id>/", account.customer_account, name="customer_account"),
    path("cuenta/<int:customer_id>/movimientos/", statement.statement, name="statement"),
    re_path(
        r"^cuenta/(?P<customer_id>\d{1,18})/movimientos\.(?P<form>csv|xlsx)$", statement.export, name="statement_export"
    ),
    path("cuenta/<int:customer_id>/cobrar", payments.pay, name="pay"),
    path("por-que/<int:service_id>/", account.why, name="why"),
    path("politica/", policy.policy, name="policy"),
    path("condiciones/", terms.terms, name="terms"),
    path("condiciones/zona/<int:pk>/", terms.zone, name="zone_terms"),
    path("condiciones/cliente/<int:pk>/", terms.customer, name="customer_terms"),
    path("condiciones/zona/<int:pk>/resumen", terms.zone_summary, name="zone_terms_summary"),
    path("condiciones/cliente/<int:pk>/resumen", terms.customer_summary, name="customer_terms_summary"),
]
