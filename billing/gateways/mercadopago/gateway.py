"""The wire, with the official client: preferences make the link, payments are asked about, refunds go back.

Payloads: https://www.mercadopago.com.mx/developers/es/reference/preferences/_checkout_preferences/post,
…/reference/payments/_payments_id/get, …/reference/chargebacks/_payments_id_refunds/post; the webhook and its
x-signature: https://www.mercadopago.com.mx/developers/es/docs/your-integrations/notifications/webhooks.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import mercadopago
import requests
from django.utils.translation import gettext as _
from mercadopago.config import RequestOptions
from mercadopago.errors.exceptions import MercadoPagoError
from mercadopago.http import HttpClient
from mercadopago.webhook.validator import InvalidWebhookSignatureError, WebhookSignatureValidator

from billing.gateways.base import Arrival, Ask, BadSignature, FarState, GatewayError, Notification, Opened, Truth
from billing.gateways.mercadopago.config import API, MercadoPagoConfig, to_number

TIMEOUT = 15.0  # seconds for one call
# Their retries may carry the first signature; what they say is asked about anyway, so a replay does nothing.
TOLERANCE = dt.timedelta(minutes=15)
MILLISECONDS = 10**11  # a moment above this is not in seconds: their pages show both
STATES = {
    "approved": FarState.PAID,
    "refunded": FarState.PAID,
    "charged_back": FarState.PAID,
    "in_mediation": FarState.PAID,
    "rejected": FarState.FAILED,
    "cancelled": FarState.CANCELLED,
}


class AddressedHttpClient(HttpClient):  # type: ignore[misc]  # the client is untyped
    """The SDK's client, sent to the configured address instead of api.mercadopago.com."""

    def __init__(self, api_base: str) -> None:
        super().__init__()
        self.api_base = api_base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """As the SDK's, with the address changed. Raises requests.RequestException."""
        return super().request(method, self.api_base + url.removeprefix(API), *args, **kwargs)


