"""Customers and imports in a real browser: typing, picking, dropping files, on a desk and on a phone."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from customers.models import Customer
from desk.imports.run import drain, receive_import, run_import
from desk.imports.samples.generate import sample_files
from desk.imports.sources.base import SourceFile
from desk.models import ImportRun
from events.domain import Actor
from tenants.current import entered

ACTOR = Actor("user", None, "Regina Lozano")


@pytest.fixture
def people(fresh_db, norte):
    """Forty people of the sample at norte."""
    files = [SourceFile(name, content) for name, content in sample_files(provider="norte", size=40).items()]
    with entered(norte):
        now = timezone.now()
        run = receive_import(source="wisphub", files=files, update_existing=False, actor=ACTOR, now=now)
        run_import(run_id=run.pk, actor=ACTOR, now=now)
        drain(now=now)
        return list(Customer.objects.order_by("name_key", "id"))


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_list_narrows_while_typing_and_the_address_keeps_it(browser, norte, people):
    page = browser.open(norte, "/clientes/")
    some = people[7]
    page.fill("input[type=search][name=q]", some.code)
    page.wait_for_url(f"**/clientes/?q={some.code}")
    page.wait_for_function("document.querySelectorAll('tbody .rows__link').length === 1")
    assert page.locator("tbody .rows__link").inner_text() == some.name
    page.reload()
    assert page.locator("main input[name=q]").input_value() == some.code
    page.select_option("select[name=estado]", "cancelado")
    page.get_by_text("Nadie coincide").wait_for()
    page.get_by_role("link", name="Quitar filtros").click()
    page.wait_for_url(re.compile(r"/clientes/$"))
    page.locator("tbody tr").first.click(position={"x": 500, "y": 20})
    page.wait_for_url(f"**/clientes/{people[0].pk}/")
    assert page.locator("h1").inner_text() == people[0].name


def test_picked_rows_stay_picked_and_are_exported(browser, norte, people):
    page = browser.open(norte, "/clientes/")
    assert page.locator("[data-pick-bar]").is_hidden()
    picks = page.locator(".rows__pick")
    picks.nth(0).check()
    picks.nth(2).check()
    assert page.locator("[data-pick-count]").inner_text() == "2"
    page.reload()
    assert page.locator("[data-pick-count]").inner_text() == "2"
    with page.expect_download() as download:
        page.get_by_role("button", name="Exportar los elegidos").click()
    table = download.value.path().read_text()
    assert table.count("\n") == 3
    assert people[0].code in table
    assert people[1].code not in table
    page.locator("[data-pick-all]").check()
    assert page.locator("[data-pick-count]").inner_text() == str(len(people))


@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_fits_and_its_parts_arrive(browser, norte, people, width):
    page = browser.open(norte, f"/clientes/{people[3].pk}/", width=width)
    page.get_by_role("heading", name="Cuenta").wait_for()
    page.locator(".service__live .skeleton").first.wait_for(state="detached")
    assert fits(page)
    for path in ("/clientes/", "/clientes/nuevo/", "/ajustes/importar/", "/ajustes/importar/nueva/"):
        page.goto(browser.url(norte, path))
        assert fits(page), path


def test_an_import_from_the_files_to_the_report(browser, norte, people):
    page = browser.open(norte, "/ajustes/importar/nueva/")
    page.set_input_files(
        "input[type=file]", [{"name": "malo.json", "mimeType": "application/json", "buffer": b"<html>"}]
    )
    assert "malo.json" in page.locator("[data-chosen]").inner_text()
    page.get_by_role("button", name="Revisar sin guardar").click()
    page.get_by_text("es una página web").wait_for()
    files = sample_files(provider="norte", size=60)
    page.set_input_files(
        "input[type=file]",
        [{"name": name, "mimeType": "application/json", "buffer": content} for name, content in files.items()],
    )
    page.get_by_role("button", name="Revisar sin guardar").click()
    page.get_by_role("heading", name="Esto es lo que entraría").wait_for()
    page.get_by_role("button", name=re.compile(r"Importar \d+ clientes")).click()
    page.get_by_role("heading", name="Importando").wait_for()
    with entered(norte):
        drain(now=timezone.now())
        run = ImportRun.objects.order_by("-id").first()
    # The page watches by itself and becomes the report.
    page.get_by_role("heading", name="Importación terminada").wait_for()
    assert run.stage == ImportRun.Stage.DONE
    assert fits(page)
