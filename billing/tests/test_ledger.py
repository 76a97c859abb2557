import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from billing.domain.ledger import Leg, Posting, Unbalanced, accounts, balance, post, statement
from billing.models import Entry, LedgerTransaction
from billing.tests.scenes import NOW, make_customer
from tenants.current import enter


def posting(*legs, **fields):
    return Posting("opening", NOW, dt.date(2026, 11, 25), "MXN", legs, **fields)


@pytest.fixture
def chart(in_norte):
    return accounts("MXN", "receivable", "income", "cash", "credit")


def test_many_transactions_are_two_inserts(chart, django_assert_num_queries):
    lot = [posting(Leg(chart["cash"], Decimal(n)), Leg(chart["income"], Decimal(-n))) for n in range(1, 51)]
    with django_assert_num_queries(3):  # their ids, the transactions, the entries
        ids = post(lot)
    assert len(ids) == 50
    assert Entry.objects.count() == 100
    assert LedgerTransaction.objects.get(pk=ids[6]).entries.filter(amount=7).exists()


def test_what_does_not_balance_is_refused_before_the_database(chart):
    with pytest.raises(Unbalanced):
        post([posting(Leg(chart["cash"], Decimal(5)), Leg(chart["income"], Decimal(-4)))])
    assert not LedgerTransaction.objects.exists()


def test_what_does_not_balance_is_refused_by_the_database_too(chart):
    [tid] = post([posting(Leg(chart["cash"], Decimal(5)), Leg(chart["income"], Decimal(-5)))])
    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
        Entry.objects.create(transaction_id=tid, account_id=chart["cash"], amount=1, currency="MXN")
    # Two currencies do not make up for each other.
    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
        Entry.objects.bulk_create(
            [
                Entry(transaction_id=tid, account_id=chart["cash"], amount=1, currency="MXN"),
                Entry(transaction_id=tid, account_id=chart["cash"], amount=-1, currency="USD"),
            ]
        )


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE billing_entry SET amount = amount + 1",
        "DELETE FROM billing_entry",
        "TRUNCATE billing_entry",
        "UPDATE billing_ledgertransaction SET memo = 'x'",
        "DELETE FROM billing_ledgertransaction",
        "TRUNCATE billing_ledgertransaction CASCADE",
    ],
)
def test_nothing_written_can_be_changed(chart, sql):
    post([posting(Leg(chart["cash"], Decimal(5)), Leg(chart["income"], Decimal(-5)))])
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Entry.objects.count() == 2


def test_each_provider_has_its_own_guards_and_books(norte, sur):
    with enter("norte"):
        books = accounts("MXN", "cash", "income")
        post([posting(Leg(books["cash"], Decimal(5)), Leg(books["income"], Decimal(-5)))])
    with enter("sur"):
        assert not Entry.objects.exists()
        with pytest.raises(IntegrityError), transaction.atomic():
            post_one_sided()


def post_one_sided():
    transaction_row = LedgerTransaction.objects.create(at=NOW, day=NOW.date(), kind="opening")
    Entry.objects.create(
        transaction=transaction_row, account_id=accounts("ARS", "cash")["cash"], amount=1, currency="ARS"
    )


def test_the_statement_runs_to_the_balance(chart):
    customer = make_customer()
    receivable, income, cash = chart["receivable"], chart["income"], chart["cash"]
    post(
        [
            posting(Leg(receivable, Decimal(600), customer.pk), Leg(income, Decimal(-600)), memo="A-1"),
            posting(Leg(cash, Decimal(700)), Leg(receivable, Decimal(-600), customer.pk),
                    Leg(chart["credit"], Decimal(-100), customer.pk)),
            # Using credit moves between the customer's own accounts: nothing changes for them.
            posting(Leg(chart["credit"], Decimal(40), customer.pk), Leg(receivable, Decimal(-40), customer.pk)),
        ]
    )  # fmt: skip
    lines = statement(customer.pk)
    assert [(line.amount, line.balance) for line in lines] == [(-700, -100), (600, 600)]
    assert balance(customer.pk) == {"MXN": Decimal(-100)}
    assert statement(make_customer().pk) == []
