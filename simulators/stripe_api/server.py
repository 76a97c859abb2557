"""Stripe, as far as taking a payment goes. State is in memory.

Objects after https://docs.stripe.com/api/checkout/sessions/object, …/payment_intents/object, …/charges/object,
…/refunds/object and …/events/object; errors after https://docs.stripe.com/api/errors; the signature after
https://docs.stripe.com/webhooks#verify-manually; repeated keys after https://docs.stripe.com/api/idempotent_requests.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.gateway_server import Delivery, GatewayServer, pay_page

ZERO_DECIMAL = {"clp", "pyg", "jpy", "krw"}
TOO_OLD = 3600  # seconds: what an old signature pretends
NESTED = re.compile(r"\[([^\]]*)\]")


@dataclass
class Account:
    """A merchant: its secret key, the secret its webhook signs with, and where its events go."""

    key: str
    webhook_secret: str = ""
    webhook_url: str = ""
    name: str = "Comercio"
    id: str = field(default_factory=lambda: new_id("acct"))


class RefusalError(Exception):
    """An error in Stripe's form."""

    def __init__(self, message: str, *, status: int = 400, code: str = "", kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message}}


class StripeSimulator(GatewayServer):
    """``with StripeSimulator() as stripe: stripe.add_account(key=…, webhook_secret=…, webhook_url=…)``."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.accounts: dict[str, Account] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.owners: dict[str, Account] = {}
        self.keys: dict[tuple[str, str], tuple[str, int, dict[str, Any]]] = {}
        self.calls: list[tuple[str, str]] = []
        super().__init__(host=host, port=port)

    def add_account(self, **data: Any) -> Account:
        """Add a merchant."""
        account = Account(**data)
        self.accounts[account.key] = account
        return account

    def routes(self) -> list[Route]:
        """What api.stripe.com and checkout.stripe.com answer."""
        api = [
            ("/v1/account", "GET", self._account),
            ("/v1/checkout/sessions", "POST", self._create_session),
            ("/v1/checkout/sessions/{id}", "GET", self._show_session),
            ("/v1/checkout/sessions/{id}/expire", "POST", self._expire_session),
            ("/v1/payment_intents/{id}", "GET", self._show_intent),
            ("/v1/refunds", "POST", self._create_refund),
            ("/v1/webhook_endpoints", "POST", self._create_endpoint),
        ]
        return [
            *[Route(path, self._endpoint(act), methods=[method]) for path, method, act in api],
            Route("/pay/{id}", self._page, methods=["GET", "POST"]),
        ]

    def _endpoint(self, act: Any) -> Any:
        async def answer(request: Request) -> Response:
            async def done() -> Response:
                try:
                    return await self._once(request, act)
                except RefusalError as refusal:
                    return JSONResponse(refusal.body, status_code=refusal.status)

            return await self.troubled(done)

        return answer

    async def _once(self, request: Request, act: Any) -> Response:
        """Answer, and answer the same again to a key that comes back."""
        account = self._account_of(request)
        form = nest(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        self.calls.append((request.method, request.url.path))
        key = request.headers.get("idempotency-key", "")
        with self.lock:
            known = self.keys.get((account.key, key)) if key else None
            if known:
                if known[0] != json.dumps(form, sort_keys=True):
                    raise RefusalError(
                        "Keys for idempotent requests can only be used with the same parameters.",
                        kind="idempotency_error",
                    )
                return JSONResponse(known[2], status_code=known[1])
            body = act(account, request.path_params, form)
            if key:
                self.keys[account.key, key] = (json.dumps(form, sort_keys=True), 200, body)
            return JSONResponse(body)

    def _account_of(self, request: Request) -> Account:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        account = self.accounts.get(key)
        if account is None:
            raise RefusalError("Invalid API Key provided", status=401)
        return account

    def _account(self, account: Account, _path: dict[str, str], _form: dict[str, Any]) -> dict[str, Any]:
        return {"id": account.id, "object": "account", "business_profile": {"name": account.name}, "email": None}

    def _create_session(self, account: Account, _path: dict[str, str], form: dict[str, Any]) -> dict[str, Any]:
        try:
            item = form["line_items"]["0"]
            price = item["price_data"]
            amount = int(price["unit_amount"]) * int(item["quantity"])
            expires = int(form["expires_at"])
        except (KeyError, ValueError, TypeError):
            raise RefusalError("Missing required param: line_items.", code="parameter_missing") from None
        if amount < 1:
            raise RefusalError("The amount is too small.", code="amount_too_small")
        if not 1790 <= expires - time.time() <= 86400:
            raise RefusalError("The `expires_at` timestamp must be between 30 minutes and 24 hours from creation.")
        session_id = new_id("cs_test")
        session = {
            "id": session_id,
            "object": "checkout.session",
            "amount_subtotal": amount,
            "amount_total": amount,
            "client_reference_id": form.get("client_reference_id"),
            "created": int(time.time()),
            "currency": price["currency"],
            "customer_email": form.get("customer_email"),
            "expires_at": expires,
            "livemode": False,
            "metadata": form.get("metadata", {}),
            "mode": form["mode"],
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": form.get("success_url"),
            "cancel_url": form.get("cancel_url"),
            "url": f"{self.url}/pay/{session_id}",
        }
        self.sessions[session_id] = session
        self.owners[session_id] = account
        intent = form.get("payment_intent_data", {})
        session["_intent"] = {"metadata": intent.get("metadata", {}), "description": intent.get("description")}
        return shown(session)

    def _show_session(self, account: Account, path: dict[str, str], _form: dict[str, Any]) -> dict[str, Any]:
        return shown(self._owned(self.sessions, account, path["id"]))

    def _expire_session(self, account: Account, path: dict[str, str], _form: dict[str, Any]) -> dict[str, Any]:
        session = self._owned(self.sessions, account, path["id"])
        if session["status"] != "open":
            raise RefusalError("Only Checkout Sessions with a status in [open] can be expired.")
        session["status"] = "expired"
        self._event(account, "checkout.session.expired", shown(session))
        return shown(session)

    def _show_intent(self, account: Account, path: dict[str, str], _form: dict[str, Any]) -> dict[str, Any]:
        return self._owned(self.intents, account, path["id"])

    def _create_endpoint(self, account: Account, _path: dict[str, str], form: dict[str, Any]) -> dict[str, Any]:
        account.webhook_url, account.webhook_secret = form["url"], new_id("whsec")
        return {"id": new_id("we"), "object": "webhook_endpoint", "url": form["url"], "secret": account.webhook_secret}

    def _create_refund(self, account: Account, _path: dict[str, str], form: dict[str, Any]) -> dict[str, Any]:
        intent = self._owned(self.intents, account, str(form.get("payment_intent", "")))
        charge = intent["latest_charge"]
        left = charge["amount"] - charge["amount_refunded"]
        amount = int(form.get("amount") or left)
        if amount > left:
            raise RefusalError("Refund amount is greater than unrefunded amount.", code="charge_already_refunded")
        return self.refund(intent["id"], amount)

    def _owned(self, rows: dict[str, dict[str, Any]], account: Account, row_id: str) -> dict[str, Any]:
        if row_id not in rows or self.owners[row_id] is not account:
            raise RefusalError(f"No such object: '{row_id}'", status=404, code="resource_missing")
        return rows[row_id]

    # -- what happens at Stripe, by the page or by a test --------------------------------------------

    def pay(self, session_id: str, *, amount: int | None = None, currency: str = "") -> str:
        """The customer pays a session (or another amount or currency, which Stripe itself never lets happen)."""
        with self.lock:
            session, account = self.sessions[session_id], self.owners[session_id]
            intent_id, now = new_id("pi"), int(time.time())
            paid = session["amount_total"] if amount is None else amount
            money = currency or session["currency"]
            charge = {
                "id": new_id("ch"), "object": "charge", "amount": paid, "amount_refunded": 0, "created": now,
                "currency": money, "disputed": False, "paid": True, "payment_intent": intent_id, "refunded": False,
                "status": "succeeded",
            }  # fmt: skip
            self.intents[intent_id] = {
                "id": intent_id, "object": "payment_intent", "amount": paid, "amount_received": paid, "created": now,
                "currency": money, "latest_charge": charge, "status": "succeeded", **session["_intent"],
            }  # fmt: skip
            self.owners[intent_id] = account
            session |= {"payment_intent": intent_id, "payment_status": "paid", "status": "complete"}
            self._event(account, "checkout.session.completed", shown(session))
        return intent_id

    def refund(self, intent_id: str, amount: int) -> dict[str, Any]:
        """Money goes back, because we asked or because somebody did it in the dashboard."""
        with self.lock:
            charge, account = self.intents[intent_id]["latest_charge"], self.owners[intent_id]
            charge["amount_refunded"] += amount
            charge["refunded"] = charge["amount_refunded"] == charge["amount"]
            self._event(account, "charge.refunded", charge)
            return {
                "id": new_id("re"), "object": "refund", "amount": amount, "charge": charge["id"],
                "currency": charge["currency"], "payment_intent": intent_id, "status": "succeeded",
            }  # fmt: skip

    def dispute(self, intent_id: str) -> None:
        """The cardholder disputes the charge."""
        with self.lock:
            charge, account = self.intents[intent_id]["latest_charge"], self.owners[intent_id]
            charge["disputed"] = True
            subject = {"id": new_id("dp"), "object": "dispute", "amount": charge["amount"], "charge": charge["id"]}
            subject |= {"payment_intent": intent_id, "reason": "fraudulent", "status": "needs_response"}
            self._event(account, "charge.dispute.created", subject)

    def _event(self, account: Account, kind: str, subject: dict[str, Any]) -> None:
        self.notify(self.event(account, kind, subject))

    def event(self, account: Account, kind: str, subject: dict[str, Any]) -> Delivery:
        """An event as Stripe sends it."""
        body = {
            "id": new_id("evt"), "object": "event", "api_version": "2026-10-28", "created": int(time.time()),
            "data": {"object": subject}, "livemode": False, "pending_webhooks": 1, "type": kind,
            "request": {"id": None, "idempotency_key": None},
        }  # fmt: skip
        return Delivery(account.webhook_url, json.dumps(body).encode(), lambda raw: self._sign(account, raw))

    def _sign(self, account: Account, body: bytes) -> dict[str, str]:
        at = int(time.time()) - (TOO_OLD if self.faults.old_signature else 0)
        secret = "whsec_other" if self.faults.wrong_signature else account.webhook_secret
        mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Stripe-Signature": f"t={at},v1={mac}"}

    async def _page(self, request: Request) -> Response:
        session = self.sessions.get(request.path_params["id"])
        if session is None:
            return Response("No such session", status_code=404)
        if request.method == "POST":
            form = dict(parse_qsl((await request.body()).decode()))
            if form.get("act") == "pay" and session["status"] == "open":
                self.pay(session["id"])
            return RedirectResponse(session["success_url"], status_code=303)
        amount = session["amount_total"] / (1 if session["currency"] in ZERO_DECIMAL else 100)
        return pay_page(
            vendor="Stripe Checkout",
            title=session["_intent"]["description"] or "",
            amount=f"{amount:,.2f} {session['currency'].upper()}",
            rows=[("Estado", session["status"])],
            acts=[("pay", "Pagar con tarjeta 4242"), ("back", "Volver sin pagar")],
        )


def nest(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """`line_items[0][quantity]=1` as nested dictionaries."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        first, *rest = [name.partition("[")[0], *NESTED.findall(name)]
        place = found
        for key, _following in zip([first, *rest], rest, strict=False):
            place = place.setdefault(key, {})
        place[rest[-1] if rest else first] = value
    return found


def shown(session: dict[str, Any]) -> dict[str, Any]:
    """A session without what is ours."""
    return {name: value for name, value in session.items() if not name.startswith("_")}


def new_id(prefix: str) -> str:
    """An id of Stripe's form."""
    return f"{prefix}_{secrets.token_hex(12)}"
