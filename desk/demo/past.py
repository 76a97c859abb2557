"""The months before the present one: somebody joins, changes or leaves; who pays late is cut and comes back.

The routers are not there in the past: what they would have told is written down as they tell it.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable
from decimal import Decimal

from billing.domain.cycle import day_in
from billing.domain.night_work import execute_night
from billing.domain.nights import approve_night, plan_night
from billing.domain.payments import record_payment
from billing.domain.plan_changes import change_plan
from billing.models import BillingPolicy, Decision, Night, Payment
from customers.domain.people import create_customer
from customers.domain.services import add_service
from customers.models import Customer, Plan, Service, Zone
from desk.demo.calendar import Calendar
from desk.demo.providers import ACTOR
from desk.domain.services import end_service
from events.domain import Actor, Fact, record_many
from network.models import Access

NETWORK = Actor.system("Red")
NEW_NAMES = (
    "Ximena Ordóñez Báez", "Ramiro Núñez Quiñones", "Ángela Ibarra Peña", "Tomás Güémez León", "Noé Zúñiga Ávila",
    "Íngrid Muñoz Cárdenas", "Óscar Yáñez Pérez", "Belén Zárate Ñique", "Aarón Llanos Mejía",
)  # fmt: skip
JOINING, LEAVING, CHANGING = 3, 2, 3


def come_and_go(calendar: Calendar, month: dt.date, *, draw: random.Random) -> None:
    """Some customers join in the middle of a month, some go to a greater plan, and few leave."""
    today = calendar.at(day_in(month, 12), 11)
    plans = list(Plan.objects.filter(is_active=True, price__gt=0).order_by("price"))
    zones = list(Zone.objects.all())
    taken = set(Customer.objects.filter(name__in=NEW_NAMES).values_list("name", flat=True))
    for name in [name for name in NEW_NAMES if name not in taken][:JOINING]:
        fields = {"name": name, "zone": draw.choice(zones)}
        customer = create_customer(fields=fields, phones=[], actor=ACTOR, now=today)
        service = {"plan": draw.choice(plans), "installed_on": today.date()}
        add_service(customer_id=customer.pk, fields=service, actor=ACTOR, now=today)
    single = Service.objects.filter(status=Service.Status.ACTIVE, price=None, holds=None, plan__in=plans[:-1])
    few = draw.sample(list(single.order_by("id")), LEAVING + CHANGING)
    for service in few[:CHANGING]:
        greater = plans[plans.index(service.plan) + 1]
        change_plan(service_id=service.pk, new_plan=greater, actor=ACTOR, now=today)
    for service in few[CHANGING:]:
        end_service(service_id=service.pk, why="Se mudó", actor=ACTOR, now=today)


def cut_and_bring_back(calendar: Calendar, month: dt.date, *, draw: random.Random, cashiers: Iterable[Actor]) -> int:
    """Cut who has not paid on the due day, by the policy, and let them pay in the days after. Returns how many."""
    day = day_in(month, calendar.today.day)
    night = _cut(calendar, day)
    services = list(night.decisions.filter(outcome=Decision.Outcome.DONE).values_list("service_id", "customer_id"))
    accesses = {access.service_id: access for access in Access.objects.filter(service__in=[s for s, _c in services])}
    facts, people, paid = [], list(cashiers), dict[int, dt.datetime]()
    for number, (service_id, customer_id) in enumerate(services):
        cut_at = calendar.at(day, 22, 5) + dt.timedelta(seconds=number * 2)
        if customer_id not in paid:
            later = day + dt.timedelta(days=draw.randrange(1, 6))
            paid[customer_id] = calendar.at(later, draw.randrange(9, 19), draw.randrange(60))
            key = f"counter:demo:late:{month:%Y-%m}:{customer_id}"
            _pay_all(customer_id, paid[customer_id], draw.choice(people), key=key)
        paid_at = paid[customer_id]
        if access := accesses.get(service_id):
            seconds = draw.uniform(0.3, 2.5) if draw.random() < 0.95 else draw.uniform(20, 90)
            facts += [
                Fact("access.cut", access, NETWORK, customer_id, cut_at, {"username": access.username}),
                Fact(
                    "access.restored", access, NETWORK, customer_id, paid_at + dt.timedelta(seconds=seconds),
                    {"username": access.username, "took_ms": round(seconds * 1000)},
                ),
            ]  # fmt: skip
    record_many(sorted(facts, key=lambda fact: str(fact.at)))
    return len(services)


def _cut(calendar: Calendar, day: dt.date) -> Night:
    """Do a past night without its reminders: nobody is written to today about a day long gone."""
    policy = BillingPolicy.objects.get()
    notices, policy.notices = policy.notices, []
    policy.save(update_fields=["notices"])
    at = calendar.at(day, 22, 4)
    night = plan_night(day=day, now=at)
    approve_night(night_id=night.pk, actor=ACTOR, now=at)
    night = execute_night(night_id=night.pk, now=at)
    policy.notices = notices
    policy.save(update_fields=["notices"])
    return night


def _pay_all(customer_id: int, moment: dt.datetime, cashier: Actor, *, key: str) -> None:
    owed = Customer.objects.get(pk=customer_id).invoices.filter(status="open", due_on__lte=moment.date())
    amount = sum((invoice.total - invoice.paid for invoice in owed), Decimal(0))
    if amount:
        record_payment(
            customer_id=customer_id, amount=amount, method=Payment.Method.CASH, received_at=moment, actor=cashier,
            key=key, now=moment,
        )  # fmt: skip
