"""Bank statements: any bank's file, whose each deposit is, and each booked once."""

import datetime as dt
import io
import threading
from decimal import Decimal

import pytest
import xlsxwriter
from django.db import connection

from billing.bank.mapping import BankMapping, guess_mapping, read_lines
from billing.bank.matching import Directory, Facts, Owing, judge, match_line
from billing.bank.reading import UnreadableStatement, read_table
from billing.bank.statements import (
    FormatChoice,
    StatementRefused,
    choose_customer,
    confirm_statement,
    counts_of,
    discard_statement,
    open_table,
    proposed_mapping,
    read_statement,
    receive_statement,
    reopen_line,
    set_line_aside,
    tick_line,
)
from billing.bank.work import book_line, drain
from billing.domain.money_accounts import add_account
from billing.domain.payments import PaymentRefused, void_payment
from billing.domain.transfer_references import reference_of
from billing.models import BankFormat, BankImport, BankLine, Entry, LedgerAccount, Payment
from billing.tests.scenes import NOW, STAFF, TODAY, check_books, make_customer, owe
from billing.tests.test_payments import cut, pay
from customers.models import Contact, Hold
from tenants.current import enter

HEAD = "Fecha;Concepto;Referencia;Cargo;Abono\n"
PLAIN = BankMapping(
    {"day": "Fecha", "description": "Concepto", "reference": "Referencia", "debit": "Cargo", "credit": "Abono"},
    "dmy",
    ".",
)


def csv_of(*rows, head=HEAD):
    return (head + "".join(f"{row}\n" for row in rows)).encode()


def bring(content, name="banco.csv", bank="BBVA", mapping=PLAIN):
    """A file, uploaded, mapped and matched."""
    account = LedgerAccount.objects.filter(kind="bank", name=bank).first() or add_account(
        kind="bank", name=bank, actor=STAFF
    )
    row = receive_statement(name=name, content=content, actor=STAFF, now=NOW)
    choice = FormatChoice(bank, account.pk, mapping.columns, mapping.day_format, mapping.decimals)
    read_statement(import_id=row.pk, choice=choice, now=NOW)
    drain(now=NOW)
    row.refresh_from_db()
    return row


def book(row):
    confirm_statement(import_id=row.pk, expected=counts_of(row)["ticked"], actor=STAFF)
    drain(now=NOW)
    row.refresh_from_db()
    return row


def states(row):
    return list(row.lines.order_by("row").values_list("state", flat=True))


# --- Reading ---------------------------------------------------------------------------------------------------------


def sheet_of(rows):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book_:
        sheet = book_.add_worksheet()
        day = book_.add_format({"num_format": "dd/mm/yyyy"})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    sheet.write_datetime(number, column, cell, day)
                else:
                    sheet.write(number, column, cell)
    return file.getvalue()


def test_excel_with_a_head_of_its_own_is_read(in_norte):
    table = read_table(
        "mov.xlsx",
        sheet_of(
            [
                ["Banco del Norte"],
                ["Cuenta 1234", "", "Periodo nov 2026"],
                [],
                ["Fecha", "Descripción", "Depósito", "Retiro"],
                [dt.date(2026, 11, 3), "SPEI María Ñ", 450.10, ""],
                [dt.date(2026, 11, 4), "Comisión", "", 12],
            ]
        ),
    )
    mapping = guess_mapping(table)
    found = read_lines(table, mapping, currency="MXN", today=TODAY)
    assert [(line.row, line.day, line.amount, line.description) for line in found.lines] == [
        (5, dt.date(2026, 11, 3), Decimal("450.1"), "SPEI María Ñ")
    ]
    assert found.debits == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
def test_any_encoding_and_separator(encoding, mark):
    text = f"Fecha{mark}Concepto{mark}Abono\n03/11/2026{mark}Muñoz Peña{mark}450.00\n04/11/2026{mark}x{mark}1.50\n"
    table = read_table("a.csv", text.encode(encoding))
    assert table.rows[0] == ("03/11/2026", "Muñoz Peña", "450.00")


