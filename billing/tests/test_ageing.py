import datetime as dt
from decimal import Decimal

from billing.domain.ageing import Ageing, ageing_of, ageing_of_all
from billing.domain.ledger import receivable
from billing.domain.payments import record_payment
from billing.tests.scenes import NOW, STAFF, TODAY, make_customer, owe
from tenants.current import enter


def test_what_is_owed_by_how_late_it_is_adds_up_to_the_ledger(in_norte):
    customer, other = make_customer(), make_customer()
    for amount, late in (("100", 0), ("200", 1), ("300", 30), ("400", 31), ("500", 90), ("600", 91)):
        owe(customer, amount, days_late=late)
    owe(other, "7000", days_late=5)
    found = ageing_of(customer.pk, today=TODAY)
    assert found == Ageing(Decimal(100), Decimal(500), Decimal(400), Decimal(500), Decimal(600))
    record_payment(
        customer_id=customer.pk, amount=Decimal(650), method="cash", received_at=NOW, actor=STAFF, key="k", now=NOW
    )
    found = ageing_of(customer.pk, today=TODAY)
    assert (found.older, found.to_90) == (0, Decimal(450))
    assert found.total == receivable(customer.pk)["MXN"] == Decimal(1450)
    assert ageing_of_all(today=TODAY).total == Decimal(8450)
    assert ageing_of(customer.pk, today=TODAY + dt.timedelta(days=400)).older == found.total


def test_each_provider_its_own(norte, sur, client_norte):
    with enter("sur"):
        owe(make_customer(), "600")
    with enter("norte"):
        customer = make_customer()
    assert client_norte.get("/api/v1/ageing/").json()["total"] == "0.00"
    assert client_norte.get(f"/api/v1/customers/{customer.pk}/ageing/").json()["overdue"] == "0.00"
