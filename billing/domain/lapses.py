"""A promise's hour has come: it was kept, or it is broken and the service is cut again.

The cut comes at that very hour, as the customer was told, as a debt hold whose window is the policy's. What decides
is the night's own `decide`, with the facts of now, so that whoever may not be cut is not. It is left to the next
night when the hour lies in the policy's quiet hours, when its window passed before anybody looked (a worker was
dead), when a person held tonight, or when it would be one cut more than may happen without a person's word.

Locks: the night, its decisions, the customer, the promise. A night's work takes decisions without waiting for them.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction

from billing.domain.accounts import accounts_of
from billing.domain.dunning import decide, overdue
from billing.domain.ladder import is_quiet, rules_of
from billing.domain.night_guard import passed_limits
from billing.domain.nights import plan_night
from billing.domain.policies import current_policy, policy_of_customer
from billing.domain.promise_state import ACTOR, is_fulfilled, left_of, settle, tell
from billing.domain.reasons import explain
from billing.domain.verdicts import Cut, Reason, Spare
from billing.models import BillingPolicy, Decision, Night, Promise
from customers.domain.holds import open_hold
from customers.models import Customer
from events.domain import record
from network.domain.desire import refresh_desired
from tenants.current import current_tenant, tenant_today, tenant_zone
from tenants.live import publish_live

logger = logging.getLogger(__name__)
AGAIN = dt.timedelta(minutes=5)
Status, Action = Promise.Status, Decision.Action


def lapse_promises(*, now: dt.datetime) -> dt.datetime | None:
    """Settle every promise whose hour has come; return when the next one's comes, None when none is open."""
    failed: list[int] = []
    open_ones = Promise.objects.filter(status=Status.OPEN).order_by("until", "id")
    while True:
        promise = open_ones.filter(until__lte=now).exclude(pk__in=failed).first()
        if promise is None:
            break
        try:
            lapse_promise(promise_id=promise.pk, now=now)
        except Exception:  # whatever it is, it is this customer's: the others' hours have come too
            logger.exception("promise %s could not be settled", promise.pk)
            failed.append(promise.pk)
    following = open_ones.exclude(pk__in=failed).values_list("until", flat=True).first()
    return min(filter(None, (following, now + AGAIN if failed else None)), default=None)


def lapse_promise(*, promise_id: int, now: dt.datetime) -> Promise:
    """Settle one promise whose hour has come, and cut again when it was broken: one transaction, exactly once."""
    customer_id = Promise.objects.values_list("customer_id", flat=True).get(pk=promise_id)
    night_id = plan_night(day=tenant_today(now), now=now).pk
    with transaction.atomic():
        night = Night.objects.select_for_update(no_key=True).get(pk=night_id)
        rows = night.decisions.select_for_update(of=("self",), no_key=True).filter(customer_id=customer_id)
        known = {row.service_id: row for row in rows.exclude(service=None).order_by("id")}
        Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
        promise = Promise.objects.select_for_update(of=("self",), no_key=True).get(pk=promise_id)
        if promise.status != Status.OPEN or promise.until > now:
            return promise
        policy = policy_of_customer(customer_id)
        if is_fulfilled(promise, policy):
            settle(promise, Status.KEPT, actor=ACTOR, now=now, event="promise.kept")
            return promise
        left = left_of(promise)
        settle(promise, Status.BROKEN, actor=ACTOR, now=now, event="promise.broken", left=str(left))
        _cut_again(promise, policy, night, known, now)
        if not is_quiet(policy, _hour(now)):
            tell(promise, "promise_broken", now=now)
    return promise


def _cut_again(
    promise: Promise, policy: BillingPolicy, night: Night, known: dict[int | None, Decision], now: dt.datetime
) -> None:
    wanted = [action for action in _decided(promise, policy, now) if _may(known.get(action.service_id))]
    cuts = [action for action in wanted if isinstance(action, Cut)]
    waits = _left_to_the_night(promise, policy, night, cuts, now)
    if cuts and waits is None:
        for cut in cuts:
            _cut(promise, cut, night, known.get(cut.service_id), now)
        refresh_desired(
            service_ids=[cut.service_id for cut in cuts],
            now=now,
            actor=ACTOR,
            cut_not_after=_window_end(promise, policy),
            approved=night.approved_at is not None,
        )
        publish_live("tonight", night=night.pk)
        return
    reasons = [waits] if cuts and waits else _why_spared(wanted)
    if reasons:
        said = [reason.as_data() for reason in reasons]
        record("promise.not_cut", subject=promise, actor=ACTOR, at=now, reasons=said)