@pytest.mark.parametrize(
    ("day", "amount", "mapping", "expected"),
    [
        ("03/11/2026", "1,234.50", "dmy.", "1234.50"),
        ("11/03/2026", "1,234.50", "mdy.", "1234.50"),
        ("2026-11-03", "1.234,50", "ymd,", "1234.50"),
        ("03-nov-26", "$ 1.234,50", "dmy,", "1234.50"),
        ("3 de noviembre de 2026", "+1234.5", "dmy.", "1234.5"),
        ("20261103", "MXN 1 234.50", "ymd.", "1234.50"),
    ],
)
def test_days_and_amounts_as_banks_write_them(day, amount, mapping, expected):
    table = read_table("a.csv", f"Fecha;Importe\n{day};{amount}\n{day};-5\n{day};(7.00)\n".encode())
    how = BankMapping({"day": "Fecha", "amount": "Importe"}, mapping[:3], mapping[3])
    found = read_lines(table, how, currency="MXN", today=TODAY)
    assert [(line.day, line.amount) for line in found.lines] == [(dt.date(2026, 11, 3), Decimal(expected))]
    assert (found.debits, found.problems) == (2, [])


def test_what_cannot_be_read_says_its_row_and_why():
    table = read_table(
        "a.csv", b"Fecha;Abono\n31/02/2026;10\n01/12/2026;10\n03/11/2026;diez\n03/11/2026;1.005\n;\nSaldo;\n"
    )
    found = read_lines(table, BankMapping({"day": "Fecha", "credit": "Abono"}, "dmy", "."), currency="MXN", today=TODAY)
    assert [row for row, _why in found.problems] == [2, 3, 5]
    assert "no es una fecha" in found.problems[0][1]
    assert "futuro" in found.problems[1][1]
    assert not found.lines


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vac"),
        (b"%PDF-1.7 x", "no es un estado"),
        (b"\x89PNG\x00\x00", "no es un estado"),
        (b"PK\x03\x04roto", "da\xf1ado".encode("latin-1").decode("latin-1")),
        (b"1;2\n3;4\n", "tulos"),
        (b"Fecha;Abono\n", "ning"),
        (b"a" * (10 * 1024 * 1024 + 1), "10 MB"),
        (b"Fecha;Abono\n" + b"03/11/2026;1\n" * 50_001, "50,000"),
    ],
)
def test_bad_files_get_a_sentence_and_leave_nothing(in_norte, content, words):
    with pytest.raises(UnreadableStatement, match=words):
        receive_statement(name="x.csv", content=content, actor=STAFF, now=NOW)
    assert not BankImport.objects.exists()


# --- Matching --------------------------------------------------------------------------------------------------------


def people():
    """Two Garcías and a rare name, each owing something."""
    found = Directory(lambda text: 3 if "0000397" in text else None)
    for pk, (code, name) in enumerate(
        (("C-101", "María García López"), ("C-102", "Juan García"), ("7", "Ñico Tercero")), 1
    ):
        found.add_customer(pk, code=code, name=name, tax_ids=["GALM800101AB1"] if pk == 1 else [])
        found.add_invoice(pk, Owing(f"A-{pk}0", Decimal(450 + pk), dt.date(2026, 11, 3)))
    found.phones["5512345678"] = 2
    found.payers["tienda la esquina"] = 2
    found.close()
    return found


@pytest.mark.parametrize(
    ("text", "amount", "customer", "state"),
    [
        ("spei 0000397", "10", 3, "certain"),
        ("pago factura a-10", "451", 1, "certain"),
        ("c-102 internet", "452", 2, "certain"),
        ("maria garcia lopez", "451", 1, "certain"),
        ("tercero nico", "10", 3, "doubtful"),
        ("transferencia 5512345678", "10", 2, "doubtful"),
        ("garcia", "9", None, "unknown"),
        ("deposito", "453", 3, "doubtful"),
        ("deposito en efectivo", "9", None, "unknown"),
        ("galm800101ab1", "451", 1, "certain"),
    ],
)
def test_whose_a_deposit_is(text, amount, customer, state):
    found = match_line(Facts(text, "", Decimal(amount), dt.date(2026, 11, 4)), people())
    assert judge(found) == state
    assert (found[0]["customer"] if found else None) == customer


def test_who_paid_before_is_known_by_their_name():
    found = match_line(Facts("x", "tienda la esquina", Decimal(452), dt.date(2026, 11, 4)), people())
    assert (found[0]["customer"], judge(found)) == (2, "certain")


# --- From file to ledger ---------------------------------------------------------------------------------------------


