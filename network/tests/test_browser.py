"""A person cuts and reconnects a customer in a browser, with a router and the network process behind."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from network.models import Access
from network.tests.conftest import MakeAccess, make_service
from network.tests.process_tools import eventually, router_row, running, simulate
from tenants.current import entered
from tenants.models import Tenant


def test_cut_and_reconnect_on_the_customers_page(browser: Any, norte: Tenant, make_access: MakeAccess) -> None:
    with simulate("ana@red") as router, entered(norte), running():
        access = make_access("ana@red", router_row(router))
        assert eventually(lambda: Access.objects.get(pk=access.pk).session_up)
        page = browser.open(norte, f"/clientes/{access.service.customer_id}/")
        live = page.locator(".service__live")
        live.get_by_text("En línea").wait_for()
        live.get_by_role("button", name="Cortar").click()
        page.get_by_role("button", name="Cortar el servicio").click()
        live.get_by_text("Cortado en el router desde hoy").wait_for()
        assert router.disabled_names() == {"ana@red"}
        assert router.online_names() == set()
        live.get_by_role("button", name="Reconectar").click()
        page.get_by_role("button", name="Reconectar el servicio").click()
        live.get_by_text("En línea").wait_for()
        assert router.disabled_names() == set()
        assert eventually(lambda: router.online_names() == {"ana@red"})


def test_a_router_is_checked_and_added(browser: Any, norte: Tenant) -> None:
    with simulate("ana@red", identity="Torre Norte") as router, entered(norte), running():
        service = make_service("Beatriz Soto")
        page = browser.open(norte, "/red/")
        page.get_by_role("link", name="Agregar router").click()
        page.get_by_label("Nombre").fill("RB-Norte")
        page.get_by_label("Dirección", exact=True).fill("127.0.0.1")
        page.get_by_label("Puerto").fill(str(router.port))
        page.get_by_label("Usuario", exact=True).fill("enlace")
        page.get_by_label("Contraseña", exact=True).fill("mala")
        page.get_by_role("button", name="Comprobar").click()
        page.get_by_text("no aceptó el usuario o la contraseña").wait_for()
        page.get_by_text("no se revisó").first.wait_for()
        page.get_by_label("Contraseña", exact=True).fill("clave-del-router")
        # A choice that draws the fields anew keeps what was typed, the password too.
        page.get_by_label("Cifrado").select_option("anonymous")
        page.get_by_label("Permitir una conexión que nada prueba").wait_for()
        # No hand is so quick as to choose again before what came is in its place.
        expect(page.locator(".htmx-request, .htmx-settling")).to_have_count(0)
        page.get_by_label("Cifrado").select_option("")
        page.get_by_label("Permitir una conexión que nada prueba").wait_for(state="detached")
        assert page.get_by_label("Contraseña", exact=True).input_value() == "clave-del-router"
        page.get_by_role("button", name="Comprobar").click()
        page.get_by_text("«Torre Norte»").wait_for()
        page.get_by_text("PPPoE: 1").wait_for()
        page.get_by_text("Revisado.").wait_for()
        page.get_by_role("button", name="Agregar router").click()
        page.get_by_role("heading", name="Traer los clientes del router").wait_for()
        page.wait_for_load_state()  # a button that is pressed before the page's scripts are there does nothing
        page.get_by_role("button", name="Leer el router").click()
        page.get_by_text("ana@red").wait_for()
        page.get_by_label("Código del servicio de ana@red").fill(service.code)
        page.get_by_label("Código del servicio de ana@red").press("Tab")
        page.get_by_role("button", name="Enlazar a 1 cliente").wait_for()
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Enlazar a 1 cliente").click()
        page.get_by_text("1 cliente enlazado.").wait_for()
        access = Access.objects.get()
        assert (access.username, access.service_id, access.desired) == ("ana@red", service.pk, "on")
        page.get_by_role("link", name="Ver el router").click()
        page.get_by_text("RouterOS 7.20.2").wait_for()
        page.get_by_role("link", name="ana@red").wait_for()
