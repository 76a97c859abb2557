"""What a customer may promise now, and if not, why and from when. Reads; the only rules are the policy's.

The debt that a promise is about is everything due by today, also what will only be cut tonight: who calls in the
afternoon of the cut day is the one it is for. The part payment is looked for in the payments received since the
oldest of that debt fell due: of what was owed then, `paid / (paid + still owed)` must reach the policy's percent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import F, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.domain.cycle import add_months, month_start
from billing.domain.dunning import overdue
from billing.domain.ladder import rules_of
from billing.domain.ledger import credit_in
from billing.domain.money import ZERO, round_money
from billing.domain.policies import policy_of_customer
from billing.domain.promise_state import say_moment
from billing.domain.reasons import show_day
from billing.domain.reconnection import is_cut
from billing.domain.verdicts import Owed
from billing.models import BillingPolicy, Invoice, Payment, Promise
from tenants.current import current_tenant, tenant_today, tenant_zone
from tenants.formats import format_money

MOST_DAYS = 60
Status = Promise.Status


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, as a sentence, and the earliest moment it would be possible; None when time alone changes nothing.

    `yields`: a person who sets the policy may grant all the same, with a reason.
    """

    code: str
    sentence: str
    possible_at: dt.datetime | None = None
    yields: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be promised at a moment. Money in the provider's currency; days in its zone."""

    customer_id: int
    currency: str
    policy: BillingPolicy
    today: dt.date
    invoices: tuple[Invoice, ...] = ()
    owed: Decimal = ZERO
    paid: Decimal = ZERO
    needed: Decimal = ZERO
    cut: bool = False
    open: Promise | None = None
    used: int = 0
    refusals: tuple[Refusal, ...] = field(default=())

    @property
    def last_day(self) -> dt.date:
        """The last day it may run to."""
        return self.today + dt.timedelta(days=self.policy.promise_max_days)

    @property
    def usual_until(self) -> dt.datetime:
        """Until when, unless another moment is asked for: the last day at the policy's hour."""
        return at_hour(self.last_day, self.policy)


def at_hour(day: dt.date, policy: BillingPolicy) -> dt.datetime:
    """The moment a promise given as a day alone lapses: the policy's hour of that day, in the provider's zone."""
    return dt.datetime.combine(day, policy.promise_hour, tenant_zone())


def offer_promise(*, customer_id: int, by: str, now: dt.datetime) -> Offer:
    """What the customer may promise at `now` when `by` (BillingPolicy.Promiser) grants it."""
    policy, today = policy_of_customer(customer_id), tenant_today(now)
    currency = current_tenant().currency
    invoices = _due(policy, customer_id, currency, today)
    owed = sum((i.total - i.paid for i in invoices), ZERO)
    paid = _paid_since(customer_id, currency, min((i.due_on for i in invoices), default=today))
    needed = ZERO
    if invoices:
        needed = max(round_money((paid + owed) * policy.promise_min_percent / 100, currency) - paid, ZERO)
    start = dt.datetime.combine(month_start(today), dt.time.min, tenant_zone())
    mine = Promise.objects.filter(customer_id=customer_id)
    facts = Offer(
        customer_id,
        currency,
        policy,
        today,
        tuple(invoices),
        owed,
        paid,
        needed,
        is_cut(customer_id, now),
        mine.filter(status=Status.OPEN, until__gt=now).first(),
        mine.filter(created_at__gte=start).exclude(status=Status.CANCELLED).count(),
    )
    return _judged(facts, by, now)


def _due(policy: BillingPolicy, customer_id: int, currency: str, today: dt.date) -> list[Invoice]:
    """What is due by today, and what the policy would cut for today; oldest first."""
    found = list(Invoice.objects.unpaid().filter(customer_id=customer_id, currency=currency).order_by("due_on", "id"))
    rows = [Owed(i.pk, i.label, i.due_on, i.total - i.paid, i.pay_on) for i in found]
    rules = rules_of(policy, country=current_tenant().country)
    cut_for = {late.invoice_id for late in overdue(rules, rows, today)}
    return [invoice for invoice in found if invoice.due_on <= today or invoice.pk in cut_for]


