"""Why a service is as it is: what led to its last cut, in order, and what comes next if nobody pays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Min, Q

from billing.domain.accounts import accounts_of
from billing.domain.cut_days import ONE_DAY
from billing.domain.dunning import DayOf
from billing.domain.ladder import rules_of
from billing.domain.night_hours import hours_on, moment_on
from billing.domain.policies import policy_of_customer
from billing.domain.queries import last_cut
from billing.domain.verdicts import Account, Action, Cancel, Cut, Remind, Spare, StopBilling
from billing.models import Decision, Invoice
from customers.models import Hold, Service
from events.models import Event
from network.models import Access
from tenants.current import current_tenant, tenant_today

AHEAD = 100
MOST_EVENTS = 100
STORY = (
    "invoice.issued", "invoice.imported", "invoice.voided", "credit_note.issued", "fee.added", "reminder.sent",
    "notice.not_sent", "decision.taken_out", "decision.put_back", "cut.decided", "cut.spared", "service.held",
    "access.cut", "receipt.filed", "receipt.accepted", "receipt.rejected", "promise.granted", "promise.extended",
    "promise.cancelled", "promise.kept", "promise.broken", "promise.not_cut", "promise.reopened", "promise.undone",
    "dunning.unbilled", "dunning.billed_again", "payment.recorded", "payment.voided", "payment.refunded",
    "service.released", "service.cancelled", "service.reopened", "access.restored",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coming:
    """What the policy does next while nobody pays: "remind", "cut", "stop" or "cancel", at a moment."""

    kind: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Outlook:
    """Why today spares the service, as reasons, and the next steps, one of each kind."""

    spared: list[dict[str, Any]]
    coming: tuple[Coming, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """All that a page needs to answer."""

    decision: Decision | None
    holds: Sequence[Hold]
    events: Sequence[Event]
    outlook: Outlook


def story_of(service: Service, *, now: dt.datetime) -> Story:
    """What happened to a service from the oldest invoice of its last cut on, and what comes next. Writes nothing."""
    decision = last_cut(service.pk)
    holds = list(Hold.objects.open(now).filter(service=service).order_by("since"))
    return Story(decision, holds, _events(service, decision), outlook_of(service, now=now))


def _events(service: Service, decision: Decision | None) -> list[Event]:
    """Of the customer's events those about money, and about this service and no other of theirs."""
    accesses = Access.objects.filter(service=service).values("id")
    elsewhere = Q(subject_kind="customers.service") & ~Q(subject_id=service.pk)
    elsewhere |= Q(subject_kind="network.access") & ~Q(subject_id__in=accesses)
    events = Event.objects.filter(customer_id=service.customer_id, type__in=STORY).exclude(elsewhere)
    if decision and (since := _begins(decision)):
        events = events.filter(at__date__gte=since)
    return list(events.order_by("at", "id")[:MOST_EVENTS])


def _begins(decision: Decision) -> dt.date | None:
    """The day the oldest invoice that was cut for was issued."""
    labels = [label for reason in decision.reasons for label in reason.get("invoices", [])]
    invoices = Invoice.objects.filter(customer_id=decision.customer_id, label__in=labels)
    issued: dt.date | None = invoices.aggregate(first=Min("issued_on"))["first"]
    return min(filter(None, (issued, decision.oldest_due)), default=None)


_KINDS: dict[type[Action], str] = {Remind: "remind", Cut: "cut", StopBilling: "stop", Cancel: "cancel"}


def outlook_of(service: Service, *, now: dt.datetime) -> Outlook:
    """Decide the coming days as if nobody paid: the first step of each kind that is still to come."""
    policy, today = policy_of_customer(service.customer_id), tenant_today(now)
    rules = rules_of(policy, country=current_tenant().country)
    accounts = accounts_of([service.customer_id], now, restarts=rules.partial_restarts)
    found: dict[str, Coming] = {}
    spared: list[dict[str, Any]] = []
    for ahead in range(AHEAD):
        day = today + ahead * ONE_DAY
        deciding, hours = DayOf(rules, day), hours_on(policy, day)
        for account in accounts:
            for action in deciding.actions(_on(account, day)):
                if not isinstance(action, Remind) and action.service_id != service.pk:
                    continue
                if isinstance(action, Spare):
                    spared += [reason.as_data() for reason in action.reasons[1:]] if not ahead else []
                    continue
                kind = _KINDS[type(action)]
                at = moment_on(day, action.hour) if isinstance(action, Remind) else hours.cut_at
                # Today's cut may still come while its window is open.
                over = at if isinstance(action, Remind) else hours.cut_not_after
                if kind not in found and over > now:
                    found[kind] = Coming(kind, at)
        if {"cut", "stop", "cancel"} & found.keys():
            break
    return Outlook(spared, tuple(sorted(found.values(), key=lambda coming: coming.at)))


def _on(account: Account, day: dt.date) -> Account:
    """The account as it is known to be that day: a promise that lapsed before protects no more."""
    until = account.promised_until
    return account._replace(promised_until=None) if until and until.date() < day else account
