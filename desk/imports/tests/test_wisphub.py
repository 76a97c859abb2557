"""WispHub's lists, as they come and as they should not come."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.imports.samples.generate import FOLDER, sample_clients, sample_invoices
from desk.imports.sources.base import Level, SourceFile, State, UnreadableFilesError
from desk.imports.sources.registry import SOURCES
from desk.imports.sources.wisphub import fields

CLIENT = sample_clients(provider="norte", size=1)[0]
INVOICE = {
    **sample_invoices(provider="norte", clients=[{**CLIENT, "estado": "Activo"}])[0],
    "estado": "Pendiente de Pago",
}


def read(*documents, country="MX"):
    files = [
        SourceFile(f"{number}.json", document if isinstance(document, bytes) else json.dumps(document).encode())
        for number, document in enumerate(documents, 1)
    ]
    return SOURCES["wisphub"].read(files, country=country)


def client(**changes):
    return {**CLIENT, **changes}


def invoice(**changes):
    return {**INVOICE, **changes}


def refusal(*documents):
    with pytest.raises(UnreadableFilesError) as caught:
        read(*documents)
    return [problem.sentence for problem in caught.value.problems]


@pytest.mark.parametrize(("provider", "country", "size"), [("norte", "MX", 536), ("sur", "PE", 180)])
def test_the_shipped_lists_are_read_whole(provider, country, size):
    batch = read(
        (FOLDER / f"{provider}_clientes.json").read_bytes(),
        (FOLDER / f"{provider}_facturas.json").read_bytes(),
        country=country,
    )
    assert len(batch.services) == size
    assert batch.invoices
    assert len([row for row in batch.invoices if row.is_paid]) > len(batch.invoices) / 2
    assert all(row.period for row in batch.invoices)
    assert not [problem for problem in batch.problems if problem.level == Level.ERROR]
    assert all(row.total == row.subtotal + row.tax for row in batch.invoices)
    assert all(phone.startswith("+") for row in batch.services for phone in row.phones)


def test_a_page_a_list_and_several_pages_give_the_same_rows():
    one, two = client(), client(id_servicio=2, usuario="dos@red")
    page = read({"count": 2, "next": None, "previous": None, "results": [one, two]})
    assert [row.ref for row in page.services] == ["1", "2"]
    assert page.services == read([one, two]).services
    pages = [{"count": 2, "results": [one]}, {"count": 2, "results": [two]}]
    assert [row.ref for row in read(pages).services] == ["1", "2"]
    assert [row.ref for row in read(*pages).services] == ["1", "2"]


def test_values_are_typed_and_passwords_stay_out_of_repr():
    row = read(
        [
            client(
                telefono="5500702153 / 5500702154",
                saldo="-85.88",
                coordenadas="21.545175, -104.944465",
                fecha_instalacion="29/02/2024",
                mac_cpe="5d-9d-a6-0e-50-7a",
                nombre=" Íñigo  Núñez ",
                password_servicio="pw-secret",
            )
        ]
    ).services[0]
    assert row.phones == ("+525500702153", "+525500702154")
    assert row.balance == Decimal("-85.88")
    assert (row.latitude, row.longitude) == (Decimal("21.545175"), Decimal("-104.944465"))
    assert row.installed_on == date(2024, 2, 29)
    assert row.mac == "5D:9D:A6:0E:50:7A"
    assert row.name == "Íñigo Núñez"
    assert row.ppp_password == "pw-secret"
    for secret in ("pw-secret", CLIENT["password_cpe"], CLIENT["password_ssid_router_wifi"]):
        assert secret not in repr(row)


@pytest.mark.parametrize(
    ("said", "state"),
    [("Activo", State.ACTIVE), ("suspendido", State.SUSPENDED), (3, State.CANCELLED), ("Gratis", State.FREE)],
)
def test_states_come_as_words_or_numbers(said, state):
    assert read([client(estado=said)]).services[0].state == state


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"telefono": "55007021"}, "bad_phone"),
        ({"telefono": ""}, "no_phone"),
        ({"email": "calle 5 s/n"}, "bad_email"),
        ({"coordenadas": "pendiente"}, "bad_place"),
        ({"coordenadas": "121.5,200.1"}, "bad_place"),
        ({"ip": "10.13.0.300"}, "bad_ip"),
        ({"mac_cpe": "5D:9D"}, "bad_mac"),
        ({"fecha_instalacion": "31/02/2024"}, "bad_day"),
        ({"router": None}, "no_router"),
        ({"direccion": "x" * 300}, "too_long"),
    ],
)
def test_a_bad_detail_is_told_and_the_customer_still_enters(changes, kind):
    batch = read([client(**changes)])
    assert len(batch.services) == 1
    problem = next(problem for problem in batch.problems if problem.kind == kind)
    assert problem.level == Level.WARNING
    assert problem.row == 1
    assert problem.ref == CLIENT["usuario"]
    assert CLIENT["nombre"].split()[0] in problem.sentence


def test_no_tiene_is_no_mail_and_no_complaint():
    batch = read([client(email="no tiene")])
    assert batch.services[0].email == ""
    assert "bad_email" not in {problem.kind for problem in batch.problems}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"id_servicio": None}, "no_key"),
        ({"nombre": "  "}, "no_name"),
        ({"estado": "CORTE POR DEUDA"}, "bad_state"),
        ({"precio_plan": "gratis"}, "bad_price"),
        ({"precio_plan": "-1"}, "bad_price"),
        ({"saldo": "1 S/. 50.00 y algo"}, "bad_balance"),
        ({"saldo": "NaN"}, "bad_balance"),
        ({"zona": None}, "no_zone"),
        ({"plan_internet": {"id": 3, "nombre": ""}}, "no_plan"),
    ],
)
def test_a_row_that_cannot_be_a_customer_is_left_out_and_told(changes, kind):
    batch = read([client(id_servicio=7), client(**changes)])
    assert [row.ref for row in batch.services] == ["7"]
    problem = next(problem for problem in batch.problems if problem.level == Level.ERROR)
    assert (problem.kind, problem.row) == (kind, 2)


def test_repeated_and_missing_pages_are_told():
    batch = read({"count": 536, "results": [client(), client()]})
    assert len(batch.services) == 1
    assert {"repeated", "missing_pages"} <= {problem.kind for problem in batch.problems}
    assert "536" in next(p.sentence for p in batch.problems if p.kind == "missing_pages")


@pytest.mark.parametrize(
    ("state", "paid"),
    [("Pendiente de Pago", False), ("En Revisión", False), ("Pagada", True), (1, False), (2, True)],
)
def test_only_the_state_says_what_is_owed(state, paid):
    # total_cobrado equals the total on open ones as well: it must not count as paid.
    assert INVOICE["total_cobrado"] == INVOICE["total"]
    assert read([client()], [invoice(estado=state)]).invoices[0].is_paid is paid


def test_a_cancelled_invoice_is_only_counted():
    batch = read([client()], [invoice(estado="Cancelada")])
    assert (batch.invoices, batch.void_invoices) == ([], 1)


@pytest.mark.parametrize(
    ("text", "due", "days"),
    [
        ("Plan 20 Periodo del 1 al 30", date(2026, 11, 3), (date(2026, 11, 1), date(2026, 12, 1))),
        ("Plan 20 Periodo del 1 al 30", date(2028, 2, 3), (date(2028, 2, 1), date(2028, 3, 1))),
        ("Periodo del 1/Oct./2026 al 31/Oct./2026", date(2026, 10, 3), (date(2026, 10, 1), date(2026, 11, 1))),
        ("Periodo del 15 al 15", date(2026, 8, 20), (date(2026, 8, 15), date(2026, 9, 15))),
        ("Periodo del 5 al 20", date(2026, 8, 7), (date(2026, 8, 5), date(2026, 8, 21))),
        ("Periodo del 1/Foo./2026 al 31/Oct./2026", date(2026, 10, 3), None),
        ("Periodo del 31 al 99", date(2026, 2, 3), None),
        ("Instalación", date(2026, 2, 3), None),
    ],
)
def test_the_period_is_read_from_the_words(text, due, days):
    assert fields.period(text, due) == days


def test_an_open_invoice_knows_its_service_and_its_tax():
    found = read([client()], [invoice(total="350.00", impuestos_total="48.28")]).invoices[0]
    assert (found.service_ref, found.user) == ("1", CLIENT["usuario"])
    assert (found.subtotal, found.tax, found.total) == (
        Decimal("301.72"),
        Decimal("48.28"),
        Decimal("350.00"),
    )


@pytest.mark.parametrize("changes", [{"total": "x"}, {"fecha_vencimiento": None}, {"estado": "?"}])
def test_a_broken_invoice_is_left_out_and_told(changes):
    batch = read([client()], [invoice(**changes)])
    assert not batch.invoices
    assert INVOICE["folio"] in next(p.sentence for p in batch.problems if p.level == Level.ERROR)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vacío"),
        (b"  \n ", "vacío"),
        (b"<!doctype html><html><body>Entrar</body></html>", "página web"),
        (b"PK\x03\x04rest", "hoja de cálculo"),
        (b"%PDF-1.7", "PDF"),
        (b"id;nombre\n1;Ana\n", "CSV"),
        (b"hola", "no es JSON"),
        (b'{"detail": "Invalid token."}', "Invalid token."),
        (b'{"id_servicio": 1, "usuario_rb": "x"}', "un solo cliente"),
        (b'{"count": 0, "results": []}', "lista vacía"),
        (b'{"a": 1}', "falta «results»"),
        (b"3", "falta «results»"),
        (b'{"count": 1, "results": [{"id_ticket": 3}]}', "tickets"),
        (b'[{"id": 3}]', "id_servicio"),
        (b'{"results": [}, "count": 1}', "dañado en la línea 1"),
        (b"[" * 100_000, "WispHub"),
    ],
)
def test_a_file_that_is_no_list_gets_a_sentence_that_helps(content, words):
    sentences = refusal(content)
    assert words in sentences[0]
    assert "1.json" in sentences[0]


def test_a_cut_download_is_recognised_wherever_it_was_cut():
    whole = json.dumps({"count": 1, "results": [CLIENT]}, ensure_ascii=False).encode()
    for end in (30, 200, len(whole) // 2, len(whole) - 1):
        assert "cortado" in refusal(whole[:end])[0] or "dañado" in refusal(whole[:end])[0]
    assert "cortado" in refusal(whole[:-1])[0]


def test_invoices_alone_say_what_is_missing():
    assert "falta la de clientes" in refusal([INVOICE])[0]
    assert "ningún archivo" in refusal()[0]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "nombre", "x"]), inner),
    max_leaves=5,
)


@given(field=st.sampled_from(sorted(CLIENT)), value=anything)
def test_no_value_of_a_client_is_an_error_of_ours(field, value):
    batch = read([client(id_servicio=9, usuario="otro@red"), client(**{field: value})])
    assert batch.services[0].ref == "9"
    assert all(problem.sentence for problem in batch.problems)
    for row in batch.services:
        assert row.name
        assert len(row.ref) <= 40
        assert "\x00" not in repr(row)


@given(field=st.sampled_from(sorted(INVOICE)), value=anything)
def test_no_value_of_an_invoice_is_an_error_of_ours(field, value):
    batch = read([client()], [invoice(), invoice(id_factura=1, **{field: value} if field != "id_factura" else {})])
    assert all(row.total == row.subtotal + row.tax for row in batch.invoices)


def test_one_bad_file_stops_all_and_each_is_named():
    sentences = refusal([CLIENT], b"", b"<html>")
    assert [text.split("»")[0] for text in sentences] == ["«2.json", "«3.json"]


def test_an_old_editor_and_a_byte_order_mark_do_no_harm():
    text = json.dumps([client(nombre="Íñigo Núñez")], ensure_ascii=False)
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        assert read(text.encode(encoding)).services[0].name == "Íñigo Núñez"
