"""What one service is charged, and why: a pure function of its facts, its policy and its cycles.

The rule is one: what is billed is what no charge covers yet. A cycle that is due is charged for its uncovered days;
an earlier one is completed when a part of it was charged (a plan changed, a pause ended), when the service began in
it, or when it was off in it. An earlier cycle left out whole for no reason is a skipped one: it is reported, for a
person to bill, never charged silently.

The run does plain services with one statement (run_sql); this does all others, and a test holds both to one answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.domain.charge_facts import (
    UNTAXED,
    Assessment,
    DiscountFacts,
    ExtraFacts,
    Item,
    Line,
    Offer,
    Segment,
    ServiceFacts,
)
from billing.domain.cycle import ONE_DAY, Cycle
from billing.domain.days import Days, overlap, split, subtract, within
from billing.domain.money import ZERO, round_money
from billing.domain.proration import part_of
from billing.domain.taxation import apply_taxes
from billing.models import BillingPolicy, Charge, Proration, SetAside

Kind = Charge.Kind
Reason = SetAside.Reason
HUNDRED = Decimal(100)
NEW = dt.timedelta(days=31)


def assess(
    facts: ServiceFacts, policy: BillingPolicy, *, due: Sequence[Cycle], past: Sequence[Cycle], today: dt.date,
    currency: str,
) -> Assessment:  # fmt: skip
    """Decide one service. `due` are the cycles to be charged, `past` those before them, both oldest first."""
    return _Assessor(facts, policy, today, currency).assess(due, past)


class _Assessor:
    """One service's assessment; the parts share the facts."""

    def __init__(self, facts: ServiceFacts, policy: BillingPolicy, today: dt.date, currency: str) -> None:
        self.facts, self.policy, self.today, self.currency = facts, policy, today, currency
        self.found = Assessment()
        self.reasons: list[str] = []
        trial = dt.timedelta(days=facts.trial_days)
        self.paying_from = facts.start + trial if facts.start else None

    def assess(self, due: Sequence[Cycle], past: Sequence[Cycle]) -> Assessment:
        facts, found = self.facts, self.found
        if refused := self._refused():
            wrong = refused in {Reason.NO_PRICE, Reason.BAD_TAX}
            found.reason = (self._outside(due) if wrong else "") or refused
            return found
        for cycle in past:
            if self._completes(cycle):
                self._charge(cycle)
            elif self._owed(cycle) and facts.ever_covered and not self._explained(cycle):
                found.skipped.append(cycle)
        for cycle in due:
            self._charge(cycle)
        if due:
            self._charge_once(due[-1])
        if not any(item.billed for item in found.items):
            found.reason = self._why_nothing(due)
        return found

    def _refused(self) -> str:
        facts = self.facts
        if facts.charged_today >= self.policy.max_items_per_day:
            return Reason.TOO_MANY
        waiting = any(extra.once for extra in facts.extras)
        if facts.free and not waiting:
            return Reason.FREE
        for segment in facts.segments:
            rates = [tax.rate for tax in segment.offer.taxes]
            if any(rate < 0 for rate in rates) or sum(rates, ZERO) > 1:
                return Reason.BAD_TAX
        if round_money(self.facts.segments[-1].offer.price, self.currency) <= 0 and not (facts.free or waiting):
            return Reason.NO_PRICE
        return ""

    def _why_nothing(self, due: Sequence[Cycle]) -> str:
        facts = self.facts
        if facts.free:
            return Reason.FREE
        if self.reasons:
            return self.reasons[-1]
        if not due:
            return Reason.NOT_YET
        return self._outside(due) or Reason.BILLED

    def _outside(self, due: Sequence[Cycle]) -> str:
        """Why nothing of what is due falls into its life, so that nothing else about it matters yet or any more."""
        facts = self.facts
        if facts.end and due and facts.end <= due[-1].start:
            return Reason.CANCELLED
        if facts.start and due and facts.start >= due[-1].end:
            return Reason.NOT_INSTALLED
        return ""

    def _life(self) -> Days:
        return self.facts.start or dt.date.min, self.facts.end or dt.date.max

    def _owed(self, cycle: Cycle) -> list[Days]:
        """The days of a cycle that the service lived and no charge covers."""
        if self.facts.free:
            return []
        lived = overlap((cycle.start, cycle.end), self._life())
        return subtract(lived, self.facts.covered) if lived else []

    def _completes(self, cycle: Cycle) -> bool:
        """Whether an earlier cycle is to be completed without asking."""
        facts = self.facts
        owed = self._owed(cycle)
        if not owed or (facts.imported and not facts.ever_covered):
            return False
        first = min((start for start, _end in facts.covered), default=None)
        if first is not None and owed[-1][1] <= first:
            return False  # before the first day ever charged: the former system's business
        partly = any(overlap((cycle.start, cycle.end), days) for days in facts.covered)
        return partly or self._is_new() or self._explained(cycle)

    def _is_new(self) -> bool:
        """Whether it was put on record about when it began, so that all its days are ours to charge."""
        facts = self.facts
        return not facts.ever_covered and facts.start is not None and facts.start >= facts.known_since - NEW

    def _explained(self, cycle: Cycle) -> bool:
        """Whether leaving that cycle out was meant: it was off in it or when it was issued, or was given back."""
        days = (min(cycle.issue_on, cycle.start), cycle.end)
        return any(overlap(days, off) for off in (*self.facts.off, *self.facts.paused)) or any(
            overlap((cycle.start, cycle.end), given) for given in self.facts.given_back
        )

    def _charge(self, cycle: Cycle) -> None:
        for days in self._owed(cycle):
            for piece in split(days, self._edges()):
                self._charge_piece(cycle, piece)
        for extra in self.facts.extras:
            if not extra.once and not self.facts.free:
                self._charge_extra(cycle, extra)

    def _edges(self) -> Iterator[dt.date]:
        if self.paying_from:
            yield self.paying_from
        for segment in self.facts.segments:
            yield segment.since
        for start, end in (*self.facts.paused, *self.facts.off):
            yield start
            yield end
            if start < self.today < end:
                yield self.today

    def _charge_piece(self, cycle: Cycle, piece: Days) -> None:
        offer = self._segment(piece[0]).offer
        label, percent = self._standing(piece)
        if percent is None:
            self.reasons.append(label)
            return
        price = self._part(cycle, piece, window_price(offer, self.policy, cycle)) * percent / HUNDRED
        price = round_money(price, self.currency)
        if price <= 0:
            self.reasons.append(label or Reason.BILLED)
            self._add(Line(Kind.PLAN, 0, piece, self._free_text(label, piece), ZERO, offer), cycle)
            return
        self._add(Line(Kind.PLAN, 0, piece, self._text(offer.name, cycle, piece, label), price, offer), cycle)
        self._discount(cycle, piece, price)

    def _standing(self, piece: Days) -> tuple[str, Decimal | None]:
        """Why these days are not charged in full, and their percent; None when that cannot be said yet."""
        day = piece[0]
        if self.paying_from and day < self.paying_from:
            return Reason.TRIAL, ZERO
        if within(day, self.facts.off):
            return Reason.SUSPENDED, ZERO if day < self.today else None
        if within(day, self.facts.paused):
            # A pause that may end tomorrow is charged when its days have passed, unless it costs something.
            known = day < self.today or self.policy.pause_percent > 0 or not self._open_pause(day)
            return Reason.PAUSED, self.policy.pause_percent if known else None
        return "", HUNDRED

    def _open_pause(self, day: dt.date) -> bool:
        return any(start <= day < end and end == dt.date.max for start, end in self.facts.paused)

    def _segment(self, day: dt.date) -> Segment:
        found = self.facts.segments[0]
        for segment in self.facts.segments:
            if segment.since <= day:
                found = segment
        return found

    def _part(self, cycle: Cycle, piece: Days, price: Decimal) -> Decimal:
        """What a piece of the cycle costs, by the rule of what made it a piece."""
        if piece == (cycle.start, cycle.end):
            return round_money(price, self.currency)
        begins = self.paying_from
        if begins and cycle.start < begins < cycle.end:
            rule = self.policy.first_period
            if rule == Proration.WHOLE:  # the whole price, shared among the days from the first one on
                first = Cycle(cycle.issue_on, cycle.pay_on, cycle.due_on, begins, cycle.end)
                return part_of(price, Proration.REAL_DAYS, first, piece, self.currency)
            return part_of(price, rule, cycle, piece, self.currency)
        return self._changed_part(cycle, piece, price)

    def _changed_part(self, cycle: Cycle, piece: Days, price: Decimal) -> Decimal:
        plain = Proration.DAYS_30 if self.policy.plan_change == Proration.DAYS_30 else Proration.REAL_DAYS
        change = next((s for s in reversed(self.facts.segments) if cycle.start < s.since < cycle.end), None)
        if change is None or change.rule not in {Proration.WHOLE, Proration.FREE}:
            return part_of(price, change.rule if change else plain, cycle, piece, self.currency)
        # A change charged whole costs the new plan for the whole cycle; a free one nothing until the next.
        after = piece[0] >= change.since
        pays = after if change.rule == Proration.WHOLE else not after
        return round_money(price, self.currency) if pays else ZERO

    def _discount(self, cycle: Cycle, piece: Days, price: Decimal) -> None:
        left = price
        for discount in self.facts.discounts:
            if not discount.start <= max(piece[0], cycle.start) < discount.end or self._used_up(discount, cycle):
                continue
            if discount.percent:
                amount = round_money(price * discount.value / HUNDRED, self.currency)
            else:
                amount = part_of(discount.value, Proration.REAL_DAYS, cycle, piece, self.currency)
            amount = min(amount, left)
            if amount > 0:
                offer = self._segment(piece[0]).offer
                self._add(Line(Kind.DISCOUNT, discount.id, piece, discount.description, -amount, offer), cycle)
                left -= amount

    def _used_up(self, discount: DiscountFacts, cycle: Cycle) -> bool:
        if discount.left is None:
            return False
        mine = {
            item.days[0]
            for item in self.found.items
            if item.kind == Kind.DISCOUNT and item.source == discount.id and item.days
            and not cycle.start <= item.days[0] < cycle.end
        }  # fmt: skip
        return len(mine) >= discount.left

    def _charge_extra(self, cycle: Cycle, extra: ExtraFacts) -> None:
        """A recurring extra follows the plan: the days it lived in the cycle that neither covers nor are off."""
        lived = overlap((cycle.start, cycle.end), (extra.start, extra.end))
        lived = overlap(lived, self._life()) if lived else None
        if not lived:
            return
        price = extra.amount * months_in(self.policy, cycle)
        offer = self._segment(lived[0]).offer
        for days in subtract(lived, extra.covered):
            for piece in split(days, self._edges()):
                label, percent = self._standing(piece)
                if percent is None:
                    continue
                part = part_of(price, Proration.REAL_DAYS, cycle, piece, self.currency) * percent / HUNDRED
                part = round_money(part, self.currency)
                text = self._text(extra.description, cycle, piece, label)
                taxes = offer if extra.taxed else UNTAXED
                self._add(Line(Kind.EXTRA, extra.id, piece, text, part, taxes), cycle)

    def _charge_once(self, cycle: Cycle) -> None:
        for extra in self.facts.extras:
            if extra.once and extra.start <= max(self.today, cycle.issue_on):
                offer = self._segment(extra.start).offer if extra.taxed else UNTAXED
                self._add(Line(Kind.ONCE, extra.id, None, extra.description, extra.amount, offer), cycle)

    def _add(self, line: Line, cycle: Cycle) -> None:
        facts = self.facts
        taxed = apply_taxes(
            line.price,
            taxes=line.offer.taxes,
            included=line.offer.included,
            currency=self.currency,
            exempt=facts.exempt,
            withholdings=facts.withholdings,
        )
        self.found.items.append(
            Item(
                facts.service_id,
                facts.customer_id,
                line.kind,
                line.source,
                line.days,
                line.text[:200],
                taxed,
                payable_by(cycle, self.today),
                billed=line.price != 0,
                pay_on=expected_by(cycle, self.today),
            )
        )

    def _text(self, name: str, cycle: Cycle, piece: Days, label: str) -> str:
        text = period_text(name, piece)
        if piece != (cycle.start, cycle.end):
            days = (piece[1] - piece[0]).days
            text += " " + ngettext("(%(days)s de %(all)s día)", "(%(days)s de %(all)s días)", cycle.days) % {
                "days": days,
                "all": cycle.days,
            }
        return f"{text}, {_('en pausa')}" if label == Reason.PAUSED else text

    @staticmethod
    def _free_text(label: str, piece: Days) -> str:
        names: dict[str, str] = {
            Reason.TRIAL: _("Prueba sin costo"),
            Reason.PAUSED: _("En pausa, sin costo"),
            Reason.SUSPENDED: _("Cortado, no se cobra"),
        }
        return period_text(names.get(label, _("Sin costo")), piece)


