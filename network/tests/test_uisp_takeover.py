"""Sites of a UISP brought in as a router's clients are: matched, shown, chosen, and cut from then on."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.domain.holds import open_hold
from customers.models import Equipment
from network.domain.accesses import add_access
from network.domain.takeovers import confirm_takeover, read_takeover
from network.models import Access, TakenRow
from network.tests.conftest import ACTOR, make_service
from network.tests.process_tools import eventually, running
from network.tests.test_uisp_process import uisp_row
from network.tests.uisp_tools import simulate
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("fresh_db")


@pytest.mark.parametrize("kind", ["uisp_nms", "uisp_crm"])
def test_what_is_sure_is_linked_and_what_is_doubtful_is_shown(in_norte: Tenant, kind: str) -> None:
    by_mac, debtor, twin, _other = (
        make_service(name) for name in ("Ana Muñoz", "Beto Díaz Luz", "Caro Ruiz", "Caro Ruiz")
    )
    Equipment.objects.create(service=by_mac, mac="AA:BB:CC:00:00:01")
    now = timezone.now()
    open_hold(service_id=debtor.pk, reason="debt", source="x", actor=ACTOR, now=now)
    with simulate() as uisp, running():
        first = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1/24", mac="aabb.cc00.0001", site_name="Casa 1")
        second = uisp.world.add_customer("BETO  diaz luz", ip="10.1.0.2/24")
        uisp.world.add_customer("caro ruiz", ip="10.1.0.3")
        uisp.world.add_customer("Zoila Vaca", ip="10.1.0.4")
        row = uisp_row(uisp, kind)
        takeover = read_takeover(router_id=row.pk, actor=ACTOR, now=now)
        seen = {one.ip or one.label: (one.state, one.service_id) for one in takeover.rows.all()}
        if kind == "uisp_nms":
            assert seen == {
                "10.1.0.1": ("sure", by_mac.pk),
                "10.1.0.2": ("likely", debtor.pk),
                "10.1.0.3": ("doubtful", None),
                "10.1.0.4": ("none", None),
            }
        else:
            assert seen["BETO  diaz luz"] == ("likely", debtor.pk)
            assert seen["caro ruiz"] == ("doubtful", None)
        doubtful = takeover.rows.get(state="doubtful")
        assert twin.pk in doubtful.others
        assert not Access.objects.exists()
        assert uisp.writes() == []
        confirm_takeover(takeover_id=takeover.pk, cut_by="", actor=ACTOR, now=timezone.now())
        assert eventually(lambda: not uisp.world.reaches_internet("10.1.0.2")), "who owes is cut by it from then on"
        assert uisp.world.reaches_internet("10.1.0.1")
        keys = {str(one.site_id) if kind == "uisp_nms" else str(one.id) for one in (first, second)}
        assert set(Access.objects.values_list("username", flat=True)) == keys
        again = read_takeover(router_id=row.pk, actor=ACTOR, now=timezone.now())
        assert again.rows.filter(state="linked").count() == 2


def test_a_person_reviews_them_on_the_page(in_norte: Tenant, client_norte) -> None:
    sure, linked = make_service("Ana Muñoz"), make_service("Beto Díaz")
    for name in ("Caro Ruiz", "Caro Ruiz", "Dora Paz Luz"):
        make_service(name)
    Equipment.objects.create(service=sure, mac="AA:BB:CC:00:00:01")
    with simulate() as uisp:
        uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1", mac="AA:BB:CC:00:00:01")
        known = uisp.world.add_customer("Beto Díaz", ip="10.1.0.2")
        uisp.world.add_customer("Beto Diaz", ip="10.1.0.5")
        uisp.world.add_customer("Caro Ruiz", ip="10.1.0.3")
        uisp.world.add_customer("DORA PAZ LUZ", ip="10.1.0.6")
        uisp.world.add_customer("Zoila Vaca", ip="10.1.0.4")
        row = uisp_row(uisp)
        given = {"kind": "uisp_site", "username": str(known.site_id), "actor": ACTOR, "now": timezone.now()}
        add_access(service=linked, router=row, **given)
        address = reverse("network:takeover", args=[row.pk])
        assert client_norte.post(address).status_code == 204
        assert set(TakenRow.objects.values_list("state", flat=True)) == set(TakenRow.State.values) - {"also"}
        TakenRow.objects.filter(ip="10.1.0.5").update(state="also")
        page = client_norte.get(address)
        assert page.status_code == 200, "each state has its look"
        for name in ("Ana Muñoz", "Caro Ruiz", "Zoila Vaca"):
            assert name in page.content.decode()
