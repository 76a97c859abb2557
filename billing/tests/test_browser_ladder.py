"""The ladder in a real browser: its steps are edited, the difference is seen before it is saved, the night shows it."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from billing.domain.policies import current_policy
from billing.tests.scenes import make_customer, owe
from billing.tests.test_pages import today
from customers.models import Zone
from tenants.current import enter

SHOTS = os.environ.get("LADDER_SHOTS", "")


def shoot(page, name):
    """Keep a picture when a person asked for some."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def save(page):
    """Send the form once what is shown beside it has come: leaving earlier is logged as a request that was lost."""
    page.locator(".terms__save").scroll_into_view_if_needed()
    page.keyboard.press("Tab")
    page.wait_for_timeout(700)
    page.wait_for_load_state("networkidle")
    page.locator(".terms__save .button--primary").click()


@pytest.fixture
def debtors(norte):
    with enter("norte"):
        for name, late in (("Ana Primera", 20), ("Beto Segundo", 2), ("Ñico Tercero", -5)):
            owe(make_customer(name), "600", days_late=late, today=today())
        Zone.objects.create(name="Ribera")


def test_the_steps_are_edited_and_the_difference_is_seen_before_it_is_saved(browser, norte, debtors):
    page = browser.open(norte, "/cobranza/politica/", width=1440)
    room = page.locator("#what-if-room")
    expect(room).to_contain_text("Hoy no cambia para nadie")
    shoot(page, "policy-1440")
    page.get_by_label("Días de gracia").fill("10")
    page.get_by_label("Días de gracia").blur()
    expect(room.locator('[data-moved="cut-leaves"]')).to_contain_text("Beto Segundo")
    page.get_by_role("button", name="Agregar un aviso").click()
    expect(page.locator(".notices__row")).to_have_count(3)
    last = page.locator(".notices__row").last
    last.get_by_label("Días", exact=True).fill("5")
    last.get_by_label("Desde cuándo").select_option("before_due")
    expect(room.locator('[data-moved="remind-joins"]')).to_contain_text("Ñico Tercero")
    shoot(page, "what-if-1440")
    with enter("norte"):
        assert (current_policy().cut_after_days, len(current_policy().notices)) == (0, 2)
    save(page)
    expect(page.get_by_text("Política guardada")).to_be_visible()
    with enter("norte"):
        assert current_policy().cut_after_days == 10
        assert [notice["days"] for notice in current_policy().notices] == [-5, -3, 0]
    page.goto(browser.url(norte, "/cobranza/esta-noche/"))
    expect(page.get_by_role("row", name=re.compile("Ana Primera"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Ñico Tercero"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Beto Segundo"))).to_have_count(0)
    shoot(page, "tonight-1440")


def test_on_a_phone_a_zone_has_notices_of_its_own_and_a_wrong_one_is_said(browser, norte, debtors):
    with enter("norte"):
        zone = Zone.objects.get()
    page = browser.open(norte, f"/cobranza/condiciones/zona/{zone.pk}/", width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator('[name="own_notices"]').check()
    page.get_by_role("button", name="Quitar este aviso").first.click()
    expect(page.locator(".notices__row")).to_have_count(1)
    page.locator(".notices__row").get_by_label("Días", exact=True).fill("90")
    shoot(page, "zone-390")
    save(page)
    expect(page.get_by_text("60 días antes a 60 días después").first).to_be_visible()
    expect(page.locator(".notices__row").get_by_label("Días", exact=True)).to_have_value("90")
    page.locator(".notices__row").get_by_label("Días", exact=True).fill("2")
    save(page)
    expect(page.get_by_text("Condiciones de «Ribera» guardadas")).to_be_visible()
    with enter("norte"):
        zone.refresh_from_db()
        assert [notice["days"] for notice in zone.policy_override.values["notices"]] == [2]
