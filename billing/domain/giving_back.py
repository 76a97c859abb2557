"""Giving back days that were charged: a credit note for their share, and the charges end where those days begin.

Nothing is charged here. The next run finds the days uncovered and charges them as things stand then: at the new
plan, at the price of a pause, or not at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from billing.domain.credit_notes import CreditItem, write_note
from billing.domain.creditable import LineLeft, NamedTax, Parts, lines_left
from billing.domain.cycle import ONE_DAY, Cycle
from billing.domain.locks import Locked, lock_for_correction
from billing.domain.money import ZERO, round_money
from billing.domain.policies import policy_of
from billing.domain.proration import part_of
from billing.models import BillingPolicy, Charge, CreditNote, Invoice, Proration
from customers.models import Service
from events.domain import Actor
from tenants.current import current_tenant

BY_DAYS = {Proration.REAL_DAYS, Proration.DAYS_30}


@dataclass(frozen=True, slots=True)
class Given:
    """Days of one charge that are given back, [start, end), and the line of the note when it was on an invoice."""

    charge: Charge
    start: dt.date
    end: dt.date
    item: CreditItem | None
    invoice: Invoice | None

    @property
    def total(self) -> Decimal:
        """What is given back for them."""
        return self.item.parts.total if self.item else ZERO


def policy_of_service(service: Service) -> BillingPolicy:
    """The policy in force for a service: of its zone, or else its customer's zone."""
    return policy_of(customer_id=service.customer_id, zone_id=service.zone_id or service.customer.zone_id)


def rule_of(policy: BillingPolicy) -> str:
    """How days given back are counted when no plan changes: as a plan change that goes by days, else real days."""
    return policy.plan_change if policy.plan_change in BY_DAYS else Proration.REAL_DAYS


def plan_give_back(
    *, service: Service, from_day: dt.date, rule: str, only: Q | None = None, among: Collection[str] = ()
) -> list[Given]:
    """What giving back the days from `from_day` on would do. Writes nothing.

    `rule` is of models.Proration: by days, a part is given back; `whole`, everything of a charge that has days from
    then on; `free`, only charges that begin on `from_day` or later, for the period under way is kept as it was
    charged. Charges wholly from `from_day` on are given back whole under any rule. `only` narrows the charges, `among`
    their kinds.
    """
    charges = Charge.objects.filter(service=service, reversed_at=None, period__endswith__gt=from_day)
    if only is not None:
        charges = charges.filter(only)
    if among:
        charges = charges.filter(kind__in=among)
    found = []
    lines: dict[int, dict[int | None, LineLeft]] = {}
    included = service.plan.tax_included
    for charge in charges.select_related("line__invoice").order_by("period", "id"):
        start = max(charge.period.lower, from_day)
        if rule == Proration.FREE and charge.period.lower < from_day:
            continue
        line = getattr(charge, "line", None)
        if line is None:
            found.append(Given(charge, start, charge.period.upper, None, None))
            continue
        if line.invoice_id not in lines:
            lines[line.invoice_id] = {row.line.charge_id: row for row in lines_left(line.invoice)}
        item = _item(lines[line.invoice_id][charge.pk], charge, start, rule, included=included)
        found.append(Given(charge, start, charge.period.upper, item, line.invoice))
    return found


def _item(line: LineLeft, charge: Charge, start: dt.date, rule: str, *, included: bool) -> CreditItem | None:
    whole = start == charge.period.lower or rule == Proration.WHOLE
    parts = line.left if whole else _share(line, charge, start, rule, included=included)
    if not parts.total:
        return None
    taxes: list[NamedTax] = line.named(parts)
    text = _("%(what)s: se devuelven del %(from)s al %(to)s") % {
        "what": charge.description,
        "from": f"{start:%d/%m/%Y}",
        "to": f"{charge.period.upper - ONE_DAY:%d/%m/%Y}",
    }
    return CreditItem(charge.pk, text, parts, taxes, (start, charge.period.upper))


def _share(line: LineLeft, charge: Charge, start: dt.date, rule: str, *, included: bool) -> Parts:
    """The part of what is left of the line that its last days are, reckoned as charging those days is.

    With the tax inside, the price is shared and its net found; with the tax on top, the net is shared and taxed. So
    days given back and charged again cost what they did.
    """
    left, currency = line.left, line.currency
    lower, upper = charge.period.lower, charge.period.upper
    period = Cycle(lower, lower, lower, lower, upper)
    days = (start, charge.period.upper)
    rate = charge.tax_rate if left.tax else ZERO
    if included:
        price = part_of(left.net + left.tax, rule, period, days, currency)
        net = round_money(price / (1 + rate), currency)
        tax = price - net
    else:
        net = part_of(left.net, rule, period, days, currency)
        rates = [Decimal(each) for _name, each, amount in line.taxes if (amount > 0) == (line.line.net > 0)]
        tax = sum((round_money(net * each, currency) for each in rates), ZERO) if left.tax else ZERO
    withheld = round_money(left.withheld * net / left.net, currency) if left.net else ZERO
    return Parts(net, tax, withheld)


def amount_of(given: Sequence[Given]) -> Decimal:
    """What all of it comes to for the customer; an invoice on which nothing is left to give counts nothing."""
    sums: dict[int, Decimal] = {}
    for part in given:
        if part.invoice:
            sums[part.invoice.pk] = sums.get(part.invoice.pk, ZERO) + part.total
    return sum((amount for amount in sums.values() if amount > 0), ZERO)


@transaction.atomic
def give_back_days(
    *,
    service_id: int,
    from_day: dt.date,
    reason: str,
    actor: Actor,
    now: dt.datetime,
    rule: str = "",
    only: Q | None = None,
    among: Collection[str] = (),
) -> list[CreditNote]:
    """Give back what was charged for the days from `from_day` on: one credit note for each invoice that charged them.

    Plan, recurring extras and discounts alike, unless `only` or `among` narrow it (see `plan_give_back`, which says
    what each rule means; without one it is the policy's, by days). What cost nothing or is on no invoice gets no note.
    """
    row = Service.objects.values_list("customer_id", flat=True).get(pk=service_id)
    locked = lock_for_correction(row, current_tenant().currency)
    service = Service.objects.select_related("customer", "plan").get(pk=service_id)
    rule = rule or rule_of(policy_of_service(service))
    given = plan_give_back(service=service, from_day=from_day, rule=rule, only=only, among=among)
    notes = [
        note
        for invoice in {part.invoice.pk: part.invoice for part in given if part.invoice}.values()
        if (note := _note(locked, invoice, given, reason=reason, actor=actor, now=now))
    ]
    _end_charges(given, now)
    return notes


def _note(
    locked: Locked, invoice: Invoice, given: Sequence[Given], *, reason: str, actor: Actor, now: dt.datetime
) -> CreditNote | None:
    items = [part.item for part in given if part.item and part.invoice and part.invoice.pk == invoice.pk]
    if sum((item.parts.total for item in items), ZERO) <= 0:
        return None
    fresh = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    return write_note(locked, fresh, items, reason=reason, actor=actor, now=now)


def _end_charges(given: Sequence[Given], now: dt.datetime) -> None:
    """Charges end where the days given back begin; those without a day left are as if they had not been."""
    changed = []
    for part in given:
        charge = part.charge
        if part.start <= charge.period.lower:
            charge.reversed_at = now
        else:
            charge.period = type(charge.period)(charge.period.lower, part.start)
        changed.append(charge)
    Charge.objects.bulk_update(changed, ["period", "reversed_at"])
