"""Cuts and reconnections, written down by hand: what the night ordered, what the router was seen doing, and when."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from billing.domain.figures.cuts import (
    Cuts,
    Decided,
    cuts,
    cuts_by,
    decided,
    list_cuts,
    reconnections,
    reconnections_by,
)
from billing.domain.figures.dimensions import CUTS_BY
from billing.domain.figures.period import month_span
from billing.domain.payments import record_payment
from billing.models import Decision, Night
from billing.tests.scenes import STAFF, give_access, make_customer, owe
from customers.domain.holds import close_holds, open_hold
from customers.models import Zone
from events.domain import Actor, record
from network.models import Access
from tenants.current import enter

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("America/Mexico_City")
NIGHT, NETWORK = Actor.system("Cobranza"), Actor.system("Red")
NOVEMBER = month_span(dt.date(2026, 11, 1), today=dt.date(2026, 12, 5))
OCTOBER = month_span(dt.date(2026, 10, 1), today=dt.date(2026, 12, 5))


def at(day: int, hour: int = 12, second: float = 0, month: int = 11) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, 0, tzinfo=HERE) + dt.timedelta(seconds=second)


def cut(name: str, day: int, *, made: bool = True, source: str = "dunning") -> Access:
    customer = make_customer(name)
    if name.startswith("N"):
        customer.zone, _new = Zone.objects.get_or_create(name="Norte")
        customer.save()
    access = give_access(customer)
    owe(customer, "600", today=at(day).date())
    open_hold(service_id=access.service_id, reason="debt", source=source, actor=NIGHT, now=at(day, 22))
    if made:
        record("access.cut", subject=access, actor=NETWORK, at=at(day, 22, 2), customer_id=customer.pk)
    return access


def paid(access: Access, day: int, took: float | None, hour: int = 12) -> None:
    record_payment(
        customer_id=access.customer_id, amount=Decimal(600), method="cash", received_at=at(day, hour), actor=STAFF,
        key=f"counter:{access.pk}:{day}", now=at(day, hour),
    )  # fmt: skip
    if took is not None:
        record("access.restored", subject=access, actor=NETWORK, at=at(day, hour, took), customer_id=access.customer_id)


def live() -> None:
    """Seven cuts of November, of which five were made, and one of the 31st of October at ten at night."""
    paid(cut("Nora", 3), 4, 0.5)
    paid(cut("Nadia", 3), 4, 2)
    again = cut("Ana", 3)
    paid(again, 5, None)  # cut again before it came back, and back the second time
    open_hold(service_id=again.service_id, reason="debt", source="dunning", actor=NIGHT, now=at(5, 22))
    record("access.cut", subject=again, actor=NETWORK, at=at(5, 22, 3), customer_id=again.customer_id)
    record("access.restored", subject=again, actor=NETWORK, at=at(7, 12), customer_id=again.customer_id)
    cut("Beto", 3)  # still off
    paid(cut("Carla", 3, made=False), 4, None)  # paid before the router was reached
    cut("Dora", 3, made=False)  # not reached yet
    staff = cut("Elio", 3, source="person-debt")  # not the night's, and lifted by a person
    close_holds(service_ids=[staff.service_id], reason="debt", actor=STAFF, now=at(6))
    record("access.restored", subject=staff, actor=NETWORK, at=at(6, 12, 9), customer_id=staff.customer_id)
    october = cut("Fabio", 31 - 30)
    october.service.holds.update(since=at(31, 22, 0, 10))
    paid(october, 30, 4, hour=23)


def test_cuts_by_hand(in_norte):
    live()
    assert cuts(NOVEMBER) == Cuts("", "", ordered=7, made=5, lifted=1, waiting=1)
    assert cuts(NOVEMBER).succeeded == Decimal("83.3")
    assert (cuts(OCTOBER).ordered, cuts(OCTOBER).made) == (1, 1)
    by_zone = {row.label: (row.ordered, row.made) for row in cuts_by(NOVEMBER, CUTS_BY["zone"])}
    assert by_zone == {"Norte": (2, 2), "Sin zona": (5, 3)}


def test_reconnections_by_hand(in_norte):
    live()
    found = reconnections(NOVEMBER)
    # Nora, Nadia, Ana, Fabio by payment and Elio by hand; Ana did not come back before her next cut.
    assert (found.lifted, found.done, found.automatic, found.automatic_done) == (5, 4, 4, 3)
    assert found.succeeded == Decimal("75.0")
    assert found.median == 2.0  # of 0.5, 2 and 4 seconds
    assert found.p95 == pytest.approx(3.8)
    assert sum(row.lifted for row in reconnections_by(NOVEMBER, CUTS_BY["plan"])) == 5
    assert reconnections(OCTOBER).succeeded is None


def test_each_number_has_its_list(in_norte):
    live()
    names = {which: [row.name for row in list_cuts(NOVEMBER, which, limit=50)] for which in ("waiting", "not_back")}
    assert names == {"waiting": ["Dora"], "not_back": ["Ana"]}
    assert len(list_cuts(NOVEMBER, "ordered", limit=50)) == 7
    assert len(list_cuts(NOVEMBER, "made", limit=3)) == 3
    [first, *_rest] = list_cuts(NOVEMBER, "back", limit=50)
    assert (first.name, first.took, first.cause) == ("Fabio", 4.0, "payment")


def test_what_the_nights_decided(in_norte):
    customer = make_customer()
    for day, outcome, out in (
        (3, "done", None),
        (3, "spared", None),
        (4, "missed", None),
        (4, "", None),
        (5, "", at(5)),
    ):
        night, _new = Night.objects.get_or_create(
            day=at(day).date(),
            defaults={"planned_at": at(day), "remind_at": at(day), "cut_at": at(day), "cut_not_after": at(day, 23)},
        )
        Decision.objects.create(
            night=night, action="cut", customer=customer, outcome=outcome, sentence="x", taken_out_at=out
        )
    assert decided(NOVEMBER) == Decided(decided=4, done=1, spared=1, missed=1, failed=0)
    assert decided(OCTOBER) == Decided()


def test_the_neighbour_sees_nothing(norte, sur):
    with enter("norte"):
        live()
    with enter("sur"):
        assert cuts(NOVEMBER).ordered == reconnections(NOVEMBER).lifted == 0
        assert list_cuts(NOVEMBER, "ordered", limit=5) == []
