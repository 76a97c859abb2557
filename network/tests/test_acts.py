"""What a person does with one access: kick, retry, dismiss, move, remove."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from customers.domain.holds import open_hold
from events.models import Event
from events.sentences import sentence
from network.domain.acts import (
    AccessRefused,
    dismiss_accesses,
    kick_access,
    move_access,
    remove_access,
    retry_accesses,
)
from network.domain.desire import refresh_desired
from network.domain.listing import Listing, list_accesses
from network.domain.planning import due_work, target_of
from network.domain.recording import record_pass
from network.models import Access, Router
from network.passes import Report, Result
from network.tests.conftest import ACTOR, NOW, MakeAccess, make_item, make_router, make_service
from network.tests.process_tools import eventually, router_row, running, settled, simulate
from tenants.current import entered
from tenants.models import Tenant

LATER = NOW + dt.timedelta(minutes=1)
BY: dict[str, Any] = {"actor": ACTOR, "now": LATER}


def hold(access: Access) -> None:
    open_hold(service_id=access.service_id, reason="debt", source="dunning", actor=ACTOR, now=NOW)
    refresh_desired(service_ids=[access.service_id], now=NOW, actor=ACTOR)
    access.refresh_from_db()


def stick(access: Access) -> None:
    Access.objects.filter(pk=access.pk).update(
        generation=2, attempts=9, stuck_since=NOW, last_error="no", next_try_at=LATER + dt.timedelta(hours=1)
    )


def told() -> list[str]:
    return [sentence(event) for event in Event.objects.exclude(type__endswith=".added").order_by("id")]


def due() -> set[str]:
    found = due_work(now=LATER, owner="prueba")
    return {item.key.name for _r, work in found.works for item in (*work.restores, *work.routine)}


@pytest.mark.django_db
def test_what_is_stuck_is_retried_or_left(in_norte: Tenant, sur: Tenant, make_access: MakeAccess) -> None:
    router = make_router()
    ana, beto, eva = (make_access(f"{name}@red", router) for name in ("ana", "beto", "eva"))
    stick(ana)
    stick(beto)
    found, _more = list_accesses(Listing(state="stuck"))
    assert [access.username for access in found] == ["ana@red", "beto@red"]
    with entered(sur):
        assert retry_accesses(access_ids=[ana.pk, beto.pk], **BY) == 0
        assert dismiss_accesses(access_ids=[ana.pk], **BY) == 0
    assert due() == set()
    assert retry_accesses(access_ids=[ana.pk, eva.pk], **BY) == 1
    assert dismiss_accesses(access_ids=[beto.pk], **BY) == 1
    assert dismiss_accesses(access_ids=[beto.pk], **BY) == 0
    assert list_accesses(Listing(state="stuck")) == ([], None)
    assert due() == {"ana@red"}
    assert told() == [
        "Prueba pidió intentar de nuevo con ana@red en RB-Norte.",
        "Prueba dejó sin intentar lo pendiente de beto@red en RB-Norte.",
    ]
    # What is asked anew of the one left be is done.
    hold(beto)
    assert "beto@red" in {access.username for access in Access.objects.pending().filter(dismissed_at=None)}


@pytest.mark.django_db
def test_a_cut_whose_night_is_over_happens_when_a_person_retries_it(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    hold(access)
    Access.objects.update(cut_not_after=NOW, stuck_since=NOW)
    assert due() == set()
    retry_accesses(access_ids=[access.pk], **BY)
    access.refresh_from_db()
    assert (access.cut_not_after, access.cut_approved, access.urgent) == (None, True, False)
    assert due() == {"ana@red"}


@pytest.mark.django_db
def test_who_is_cut_has_no_session_to_end(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    hold(access)
    before = access.generation
    with pytest.raises(AccessRefused, match="cortado"):
        kick_access(access_id=access.pk, **BY)
    Access.objects.update(desired="on", kind="list")
    with pytest.raises(AccessRefused, match="método"):
        kick_access(access_id=access.pk, **BY)
    access.refresh_from_db()
    assert (access.generation, access.kick_at) == (before, None)
    assert not Event.objects.filter(type="access.kicked").exists()


@pytest.mark.django_db
def test_a_kick_leaves_a_reconnection_to_be_told(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    Access.objects.update(generation=3, tell=True)
    assert kick_access(access_id=access.pk, **BY).tell
    Access.objects.update(applied_generation=4, kick_at=None)
    assert not kick_access(access_id=access.pk, **BY).tell, "what was told is not told again"


@pytest.mark.django_db
def test_moving_takes_everything_along(in_norte: Tenant, make_access: MakeAccess) -> None:
    old = make_access()
    Access.objects.update(ip="10.0.0.7", mac="02:00:00:00:00:01", profile="50M", manages_speed=True)
    hold(old)
    other = make_router("RB-Sur")
    new = move_access(access_id=old.pk, router=other, provision=True, from_router=True, **BY)
    assert (new.router, new.username, new.ip, new.profile) == (other, "ana@red", "10.0.0.7", "50M")
    assert new.reveal("password") == "clave"
    assert (new.desired, new.cut_approved, new.provisions, new.tell) == ("off", True, True, False)
    assert new.wanted_plan["plan"] == new.service.plan_id
    old.refresh_from_db()
    assert (old.desired, old.is_pending) == ("gone", True)
    with pytest.raises(AccessRefused, match="retirando"):
        remove_access(access_id=old.pk, from_router=True, **BY)
    assert told()[-1] == "Prueba pasó a ana@red de RB-Norte a RB-Sur."
    # And back again, before the first router was reached.
    back = move_access(access_id=new.pk, router=old.router, provision=False, from_router=False, **BY)
    assert (back.pk, back.desired) == (old.pk, "off")
    assert not Access.objects.filter(pk=new.pk).exists()


@pytest.mark.django_db
def test_moving_is_refused_where_it_cannot_be(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    other = make_router("RB-Sur")
    make_access("ana@red", other, make_service("Otra Ana"))
    crm = make_router("UISP")
    Router.objects.filter(pk=crm.pk).update(kind="uisp_crm")
    crm.refresh_from_db()
    for router, why in ((access.router, "Ya está"), (other, "ya existe"), (crm, "otra manera")):
        with pytest.raises(AccessRefused, match=why):
            move_access(access_id=access.pk, router=router, provision=True, from_router=True, **BY)
    access.refresh_from_db()
    assert access.desired == "on"
    assert Access.objects.count() == 2
    assert told() == []


@pytest.mark.django_db
def test_removing_only_the_link_or_the_account_too(in_norte: Tenant, make_access: MakeAccess) -> None:
    ana, beto = make_access("ana@red"), make_access("beto@red")
    remove_access(access_id=ana.pk, from_router=False, **BY)
    assert not Access.objects.filter(pk=ana.pk).exists()
    remove_access(access_id=beto.pk, from_router=True, **BY)
    beto.refresh_from_db()
    item = make_item(beto, on=False, generation=beto.generation, gone=True)
    failed = Result(item, done=False, error="no", account=None)
    done = Result(item, done=True, account=None, missing=True)
    for result, left in ((failed, True), (done, False)):
        report = Report(target=target_of(beto.router), batch=uuid4(), started_at=LATER, results=(result,))
        record_pass(report, now=LATER)
        assert Access.objects.filter(pk=beto.pk).exists() is left
    assert told() == [
        "Prueba desenlazó el servicio de ana@red en RB-Norte; el router quedó como estaba.",
        "Prueba retiró a beto@red de RB-Norte.",
    ]


@pytest.mark.usefixtures("fresh_db")
def test_a_kicked_customer_dials_again(in_norte: Tenant, make_access: MakeAccess) -> None:
    with simulate("ana@red", "beto@red") as simulator, running():
        row = router_row(simulator)
        ana = make_access("ana@red", row)
        make_access("beto@red", row)
        assert eventually(lambda: Access.objects.filter(session_up=True).count() == 2)
        kick_access(access_id=ana.pk, actor=ACTOR, now=timezone.now())
        assert eventually(lambda: settled(ana))
        assert eventually(lambda: simulator.online_names() == {"ana@red", "beto@red"})
        assert [note.words[0] for note in simulator.writes()] == ["/ppp/active/remove"]
        assert eventually(lambda: Access.objects.get(pk=ana.pk).session_up)
        assert Access.objects.get(pk=ana.pk).kick_at is None
