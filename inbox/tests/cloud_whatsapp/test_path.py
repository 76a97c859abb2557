"""The whole way: from Meta's call to the conversation, and from an answer to the customer's phone and its states."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from inbox.channels.base import Choice, Choices
from inbox.domain import media, sending
from inbox.domain.sending import Upload, queue_message
from inbox.kinds import Place
from inbox.models import Address, Approval, Attachment, Channel, Conversation, Message, Notification, Template
from inbox.tests.cloud_whatsapp.conftest import JPEG, SUR, WORD, knock, make_cloud_channel, tell
from inbox.tests.cloud_whatsapp.payloads import BSUID, CUSTOMER, PHONE, SECRET, WABA, body, change, message
from inbox.tests.conftest import ACTOR, make_customer
from simulators.whatsapp_cloud.payloads import (
    echo,
    envelope,
    status,
    statuses_change,
    template_status,
    user_id_update,
)
from simulators.whatsapp_cloud.webhooks import encode, sign
from simulators.whatsapp_cloud.world import now
from tenants.current import enter

ANA = f"whatsapp:+{CUSTOMER}"


@pytest.fixture
def client(sign_in, norte):
    """Whoever knows norte's address."""
    return sign_in(norte, None)


@pytest.fixture
def ana(number, cloud, client):
    """Ana wrote."""
    tell(client, cloud, *cloud.changes(cloud.world.messages[0]))
    return Conversation.objects.get()


def say(conversation, text="Buenas", **rest):
    return queue_message(conversation=conversation, body=text, author=ACTOR, now=timezone.now(), **rest)


def send(after=timedelta()):
    return sending.drain(now=timezone.now() + after)


def states(cloud, *states, error=None):
    """The change with states of the message that was sent last."""
    sent = cloud.sent_to(CUSTOMER)[-1]
    rows = [status(sent, state, now(), error=error) for state in states]
    return statuses_change(cloud.world.businesses[WABA].phones[PHONE], rows)


def nothing_in(tenant):
    with enter(tenant.schema_name):
        return not (Conversation.objects.exists() or Message.objects.exists() or Notification.objects.exists())


def test_who_writes_is_answered_and_states_never_go_backwards(number, cloud, client, sur):
    customer = make_customer()
    asked = cloud.compose(PHONE, CUSTOMER, body="¿Cuánto debo? 🙂")
    assert tell(client, cloud, *cloud.changes(asked)) == 200
    conversation = Conversation.objects.get()
    assert (conversation.address, conversation.customer, conversation.phone) == (ANA, customer, f"+{CUSTOMER}")
    stored = Message.objects.get()
    assert (stored.body, stored.external_id, stored.status) == ("¿Cuánto debo? 🙂", asked.id, "received")
    answer = say(conversation, "Debe $450", reply_to=stored)
    send()
    got = cloud.received(CUSTOMER)[-1]
    assert (got["body"], got["content"]["context"]["message_id"]) == ("Debe $450", asked.id)
    assert tell(client, cloud, states(cloud, "read")) == 200
    tell(client, cloud, states(cloud, "delivered", "sent"))
    answer.refresh_from_db()
    assert (answer.status, answer.external_id) == ("read", got["id"])
    assert (answer.price_billable, answer.price_category) == (False, "service")
    assert None not in (answer.sent_at, answer.delivered_at, answer.read_at)
    assert nothing_in(sur)


def test_the_same_call_fifty_times_is_one_message(number, cloud, client):
    raw, signature = cloud.signed(cloud.world.businesses[WABA], *cloud.changes(cloud.world.messages[0]))
    assert {knock(client, raw, signature).status_code for _ in range(50)} == {200}
    assert (Message.objects.count(), Notification.objects.count()) == (1, 1)


def test_all_of_a_batch_becomes_lines_whatever_else_is_in_it(number, cloud, client):
    rows = [message("text", {"body": "uno"}), {"type": "text"}, {**message("text", {"body": "dos"}), "id": "wamid.2"}]
    data = body(change(*rows), {"field": "nothing", "value": {}}, change(statuses=[{"id": "x", "status": "read"}]))
    raw = encode(data)
    assert knock(client, raw, sign(SECRET, raw)).status_code == 200
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == ["uno", "dos"]
    assert Conversation.objects.count() == 1


def test_files_come_and_go(ana, cloud, client, norte):
    photo = cloud.compose(PHONE, CUSTOMER, kind="image", data=JPEG, caption="Mi pago")
    tell(client, cloud, *cloud.changes(photo))
    media.drain(now=timezone.now())
    attachment = Attachment.objects.get()
    assert (attachment.content_type, attachment.kind, attachment.message.body) == ("image/jpeg", "image", "Mi pago")
    assert attachment.file.read() == JPEG
    assert str(norte.uuid) in attachment.file.path
    say(ana, "Su recibo", files=[Upload(b"%PDF-1.7 recibo", "recibo.pdf")])
    send()
    document = cloud.received(CUSTOMER)[-1]["content"]["document"]
    assert (document["caption"], document["filename"]) == ("Su recibo", "recibo.pdf")
    assert cloud.world.media[document["id"]].data == b"%PDF-1.7 recibo"


