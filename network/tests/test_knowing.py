"""Sites and services of UISP matched with ours, from both sides of the wire."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone

from customers.models import Equipment, Service
from network.domain.accesses import add_access
from network.domain.knowing import candidate_of, known_services
from network.domain.matching import Sureness, match_candidates
from network.domain.routers import add_router
from network.drivers.base import Survey
from network.tests.conftest import ACTOR, make_router, make_service
from network.tests.uisp_tools import Dialing, simulate
from simulators.uisp import UispSimulator
from tenants.current import enter
from tenants.models import Tenant


@pytest.fixture
def uisp() -> Iterator[UispSimulator]:
    with simulate() as simulator:
        yield simulator


@pytest.fixture
def dial() -> Iterator[Dialing]:
    dialing = Dialing()
    yield dialing
    dialing.close()


def matched(survey: Survey) -> dict[str, tuple[int | None, Sureness]]:
    """Whose each is, by what UISP calls it."""
    matches = match_candidates([candidate_of(one) for one in survey.found], known_services())
    return {match.candidate.name: (match.service_id, match.sureness) for match in matches}


def test_by_mac_address_code_and_name(in_norte: Tenant, sur: Tenant, uisp: UispSimulator, dial: Dialing) -> None:
    by_mac, by_ip, by_code, by_name, gone = (
        make_service(name)
        for name in ("Ana Muñoz", "Beto Díaz Ñaupari", "Caro Peña", "Íñigo Mamani Luz", "Zoila Vaca Ruiz")
    )
    Service.objects.filter(pk=gone.pk).update(status=Service.Status.CANCELLED)
    Equipment.objects.create(service=by_mac, mac="AA:BB:CC:00:00:01")
    add_access(service=by_ip, router=make_router(), username="beto@red", ip="10.1.0.2", actor=ACTOR, now=timezone.now())
    world = uisp.world
    home = world.add_customer("Casa del cerro", ip="10.1.0.1/24", mac="11:22:33:00:00:01")
    world.add_device(home.site_id, name="Router", mac="aabb.cc00.0001", ip="10.1.0.77")
    world.add_customer("beto naupari", ip="10.1.0.2/24")
    world.add_customer("Vecina", user_ident=by_code.code)
    world.add_customer("IÑIGO  MAMANI luz", ip="10.1.0.4")
    world.add_customer("Zoila Vaca Ruiz", ip="10.1.0.5")
    assert matched(dial.nms(uisp).survey(deadline_s=2)) == {
        "Casa del cerro": (by_mac.pk, Sureness.SURE),
        "beto naupari": (by_ip.pk, Sureness.SURE),
        "Vecina": (None, Sureness.NONE),
        "IÑIGO  MAMANI luz": (by_name.pk, Sureness.LIKELY),
        "Zoila Vaca Ruiz": (None, Sureness.NONE),
    }
    assert matched(dial.crm(uisp).survey(deadline_s=2))["Vecina"] == (by_code.pk, Sureness.LIKELY)
    with enter("sur"):
        assert known_services() == []


def test_by_the_id_of_the_other_side(in_norte: Tenant, uisp: UispSimulator, dial: Dialing) -> None:
    """Whoever is linked with a service of the CRM is known by it at its site, and the other way about."""
    first, second, third = make_service("Ana"), make_service("Beto"), make_service("Caro")
    people = [uisp.world.add_customer(f"Persona {n}") for n in range(3)]
    crm = add_router(
        name="CRM", kind="uisp_crm", host="h", port=443, username="", password="x", actor=ACTOR, now=timezone.now()
    )
    nms = add_router(
        name="Red", kind="uisp_nms", host="h", port=443, username="", password="x", actor=ACTOR, now=timezone.now()
    )
    given = {"actor": ACTOR, "now": timezone.now()}
    add_access(service=first, router=crm, kind="uisp_service", username=str(people[0].id), **given)
    add_access(service=second, router=nms, kind="uisp_site", username=str(people[1].site_id), **given)
    Service.objects.filter(pk=third.pk).update(external_ref=f"uisp:{people[2].id}")
    sure = {f"Persona {n}": (one.pk, Sureness.SURE) for n, one in enumerate((first, second, third))}
    assert matched(dial.nms(uisp).survey(deadline_s=2)) == sure
    assert matched(dial.crm(uisp).survey(deadline_s=2)) == sure
