"""Who is told, who is cut and what comes after, and why: a pure function of the policy, the account and the day.

`decide` reads nothing and writes nothing. Its reasons are data; domain/reasons.py makes sentences of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

from billing.domain.cut_days import ONE_DAY, day_off
from billing.domain.ladder import Notice, Rules, when_sent
from billing.domain.money import ZERO
from billing.domain.verdicts import (
    Account,
    Action,
    Cancel,
    Cut,
    Line,
    Owed,
    Reason,
    Remind,
    ServiceAction,
    Spare,
    StopBilling,
    Verdict,
)

LONGEST_REST = 30  # no holidays last longer


def decide(policy: Rules, account: Account, today: dt.date) -> Verdict:
    """What to do about one account on `today`, a date in the provider's zone."""
    return Verdict(tuple(DayOf(policy, today).actions(account)))


def overdue(policy: Rules, invoices: Iterable[Owed], today: dt.date) -> list[Owed]:
    """The invoices for which the policy would cut on `today`, oldest first."""
    return DayOf(policy, today).late(invoices)


def last_cut_day(policy: Rules, day: dt.date) -> dt.date:
    """The last day up to `day` on which the policy cuts at all."""
    for _step in range(LONGEST_REST):
        if day_off(policy, day) is None:
            return day
        day -= ONE_DAY
    return day


class DayOf:
    """A policy on one day, with all worked out that is the same for every account."""

    __slots__ = ("day_off", "limit", "policy", "second", "today", "told", "told_by_pay")

    def __init__(self, policy: Rules, today: dt.date) -> None:
        self.policy, self.today = policy, today
        self.limit = today - dt.timedelta(days=policy.cut_after_days)
        self.second = today - dt.timedelta(days=policy.second_step_after_days)
        self.day_off = day_off(policy, today)
        # Which notice is told today to whom it counts from which day; of two the one that goes first.
        self.told: dict[dt.date, tuple[dt.time, Notice]] = {}
        self.told_by_pay: dict[dt.date, tuple[dt.time, Notice]] = {}
        for notice in policy.notices:
            later, hour = when_sent(policy, notice.hour)
            base = today - dt.timedelta(days=notice.days + later)
            told = self.told_by_pay if notice.since == "pay" else self.told
            if base not in told or hour < told[base][0]:
                told[base] = (hour, notice)

    def actions(self, account: Account) -> list[Action]:
        """What to do about one account."""
        found: list[Action] = []
        if self.told or self.told_by_pay:
            told = ((invoice, self._told(invoice)) for invoice in account.invoices if invoice.owed > 0)
            found += [self._remind(invoice, *how) for invoice, how in told if how]
        late = self.late(account.invoices)
        if late:
            found += self._services(account, late)
        return found

    def late(self, invoices: Iterable[Owed]) -> list[Owed]:
        """The invoices whose cut day has come, oldest first."""
        limit = self.limit
        plain = self.policy.cut_from == "due" and not self.policy.partial_restarts
        if plain:
            found = [i for i in invoices if i.owed > 0 and i.due_on <= limit]
        else:
            found = [i for i in invoices if i.owed > 0 and self._since(i, self.policy.cut_from) <= limit]
        if len(found) > 1:
            found.sort(key=lambda i: (i.due_on, i.invoice_id))
        return found

    def _since(self, invoice: Owed, since: str) -> dt.date:
        """The day an invoice's steps count from: due or pay day, or a part payment's when that starts them anew."""
        day = (invoice.pay_on or invoice.due_on) if since == "pay" else invoice.due_on
        if self.policy.partial_restarts and invoice.paid_on and invoice.paid_on > day:
            return invoice.paid_on
        return day

    def _told(self, invoice: Owed) -> tuple[dt.time, Notice] | None:
        due = self.told.get(self._since(invoice, "due"))
        pay = self.told_by_pay.get(self._since(invoice, "pay")) if self.told_by_pay else None
        if due and pay:
            return min(due, pay, key=lambda told: told[0])
        return due or pay

    def _remind(self, invoice: Owed, hour: dt.time, notice: Notice) -> Remind:
        step = (self.today - invoice.due_on).days
        why = Reason("due", {"label": invoice.label, "days": step, "due_on": invoice.due_on.isoformat()})
        return Remind(
            invoice.invoice_id, step, invoice.owed, invoice.due_on, hour, notice.channel, notice.template, (why,)
        )

    def _services(self, account: Account, late: Sequence[Owed]) -> list[ServiceAction]:
        debt = late[0].owed if len(late) == 1 else sum((i.owed for i in late), ZERO)
        oldest = late[0].due_on
        why = Reason(
            "overdue",
            {
                "invoices": [i.label for i in late],
                "amount": str(debt),
                "currency": account.currency,
                "oldest_due": oldest.isoformat(),
                "days": (self.today - oldest).days,
            },
        )
        shared = self._spared_account(account, debt, len(late))
        found: list[ServiceAction] = []
        for line in account.services:
            kind = self._step_of(line, late)
            if kind is None:
                continue
            spared = (*self._spared_line(line), *shared)
            if spared:
                found.append(Spare(line.service_id, debt, len(late), oldest, (why, *spared)))
            elif kind is Cut:
                found.append(Cut(line.service_id, debt, len(late), oldest, (why,)))
            else:
                found.append(kind(line.service_id, debt, len(late), oldest, (why, self._second_reason(late))))
        return found

    def _step_of(self, line: Line, late: Sequence[Owed]) -> type[Cut | StopBilling | Cancel] | None:
        """The next step for a service: the cut first, and only who is cut gets to the second."""
        if line.status == "cancelled":
            return None
        if not line.held:
            return Cut
        step = self.policy.second_step
        if step == "none" or min(self._since(i, self.policy.cut_from) for i in late) > self.second:
            return None
        if step == "cancel":
            return Cancel
        return None if line.stopped else StopBilling

    def _second_reason(self, late: Sequence[Owed]) -> Reason:
        first = min(self._since(i, self.policy.cut_from) for i in late)
        facts = {"days": (self.today - first).days, "after": self.policy.second_step_after_days}
        return Reason(f"second_{self.policy.second_step}", facts)

    def _spared_line(self, line: Line) -> list[Reason]:
        reasons = []
        if line.status == "free":
            reasons.append(Reason("free"))
        if line.never_cut_until and line.never_cut_until >= self.today:
            reasons.append(Reason("never_cut", {"until": line.never_cut_until.isoformat()}))
        return reasons

    def _spared_account(self, account: Account, debt: Decimal, invoices: int) -> list[Reason]:
        policy, reasons = self.policy, []
        if policy.never_cut:
            reasons.append(Reason("never"))
        if account.promised_until:
            reasons.append(Reason("promised", {"until": account.promised_until.isoformat()}))
        if debt - account.credit < policy.min_debt or debt <= account.credit:
            code = "covered" if debt <= account.credit else "small"
            reasons.append(
                Reason(
                    code,
                    {
                        "amount": str(debt),
                        "credit": str(account.credit),
                        "minimum": str(policy.min_debt),
                        "currency": account.currency,
                    },
                )
            )
        if invoices < policy.min_unpaid_invoices:
            reasons.append(Reason("few", {"invoices": invoices, "minimum": policy.min_unpaid_invoices}))
        if self.day_off:
            reasons.append(self.day_off)
        return reasons
