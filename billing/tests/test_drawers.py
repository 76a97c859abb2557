"""The cash drawer: what should be in it is its account's sum, and a payment is in the count or is told it closed."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.domain.counter_settings import change_counter
from billing.domain.drawer_report import read_drawer
from billing.domain.drawers import close_drawer, expected_in, held_by, move_cash, open_drawer, open_drawer_of
from billing.domain.money import BadAmount
from billing.domain.money_accounts import AccountRefused, add_account, use_account
from billing.domain.payments import PaymentRefused, void_payment
from billing.domain.refunds import refund_payment
from billing.domain.refusals import DrawerRefused
from billing.models import CashDrawer, DrawerMovement, Entry, Payment
from billing.tests.scenes import NOW, STAFF, check_books, make_customer
from billing.tests.test_pages import HTMX, today
from billing.tests.test_payments import pay
from events.domain import Actor
from events.models import Event
from tenants.current import enter

BEA = Actor("user", 2, "Bea")
API = Actor("api", 1, "Programa")


def start(amount="500", actor=STAFF, **fields):
    return open_drawer(opening=Decimal(amount), actor=actor, now=NOW, **fields)


def moved(drawer, kind, amount, key="m1", actor=STAFF, **fields):
    return move_cash(drawer_id=drawer.pk, kind=kind, amount=Decimal(amount), actor=actor, now=NOW, key=key, **fields)


def count(drawer, amount, actor=STAFF, **fields):
    return close_drawer(drawer_id=drawer.pk, counted=Decimal(amount), actor=actor, now=NOW, **fields)


def agrees(drawer):
    """What the movements say is what the till's account holds."""
    return expected_in(drawer) == held_by(drawer.account_id)


def test_a_day_at_the_counter(in_norte):
    bank = add_account(kind="bank", name="BBVA", actor=STAFF)
    customer = make_customer()
    drawer = start("500")
    first = pay(customer, "600")
    pay(customer, "300", key="k2", method="transfer")
    moved(drawer, "deposit", "400", account_id=bank.pk)
    moved(drawer, "top_up", "50", key="m2")
    void_payment(payment_id=first.pk, reason="Se equivocó", actor=STAFF, now=NOW)
    second = pay(customer, "250", key="k3")
    refund_payment(
        payment_id=second.pk, amount=Decimal(100), reason="De más", method="cash", actor=STAFF, key="r", now=NOW
    )
    assert expected_in(drawer) == 500 + 600 - 400 + 50 - 600 + 250 - 100
    assert agrees(drawer)
    report = read_drawer(drawer)
    assert [(row.method, row.count, row.total) for row in report.methods] == [("cash", 1, 250), ("transfer", 1, 300)]
    with pytest.raises(DrawerRefused, match=r"Faltan \$10.00"):
        count(drawer, "290")
    closed = count(drawer, "290", note="Un billete roto", denominations={"100": 2, "50": 1, "20": 2})
    assert (closed.expected, closed.counted, closed.difference) == (300, 290, -10)
    assert held_by(drawer.account_id) == 290
    assert Entry.objects.get(account__kind="adjustment").amount == 10
    assert Event.objects.get(type="drawer.closed").facts["difference"] == "-10.000"
    check_books()


def test_what_was_counted_is_there_the_next_morning(in_norte):
    count(start("500"), "500")
    again = start("500")
    assert not again.movements.exists()
    count(again, "500")
    third = start("450")  # somebody took fifty
    assert [(m.kind, m.amount) for m in third.movements.all()] == [("opening", -50)]
    assert agrees(third)
    check_books()


def test_cash_goes_into_the_drawer_of_who_takes_it(in_norte):
    customer = make_customer()
    mine, hers = start("0"), start("100", BEA)
    assert mine.account_id != hers.account_id
    pay(customer, "10")
    pay(customer, "20", key="k2", actor=BEA)
    pay(customer, "40", key="k3", actor=API)
    assert (expected_in(mine), expected_in(hers)) == (10, 120)
    assert Entry.objects.filter(account__kind="cash", account__name="", amount=40).exists()


