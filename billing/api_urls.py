from django.urls import path
from rest_framework.routers import SimpleRouter

from billing import (
    api,
    api_agreements,
    api_credit_notes,
    api_documents,
    api_figures,
    api_gateways,
    api_payments,
    api_promises,
    api_receipts,
    api_runs,
    api_series,
    api_statement,
    api_terms,
)

router = SimpleRouter()
router.register("invoices", api.Invoices, basename="invoice")
router.register("payments", api_payments.Payments, basename="payment")
router.register("refunds", api_payments.Refunds, basename="refund")
router.register("cash-drawers", api_payments.CashDrawers, basename="cash-drawer")
router.register("receipts", api_receipts.Receipts, basename="receipt")
router.register("promises", api_promises.Promises, basename="promise")
router.register("billing-runs", api_runs.Runs, basename="billing-run")
router.register("nights", api.Nights, basename="night")
router.register("policy-overrides", api_terms.PolicyOverrides, basename="policy-override")
router.register("credit-notes", api_credit_notes.CreditNotes, basename="credit-note")
router.register("series", api_series.SeriesRoom, basename="series")
router.register("gateway-accounts", api_gateways.GatewayAccounts, basename="gateway-account")
router.register("payment-requests", api_gateways.PaymentRequests, basename="payment-request")
router.register("decisions", api.Decisions, basename="decision")

urlpatterns = [
    path("figures/", api_figures.Figures.as_view(), name="api-figures"),
    path("ageing/", api_runs.ProviderAgeing.as_view(), name="api-ageing"),
    path("customers/<int:customer_id>/ageing/", api_runs.CustomerAgeing.as_view(), name="api-customer-ageing"),
    path(
        "customers/<int:customer_id>/next-charge/",
        api_runs.CustomerNextCharge.as_view(),
        name="api-customer-next-charge",
    ),
    path("customers/<int:customer_id>/balance/", api.CustomerBalance.as_view(), name="api-customer-balance"),
    path(
        "customers/<int:customer_id>/statement/",
        api_statement.CustomerStatement.as_view(),
        name="api-customer-statement",
    ),
    *api_agreements.urlpatterns,
    *api_credit_notes.urlpatterns,
    *api_documents.urlpatterns,
    *api_promises.urlpatterns,
    path("billing-policy/", api_terms.Policy.as_view(), name="api-billing-policy"),
    path("billing-policy/preview/", api_terms.PolicyYear.as_view(), name="api-billing-policy-preview"),
    path("zones/<int:pk>/policy/", api_terms.ZoneTerms.as_view(), name="api-zone-policy"),
    path("customers/<int:pk>/policy/", api_terms.CustomerTerms.as_view(), name="api-customer-policy"),
    *router.urls,
]
