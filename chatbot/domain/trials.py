"""A free trial: the customer, their service and its account on a router, made as the staff makes them, for some days.

It ends by itself: what keeps it off from that day on is written with it, and the network follows.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from django.db import transaction

from chatbot import abilities
from chatbot.domain.situations import Situation
from chatbot.models import Bot
from customers.domain.holds import open_hold
from customers.domain.people import create_customer
from customers.domain.services import add_service
from customers.models import Contact, Hold, Plan, Service, Zone
from events.domain import Actor, record
from inbox.addresses import phone_variants
from inbox.domain.linking import link_conversation
from inbox.domain.tickets import NewTicket, open_ticket
from inbox.models import Priority, Ticket
from network.domain.accesses import add_access
from network.models import Access, Router
from tenants.current import tenant_today, tenant_zone

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another
LENGTH = 10
SOURCE = "trial"
SUBJECT = "Prueba gratis: contratar o retirar"  # the staff's


@dataclass(frozen=True)
class Applicant:
    """Who wants the service. `place` is an address in words, or {"latitude", "longitude", "address"}."""

    name: str
    phone: str
    place: Any
    zone: Zone | None
    plan: Plan | None


@dataclass(frozen=True)
class Trial:
    """What was made, and until which day it is on."""

    service: Service
    kind: str
    username: str
    password: str
    until: dt.date


def is_made(bot: Bot) -> bool:
    """Say whether this bot makes a trial's account itself: on a MikroTik in use. Else a person does."""
    router = bot.trial_router
    return router is not None and router.kind == Router.Kind.MIKROTIK and router.is_enabled


def may_try(s: Situation, applicant: Applicant) -> bool:
    """Say whether this bot offers this applicant a trial: one a phone, in a zone of ours."""
    if not s.bot.trial_days:
        return False
    if s.customer is not None or applicant.plan is None or applicant.zone is None or not applicant.phone:
        return False
    return not Contact.objects.filter(value__in=phone_variants(applicant.phone)).exists()


@transaction.atomic
def give_trial(s: Situation, applicant: Applicant, *, details: str) -> Trial:
    """Make the customer, the service and the account, and leave the rest to the staff as a ticket that falls due.

    Raises ValueError for a bot without a router to try on.
    """
    actor, now, router = Actor.bot(), s.now, s.bot.trial_router
    if router is None:
        raise ValueError("no router to try on")
    customer = create_customer(fields=_fields(applicant), phones=[applicant.phone], actor=actor, now=now)
    wanted = {"plan": applicant.plan, "zone": applicant.zone, "status": Service.Status.FREE}
    service = add_service(customer_id=customer.pk, fields={**wanted, "address": customer.address}, actor=actor, now=now)
    last = tenant_today(now) + dt.timedelta(days=s.bot.trial_days)
    ends = dt.datetime.combine(last, dt.time(23, 59), tzinfo=tenant_zone())
    open_hold(service_id=service.pk, reason=Hold.Reason.STAFF, source=SOURCE, actor=actor, now=now, since=ends)
    username = _free_name(service.code.lower(), router)
    password = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    add_access(
        service=service,
        router=router,
        username=username,
        password=password,
        kind=s.bot.trial_kind,
        options={"provisions": True, "manages_speed": True},
        actor=actor,
        now=now,
    )
    conversation = link_conversation(conversation_id=s.conversation.pk, customer=customer, actor=actor, now=now)
    record("service.trial_given", subject=service, actor=actor, at=now, service=service.code, until=last.isoformat())
    if abilities.TICKETS not in s.bot.tools_off:
        new = NewTicket(
            subject=SUBJECT,
            source="bot",
            details=details,
            category=Ticket.Category.INSTALLATION,
            priority=Priority.HIGH,
            customer=customer,
            service=service,
            conversation=conversation,
            due_at=ends,
            key=f"turn:{s.turn_id}",
            tell=False,
        )
        open_ticket(new, actor=actor, now=now)
    return Trial(service, s.bot.trial_kind, username, password, last)


def _free_name(name: str, router: Router) -> str:
    """Return a user name that nobody has on a router: an account that is there already is somebody's."""
    taken = set(Access.objects.filter(router=router, username__startswith=name).values_list("username", flat=True))
    others = (f"{name}-{number}" for number in count(2))
    return next(one for one in chain([name], others) if one not in taken)


def _fields(applicant: Applicant) -> dict[str, Any]:
    fields: dict[str, Any] = {"name": applicant.name, "zone": applicant.zone}
    if isinstance(applicant.place, dict):
        return fields | {
            "address": str(applicant.place.get("address") or "")[:255],
            "latitude": round(float(applicant.place["latitude"]), 6),
            "longitude": round(float(applicant.place["longitude"]), 6),
        }
    return fields | {"address": str(applicant.place)[:255]}
