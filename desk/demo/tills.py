"""The demo's gateways: accounts at the simulators, and what those start from."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from billing.domain.gateway_accounts import keep_account, notice_address
from billing.domain.pay_options import owed_invoices, pay_options
from billing.domain.payment_requests import create_request
from billing.models import GatewayAccount, Invoice, PaymentRequest
from desk.demo.world import PROVIDERS, Provider, World
from events.domain import Actor
from tenants.current import current_tenant, enter

ACTOR = Actor.system("Demostración")
# Which gateways each provider has, as its country does.
KINDS = {
    "norte": {"conekta": "Conekta", "mercadopago": "Mercado Pago", "stripe": "Tarjetas (Stripe)"},
    "sur": {"mercadopago": "Mercado Pago", "stripe": "Tarjetas (Stripe)"},
}
ASKED = 6  # requests that stand in the list from the first minute


def connect_gateways(provider: Provider, now: datetime) -> None:
    """Connect the provider's accounts, once; Conekta's pair of keys is new at each start. Runs inside the tenant.

    The simulators do not run yet, so nobody is asked whether the keys are good.
    """
    for kind, name in KINDS[provider.slug].items():
        account = GatewayAccount.objects.filter(kind=kind).first()
        if account is None:
            account = GatewayAccount(kind=kind, name=name, created_at=now, checked_at=now)
            account.config = {"email": f"pagos@{provider.slug}.example"} if kind == "conekta" else {}
            account.seal(api_key=_key(provider, kind), webhook_secret=_secret(provider, kind))
            keep_account(account=account, actor=ACTOR, now=now)
    if not GatewayAccount.objects.filter(kind="transfer").exists():
        bank, _, number = provider.bank_data.splitlines()[0].partition(" a ")
        config = {"bank": number or bank, "number": provider.bank_data.splitlines()[1], "holder": provider.legal_name}
        account = GatewayAccount(kind="transfer", name="Transferencia", config=config, created_at=now)
        keep_account(account=account, actor=ACTOR, now=now)


def ask_some(now: datetime) -> None:
    """Ask a few debtors for money; the gateways are called when they run. Runs inside the tenant."""
    currency = current_tenant().currency
    options = pay_options(currency, for_customers=False)
    debtors = Invoice.objects.unpaid().order_by("customer_id").values_list("customer_id", flat=True).distinct()
    for number, customer_id in enumerate(debtors[:ASKED]):
        option = options[number % len(options)]
        invoices, total = owed_invoices(customer_id, currency)
        if PaymentRequest.objects.filter(customer_id=customer_id).exists() or total <= 0:
            continue
        create_request(
            account=option.account,
            customer_id=customer_id,
            amount=total,
            way=option.way,
            invoice_ids=[invoice.pk for invoice in invoices],
            actor=ACTOR,
            key=f"demo:{customer_id}",
            now=now,
        )


def write_gateway_files(world: World) -> None:
    """Write what each simulator starts from: the accounts, their keys, and where their notifications go."""
    files: dict[str, list[dict[str, Any]]] = {kind: [] for kind in world.gateway_ports}
    for provider in PROVIDERS:
        with enter(provider.slug):
            for account in GatewayAccount.objects.filter(kind__in=files):
                row: dict[str, Any] = {"key": _key(provider, account.kind), "name": provider.name}
                path = notice_address(account).split("/", 3)[3]
                row["webhook_url"] = f"http://{world.host_of(provider.slug)}/{path}"
                if account.kind == "conekta":
                    row["pem"] = _new_pair(account)
                else:
                    row["webhook_secret"] = _secret(provider, account.kind)
                if account.kind == "mercadopago":
                    row["currency"] = provider.currency
                files[account.kind].append(row)
    for kind, accounts in files.items():
        Path(world.gateway_file(kind)).write_text(json.dumps({"accounts": accounts}), encoding="utf-8")


def _new_pair(account: GatewayAccount) -> str:
    """Keep a new public key with the account, and return the private half as the simulator reads it."""
    pair = generate_private_key(65537, 2048)
    public = pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    account.seal(webhook_secret=public.decode())
    account.save(update_fields=["webhook_secret"])
    return pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _key(provider: Provider, kind: str) -> str:
    return f"{kind}-{provider.token}"


def _secret(provider: Provider, kind: str) -> str:
    return f"whsec-{kind}-{provider.token}"
