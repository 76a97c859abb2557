"""What is done to conversations: put off, assigned, labelled, blocked, linked; effects, and what must not happen."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Role
from customers.models import Contact, Customer, Zone
from events.models import Event
from inbox.domain.assignment import next_person
from inbox.domain.conversations import (
    CannotReply,
    assign_conversation,
    close_conversation,
    give_to_bot,
    reopen_conversation,
)
from inbox.domain.linking import link_conversation, suggest_customer, unlink_conversation
from inbox.domain.marks import (
    block_conversation,
    change_labels,
    set_labels,
    set_pending,
    set_priority,
    set_team,
    unblock_conversation,
)
from inbox.domain.notices import notify_customer
from inbox.domain.snoozing import BadMoment, drain, snooze_conversation, snooze_presets
from inbox.domain.templates import ensure_default_templates
from inbox.models import Conversation, Label, Mention, Message, Policy, Team
from inbox.tests.conftest import ACTOR, make_channel, make_customer, receive
from tenants.current import enter
from tenants.models import Wake

NOW = timezone.now


@pytest.fixture
def talk(in_norte):
    """A conversation of a known customer, who waits."""
    make_customer()
    return receive(make_channel(), "¿Cuánto debo?", sender_name="Ana").conversation


def person(name, role=Role.SUPPORT, **fields):
    return User.objects.create_user(f"{name}@norte.example", "x", name=name, role=role, **fields)


def again(talk):
    return Conversation.objects.get(pk=talk.pk)


def test_put_off_it_leaves_the_queue_and_comes_back_at_its_hour(talk):
    ana = person("ana")
    until = NOW() + timedelta(hours=1)
    snooze_conversation(conversation_id=talk.pk, until=until, by=ana, actor=ACTOR, now=NOW())
    row = again(talk)
    assert (row.status, row.waiting_since, row.answer_due_at, row.unread) == ("snoozed", None, None, 0)
    assert Wake.objects.filter(lane="inbox.snoozed", due_at=until).exists()
    assert drain(now=NOW()) == until
    assert again(talk).status == "snoozed"
    assert drain(now=until) is None
    row = again(talk)
    assert (row.status, row.waiting_since, row.snoozed_until, row.snoozed_by) == ("open", until, None, None)
    note = Message.objects.get(conversation=talk, direction="note")
    assert "ana" in note.body
    assert Mention.objects.get(message=note).user == ana
    assert drain(now=until) is None
    assert Message.objects.filter(conversation=talk, direction="note").count() == 1


def test_a_message_wakes_it_at_once_and_who_put_it_off_is_told(talk):
    ana = person("ana")
    snooze_conversation(conversation_id=talk.pk, until=NOW() + timedelta(days=1), by=ana, actor=ACTOR, now=NOW())
    message = receive(talk.channel, "¿hola?", sid="SM2")
    assert again(talk).status == "open"
    assert again(talk).snoozed_by is None
    assert list(Mention.objects.values_list("message", "user")) == [(message.pk, ana.pk)]


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=-1), timedelta(days=900)])
def test_it_is_not_put_off_into_the_past_or_for_years(talk, ahead):
    now = NOW()
    with pytest.raises(BadMoment):
        snooze_conversation(conversation_id=talk.pk, until=now + ahead, by=None, actor=ACTOR, now=now)
    assert again(talk).status == "open"
    assert not Event.objects.filter(type="conversation.snoozed").exists()


def test_presets_are_by_the_providers_clock(in_norte):
    zone = ZoneInfo(in_norte.timezone)
    monday_late = datetime(2026, 11, 23, 23, 30, tzinfo=zone)
    found = {name: at.astimezone(zone) for name, at in snooze_presets(monday_late)}
    assert found["tomorrow"] == datetime(2026, 11, 24, 9, tzinfo=zone)
    assert found["monday"] == datetime(2026, 11, 30, 9, tzinfo=zone)


def test_targets_begin_with_the_waiting_and_are_met_by_an_answer(talk):
    row = again(talk)
    assert row.answer_due_at is not None
    assert row.due_at == min(row.answer_due_at, row.resolve_due_at)
    due = row.answer_due_at
    receive(talk.channel, "¿hola?", sid="SM2")
    assert again(talk).answer_due_at == due
    set_pending(conversation_id=talk.pk, actor=ACTOR, now=NOW())
    row = again(talk)
    assert (row.answer_due_at, row.waiting_since, row.status) == (None, None, "pending")
    assert row.resolve_due_at is not None
    close_conversation(conversation_id=talk.pk, actor=ACTOR, now=NOW())
    assert again(talk).due_at is None
    reopen_conversation(conversation_id=talk.pk, actor=ACTOR, now=NOW())
    assert again(talk).resolve_due_at is not None
    give_to_bot(Conversation.objects.get(pk=talk.pk))
    assert again(talk).due_at is None


def test_without_targets_nothing_is_owed(in_norte):
    Policy.objects.create(first_response_minutes=0, resolution_minutes=0)
    talk = receive(make_channel(), "hola").conversation
    assert again(talk).due_at is None
    assert again(talk).waiting_since is not None


def test_the_team_of_the_zone_gets_it_and_takes_turns(in_norte):
    zone, other = Zone.objects.create(name="Centro"), Zone.objects.create(name="Lomas")
    team = Team.objects.create(name="Centro", assignment=Team.Assignment.ROUND_ROBIN)
    team.zones.add(zone)
    rest = Team.objects.create(name="Resto")
    Policy.objects.create(default_team=rest)
    ana, beto = person("ana"), person("beto")
    gone = person("carla", is_active=False)
    looks = person("dario", Role.READ_ONLY)
    team.members.set([ana, beto, gone, looks])
    channel = make_channel()
    got = []
    for number in range(4):
        phone = f"+52444300000{number}"
        customer = make_customer(phone=phone, code=f"Z-{number}")
        Customer.objects.filter(pk=customer.pk).update(zone=zone)
        talk = receive(channel, "hola", sid=f"SMz{number}", sender=phone).conversation
        got.append((again(talk).team, again(talk).assignee))
    assert got == [(team, ana), (team, beto), (team, ana), (team, beto)]
    lost = make_customer(phone="+524443000099", code="Z-99")
    Customer.objects.filter(pk=lost.pk).update(zone=other)
    talk = receive(channel, "hola", sid="SMz99", sender="+524443000099").conversation
    assert (again(talk).team, again(talk).assignee) == (rest, None)
    assert Event.objects.filter(type="conversation.assigned", actor_kind="system").count() == 4


def test_by_load_goes_to_who_has_fewest_going_on(talk):
    team = Team.objects.create(name="Soporte", assignment=Team.Assignment.BY_LOAD)
    ana, beto = person("ana"), person("beto")
    team.members.set([ana, beto])
    Conversation.objects.filter(pk=talk.pk).update(assignee=ana)
    assert next_person(team) == beto
    Conversation.objects.filter(pk=talk.pk).update(status="resolved")
    assert next_person(team) == ana


def test_nobody_is_given_what_the_bot_has(talk):
    team = Team.objects.create(name="Soporte", assignment=Team.Assignment.BY_LOAD)
    team.members.set([person("ana")])
    give_to_bot(Conversation.objects.get(pk=talk.pk))
    set_team(conversation_id=talk.pk, team=team, actor=ACTOR, now=NOW())
    assert again(talk).assignee is None


def test_whoever_has_it_keeps_it_while_they_may_answer(talk):
    team = Team.objects.create(name="Soporte", assignment=Team.Assignment.ROUND_ROBIN)
    ana, beto = person("ana"), person("beto")
    team.members.set([ana])
    Conversation.objects.filter(pk=talk.pk).update(team=team, assignee=beto)
    receive(talk.channel, "otra", sid="SM3")
    assert again(talk).assignee == beto
    User.objects.filter(pk=beto.pk).update(is_active=False)
    receive(talk.channel, "otra más", sid="SM4")
    assert again(talk).assignee == ana


def test_only_who_may_answer_can_be_given_a_conversation(talk):
    with pytest.raises(CannotReply):
        assign_conversation(conversation_id=talk.pk, assignee=person("eva", Role.READ_ONLY), actor=ACTOR, now=NOW())
    assert again(talk).assignee is None


def test_labels_priority_and_team_are_told_once(talk, sur):
    fault, angry = Label.objects.create(name="Falla"), Label.objects.create(name="Molesto")
    change_labels(conversation_id=talk.pk, add=[fault], actor=ACTOR, now=NOW())
    change_labels(conversation_id=talk.pk, add=[fault], actor=ACTOR, now=NOW())
    set_labels(conversation_id=talk.pk, labels=[angry], actor=ACTOR, now=NOW())
    assert list(talk.labels.all()) == [angry]
    assert Event.objects.filter(type="conversation.labelled").count() == 2
    set_priority(conversation_id=talk.pk, priority=4, actor=ACTOR, now=NOW())
    set_priority(conversation_id=talk.pk, priority=4, actor=ACTOR, now=NOW())
    assert again(talk).priority == 4
    assert Event.objects.filter(type="conversation.priority").count() == 1
    with pytest.raises(ValueError, match="9"):
        set_priority(conversation_id=talk.pk, priority=9, actor=ACTOR, now=NOW())
    with enter("sur"):
        assert not Label.objects.exists()


def test_a_blocked_person_is_kept_and_nobody_is_told(talk):
    ensure_default_templates()
    block_conversation(conversation_id=talk.pk, actor=ACTOR, now=NOW())
    message = receive(talk.channel, "¡contesten!", sid="SM9")
    row = again(talk)
    assert message.conversation_id == talk.pk
    assert (row.status, row.unread, row.waiting_since, row.due_at) == ("resolved", 0, None, None)
    notice = {"name": "Ana", "amount": "$1", "due_date": "hoy"}
    told = notify_customer(
        customer_id=row.customer_id,
        template="invoice_issued",
        variables=notice,
        key="n1",
        actor=ACTOR,
        now=NOW(),
    )
    assert told is None
    unblock_conversation(conversation_id=talk.pk, actor=ACTOR, now=NOW())
    receive(talk.channel, "gracias", sid="SM10")
    assert again(talk).waiting_since is not None


def test_linking_adds_the_number_where_wanted(in_norte):
    customer = make_customer(phone="+524440009999")
    talk = receive(make_channel(), "soy ana", sender="+5214447776666").conversation
    assert talk.customer is None
    link_conversation(conversation_id=talk.pk, customer=customer, actor=ACTOR, now=NOW(), add_phone=True)
    link_conversation(conversation_id=talk.pk, customer=customer, actor=ACTOR, now=NOW(), add_phone=True)
    assert again(talk).customer == customer
    assert set(Contact.objects.filter(customer=customer).values_list("value", flat=True)) == {
        "+524440009999",
        "+524447776666",
    }
    unlink_conversation(conversation_id=talk.pk, actor=ACTOR, now=NOW())
    assert again(talk).customer is None
    assert Contact.objects.filter(customer=customer).count() == 2


def test_who_writes_their_code_or_document_is_suggested(in_norte):
    customer = make_customer(phone="+524440009999", code="NTE-0042")
    Customer.objects.filter(pk=customer.pk).update(national_id="MUAA800101")
    channel = make_channel()
    talk = receive(channel, "hola, mi recibo no llegó", sender="+5214447776666").conversation
    assert suggest_customer(talk) is None
    receive(channel, "mi código es nte-0042.", sid="SM2", sender="+5214447776666")
    assert suggest_customer(talk) == customer
    make_customer(phone="+524440008888", code="NTE-0043")
    receive(channel, "o NTE-0043", sid="SM3", sender="+5214447776666")
    assert suggest_customer(talk) is None