def test_a_statement_is_matched_confirmed_and_booked_once(in_norte):
    sure, maybe = make_customer("Ana Certera Solís"), make_customer("Beto Dudoso Mora")
    late = owe(sure, "450", days_late=5)
    owe(maybe, "300", days_late=5)
    cut(sure)
    row = bring(
        csv_of(
            f"03/11/2026;PAGO {reference_of(sure.pk)} ANA CERTERA;REF00991;;450.00",
            "04/11/2026;BETO DUDOSO;;;300.00",
            "04/11/2026;NADIE;;;77.00",
            "05/11/2026;COMISION;;25.00;",
        )
    )
    assert (row.stage, row.debits) == ("review", 1)
    assert states(row) == ["certain", "doubtful", "unknown"]
    assert counts_of(row)["ticked"] == 1
    assert not Payment.objects.exists()
    doubtful, unknown = row.lines.get(row=3), row.lines.get(row=4)
    assert doubtful.candidates[0]["customer"] == maybe.pk
    choose_customer(line_id=doubtful.pk, customer_id=maybe.pk)
    with pytest.raises(StatementRefused, match="de quién"):
        tick_line(line_id=unknown.pk, selected=True)
    set_line_aside(line_id=unknown.pk, aside=True)
    with pytest.raises(StatementRefused, match="Ahora hay 2"):
        confirm_statement(import_id=row.pk, expected=1, actor=STAFF)
    book(row)
    assert (row.stage, states(row)) == ("done", ["booked", "booked", "ignored"])
    late.refresh_from_db()
    assert (late.status, Payment.objects.count()) == ("paid", 2)
    assert not Hold.objects.filter(closed_at=None).exists()
    assert sum(Entry.objects.filter(account__name="BBVA").values_list("amount", flat=True)) == 750
    assert Payment.objects.earliest("id").received_at.date() == dt.date(2026, 11, 3)
    check_books()
    with pytest.raises(StatementRefused, match="ya se trajo"):
        bring(csv_of(f"03/11/2026;PAGO {reference_of(sure.pk)} ANA CERTERA;REF00991;;450.00",
            "04/11/2026;BETO DUDOSO;;;300.00", "04/11/2026;NADIE;;;77.00", "05/11/2026;COMISION;;25.00;"))  # fmt: skip


def test_files_that_overlap_book_no_line_twice_but_twins_are_two(in_norte):
    customer = make_customer("Ana Certera Solís")
    line = f"03/11/2026;PAGO {reference_of(customer.pk)};;;450.00"
    first = book(bring(csv_of(line)))
    assert Payment.objects.count() == 1
    second = bring(csv_of(line, line, "04/11/2026;OTRO;;;10.00"), name="b.csv")
    assert (second.repeated, second.lines.count()) == (1, 2)
    twin = second.lines.get(amount=450)
    assert (twin.occurrence, twin.state, twin.customer) == (2, "certain", customer)
    book(second)
    assert Payment.objects.count() == 2
    assert first.lines.get().fingerprint != twin.fingerprint
    third = bring(csv_of(line, line, "04/11/2026;OTRO;;;10.00", "05/11/2026;NUEVO;;;1.00"), name="c.csv")
    assert (third.repeated, third.lines.count()) == (3, 1)


def test_what_was_booked_already_is_recognised(in_norte):
    customer = make_customer("Ana Certera Solís")
    counter = pay(customer, "450", method="transfer", reference="SPEI 88-1234", received_at=NOW)
    row = bring(csv_of("24/11/2026;ANA CERTERA SOLIS;spei881234;;450.00", "24/11/2026;x;spei881234;;451.00"))
    known = row.lines.get(amount=450)
    assert (known.state, known.payment) == ("known", counter)
    assert row.lines.get(amount=451).state == "unknown"
    assert Payment.objects.count() == 1


def test_a_payment_without_reference_makes_the_line_doubtful(in_norte):
    customer = make_customer("Ana Certera Solís")
    pay(customer, "450", method="transfer")
    row = bring(csv_of(f"24/11/2026;PAGO {reference_of(customer.pk)};;;450.00"))
    line = row.lines.get()
    assert (line.state, line.selected) == ("doubtful", False)
    assert line.candidates[0]["reasons"][-1]["code"] == "already"


def test_a_line_undone_may_be_booked_to_somebody_else(in_norte):
    wrong, right = make_customer("Ana Certera Solís"), make_customer("Otra Persona")
    row = book(bring(csv_of(f"24/11/2026;PAGO {reference_of(wrong.pk)};;;450.00")))
    line = row.lines.get()
    with pytest.raises(StatementRefused, match="Anule"):
        reopen_line(line_id=line.pk)
    void_payment(payment_id=line.payment_id, reason="Era de otra", actor=STAFF, now=NOW)
    reopen_line(line_id=line.pk)
    choose_customer(line_id=line.pk, customer_id=right.pk)
    book(row)
    line.refresh_from_db()
    assert (line.state, line.payment.customer) == ("booked", right)
    assert Payment.objects.filter(voided_at=None).count() == 1
    check_books()


