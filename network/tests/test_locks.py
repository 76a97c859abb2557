"""Whoever writes many accesses locks them by id: a night, a payment and the network process never wait in a ring."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connection, transaction

from network.domain.desire import refresh_desired
from network.domain.telling import tell_customers
from network.domain.writing import write_accesses
from network.models import Access
from network.tests.conftest import ACTOR, NOW, MakeAccess
from tenants.current import enter
from tenants.models import Tenant

ROUNDS = 40


def at_once(*jobs: Callable[[], object]) -> list[Exception]:
    """Do each job ROUNDS times in a thread of its own; return what went wrong."""
    wrong: list[Exception] = []
    ready = threading.Barrier(len(jobs))

    def work(job: Callable[[], object]) -> None:
        try:
            with enter("norte"):
                ready.wait(10)
                for _ in range(ROUNDS):
                    with transaction.atomic():
                        job()
        except Exception as error:  # noqa: BLE001 -- told by the test
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return wrong


def test_writers_of_many_accesses_never_wait_in_a_ring(
    fresh_db: None, in_norte: Tenant, make_access: MakeAccess
) -> None:
    accesses = [make_access(f"u{number:03d}@red") for number in range(90)]
    ids = [access.pk for access in accesses]
    services = [access.service_id for access in accesses]
    backwards = list(reversed(accesses))

    def tell() -> None:
        Access.objects.filter(pk__in=Access.objects.filter(pk__in=ids).lock()).update(telling="cut")
        tell_customers(now=NOW, limit=200)

    wrong = at_once(
        lambda: write_accesses(backwards, ["observed_at"]),
        lambda: refresh_desired(service_ids=services, now=NOW, actor=ACTOR),
        tell,
        lambda: write_accesses(accesses[::2] + accesses[1::2], ["session_up"]),
    )
    assert wrong == []
    assert not Access.objects.exclude(telling="").exists()