def period_text(name: str, days: Days) -> str:
    """How a line says what it charges: the plan and its first and last day."""
    return _("%(what)s, %(from)s al %(to)s") % {
        "what": name,
        "from": f"{days[0]:%d/%m/%Y}",
        "to": f"{days[1] - ONE_DAY:%d/%m/%Y}",
    }


def payable_by(cycle: Cycle, today: dt.date) -> dt.date:
    """When an invoice issued today is due: an invoice that is late itself leaves the customer the usual days."""
    return cycle.due_on if cycle.due_on >= today else today + (cycle.due_on - cycle.issue_on)


def expected_by(cycle: Cycle, today: dt.date) -> dt.date:
    """The pay day of an invoice issued today: as long before it is due as the cycle has it, and not before today."""
    due_on = payable_by(cycle, today)
    return max(due_on - (cycle.due_on - cycle.pay_on), min(today, due_on))


def months_in(policy: BillingPolicy, cycle: Cycle) -> Decimal:
    """How many months a cycle is; a pack of days counts thirty a month."""
    if policy.period_unit == BillingPolicy.Unit.DAYS:
        return Decimal(cycle.days) / 30
    return Decimal(policy.period_months)


def window_price(offer: Offer, policy: BillingPolicy, cycle: Cycle) -> Decimal:
    """What a whole cycle of a plan costs, before rounding."""
    return offer.price * (cycle.days if offer.daily else months_in(policy, cycle))