def _paid_since(customer_id: int, currency: str, day: dt.date) -> Decimal:
    since = dt.datetime.combine(day, dt.time.min, tenant_zone())
    rows = Payment.objects.filter(customer_id=customer_id, currency=currency, voided_at=None, received_at__gte=since)
    return rows.aggregate(sum=Sum(F("amount") - F("refunded")))["sum"] or ZERO


def _judged(offer: Offer, by: str, now: dt.datetime) -> Offer:
    refusals = tuple(_refusals(offer, by, now))
    names = {name: getattr(offer, name) for name in Offer.__dataclass_fields__}
    return Offer(**{**names, "refusals": refusals})


def _refusals(offer: Offer, by: str, now: dt.datetime) -> Iterator[Refusal]:
    policy, zone = offer.policy, tenant_zone()
    if by not in policy.promise_by:
        yield Refusal("by", _by_whom(by))
        return
    if offer.open:
        said = {"amount": format_money(offer.open.amount, offer.open.currency), "until": say_moment(offer.open.until)}
        sentence = _("Ya hay una promesa vigente por %(amount)s hasta el %(until)s.") % said
        yield Refusal("open", sentence, offer.open.until)
        return
    if not offer.invoices:
        yield _nothing_due(offer)
        return
    credit = credit_in(offer.customer_id, offer.currency)
    if offer.owed <= credit:
        sentence = _("Su saldo a favor de %(credit)s cubre lo vencido: no hace falta una promesa.")
        yield Refusal("covered", sentence % {"credit": format_money(credit, offer.currency)})
        return
    if offer.used >= policy.promise_per_month:
        following = dt.datetime.combine(add_months(month_start(offer.today), 1), dt.time.min, zone)
        sentence = ngettext(
            "La política permite %(n)s promesa por mes y ya se usó.",
            "La política permite %(n)s promesas por mes y ya se usaron.",
            policy.promise_per_month,
        ) % {"n": policy.promise_per_month}
        if policy.promise_per_month == 0:
            yield Refusal("month", _("La política no permite promesas de pago."), yields=True)
        else:
            sentence += " " + _("La próxima puede ser el %(day)s.") % {"day": show_day(following.date().isoformat())}
            yield Refusal("month", sentence, following, yields=True)
    blocked = _blocked_until(offer)
    if blocked and blocked > now:
        sentence = _("No cumplió la anterior; puede prometer otra vez desde el %(until)s.")
        yield Refusal("blocked", sentence % {"until": say_moment(blocked)}, blocked, yields=True)
    if offer.needed > 0:
        said = {
            "needed": format_money(offer.needed, offer.currency),
            "percent": f"{policy.promise_min_percent.normalize():f}",
            "owed": format_money(offer.owed, offer.currency),
        }
        sentence = _("Antes debe pagar al menos %(needed)s: el %(percent)s %% de lo vencido. Hoy debe %(owed)s.")
        yield Refusal("part", sentence % said, yields=True)


def _by_whom(by: str) -> str:
    if by == BillingPolicy.Promiser.STAFF:
        return _("La política no permite que el personal dé promesas de pago.")
    return _("La política no permite pedir promesas de pago por aquí; el personal puede ayudarle.")


def _nothing_due(offer: Offer) -> Refusal:
    unpaid = Invoice.objects.unpaid().filter(customer_id=offer.customer_id, currency=offer.currency)
    following = unpaid.order_by("due_on").first()
    if following is None:
        return Refusal("nothing", _("No debe nada: no hace falta una promesa."))
    sentence = _("Todavía no tiene nada vencido; podrá prometer desde el %(day)s, cuando vence %(label)s.")
    said = {"day": show_day(following.due_on.isoformat()), "label": following.label}
    return Refusal("nothing", sentence % said, dt.datetime.combine(following.due_on, dt.time.min, tenant_zone()))


def _blocked_until(offer: Offer) -> dt.datetime | None:
    """When the block of the last broken promise ends: so many days after its hour, whenever that was noticed."""
    broken = Promise.objects.filter(customer_id=offer.customer_id, status=Status.BROKEN).order_by("-until").first()
    return broken.until + dt.timedelta(days=offer.policy.promise_block_days) if broken else None
