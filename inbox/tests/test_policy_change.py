"""The rules change while people wait: the hours they were promised follow."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connections, transaction

from inbox.domain import policy as rules
from inbox.domain.conversations import locked
from inbox.domain.policy import change_policy
from inbox.models import Conversation, Policy
from inbox.tests.conftest import ACTOR, make_channel, receive
from inbox.tests.test_merging_races import while_uncommitted
from tenants.current import entered

ZONE = ZoneInfo("America/Mexico_City")
NOON = datetime(2026, 9, 7, 12, tzinfo=ZONE)  # a Monday
ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(7)}


def waiting(number, *, opened, since):
    talk = receive(make_channel(), "hola", sid=f"SM{number}", sender=f"+52444123450{number}").conversation
    before = Policy(hours=ALWAYS, first_response_minutes=30, resolution_minutes=480)
    Conversation.objects.filter(pk=talk.pk).update(
        opened_at=opened,
        waiting_since=since,
        last_inbound_at=since,
        answer_due_at=rules.answer_due(before, since),
        resolve_due_at=rules.resolution_due(before, since),
    )
    return talk.pk


def change(**fields):
    change_policy(fields=fields, default_team=None, actor=ACTOR, now=NOON)


def dues(pk):
    row = Conversation.objects.get(pk=pk)
    return row.answer_due_at, row.resolve_due_at


@pytest.fixture
def rule(in_norte):
    return Policy.objects.create(hours=ALWAYS, first_response_minutes=30, resolution_minutes=480)


def test_the_hours_of_who_waits_follow_the_new_targets(rule, monkeypatch):
    monkeypatch.setattr(rules, "CHUNK", 2)
    fresh = [waiting(number, opened=NOON, since=NOON) for number in range(3)]
    # Opened days ago by the assistant and left to a person now: the resolution counts from now.
    handed = waiting(4, opened=NOON - timedelta(days=3), since=NOON)
    answered = waiting(5, opened=NOON, since=NOON)
    Conversation.objects.filter(pk=answered).update(waiting_since=None, answer_due_at=None)
    over = waiting(6, opened=NOON, since=NOON)
    Conversation.objects.filter(pk=over).update(
        status="resolved", waiting_since=None, answer_due_at=None, resolve_due_at=None
    )
    change(first_response_minutes=10, resolution_minutes=60)
    soon, later = NOON + timedelta(minutes=10), NOON + timedelta(minutes=60)
    assert {dues(pk) for pk in (*fresh, handed)} == {(soon, later)}
    assert dues(answered) == (None, later)
    assert dues(over) == (None, None)


def test_the_hours_of_who_waits_follow_the_new_business_hours(rule):
    pk = waiting(1, opened=NOON, since=NOON)
    change(hours={**{str(day): [] for day in range(7)}, "1": [["09:00", "18:00"]]})
    tuesday = NOON.replace(day=8, hour=9)
    assert dues(pk) == (tuesday + timedelta(minutes=30), tuesday + timedelta(hours=8))
    change(first_response_minutes=0)
    assert dues(pk)[0] is None


def test_what_promises_nothing_moves_nothing(rule):
    pk = waiting(1, opened=NOON, since=NOON)
    Conversation.objects.filter(pk=pk).update(answer_due_at=NOON)  # by hand
    change(keep_notifications_days=9)
    assert dues(pk)[0] == NOON


def test_a_conversation_somebody_holds_is_not_left_out(fresh_db, norte):
    with entered(norte):
        Policy.objects.create(hours=ALWAYS, first_response_minutes=30, resolution_minutes=480)
        pk = waiting(1, opened=NOON, since=NOON)
    while_uncommitted(norte, lambda: locked(pk), lambda: change(first_response_minutes=10))
    with entered(norte), transaction.atomic():
        assert dues(pk)[0] == NOON + timedelta(minutes=10)
    connections.close_all()
