"""A provider's accounts at gateways: connected, tried, turned off. Their secrets are sealed and never shown again."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.gateways.base import Gateway, GatewayError
from billing.gateways.registry import KINDS, open_gateway
from billing.models import GatewayAccount, LedgerAccount
from events.domain import Actor, record
from tenants.current import current_tenant, tenant_origin
from tenants.models import Route
from tenants.sealing import SealError

logger = logging.getLogger(__name__)

ROUTE = "gateway"  # the provider of a Route; its number is the account's uuid


class AccountRefused(Exception):
    """The account cannot be kept that way; the message is for people, nothing was written."""


def connect_account(
    *,
    account: GatewayAccount | None,
    kind: str,
    name: str,
    actor: Actor,
    now: dt.datetime,
    api_key: str = "",
    webhook_secret: str = "",
    config: Mapping[str, Any] | None = None,
    for_customers: bool = True,
    is_active: bool = True,
) -> GatewayAccount:
    """Try the credentials at the gateway, then keep them; an empty secret means the one that is kept already.

    Raises AccountRefused for another currency, a name already used, or credentials the gateway does not accept.
    No transaction is open while it is asked.
    """
    if kind not in KINDS:
        raise AccountRefused(_("No conocemos esa pasarela."))
    if not KINDS[kind].takes(current_tenant().currency):
        raise AccountRefused(_("Esa pasarela no cobra en %(currency)s.") % {"currency": current_tenant().currency})
    # What the form does not ask for, such as where a test account answers, stays.
    kept = {**(account.config if account else {}), **(config or {})}
    try:
        key = api_key or (account.reveal("api_key") if account else "")
        secret = webhook_secret or (account.reveal("webhook_secret") if account else "")
    except SealError:
        raise AccountRefused(_("La clave guardada no se puede abrir: escríbala de nuevo.")) from None
    try:
        gateway = open_gateway(kind, api_key=key, webhook_secret=secret, config=with_address(kind, kept))
        gateway.check()
    except GatewayError as error:
        raise AccountRefused(error.message) from None
    account = account or GatewayAccount(kind=kind, created_at=now)
    if not secret:
        webhook_secret = _set_up_notices(gateway, account)
    account.name, account.config = name.strip()[:80], kept
    account.for_customers, account.is_active = for_customers, is_active
    account.checked_at, account.trouble = now, ""
    sealed = {"api_key": api_key, "webhook_secret": webhook_secret}
    account.seal(**{field: text for field, text in sealed.items() if text})
    return keep_account(account=account, actor=actor, now=now)


def _set_up_notices(gateway: Gateway, account: GatewayAccount) -> str:
    """What the gateway itself gives to check its notifications with. Without it they are refused, and payments are
    found by asking: an address that the gateway cannot reach is no reason not to connect."""
    try:
        return gateway.set_up_notices(notice_address(account))
    except GatewayError as error:
        logger.warning("gateway %s does not set up its notifications: %s", account.kind, error.message)
        return ""


def keep_account(*, account: GatewayAccount, actor: Actor, now: dt.datetime) -> GatewayAccount:
    """Keep an account as it is, and route its notifications here. Raises AccountRefused for a name already used."""
    try:
        with transaction.atomic():
            before = GatewayAccount.objects.filter(pk=account.pk).values_list("name", flat=True).first()
            account.save()
            if before and before != account.name:
                kept = LedgerAccount.objects.filter(kind=LedgerAccount.Kind.GATEWAY, name=before)
                kept.update(name=account.name)
            Route.objects.get_or_create(
                provider=ROUTE, account=account.kind, number=str(account.uuid), defaults={"tenant": current_tenant()}
            )
            record("gateway.connected", subject=account, actor=actor, at=now, name=account.name, kind=account.kind)
    except IntegrityError:
        raise AccountRefused(_("Ya hay una cuenta con ese nombre.")) from None
    return account


def ledger_account(account: GatewayAccount, currency: str) -> int:
    """The ledger account for what this gateway holds for the provider, made when it is first needed; returns its id."""
    row, _made = LedgerAccount.objects.get_or_create(
        kind=LedgerAccount.Kind.GATEWAY, currency=currency, name=account.name
    )
    return row.pk


def check_account(*, account: GatewayAccount, now: dt.datetime) -> str:
    """Ask whether the stored credentials still hold; return the account's name there. Raises AccountRefused."""
    try:
        name = gateway_of(account).check()
    except GatewayError as error:
        GatewayAccount.objects.filter(pk=account.pk).update(checked_at=now, trouble=error.message[:300])
        raise AccountRefused(error.message) from None
    GatewayAccount.objects.filter(pk=account.pk).update(checked_at=now, trouble="")
    return name


def gateway_of(account: GatewayAccount) -> Gateway:
    """The account's gateway, with its secrets opened. Raises GatewayError when they cannot be."""
    try:
        return open_gateway(
            account.kind,
            api_key=account.reveal("api_key"),
            webhook_secret=account.reveal("webhook_secret"),
            config=with_address(account.kind, account.config),
        )
    except SealError:
        text = _("La clave guardada no se puede abrir: conéctela de nuevo.")
        raise GatewayError(text, permanent=False, code="sealed") from None


def with_address(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with where the gateway answers, when it is not the vendor's own address (demo and tests)."""
    base = settings.GATEWAY_API_BASES.get(kind)
    return {**({"api_base": base} if base else {}), **config}


def notice_address(account: GatewayAccount) -> str:
    """Where the gateway sends its notifications: the provider's own domain."""
    return tenant_origin() + reverse("hook_gateway", args=[account.uuid])


def usable_accounts(currency: str, *, for_customers: bool = False) -> list[GatewayAccount]:
    """The active accounts that charge in a currency, by name; those behind «Pagar ahora» alone if asked."""
    rows = GatewayAccount.objects.filter(is_active=True).order_by("name")
    if for_customers:
        rows = rows.filter(for_customers=True)
    return [row for row in rows if row.kind in KINDS and KINDS[row.kind].takes(currency)]