def test_a_person_has_one_drawer_and_a_till_one_person(in_norte):
    till = add_account(kind="cash", name="Mostrador", actor=STAFF)
    drawer = start("0", account_id=till.pk)
    with pytest.raises(DrawerRefused):
        start("0")
    with pytest.raises(DrawerRefused):
        start("0", BEA, account_id=till.pk)
    with pytest.raises(DrawerRefused):
        start("0", API)
    with pytest.raises(AccountRefused, match="abierta"):
        use_account(account_id=till.pk, active=False, actor=STAFF)
    with pytest.raises(BadAmount):
        start("-1", BEA)
    count(drawer, "0")
    assert start("0", BEA, account_id=till.pk).account_id == till.pk


def test_namesakes_have_a_till_each(in_norte):
    assert start("0").account_id != start("0", Actor("user", 9, "Ana")).account_id


def test_a_closed_drawer_takes_nothing_more(in_norte):
    customer = make_customer()
    drawer = start("0")
    payment = pay(customer, "600")
    count(drawer, "600")
    entries = Entry.objects.count()
    with pytest.raises(DrawerRefused, match="se cerró"):
        pay(customer, "10", key="k2", drawer_id=drawer.pk)
    with pytest.raises(DrawerRefused, match="cerrada"):
        moved(drawer, "top_up", "10")
    with pytest.raises(DrawerRefused, match="cerrada"):
        count(drawer, "600")
    assert (Payment.objects.count(), Entry.objects.count()) == (1, entries)
    void_payment(payment_id=payment.pk, reason="Billete falso", actor=BEA, now=NOW)
    assert held_by(drawer.account_id) == 600  # it was counted; the money left the general cash
    assert sum(Entry.objects.filter(account__kind="cash", account__name="").values_list("amount", flat=True)) == -600
    check_books()


def test_undoing_takes_the_cash_from_where_it_is(in_norte):
    customer = make_customer()
    mine, hers = start("0"), start("0", BEA)
    payment = pay(customer, "600")
    void_payment(payment_id=payment.pk, reason="x", actor=BEA, now=NOW)
    assert (expected_in(mine), expected_in(hers)) == (0, 0)
    old = pay(customer, "300", key="k2")
    count(mine, "300")
    again = pay(customer, "300", key="k3", actor=BEA)
    void_payment(payment_id=old.pk, reason="x", actor=BEA, now=NOW)
    assert (expected_in(hers), held_by(mine.account_id)) == (0, 300)
    assert again.account_id == hers.account_id


def test_nobody_takes_out_what_is_not_there(in_norte):
    drawer = start("100")
    payment = pay(make_customer(), "300", method="transfer")
    for kind in ("deposit", "withdrawal"):
        with pytest.raises(DrawerRefused, match=r"\$100.00"):
            moved(drawer, kind, "101")
    with pytest.raises(DrawerRefused, match=r"\$100.00"):
        refund_payment(
            payment_id=payment.pk, amount=Decimal(200), reason="x", method="cash", actor=STAFF, key="r", now=NOW
        )
    assert not DrawerMovement.objects.exclude(kind="opening").exists()
    assert moved(drawer, "withdrawal", "40") == moved(drawer, "withdrawal", "40")
    assert expected_in(drawer) == 60


def test_the_provider_may_ask_for_an_open_drawer(in_norte):
    change_counter(changes={"cash_drawers": "require"}, actor=STAFF)
    customer = make_customer()
    with pytest.raises(DrawerRefused, match="Abra su caja"):
        pay(customer, "10")
    assert not Payment.objects.exists()
    assert pay(customer, "10", method="transfer")
    assert pay(customer, "10", key="k2", actor=API)
    start("0")
    assert pay(customer, "10", key="k3")
    with pytest.raises(PaymentRefused, match="otra persona"):
        pay(customer, "10", key="k4", drawer_id=start("0", BEA).pk)


