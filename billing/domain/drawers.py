"""The cash of a cashier: opened with a fund, moved by payments and by hand, counted and closed.

A drawer's till is an account of the ledger. What should be in the drawer is that account's sum, to the cent: nothing
but the drawer's own movements touches it, each written with its transaction while the drawer is locked. Locks: the
customer first, then the drawer, then invoices.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils.translation import gettext as _

from billing.domain.counter_settings import counter_settings
from billing.domain.ledger import Leg, Posting, accounts, post
from billing.domain.money import ZERO, check_amount
from billing.domain.refusals import DrawerRefused
from billing.models import CashDrawer, CounterSettings, DrawerMovement, Entry, LedgerAccount, LedgerTransaction
from events.domain import Actor, record
from tenants.current import current_tenant, tenant_today
from tenants.formats import format_money
from tenants.live import publish_live

Kind = LedgerAccount.Kind
Move = DrawerMovement.Kind
Transaction = LedgerTransaction.Kind
BY_HAND = (Move.DEPOSIT, Move.WITHDRAWAL, Move.TOP_UP)


def open_drawer_of(actor: Actor) -> CashDrawer | None:
    """The drawer this person has open, if any. Only people have drawers."""
    if actor.kind != "user" or actor.id is None:
        return None
    return CashDrawer.objects.select_related("account").filter(cashier_id=actor.id, closed_at=None).first()


def expected_in(drawer: CashDrawer) -> Decimal:
    """What should be in the drawer now, or, once closed, what was counted."""
    moved = drawer.movements.filter(~Q(kind=Move.OPENING)).aggregate(sum=Sum("amount", default=ZERO))["sum"]
    return drawer.opening + Decimal(moved)


def lock_for_cash(actor: Actor, currency: str, *, drawer_id: int | None = None) -> CashDrawer | None:
    """The drawer that takes or gives this cash, locked to the end of the transaction; None for the general till.

    `drawer_id` is the one the cashier was shown. Raises DrawerRefused when it closed meanwhile, holds another
    currency, or when one is needed and none is open.
    """
    shown = drawer_id or (found.pk if (found := open_drawer_of(actor)) else None)
    if shown is None:
        if actor.kind == "user" and counter_settings().cash_drawers == CounterSettings.CashDrawers.REQUIRE:
            raise DrawerRefused(_("Abra su caja antes de recibir o entregar efectivo."))
        return None
    drawer = lock_drawer(shown)
    if drawer.closed_at:
        raise DrawerRefused(_("La caja se cerró mientras tanto. Ábrala otra vez y repita: no se registró nada."))
    if drawer.cashier_id != actor.id or actor.kind != "user":
        raise DrawerRefused(_("Esa caja es de otra persona."))
    if drawer.currency != currency:
        raise DrawerRefused(_("Su caja está en otra moneda: ciérrela y abra una nueva."))
    return drawer


def lock_drawer(drawer_id: int) -> CashDrawer:
    """The drawer, locked. Raises DrawerRefused when there is none."""
    drawer = CashDrawer.objects.select_for_update(no_key=True).filter(pk=drawer_id).first()
    if drawer is None:
        raise DrawerRefused(_("No se encontró esa caja."))
    return drawer


def note_movement(
    drawer: CashDrawer,
    kind: str,
    amount: Decimal,
    tid: int,
    *,
    actor: Actor,
    now: dt.datetime,
    payment_id: int | None = None,
    refund_id: int | None = None,
    other_id: int | None = None,
    note: str = "",
    key: str | None = None,
) -> DrawerMovement:
    """Write what a transaction just posted did to a locked drawer: positive came in, negative went out."""
    row = DrawerMovement.objects.create(
        drawer=drawer,
        kind=kind,
        amount=amount,
        transaction_id=tid,
        payment_id=payment_id,
        refund_id=refund_id,
        other_id=other_id,
        note=note[:200],
        key=key,
        actor_label=actor.label,
        created_at=now,
    )
    publish_live("drawers", drawer=drawer.pk)
    return row


def open_drawer(*, opening: Decimal, actor: Actor, now: dt.datetime, account_id: int | None = None) -> CashDrawer:
    """Open this person's drawer with what is in it, in the provider's currency. `account_id`: a named till.

    What the till did not hold by the books comes from the general cash, and what it held too much goes there.
    Raises DrawerRefused (one is open already, no such till, not a person) or BadAmount.
    """
    currency = current_tenant().currency
    if actor.kind != "user" or actor.id is None:
        raise DrawerRefused(_("Sólo una persona puede abrir una caja."))
    if opening:
        check_amount(opening, currency)
    try:
        with transaction.atomic():
            general = accounts(currency, Kind.CASH)[Kind.CASH]
            till = _till(account_id, actor.id, actor.label, currency)
            drawer = CashDrawer.objects.create(
                account=till,
                currency=currency,
                cashier_id=actor.id,
                cashier_label=actor.label,
                opened_at=now,
                opening=opening,
            )
            if missing := opening - held_by(till.pk):
                tid = _post(drawer, Transaction.CASH_MOVE, missing, other=general, memo=_("Fondo"), now=now)
                note_movement(drawer, Move.OPENING, missing, tid, actor=actor, now=now, other_id=general)
            record(
                "drawer.opened",
                subject=drawer,
                actor=actor,
                at=now,
                till=till.name,
                amount=str(opening),
                currency=currency,
            )
    except IntegrityError as error:
        raise DrawerRefused(_("Ya hay una caja abierta: la suya, o esa misma por otra persona.")) from error
    return drawer


def shared_tills() -> list[LedgerAccount]:
    """The tills that were named for anybody to use: those no person's own, that nobody has open now."""
    rows = LedgerAccount.objects.filter(kind=Kind.CASH, currency=current_tenant().currency, is_active=True)
    own = CashDrawer.objects.filter(
        account=OuterRef("pk"), account__name__startswith=_("Caja de %(who)s") % {"who": ""}
    )
    taken = CashDrawer.objects.filter(account=OuterRef("pk"), closed_at=None)
    return list(rows.exclude(name="").exclude(Exists(own)).exclude(Exists(taken)).order_by("name", "id"))


