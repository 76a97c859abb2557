"""Conekta, as far as orders go. State is in memory.

Objects after https://developers.conekta.com/v2.3.0/reference/createorder (orders and charges),
…/reference/orderrefund, …/reference/createwebhookkey; events and the DIGEST header after
https://developers.conekta.com/docs/autenticación-webhooks.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.gateway_server import Delivery, GatewayServer, pay_page

CLABE = "646180111812"


@dataclass
class Account:
    """A company: its private key for the API, and the RSA pair that signs what it is told."""

    key: str
    webhook_url: str = ""
    name: str = "Empresa"
    pair: RSAPrivateKey = field(default_factory=lambda: generate_private_key(65537, 2048))
    keys: list[dict[str, Any]] = field(default_factory=list)
    pem: str = ""  # the pair, where somebody else made it

    def __post_init__(self) -> None:
        if self.pem:
            pair = load_pem_private_key(self.pem.encode(), None)
            if isinstance(pair, RSAPrivateKey):
                self.pair = pair

    @property
    def public_key(self) -> str:
        """The half that the company is given."""
        return self.pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class RefusalError(Exception):
    """An error in their form."""

    def __init__(self, message: str, *, status: int = 422, kind: str = "parameter_validation_error") -> None:
        super().__init__(message)
        self.status = status
        detail = {"code": f"conekta.errors.{kind}", "message": message, "debug_message": message, "param": None}
        self.body = {"object": "error", "type": kind, "log_id": secrets.token_hex(12), "details": [detail]}


class ConektaSimulator(GatewayServer):
    """``with ConektaSimulator() as conekta: conekta.add_account(key=…, webhook_url=…)``."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.accounts: dict[str, Account] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.owners: dict[str, Account] = {}
        self.impostor = generate_private_key(65537, 2048)
        super().__init__(host=host, port=port)

    def add_account(self, **data: Any) -> Account:
        """Add a company."""
        account = Account(**data)
        self.accounts[account.key] = account
        return account

    def routes(self) -> list[Route]:
        """What api.conekta.io and pay.conekta.com answer."""
        api = [
            ("/companies/current", "GET", self._company),
            ("/webhook_keys", "GET", self._list_keys),
            ("/webhook_keys", "POST", self._create_key),
            ("/webhooks", "POST", self._create_webhook),
            ("/orders", "POST", self._create_order),
            ("/orders", "GET", self._list_orders),
            ("/orders/{id}", "GET", self._show_order),
            ("/orders/{id}/cancel", "POST", self._cancel_order),
            ("/orders/{id}/refunds", "POST", self._refund_order),
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
                        return JSONResponse(act(account, request, body))
                except RefusalError as refusal:
                    return JSONResponse(refusal.body, status_code=refusal.status)

            return await self.troubled(done)

        return answer

    def _account_of(self, request: Request) -> Account:
        if "application/vnd.conekta-v2" not in request.headers.get("accept", ""):
            raise RefusalError("The API version is missing.", status=406, kind="resource_not_found_error")
        account = self.accounts.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if account is None:
            raise RefusalError("Acceso no autorizado.", status=401, kind="authentication_error")
        return account

    def _company(self, account: Account, _request: Request, _body: Any) -> dict[str, Any]:
        return {"id": "6" * 24, "object": "company", "name": account.name, "active": True}

    def _list_keys(self, account: Account, _request: Request, _body: Any) -> dict[str, Any]:
        return {"object": "list", "has_more": False, "data": account.keys}

    def _create_key(self, account: Account, _request: Request, body: Any) -> dict[str, Any]:
        made = {"id": secrets.token_hex(12), "object": "webhook_key", "active": body.get("active", True)}
        made |= {"livemode": False, "created_at": int(time.time()), "public_key": account.public_key}
        account.keys.append(made)
        return made

    def _create_webhook(self, account: Account, _request: Request, body: Any) -> dict[str, Any]:
        account.webhook_url = body["url"]
        return {"id": secrets.token_hex(12), "object": "webhook", "url": body["url"], "status": "listening"}

    def _create_order(self, account: Account, _request: Request, body: Any) -> dict[str, Any]:
        if body.get("currency") != "MXN":
            raise RefusalError("La moneda no es válida.")
        if not all((body.get("customer_info") or {}).get(name) for name in ("name", "email", "phone")):
            raise RefusalError("El correo del cliente es obligatorio.")
        amount = sum(item["unit_price"] * item["quantity"] for item in body.get("line_items") or [])
        if amount < 100:
            raise RefusalError("El monto mínimo es de 1 peso.")
        order_id, now = f"ord_{secrets.token_hex(9)}", int(time.time())
        charges = [
            self._charge(order_id, amount, charge["payment_method"], now) for charge in body.get("charges") or []
        ]
        order: dict[str, Any] = {
            "id": order_id,
            "object": "order",
            "amount": amount,
            "amount_refunded": 0,
            "charges": {"object": "list", "has_more": False, "total": len(charges), "data": charges},
            "created_at": now,
            "currency": "MXN",
            "customer_info": body["customer_info"],
            "livemode": False,
            "metadata": body.get("metadata") or {},
            "payment_status": "pending_payment" if charges else None,
            "updated_at": now,
            "_title": body["line_items"][0]["name"],
        }
        if body.get("checkout"):
            order["checkout"] = {
                **body["checkout"],
                "id": secrets.token_hex(16),
                "object": "checkout",
                "status": "Issued",
                "url": f"{self.url}/pay/{order_id}",
            }
        self.orders[order_id], self.owners[order_id] = order, account
        return shown(order)

    def _charge(self, order_id: str, amount: int, method: dict[str, Any], now: int) -> dict[str, Any]:
        kind = method["type"]
        if kind not in {"cash", "spei", "card"}:
            raise RefusalError("El método de pago no es válido.")
        made = {"object": kind, "type": kind, "expires_at": method.get("expires_at")}
        if kind == "cash":
            digits = "".join(secrets.choice("0123456789") for _ in range(9))
            made |= {"reference": f"93000{digits}", "service_name": "OxxoPay", "store_name": "OXXO"}
            made |= {"object": "cash_payment", "type": "oxxo", "barcode_url": f"{self.url}/barcodes/{digits}.png"}
        if kind == "spei":
            clabe = CLABE + "".join(secrets.choice("0123456789") for _ in range(6))
            made |= {"object": "bank_transfer_payment", "clabe": clabe, "bank": "STP", "receiving_account_bank": "STP"}
            made |= {"receiving_account_number": clabe}
        return {
            "id": secrets.token_hex(12),
            "object": "charge",
            "amount": amount,
            "created_at": now,
            "currency": "MXN",
            "livemode": False,
            "order_id": order_id,
            "paid_at": None,
            "payment_method": made,
            "refunds": {"object": "list", "has_more": False, "data": []},
            "status": "pending_payment",
        }

    def _list_orders(self, account: Account, request: Request, _body: Any) -> dict[str, Any]:
        wanted = request.query_params.get("search", "")
        rows = [
            shown(order)
            for order in self.orders.values()
            if self.owners[order["id"]] is account and wanted in json.dumps(order["metadata"])
        ]
        return {"object": "list", "has_more": False, "data": rows}

    def _show_order(self, account: Account, request: Request, _body: Any) -> dict[str, Any]:
        return shown(self._owned(account, request.path_params["id"]))

    def _owned(self, account: Account, order_id: str) -> dict[str, Any]:
        order = self.orders.get(order_id)
        if order is None or self.owners[order_id] is not account:
            raise RefusalError("La orden no existe.", status=404, kind="resource_not_found_error")
        return order

    def _cancel_order(self, account: Account, request: Request, _body: Any) -> dict[str, Any]:
        order = self._owned(account, request.path_params["id"])
        order["payment_status"] = "canceled"
        return shown(order)

    def _refund_order(self, account: Account, request: Request, body: Any) -> dict[str, Any]:
        order = self._owned(account, request.path_params["id"])
        if int(body["amount"]) > order["amount"] - order["amount_refunded"]:
            raise RefusalError("El monto es mayor que lo que queda por devolver.")
        self.refund(order["id"], int(body["amount"]))
        return shown(order)

    # -- what happens there, by the page, in the shop, or by a test ------------------------------------

    def pay(self, order_id: str, *, amount: int | None = None, currency: str = "MXN", kind: str = "card") -> str:
        """Somebody pays an order: its only charge, or a new one of the checkout."""
        with self.lock:
            order, now = self.orders[order_id], int(time.time())
            charges = order["charges"]["data"]
            if not charges or charges[0]["status"] != "pending_payment":
                charges.append(self._charge(order_id, order["amount"], {"type": kind}, now))
            charge = charges[-1]
            charge |= {"status": "paid", "paid_at": now, "amount": amount or order["amount"], "currency": currency}
            order["payment_status"] = "paid"
            self._event(order_id, "order.paid", shown(order))
            self._event(order_id, "charge.paid", charge)
        return f"{order_id}/{charge['id']}"

    def refund(self, order_id: str, amount: int) -> None:
        """Money goes back, because we asked or because somebody did it in the panel."""
        with self.lock:
            order = self.orders[order_id]
            charge = next(c for c in order["charges"]["data"] if c["status"] in {"paid", "partially_refunded"})
            charge["refunds"]["data"].append({"id": secrets.token_hex(12), "object": "refund", "amount": -amount})
            order["amount_refunded"] += amount
            whole = order["amount_refunded"] >= charge["amount"]
            charge["status"] = order["payment_status"] = "refunded" if whole else "partially_refunded"
            self._event(order_id, "order.refunded" if whole else "order.partially_refunded", shown(order))

    def expire(self, order_id: str) -> None:
        """Nobody paid in time."""
        with self.lock:
            order = self.orders[order_id]
            for charge in order["charges"]["data"]:
                charge["status"] = "expired"
            order["payment_status"] = "expired"
            self._event(order_id, "order.expired", shown(order))

    def charge_back(self, order_id: str) -> None:
        """The cardholder takes the money back."""
        with self.lock:
            order = self.orders[order_id]
            charge = order["charges"]["data"][-1]
            charge["status"], charge["chargeback"] = "charged_back", {"object": "chargeback", "status": "lost"}
            order["payment_status"] = "charged_back"
            self._event(order_id, "charge.chargeback.lost", charge)

    def _event(self, order_id: str, kind: str, subject: dict[str, Any]) -> None:
        self.notify(self.event(self.owners[order_id], kind, subject))

    def event(self, account: Account, kind: str, subject: dict[str, Any]) -> Delivery:
        """An event as they send it."""
        body = {
            "data": {"object": subject, "previous_attributes": {}},
            "livemode": False,
            "webhook_status": "pending",
            "webhook_logs": [],
            "id": secrets.token_hex(12),
            "object": "event",
            "type": kind,
            "created_at": int(time.time()),
        }
        return Delivery(account.webhook_url, json.dumps(body).encode(), lambda raw: self._sign(account, raw))

    def _sign(self, account: Account, body: bytes) -> dict[str, str]:
        pair = self.impostor if self.faults.wrong_signature else account.pair
        return {"DIGEST": base64.b64encode(pair.sign(body, PKCS1v15(), SHA256())).decode()}

    async def _page(self, request: Request) -> Response:
        order = self.orders.get(request.path_params["id"])
        if order is None:
            return Response("No existe", status_code=404)
        checkout = order.get("checkout") or {}
        if request.method == "POST":
            act = dict(parse_qsl((await request.body()).decode())).get("act", "")
            if act in {"card", "cash", "spei"}:
                self.pay(order["id"], kind=act)
            return RedirectResponse(checkout.get("success_url") or f"/pay/{order['id']}", status_code=303)
        rows = [("Estado", str(order["payment_status"] or "por pagar"))]
        for charge in order["charges"]["data"]:
            method = charge["payment_method"]
            rows.append((method["type"], method.get("reference") or method.get("clabe") or ""))
        return pay_page(
            vendor="Conekta",
            title=order["_title"],
            amount=f"{order['amount'] / 100:,.2f} MXN",
            rows=rows,
            acts=[("card", "Pagar con tarjeta"), ("cash", "Pagar en OXXO"), ("spei", "Pagar por SPEI")],
        )


def shown(order: dict[str, Any]) -> dict[str, Any]:
    """An order without what is ours."""
    return {name: value for name, value in order.items() if not name.startswith("_")}
