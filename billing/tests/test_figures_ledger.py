"""A small provider over three months, with every figure written down by hand beside it.

Plans: Básico 464 with 16 % inside (400 net), Plus 696 (600 net). The tests live in the time of the story: each fact is
written with the `now` of its day, and figures are asked for afterwards, on 5 December.

    Ana    Norte  Básico since 1 Sep; Plus from 1 Nov
    Beto   Norte  Básico since 1 Sep
    Carla  Sur    Plus since 1 Sep, ends 31 Oct; back with Básico on 10 Nov
    Dora   Sur    Básico since 5 Oct, with TV of 116 a month (100 net) from 1 Nov
    Elio   —      Básico since 1 Nov, half price until 31 Dec
    Fabio  Sur    Plus since 1 Sep, free of charge from the start: he is nobody's income
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from billing.domain.credit_notes import issue_credit_note
from billing.domain.discounts import add_discount
from billing.domain.extras import add_extra
from billing.domain.figures.daily import month_by_day
from billing.domain.figures.dimensions import BILLED_BY, COLLECTED_BY, OWED_BY, RECURRING_BY
from billing.domain.figures.flows import Collected, billed, billed_by, collected, collected_between, collected_by
from billing.domain.figures.lists import list_figure
from billing.domain.figures.period import Span, month_before, month_span, year_before
from billing.domain.figures.receivable import owed, owed_by, sales_outstanding
from billing.domain.figures.recurring import moved, moved_by
from billing.domain.invoices import void_invoice
from billing.domain.payments import record_payment, void_payment
from billing.domain.plan_changes import change_plan
from billing.domain.refunds import refund_payment
from billing.models import Entry
from billing.tests.bills import bill, line
from billing.tests.scenes import STAFF
from customers.domain.services import cancel_service
from customers.models import Customer, Plan, Service, Zone
from events.domain import Actor
from tenants.current import enter, tenant_zone

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("America/Mexico_City")
BOT = Actor("bot", None, "Asistente")
TODAY = dt.date(2026, 12, 5)
SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = (month_span(dt.date(2026, m, 1), today=TODAY) for m in (9, 10, 11, 12))


def at(month: int, day: int, hour: int = 12, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=HERE)


def D(text: str) -> Decimal:  # noqa: N802 -- reads as the type
    return Decimal(text)


def pay(
    who: Service, amount: str, moment: dt.datetime, method: str = "cash", *, actor: Actor = STAFF, key: str = ""
) -> object:
    return record_payment(
        customer_id=who.customer_id, amount=D(amount), method=method, received_at=moment, actor=actor,
        key=key or f"counter:{who.code}:{moment:%m%d%H%M}", now=moment,
    )  # fmt: skip


def join(name: str, zone: Zone | None, plan: Plan, day: dt.date, customer: Customer | None = None, **fields) -> Service:
    who = customer or Customer.objects.create(code=name, name=name, zone=zone)
    code = f"{name}-{who.services.count() + 1}"
    moment = dt.datetime.combine(day, dt.time(10), HERE)
    return Service.objects.create(customer=who, plan=plan, code=code, installed_on=day, created_at=moment, **fields)


def month_days(month: int) -> tuple[dt.date, dt.date]:
    return dt.date(2026, month, 1), dt.date(2026, month + 1, 1)


def tell_story() -> SimpleNamespace:
    """Live the three months in order. Bills are of the month they are issued in, due on its 10th."""
    s = SimpleNamespace(norte=Zone.objects.create(name="Norte"), sur=Zone.objects.create(name="Sur"))
    s.basic = Plan.objects.create(name="Básico", price=D("464"), tax_rate=D("0.16"))
    s.plus = Plan.objects.create(name="Plus", price=D("696"), tax_rate=D("0.16"))
    start = dt.date(2026, 9, 1)
    s.ana, s.beto = join("Ana", s.norte, s.basic, start), join("Beto", s.norte, s.basic, start)
    s.carla = join("Carla", s.sur, s.plus, start)
    s.fabio = join("Fabio", s.sur, s.plus, start, status=Service.Status.FREE)

    def issue(who: Service, price: str, month: int, day: int = 1, **fields):
        moment = at(month, day, 6)
        item = line(price, days=month_days(month), **fields)
        return bill(who, item, due_on=dt.date(2026, month, max(day, 10)), now=moment)

    # September: 464 + 464 + 696 = 1624 billed, 464 + 696 collected.
    issue(s.ana, "464", 9), issue(s.beto, "464", 9), issue(s.carla, "696", 9)
    pay(s.ana, "464", at(9, 8))
    pay(s.carla, "696", at(9, 30, 23, 30), "transfer", key="receipt:1")
    # October: 464 + 464 + 696 + 464 (Dora); one of Beto's by mistake, void the next month.
    s.dora = join("Dora", s.sur, s.basic, dt.date(2026, 10, 5))
    issue(s.ana, "464", 10), issue(s.beto, "464", 10), issue(s.carla, "696", 10), issue(s.dora, "464", 10, 5)
    s.mistake = issue(s.beto, "464", 10, 20, kind="once")
    pay(s.ana, "464", at(10, 1, 0, 5), "transfer", key="bank:7")
    s.double = pay(s.dora, "464", at(10, 31, 23, 30))
    cancel_service(service_id=s.carla.pk, actor=STAFF, now=at(10, 31, 12), today=dt.date(2026, 10, 31))
    # November: Ana Plus, Dora with TV, Elio half price; Carla back on the 10th with a whole invoice.
    change_plan(service_id=s.ana.pk, new_plan=s.plus, actor=STAFF, now=at(11, 1, 0, 30))
    s.ana.refresh_from_db()
    add_extra(service_id=s.dora.pk, kind="recurring", description="TV", amount=D("116"), actor=STAFF, now=at(11, 1, 1))
    s.elio = join("Elio", None, s.basic, dt.date(2026, 11, 1))
    add_discount(
        service_id=s.elio.pk, kind="percent", value=D("50"), description="Bienvenida", actor=STAFF, now=at(11, 1, 2),
        ends_on=dt.date(2026, 12, 31),
    )  # fmt: skip
    void_invoice(invoice_id=s.mistake.pk, reason="repetida", actor=STAFF, now=at(11, 2))
    issue(s.ana, "696", 11), issue(s.beto, "464", 11)
    s.tv = bill(
        s.dora, line("464", days=month_days(11)), line("116", days=month_days(11), kind="extra", source=1),
        due_on=dt.date(2026, 11, 10), now=at(11, 1, 6),
    )  # fmt: skip
    issue(s.elio, "232", 11)
    s.carla2 = join("Carla", s.sur, s.basic, dt.date(2026, 11, 10), customer=s.carla.customer)
    issue(s.carla2, "464", 11, 10)
    void_payment(payment_id=s.double.pk, reason="billete falso", actor=STAFF, now=at(11, 3))
    pay(s.beto, "1000", at(11, 4), actor=Actor("user", 2, "Luis"))  # September and October whole, 72 of November
    issue_credit_note(invoice_id=s.tv.pk, amount=D("116"), reason="sin señal", actor=STAFF, now=at(11, 20))
    pay(s.elio, "232", at(11, 21), "card", actor=BOT, key="x")
    return s


@pytest.fixture
def story(in_norte):
    return tell_story()


def test_billed_by_hand(story):
    assert (billed(SEPTEMBER).total, billed(SEPTEMBER).net, billed(SEPTEMBER).invoices) == (D("1624"), D("1400"), 3)
    # The void one is not there, and did not lower November either.
    assert (billed(OCTOBER).total, billed(OCTOBER).net, billed(OCTOBER).invoices) == (D("2088"), D("1800"), 4)
    november = billed(NOVEMBER)  # 696 + 464 + 580 + 232 + 464, less a note of 116
    assert (november.issued, november.credited, november.total) == (D("2436"), D("116"), D("2320"))
    assert (november.net, november.invoices) == (D("2000"), 5)
    assert billed(DECEMBER).total == 0
    by_zone = {row.label: row.total for row in billed_by(NOVEMBER, BILLED_BY["zone"])}
    assert by_zone == {"Norte": D("1160"), "Sur": D("928"), "Sin zona": D("232")}
    by_plan = {row.label: (row.total, row.invoices) for row in billed_by(NOVEMBER, BILLED_BY["plan"])}
    assert by_plan == {"Básico": (D("1624"), 4), "Plus": (D("696"), 1)}
    # Ana had Básico in October, whatever she has today.
    assert {row.label: row.total for row in billed_by(OCTOBER, BILLED_BY["plan"])} == {
        "Básico": D("1392"), "Plus": D("696"),
    }  # fmt: skip


def test_collected_by_hand(story):
    assert collected(SEPTEMBER).total == D("1160")  # half past eleven at night on the 30th is still September
    assert collected(OCTOBER) == Collected("", "", 2, D("928"), D("0"), D("0"))
    november = collected(NOVEMBER)  # 1000 + 232, less what was taken back of 31 October
    assert (november.received, november.voided, november.total, november.payments) == (D("1232"), D("464"), D("768"), 2)

    def november_by(code: str) -> dict[str, Decimal]:
        return {row.label: row.total for row in collected_by(NOVEMBER, COLLECTED_BY[code])}

    assert november_by("zone") == {"Norte": D("1000"), "Sin zona": D("232"), "Sur": D("-464")}
    assert november_by("method") == {"Efectivo": D("536"), "Tarjeta": D("232")}
    assert november_by("account") == {"Caja general": D("536"), "Tarjetas": D("232")}
    assert november_by("collector") == {"Luis": D("1000"), "Asistente": D("232"), "Ana": D("-464")}
    assert november_by("channel") == {"Mostrador": D("536"), "Asistente": D("232")}
    assert {row.label: row.total for row in collected_by(SEPTEMBER, COLLECTED_BY["channel"])} == {
        "Comprobante": D("696"), "Mostrador": D("464"),
    }  # fmt: skip
    assert [row.label for row in collected_by(OCTOBER, COLLECTED_BY["channel"])] == ["Estado de cuenta", "Mostrador"]
    assert collected_between(at(10, 31), at(11, 1)) == D("464")


def test_the_month_day_by_day(story):
    month = month_by_day(OCTOBER)
    assert (month.days, len(month.billed), month.billed[0], month.billed[-1]) == (31, 31, D("1624"), D("2088"))
    assert (month.collected[0], month.collected[29], month.collected[30]) == (D("464"), D("464"), D("928"))
    so_far = month_by_day(DECEMBER)
    assert (so_far.days, so_far.billed) == (31, [0] * 5)
    assert month_by_day(NOVEMBER).billed[-1] == D("2320")
    assert month_by_day(NOVEMBER).collected[-1] == D("768")


def test_owed_and_overdue_at_the_end_of_past_months(story):
    september = owed(SEPTEMBER.last)  # Beto's 464, twenty days late
    assert (september.total, september.overdue, september.to_30, september.customers_late) == (464, 464, 464, 1)
    october = owed(OCTOBER.last)
    # Beto 464 of September (51 days), 464 of October and the wrong 464 (21 and 11 days), Carla 696 (21 days).
    assert (october.to_60, october.to_30, october.current) == (D("464"), D("1624"), D("0"))
    assert (october.invoices, october.customers) == (4, 2)
    november = owed(NOVEMBER.last)
    # Ana 696, Beto 392, Dora 464 + 464 of October again, Carla 696 of October and 464.
    assert november.total == D("3176")
    assert (november.to_30, november.to_60) == (D("2016"), D("1160"))
    by_zone = {row.label: row.overdue for row in owed_by(NOVEMBER.last, OWED_BY["zone"])}
    assert by_zone == {"Sur": D("2088"), "Norte": D("1088")}
    by_plan = {row.label: row.overdue for row in owed_by(NOVEMBER.last, OWED_BY["plan"])}
    assert by_plan == {"Básico": D("2480"), "Plus": D("696")}
    # 3176 owed, 1624 + 2088 + 2320 billed in 91 days; the 90 begin on 2 September, after September's invoices.
    assert sales_outstanding(NOVEMBER.last, november.total) == D("64.8")
    assert sales_outstanding(dt.date(2026, 8, 1), D("0")) is None


def test_recurring_income_by_hand(story):
    september = moved(SEPTEMBER)
    assert (september.start, september.new, september.end) == (D("0"), D("1400"), D("1400"))
    october = moved(OCTOBER)
    assert (october.start, october.new, october.gone, october.end) == (D("1400"), D("400"), D("-600"), D("1200"))
    assert (october.customers_start, october.customers_gone, october.customers_end) == (3, 1, 3)
    assert (october.customer_churn, october.revenue_churn) == (D("33.3"), D("42.9"))
    november = moved(NOVEMBER)
    # Ana 400 -> 600; Dora 400 -> 500 with TV; Elio new with 200; Carla back with 400.
    assert (november.start, november.new, november.expansion) == (D("1200"), D("200"), D("300"))
    assert (november.contraction, november.gone, november.back) == (D("0"), D("0"), D("400"))
    assert november.end == D("2100") == november.start + november.movements
    assert (november.services_end, november.customers_end, november.per_customer) == (5, 5, D("420.00"))
    assert (november.customers_new, november.customers_back) == (1, 1)
    by_zone = {row.label: (row.start, row.end) for row in moved_by(NOVEMBER, RECURRING_BY["zone"])}
    assert by_zone == {"Norte": (800, 1000), "Sur": (400, 900), "Sin zona": (0, 200)}
    rows = moved_by(NOVEMBER, RECURRING_BY["plan"])
    assert {row.label: (row.start, row.transfers, row.movements, row.end) for row in rows} == {
        "Básico": (D("1200"), D("-400"), D("300"), D("1500")),
        "Plus": (D("0"), D("400"), D("600"), D("600")),
    }


def test_every_dimension_adds_up_to_the_whole(story):
    for span in (SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER):
        for by in BILLED_BY.values():
            assert sum(row.total for row in billed_by(span, by)) == billed(span).total
            assert sum(row.net for row in billed_by(span, by)) == billed(span).net
        for by in COLLECTED_BY.values():
            assert sum(row.total for row in collected_by(span, by)) == collected(span).total
            assert sum(row.payments for row in collected_by(span, by)) == collected(span).payments
        for by in OWED_BY.values():
            assert sum(row.overdue for row in owed_by(span.last, by)) == owed(span.last).overdue
        for by in RECURRING_BY.values():
            rows = moved_by(span, by)
            assert sum(row.end for row in rows) == moved(span).end
            assert sum(row.transfers for row in rows) == 0
            assert all(row.start + row.movements == row.end for row in rows)


def test_what_was_owed_is_what_the_ledger_said(story):
    for span in (SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER):
        entries = Entry.objects.filter(account__kind="receivable", transaction__at__lt=span.end)
        assert sum(entries.values_list("amount", flat=True)) == owed(span.last).total


def test_money_is_what_the_ledger_said(story):
    for span in (SEPTEMBER, OCTOBER, NOVEMBER):
        entries = Entry.objects.filter(
            transaction__kind__in=["payment", "payment_void"], transaction__day__range=(span.first, span.last),
            customer__isnull=False,
        )  # fmt: skip
        assert -sum(entries.values_list("amount", flat=True)) == collected(span).total


def test_a_past_day_stays_what_it_was(story):
    def photo():
        return [owed_by(day.last, OWED_BY["zone"]) for day in (SEPTEMBER, OCTOBER, NOVEMBER)], [
            (moved(span), collected(span)) for span in (SEPTEMBER, OCTOBER, NOVEMBER)
        ]

    before = photo()
    now = at(12, 4)
    pay(story.beto, "5000", at(12, 3))
    void_payment(payment_id=story.beto.customer.payments.first().pk, reason="x", actor=STAFF, now=now)
    issue_credit_note(invoice_id=story.tv.pk, reason="x", actor=STAFF, now=now)
    change_plan(service_id=story.beto.pk, new_plan=story.plus, actor=STAFF, now=now)
    cancel_service(service_id=story.dora.pk, actor=STAFF, now=now, today=dt.date(2026, 12, 4))
    assert photo() == before


def test_the_price_of_a_plan_then(story):
    from customers.domain.plans import change_plan as change_offer  # noqa: PLC0415 -- another change_plan

    was = moved(NOVEMBER)
    change_offer(
        plan_id=story.basic.pk, fields={"price": D("580"), "tax_included": False}, confirmed=True, actor=STAFF,
        now=at(12, 2),
    )  # fmt: skip
    assert moved(NOVEMBER) == was
    # Beto, Carla and Dora 400 -> 580, Elio 200 -> 290; TV is now on top of its tax: 116.
    assert moved(DECEMBER).expansion == D("180") * 3 + D("90") + D("16")


def test_money_that_came_back_to_a_customer_counts_on_its_day(story):
    paid = story.elio.customer.payments.get()
    refund = {
        "amount": D("50"),
        "reason": "x",
        "method": "transfer",
        "actor": STAFF,
        "key": "r",
        "now": at(12, 1, 23, 59),
    }
    refund_payment(payment_id=paid.pk, **refund)
    assert collected(DECEMBER).total == D("-50")
    assert collected(NOVEMBER).total == D("768")
    assert [(r.label, r.refunded) for r in collected_by(DECEMBER, COLLECTED_BY["collector"])] == [("Ana", 50)]
    assert [r.label for r in collected_by(DECEMBER, COLLECTED_BY["account"])] == ["Banco, sin decir cuál"]
    # What it had paid of his invoice is owed again, from December on.
    assert (owed(DECEMBER.last).total, owed(NOVEMBER.last).total) == (D("3226"), D("3176"))


def test_months_are_compared_day_for_day():
    today = dt.date(2026, 3, 31)
    march = month_span(dt.date(2026, 3, 1), today=today)
    assert march.whole
    assert month_before(march) == Span(dt.date(2026, 2, 1), dt.date(2026, 2, 28))
    early = month_span(dt.date(2026, 12, 1), today=dt.date(2026, 3, 30))  # a month to come is the present one
    assert early == Span(dt.date(2026, 3, 1), dt.date(2026, 3, 30))
    assert month_before(early) == Span(dt.date(2026, 2, 1), dt.date(2026, 2, 28))
    assert year_before(early).last == dt.date(2025, 3, 30)


def test_nothing_is_zero_and_the_neighbour_sees_nothing(norte, sur):
    with enter("norte"):
        tell_story()
    with enter("sur"):
        assert tenant_zone() != HERE
        assert billed(NOVEMBER).total == collected(NOVEMBER).total == owed(TODAY).total == moved(NOVEMBER).end == 0
        assert moved(NOVEMBER).per_customer is None
        assert moved(NOVEMBER).customer_churn is None


def each(rows_of, dimensions):
    """(span, dimension, row) for every row of a figure in the three months."""
    spans = (SEPTEMBER, OCTOBER, NOVEMBER)
    return [(span, by, row) for span in spans for by in dimensions.values() for row in rows_of(span, by)]


def test_the_lists_of_money_are_its_numbers(story):
    for span, by, row in each(billed_by, BILLED_BY):
        found = list_figure("billed", span, by=by, key=row.key, limit=50)
        assert (found.total, found.count) == (row.total, len(found.rows))
    for span, by, row in each(collected_by, COLLECTED_BY):
        assert list_figure("collected", span, by=by, key=row.key, limit=50).total == row.total
    for span, by, row in each(lambda span, by: owed_by(span.last, by), OWED_BY):
        assert list_figure("owed", span, by=by, key=row.key, part="overdue", limit=50).total == row.overdue
        assert list_figure("owed", span, by=by, key=row.key, part="to_60", limit=50).total == row.to_60


@pytest.mark.parametrize("part", ["new", "expansion", "contraction", "gone", "back", "transfers"])
def test_the_lists_of_movements_are_their_numbers(story, part):
    for span, by, row in each(moved_by, RECURRING_BY):
        listed = list_figure("moved", span, by=by, key=row.key, part=part, limit=50)
        assert listed.total == getattr(row, part)


def test_what_a_list_says(story):
    late = list_figure("owed", NOVEMBER, part="to_60", limit=1)
    assert (late.count, late.total, [row.name for row in late.rows]) == (2, D("1160"), ["Carla"])
    assert [row.what for row in list_figure("billed", NOVEMBER, part="credited", limit=9).rows] == ["note"]
    assert {row.what for row in list_figure("collected", NOVEMBER, limit=9).rows} == {"payment", "void"}
    assert list_figure("moved", NOVEMBER, part="back", limit=9).rows[0].name == "Carla"