def held_by(account_id: int) -> Decimal:
    """What an account holds by the ledger."""
    return Decimal(Entry.objects.filter(account_id=account_id).aggregate(sum=Sum("amount", default=ZERO))["sum"])


def _till(account_id: int | None, cashier_id: int, label: str, currency: str) -> LedgerAccount:
    """The till asked for, or this person's own, which is made the first time; locked."""
    rows = LedgerAccount.objects.select_for_update(no_key=True).filter(kind=Kind.CASH, currency=currency)
    if account_id is not None:
        till = rows.filter(pk=account_id, is_active=True).exclude(name="").first()
        if till is None:
            raise DrawerRefused(_("Elija una caja en uso."))
        return till
    # Namesakes get a till each.
    for name in (_("Caja de %(who)s") % {"who": label}, _("Caja de %(who)s") % {"who": f"{label} ({cashier_id})"}):
        till, _made = LedgerAccount.objects.get_or_create(kind=Kind.CASH, currency=currency, name=name[:80])
        if till.is_active and not CashDrawer.objects.filter(account=till).exclude(cashier_id=cashier_id).exists():
            return rows.get(pk=till.pk)
    raise DrawerRefused(_("Elija una caja en uso."))


def _post(drawer: CashDrawer, kind: str, amount: Decimal, *, other: int, memo: str, now: dt.datetime) -> int:
    legs = (Leg(drawer.account_id, amount), Leg(other, -amount))
    return post([Posting(kind, now, tenant_today(now), drawer.currency, legs, memo[:200])])[0]