def test_the_format_is_remembered_for_the_banks_next_file(in_norte, django_capture_on_commit_callbacks):
    bring(csv_of("24/11/2026;x;;;1.00"))
    row = receive_statement(name="otro.csv", content=csv_of("25/11/2026;y;;;2.00"), actor=STAFF, now=NOW)
    assert row.format == BankFormat.objects.get()
    assert proposed_mapping(row, open_table(row)) == PLAIN
    with django_capture_on_commit_callbacks(execute=True):
        discard_statement(import_id=row.pk)
    assert not BankImport.objects.get(pk=row.pk).content


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"columns": {"credit": "Abono"}}, "fecha"),
        ({"columns": {"day": "Fecha"}}, "depósito"),
        ({"columns": {"day": "Fecha", "credit": "Fecha"}}, "dos veces"),
        ({"columns": {"day": "Fecha", "credit": "Nada"}}, "no tiene la columna"),
        ({"columns": {"day": "Fecha", "credit": "Cargo"}}, "ningún depósito"),
        ({"bank": " "}, "banco"),
        ({"account_id": 10**9}, "cuenta"),
    ],
)
def test_a_wrong_mapping_says_so_and_reads_nothing(in_norte, changes, words):
    account = add_account(kind="bank", name="BBVA", actor=STAFF)
    row = receive_statement(name="a.csv", content=csv_of("24/11/2026;x;;;1.00"), actor=STAFF, now=NOW)
    base = {"bank": "BBVA", "account_id": account.pk, "columns": PLAIN.columns, "day_format": "dmy", "decimals": "."}
    with pytest.raises(StatementRefused, match=words):
        read_statement(import_id=row.pk, choice=FormatChoice(**{**base, **changes}), now=NOW)
    assert not BankLine.objects.exists()
    assert not BankFormat.objects.exists()


def test_a_line_that_cannot_be_booked_does_not_stop_the_others(in_norte):
    customer = make_customer("Ana Certera Solís")
    row = bring(csv_of(*(f"24/11/2026;PAGO {reference_of(customer.pk)} {n};;;{n}.00" for n in range(1, 4))))
    LedgerAccount.objects.filter(name="BBVA").update(is_active=False)
    book(row)
    assert set(states(row)) == {"failed"}
    assert "cuenta" in row.lines.first().outcome
    LedgerAccount.objects.filter(name="BBVA").update(is_active=True)
    for line in row.lines.all():
        set_line_aside(line_id=line.pk, aside=False)
        choose_customer(line_id=line.pk, customer_id=customer.pk)
    book(row)
    assert Payment.objects.count() == 3


def test_phones_and_the_other_provider(in_norte, sur):
    customer = make_customer("Zoe")
    Contact.objects.create(customer=customer, kind="whatsapp", value="+525512345678", is_primary=True)
    owe(customer, "450")
    row = bring(csv_of("24/11/2026;TRANSF 5512345678;;;450.00"))
    assert states(row) == ["certain"]
    with enter("sur"):
        assert not BankImport.objects.exists()
        assert not BankLine.objects.exists()


def at_once(*jobs):
    gate, refused = threading.Barrier(len(jobs)), []

    def work(job):
        try:
            gate.wait()
            with enter("norte"):
                job()
        except PaymentRefused as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return refused


def test_two_cashiers_and_a_statement_book_one_reference_once(fresh_db, in_norte):
    one, two = make_customer("Ana Certera Solís"), make_customer("Otra")
    row = bring(csv_of(f"24/11/2026;PAGO {reference_of(one.pk)};SPEI778812;;450.00"))
    line = row.lines.get()
    assert line.selected

    def cashier(customer, key):
        return lambda: pay(customer, "450", key=key, method="transfer", reference="spei-778812")

    refused = at_once(
        cashier(one, "a"),
        cashier(two, "b"),
        lambda: book_line(line_id=line.pk, actor=STAFF, now=NOW),
        lambda: book_line(line_id=line.pk, actor=STAFF, now=NOW),
    )
    assert Payment.objects.count() == 1
    assert 1 <= len(refused) <= 2
    line.refresh_from_db()
    assert line.payment == Payment.objects.get()
    check_books()


def test_two_workers_book_a_statement_once(fresh_db, in_norte):
    customer = make_customer("Ana Certera Solís")
    row = bring(csv_of(*(f"24/11/2026;PAGO {reference_of(customer.pk)} {n};;;{n}.00" for n in range(1, 31))))
    confirm_statement(import_id=row.pk, expected=30, actor=STAFF)
    at_once(*([lambda: drain(now=NOW)] * 3))
    drain(now=NOW)
    assert (Payment.objects.count(), BankLine.objects.filter(state="booked").count()) == (30, 30)
    assert BankImport.objects.get().stage == "done"
    check_books()