def test_a_payment_races_the_close_and_is_counted_or_told(fresh_db, in_norte):
    """Whatever comes first, the drawer's count holds exactly the payments that were booked into it."""
    customers = [make_customer() for _each in range(6)]
    drawer = start("0")
    told, gate = [], threading.Barrier(7)

    def work(job):
        try:
            gate.wait()
            with enter("norte"):
                job()
        except PaymentRefused as error:
            told.append(str(error))
        finally:
            connection.close()

    def take(index):
        return lambda: pay(customers[index], "100", key=f"race{index}", drawer_id=drawer.pk)

    jobs = [take(index) for index in range(6)]
    jobs.insert(3, lambda: count(drawer, "0", note="carrera"))
    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    drawer.refresh_from_db()
    booked = Payment.objects.filter(account=drawer.account).count()
    assert drawer.expected == booked * 100
    assert booked == Payment.objects.count()
    assert len(told) == 6 - booked
    assert all("se cerró" in text for text in told)
    assert held_by(drawer.account_id) == 0
    check_books()


def test_two_openings_at_once_make_one_drawer(fresh_db, in_norte):
    gate, refused = threading.Barrier(4), []

    def work():
        try:
            gate.wait()
            with enter("norte"):
                start("100")
        except DrawerRefused as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (CashDrawer.objects.count(), len(refused)) == (1, 3)
    assert agrees(CashDrawer.objects.get())