class MercadoPago:
    """One account."""

    def __init__(self, *, api_key: str, webhook_secret: str, config: Mapping[str, Any]) -> None:
        self.config = MercadoPagoConfig.read(config)
        self._secret = webhook_secret
        # Our rows are tried again, with the same key; the SDK must not do so by itself.
        self._sdk = mercadopago.SDK(
            api_key,
            http_client=AddressedHttpClient(self.config.api_base),
            request_options=RequestOptions(connection_timeout=TIMEOUT, max_retries=0),
        )

    def open(self, ask: Ask) -> Opened:
        """A preference; when an earlier answer was lost it is looked for by our reference. Raises GatewayError."""
        preference = self._find(ask.key) if ask.again else None
        if preference is None:
            preference = self._call(lambda: self._sdk.preference().create(self._preference(ask)))
        return Opened(
            external_id=str(preference["id"]), url=str(preference.get("init_point") or ""), expires_at=ask.expires_at
        )

    def _preference(self, ask: Ask) -> dict[str, Any]:
        try:
            price = to_number(ask.amount, ask.currency)
        except ValueError:
            text = _("Mercado Pago cobra sin centavos en %(currency)s.") % {"currency": ask.currency}
            raise GatewayError(text, permanent=True, code="cents") from None
        item = {"id": ask.key, "title": ask.description, "quantity": 1, "unit_price": price}
        data: dict[str, Any] = {
            "items": [{**item, "currency_id": ask.currency}],
            "external_reference": ask.key,
            "payer": {"name": ask.customer_name, **({"email": ask.customer_email} if ask.customer_email else {})},
            "back_urls": dict.fromkeys(("success", "pending", "failure"), ask.return_url),
        }
        if ask.return_url.startswith("https://"):
            data["auto_return"] = "approved"  # refused for any other address
        if ask.expires_at:
            until = ask.expires_at.isoformat(timespec="milliseconds")
            data |= {"expires": True, "expiration_date_to": until, "date_of_expiration": until}
        return data

    def _find(self, key: str) -> dict[str, Any] | None:
        found = self._call(lambda: self._sdk.preference().search({"external_reference": key}))
        rows = found.get("elements") or []
        return self._call(lambda: self._sdk.preference().get(rows[0]["id"])) if rows else None

    def query(self, *, external_id: str, key: str) -> Truth:
        """Every payment made with our reference, and whether the preference still takes more. Raises GatewayError."""
        preference = self._call(lambda: self._sdk.preference().get(external_id)) if external_id else {}
        reference = key or str(preference.get("external_reference") or "")
        found = self._call(lambda: self._sdk.payment().search({"external_reference": reference}))
        arrivals = tuple(_arrival(row) for row in found.get("results") or [])
        paid = any(arrival.state == FarState.PAID for arrival in arrivals)
        return Truth(state=FarState.PAID if paid else FarState.OPEN, key=reference, arrivals=arrivals)

    def query_payment(self, payment: str) -> Arrival | None:
        """One payment. Raises GatewayError."""
        try:
            return _arrival(self._call(lambda: self._sdk.payment().get(payment)))
        except GatewayError as error:
            if error.code == "404":
                return None
            raise

    def cancel(self, external_id: str) -> None:
        """Let the preference end now. Raises GatewayError."""
        past = (dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)).isoformat(timespec="milliseconds")
        self._call(lambda: self._sdk.preference().update(external_id, {"expires": True, "expiration_date_to": past}))

    def refund(self, *, payment: str, amount: Decimal, currency: str, key: str, before: Decimal) -> str:
        """Give back a part or all of a payment, once for a key. Raises GatewayError."""
        options = RequestOptions(
            connection_timeout=TIMEOUT, max_retries=0, custom_headers={"x-idempotency-key": f"refund-{key}"}
        )
        body = {"amount": to_number(amount, currency)}
        return str(self._call(lambda: self._sdk.refund().create(payment, body, options))["id"])

    def check(self) -> str:
        """The account's name. Raises GatewayError."""
        user = self._call(lambda: self._sdk.user().get())
        return str(user.get("nickname") or user.get("email") or user["id"])

    def set_up_notices(self, address: str) -> str:
        """Nothing: their secret is read in «Tus integraciones», where the address is written down."""
        return ""

    def read_notice(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str], now: dt.datetime
    ) -> Notification:
        """Check x-signature with the SDK (over data.id of the address, the request's id and the moment), and read it.

        Raises BadSignature.
        """
        if not self._secret:
            raise BadSignature("no webhook secret is kept")
        subject = query.get("data.id", "")
        signature = headers.get("x-signature", "")
        try:
            # «If data.id is alphanumeric it must be in lower case.»
            WebhookSignatureValidator.validate(signature, headers.get("x-request-id"), subject.lower(), self._secret)
            event = json.loads(body)
            told = str(event["data"]["id"])
            topic = str(event.get("type") or query.get("type") or "")
            event_id = str(event.get("id") or headers.get("x-request-id", ""))
        except (InvalidWebhookSignatureError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadSignature(str(error)) from None
        if abs(now - _signed_at(signature)) > TOLERANCE:
            raise BadSignature("the signature is too old")
        if told.lower() != subject.lower():
            raise BadSignature("the body speaks of something that was not signed")
        return Notification(
            event_id=f"{topic}:{event_id}:{event.get('action', '')}",
            topic=str(event.get("action") or topic),
            payment=told if topic == "payment" else "",
        )

    def _call(self, act: Any) -> dict[str, Any]:
        try:
            answer = act()
        except MercadoPagoError:
            text = _("Mercado Pago tuvo un problema interno.")
            raise GatewayError(text, permanent=False, doubtful=True, code="500") from None
        except requests.RequestException:
            text = _("No se pudo conectar con Mercado Pago.")
            raise GatewayError(text, permanent=False, doubtful=True, code="connect") from None
        status, data = answer["status"], answer["response"]
        if 200 <= status < 300 and isinstance(data, dict):
            return data
        raise as_gateway_error(status, data)


def as_gateway_error(status: int, data: Any) -> GatewayError:
    """What an answer that is no success means."""
    if status in {401, 403}:
        return GatewayError(_("Mercado Pago no acepta el Access Token."), permanent=True, code=str(status))
    if status == 429:
        return GatewayError(_("Mercado Pago pide esperar un momento."), permanent=False, code="429")
    if 400 <= status < 500:
        said = {"reason": str(data.get("message", "") if isinstance(data, dict) else "")}
        return GatewayError(_("Mercado Pago no lo aceptó: %(reason)s") % said, permanent=True, code=str(status))
    return GatewayError(_("Mercado Pago tuvo un problema interno."), permanent=False, doubtful=True, code=str(status))


def _arrival(row: Mapping[str, Any]) -> Arrival:
    paid_at = row.get("date_approved") or row.get("date_created")
    status = str(row.get("status"))
    return Arrival(
        external_id=str(row["id"]),
        key=str(row.get("external_reference") or ""),
        amount=Decimal(str(row["transaction_amount"])),
        currency=str(row["currency_id"]),
        state=STATES.get(status, FarState.OPEN),
        paid_at=dt.datetime.fromisoformat(paid_at) if paid_at else None,
        refunded=Decimal(str(row.get("transaction_amount_refunded") or 0)),
        disputed=status == "charged_back",
    )


def _signed_at(header: str) -> dt.datetime:
    stamps = [part.partition("=")[2].strip() for part in header.split(",") if part.strip().startswith("ts=")]
    moment = int(stamps[0])
    return dt.datetime.fromtimestamp(moment / 1000 if moment > MILLISECONDS else moment, dt.UTC)
