"""Where money is: the tills, the bank accounts and what each payment method goes into."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.domain.ledger import accounts
from billing.domain.refusals import PaymentRefused
from billing.models import CashDrawer, LedgerAccount, Payment
from events.domain import Actor, record
from tenants.current import current_tenant

Kind = LedgerAccount.Kind
NAMED = (Kind.BANK, Kind.CASH)
METHOD_KINDS = {
    Payment.Method.CASH: Kind.CASH,
    Payment.Method.TRANSFER: Kind.BANK,
    Payment.Method.CARD: Kind.CARD,
    Payment.Method.STORE: Kind.STORE,
    Payment.Method.GATEWAY: Kind.GATEWAY,
}


class AccountRefused(Exception):
    """The account cannot be named or closed like that; the message is for people."""


def account_for(method: str, currency: str, account_id: int | None) -> int:
    """The ledger account that money of a method goes into: the one named, or the method's own.

    Raises PaymentRefused for an account of another kind or currency, or one that is no longer used.
    """
    kind = METHOD_KINDS[Payment.Method(method)]
    if account_id is None:
        return accounts(currency, kind)[kind]
    found = LedgerAccount.objects.filter(pk=account_id, kind=kind, currency=currency, is_active=True).first()
    if found is None:
        raise PaymentRefused(_("Elija una cuenta en uso que reciba esa forma de pago."))
    return found.pk


def account_label(account: LedgerAccount) -> str:
    """The account as people call it: its name, or what it is when it has none."""
    if account.name:
        return account.name
    return {Kind.CASH: _("Caja general"), Kind.BANK: _("Banco, sin decir cuál")}.get(
        Kind(account.kind), str(account.get_kind_display())
    )


def named_accounts(kind: str, *, only_active: bool = True) -> list[LedgerAccount]:
    """The accounts of a kind that have a name, in the provider's currency, by name."""
    rows = LedgerAccount.objects.filter(kind=kind, currency=current_tenant().currency).exclude(name="")
    return list((rows.filter(is_active=True) if only_active else rows).order_by("name", "id"))


def add_account(*, kind: str, name: str, actor: Actor) -> LedgerAccount:
    """Name a new bank account or till. Raises AccountRefused without a name or for one that exists."""
    if kind not in NAMED:
        raise AccountRefused(_("Sólo se nombran cuentas de banco y cajas."))
    name = _checked(name)
    try:
        with transaction.atomic():
            account = LedgerAccount.objects.create(kind=kind, name=name, currency=current_tenant().currency)
            record("account.added", subject=account, actor=actor, name=name, kind=kind)
    except IntegrityError as error:
        raise AccountRefused(_("Ya hay una cuenta con ese nombre.")) from error
    return account


def rename_account(*, account_id: int, name: str, actor: Actor) -> LedgerAccount:
    """Give an account another name; what it holds stays. Raises AccountRefused."""
    name = _checked(name)
    try:
        with transaction.atomic():
            account = _lock(account_id)
            before, account.name = account.name, name
            account.save(update_fields=["name"])
            if before != name:
                record("account.renamed", subject=account, actor=actor, name=name, before=before)
    except IntegrityError as error:
        raise AccountRefused(_("Ya hay una cuenta con ese nombre.")) from error
    return account


@transaction.atomic
def use_account(*, account_id: int, active: bool, actor: Actor) -> LedgerAccount:
    """Stop or resume using an account. What it holds stays. Raises AccountRefused while a drawer of it is open."""
    account = _lock(account_id)
    if not active and CashDrawer.objects.filter(account=account, closed_at=None).exists():
        raise AccountRefused(_("Esa caja está abierta: ciérrela primero."))
    if account.is_active != active:
        account.is_active = active
        account.save(update_fields=["is_active"])
        record("account.resumed" if active else "account.stopped", subject=account, actor=actor, name=account.name)
    return account


def _lock(account_id: int) -> LedgerAccount:
    rows = LedgerAccount.objects.select_for_update(no_key=True).filter(kind__in=NAMED).exclude(name="")
    account = rows.filter(pk=account_id).first()
    if account is None:
        raise AccountRefused(_("No se encontró esa cuenta."))
    return account


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise AccountRefused(_("Escriba un nombre de hasta 80 letras."))
    return name
