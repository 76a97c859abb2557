"""Approved texts: synced from Twilio, linked by words, sent by place, chosen by the channel a notice leaves from."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from events.models import Event
from inbox.domain.approvals import CannotCarry, drain, link_notice, sync_channel
from inbox.domain.notices import notify_customer
from inbox.domain.outbound import outbound_of
from inbox.domain.sending import drain as send_all
from inbox.domain.templates import DEFAULTS, approve_notices, ensure_default_templates
from inbox.models import Approval, Conversation, Message, Template
from inbox.tests.conftest import ACTOR, CUSTOMER, NUMBER, SID, TOKEN, make_customer, receive
from tenants.current import entered

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
CARD = {
    "sid": "HXcard",
    "friendly_name": "oferta",
    "types": {
        "whatsapp/card": {
            "header_text": "Más velocidad",
            "body": "Hola {{1}}, pase a {{2}}.",
            "footer": "Responda BAJA",
            "media": ["https://ejemplo.test/foto.jpg"],
            "actions": [{"type": "URL", "title": "Ver", "url": "https://ejemplo.test/{{3}}"}],
        }
    },
}


def contents(twilio, *rows):
    account = twilio.world.add_account({"sid": SID, "token": TOKEN, "numbers": [NUMBER], "contents": list(rows)})
    return account.contents


def text(key, sid="HX1", **more):
    return {"sid": sid, "friendly_name": key, "language": "es", "body": DEFAULTS[key][1]} | more


def sync(channel, now=None):
    return sync_channel(channel=channel, actor=ACTOR, now=now or timezone.now())


def test_what_the_account_has_is_kept_and_linked_where_words_match(channel, twilio):
    ensure_default_templates()
    contents(
        twilio,
        text("payment_due"),
        text("service_cut", "HX2", status="rejected", reason="Tono amenazante."),
        text("receipt_received", "HX3", body="Otras {{1}} palabras."),
        CARD,
    )
    done = sync(channel)
    assert (done.found, done.linked) == (4, 1)
    assert Approval.objects.get(notice__key="payment_due").external_id == "HX1"
    rejected = Approval.objects.get(external_id="HX2")
    assert (rejected.status, rejected.reason, rejected.notice) == ("rejected", "Tono amenazante.", None)
    card = Approval.objects.get(external_id="HXcard")
    assert card.variables == ["1", "2", "3"]
    assert [part["type"] for part in card.components] == ["HEADER", "BODY", "FOOTER", "BUTTONS"]


def test_a_second_look_changes_what_changed_and_keeps_what_a_person_linked(channel, twilio):
    ensure_default_templates()
    contents(twilio, text("payment_due"), text("receipt_received", "HX3", body="Gracias {{1}}, lo revisamos."))
    sync(channel)
    mine = Approval.objects.get(external_id="HX3")
    link_notice(
        approval_id=mine.pk, notice=Template.objects.get(key="receipt_received"), actor=ACTOR, now=timezone.now()
    )
    left = contents(twilio, text("receipt_received", "HX3", body="Gracias {{1}}, lo revisamos.", status="paused"))
    assert list(left) == ["HX3"]
    sync(channel)
    mine.refresh_from_db()
    assert (mine.status, mine.notice.key) == ("paused", "receipt_received")
    gone = Approval.objects.get(external_id="HX1")
    assert (gone.status, gone.reason) == ("disabled", "Ya no existe en la cuenta.")


def test_more_than_a_page_is_read_whole(channel, twilio):
    contents(twilio, *(text("payment_due", f"HX{n}") for n in range(1201)))
    assert sync(channel).found == 1201


def test_the_lane_asks_daily_and_sooner_after_a_failure(channel, twilio):
    now = timezone.now()
    contents(twilio, text("payment_due"))
    assert drain(now=now) == now + timedelta(days=1)
    contents(twilio)
    drain(now=now + timedelta(hours=2))
    assert Approval.objects.get().status == "approved"
    channel.seal(auth_token="otra")
    channel.save()
    assert drain(now=now + timedelta(days=1)) == now + timedelta(days=1, hours=1)
    assert Approval.objects.get().status == "approved"


def test_a_text_with_other_places_carries_no_notice(channel, twilio):
    ensure_default_templates()
    contents(twilio, CARD)
    sync(channel)
    with pytest.raises(CannotCarry):
        link_notice(
            approval_id=Approval.objects.get().pk,
            notice=Template.objects.get(key="service_restored"),
            actor=ACTOR,
            now=timezone.now(),
        )
    assert Approval.objects.get().notice is None


def test_a_notice_leaves_only_where_its_text_is_approved_now(channel, twilio):
    customer = make_customer()
    ensure_default_templates()
    approve_notices(channel=channel, ids={"service_restored": "HX1"})
    receive(channel)
    Conversation.objects.update(customer=customer, last_inbound_at=timezone.now() - timedelta(days=2))
    Approval.objects.update(status="paused")

    def tell(key):
        return notify_customer(
            customer_id=customer.pk,
            template="service_restored",
            variables={"name": "Ana"},
            key=key,
            actor=ACTOR,
            now=timezone.now(),
        )

    assert tell("a") is None
    assert Event.objects.get(type="notice.not_sent").facts["reason"] == "no_approved_template"
    Approval.objects.update(status="approved")
    message = tell("b")
    assert outbound_of(message).template.external_id == "HX1"
    assert dict(outbound_of(message).template.values) == {"1": "Ana"}


def test_the_picker_offers_what_may_go_and_sends_it_by_place(channel, twilio, client_norte):
    make_customer()
    talk = receive(channel).conversation
    contents(twilio, CARD, text("payment_due", status="pending"))
    sync(channel)
    place = f"/bandeja/{talk.pk}/plantillas/"
    assert "pase a" in client_norte.get(f"{place}?buscar=oferta").content.decode()
    page = client_norte.get(place).content.decode()
    assert "Oferta" in page
    assert "Vence hoy" not in page
    card = Approval.objects.get(external_id="HXcard")
    form = {"approval": card.pk, "value-1": "Ana", "value-2": "50 megas", "value-3": "plan", "key": "k"}
    shown = client_norte.post(f"{place}vista/", form).content.decode()
    assert "Hola Ana, pase a 50 megas." in shown
    assert client_norte.post(f"{place}enviar/", form, headers=HTMX).status_code == 204
    send_all(now=timezone.now())
    assert twilio.received(CUSTOMER)[-1]["body"] == "Hola Ana, pase a 50 megas."
    pending = Approval.objects.get(external_id="HX1")
    assert client_norte.post(f"{place}enviar/", form | {"approval": pending.pk}, headers=HTMX).status_code == 404
    assert Message.objects.filter(direction="out").count() == 1


def test_a_header_that_is_a_file_asks_for_it(channel, client_norte):
    talk = receive(channel).conversation
    row = Approval.objects.create(
        channel=channel,
        external_id="factura",
        name="factura",
        language="es",
        body="Su factura, {{1}}.",
        variables=["1"],
        components=[{"type": "HEADER", "format": "DOCUMENT"}, {"type": "BODY", "text": "Su factura, {{1}}."}],
    )
    place, form = f"/bandeja/{talk.pk}/plantillas/enviar/", {"approval": row.pk, "value-1": "Ana"}
    refused = client_norte.post(place, form, headers=HTMX)
    assert refused.status_code == 422
    assert "Elija el archivo" in refused.content.decode()

    file = SimpleUploadedFile("f.pdf", b"%PDF-1.4 hola")
    assert client_norte.post(place, form | {"header": file}, headers=HTMX).status_code == 204
    out = outbound_of(Message.objects.get(direction="out"))
    assert out.media == ()
    assert out.template.header.content_type == "application/pdf"


def test_settings_are_for_who_edits_them_and_show_only_ones_own(channel, twilio, norte, sur, sign_in):
    ensure_default_templates()
    contents(twilio, text("payment_due"), CARD)
    owner = sign_in(norte, "owner")
    assert owner.post(f"/bandeja/plantillas/canal/{channel.pk}/sincronizar").status_code == 302
    with entered(norte):
        card = Approval.objects.get(external_id="HXcard")
    assert "oferta" in owner.get("/bandeja/plantillas/").content.decode()
    assert "Responda BAJA" in owner.get(f"/bandeja/plantillas/{card.pk}/").content.decode()
    refused = owner.post(f"/bandeja/plantillas/{card.pk}/", {"notice": Template.objects.get(key="service_restored").pk})
    assert refused.status_code == 422
    assert "3 datos" in refused.content.decode()
    assert sign_in(norte, "support").get("/bandeja/plantillas/").status_code == 404
    other = sign_in(sur, "owner")
    assert "oferta" not in other.get("/bandeja/plantillas/").content.decode()
    assert other.get(f"/bandeja/plantillas/{card.pk}/").status_code == 404
