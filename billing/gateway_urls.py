"""Addresses of gateways and of what is asked through them."""

from django.urls import path

from billing.views import gateways, payment_requests

urlpatterns = [
    path("pasarelas/", gateways.gateways, name="gateways"),
    path("pasarelas/nueva/<slug:kind>/", gateways.connect, name="gateway_connect"),
    path("pasarelas/avisos/", gateways.notices, name="gateway_notices"),
    path("pasarelas/avisos/<int:pk>/reintentar", gateways.notice_retry, name="gateway_notice_retry"),
    path("pasarelas/<int:pk>/", gateways.account, name="gateway"),
    path("pasarelas/<int:pk>/probar", gateways.check, name="gateway_check"),
    path("en-linea/", payment_requests.requests, name="payment_requests"),
    path("en-linea/<int:pk>/", payment_requests.payment_request, name="payment_request"),
    path("en-linea/<int:pk>/enviar", payment_requests.send, name="payment_request_send"),
    path("en-linea/<int:pk>/cancelar", payment_requests.cancel, name="payment_request_cancel"),
    path("en-linea/<int:pk>/preguntar", payment_requests.look, name="payment_request_look"),
    path("en-linea/llegado/<int:pk>/devolver", payment_requests.refund, name="arrival_refund"),
    path("en-linea/llegado/<int:pk>/resolver", payment_requests.settle, name="arrival_settle"),
    path("cuenta/<int:customer_id>/pedir-pago", payment_requests.ask, name="payment_request_ask"),
]
