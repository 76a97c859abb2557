"""A day's reminders and cuts: planned where people can see them, and decided again when the hour comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.accounts import accounts_of
from billing.domain.cut_days import ONE_DAY, day_off
from billing.domain.money import ZERO
from billing.domain.night_guard import STEPS, passed_limits
from billing.domain.night_hours import first_notice_on, hours_on, moment_on
from billing.domain.policies import all_policies
from billing.domain.reasons import explain
from billing.domain.rules_book import RulesBook, decide_each, decide_everybody
from billing.domain.verdicts import Account, Action, Cancel, Cut, Remind, Spare, StopBilling
from billing.models import BillingPolicy, Decision, Night
from events.domain import Actor, record
from tenants.live import publish_live
from tenants.wakes import wake

LANE = "billing.clock"
LONGEST = dt.timedelta(days=30)
Status = Night.Status


class NightRefused(Exception):
    """What was asked of the night cannot be; the message is for people."""


def plan_night(*, day: dt.date, now: dt.datetime) -> Night:
    """Decide the day's reminders and cuts and write them down. Planning again keeps what people took out.

    Does nothing to a night that a person approved or held, that is over, or whose cuts have begun.
    """
    book = RulesBook()
    policy = book.policies.default
    with transaction.atomic():
        night, _created = Night.objects.get_or_create(day=day, defaults=_moments(policy, day, now))
        night = Night.objects.select_for_update(no_key=True).get(pk=night.pk)
        if night.status != Status.PLANNED or night.approved_at or _cuts_began(night):
            return night
        for name, moment in _moments(policy, day, now).items():
            setattr(night, name, moment)
        rows = _decide_all(night, book, now)
        _write(night, rows)
        night.remind_at = min((row.at for row in rows if row.at), default=night.remind_at)
        night.guard = passed_limits(policy, rows)
        night.needs_approval = bool(night.guard)
        night.save()
        publish_live("tonight", night=night.pk)
    return night


def preview_night(*, day: dt.date, now: dt.datetime, policy: BillingPolicy | None = None) -> list[Decision]:
    """What the policy (the provider's own, or one being tried) would decide. Writes nothing."""
    policies = all_policies()
    policies = replace(policies, default=policy) if policy else policies
    return _decide_all(Night(day=day, **_moments(policies.default, day, now)), RulesBook(policies), now)


def hold_night(*, night_id: int, actor: Actor, now: dt.datetime) -> Night:
    """Stop the night's cuts; reminders still go. Raises NightRefused when it is over."""
    with transaction.atomic():
        night = _lock(night_id)
        night.status, night.held_at, night.held_by = Status.HELD, now, actor.label
        night.save()
        record("night.held", subject=night, actor=actor, at=now, day=night.day.isoformat())
        publish_live("tonight", night=night.pk)
    return night


def release_night(*, night_id: int, actor: Actor, now: dt.datetime) -> Night:
    """Let a held night go on. Raises NightRefused when it is over."""
    with transaction.atomic():
        night = _lock(night_id)
        night.status, night.held_at, night.held_by = Status.PLANNED, None, ""
        night.save()
        record("night.released", subject=night, actor=actor, at=now, day=night.day.isoformat())
        wake(LANE)
        publish_live("tonight", night=night.pk)
    return night


def approve_night(*, night_id: int, actor: Actor, now: dt.datetime) -> Night:
    """Say yes to a night with more cuts than the policy lets pass alone. Raises NightRefused when it is over."""
    with transaction.atomic():
        night = _lock(night_id)
        night.approved_at, night.approved_by = now, actor.label
        night.save()
        cuts = night.decisions.filter(action__in=STEPS, taken_out_at=None, done_at=None).count()
        record("night.approved", subject=night, actor=actor, at=now, day=night.day.isoformat(), cuts=cuts)
        wake(LANE)
        publish_live("tonight", night=night.pk)
    return night


def take_out(*, decision_id: int, actor: Actor, now: dt.datetime) -> Decision:
    """Take one reminder or cut off the list. Raises NightRefused when it was done already."""
    with transaction.atomic():
        decision = _lock_decision(decision_id)
        decision.taken_out_at, decision.taken_out_by = now, actor.label
        decision.save()
        record(
            "decision.taken_out",
            subject=decision,
            actor=actor,
            at=now,
            action=decision.action,
            day=decision.night.day.isoformat(),
        )
        publish_live("tonight", night=decision.night_id)
    return decision


def put_back(*, decision_id: int, actor: Actor, now: dt.datetime) -> Decision:
    """Undo take_out. Raises NightRefused when the hour has passed."""
    with transaction.atomic():
        decision = _lock_decision(decision_id)
        decision.taken_out_at, decision.taken_out_by = None, ""
        decision.save()
        record(
            "decision.put_back",
            subject=decision,
            actor=actor,
            at=now,
            action=decision.action,
            day=decision.night.day.isoformat(),
        )
        publish_live("tonight", night=decision.night_id)
    return decision


FOLLOWED = ["action", "amount", "oldest_due", "reasons", "sentence", "at", "channel", "template"]


def _write(night: Night, rows: Sequence[Decision]) -> None:
    """Make the night's open decisions these. Rows keep their id, which a page may be showing."""
    known = {_about(row): row for row in night.decisions.all()}
    fresh, changed = [], []
    # A customer who owes in two currencies has two accounts: each service is decided once, and a step wins.
    once = {_about(row): row for row in sorted(rows, key=lambda row: row.action in STEPS)}
    for row in once.values():
        old = known.pop(_about(row), None)
        if old is None:
            fresh.append(row)
        elif not (old.taken_out_at or old.done_at) and any(getattr(old, f) != getattr(row, f) for f in FOLLOWED):
            row.pk = old.pk
            changed.append(row)
    gone = [row.pk for row in known.values() if not (row.taken_out_at or row.done_at)]
    night.decisions.filter(pk__in=gone).delete()
    Decision.objects.bulk_create(fresh, batch_size=1000)
    Decision.objects.bulk_update(changed, FOLLOWED, batch_size=500)


def _about(row: Decision) -> tuple[int | None, int | None, int | None]:
    return row.service_id, row.invoice_id, row.step


def _lock(night_id: int) -> Night:
    night = Night.objects.select_for_update(no_key=True).get(pk=night_id)
    if night.status == Status.DONE:
        raise NightRefused(_("Esta noche ya terminó."))
    return night


def _lock_decision(decision_id: int) -> Decision:
    decision = Decision.objects.select_for_update(of=("self",), no_key=True).select_related("night").get(pk=decision_id)
    if decision.done_at:
        raise NightRefused(_("Esto ya se hizo; no se puede cambiar."))
    return decision


def _cuts_began(night: Night) -> bool:
    # A promise that lapsed before the hour was cut by itself, and the night is still to come.
    done = night.decisions.filter(action__in=STEPS).exclude(done_at=None)
    return done.exclude(outcome_reasons__contains=[{"code": "lapsed"}]).exists()


def _moments(policy: BillingPolicy, day: dt.date, now: dt.datetime) -> dict[str, dt.datetime]:
    hours = hours_on(policy, day)
    return {
        "planned_at": now,
        "remind_at": first_notice_on(policy, day),
        "cut_at": hours.cut_at,
        "cut_not_after": hours.cut_not_after,
    }


def _decide_all(night: Night, book: RulesBook, now: dt.datetime) -> list[Decision]:
    """Each account by the rules in force for its customer."""
    found = decide_everybody(book, night.day, now)
    return [_row(night, account, action) for account, actions in found for action in actions]


_NAMES = {
    Cut: Decision.Action.CUT,
    Spare: Decision.Action.SPARE,
    StopBilling: Decision.Action.STOP,
    Cancel: Decision.Action.CANCEL,
}


def _row(night: Night, account: Account, action: Action) -> Decision:
    reasons = [reason.as_data() for reason in action.reasons]
    row = Decision(
        night=night,
        customer_id=account.customer_id,
        amount=action.amount,
        currency=account.currency,
        reasons=reasons,
        sentence=explain(reasons),
    )
    if isinstance(action, Remind):
        row.action, row.oldest_due = Decision.Action.REMIND, action.due_on
        row.invoice_id, row.step = action.invoice_id, action.step
        row.at, row.channel, row.template = moment_on(night.day, action.hour), action.channel, action.template
    else:
        row.action, row.oldest_due, row.service_id = _NAMES[type(action)], action.oldest_due, action.service_id
    return row


def still_due(decisions: Sequence[Decision], *, day: dt.date, now: dt.datetime) -> set[int]:
    """Of the services to be cut or stepped on, those that would be if the hour were now: who has paid is not."""
    customers = {decision.customer_id for decision in decisions}
    return {pk for pk, action in decide_services(RulesBook(), customers, day, now).items() if type(action) is not Spare}


def decide_services(
    book: RulesBook, customers: Collection[int], day: dt.date, now: dt.datetime
) -> dict[int, Cut | Spare | StopBilling | Cancel]:
    """What would be decided now about each service of these customers."""
    accounts = accounts_of(customers, now, restarts=book.restarts)
    return {
        action.service_id: action
        for _account, actions in decide_each(accounts, book.by_customer(customers), day)
        for action in actions
        if not isinstance(action, Remind)
    }


def settle(decision: Decision, outcome: str, now: dt.datetime, *reasons: dict[str, Any]) -> None:
    """Write down what became of a decision, and why when it did not come to pass."""
    decision.done_at, decision.outcome = now, outcome
    decision.outcome_reasons, decision.outcome_sentence = list(reasons), explain(reasons)
    decision.save()


@dataclass(frozen=True, slots=True)
class Rest:
    """Why nobody is cut on a day by the provider's own policy, and on which day cuts go on."""

    reasons: list[dict[str, Any]]
    until: dt.date


def rest_of(day: dt.date) -> Rest | None:
    """Whether the day is one without cuts; None when it is not. Zones and customers may have other days."""
    rules = RulesBook().default
    found = day_off(rules, day)
    if found is None:
        return None
    following = day
    while following - day < LONGEST and day_off(rules, following):
        following += ONE_DAY
    return Rest([found.as_data()], following)


def sums(decisions: Sequence[Decision]) -> dict[str, object]:
    """Count and amount of a list; a customer with two services owes once."""
    owed = {(d.customer_id, d.currency): d.amount for d in decisions}
    return {"count": len(decisions), "amount": sum(owed.values(), ZERO)}
