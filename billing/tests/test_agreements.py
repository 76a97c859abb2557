"""Extras, discounts and terms of a service: what is agreed, what is refused, and what the run makes of it."""

import datetime as dt
from decimal import Decimal

import pytest

from billing.domain.contracts import TermsRefused, agree_terms, contract_of, term_end, termination_fee
from billing.domain.credit_notes import issue_credit_note
from billing.domain.discounts import add_discount, end_discount, periods_used
from billing.domain.extras import add_extra, cancel_extra, end_extra, waiting_extras
from billing.domain.run import run_billing, start_run
from billing.models import Charge, Contract, Discount, Extra, Invoice
from billing.tests.scenes import DECEMBER, NOW, STAFF, TODAY, check_books, make_customer
from customers.domain.services import cancel_service
from events.models import Event
from events.sentences import sentence
from tenants.current import entered

LAST = dt.date(2026, 12, 15)


@pytest.fixture
def service(in_norte):
    return make_customer(installed_on=dt.date(2026, 1, 1)).services.get()


def extra_of(service, **fields):
    values = {
        "kind": "recurring", "description": "IP fija", "amount": Decimal(93), "starts_on": DECEMBER, "actor": STAFF,
        "now": NOW,
    }  # fmt: skip
    return add_extra(service_id=service.pk, **(values | fields))


def discount_of(service, **fields):
    values = {"kind": "percent", "value": Decimal(10), "description": "Lealtad", "starts_on": DECEMBER}
    return add_discount(service_id=service.pk, actor=STAFF, now=NOW, **(values | fields))


def terms_of(service, **fields):
    values = {
        "starts_on": None, "trial_days": None, "term_months": 12, "termination": "amount",
        "termination_value": Decimal(1000),
    }  # fmt: skip
    return agree_terms(service_id=service.pk, actor=STAFF, now=NOW, **(values | fields))


def bill_december():
    run = start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW)
    return run_billing(run_id=run.pk, now=NOW)


def test_what_is_agreed_is_on_the_next_invoice_and_once_is_once(service):
    extra_of(service)
    extra_of(
        service, kind="once", description="Instalación", amount=Decimal(500), category="installation", starts_on=TODAY
    )
    discount_of(service)
    assert [extra.description for extra in waiting_extras(service.customer_id)] == ["Instalación"]
    bill_december()
    invoice = Invoice.objects.get()
    assert invoice.total == Decimal(600) - 60 + 93 + 500
    assert not waiting_extras(service.customer_id)
    assert periods_used(Discount.objects.get()) == 1
    assert [sentence(event) for event in Event.objects.filter(type__in=["extra.added", "discount.added"])] == [
        "Ana agregó IP fija por $93.00 al mes.",
        "Ana agregó un cargo: Instalación, $500.00.",
        "Ana dio un descuento de 10 %: Lealtad.",
    ]
    check_books()


def test_ending_an_extra_gives_back_the_days_it_had_charged_after(service):
    extra = extra_of(service)
    bill_december()
    with pytest.raises(TermsRefused, match="póngale último día"):
        cancel_extra(extra_id=extra.pk, actor=STAFF, now=NOW)
    [note] = end_extra(extra_id=extra.pk, ends_on=LAST, actor=STAFF, now=NOW)
    assert note.total == Decimal(48)  # 16 of 31 days
    assert Charge.objects.get(kind="extra").period.upper == LAST + dt.timedelta(days=1)
    assert Charge.objects.get(kind="plan").period.upper == dt.date(2027, 1, 1)
    extra.refresh_from_db()
    assert extra.ends_on == LAST
    check_books()


