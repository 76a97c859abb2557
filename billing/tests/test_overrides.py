"""Terms of a zone or a customer: what wins, what is refused, what is written down, and whose they are."""

import datetime as dt
import importlib
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.domain.overrides import clear_override, set_override
from billing.domain.policies import all_policies, current_policy, policy_of, save_policy
from billing.domain.policy_rules import PolicyRefused
from billing.domain.policy_words import say_value
from billing.models import BillingPolicy, PolicyOverride
from billing.tests.scenes import NOW, STAFF, make_customer, notices
from customers.models import Customer, Zone
from customers.tests.test_api import Api, get
from events.models import Event
from events.sentences import sentence
from tenants.current import entered
from tenants.models import Wake

PLACE = {"actor": STAFF, "now": NOW}


@pytest.fixture
def zone(in_norte):
    return Zone.objects.create(name="Ribera")


@pytest.fixture
def customer(zone):
    made = make_customer()
    Customer.objects.filter(pk=made.pk).update(zone=zone)
    made.refresh_from_db()
    return made


def of(customer):
    return all_policies().of(customer_id=customer.pk, zone_id=customer.zone_id)


def test_the_customers_win_over_the_zones_over_the_providers(zone, customer):
    set_override(holder=zone, values={"cut_day": 10, "cut_hour": dt.time(21, 30), "notices": notices(-1)}, **PLACE)
    set_override(holder=customer, values={"cut_day": 15, "min_debt": Decimal("50.5"), "pause_returns": False}, **PLACE)
    found = of(Customer.objects.get(pk=customer.pk))
    assert (found.cut_day, found.cut_hour, found.notices) == (15, dt.time(21, 30), notices(-1))
    assert (found.min_debt, found.pause_returns, found.pay_day) == (Decimal("50.5"), False, current_policy().pay_day)
    assert current_policy().cut_day == 3
    clear_override(holder=customer, **PLACE)
    assert of(customer).cut_day == 10
    assert PolicyOverride.objects.count() == 1


def test_a_change_is_told_with_its_sentence_and_wakes_the_clock_once(zone, customer):
    before = Wake.objects.filter(lane="billing.clock").count()
    set_override(holder=customer, values={"cut_day": 15}, **PLACE)
    set_override(holder=customer, values={"cut_day": 15}, **PLACE)
    event = Event.objects.get(type="policy.overridden")
    assert event.customer_id == customer.pk
    assert sentence(event) == "Ana cambió sus condiciones de cobro. Día de vencimiento: 15 (antes 3)."
    assert Wake.objects.filter(lane="billing.clock").count() == before + 1
    set_override(holder=zone, values={"cut_day": 9}, **PLACE)
    assert "de la zona Ribera. Día de vencimiento: 9 (antes 3)." in sentence(Event.objects.latest("id"))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"issue_day": 0}, "issue_day"),
        ({"late_fee_kind": "percent", "late_fee_value": "120"}, "late_fee_value"),
        ({"late_fee_kind": "percent"}, "late_fee_value"),
        ({"reconnect_fee_value": "-1"}, "reconnect_fee_value"),
        ({"min_debt": "NaN"}, "min_debt"),
        ({"cycle": "trueque"}, "cycle"),
        ({"notices": ["x"]}, "notices"),
        ({"series_prefix": "B-"}, "series_prefix"),
        ({"no_such_field": 1}, "no_such_field"),
        ({"cut_hour": None}, "cut_hour"),
    ],
)
def test_what_makes_no_sense_changes_nothing(zone, values, field):
    with pytest.raises(PolicyRefused) as refused:
        set_override(holder=zone, values=values, **PLACE)
    assert list(refused.value.errors) == [field]
    assert not PolicyOverride.objects.exists()
    assert not Event.objects.filter(type="policy.overridden").exists()


def test_a_zone_may_not_break_its_customers(zone, customer):
    set_override(holder=customer, values={"late_fee_value": "150"}, **PLACE)
    with pytest.raises(PolicyRefused, match="«Lucía Gómez»"):
        set_override(holder=zone, values={"late_fee_kind": "percent", "late_fee_value": "5"}, **PLACE)
    assert PolicyOverride.objects.get().customer == customer


