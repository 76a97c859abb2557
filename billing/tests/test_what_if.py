"""What a policy would change today, before it is saved, on the form and for a zone."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.domain.policies import current_policy
from billing.domain.what_if import compare_policies, policies_with, policies_with_own
from billing.models import Decision, Night
from billing.tests.scenes import NOW, TODAY, make_customer, notices, owe
from customers.models import Customer, Zone
from events.models import Event
from tenants.current import enter, tenant_today


def tried(**values):
    found = current_policy()
    for name, value in values.items():
        setattr(found, name, value)
    return found


def compare(policies):
    found = compare_policies(policies, day=TODAY, now=NOW)
    return {
        change.kind: (change.count_now, change.count_then, names(change.joins), names(change.leaves))
        for change in found.changes
    }


def names(moved):
    return [Customer.objects.get(pk=row.customer_id).name for row in moved]


def test_who_would_be_cut_and_reminded_and_who_would_not_any_more(in_norte):
    old, fresh, soon = make_customer("Old"), make_customer("Fresh"), make_customer("Soon")
    owe(old, "600", days_late=20)
    owe(fresh, "300", days_late=2)
    owe(soon, "100", days_late=-5)
    found = compare(policies_with(tried(cut_after_days=10, notices=notices(-5))))
    assert found == {"remind": (0, 1, ["Soon"], []), "cut": (2, 1, [], ["Fresh"]), "second": (0, 0, [], [])}
    found = compare(policies_with(tried(min_debt=500)))
    assert found["cut"] == (2, 1, [], ["Fresh"])
    assert compare_policies(policies_with(tried()), day=TODAY, now=NOW).same
    assert not Night.objects.exists()
    assert not Decision.objects.exists()
    assert not Event.objects.filter(type="policy.changed").exists()


def test_sums_are_of_what_is_owed_once_and_reasons_say_why_not(in_norte):
    two = make_customer("Two", services=2)
    owe(two, "600", days_late=20)
    found = compare_policies(policies_with(tried(spare_weekends=True, min_unpaid_invoices=2)), day=TODAY, now=NOW)
    cut = next(change for change in found.changes if change.kind == "cut")
    assert (cut.count_now, cut.sum_now, cut.count_then, cut.sum_then) == (2, 600, 0, 0)
    assert "1 factura vencida" in cut.leaves[0].sentence


def test_a_zone_changes_only_its_own(in_norte):
    zone = Zone.objects.create(name="Ribera")
    inside, outside = make_customer("Inside"), make_customer("Outside")
    Customer.objects.filter(pk=inside.pk).update(zone=zone)
    for customer in (inside, outside):
        owe(customer, "600", days_late=2)
    assert compare(policies_with_own(zone, {"cut_after_days": 5}))["cut"] == (2, 1, [], ["Inside"])
    assert compare(policies_with_own(outside, {"never_cut": True}))["cut"] == (2, 1, [], ["Outside"])


def test_comparing_is_a_fixed_number_of_queries(in_norte, django_assert_max_num_queries):
    for _ in range(30):
        owe(make_customer(), "600")
    policies = policies_with(tried(cut_after_days=9))
    with django_assert_max_num_queries(14):
        compare_policies(policies, day=TODAY, now=NOW)


def typed_policy(client):
    form = client.get(reverse("billing:policy")).context["form"]
    typed = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    typed = {name: value.strftime("%H:%M") if isinstance(value, dt.time) else value for name, value in typed.items()}
    typed = {name: value for name, value in typed.items() if value is not False and name != "auto_issue"}
    return {**typed, "notices": "1"}


def test_the_form_shows_the_difference_and_saves_nothing(client_norte, in_norte):
    today = tenant_today(timezone.now())
    owe(make_customer("Lucía Prieto"), "600", days_late=2, today=today)
    typed = typed_policy(client_norte)
    page = client_norte.post(reverse("billing:what_if"), {**typed, "cut_after_days": "9"}).content.decode()
    assert "Ya no se cortaría" in page
    assert "Lucía Prieto" in page
    assert current_policy().cut_after_days == 0
    wrong = client_norte.post(reverse("billing:what_if"), {**typed, "cut_after_days": "-9"}).content.decode()
    assert "Primero corrija" in wrong


def test_only_who_may_set_the_policy_sees_it(sign_in, norte, in_norte):
    assert sign_in(norte, role="collections").post(reverse("billing:what_if"), {}).status_code in {403, 404}


def test_the_other_provider_is_not_looked_at(norte, sur):
    with enter("sur"):
        owe(make_customer("Sur"), "600", days_late=3)
    with enter("norte"):
        assert compare_policies(policies_with(tried()), day=TODAY, now=NOW).customers == 0


def test_a_row_more_and_a_row_less(client_norte, in_norte):
    url = reverse("billing:policy_notices")
    row = {"notices": "1", "notices_days": ["3", "0"], "notices_when": ["before_due", "after_pay"]}
    row |= {"notices_hour": ["09:00", "22:00"], "notices_channel": ["whatsapp"] * 2}
    row |= {"notices_template": ["payment_reminder", "payment_due"]}
    page = client_norte.post(url, {**row, "act": "add"}).content.decode()
    assert page.count('name="notices_days"') == 3
    assert "saldrá a las 08:00 del día siguiente" in page
    less = client_norte.post(url, {**row, "act": "drop", "row": "0"}).content.decode()
    assert less.count('name="notices_days"') == 1
    assert 'value="22:00"' in less


@pytest.mark.parametrize("row", ["9", "-1", "x", ""])
def test_a_row_that_is_not_there_is_not_dropped(client_norte, in_norte, row):
    page = client_norte.post(reverse("billing:policy_notices"), {"act": "drop", "row": row}).content.decode()
    assert "No se avisa a nadie" in page
