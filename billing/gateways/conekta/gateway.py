"""The wire, with the official client: an order carries a cash charge, a SPEI charge, or a hosted checkout.

Payloads: https://developers.conekta.com/v2.3.0/reference/createorder, …/reference/getorderbyid,
…/reference/orderrefund, …/reference/createwebhookkey; the signature of notifications:
https://developers.conekta.com/docs/autenticación-webhooks (an RSA key pair for the company, whose private half signs
the SHA-256 of the body; it comes in the DIGEST header). It carries no time, so a copied notification stays good: what
it says is asked about before anything is booked.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, cast

import conekta
import urllib3
from conekta.exceptions import ApiException
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.utils.translation import gettext as _

from billing.gateways.base import Arrival, Ask, BadSignature, FarState, GatewayError, Notification, Opened, Truth
from billing.gateways.conekta.config import ConektaConfig

TIMEOUT = (5.0, 15.0)  # seconds to connect and to read
LANGUAGE = "es"
PAID = {"paid", "partially_refunded", "refunded", "charged_back"}
ENDED = {"expired": FarState.EXPIRED, "canceled": FarState.CANCELLED, "declined": FarState.FAILED}


class Conekta:
    """One company. Its notifications are checked with the public key that stands where others keep a secret."""

    def __init__(self, *, api_key: str, webhook_secret: str, config: Mapping[str, Any]) -> None:
        self.config = ConektaConfig.read(config)
        self._public_key = webhook_secret
        setup = conekta.Configuration(host=self.config.api_base, access_token=api_key, retries=0)
        client = conekta.ApiClient(setup)
        self._orders = conekta.OrdersApi(client)
        self._keys = conekta.WebhookKeysApi(client)
        self._webhooks = conekta.WebhooksApi(client)
        self._companies = conekta.CompaniesApi(client)

    def open(self, ask: Ask) -> Opened:
        """An order. They take no key, so one whose answer was lost is looked for first. Raises GatewayError."""
        order = self._find(ask.key) if ask.again else None
        if order is None:
            try:
                request = conekta.OrderRequest.from_dict(self._order(ask))
            except ValueError as error:
                text = _("Conekta no lo aceptó: %(reason)s") % {"reason": str(error)[:120]}
                raise GatewayError(text, permanent=True, code="shape") from None
            order = self._call(
                lambda: self._orders.create_order_without_preload_content(
                    cast("conekta.OrderRequest", request), accept_language=LANGUAGE, _request_timeout=TIMEOUT
                )
            )
        return _opened(order, ask)

    def _order(self, ask: Ask) -> dict[str, Any]:
        email = ask.customer_email or self.config.email
        if not email:
            text = _("Conekta pide un correo: agréguelo al cliente, o uno suyo en la pasarela.")
            raise GatewayError(text, permanent=True, code="email")
        until = int((ask.expires_at or ask.now + dt.timedelta(days=7)).timestamp())
        order: dict[str, Any] = {
            "currency": ask.currency,
            "customer_info": {"name": ask.customer_name, "email": email, "phone": ask.customer_phone or "0000000000"},
            "line_items": [{"name": ask.description, "unit_price": int(ask.amount * 100), "quantity": 1}],
            "metadata": {"reference": ask.key},
        }
        if ask.way == "link":
            order["checkout"] = {
                "type": "HostedPayment",
                "allowed_payment_methods": ["card", "cash", "bank_transfer"],
                "name": ask.description,
                "expires_at": until,
                "success_url": ask.return_url,
                "failure_url": ask.return_url,
            }
        else:
            kind = "cash" if ask.way == "cash" else "spei"
            order["charges"] = [{"payment_method": {"type": kind, "expires_at": until}, "reference_id": ask.key}]
        return order

    def _find(self, key: str) -> dict[str, Any] | None:
        found = self._call(
            lambda: self._orders.get_orders_without_preload_content(search=key, _request_timeout=TIMEOUT)
        )
        rows = [row for row in found.get("data") or [] if _reference(row) == key]
        return rows[0] if rows else None

    def query(self, *, external_id: str, key: str) -> Truth:
        """The order with its charges. Raises GatewayError."""
        order = self._call(
            lambda: self._orders.get_order_by_id_without_preload_content(external_id, _request_timeout=TIMEOUT)
        )
        status = str(order.get("payment_status") or "")
        state = FarState.PAID if status in PAID else ENDED.get(status, FarState.OPEN)
        charges = (order.get("charges") or {}).get("data") or []
        arrivals = tuple(_arrival(charge, order) for charge in charges)
        return Truth(state=state, key=_reference(order), arrivals=arrivals)

    def query_payment(self, payment: str) -> Arrival | None:
        """A charge, by «order/charge»: it is read in its order. Raises GatewayError."""
        order, _slash, charge = payment.partition("/")
        try:
            truth = self.query(external_id=order, key="")
        except GatewayError as error:
            if error.code == "404":
                return None
            raise
        return next((arrival for arrival in truth.arrivals if arrival.external_id.endswith(f"/{charge}")), None)

    def cancel(self, external_id: str) -> None:
        """Cancel the order. Raises GatewayError."""
        self._call(lambda: self._orders.cancel_order_without_preload_content(external_id, _request_timeout=TIMEOUT))

    def refund(self, *, payment: str, amount: Decimal, currency: str, key: str, before: Decimal) -> str:
        """Give back a part or all of an order. They take no key: what went back already tells. Raises GatewayError."""
        order = payment.partition("/")[0]
        now = self.query_payment(payment)
        if now is not None and now.refunded >= before + amount:
            return order
        request = conekta.OrderRefundRequest(amount=int(amount * 100), reason="requested_by_client")
        self._call(lambda: self._orders.order_refund_without_preload_content(order, request, _request_timeout=TIMEOUT))
        return order

    def check(self) -> str:
        """The company's name. Raises GatewayError."""
        company = self._call(
            lambda: self._companies.get_current_company_without_preload_content(_request_timeout=TIMEOUT)
        )
        return str(company.get("name") or company.get("id"))

    def set_up_notices(self, address: str) -> str:
        """Have Conekta call `address`, and return the public key it signs with. Raises GatewayError."""
        found = self._call(lambda: self._keys.get_webhook_keys_without_preload_content(_request_timeout=TIMEOUT))
        active = [row for row in found.get("data") or [] if row.get("active")]
        key = active[0] if active else self._call(self._make_key)
        try:
            request = conekta.WebhookRequest(url=address)
        except ValueError:
            return str(key["public_key"])  # the client refuses addresses of this machine alone
        self._call(lambda: self._webhooks.create_webhook_without_preload_content(request, _request_timeout=TIMEOUT))
        return str(key["public_key"])

    def _make_key(self) -> Any:
        request = conekta.WebhookKeyRequest(active=True)
        return self._keys.create_webhook_key_without_preload_content(
            webhook_key_request=request, _request_timeout=TIMEOUT
        )

    def read_notice(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str], now: dt.datetime
    ) -> Notification:
        """Check DIGEST with the company's public key and say which order it is about. Raises BadSignature."""
        if not self._public_key:
            raise BadSignature("no public key is kept")
        try:
            key = load_pem_public_key(self._public_key.encode())
            if not isinstance(key, RSAPublicKey):
                raise BadSignature("the public key is no RSA key")
            key.verify(base64.b64decode(headers.get("digest", ""), validate=True), body, PKCS1v15(), SHA256())
            event = json.loads(body)
            subject = event["data"]["object"]
            order = subject["id"] if subject.get("object") == "order" else subject.get("order_id", "")
            return Notification(event_id=str(event["id"]), topic=str(event["type"]), request=str(order or ""))
        except (InvalidSignature, UnsupportedAlgorithm, binascii.Error) as error:
            raise BadSignature(type(error).__name__) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadSignature(str(error)) from None

    def _call(self, act: Callable[[], Any]) -> dict[str, Any]:
        try:
            answer = act()
            status, text = answer.status, answer.read()
        except (ApiException, urllib3.exceptions.HTTPError, OSError):
            said = _("No se pudo conectar con Conekta.")
            raise GatewayError(said, permanent=False, doubtful=True, code="connect") from None
        try:
            data = json.loads(text or b"{}")
        except ValueError:
            data = None
        if 200 <= status < 300 and isinstance(data, dict):
            return data
        raise as_gateway_error(status, data)


