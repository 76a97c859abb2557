"""Runs for a zone, a customer and every kind of calendar; months left out; what comes next."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.domain.clock import drain
from billing.domain.cycle import add_months
from billing.domain.invoices import void_invoice
from billing.domain.next_charge import next_charge
from billing.domain.policies import current_policy
from billing.domain.preview import preview_rows, preview_run
from billing.domain.run import RunRefused, bill_chunk, cancel_run, run_billing, start_run
from billing.domain.skipped import find_skipped
from billing.models import BillingRun, Charge, Discount, Entry, Extra, Invoice, PlanChange, PolicyOverride
from billing.tests.scenes import DECEMBER, NOW, STAFF, TODAY, check_books, make_customer, make_plan, owe
from customers.models import Customer, Service, Tax, Zone
from events.models import Event
from tenants.current import enter


def bill(month=DECEMBER, *, now=NOW, **scope):
    run = start_run(period=month, origin="hand", actor=STAFF, now=now, **scope)
    return run_billing(run_id=run.pk, now=now)


def override(now=NOW, *, zone=None, customer=None, **values):
    return PolicyOverride.objects.create(zone=zone, customer=customer, values=values, changed_at=now)


def test_a_zone_alone_is_billed_and_the_rest_later(in_norte):
    north = Zone.objects.create(name="Norte")
    inside, outside = make_customer(zone=north), make_customer()
    run = bill(zone_id=north.pk)
    assert (run.invoices, run.zone) == (1, north)
    assert not Invoice.objects.filter(customer=outside).exists()
    assert bill().invoices == 1
    assert Invoice.objects.filter(customer=inside).count() == 1
    check_books()


def test_one_customer_alone(in_norte):
    wanted, other = make_customer(), make_customer()
    assert preview_run(period=DECEMBER, now=NOW, customer_id=wanted.pk).customers == 1
    assert bill(customer_id=wanted.pk).invoices == 1
    assert preview_run(period=DECEMBER, now=NOW).left_out == {"billed": 1}
    assert list(Invoice.objects.values_list("customer_id", flat=True)) == [wanted.pk]
    assert not other.invoices.exists()
    assert bill().counts == {"billed": 1}


def test_a_zone_and_a_customer_with_days_of_their_own(in_norte):
    zone = Zone.objects.create(name="Quincena")
    override(zone=zone, issue_day=10, pay_day=15, cut_day=20)
    zoned, own, plain = make_customer(zone=zone), make_customer(zone=zone), make_customer()
    override(customer=own, cut_day=25)
    bill()
    dues = dict(Invoice.objects.values_list("customer_id", "due_on"))
    assert dues == {
        zoned.pk: dt.date(2026, 12, 20),
        own.pk: dt.date(2026, 12, 25),
        plain.pk: dt.date(2026, 12, 3),
    }
    period = Charge.objects.get(service__customer=own).period
    assert (period.lower, period.upper) == (dt.date(2026, 12, 15), dt.date(2027, 1, 15))
    check_books()


def test_the_clock_issues_anniversaries_on_their_own_days(in_norte):
    policy = current_policy()
    policy.period_unit, policy.issue_before, policy.due_after, policy.auto_issue_from = "anniversary", 5, 2, TODAY
    policy.save()
    first = make_customer(installed_on=dt.date(2020, 1, 30), external_ref="x:1")
    last = make_customer(installed_on=dt.date(2020, 1, 4), external_ref="x:2")
    drain(now=NOW)
    assert list(Invoice.objects.values_list("customer_id", "due_on")) == [(first.pk, dt.date(2026, 12, 2))]
    for days in range(1, 6):
        drain(now=NOW + dt.timedelta(days=days))
    assert Invoice.objects.get(customer=last).due_on == dt.date(2026, 12, 6)
    assert Invoice.objects.count() == 2
    assert BillingRun.objects.count() == 2


def test_the_clock_changes_plans_and_charges_late_fees_before_it_issues(in_norte):
    policy = current_policy()
    policy.auto_issue_from, policy.late_fee_kind, policy.late_fee_value = TODAY, "amount", Decimal(50)
    policy.save()
    customer = make_customer()
    better, service = make_plan("Plus", "900.00"), customer.services.get()
    PlanChange.objects.create(
        service=service, effective_on=TODAY, old_plan=service.plan, new_plan=better, status="scheduled", created_at=NOW
    )
    owe(customer, "600", days_late=5)
    drain(now=NOW)
    drain(now=NOW + dt.timedelta(hours=1))
    lines = Invoice.objects.get(customer=customer, imported=False).lines
    assert sorted(lines.values_list("charge__kind", "total")) == [("once", Decimal(50)), ("plan", Decimal(900))]
    service.refresh_from_db()
    assert service.plan == better


def test_an_ended_run_stays_ended_and_can_be_made_up_for(in_norte):
    for _ in range(3):
        make_customer()
    run = start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW)
    assert bill_chunk(run_id=run.pk, now=NOW, size=1)
    cancel_run(run_id=run.pk, actor=STAFF, now=NOW)
    assert not bill_chunk(run_id=run.pk, now=NOW)
    with pytest.raises(RunRefused):
        cancel_run(run_id=run.pk, actor=STAFF, now=NOW)
    assert Invoice.objects.count() == 1
    assert bill().invoices == 2
    check_books()


def test_a_month_nobody_billed_is_found_offered_and_billed_once(in_norte):
    late = NOW + dt.timedelta(days=70)
    customer = make_customer()
    bill(dt.date(2026, 11, 1))
    assert bill(dt.date(2027, 1, 1), now=late).counts == {"skipped": 1}
    assert [(s.month, s.services) for s in find_skipped(now=late)] == [(DECEMBER, 1)]
    assert Invoice.objects.filter(customer=customer).count() == 2
    assert bill(DECEMBER, now=late).invoices == 1
    assert find_skipped(now=late) == []
    assert bill(DECEMBER, now=late).invoices == 0
    check_books()


def test_a_void_invoice_can_be_issued_anew(in_norte):
    customer = make_customer()
    bill()
    void_invoice(invoice_id=customer.invoices.get().pk, reason="mal", actor=STAFF, now=NOW)
    assert bill(customer_id=customer.pk).invoices == 1
    assert list(customer.invoices.order_by("id").values_list("status", flat=True)) == ["void", "open"]
    check_books()


def test_extras_discounts_and_taxes_reach_the_invoice_and_the_ledger(in_norte):
    plan = make_plan()
    plan.taxes.add(Tax.objects.create(name="IVA", rate="0.16"))
    held = Tax.objects.create(name="Ret. IVA", kind="withheld", rate="0.106667")
    customer = make_customer(plan=plan)
    customer.withholdings.add(held)
    service = customer.services.get()
    common = {"service": service, "created_at": NOW, "starts_on": dt.date(2026, 1, 1)}
    Extra.objects.create(kind="recurring", description="TV", amount="100", **common)
    Extra.objects.create(kind="once", description="Visita", amount="250", taxed=False, **common)
    Discount.objects.create(kind="percent", value="50", periods=1, description="Promo", **common)
    bill()
    invoice = customer.invoices.get()
    lines = {line.description.split(",")[0]: line.total for line in invoice.lines.all()}
    assert lines == {
        "100 Mbps": Decimal("544.83"), "TV": Decimal("90.80"), "Visita": Decimal("223.33"), "Promo": Decimal("-272.41"),
    }  # fmt: skip
    assert invoice.total == sum(lines.values())
    assert invoice.withheld == Decimal("55.17") + Decimal("9.20") + Decimal("26.67") - Decimal("27.59")
    accounts = dict(
        Entry.objects.filter(transaction__invoice=invoice).values_list("account__kind", "amount").order_by("account_id")
    )
    assert accounts["receivable"] == invoice.total
    assert accounts["withheld"] == invoice.withheld
    assert accounts["tax"] == -invoice.tax
    check_books()
    # Once is once, and the discount was for one period.
    bill(add_months(DECEMBER, 1))
    january = customer.invoices.order_by("-id")[0]
    assert sorted(january.lines.values_list("charge__kind", flat=True)) == ["extra", "plan"]


def test_the_preview_says_what_changes_and_adds_up_like_the_run(in_norte):
    same, more = make_customer("Igual"), make_customer("Sube")
    gone = make_customer("Se va")
    bill(dt.date(2026, 11, 1))
    Service.objects.filter(customer=more).update(price=Decimal(700))
    Service.objects.filter(customer=gone).update(status="cancelled", ended_on=dt.date(2026, 11, 20))
    new = make_customer(
        "Nuevo", installed_on=dt.date(2026, 12, 16), created_at=dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    )
    before = Charge.objects.count()
    preview = preview_run(period=DECEMBER, now=NOW)
    assert preview.changes == {"new": 1, "more": 1, "gone": 1, "same": 1}
    assert {(row.customer, row.change) for row in preview.changed} == {
        ("Sube", "more"), ("Se va", "gone"), ("Nuevo", "new"),
    }  # fmt: skip
    rows = {row.customer: row for row in preview_rows(period=DECEMBER, now=NOW)}
    assert rows["Nuevo"].total == Decimal("309.68")
    assert rows["Igual"].total == rows["Igual"].before == 600
    assert Charge.objects.count() == before
    run = bill()
    assert Decimal(run.totals["MXN"]["total"]) == preview.total == sum(row.total for row in rows.values())
    assert run.charges == preview.services == 3
    assert same.invoices.count() == 2
    assert new.invoices.get().lines.get().description.endswith("(16 de 31 días)")


def test_the_next_charge_and_why(in_norte):
    customer = make_customer()
    found = next_charge(customer_id=customer.pk, now=NOW)
    assert (found.total, found.due_on) == (Decimal(600), dt.date(2026, 12, 4))
    bill(dt.date(2026, 11, 1))
    bill()
    assert next_charge(customer_id=customer.pk, now=NOW).month == dt.date(2027, 1, 1)
    free = make_customer(status="free")
    assert next_charge(customer_id=free.pk, now=NOW).reasons == ("free",)


def test_pages_and_api_for_scopes(norte, sur, client_norte):
    with enter("norte"):
        zone = Zone.objects.create(name="Centro")
        customer = make_customer("Ana Ruiz", zone=zone)
        make_customer("Otra")
    with enter("sur"):
        make_customer("Ajena")
    page = client_norte.get(reverse("billing:run_new"), {"month": "2026-12", "zone": zone.pk})
    assert "Emitir 1 factura" in page.content.decode()
    table = client_norte.get(reverse("billing:run_preview_export", args=["csv"]), {"month": "2026-12"})
    text = b"".join(table.streaming_content).decode("utf-8-sig")
    assert text.count("\n") == 3
    assert "Ajena" not in text
    account = client_norte.get(reverse("billing:next_charge", args=[customer.pk]))
    assert "Próximo cargo" in account.content.decode()
    assert f"&amp;customer={customer.pk}" in account.content.decode()
    answer = client_norte.get("/api/v1/billing-runs/preview/", {"month": "2026-12", "customer": customer.pk}).json()
    assert (answer["customers"], answer["total"]) == (1, "600.00")
    wrong = client_norte.get("/api/v1/billing-runs/preview/", {"month": "2026-12", "zone": 999})
    assert wrong.status_code == 400
    assert "zone" in wrong.json()["fields"]
    assert client_norte.get("/api/v1/billing-runs/skipped/").json() == []
    with enter("norte"):
        assert not Event.objects.filter(type="run.started").exists()
        assert Customer.objects.count() == 2