money = st.decimals("0.01", "500", places=2)
acts = st.sampled_from(["pay", "transfer", "void", "refund", "deposit", "withdrawal", "top_up", "close"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(steps=st.lists(st.tuples(acts, money, st.integers(0, 4)), max_size=10))
def test_the_drawer_always_holds_what_its_account_says(in_norte, steps):
    customer = make_customer()
    mine = Payment.objects.filter(customer=customer).order_by("id")
    drawer = open_drawer_of(STAFF) or start("200")
    for number, (act, amount, which) in enumerate(steps):
        key, chosen = f"{customer.pk}:{number}", mine[which % len(mine)] if mine else None
        try:
            if act in {"pay", "transfer"}:
                pay(customer, amount, key=key, method="cash" if act == "pay" else "transfer")
            elif act in {"deposit", "withdrawal", "top_up"}:
                moved(drawer, act, amount, key=key)
            elif act == "close":
                count(drawer, amount, note="x")
                drawer = start(str(amount))
            elif chosen and act == "void":
                void_payment(payment_id=chosen.pk, reason="x", actor=STAFF, now=NOW)
            elif chosen:
                refund_payment(
                    payment_id=chosen.pk, amount=amount, reason="x", method="cash", actor=STAFF, key=key, now=NOW
                )
        except PaymentRefused:
            pass
        assert all(agrees(row) for row in CashDrawer.objects.filter(closed_at=None))
        for row in DrawerMovement.objects.filter(drawer=drawer):
            assert sum(row.transaction.entries.filter(account=drawer.account_id).values_list("amount", flat=True)) == (
                row.amount
            )
    check_books()


# --- Pages -----------------------------------------------------------------------------------------------------------


def url(name, *args):
    return reverse(f"billing:{name}", args=args)


def test_a_drawer_is_opened_moved_counted_and_printed(client_norte, in_norte):
    assert client_norte.get(url("drawers")).status_code == 200
    response = client_norte.post(url("drawers"), {"opening": "mil"})
    assert response.status_code == 422
    assert "sólo con números" in response.content.decode()
    client_norte.post(url("drawers"), {"opening": "500"})
    drawer = CashDrawer.objects.get()
    assert "$500.00" in client_norte.get(url("drawer", drawer.pk)).content.decode()
    wrong = client_norte.post(url("drawer_move", drawer.pk), {"kind": "deposit", "amount": "900", "key": "a"}, **HTMX)
    assert (wrong.status_code, 'value="900"' in wrong.content.decode()) == (422, True)
    assert client_norte.get(url("drawer_move", drawer.pk), **HTMX).status_code == 200
    client_norte.post(url("drawer_move", drawer.pk), {"kind": "deposit", "amount": "100", "key": "a"}, **HTMX)
    assert client_norte.get(url("drawer_close", drawer.pk), **HTMX).status_code == 200
    wrong = client_norte.post(url("drawer_close", drawer.pk), {"face_100": "3", "face_50": "1"}, **HTMX)
    assert "Faltan $50.00" in wrong.content.decode()
    nothing = client_norte.post(url("drawer_close", drawer.pk), {"counted": ""}, **HTMX)
    assert "aunque sea 0" in nothing.content.decode()
    sent = {"face_100": "3", "face_50": "1", "note": "Vuelto mal dado"}
    assert client_norte.post(url("drawer_close", drawer.pk), sent, **HTMX).status_code == 204
    drawer.refresh_from_db()
    assert (drawer.counted, drawer.denominations) == (350, {"100": 3, "50": 1})
    assert "−$50.00" in client_norte.get(url("drawer", drawer.pk)).content.decode()
    assert client_norte.get(url("drawer_pdf", drawer.pk)).content.startswith(b"%PDF")
    assert b"".join(client_norte.get(url("drawer_export", drawer.pk))).startswith(b"PK")
    check_books()


def test_others_see_only_their_own_drawer(client_norte, sign_in, client_sur, norte, in_norte):
    drawer = start("500")
    cashier = sign_in(norte, "collections")
    for name in ("drawer", "drawer_pdf", "drawer_export", "drawer_move", "drawer_close"):
        assert cashier.get(url(name, drawer.pk)).status_code == 404
        assert client_sur.get(url(name, drawer.pk)).status_code == 404
        assert client_norte.get(url(name, drawer.pk)).status_code == 200
    cashier.post(url("drawer_close", drawer.pk), {"counted": "500"})
    assert CashDrawer.objects.get().closed_at is None


def test_a_drawer_is_opened_from_the_payment(client_norte, in_norte):
    customer = make_customer()
    assert "No tiene una caja abierta" in client_norte.get(url("pay", customer.pk), **HTMX).content.decode()
    wrong = client_norte.post(url("pay_open_drawer", customer.pk), {"opening": "x"}, **HTMX)
    assert wrong.status_code == 422
    opened = client_norte.post(url("pay_open_drawer", customer.pk), {"opening": "0"}, **HTMX)
    drawer = CashDrawer.objects.get()
    assert f'name="drawer" value="{drawer.pk}"' in opened.content.decode()
    sent = {"amount": "10", "method": "cash", "received_on": today().isoformat(), "key": "k", "drawer": drawer.pk}
    close_drawer(drawer_id=drawer.pk, counted=Decimal(0), actor=STAFF, now=NOW + dt.timedelta(hours=1))
    response = client_norte.post(url("pay", customer.pk), sent, **HTMX)
    assert (response.status_code, "se cerró" in response.content.decode()) == (422, True)
    assert not Payment.objects.exists()


def test_accounts_are_named_in_the_settings(client_norte, sign_in, norte, in_norte):
    assert client_norte.get(url("accounts")).status_code == 200
    client_norte.post(url("account_new"), {"kind": "bank", "name": "BBVA 1234"})
    again = client_norte.post(url("account_new"), {"kind": "bank", "name": "BBVA 1234"})
    assert (again.status_code, "Ya hay una cuenta" in again.content.decode()) == (422, True)
    page = client_norte.get(url("accounts")).content.decode()
    assert "BBVA 1234" in page
    client_norte.post(url("accounts"), {"cash_drawers": "require", "difference_free": "5"})
    with pytest.raises(DrawerRefused):
        pay(make_customer(), "10")
    assert sign_in(norte, "collections").get(url("accounts")).status_code == 404


@pytest.mark.parametrize("rows", [1, 12])
def test_a_drawer_asks_as_often_for_twelve_payments_as_for_one(
    client_norte, in_norte, django_assert_max_num_queries, rows
):
    drawer = start("0")
    for number in range(rows):
        pay(make_customer(), "10", key=f"k{number}")
    client_norte.get(url("drawer", drawer.pk))
    with django_assert_max_num_queries(16):
        client_norte.get(url("drawer", drawer.pk))
