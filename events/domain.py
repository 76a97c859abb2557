"""Record facts, one or many, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.utils import timezone

from events.models import Event

INSERT_SELECTED = """
INSERT INTO events_event (at, type, subject_kind, subject_id, customer_id, actor_kind, actor_id, actor_label, facts)
"""


@dataclass(frozen=True)
class Actor:
    """Who did it, as they were then."""

    kind: str  # user, customer, system, bot, api
    id: int | None
    label: str

    @classmethod
    def system(cls, label: str) -> Actor:
        """Return a part of the product acting on its own, such as «Cobranza»."""
        return cls("system", None, label)

    @classmethod
    def of_user(cls, user: Any) -> Actor:
        """Return the snapshot of a signed-in person or an API key (anything with pk and a name)."""
        return cls(getattr(user, "actor_kind", "user"), user.pk, str(user.name))

    @classmethod
    def of_customer(cls, customer: Any) -> Actor:
        """Return the snapshot of a customer."""
        return cls("customer", customer.pk, str(customer.name))

    @classmethod
    def bot(cls) -> Actor:
        """Return the chatbot."""
        return cls("bot", None, "Asistente")


@dataclass(frozen=True)
class Fact:
    """One event to be: what `record_many` takes. `subject` is a saved instance or a (kind, id) pair."""

    type: str
    subject: models.Model | tuple[str, int]
    actor: Actor
    customer_id: int | None = None
    at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def record(
    type: str,  # noqa: A002 -- the field's own name
    *,
    subject: models.Model | tuple[str, int],
    actor: Actor,
    at: datetime | None = None,
    customer_id: int | None = None,
    **facts: Any,
) -> Event:
    """Record one fact. `customer_id` is read from the subject when it has one; facts must fit JSON."""
    row = _row(Fact(type, subject, actor, customer_id, at, facts), timezone.now())
    row.save(force_insert=True)
    return row


def record_many(facts: Iterable[Fact]) -> list[Event]:
    """Record many facts with one INSERT per thousand."""
    now = timezone.now()
    return Event.objects.bulk_create([_row(fact, now) for fact in facts], batch_size=1000)


def record_selected(select: str, params: dict[str, Any]) -> int:
    """Record a fact for each row that `select` gives, without the rows coming here. Returns how many.

    Its columns: at, type, subject_kind, subject_id, customer_id, actor_kind, actor_id, actor_label, facts.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{INSERT_SELECTED} {select}", params)
        return cursor.rowcount


def _row(fact: Fact, now: datetime) -> Event:
    if isinstance(fact.subject, tuple):
        kind, subject_id = fact.subject
        customer_id = fact.customer_id
    else:
        kind, subject_id = fact.subject._meta.label_lower, fact.subject.pk  # noqa: SLF001 -- documented API
        customer_id = fact.customer_id or getattr(fact.subject, "customer_id", None)
        if customer_id is None and kind == "customers.customer":
            customer_id = subject_id
    return Event(
        at=fact.at or now,
        type=fact.type,
        subject_kind=kind,
        subject_id=subject_id,
        customer_id=customer_id,
        actor_kind=fact.actor.kind,
        actor_id=fact.actor.id,
        actor_label=fact.actor.label,
        facts=fact.facts,
    )
