"""Ready answers: the same shortcut kept by two at once, and their API."""

from __future__ import annotations

import threading
import time

from django.db import connection, connections, transaction

from inbox.models import CannedReply
from tenants.current import enter
from tests.harness.fixtures import staff

URL = "/api/v1/canned-replies/"


def test_two_keep_the_same_shortcut_at_once(fresh_db, norte, client_norte):
    """One has not committed yet, so the other's look finds nothing; only the row itself can refuse."""
    began, end = threading.Event(), threading.Event()

    def first() -> None:
        with enter("norte"), transaction.atomic():
            CannedReply.objects.create(shortcut="saldo", body="la primera")
            began.set()
            end.wait(20)
        connections.close_all()

    def let_go() -> None:
        with enter("norte"), connection.cursor() as cursor:
            for _ in range(400):
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
                if cursor.fetchone()[0]:
                    break
                time.sleep(0.02)
        end.set()
        connections.close_all()

    writer, watcher = threading.Thread(target=first), threading.Thread(target=let_go)
    writer.start()
    assert began.wait(20)
    watcher.start()
    form = {"shortcut": "saldo", "body": "la segunda", "for_all": "on"}
    page = client_norte.post("/bandeja/respuestas/nueva/", form)
    writer.join()
    watcher.join()
    assert page.status_code == 422
    assert "Ya hay una respuesta con ese atajo." in page.content.decode()
    assert "la segunda" in page.content.decode()
    with enter("norte"):
        assert CannedReply.objects.get().body == "la primera"


def test_the_api_keeps_the_teams_answers(in_norte, client_norte, client_sur, sign_in, norte):
    CannedReply.objects.create(shortcut="mia", body="x", owner=staff("owner"))
    made = client_norte.post(URL, {"shortcut": "Saldo", "body": "Debe {saldo}"}, "application/json")
    assert made.status_code == 201
    one = f"{URL}{made.json()['id']}/"
    assert made.json() == {"id": made.json()["id"], "shortcut": "saldo", "body": "Debe {saldo}", "used": 0}
    again = client_norte.post(URL, {"shortcut": "SALDO", "body": "otra"}, "application/json")
    assert again.status_code == 400
    assert "Ya hay una respuesta con ese atajo." in again.content.decode()
    assert client_norte.post(URL, {"shortcut": "dos palabras", "body": "x"}, "application/json").status_code == 400
    assert [row["shortcut"] for row in client_norte.get(URL).json()["results"]] == ["saldo"]
    changed = client_norte.patch(one, {"body": "Su saldo es {saldo}"}, "application/json")
    assert (changed.status_code, changed.json()["shortcut"]) == (200, "saldo")
    support = sign_in(norte, "support")
    assert support.get(one).json()["body"] == "Su saldo es {saldo}"
    assert support.patch(one, {"body": "no"}, "application/json").status_code == 404
    assert support.delete(one).status_code == 404
    assert client_sur.get(one).status_code == client_sur.delete(one).status_code == 404
    assert CannedReply.objects.get(owner=None).body == "Su saldo es {saldo}"
    assert client_norte.delete(one).status_code == 204
    assert CannedReply.objects.get().shortcut == "mia"
