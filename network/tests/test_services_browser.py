"""A technician at a service's page, with a router and the network process behind."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from events.models import Event
from network.models import Access
from network.tests.conftest import MakeAccess
from network.tests.process_tools import eventually, router_row, running, simulate
from tenants.current import entered
from tenants.models import Tenant


def test_a_technician_kicks_cuts_and_restores(browser: Any, norte: Tenant, make_access: MakeAccess) -> None:
    with simulate("ana@red", "beto@red") as router, entered(norte), running():
        row = router_row(router)
        access = make_access("ana@red", row)
        make_access("beto@red", row)
        assert eventually(lambda: Access.objects.filter(session_up=True).count() == 2)
        page = browser.open(norte, "/red/accesos/", role="technician", width=390, height=844)
        page.get_by_role("link", name="ana@red").click()
        live = page.locator("#service-live")
        live.get_by_text("En línea").wait_for()

        page.once("dialog", lambda dialog: dialog.accept())
        live.get_by_role("button", name="Reiniciar sesión").click()
        page.get_by_text("Reiniciando la sesión").wait_for()
        assert eventually(lambda: [note.words[0] for note in router.writes()] == ["/ppp/active/remove"])
        assert eventually(lambda: router.online_names() == {"ana@red", "beto@red"})
        live.get_by_text("En línea").wait_for()

        live.get_by_role("button", name="Cortar", exact=True).click()
        page.get_by_label("Motivo").fill("Equipo dañando la red")
        page.get_by_role("button", name="Cortar el servicio").click()
        live.get_by_text("Cortado en el router desde hoy").wait_for()
        live.get_by_text("«Equipo dañando la red»").wait_for()
        assert router.disabled_names() == {"ana@red"}
        expect(live.get_by_role("button", name="Reiniciar sesión")).to_have_count(0)

        live.get_by_role("button", name="Reconectar").click()
        page.get_by_role("button", name="Reconectar el servicio").click()
        live.get_by_text("En línea").wait_for()
        assert router.disabled_names() == set()
        page.reload()
        for said in ("reinició la sesión de ana@red", "Servicio cortado en RB-Norte", "Servicio reconectado"):
            page.get_by_text(said).first.wait_for()
        assert Access.objects.get(pk=access.pk).agrees


def test_a_password_is_shown_kept_through_news_and_hidden(browser: Any, norte: Tenant, make_access: MakeAccess) -> None:
    with entered(norte):
        access = make_access()
        page = browser.open(norte, f"/red/servicios/{access.service_id}/", role="technician")
        assert "clave" not in page.locator(".secret").inner_text()
        page.clock.install()
        page.get_by_role("button", name="Mostrar").click()
        shown = page.locator(".secret__text")
        expect(shown).to_have_text("clave")
        page.evaluate("document.body.dispatchEvent(new CustomEvent('live:network', {detail: {}}))")
        page.wait_for_timeout(400)
        expect(shown).to_have_text("clave")
        page.clock.fast_forward(31_000)
        page.get_by_role("button", name="Mostrar").wait_for()
        expect(shown).to_have_count(0)
        assert Event.objects.filter(type="access.shown").count() == 1