def test_choices_and_places_go_out_and_the_choice_comes_back(ana, cloud, client):
    choices = Choices((Choice("pay", "Pagar"), Choice("person", "Hablar con alguien")))
    asked = say(ana, "¿Qué desea?", choices=choices)
    say(ana, "", place=Place(22.15, -100.98, "Oficina", "Calle 5"))
    send()
    buttons, place = cloud.received(CUSTOMER)
    assert buttons["content"]["interactive"]["action"]["buttons"][0]["reply"] == {"id": "pay", "title": "Pagar"}
    assert place["content"]["location"]["name"] == "Oficina"
    reply = {"type": "button_reply", "button_reply": {"id": "pay", "title": "Pagar"}}
    taken = cloud.compose(PHONE, CUSTOMER, kind="interactive", reply_to=buttons["id"], **reply)
    tell(client, cloud, *cloud.changes(taken))
    stored = Message.objects.get(external_id=taken.id)
    assert (stored.kind, stored.body, stored.content["id"], stored.reply_to) == ("choice", "Pagar", "pay", asked)


def test_edits_deletions_and_reactions_keep_what_was(ana, cloud, client):
    first = Message.objects.get()
    edit = {"original_message_id": first.external_id, "message": {"type": "text", "text": {"body": "Hola, soy Ana"}}}
    for kind, content in (("edit", edit), ("reaction", {"message_id": first.external_id, "emoji": "👍"})):
        tell(client, cloud, *cloud.changes(cloud.compose(PHONE, CUSTOMER, kind=kind, **content)))
    first.refresh_from_db()
    assert (first.body, first.revisions.get().body, first.reactions.get().emoji) == ("Hola, soy Ana", "hola", "👍")
    gone = cloud.compose(PHONE, CUSTOMER, kind="reaction", message_id=first.external_id)
    revoked = cloud.compose(PHONE, CUSTOMER, kind="revoke", original_message_id=first.external_id)
    tell(client, cloud, *cloud.changes(gone, revoked))
    first.refresh_from_db()
    assert first.deleted_at is not None
    assert not first.reactions.exists()
    assert Message.objects.count() == 1


def test_what_is_written_on_the_telephone_itself_is_a_line_of_ours(ana, cloud, client):
    phone, person = cloud.world.businesses[WABA].phones[PHONE], cloud.person(CUSTOMER)
    content = {"type": "text", "text": {"body": "Voy para allá"}}
    tell(client, cloud, echo(phone, person, "wamid.echo", now(), content))
    line = Message.objects.get(external_id="wamid.echo")
    assert (line.direction, line.conversation, line.body) == ("out", ana, "Voy para allá")


def test_a_person_without_a_number_is_answered_by_id_and_followed_when_it_changes(number, cloud, client):
    person = cloud.person(BSUID, name="Ana", username="ana")
    tell(client, cloud, *cloud.changes(cloud.compose(PHONE, BSUID, body="hola")))
    conversation = Conversation.objects.get()
    assert (conversation.address, conversation.phone) == (f"whatsapp:{BSUID}", "")
    person.user_id = "MX.999"
    phone = cloud.world.businesses[WABA].phones[PHONE]
    tell(client, cloud, user_id_update(phone, person, BSUID, now()))
    tell(client, cloud, *cloud.changes(cloud.compose(PHONE, BSUID, body="otra vez")))
    conversation = Conversation.objects.get()
    assert conversation.address == "whatsapp:MX.999"
    say(conversation, "Le escucho")
    send()
    assert cloud.received("MX.999")[-1]["body"] == "Le escucho"


def test_a_number_told_beside_an_id_makes_both_lead_to_one_conversation(number, cloud, client):
    person = cloud.person(CUSTOMER, user_id=BSUID)
    tell(client, cloud, *cloud.changes(cloud.compose(PHONE, CUSTOMER, body="hola")))
    person.wa_id = ""
    tell(client, cloud, *cloud.changes(cloud.compose(PHONE, CUSTOMER, body="sin número")))
    assert Conversation.objects.count() == 1
    assert set(Address.objects.values_list("value", flat=True)) == {ANA, f"whatsapp:{BSUID}"}


# -- the window, and what is refused --------------------------------------------------------------------