def _window_end(promise: Promise, policy: BillingPolicy) -> dt.datetime:
    """The moment after which the cut of a lapse is not done any more, in the router neither."""
    return promise.until + dt.timedelta(hours=policy.cut_window_hours)


def _why_spared(actions: list[Cut | Spare]) -> list[Reason]:
    found: list[Reason] = []
    for action in actions:
        found += [reason for reason in action.reasons[1:] if isinstance(action, Spare) and reason not in found]
    return found


def _decided(promise: Promise, policy: BillingPolicy, now: dt.datetime) -> list[Cut | Spare]:
    """What today's facts say about the customer's services: what falls due today counts from the cut hour on."""
    today, local = tenant_today(now), now.astimezone(tenant_zone())
    day = today if local.time() >= policy.cut_hour else today - dt.timedelta(days=1)
    rules = rules_of(policy, country=current_tenant().country)
    found: list[Cut | Spare] = []
    for account in accounts_of([promise.customer_id], now, restarts=rules.partial_restarts):
        late = {owed.invoice_id for owed in overdue(rules, account.invoices, day)}
        facts = account._replace(invoices=tuple(i for i in account.invoices if i.invoice_id in late))
        found += [action for action in decide(rules, facts, today).actions if isinstance(action, Cut | Spare)]
    return found


def _hour(moment: dt.datetime) -> dt.time:
    return moment.astimezone(tenant_zone()).time()


def _may(row: Decision | None) -> bool:
    """A person who took the service out of tonight's list meant the whole night."""
    return row is None or row.taken_out_at is None


def _left_to_the_night(
    promise: Promise, policy: BillingPolicy, night: Night, cuts: list[Cut], now: dt.datetime
) -> Reason | None:
    until = _window_end(promise, policy)
    if now >= until:
        return Reason("lapse_late", {"until": until.astimezone(tenant_zone()).isoformat()})
    if is_quiet(policy, _hour(promise.until)):
        return Reason("lapse_quiet", {"from": f"{policy.quiet_from:%H:%M}", "until": f"{policy.quiet_until:%H:%M}"})
    if night.status == Night.Status.HELD:
        return Reason("lapse_held", {"who": night.held_by})
    services = {cut.service_id for cut in cuts}
    others = night.decisions.filter(action=Action.CUT, taken_out_at=None).exclude(service__in=services)
    tonight = [*others, *(Decision(action=Action.CUT, customer_id=promise.customer_id) for _cut in cuts)]
    if night.approved_at is None and passed_limits(current_policy(), tonight):
        return Reason("lapse_limit")
    return None


def _cut(promise: Promise, cut: Cut, night: Night, row: Decision | None, now: dt.datetime) -> None:
    """One service off, in the night's list too, where it says that a promise lapsed."""
    lapsed = Reason("lapsed", {"until": promise.until.astimezone(tenant_zone()).isoformat()})
    reasons = [reason.as_data() for reason in (*cut.reasons, lapsed)]
    row = row or Decision(night=night, customer_id=promise.customer_id, service_id=cut.service_id)
    row.action, row.amount, row.currency, row.oldest_due = Action.CUT, cut.amount, promise.currency, cut.oldest_due
    row.reasons, row.sentence = reasons, explain(reasons)
    row.done_at, row.outcome = now, Decision.Outcome.DONE
    row.outcome_reasons, row.outcome_sentence = [lapsed.as_data()], explain([lapsed.as_data()])
    row.save()
    record(
        "cut.decided",
        subject=("customers.service", cut.service_id),
        customer_id=promise.customer_id,
        actor=ACTOR,
        at=now,
        decision=row.pk,
        promise=promise.pk,
        reasons=reasons,
    )
    detail = {
        "amount": str(cut.amount),
        "currency": promise.currency,
        "invoices": cut.invoices,
        "oldest_due": cut.oldest_due.isoformat(),
        "decision": row.pk,
        "promise": promise.pk,
    }
    open_hold(service_id=cut.service_id, reason="debt", source="dunning", actor=ACTOR, now=now, detail=detail)
