"""Mercado Pago, as far as Checkout Pro goes. State is in memory.

Objects after https://www.mercadopago.com.mx/developers/es/reference/preferences/_checkout_preferences/post,
…/reference/payments/_payments_id/get and …/reference/chargebacks/_payments_id_refunds/post; the webhook,
its x-signature and data.id in the address after …/developers/es/docs/your-integrations/notifications/webhooks.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import itertools
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.gateway_server import Delivery, GatewayServer, pay_page

TOO_OLD = 7200  # seconds: what an old signature pretends
WHOLE = {"CLP", "COP"}


@dataclass
class Account:
    """A seller: its access token, its application's webhook secret and address."""

    key: str
    webhook_secret: str = ""
    webhook_url: str = ""
    name: str = "VENDEDOR"
    currency: str = "MXN"
    id: int = field(default_factory=lambda: 10_000_000 + secrets.randbelow(1_000_000))


class RefusalError(Exception):
    """An error in their form."""

    def __init__(self, message: str, *, status: int = 400, error: str = "bad_request") -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "error": error, "status": status, "cause": []}


class MercadoPagoSimulator(GatewayServer):
    """``with MercadoPagoSimulator() as mp: mp.add_account(key=…, webhook_secret=…, webhook_url=…, currency="PEN")``."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.accounts: dict[str, Account] = {}
        self.preferences: dict[str, dict[str, Any]] = {}
        self.payments: dict[int, dict[str, Any]] = {}
        self.owners: dict[str, Account] = {}
        self.keys: dict[tuple[str, str], dict[str, Any]] = {}
        self._ids = itertools.count(84_000_000_000)
        self._events = itertools.count(110_000_000)
        super().__init__(host=host, port=port)

    def add_account(self, **data: Any) -> Account:
        """Add a seller."""
        account = Account(**data)
        self.accounts[account.key] = account
        return account

    def routes(self) -> list[Route]:
        """What api.mercadopago.com answers, and the page of a preference."""
        api = [
            ("/users/me", "GET", self._user),
            ("/checkout/preferences", "POST", self._create_preference),
            ("/checkout/preferences/search", "GET", self._search_preferences),
            ("/checkout/preferences/{id}", "GET", self._show_preference),
            ("/checkout/preferences/{id}", "PUT", self._update_preference),
            ("/v1/payments/search", "GET", self._search_payments),
            ("/v1/payments/{id}", "GET", self._show_payment),
            ("/v1/payments/{id}/refunds", "POST", self._refund),
        ]
        return [
            *[Route(path, self._endpoint(act), methods=[method]) for path, method, act in api],
            Route("/pay/{id}", self._page, methods=["GET", "POST"]),
        ]

    def _endpoint(self, act: Any) -> Any:
        async def answer(request: Request) -> Response:
            async def done() -> Response:
                try:
                    account = self._account_of(request)
                    body = json.loads(await request.body() or b"{}")
                    with self.lock:
                        return JSONResponse(act(account, request, body), status_code=201 if _makes(request) else 200)
                except RefusalError as refusal:
                    return JSONResponse(refusal.body, status_code=refusal.status)

            return await self.troubled(done)

        return answer

    def _account_of(self, request: Request) -> Account:
        account = self.accounts.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if account is None:
            raise RefusalError("invalid access token", status=401, error="unauthorized")
        return account

    def _user(self, account: Account, _request: Request, _body: Any) -> dict[str, Any]:
        return {"id": account.id, "nickname": account.name, "site_id": "MLM"}

    def _create_preference(self, account: Account, _request: Request, body: Any) -> dict[str, Any]:
        items = body.get("items") or []
        if not items or any(not item.get("unit_price") for item in items):
            raise RefusalError("items needed", error="invalid_items")
        for item in items:
            if item["currency_id"] != account.currency:
                raise RefusalError("currency_id invalid", error="invalid_currency")
            if item["currency_id"] in WHOLE and item["unit_price"] != int(item["unit_price"]):
                raise RefusalError("unit_price invalid", error="invalid_unit_price")
        if body.get("auto_return") and not (body.get("back_urls") or {}).get("success", "").startswith("https://"):
            raise RefusalError("auto_return invalid. back_url.success must be defined", error="invalid_auto_return")
        row_id = f"{account.id}-{uuid.uuid4()}"
        page = f"{self.url}/pay/{row_id}"
        preference = {**body, "id": row_id, "collector_id": account.id, "init_point": page, "sandbox_init_point": page}
        self.preferences[row_id], self.owners[row_id] = preference, account
        return preference

    def _search_preferences(self, account: Account, request: Request, _body: Any) -> dict[str, Any]:
        wanted = request.query_params.get("external_reference")
        rows = [
            {"id": row["id"], "external_reference": row.get("external_reference")}
            for row in self.preferences.values()
            if self.owners[row["id"]] is account and row.get("external_reference") == wanted
        ]
        return {"elements": rows, "next_offset": len(rows), "total": len(rows)}

    def _show_preference(self, account: Account, request: Request, _body: Any) -> dict[str, Any]:
        row = self.preferences.get(request.path_params["id"])
        if row is None or self.owners[row["id"]] is not account:
            raise RefusalError("preference not found", status=404, error="not_found")
        return row

    def _update_preference(self, account: Account, request: Request, body: Any) -> dict[str, Any]:
        row = self._show_preference(account, request, body)
        row.update(body)
        return row

    def _search_payments(self, account: Account, request: Request, _body: Any) -> dict[str, Any]:
        wanted = request.query_params.get("external_reference")
        rows = [
            row
            for row in self.payments.values()
            if row["collector_id"] == account.id and row["external_reference"] == wanted
        ]
        return {"paging": {"total": len(rows), "limit": 30, "offset": 0}, "results": rows}

    def _show_payment(self, account: Account, request: Request, _body: Any) -> dict[str, Any]:
        number = request.path_params["id"]
        row = self.payments.get(int(number)) if number.isdecimal() else None
        if row is None or row["collector_id"] != account.id:
            raise RefusalError("Payment not found", status=404, error="not_found")
        return row

    def _refund(self, account: Account, request: Request, body: Any) -> dict[str, Any]:
        key = (account.key, request.headers.get("x-idempotency-key", ""))
        if key in self.keys:
            return self.keys[key]
        row = self._show_payment(account, request, body)
        left = row["transaction_amount"] - row["transaction_amount_refunded"]
        amount = body.get("amount", left)
        if amount > left:
            raise RefusalError("Amount is greater than the remaining amount", error="2017")
        self.keys[key] = self.refund(row["id"], amount)
        return self.keys[key]

    # -- what happens there, by the page or by a test ------------------------------------------------

    def pay(
        self, preference_id: str, *, amount: float | None = None, currency: str = "", status: str = "approved"
    ) -> int:
        """The customer pays a preference (or another amount or currency, or is rejected)."""
        with self.lock:
            preference, account = self.preferences[preference_id], self.owners[preference_id]
            item = preference["items"][0]
            number, now = next(self._ids), dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
            self.payments[number] = {
                "id": number,
                "collector_id": account.id,
                "currency_id": currency or item["currency_id"],
                "date_created": now,
                "date_approved": now if status == "approved" else None,
                "external_reference": preference.get("external_reference"),
                "payment_method_id": "visa",
                "payment_type_id": "credit_card",
                "refunds": [],
                "status": status,
                "status_detail": "accredited" if status == "approved" else "cc_rejected_other_reason",
                "transaction_amount": item["unit_price"] if amount is None else amount,
                "transaction_amount_refunded": 0,
            }
            self._event(account, number, "payment.created")
        return number

    def refund(self, number: int, amount: float) -> dict[str, Any]:
        """Money goes back, because we asked or because somebody did it in the panel."""
        with self.lock:
            row = self.payments[number]
            row["transaction_amount_refunded"] += amount
            if row["transaction_amount_refunded"] >= row["transaction_amount"]:
                row["status"], row["status_detail"] = "refunded", "refunded"
            else:
                row["status_detail"] = "partially_refunded"
            refund = {"id": next(self._ids), "payment_id": number, "amount": amount, "status": "approved"}
            row["refunds"].append(refund)
            self._event(
                next(a for a in self.accounts.values() if a.id == row["collector_id"]), number, "payment.updated"
            )
        return refund

    def charge_back(self, number: int) -> None:
        """The cardholder takes the money back."""
        with self.lock:
            row = self.payments[number]
            row["status"], row["status_detail"] = "charged_back", "settled"
            self._event(
                next(a for a in self.accounts.values() if a.id == row["collector_id"]), number, "payment.updated"
            )

    def _event(self, account: Account, number: int, action: str) -> None:
        self.notify(self.event(account, number, action))

    def event(self, account: Account, number: int, action: str = "payment.updated") -> Delivery:
        """A notification as they send it: the payment's id is in the address, and that is what is signed."""
        body = {
            "action": action,
            "api_version": "v1",
            "data": {"id": str(number)},
            "date_created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "id": next(self._events),
            "live_mode": False,
            "type": "payment",
            "user_id": str(account.id),
        }
        query = {"data.id": str(number), "type": "payment"}
        return Delivery(
            account.webhook_url, json.dumps(body).encode(), lambda _raw: self._sign(account, str(number)), query
        )

    def _sign(self, account: Account, data_id: str) -> dict[str, str]:
        at = int(time.time()) - (TOO_OLD if self.faults.old_signature else 0)
        request_id = str(uuid.uuid4())
        secret = "another" if self.faults.wrong_signature else account.webhook_secret
        manifest = f"id:{data_id.lower()};request-id:{request_id};ts:{at};"
        mac = hmac.new(secret.encode(), manifest.encode(), hashlib.sha256).hexdigest()
        return {"x-signature": f"ts={at},v1={mac}", "x-request-id": request_id}

    async def _page(self, request: Request) -> Response:
        row = self.preferences.get(request.path_params["id"])
        if row is None:
            return Response("No existe", status_code=404)
        if request.method == "POST":
            act = dict(parse_qsl((await request.body()).decode())).get("act", "")
            if act in {"approved", "rejected"}:
                self.pay(row["id"], status=act)
            return RedirectResponse(row["back_urls"]["success"], status_code=303)
        item = row["items"][0]
        return pay_page(
            vendor="Mercado Pago",
            title=item["title"],
            amount=f"{item['unit_price']:,.2f} {item['currency_id']}",
            rows=[("Vendedor", self.owners[row["id"]].name)],
            acts=[("approved", "Pagar"), ("rejected", "Pagar con una tarjeta rechazada"), ("back", "Volver sin pagar")],
        )


def _makes(request: Request) -> bool:
    return request.method == "POST"
