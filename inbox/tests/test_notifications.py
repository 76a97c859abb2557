"""Webhooks as rows: kept once, read in order, applied once, read again without a second effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from twilio.request_validator import RequestValidator

from accounts.models import ApiKey
from inbox import doors
from inbox.channels.base import Call, Envelope, Malformed
from inbox.channels.items import Edited, Inbound, Reacted, StatusReport
from inbox.channels.registry import CHANNELS
from inbox.channels.twilio_whatsapp.inbound import TwilioDoor, is_signed, read_message
from inbox.domain import notifications, tidying
from inbox.domain.notifications import NotStorable, drain, store
from inbox.domain.sending import queue_message
from inbox.models import Conversation, Message, Notification, Policy, Revision, Ticket
from inbox.tests.conftest import (
    ACTOR,
    CUSTOMER,
    FORM,
    NUMBER,
    SID,
    TOKEN,
    inbound_fields,
    make_channel,
    receive,
    webhook,
)
from tenants.current import current_tenant, enter
from tenants.models import Wake

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(in_norte):
    return make_channel()


def keep(channel, provider_id="SM1", payload=None):
    form = inbound_fields(MessageSid=provider_id)
    payload = payload if payload is not None else {"form": form, "key": "", "is_state": False}
    envelope = Envelope(SID, f"whatsapp:{NUMBER}", provider_id, payload)
    return store(tenant=current_tenant(), channel_id=channel.pk, envelopes=[envelope], now=timezone.now())


class Scripted:
    """A door whose stored payload names what is read from it."""

    def __init__(self, **said):
        self.said = said

    def read(self, payload, *, now):
        found = self.said[payload["say"]]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def scripted(monkeypatch, channel):
    def use(**said):
        monkeypatch.setattr(notifications, "door_of", lambda _kind: Scripted(**said))

    return use


def inbound(sid="SM1", body="hola"):
    return Inbound(external_id=sid, sender=f"whatsapp:{CUSTOMER}", recipient=f"whatsapp:{NUMBER}", body=body)


def test_a_call_is_kept_once_with_its_wake(channel, sur):
    assert [keep(channel), keep(channel)] == [1, 0]
    assert Notification.objects.get().state == "pending"
    assert Wake.objects.filter(lane="inbox.receive").count() == 1
    drain(now=timezone.now())
    row = Notification.objects.get()
    assert (row.state, row.attempts, row.error) == ("done", 1, "")
    assert CUSTOMER in row.outcome
    with enter("sur"):
        assert not Notification.objects.exists()
        drain(now=timezone.now())
        assert not Message.objects.exists()


def test_what_the_database_cannot_keep_is_cleaned_or_refused(channel):
    assert keep(channel, "SMn\x00ul", {"a": "x\x00y", "b": "\ud800"}) == 1
    assert Notification.objects.get().payload == {"a": "xy", "b": "?"}
    assert keep(channel, "S" * 500, {}) == 1
    with pytest.raises(NotStorable):
        keep(channel, "SMinf", {"n": float("inf")})


def test_one_broken_item_and_one_broken_row_stop_nobody(channel, scripted, caplog):
    scripted(bad=ValueError("no sense"), odd=KeyError("text"), mixed=[Edited, inbound()], good=[inbound("SM2")])
    for n, say in enumerate(("bad", "odd", "mixed", "good")):
        keep(channel, f"N{n}", {"say": say})
    drain(now=timezone.now())
    states = list(Notification.objects.order_by("id").values_list("state", flat=True))
    assert states == ["failed", "failed", "pending", "done"]
    assert Notification.objects.order_by("id")[0].error == "ValueError: no sense"
    assert set(Message.objects.values_list("external_id", flat=True)) == {"SM1", "SM2"}
    later = timezone.now()
    for _ in notifications.PAUSES:
        later += timedelta(hours=1)
        drain(now=later)
    assert Notification.objects.get(provider_id="N2").state == "failed"
    assert Message.objects.count() == 2


def test_a_change_that_outruns_its_message_waits_for_it(channel, scripted):
    edit = Edited(external_id="SM1", sender=f"whatsapp:{CUSTOMER}", body="adiós")
    scripted(edit=[edit], message=[inbound()])
    keep(channel, "N1", {"say": "edit"})
    now = timezone.now()
    assert drain(now=now) is not None
    keep(channel, "N2", {"say": "message"})
    drain(now=now)
    assert Message.objects.get().body == "hola"
    drain(now=now + timedelta(seconds=2))
    assert (Message.objects.get().body, Revision.objects.get().body) == ("adiós", "hola")


def test_a_change_of_what_never_came_is_left_in_the_end(channel, scripted):
    scripted(reaction=[Reacted(external_id="SM9", sender=f"whatsapp:{CUSTOMER}", emoji="👍")])
    keep(channel, "N1", {"say": "reaction"})
    now = timezone.now()
    for seconds in (0, 2, 10, 60, 120):
        drain(now=now + timedelta(seconds=seconds))
    row = Notification.objects.get()
    assert (row.state, row.error) == ("ignored", "message SM9 is not here")


def state_of(external_id, status="delivered"):
    return StatusReport(external_id=external_id, status=status)


def test_a_state_without_our_key_that_outruns_our_own_send_waits_for_it(channel, scripted):
    message = receive(channel)
    answer = queue_message(conversation=message.conversation, body="Va", author=ACTOR, now=timezone.now())
    scripted(state=[state_of("SMours"), inbound("SM2")])
    keep(channel, "N1", {"say": "state"})
    now = timezone.now()
    assert timedelta() < drain(now=now) - now < timedelta(seconds=2)
    assert Message.objects.filter(external_id="SM2").exists()  # what came beside it does not wait
    Message.objects.filter(pk=answer.pk).update(status="sent", external_id="SMours")
    drain(now=now + timedelta(seconds=3))
    answer.refresh_from_db()
    assert answer.status == "delivered"
    assert Notification.objects.get().state == "done"
    assert Message.objects.count() == 3


def test_a_state_of_what_we_never_sent_is_left_in_the_end(channel, scripted):
    scripted(alone=[state_of("SM8")], beside=[state_of("SM9", "failed"), inbound()])
    for say in ("alone", "beside"):
        keep(channel, say, {"say": say})
    now = timezone.now()
    for seconds in (0, 2, 10, 60):
        drain(now=now + timedelta(seconds=seconds))
    assert drain(now=now + timedelta(seconds=61)) is None
    told = dict(Notification.objects.values_list("provider_id", "state"))
    assert told == {"alone": "ignored", "beside": "done"}
    assert Notification.objects.get(provider_id="alone").error == "message SM8 is not here"
    assert Message.objects.get().body == "hola"


def test_reading_again_has_no_second_effect(channel, scripted, client_norte, sign_in, sur):
    first = Edited(external_id="SM1", sender=f"whatsapp:{CUSTOMER}", body="dos")
    second = Edited(external_id="SM1", sender=f"whatsapp:{CUSTOMER}", body="tres")
    scripted(message=[inbound(body="uno")], first=[first], second=[second], bad=ValueError("x"))
    for n, say in enumerate(("message", "first", "second", "bad")):
        keep(channel, f"N{n}", {"say": say})
    drain(now=timezone.now())
    before = (Message.objects.get().body, Revision.objects.count(), Conversation.objects.get().seq)
    for row in Notification.objects.all():
        address = f"/bandeja/avisos/{row.pk}/leer/"
        assert sign_in(sur).post(address).status_code == 404
        assert client_norte.post(address).status_code == 302
    assert Notification.objects.filter(state="pending").count() == 4
    drain(now=timezone.now())
    assert (Message.objects.get().body, Revision.objects.count(), Conversation.objects.get().seq) == before
    assert Conversation.objects.get().unread == 1
    assert client_norte.post("/bandeja/avisos/leer/").status_code == 302
    assert Notification.objects.filter(state="pending").count() == 1


def test_the_list_is_filtered_and_one_is_opened(channel, client_norte, client_sur, sign_in, norte):
    keep(channel, "SM-uno")
    row = Notification.objects.get()
    for query in ("", "?state=pending", f"?channel={channel.pk}", "?q=cuánto debo"):
        assert "SM-uno" in client_norte.get(f"/bandeja/avisos/{query}").content.decode()
    for query in ("?state=failed", "?channel=999", "?q=nada%00"):
        assert "SM-uno" not in client_norte.get(f"/bandeja/avisos/{query}").content.decode()
    page = client_norte.get(f"/bandeja/avisos/{row.pk}/").content.decode()
    assert "¿Cuánto debo?" in page
    assert TOKEN not in page
    assert client_sur.get(f"/bandeja/avisos/{row.pk}/").status_code == 404
    assert sign_in(norte, "sales").get("/bandeja/avisos/").status_code == 404
    told = client_norte.get(f"/api/v1/notifications/{row.pk}/").json()
    assert told["payload"]["form"]["Body"] == "¿Cuánto debo?"
    assert client_norte.post(f"/api/v1/notifications/{row.pk}/replay/").status_code == 200
    assert client_sur.get("/api/v1/notifications/").json()["results"] == []


def test_old_rows_and_silent_conversations_are_put_away(channel):
    now = timezone.now()
    Policy.objects.update_or_create(key="main", defaults={"resolve_after_days": 7, "keep_notifications_days": 30})
    for n in range(3):
        keep(channel, f"SM{n}")
    Notification.objects.filter(provider_id="SM0").update(state="done", received_at=now - timedelta(days=31))
    Notification.objects.filter(provider_id="SM1").update(received_at=now - timedelta(days=31))
    names = ("silent", "snoozed", "ticket", "fresh")
    talks = {n: receive(channel, sid=f"S{i}", sender=f"+52444000010{i}").conversation for i, n in enumerate(names)}
    old = Conversation.objects.exclude(pk=talks["fresh"].pk)
    old.update(last_message_at=now - timedelta(days=8))
    Conversation.objects.filter(pk=talks["snoozed"].pk).update(status="snoozed")
    Ticket.objects.create(number=1, subject="Falla", conversation=talks["ticket"], source="staff")
    tidying.drain(now=now)
    assert set(Notification.objects.values_list("provider_id", flat=True)) == {"SM1", "SM2"}
    states = {n: Conversation.objects.get(pk=c.pk).status for n, c in talks.items()}
    assert states == {"silent": "resolved", "snoozed": "snoozed", "ticket": "open", "fresh": "open"}


def test_junk_is_refused_without_being_read(channel, client_norte):
    for address in ("/hooks/twilio/", "/webhook/whatsapp"):
        huge = client_norte.post(address, b"x" * (10 * 1024 * 1024), content_type=FORM)
        assert huge.status_code == 413
        assert client_norte.post(address, b"a=1&" * 2000, content_type=FORM).status_code == 400
        assert client_norte.post(address, b"\x00\xff%00=%00", content_type=FORM).status_code == 400
        assert client_norte.get(address).status_code == 405
    fields = inbound_fields(To="whatsapp:+1\x00", Body="x")
    assert webhook(client_norte, **fields).status_code == 404
    assert not Notification.objects.exists()


def test_the_old_address_does_what_the_new_one_does(channel, client_norte, sign_in):
    assert webhook(client_norte, "/webhook/whatsapp", **inbound_fields()).status_code == 204
    assert webhook(sign_in(None, None), "/webhook/whatsapp", **inbound_fields(MessageSid="SM2")).status_code == 204
    assert Message.objects.count() == 2


def test_a_type_that_nobody_knows_is_kept_and_shown_as_such(channel, client_norte):
    fields = inbound_fields(MessageType="hologram", Body="", NewField="1")
    assert webhook(client_norte, **fields).status_code == 204
    assert Message.objects.get().kind == "unsupported"
    assert Notification.objects.get().payload["form"]["NewField"] == "1"


def test_twilios_signatures():
    """Vectors of the provider's documentation; an unknown algorithm and an empty key are refused."""
    fields = {"CallSid": "CA1234567890ABCDE", "From": "+12349013030", "To": "+18005551212", "Caller": "+12349013030"}
    ask = {"url": "https://mycompany.com/myapp.php?foo=1&bar=2", "fields": {**fields, "Digits": "1234"}}
    old, new = "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", "Rmm4Vzj+Ky7JGoWXMCsZDZuHDszLr9xvdbvitrDr4/M="
    sha256 = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    assert is_signed(secrets=["12345"], signature=old, settings="", **ask)
    assert is_signed(secrets=["other", "12345"], signature=new, settings=sha256, **ask)
    assert is_signed(secrets=["new", "12345"], signature=old, settings="", **ask)
    assert not is_signed(secrets=["12345"], signature=new, settings=sha256, **ask)
    assert not is_signed(secrets=["12345"], signature=old, settings="algorithm=HMAC_MD5", **ask)
    assert not is_signed(secrets=["", ""], signature=old, settings="", **ask)
    assert not is_signed(secrets=["12345"], signature="", settings="", **ask)
    ported = RequestValidator("12345").compute_signature("https://x.mx:443/hooks/", {"To": "+1"})
    assert is_signed(secrets=["12345"], url="https://x.mx/hooks/", fields={"To": "+1"}, signature=ported, settings="")


