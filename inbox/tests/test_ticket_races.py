"""Many open tickets at once, in real transactions."""

from __future__ import annotations

from threading import Thread

from django.db import connections
from django.utils import timezone

from events.domain import Actor
from inbox.domain.tickets import NewTicket, open_ticket
from inbox.models import Ticket
from inbox.tests.conftest import make_customer
from tenants.current import entered


def opened(key):
    new = NewTicket(subject="Sin internet", source="api", key=key)
    return open_ticket(new, actor=Actor("user", 1, "Marta"), now=timezone.now())


def test_numbers_have_no_gap_and_no_double_when_many_open_at_once(fresh_db, norte):
    with entered(norte):
        make_customer()
    failures = []

    def work(index):
        try:
            with entered(norte):
                for turn in range(4):
                    opened(f"same-{turn}")
                    opened(f"{index}-{turn}")
        except Exception as error:  # noqa: BLE001 -- told by the assertion below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with entered(norte):
        assert sorted(Ticket.objects.values_list("number", flat=True)) == list(range(1, 21))
