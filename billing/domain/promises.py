"""Promises to pay: granted within what the policy allows, prolonged, and taken back.

A promise protects an active customer and reconnects a cut one until its hour (domain/lapses.py says what happens
then). Locks are taken as for payments: the customer first.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.lapses import lapse_promise
from billing.domain.nights import LANE
from billing.domain.policies import policy_of_customer
from billing.domain.promise_offers import MOST_DAYS, Offer, Refusal, at_hour, offer_promise
from billing.domain.promise_state import labels_of, said_of, settle, tell
from billing.domain.reasons import show_day, show_days
from billing.domain.reconnection import release
from billing.models import BillingPolicy, Promise
from customers.models import Customer
from events.domain import Actor, record
from tenants.current import tenant_today, tenant_zone
from tenants.live import publish_live
from tenants.wakes import wake

Status = Promise.Status
Until = dt.datetime | dt.date


class PromiseRefused(Exception):
    """What was asked of a promise cannot be: the message is for people, nothing was written.

    `possible_at`: the earliest moment the same would be possible (aware UTC), None when time changes nothing.
    `yields`: whether a person who sets the policy may do it all the same, with a reason.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.code, self.possible_at, self.yields = refusal.code, refusal.possible_at, refusal.yields


class PromiseKeyReused(PromiseRefused):
    """The same key came for another customer or moment: a mistake of the caller."""


def grant_promise(
    *,
    customer_id: int,
    until: Until | None,
    by: str,
    actor: Actor,
    key: str,
    now: dt.datetime,
    note: str = "",
    override: str = "",
) -> Promise:
    """Let what is due be until a moment (aware), a day (to the policy's hour) or None (as long as allowed).

    A customer who is cut comes back at once, with the reconnection fee of the policy. The same `key` again returns
    the promise it made. `override` is the reason of a person who may set the policy, and passes over the month's
    limit, the block after a broken one, the part payment and the number of days; whoever calls checks that they may.
    Raises PromiseRefused, with the earliest moment it would be possible.
    """
    if by not in BillingPolicy.Promiser.values:
        raise PromiseRefused(Refusal("by", _("Elija quién da la promesa: personal, portal o asistente.")))
    _lapse_first(customer_id, now)
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
        if customer is None:
            raise PromiseRefused(Refusal("customer", _("No se encontró al cliente.")))
        known = Promise.objects.filter(key=key).first()
        if known is not None:
            if known.customer_id != customer_id:
                raise PromiseKeyReused(Refusal("key", _("Esa clave ya se usó para otra promesa.")))
            return known
        offer = offer_promise(customer_id=customer_id, by=by, now=now)
        moment = _moment(until, offer)
        refuse(offer, moment, now=now, override=override)
        return _write(offer, moment, by=by, actor=actor, key=key, now=now, note=note, override=override)


def _write(
    offer: Offer, until: dt.datetime, *, by: str, actor: Actor, key: str, now: dt.datetime, note: str, override: str
) -> Promise:
    released = release(offer.customer_id, actor, now, charge_fee=True) if offer.cut else []
    promise = Promise.objects.create(
        customer_id=offer.customer_id,
        amount=offer.owed,
        currency=offer.currency,
        until=until,
        granted_by=by,
        reconnected=bool(released),
        note=note.strip()[:200],
        key=key,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        created_at=now,
    )
    promise.invoices.set(offer.invoices)
    record(
        "promise.granted",
        subject=promise,
        actor=actor,
        at=now,
        **said_of(promise),
        by=by,
        invoices=labels_of(offer.invoices),
        released=released,
        note=promise.note,
        override=override.strip()[:200],
    )
    if by != BillingPolicy.Promiser.BOT:  # the bot answers in the conversation it was asked in
        tell(promise, "promise_granted", now=now)
    wake(LANE, due_at=until)
    publish_live("promises", promise=promise.pk)
    return promise


