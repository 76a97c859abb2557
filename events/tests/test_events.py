from __future__ import annotations

import pytest

from customers.models import Customer
from events.domain import Actor, Fact, record, record_many
from events.models import Event
from events.sentences import register, sentence
from tenants.current import entered

pytestmark = pytest.mark.django_db


def test_a_fact_keeps_who_did_it_as_they_were(norte, sur):
    with entered(norte):
        customer = Customer.objects.create(code="N1", name="Nadia")
        record("customer.created", subject=customer, actor=Actor("user", 3, "Ana"), plan="Hogar")
        event = Event.objects.get()
        assert (event.customer_id, event.subject_kind, event.facts) == (
            customer.pk,
            "customers.customer",
            {"plan": "Hogar"},
        )
        assert sentence(event) == "Ana registró al cliente."
    with entered(sur):
        assert not Event.objects.exists()


def test_many_facts_are_one_insert(norte, django_assert_num_queries):
    with entered(norte):
        facts = [Fact("x.y", ("customers.service", n), Actor.system("Prueba"), n) for n in range(50)]
        assert not Event.objects.exists()  # the schema is set by now
        with django_assert_num_queries(1):
            record_many(facts)
        assert Event.objects.count() == 50


def test_an_unknown_type_is_not_hidden_and_a_type_reads_one_way(norte):
    with entered(norte):
        assert sentence(Event(type="nobody.knows", facts={})) == "nobody.knows"
    with pytest.raises(ValueError, match="already"):
        register("customer.created", kind="account", icon="x", sentence=lambda _: "")