@pytest.fixture
def notice(number, cloud):
    """A notice of ours that Meta approved for this number."""
    components = [{"type": "BODY", "text": "Hola {{1}}, debe {{2}}."}]
    row = {"name": "deuda", "language": "es", "id": "77", "status": "APPROVED", "category": "UTILITY"}
    cloud.world.businesses[WABA].templates.append({**row, "components": components})
    template = Template.objects.create(
        key="deuda", name="Deuda", body="Hola {{1}}, debe {{2}}.", variables=["nombre", "monto"]
    )
    Approval.objects.create(
        channel=number, notice=template, external_id="deuda", name="deuda", language="es", components=components,
        body=template.body, variables=["1", "2"],
    )  # fmt: skip
    return template


@pytest.mark.parametrize("over_http", [True, False])
def test_a_window_that_meta_holds_closed_makes_a_notice_go_as_its_template(ana, cloud, client, notice, over_http):
    cloud.close_window(PHONE, CUSTOMER)
    cloud.world.faults.window_over_http = over_http
    values = {"nombre": "Ana", "monto": "$450"}
    queued = say(ana, "", template=notice, variables=values, as_template=False)
    send()
    if not over_http:
        tell(client, cloud, states(cloud, "failed", error=131047))
    send(timedelta(seconds=1))
    queued.refresh_from_db()
    assert (queued.status, queued.as_template) == ("sent", True)
    template = cloud.received(CUSTOMER)[-1]["content"]["template"]
    assert template["name"] == "deuda"
    assert [p["text"] for p in template["components"][0]["parameters"]] == ["Ana", "$450"]


def test_free_text_outside_the_window_fails_with_what_can_be_done(ana, cloud, client):
    cloud.close_window(PHONE, CUSTOMER)
    queued = say(ana)
    send()
    tell(client, cloud, states(cloud, "failed", error=131047))
    queued.refresh_from_db()
    assert (queued.status, queued.error_code, queued.error_action) == ("failed", "131047", "template")
    assert "24 horas" in queued.error_text


def test_meta_says_how_templates_and_the_number_fare(number, cloud, client, notice):
    business = cloud.world.businesses[WABA]
    tell(client, cloud, template_status(business.templates[-1], "PAUSED", "LOW_QUALITY"))
    assert Approval.objects.get().status == "paused"
    data = body({"field": "account_update", "value": {"event": "ACCOUNT_RESTRICTION"}})
    raw = encode(data)
    knock(client, raw, sign(SECRET, raw))
    number.refresh_from_db()
    assert "restringió" in number.problem


def test_news_of_one_number_touch_no_other(number, cloud, client):
    other = make_cloud_channel(cloud.url, number="999000111", word="otra")
    Channel.objects.filter(pk=other.pk).update(shown="+52 444 000 0099", problem="Con problema propio.")

    def news(event, shown, field="phone_number_quality_update"):
        raw = encode(body({"field": field, "value": {"event": event, "display_phone_number": shown}}))
        knock(client, raw, sign(SECRET, raw))
        return list(Channel.objects.order_by("id").values_list("problem", flat=True))

    # Meta writes a Mexican number with or without its 1.
    low, own = news("FLAGGED", "524440000001")
    assert ("bajó la calidad" in low, own) == (True, "Con problema propio.")
    assert news("UNFLAGGED", "15550001111") == [low, "Con problema propio."]
    assert news("UNFLAGGED", "524440000099") == [low, ""]
    assert news("UNFLAGGED", "5214440000001") == ["", ""]
    assert all("restringió" in one for one in news("ACCOUNT_RESTRICTION", "", field="account_update"))


# -- nothing twice --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["drop_after_accept_next", "cut_after_accept_next", "fail_after_accept_next"])
def test_an_answer_lost_after_accepting_is_settled_by_its_state_and_never_sent_twice(ana, cloud, client, fault):
    setattr(cloud.world.faults, fault, 1)
    queued, following = say(ana, "una vez"), say(ana, "después")
    send()
    queued.refresh_from_db()
    assert (queued.status, queued.external_id) == ("doubtful", "")
    for minutes in (1, 10, 60, 600):
        send(timedelta(minutes=minutes))
    assert [m["body"] for m in cloud.received(CUSTOMER)] == ["una vez", "después"]
    lost = cloud.sent_to(CUSTOMER)[0]
    phone = cloud.world.businesses[WABA].phones[PHONE]
    tell(client, cloud, statuses_change(phone, [status(lost, "delivered", now())]))
    queued.refresh_from_db()
    following.refresh_from_db()
    assert (queued.status, queued.external_id, queued.error_text) == ("delivered", lost.id, "")
    assert following.status == "sent"


