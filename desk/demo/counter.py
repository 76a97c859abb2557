"""The demo's counter: bank accounts by name, yesterday's closed drawer, and a statement that waits to be confirmed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from accounts.models import User
from billing.bank.statements import FormatChoice, read_statement, receive_statement
from billing.bank.work import drain
from billing.domain.drawers import close_drawer, move_cash, open_drawer
from billing.domain.money_accounts import add_account
from billing.domain.transfer_references import reference_of
from billing.models import Invoice
from events.domain import Actor
from tenants.current import current_tenant, tenant_today
from tenants.money import round_money

BANKS = {"MX": ("BBVA ··4821", "Santander ··0937"), "PE": ("BCP ··5510", "Interbank ··2084")}
COLUMNS = {"day": "Fecha", "description": "Concepto", "reference": "Referencia", "debit": "Cargo", "credit": "Abono"}


def set_up_counter(*, now: dt.datetime) -> None:
    """Make what a counter has after its first day. Runs inside the tenant, once, when it has people and debts."""
    names = BANKS.get(current_tenant().country, ("Banco principal", "Banco de ahorro"))
    banks = [add_account(kind="bank", name=name, actor=Actor.system("Demo")) for name in names]
    cashier = User.objects.filter(is_active=True).order_by("id").first()
    if cashier is None:
        return
    actor, yesterday = Actor.of_user(cashier), now - dt.timedelta(days=1)
    drawer = open_drawer(opening=Decimal(500), actor=actor, now=yesterday)
    move_cash(
        drawer_id=drawer.pk, kind="deposit", amount=Decimal(200), account_id=banks[0].pk, note="Ventanilla",
        actor=actor, now=yesterday + dt.timedelta(hours=6), key="demo:deposit",
    )  # fmt: skip
    close_drawer(
        drawer_id=drawer.pk, counted=Decimal(290), note="Faltó un billete al dar cambio", actor=actor,
        now=yesterday + dt.timedelta(hours=9),
    )  # fmt: skip
    content = statement_file(today=tenant_today(now))
    row = receive_statement(name="movimientos.csv", content=content, actor=actor, now=now)
    choice = FormatChoice(names[0].partition(" ")[0], banks[0].pk, COLUMNS, "dmy", ".")
    read_statement(import_id=row.pk, choice=choice, now=now)
    drain(now=now)


def statement_file(*, today: dt.date) -> bytes:
    """A bank's CSV with deposits of people who owe: by reference, by name, by amount alone, of nobody, and a fee."""
    currency = current_tenant().currency
    owing = list(Invoice.objects.unpaid().with_owed().filter(currency=currency).select_related("customer")[:60:8])
    day = f"{today - dt.timedelta(days=1):%d/%m/%Y}"
    rows = ["Fecha;Concepto;Referencia;Cargo;Abono"]
    for number, invoice in enumerate(owing):
        amount, person = round_money(invoice.total - invoice.paid, currency), invoice.customer
        words = (
            f"SPEI RECIBIDO {reference_of(person.pk)}",
            f"TRANSFERENCIA DE {person.name.upper()}",
            f"PAGO {invoice.label}",
            f"DEPOSITO {' '.join(person.name.upper().split()[:2])}",
        )[number % 4]
        rows.append(f"{day};{words};DEMO{number:05d};;{amount}")
    rows += [f"{day};DEPOSITO EN EFECTIVO;;;1234.00", f"{day};COMISION POR MANEJO DE CUENTA;;35.00;"]
    return "\n".join(rows).encode()