def test_the_policy_names_whom_it_would_break(zone):
    set_override(holder=zone, values={"late_fee_value": "150"}, **PLACE)
    with pytest.raises(PolicyRefused, match="«Ribera»"):
        save_policy(form={"late_fee_kind": "percent", "late_fee_value": Decimal(5)}, **PLACE)
    assert current_policy().late_fee_kind == "none"


def typed(**own):
    """What the browser sends: every box, and the ticks of those that are its own."""
    values = {"cut_day": "15", "late_fee_kind": "none", "late_fee_value": "0", "cut_hour": "19:00"} | own
    return values | {f"own_{name}": "on" for name in own}


def test_the_page_saves_only_what_is_ticked(client_norte, zone, sur):
    url = reverse("billing:zone_terms", args=[zone.pk])
    page = client_norte.get(url).content.decode()
    assert "Hereda: 3" in page
    client_norte.post(url, typed(cut_day="12"))
    assert PolicyOverride.objects.get().values == {"cut_day": 12}
    listed = client_norte.get(reverse("billing:terms")).content.decode()
    assert "Día de vencimiento: 12" in listed
    summary = client_norte.get(reverse("billing:zone_terms_summary", args=[zone.pk])).content.decode()
    assert "en vez de 3" in summary
    client_norte.post(url, {"cut_day": "12"})
    assert not PolicyOverride.objects.exists()
    with entered(sur):
        assert not PolicyOverride.objects.exists()


def test_a_mistake_is_named_keeps_what_was_typed_and_changes_nothing(client_norte, zone):
    url = reverse("billing:zone_terms", args=[zone.pk])
    bad = client_norte.post(url, typed(cut_day="0", late_fee_kind="percent", late_fee_value="150"))
    text = bad.content.decode()
    assert bad.status_code == 422
    assert 'value="150"' in text
    empty = client_norte.post(url, typed(cut_day=""))
    assert "deje que se herede" in empty.content.decode()
    percent = client_norte.post(url, typed(late_fee_kind="percent", late_fee_value="150"))
    assert "no puede pasar de 100" in percent.content.decode()
    assert not PolicyOverride.objects.exists()


def test_the_preview_follows_and_writes_nothing(client_norte, customer):
    url = reverse("billing:customer_terms", args=[customer.pk])
    sample = {"sample_on": "2026-12-12", "sample_year": "", "preview": "1"}
    text = client_norte.post(url, typed(cut_hour="21:15") | sample).content.decode()
    assert "21:15" in text
    assert "20 de 31 días" in text
    assert "$387.10" in text
    assert "<html" not in text
    assert not PolicyOverride.objects.exists()


@pytest.mark.parametrize("role", ["collections", "support", "technician", "read_only"])
def test_only_who_may_change_the_policy_changes_terms(sign_in, norte, customer, role):
    client = sign_in(norte, role)
    for name in ("zone_terms", "customer_terms"):
        url = reverse(f"billing:{name}", args=[customer.zone_id if name == "zone_terms" else customer.pk])
        assert client.post(url, typed(cut_day="12")).status_code == 404
    assert not PolicyOverride.objects.exists()


def test_the_other_provider_finds_nothing(client_sur, customer):
    for name, pk in (("zone_terms", customer.zone_id), ("customer_terms", customer.pk)):
        assert client_sur.post(reverse(f"billing:{name}", args=[pk]), typed(cut_day="12")).status_code == 404
    assert not PolicyOverride.objects.exists()


def test_fifty_terms_cost_the_queries_of_one(client_norte, zone, customer):
    def queries():
        client_norte.get(reverse("billing:terms"))
        with CaptureQueriesContext(connection) as seen:
            assert client_norte.get(reverse("billing:terms")).status_code == 200
        return len(seen)

    set_override(holder=customer, values={"cut_day": 15}, **PLACE)
    few = queries()
    for number in range(40):
        other = make_customer(f"Cliente {number}")
        other.zone = Zone.objects.create(name=f"Zona {number}")
        other.save()
        set_override(holder=other, values={"cut_day": 12}, **PLACE)
        set_override(holder=other.zone, values={"cut_hour": dt.time(20)}, **PLACE)
    assert queries() == few