def test_a_worker_that_died_while_sending_leaves_it_to_a_person(ana, cloud):
    queued = say(ana, "quizá")
    past = timezone.now() - timedelta(minutes=5)
    Message.objects.filter(pk=queued.pk).update(status="sending", attempted_at=past, next_try_at=past, attempts=1)
    send()
    send(timedelta(hours=2))
    queued.refresh_from_db()
    assert (queued.status, queued.next_try_at) == ("doubtful", None)
    assert cloud.received(CUSTOMER) == []


def test_what_was_refused_before_it_was_taken_is_sent_again(ana, cloud):
    cloud.world.faults.pair_limit_next = 1
    queued = say(ana, "una vez")
    send()
    queued.refresh_from_db()
    assert queued.status == "queued"
    assert queued.next_try_at > timezone.now() + timedelta(seconds=6)
    send(timedelta(minutes=1))
    queued.refresh_from_db()
    assert queued.status == "sent"
    assert len(cloud.received(CUSTOMER)) == 1


# -- whose it is ----------------------------------------------------------------------------------------


def test_a_forged_call_leaves_nothing(number, cloud, client, norte, sur):
    raw, _ = cloud.signed(cloud.world.businesses[WABA], *cloud.changes(cloud.world.messages[0]))
    for signature in ("", "sha256=" + "0" * 64, sign("other", raw), sign("", raw), "sha1=abc"):
        assert knock(client, raw, signature).status_code == 403
    assert knock(client, raw + b" ", sign(SECRET, raw)).status_code == 403
    assert nothing_in(norte)
    assert nothing_in(sur)


def test_a_number_nobody_has_is_answered_and_stored_nowhere(number, cloud, sign_in, norte, sur):
    cloud.add_business(waba_id="9", token="t", app_secret=SECRET, phones=[{"id": "999", "display": "+1"}])
    stranger = cloud.changes(cloud.compose("999", CUSTOMER, body="hola"))
    for place in (sign_in(norte, None), sign_in(None, None)):
        assert tell(place, cloud, *stranger, waba="9") == 200
    assert nothing_in(norte)
    assert nothing_in(sur)


def test_junk_is_refused_and_never_breaks(number, client, norte):
    ten = b"[" + b"9," * 5_000_000
    assert knock(client, ten, sign(SECRET, ten)).status_code == 413
    for junk in (b"", b"\xff\x00", b"{", b"[]", b'"x"', b"[" * 50_000, b'{"entry":[{"changes":[{}]}]}'):
        assert knock(client, junk, sign(SECRET, junk)).status_code in {200, 400}
    assert nothing_in(norte)


def test_the_platforms_address_takes_each_number_of_a_call_to_its_own_provider(number, cloud, sign_in, sur):
    with enter("sur"):
        make_cloud_channel(cloud.url, account=SUR["waba"], number=SUR["phone"], token=SUR["token"], word="otra-palabra")
    businesses = cloud.world.businesses
    mine = envelope(businesses[WABA], cloud.changes(cloud.compose(PHONE, CUSTOMER, body="a norte")))
    theirs = envelope(businesses[SUR["waba"]], cloud.changes(cloud.compose(SUR["phone"], CUSTOMER, body="a sur")))
    raw = encode({**mine, "entry": mine["entry"] + theirs["entry"]})
    assert knock(sign_in(None, None), raw, sign(SECRET, raw)).status_code == 200
    assert Message.objects.get().body == "a norte"
    assert "a sur" not in str(Notification.objects.get().payload)
    with enter("sur"):
        (kept,) = Notification.objects.values_list("payload", flat=True)
        assert "a norte" not in str(kept)
        assert "a sur" in str(kept)


def test_on_a_providers_own_address_another_providers_number_is_nobodys(number, cloud, sign_in, sur, norte):
    assert tell(sign_in(sur, None), cloud, *cloud.changes(cloud.world.messages[0])) == 200
    assert nothing_in(sur)
    assert nothing_in(norte)


@pytest.mark.parametrize("address", ["/webhook", "/hooks/cloud_whatsapp/"])
def test_the_handshake_answers_to_the_channels_word_only(number, client, sign_in, sur, address):
    def ask(who, **changes):
        query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": WORD, **changes}
        return who.get(address, query)

    platform, other = sign_in(None, None), sign_in(sur, None)
    for who in (client, platform):
        answer = ask(who)
        assert (answer.status_code, answer.content) == (200, b"1158201444")
        assert answer["Content-Type"].startswith("text/plain")
        for wrong in ({"hub.verify_token": "x"}, {"hub.verify_token": ""}, {"hub.mode": "x"}, {"hub.challenge": ""}):
            assert ask(who, **wrong).status_code == 403
    assert ask(other).status_code == 403
    assert client.get(address).status_code == 403
    number.is_active = False
    number.save()
    assert {ask(who).status_code for who in (client, platform)} == {403}
    assert connection.tenant.schema_name == "norte"
