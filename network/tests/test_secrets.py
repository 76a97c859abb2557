"""A password is nowhere but where a person asked for it: not in pages, exports, the API, logs, exceptions or reprs."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest
from django.core import serializers
from django.test import Client

from events.models import Event
from events.sentences import sentence
from network.domain.credentials import show_credentials
from network.domain.planning import target_of
from network.domain.wanting import WISH, Wish, wanted_of
from network.models import Access, Command, Router
from network.talk import mask_secrets
from network.tests.conftest import ACTOR, NOW, MakeAccess, make_router
from network.tests.process_tools import eventually, router_row, running, settled, simulate
from tenants.models import Tenant
from tests.population import routes

SECRET, DOOR = "s3creta-de-ana", "puerta-del-router"


def secret_access(make_access: MakeAccess) -> Access:
    router = make_router()
    router.seal(password=DOOR)
    router.save()
    access = make_access()
    access.seal(password=SECRET)
    access.provisions = True
    access.save()
    return access


@pytest.mark.django_db
def test_it_is_shown_to_who_asks_and_that_is_kept(
    client_norte: Client, client_sur: Client, sign_in: Any, in_norte: Tenant, make_access: MakeAccess
) -> None:
    access = secret_access(make_access)
    url = f"/red/accesos/{access.pk}/clave/"
    technician = sign_in(in_norte, "technician")
    assert technician.get(url).status_code == 405
    for refused in (client_sur, sign_in(in_norte, "read_only"), sign_in(in_norte, "sales")):
        assert refused.post(url).status_code == 404
    assert not Event.objects.filter(type="access.shown").exists()
    shown = technician.post(url)
    assert SECRET in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert "delay:30s" in shown.content.decode()
    hidden = technician.post(url, {"ocultar": "1"})
    assert SECRET not in hidden.content.decode()
    event = Event.objects.get(type="access.shown")
    assert (event.actor_label, event.customer_id) == ("Technician", access.service.customer_id)
    assert sentence(event) == "Technician vio la contraseña de ana@red en RB-Norte."
    answer = client_norte.post(f"/api/v1/accesses/{access.pk}/credentials/")
    assert answer.json() == {"access": access.pk, "username": "ana@red", "password": SECRET}
    assert "no-store" in answer["Cache-Control"]
    assert Event.objects.filter(type="access.shown").count() == 2


@pytest.mark.django_db
def test_no_page_export_or_answer_holds_it(
    client_norte: Client, in_norte: Tenant, make_access: MakeAccess, caplog: pytest.LogCaptureFixture
) -> None:
    access = secret_access(make_access)
    show_credentials(access_id=access.pk, actor=ACTOR, now=NOW)
    ids = {
        "access": {access.pk},
        "router": {access.router_id},
        "service": {access.service_id},
        "customer": {access.service.customer_id},
    }
    walked = 0
    with caplog.at_level(logging.DEBUG):
        for route in routes():
            for path in route.paths(ids):
                if not re.match(r"/(red|clientes|api/v1|$)", path):
                    continue
                response = client_norte.get(path)
                body = b"".join(response.streaming_content) if response.streaming else response.content
                assert SECRET.encode() not in body, path
                assert DOOR.encode() not in body, path
                walked += response.status_code == 200
    assert walked > 20
    assert SECRET not in caplog.text
    assert DOOR not in caplog.text
    kept = json.dumps(list(Event.objects.values("facts", "actor_label", "type")), default=str)
    assert SECRET not in kept + serializers.serialize("json", [access, access.router])


@pytest.mark.django_db
def test_no_repr_or_exception_holds_it(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = secret_access(make_access)
    wish = Wish(*Access.objects.filter(pk=access.pk).values_list(*WISH).get())
    wanted = wanted_of(wish, {})
    assert wanted.password == SECRET
    said = [
        repr(access),
        repr(access.__dict__),
        repr(wish),
        repr(wanted),
        repr(target_of(access.router)),
        str(access.router),
    ]
    said.append(repr(show_credentials(access_id=access.pk, actor=ACTOR, now=NOW)))
    assert not [text for text in said if SECRET in text or DOOR in text]


@pytest.mark.parametrize(
    "text",
    [
        "/ppp/secret/add =name=ana =password=s3creta-de-ana =service=pppoe",
        "/ppp/secret/add =name=ana =password=con dos s3creta-de-ana",
        "/user-manager/user/set =.id=*1 =shared-secret=s3creta-de-ana",
        "!re =name=ana =password=s3creta-de-ana · !re =name=beto =password=s3creta-de-ana",
        'POST /nms/api/v2.1/user/login {"username": "x", "password": "s3creta-de-ana"}',
    ],
)
def test_what_a_driver_forgets_is_masked(text: str) -> None:
    assert SECRET not in mask_secrets(text)
    assert "ana" in mask_secrets(text) or "x" in mask_secrets(text)


@pytest.mark.usefixtures("fresh_db")
def test_the_log_of_real_commands_holds_none(
    in_norte: Tenant, client_norte: Client, make_access: MakeAccess, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), simulate("ana@red") as simulator, running():
        row = router_row(simulator)
        access = make_access("ana@red", row)
        access.seal(password=SECRET)
        access.provisions, access.generation = True, 1
        access.save()
        assert eventually(lambda: settled(access))
        assert eventually(lambda: Access.objects.get(pk=access.pk).session_up)
        page = client_norte.get(f"/red/routers/{row.pk}/?ver=commands").content.decode()
        said = " ".join(f"{c.sentence} {c.reply}" for c in Command.objects.all())
        errors = " ".join(Router.objects.values_list("last_error", flat=True))
    for text in (page, said, errors, caplog.text):
        assert SECRET not in text
        assert "clave-del-router" not in text