def test_the_form_of_the_policy_names_mistakes_and_keeps_them(client_norte, in_norte):
    form = {"pay_day": "1", "cycle": "prepaid", "late_fee_kind": "percent", "late_fee_value": "120"}
    text = client_norte.post(reverse("billing:policy"), form).content.decode()
    assert 'value="120"' in text
    assert BillingPolicy.objects.get().late_fee_kind == "none"


def test_the_api_does_what_the_pages_do(norte, zone, customer, sur):
    api = Api(norte)
    shown = get(api, "/billing-policy/")[1]
    assert (shown["issue_day"], shown["auto_issue"], shown["min_debt"]) == (25, False, "0.00")
    bad = api("patch", "/billing-policy/", {"late_fee_kind": "percent", "late_fee_value": "150"})
    assert (bad.status_code, list(bad.data_["fields"])) == (400, ["late_fee_value"])
    assert api("patch", "/billing-policy/", {"series_prefix": "Z-"}).status_code == 400
    assert api("patch", "/billing-policy/", {"cut_day": 7}).data_["cut_day"] == 7
    path = f"/customers/{customer.pk}/policy/"
    saved = api("put", path, {"cut_day": 12, "cut_hour": "20:00"})
    assert saved.data_["own"] == {"cut_day": 12, "cut_hour": "20:00:00"}
    assert saved.data_["effective"]["cut_day"] == 12
    assert api("put", path, {"cut_day": 0}).status_code == 400
    assert api("put", path, {"tax_name": "X"}).data_["fields"].keys() == {"tax_name"}
    assert api("put", f"/zones/{zone.pk}/policy/", {"cut_day": 9}).status_code == 200
    assert len(get(api, "/policy-overrides/")[1]["results"]) == 2
    assert api("delete", path).data_["effective"]["cut_day"] == 9
    body = {"changes": {"issue_day": 31, "pay_day": 1}, "installed_on": "2026-12-12", "since": "2028-01-01"}
    year = api("post", "/billing-policy/preview/", body).data_
    assert [turn["issue_on"] for turn in year["turns"]][:2] == ["2027-12-31", "2028-01-31"]
    assert year["first_period"] is None
    assert current_policy().issue_day == 25
    assert Api(sur)("put", path, {"cut_day": 12}).status_code == 404
    reader = Api(norte, "collections")
    assert reader("put", path, {"cut_day": 12}).status_code == 404
    assert get(reader, path)[0] == 200


def test_a_zone_may_let_its_customers_promise_otherwise(zone):
    values = {
        "promise_by": ["staff", "bot"],
        "promise_max_days": 10,
        "promise_min_percent": "30",
        "promise_hour": "12:00",
    }
    set_override(holder=zone, values=values, **PLACE)
    rules = policy_of(customer_id=0, zone_id=zone.pk)
    assert (rules.promise_by, rules.promise_max_days, rules.promise_hour.hour) == (["staff", "bot"], 10, 12)
    for wrong in ({"promise_by": ["nadie"]}, {"promise_max_days": 61}, {"promise_min_percent": "101"}):
        with pytest.raises(PolicyRefused):
            set_override(holder=zone, values=wrong, **PLACE)
    assert say_value("promise_by", rules) == "El personal, El asistente"
    assert say_value("promise_min_percent", rules) == "30 %"


def test_old_reminders_become_notices_of_the_same_days_and_hour():
    step = importlib.import_module("billing.migrations.0017_notices_and_second_step")
    assert step.as_notices([0, -3, 0], dt.time(10, 30)) == [
        *notices(-3, hour="10:30", template="payment_reminder"),
        *notices(0, hour="10:30"),
    ]
    assert step.as_notices([2], "09:00") == notices(2)
    assert step.as_notices([], "09:00") == []