def test_a_name_that_comes_twice_is_signed_with_each_value():
    signature = RequestValidator("12345").compute_signature("https://x.mx/AaAbTo+1", {})
    call = Call("POST", ["https://x.mx/"], "", {}, {"x-twilio-signature": signature}, b"To=%2B1&A=b&A=a")
    assert TwilioDoor().is_genuine(call, secrets=["12345"])
    assert not TwilioDoor().is_genuine(call, secrets=["12346"])
    assert not TwilioDoor().is_genuine(replace(call, body=b"To=%2B1&A=b"), secrets=["12345"])


@pytest.mark.parametrize(
    ("changes", "kind", "content"),
    [
        ({"ButtonText": "Pagar", "ButtonPayload": "pay"}, "choice", {"id": "pay", "title": "Pagar"}),
        ({"ListId": "r1", "ListTitle": "Falla", "Body": ""}, "choice", {"id": "r1", "title": "Falla"}),
        (
            {"Latitude": "1.5", "Longitude": "x"},
            "unsupported",
            {"type": "location", "why": "coordinates that are none"},
        ),
        ({"Forwarded": "true"}, "text", {"forwarded": True}),
        ({"ReferralHeadline": "Oferta", "ReferralNumMedia": "0"}, "text", None),
    ],
)
def test_what_twilio_tells_besides_words(changes, kind, content):
    found = read_message(inbound_fields(**changes))
    assert found.kind == kind
    if content is None:
        assert found.content["referral"]["Headline"] == "Oferta"
    else:
        assert found.content == content