def test_what_was_never_charged_can_be_taken_away_and_what_was_needs_a_note(service):
    never = extra_of(service, kind="once", description="Visita")
    cancel_extra(extra_id=never.pk, actor=STAFF, now=NOW)
    charged = extra_of(service, kind="once", description="Equipo", starts_on=TODAY)
    bill_december()
    with pytest.raises(TermsRefused, match="ya se había quitado"):
        cancel_extra(extra_id=never.pk, actor=STAFF, now=NOW)
    with pytest.raises(TermsRefused, match="haga una nota de crédito"):
        cancel_extra(extra_id=charged.pk, actor=STAFF, now=NOW)
    with pytest.raises(TermsRefused, match="no termina"):
        end_extra(extra_id=charged.pk, ends_on=LAST, actor=STAFF, now=NOW)
    line = Invoice.objects.get().lines.get(charge__kind="once")
    assert line.description == "Equipo"
    issue_credit_note(invoice_id=line.invoice_id, amount=line.total, reason="Lo devolvió", actor=STAFF, now=NOW)
    check_books()


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"amount": Decimal(-5)}, "amount", "mayor que cero"),
        ({"amount": Decimal(0)}, "amount", "mayor que cero"),
        ({"amount": Decimal("1.005")}, "amount", "más decimales"),
        ({"amount": Decimal("NaN")}, "amount", "mayor que cero"),
        ({"description": " "}, "description", "Escriba qué se cobra"),
        ({"ends_on": DECEMBER - dt.timedelta(days=1)}, "ends_on", "no puede ser anterior"),
        ({"starts_on": dt.date(2036, 1, 1)}, "starts_on", "más de un año"),
        ({"kind": "daily"}, "kind", "una vez o cada período"),
    ],
)
def test_an_extra_that_cannot_be_says_why_and_leaves_nothing(service, fields, field, said):
    with pytest.raises(TermsRefused, match=said) as caught:
        extra_of(service, **fields)
    assert caught.value.field == field
    assert not Extra.objects.exists()
    assert not Event.objects.filter(type="extra.added").exists()


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"value": Decimal(101)}, "value", "de más de 0 a 100"),
        ({"value": Decimal(0)}, "value", "de más de 0 a 100"),
        ({"value": Decimal("33.333")}, "value", "dos decimales"),
        ({"kind": "amount", "value": Decimal(-1)}, "value", "mayor que cero"),
        ({"description": ""}, "description", "por qué se descuenta"),
        ({"periods": 0}, "periods", "de 1 a 120"),
        ({"ends_on": dt.date(2026, 11, 30)}, "ends_on", "no puede ser anterior"),
        ({"kind": "x"}, "kind", "un monto o un porcentaje"),
    ],
)
def test_a_discount_that_cannot_be_says_why_and_leaves_nothing(service, fields, field, said):
    with pytest.raises(TermsRefused, match=said) as caught:
        discount_of(service, **fields)
    assert caught.value.field == field
    assert not Discount.objects.exists()


def test_a_discount_ends_on_a_day_or_at_once(service):
    first, second = discount_of(service), discount_of(service, kind="amount", value=Decimal(25))
    with pytest.raises(TermsRefused, match="anterior a su comienzo"):
        end_discount(discount_id=first.pk, ends_on=TODAY, actor=STAFF, now=NOW)
    end_discount(discount_id=first.pk, ends_on=LAST, actor=STAFF, now=NOW)
    end_discount(discount_id=second.pk, actor=STAFF, now=NOW)
    with pytest.raises(TermsRefused, match="ya se había quitado"):
        end_discount(discount_id=second.pk, actor=STAFF, now=NOW)
    bill_december()
    assert Invoice.objects.get().total == Decimal(540)


def test_leaving_before_the_term_costs_what_was_agreed_and_afterwards_nothing(service):
    contract = terms_of(service)
    assert term_end(service, contract) == dt.date(2026, 12, 31)
    assert termination_fee(service, contract, last_day=TODAY) == Decimal(1000)
    assert termination_fee(service, contract, last_day=dt.date(2026, 12, 31)) == 0
    contract = terms_of(service, termination="percent", termination_value=Decimal(50))
    # 36 of 365 days of twelve months at 600, and half of that.
    assert termination_fee(service, contract, last_day=TODAY) == Decimal("355.07")
    assert termination_fee(service, terms_of(service, termination="none"), last_day=TODAY) == 0
    assert contract_of(make_customer().services.get()).pk is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"trial_days": 367}, "trial_days"),
        ({"term_months": 121}, "term_months"),
        ({"term_months": 0}, "term_months"),
        ({"termination": "blood"}, "termination"),
        ({"termination_value": Decimal(0)}, "termination_value"),
        ({"termination": "percent", "termination_value": Decimal(101)}, "termination_value"),
    ],
)
def test_terms_that_cannot_be(service, fields, field):
    with pytest.raises(TermsRefused) as caught:
        terms_of(service, **fields)
    assert caught.value.field == field
    assert not Contract.objects.exists()


def test_a_service_that_is_over_takes_only_what_is_charged_once(service):
    cancel_service(service_id=service.pk, actor=STAFF, now=NOW, today=TODAY)
    for act in (extra_of, discount_of, terms_of):
        with pytest.raises(TermsRefused, match="dado de baja"):
            act(service)
    assert extra_of(service, kind="once", description="Antena no devuelta").pk


def test_the_other_provider_sees_none_of_it(service, sur):
    extra_of(service)
    discount_of(service)
    terms_of(service)
    with entered(sur):
        assert (Extra.objects.count(), Discount.objects.count(), Contract.objects.count()) == (0, 0, 0)
        # Pesos argentinos: the same rules, another book.
        extra_of(make_customer().services.get())
        assert Extra.objects.count() == 1
    assert Extra.objects.count() == 1
