"""The shipped samples are what the generator writes, and carry the dirt the import must survive."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import pytest

from desk.imports.samples.generate import FOLDER, main, sample_clients, sample_files


@pytest.mark.parametrize("provider", ["norte", "sur"])
def test_shipped_files_are_what_the_generator_writes(provider):
    for name, content in sample_files(provider=provider).items():
        assert (FOLDER / name).read_bytes() == content, f"{name}: run python -m desk.imports.samples.generate"


def test_the_samples_carry_the_dirt_of_real_lists():
    rows = sample_clients(provider="norte")
    assert len(rows) == 536
    assert {row["estado"] for row in rows} == {"Activo", "Suspendido", "Cancelado", "Gratis"}
    assert any(" / " in row["telefono"] for row in rows)
    assert any(row["telefono"] == "" for row in rows)
    assert any(row["email"] == "no tiene" for row in rows)
    assert any(row["saldo"].startswith("-") for row in rows)
    people = Counter((row["nombre"].strip(), row["cedula"]) for row in rows)
    names = Counter(row["nombre"] for row in rows)
    assert max(people.values()) > 1, "one person with two services"
    assert max(names.values()) > 1, "two people of one name"


def test_two_providers_share_no_user_and_another_day_moves_the_dates(tmp_path):
    norte = {row["usuario"] for row in sample_clients(provider="norte")}
    assert norte.isdisjoint(row["usuario"] for row in sample_clients(provider="sur"))
    main(["--provider", "sur", "--size", "12", "--today", "2028-02-29", "--out", str(tmp_path)])
    invoices = json.loads((tmp_path / "sur_facturas.json").read_text())["results"]
    assert {row["fecha_emision"] for row in invoices} == {"25/02/2028", "25/01/2028", "25/12/2027"}
    assert len(json.loads((tmp_path / "sur_clientes.json").read_text())["results"]) == 12
    again = sample_files(provider="sur", size=12, today=date(2028, 2, 29))
    assert again["sur_facturas.json"] == (tmp_path / "sur_facturas.json").read_bytes()