def test_replies_reactions_and_people_without_a_number():
    answer = read_message(inbound_fields(OriginalRepliedMessageSid="SM0"))
    assert (answer.reply_to, answer.phone) == ("SM0", CUSTOMER)
    reaction = read_message(inbound_fields(MessageType="reaction", Body="👍", OriginalRepliedMessageSid="SM0"))
    assert reaction == Reacted(external_id="SM0", sender=f"whatsapp:{CUSTOMER}", emoji="👍")
    hidden = read_message(inbound_fields(From="whatsapp:MX.1502576394655843"))
    assert (hidden.sender, hidden.phone, hidden.aliases) == ("whatsapp:MX.1502576394655843", "", ())
    both = read_message(inbound_fields(From=CUSTOMER, ExternalUserId="MX.150", WaId=CUSTOMER.lstrip("+")))
    assert (both.sender, both.aliases) == (f"whatsapp:{CUSTOMER}", ("whatsapp:MX.150",))
    media = {f"MediaUrl{i}": f"https://x/{i}" for i in range(10)} | {"MediaContentType0": "audio/ogg"}
    voice = read_message(inbound_fields(NumMedia="12", **media))
    assert (len(voice.media), voice.media[0].voice, voice.kind) == (10, True, "audio")
    with pytest.raises(Malformed):
        TwilioDoor().route(Call("POST", ("https://x/",), "", {}, {}, b"To=1&Body=hola"))