def extend_promise(
    *, promise_id: int, until: Until, reason: str, actor: Actor, now: dt.datetime, override: str = ""
) -> Promise:
    """Let an open promise run longer, counted from the day it was granted. Raises PromiseRefused.

    `override` as for grant_promise: passes over the number of days.
    """
    customer_id = Promise.objects.values_list("customer_id", flat=True).get(pk=promise_id)
    _lapse_first(customer_id, now)
    with transaction.atomic():
        promise = _open_locked(promise_id, reason)
        policy = policy_of_customer(customer_id)
        moment = at_hour(until, policy) if not isinstance(until, dt.datetime) else until
        if moment <= promise.until:
            raise PromiseRefused(Refusal("shorter", _("Elija un momento después del que ya tiene.")))
        _check_span(moment, tenant_today(promise.created_at), policy, override=override)
        was, promise.until = promise.until, moment
        promise.save(update_fields=["until"])
        record(
            "promise.extended", subject=promise, actor=actor, at=now, **said_of(promise), was=was.isoformat(),
            reason=reason.strip()[:200], override=override.strip()[:200],
        )  # fmt: skip
        tell(promise, "promise_granted", now=now)
        wake(LANE, due_at=moment)
        publish_live("promises", promise=promise.pk)
    return promise


@transaction.atomic
def cancel_promise(*, promise_id: int, reason: str, actor: Actor, now: dt.datetime) -> Promise:
    """Take an open promise back. Nobody is cut now: the next night decides. Raises PromiseRefused.

    It counts neither as broken nor for the month.
    """
    promise = _open_locked(promise_id, reason)
    settle(promise, Status.CANCELLED, actor=actor, now=now, event="promise.cancelled", reason=reason.strip())
    wake(LANE)
    return promise


def _open_locked(promise_id: int, reason: str) -> Promise:
    if not reason.strip():
        raise PromiseRefused(Refusal("reason", _("Escriba por qué.")))
    customer_id = Promise.objects.values_list("customer_id", flat=True).get(pk=promise_id)
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    promise = Promise.objects.select_for_update(no_key=True).get(pk=promise_id)
    if promise.status != Status.OPEN:
        raise PromiseRefused(Refusal("settled", _("Esta promesa ya no está vigente.")))
    return promise


def _lapse_first(customer_id: int, now: dt.datetime) -> None:
    """A promise whose hour came before the clock looked at it is settled before another is asked for."""
    passed = Promise.objects.filter(customer_id=customer_id, status=Status.OPEN, until__lte=now)
    for promise_id in passed.values_list("id", flat=True):
        lapse_promise(promise_id=promise_id, now=now)


def _moment(until: Until | None, offer: Offer) -> dt.datetime:
    if until is None:
        return offer.usual_until
    return until if isinstance(until, dt.datetime) else at_hour(until, offer.policy)


def refuse(offer: Offer, until: dt.datetime, *, now: dt.datetime, override: str = "") -> None:
    """Raise PromiseRefused for the first thing that stands against a promise until that moment."""
    for refusal in offer.refusals:
        if not (refusal.yields and override.strip()):
            raise PromiseRefused(refusal)
    if until <= now:
        raise PromiseRefused(Refusal("past", _("Ese momento ya pasó. Elija uno que venga.")))
    _check_span(until, offer.today, offer.policy, override=override)


def _check_span(until: dt.datetime, since: dt.date, policy: BillingPolicy, *, override: str) -> None:
    days = MOST_DAYS if override.strip() else policy.promise_max_days
    last = since + dt.timedelta(days=days)
    # Compared as moments: the farthest ones that can be typed have no local day.
    if until >= dt.datetime.combine(last + dt.timedelta(days=1), dt.time.min, tenant_zone()):
        said = {"days": show_days(days), "day": show_day(last.isoformat())}
        sentence = _("Una promesa dura a lo más %(days)s: hasta el %(day)s.") % said
        raise PromiseRefused(Refusal("days", sentence, yields=not override.strip()))
