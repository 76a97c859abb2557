"""The wire, with the official client: Checkout Sessions, payment intents, refunds and signed events.

Payloads: https://docs.stripe.com/api/checkout/sessions/object, https://docs.stripe.com/api/payment_intents/object,
https://docs.stripe.com/webhooks (signature), https://docs.stripe.com/api/idempotent_requests.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import stripe
from django.utils.translation import gettext as _

from billing.gateways.base import Arrival, Ask, BadSignature, FarState, GatewayError, Notification, Opened, Truth
from billing.gateways.stripe.config import StripeConfig, from_minor, to_minor

TIMEOUT = 15.0  # seconds for one call
TOLERANCE = 300  # seconds a signature stays good, as the SDK has it
# A session lives from 30 minutes to 24 hours; our own page makes a new one after that.
SHORTEST, LONGEST = dt.timedelta(minutes=31), dt.timedelta(hours=23, minutes=50)
EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.expired",
    "charge.refunded",
    "charge.dispute.created",
)
STATES = {"open": FarState.OPEN, "complete": FarState.OPEN, "expired": FarState.EXPIRED}


class Stripe:
    """One Stripe account."""

    def __init__(self, *, api_key: str, webhook_secret: str, config: Mapping[str, Any]) -> None:
        self.config = StripeConfig.read(config)
        self._secret = webhook_secret
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": self.config.api_base},
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
            max_network_retries=0,  # our rows are tried again, with the same key
        )

    def open(self, ask: Ask) -> Opened:
        """A Checkout Session; the key makes Stripe answer a repeated call with the same one. Raises GatewayError."""
        until = min(max(ask.expires_at or ask.now + LONGEST, ask.now + SHORTEST), ask.now + LONGEST)
        params: dict[str, Any] = {
            "mode": "payment",
            "client_reference_id": ask.key,
            "metadata": {"reference": ask.key},
            "payment_intent_data": {"metadata": {"reference": ask.key}, "description": ask.description},
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": ask.currency.lower(),
                        "unit_amount": to_minor(ask.amount, ask.currency),
                        "product_data": {"name": ask.description},
                    },
                }
            ],
            "success_url": ask.return_url,
            "cancel_url": ask.return_url,
            "expires_at": int(until.timestamp()),
        }
        if ask.customer_email:
            params["customer_email"] = ask.customer_email
        with asked():
            session = self._client.v1.checkout.sessions.create(params, {"idempotency_key": f"open-{ask.key}"})  # type: ignore[arg-type]
        return Opened(external_id=session.id, url=session.url or "", expires_at=_moment(session.expires_at))

    def query(self, *, external_id: str, key: str) -> Truth:
        """The session and its payment. Raises GatewayError."""
        with asked():
            session = self._client.v1.checkout.sessions.retrieve(external_id).to_dict()
        paid = session.get("payment_status") == "paid"
        state = FarState.PAID if paid else STATES.get(str(session.get("status")), FarState.OPEN)
        intent = session.get("payment_intent")
        arrival = self.query_payment(intent if isinstance(intent, str) else intent["id"]) if intent else None
        reference = str(session.get("client_reference_id") or "")
        return Truth(state=state, key=reference, arrivals=(arrival,) if arrival else ())

    def query_payment(self, payment: str) -> Arrival | None:
        """A payment intent with its charge. Raises GatewayError."""
        try:
            with asked():
                expanded = {"expand": ["latest_charge"]}
                intent = self._client.v1.payment_intents.retrieve(payment, expanded).to_dict()  # type: ignore[arg-type]
        except GatewayError as error:
            if error.code == "resource_missing":
                return None
            raise
        charge: dict[str, Any] = intent.get("latest_charge") or {}
        currency = str(intent["currency"]).upper()
        paid = intent["status"] == "succeeded"
        failed = intent["status"] == "canceled"
        return Arrival(
            external_id=str(intent["id"]),
            key=str((intent.get("metadata") or {}).get("reference", "")),
            amount=from_minor(intent["amount_received"] if paid else intent["amount"], currency),
            currency=currency,
            state=FarState.PAID if paid else FarState.FAILED if failed else FarState.OPEN,
            paid_at=_moment(charge.get("created") or intent.get("created")),
            refunded=from_minor(charge.get("amount_refunded") or 0, currency),
            disputed=bool(charge.get("disputed")),
        )

    def cancel(self, external_id: str) -> None:
        """Expire the session. Raises GatewayError."""
        with asked():
            self._client.v1.checkout.sessions.expire(external_id)

    def refund(self, *, payment: str, amount: Decimal, currency: str, key: str, before: Decimal) -> str:
        """Give back a part or all of a payment, once for a key. Raises GatewayError."""
        params: Any = {"payment_intent": payment, "amount": to_minor(amount, currency), "metadata": {"reference": key}}
        with asked():
            return str(self._client.v1.refunds.create(params, {"idempotency_key": f"refund-{key}"}).id)

    def check(self) -> str:
        """The account's name. Raises GatewayError."""
        with asked():
            account = self._client.v1.accounts.retrieve_current().to_dict()
        profile = account.get("business_profile") or {}
        return str(profile.get("name") or account.get("email") or account["id"])

    def set_up_notices(self, address: str) -> str:
        """Make the webhook endpoint, and return the secret it signs with. Raises GatewayError."""
        params: Any = {"url": address, "enabled_events": list(EVENTS)}
        with asked():
            return str(self._client.v1.webhook_endpoints.create(params).to_dict().get("secret") or "")

    def read_notice(
        self, *, body: bytes, headers: Mapping[str, str], query: Mapping[str, str], now: dt.datetime
    ) -> Notification:
        """Check Stripe-Signature with the SDK and say what the event is about. Raises BadSignature."""
        if not self._secret:
            raise BadSignature("no webhook secret is kept")
        try:
            text = body.decode()
            signature = headers.get("stripe-signature", "")
            stripe.WebhookSignature.verify_header(text, signature, self._secret, TOLERANCE)
            event = json.loads(text)
            subject = event["data"]["object"]
            kind = subject.get("object", "")
            intent = subject.get("payment_intent") if kind in {"charge", "dispute", "refund"} else ""
            return Notification(
                event_id=str(event["id"]),
                topic=str(event["type"]),
                payment=str(subject["id"] if kind == "payment_intent" else intent or ""),
                request=str(subject["id"]) if kind == "checkout.session" else "",
            )
        except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadSignature(str(error)) from None


class asked:  # noqa: N801 -- reads as a statement
    """Turn the SDK's errors into GatewayError."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, stripe.StripeError):
            raise as_gateway_error(error) from None


def as_gateway_error(error: stripe.StripeError) -> GatewayError:
    """What a failed call means."""
    code = str(error.code or "")
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return GatewayError(_("Stripe no acepta la clave secreta."), permanent=True, code="credentials")
    if isinstance(error, stripe.APIConnectionError):
        return GatewayError(_("No se pudo conectar con Stripe."), permanent=False, doubtful=True, code="connect")
    if isinstance(error, stripe.RateLimitError):
        return GatewayError(_("Stripe pide esperar un momento."), permanent=False, code="rate")
    if isinstance(error, stripe.InvalidRequestError | stripe.CardError):
        said = {"reason": error.user_message or str(error)}
        return GatewayError(_("Stripe no lo aceptó: %(reason)s") % said, permanent=True, code=code)
    return GatewayError(_("Stripe tuvo un problema interno."), permanent=False, doubtful=True, code=code)


def _moment(seconds: int | None) -> dt.datetime | None:
    return dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds else None