@transaction.atomic
def move_cash(
    *,
    drawer_id: int,
    kind: str,
    amount: Decimal,
    actor: Actor,
    now: dt.datetime,
    key: str,
    account_id: int | None = None,
    note: str = "",
) -> DrawerMovement:
    """Put change into a drawer or take money out of it, once under `key`: a positive amount in the drawer's currency.

    A deposit goes to a bank account (`account_id`, or the one without a name); the others come from and go to the
    general cash. Raises DrawerRefused when it is closed or holds less, or BadAmount.
    """
    if kind not in BY_HAND:
        raise DrawerRefused(_("Elija qué se hizo: depósito, retiro o entrada de cambio."))
    drawer = lock_drawer(drawer_id)
    if known := DrawerMovement.objects.filter(key=key).first():
        return known
    check_amount(amount, drawer.currency)
    if drawer.closed_at:
        raise DrawerRefused(_("Esa caja ya está cerrada."))
    signed = amount if kind == Move.TOP_UP else -amount
    if signed < 0:
        check_holds(drawer, amount)
    other = _other_side(kind, drawer.currency, account_id)
    memo = note.strip() or str(Move(kind).label)
    tid = _post(drawer, Transaction.CASH_MOVE, signed, other=other, memo=memo, now=now)
    row = note_movement(drawer, kind, signed, tid, actor=actor, now=now, other_id=other, note=note.strip(), key=key)
    record(
        "drawer.moved",
        subject=drawer,
        actor=actor,
        at=now,
        kind=kind,
        amount=str(amount),
        currency=drawer.currency,
        note=row.note,
    )
    return row


def check_holds(drawer: CashDrawer, amount: Decimal) -> None:
    """Raise DrawerRefused when a locked drawer should hold less than `amount`."""
    held = expected_in(drawer)
    if amount > held:
        raise DrawerRefused(
            _("En la caja debe haber %(held)s: no alcanza. Si hay más, haga antes una entrada de cambio.")
            % {"held": format_money(held, drawer.currency)}
        )


def _other_side(kind: str, currency: str, account_id: int | None) -> int:
    of = Kind.BANK if kind == Move.DEPOSIT else Kind.CASH
    if account_id is None:
        return accounts(currency, of)[of]
    rows = LedgerAccount.objects.filter(pk=account_id, kind=Kind.BANK, currency=currency, is_active=True)
    if kind != Move.DEPOSIT or not rows.exists():
        raise DrawerRefused(_("Elija una cuenta de banco en uso."))
    return account_id


@transaction.atomic
def close_drawer(
    *,
    drawer_id: int,
    counted: Decimal,
    actor: Actor,
    now: dt.datetime,
    denominations: Mapping[str, int] | None = None,
    note: str = "",
) -> CashDrawer:
    """Close a drawer with what was counted; what differs from what should be there is posted as an adjustment.

    A difference above what the settings let pass needs a note. What was counted stays in the till for the next
    opening. Raises DrawerRefused or BadAmount.
    """
    drawer = lock_drawer(drawer_id)
    if drawer.closed_at:
        raise DrawerRefused(_("Esa caja ya estaba cerrada."))
    if counted:
        check_amount(counted, drawer.currency)
    expected = expected_in(drawer)
    gap = counted - expected
    if abs(gap) > counter_settings().difference_free and not note.strip():
        said = {"amount": format_money(abs(gap), drawer.currency)}
        raise DrawerRefused(
            (_("Faltan %(amount)s. Escriba qué pasó.") if gap < 0 else _("Sobran %(amount)s. Escriba qué pasó.")) % said
        )
    if gap:
        adjustments = accounts(drawer.currency, Kind.ADJUSTMENT)[Kind.ADJUSTMENT]
        memo = note.strip() or _("Diferencia de caja")
        tid = _post(drawer, Transaction.CASH_COUNT, gap, other=adjustments, memo=memo, now=now)
        note_movement(drawer, Move.DIFFERENCE, gap, tid, actor=actor, now=now, other_id=adjustments, note=note.strip())
    drawer.closed_at, drawer.closed_by, drawer.note = now, actor.label, note.strip()[:200]
    drawer.expected, drawer.counted, drawer.denominations = expected, counted, dict(denominations or {})
    drawer.save(update_fields=["closed_at", "closed_by", "note", "expected", "counted", "denominations"])
    record(
        "drawer.closed",
        subject=drawer,
        actor=actor,
        at=now,
        expected=str(expected),
        counted=str(counted),
        difference=str(gap),
        currency=drawer.currency,
        note=drawer.note,
    )
    publish_live("drawers", drawer=drawer.pk)
    return drawer