def test_the_figures_of_the_servers_before_us(channel, client_norte, norte, sur, sign_in):
    message = receive(channel)
    Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - timedelta(seconds=30))
    client_norte.post(f"/bandeja/{message.conversation_id}/responder/", {"body": "Hola", "key": "k1"})
    client = sign_in(norte, None)
    headers = {"Authorization": f"Api-Key {ApiKey.issue(name='n8n', role='owner')[1]}"}
    told = client.get("/api/whatsapp/stats", headers=headers).json()
    assert (told["active_conversations"], told["active_users"]) == (1, {"last_24h": 1, "last_7d": 1})
    assert told["messages"]["received_24h"] == 1
    number = CUSTOMER.lstrip("+")
    for ref in (str(message.conversation_id), number):
        lines = client.get(f"/api/whatsapp/conversations/{ref}/history", headers=headers).json()["messages"]
        assert lines[0]["body"] == "hola"
    closed = client.post(f"/api/whatsapp/conversations/{number}/close", headers=headers)
    assert closed.json()["status"] == "resolved"
    assert sign_in(norte, None).get("/api/whatsapp/stats").status_code in {401, 403}
    assert sign_in(sur).get(f"/api/whatsapp/conversations/{number}/history").status_code == 404
    assert sign_in(sur).get("/api/whatsapp/stats").json()["active_conversations"] == 0


def test_every_kind_with_a_door_has_an_address(client_norte):
    called = {kind for kind, side in CHANNELS.items() if side.door is not None} - {"sandbox", "web_chat"}
    assert set(doors.DOORS) == called
    for kind in doors.DOORS:
        assert client_norte.post(f"/hooks/{kind}/", b"", content_type="text/plain").status_code in {200, 400, 404}