def as_gateway_error(status: int, data: Any) -> GatewayError:
    """What an answer that is no success means; their errors come with words for people in `details`."""
    details = data.get("details") if isinstance(data, dict) else None
    reason = str(details[0].get("message", "")) if details and isinstance(details[0], dict) else ""
    if status in {401, 403}:
        return GatewayError(_("Conekta no acepta la llave privada."), permanent=True, code=str(status))
    if status == 429:
        return GatewayError(_("Conekta pide esperar un momento."), permanent=False, code="429")
    if 400 <= status < 500:
        text = _("Conekta no lo aceptó: %(reason)s") % {"reason": reason}
        return GatewayError(text, permanent=True, code=str(status))
    return GatewayError(_("Conekta tuvo un problema interno."), permanent=False, doubtful=True, code=str(status))


def _opened(order: Mapping[str, Any], ask: Ask) -> Opened:
    checkout = order.get("checkout") or {}
    charges = (order.get("charges") or {}).get("data") or [{}]
    method = charges[0].get("payment_method") or {} if ask.way != "link" else {}
    reference = str(method.get("reference") or "")
    clabe = str(method.get("clabe") or method.get("receiving_account_number") or "")
    return Opened(
        external_id=str(order["id"]),
        url=str(checkout.get("url") or ""),
        voucher=reference or clabe,
        barcode=reference,
        instructions=_instructions(ask.way, method),
        expires_at=ask.expires_at,
    )


def _instructions(way: str, method: Mapping[str, Any]) -> str:
    if way == "cash":
        return _("Diga en la caja que va a pagar con OXXO Pay, y muestre esta referencia.")
    if way == "bank":
        bank = str(method.get("bank") or method.get("receiving_account_bank") or "STP")
        return _("Transfiera desde su banco a esta CLABE (%(bank)s); es solo para este pago.") % {"bank": bank}
    return ""


def _reference(order: Mapping[str, Any]) -> str:
    return str((order.get("metadata") or {}).get("reference") or "")


def _arrival(charge: Mapping[str, Any], order: Mapping[str, Any]) -> Arrival:
    status = str(charge.get("status") or "")
    moment = charge.get("paid_at") or charge.get("created_at")
    refunds = charge.get("refunds") or {}
    rows = refunds.get("data") or [] if isinstance(refunds, dict) else refunds
    return Arrival(
        external_id=f"{order['id']}/{charge['id']}",
        key=_reference(order),
        amount=Decimal(int(charge["amount"])) / 100,
        currency=str(charge.get("currency") or order.get("currency")),
        state=FarState.PAID if status in PAID else ENDED.get(status, FarState.OPEN),
        paid_at=dt.datetime.fromtimestamp(int(moment), dt.UTC) if moment else None,
        refunded=Decimal(sum(abs(int(row.get("amount") or 0)) for row in rows)) / 100,
        disputed=status == "charged_back" or bool(charge.get("chargeback")),
    )
