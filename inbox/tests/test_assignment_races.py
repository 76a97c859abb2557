"""Several people write in the same moment: each of their conversations finds somebody, and nobody gets them all."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connections

from accounts.models import User
from inbox.models import Conversation, Policy, Team
from inbox.tests.conftest import make_channel, receive
from tenants.current import entered

AT_ONCE = 6


def agent(name):
    return User.objects.create_user(f"{name}@norte.example", "x", name=name, role="support")


@pytest.mark.parametrize("assignment", ["round_robin", "by_load"])
def test_who_writes_at_once_is_shared_out(fresh_db, norte, assignment):
    with entered(norte):
        channel, team = make_channel(), Team.objects.create(name="Soporte", assignment=assignment)
        people = [agent("ana"), agent("beto")]
        team.members.set(people)
        Policy.objects.create(default_team=team)
    together, failed = threading.Barrier(AT_ONCE), []

    def write(number):
        try:
            with entered(norte):
                together.wait(20)
                receive(channel, "hola", sid=f"SM{number}", sender=f"+52444123456{number}")
        except Exception as error:  # noqa: BLE001 -- whatever it is, the test tells it
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=[number]) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with entered(norte):
        given = Counter(Conversation.objects.values_list("assignee", flat=True))
        assert given == {person.pk: AT_ONCE // 2 for person in people}
        assert set(Conversation.objects.values_list("team", flat=True)) == {team.pk}
