"""Every documented notification, read."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from inbox.channels.cloud_whatsapp.door import CloudDoor
from inbox.channels.items import (
    Action,
    AddressChanged,
    Blocked,
    ChannelReport,
    Deleted,
    Edited,
    Ignored,
    Inbound,
    Reacted,
    StatusReport,
    TemplateReport,
)
from inbox.kinds import ContentKind
from inbox.tests.cloud_whatsapp.payloads import (
    BSUID,
    CUSTOMER,
    PHONE,
    change,
    contact,
    message,
    status,
    value,
)

NOW = datetime(2025, 11, 21, 21, 20, 10, tzinfo=UTC)
WRITTEN = datetime.fromtimestamp(1763760000, UTC)
ANA = f"whatsapp:+{CUSTOMER}"
FILE = {"id": "1908647269898587", "mime_type": "image/jpeg", "sha256": "x"}


def read(*changes, now=WRITTEN):
    return list(CloudDoor().read({"changes": list(changes)}, now=now))


def one(*changes, now=WRITTEN):
    (item,) = read(*changes, now=now)
    return item


@pytest.mark.parametrize(
    ("row", "kind", "body", "content"),
    [
        (message("text", {"body": "¿Cuánto debo?"}), ContentKind.TEXT, "¿Cuánto debo?", {}),
        (message("image", {**FILE, "caption": "Mi pago"}), ContentKind.IMAGE, "Mi pago", {}),
        (message("video", {**FILE, "mime_type": "video/mp4"}), ContentKind.VIDEO, "", {}),
        (message("document", {**FILE, "filename": "recibo.pdf"}), ContentKind.DOCUMENT, "", {}),
        (message("audio", {**FILE, "mime_type": "audio/ogg; codecs=opus", "voice": True}), ContentKind.AUDIO, "", {}),
        (message("sticker", {**FILE, "mime_type": "image/webp", "animated": False}), ContentKind.STICKER, "", {}),
        (
            message("location", {"latitude": 22.15, "longitude": -100.98, "name": "Casa", "address": "Calle 5"}),
            ContentKind.LOCATION,
            "",
            {"latitude": 22.15, "longitude": -100.98, "name": "Casa", "address": "Calle 5"},
        ),
        (
            message(
                "contacts", [{"name": {"formatted_name": "Luis"}, "phones": [{"phone": "+52 444", "wa_id": "52"}]}]
            ),
            ContentKind.CONTACTS,
            "",
            {"contacts": [{"name": "Luis", "phones": ["+52 444"]}]},
        ),
        (
            message("interactive", {"type": "button_reply", "button_reply": {"id": "pay", "title": "Pagar"}}),
            ContentKind.CHOICE,
            "Pagar",
            {"id": "pay", "title": "Pagar"},
        ),
        (
            message("interactive", {"type": "list_reply", "list_reply": {"id": "2", "title": "B", "description": "c"}}),
            ContentKind.CHOICE,
            "B",
            {"id": "2", "title": "B"},
        ),
        (message("button", {"payload": "YES", "text": "Sí"}), ContentKind.CHOICE, "Sí", {"id": "YES", "title": "Sí"}),
        (
            message("order", {"catalog_id": "1", "product_items": [{"product_retailer_id": "mega", "quantity": 2}]}),
            ContentKind.TEXT,
            "Pedido del catálogo:\n2 × mega",
            {},
        ),
        (
            message("unsupported", {"type": "poll"}, errors=[{"code": 131051, "title": "Unknown"}]),
            ContentKind.UNSUPPORTED,
            "",
            {"type": "poll", "why": "Unknown"},
        ),
        (message("interactive", {}), ContentKind.UNSUPPORTED, "", {"type": "interactive", "why": ""}),
        (message("image", {"caption": "x"}), ContentKind.UNSUPPORTED, "", {"type": "image", "why": ""}),
        (message("hologram", {"x": 1}), ContentKind.UNSUPPORTED, "", {"type": "hologram", "why": ""}),
        (message("location", {"latitude": "x"}), ContentKind.UNSUPPORTED, "", {"type": "location", "why": ""}),
    ],
)
def test_messages_of_every_type(row, kind, body, content):
    item = one(change(row))
    assert isinstance(item, Inbound)
    assert (item.kind, item.body, dict(item.content)) == (kind, body, content)
    assert (item.external_id, item.sender, item.recipient) == (row["id"], ANA, PHONE)
    assert (item.sender_name, item.phone, item.at, item.echo) == ("Ana Muñoz", f"+{CUSTOMER}", None, False)


def test_a_file_is_told_by_its_id_with_what_is_said_of_it():
    item = one(change(message("audio", {**FILE, "mime_type": "audio/ogg; codecs=opus", "voice": True})))
    (media,) = item.media
    assert (media.url, media.content_type, media.voice) == (FILE["id"], "audio/ogg", True)
    item = one(change(message("document", {**FILE, "filename": "recibo.pdf"})))
    assert item.media[0].filename == "recibo.pdf"


def test_a_form_brings_its_answers():
    reply = {"name": "flow", "body": "Sent", "response_json": '{"flow_token": "x", "plan": "50 megas"}'}
    item = one(change(message("interactive", {"type": "nfm_reply", "nfm_reply": reply})))
    assert item.body == "Sent\nplan: 50 megas"
    assert item.content["answers"] == {"plan": "50 megas"}
    item = one(change(message("interactive", {"nfm_reply": {**reply, "response_json": "{"}})))
    assert item.body == "Sent"


def test_circumstances_are_kept():
    context = {"from": "52", "id": "wamid.earlier", "forwarded": True}
    referral = {"source_url": "https://fb.me/x", "source_type": "ad", "headline": "Fibra", "image": {"id": 1}}
    item = one(change(message("text", {"body": "hola"}, context=context, referral=referral)))
    assert item.reply_to == "wamid.earlier"
    assert item.content == {
        "forwarded": True,
        "referral": {"source_type": "ad", "source_url": "https://fb.me/x", "headline": "Fibra"},
    }


def test_a_sender_without_a_number_is_a_business_scoped_id_and_never_a_phone():
    row = message("text", {"body": "hola"}, from_user_id=BSUID, from_parent_user_id="MX.ENT.9")
    row.pop("from")
    who = {"profile": {"name": "Ana", "username": "ana"}, "user_id": BSUID, "parent_user_id": "MX.ENT.9"}
    item = one({"field": "messages", "value": value(contacts=[who], messages=[row])})
    assert (item.sender, item.phone, item.aliases) == (f"whatsapp:{BSUID}", "", ("whatsapp:MX.ENT.9",))
    row["from"] = CUSTOMER
    item = one({"field": "messages", "value": value(contacts=[{**who, "wa_id": CUSTOMER}], messages=[row])})
    assert (item.sender, item.phone) == (ANA, f"+{CUSTOMER}")
    assert item.aliases == (f"whatsapp:{BSUID}", "whatsapp:MX.ENT.9")


def test_of_several_senders_each_has_its_own_name():
    rows = [message("text", {"body": "uno"}), {**message("text", {"body": "dos"}), "from": "5215550001111"}]
    people = [contact(profile={"name": "Luis"}, wa_id="5215550001111"), contact()]
    first, second = read({"field": "messages", "value": value(contacts=people, messages=rows)})
    assert (first.sender_name, second.sender_name) == ("Ana Muñoz", "Luis")


def test_changes_of_mind_are_about_another_message():
    reaction = {"message_id": "wamid.a", "emoji": "👍"}
    assert one(change(message("reaction", reaction))) == Reacted(external_id="wamid.a", sender=ANA, emoji="👍")
    gone = one(change(message("reaction", {"message_id": "wamid.a"})))
    assert gone == Reacted(external_id="wamid.a", sender=ANA, emoji="")
    edit = {"original_message_id": "wamid.a", "message": {"type": "text", "text": {"body": "Quise decir esto"}}}
    assert one(change(message("edit", edit))) == Edited(external_id="wamid.a", sender=ANA, body="Quise decir esto")
    edit["message"] = {"type": "image", "image": {**FILE, "caption": "otro pie"}}
    assert one(change(message("edit", edit))).body == "otro pie"
    revoke = {"original_message_id": "wamid.a"}
    assert one(change(message("revoke", revoke))) == Deleted(external_id="wamid.a", sender=ANA)


def test_who_moves_to_another_number_or_id_is_followed():
    moved = {"type": "user_changed_number", "wa_id": "5215559998888", "body": "changed"}
    item = one(change(message("system", moved)))
    assert item == AddressChanged(old=ANA, new="whatsapp:+5215559998888", phone="+5215559998888")
    assert isinstance(one(change(message("system", {"type": "customer_identity_changed"}))), Ignored)
    row = {"wa_id": CUSTOMER, "user_id": {"previous": "MX.1", "current": "MX.2"}, "timestamp": "1"}
    item = one(change(field="user_id_update", user_id_update=[row]))
    assert item == AddressChanged(old="whatsapp:MX.1", new="whatsapp:MX.2", phone=f"+{CUSTOMER}")


def test_what_the_provider_wrote_on_its_own_telephone_is_an_echo_for_the_customer():
    row = {**message("text", {"body": "Voy para allá"}), "from": "5214440000001", "to": CUSTOMER}
    item = one(change(field="smb_message_echoes", message_echoes=[row]))
    assert (item.echo, item.sender, item.body, item.sender_name) == (True, ANA, "Voy para allá", "")


def test_all_of_a_batch_is_read_messages_before_states_and_a_broken_one_alone_is_lost():
    broken = {"type": "text", "text": {"body": "sin id"}}
    first = change(message("reaction", {"message_id": "wamid.b", "emoji": "x"}), statuses=[status("read")])
    second = change(
        message("text", {"body": "a"}), broken, message("image", FILE), statuses=[status("sent"), {"id": 7}, "junk"]
    )
    items = read(first, second, {"field": "flows", "value": {}}, {"value": 3})
    kinds = [type(item).__name__ for item in items]
    assert kinds == [
        "Inbound",
        "Inbound",
        "Reacted",
        "Ignored",
        "Ignored",
        "Ignored",
        "Ignored",
        "StatusReport",
        "StatusReport",
    ]
    assert [item.body for item in items[:2]] == ["a", ""]
    assert [item.status for item in items[-2:]] == ["read", "sent"]


def test_a_state_brings_our_key_its_price_and_its_reason():
    key = str(uuid.uuid4())
    pricing = {"billable": True, "pricing_model": "PMP", "category": "utility", "type": "regular"}
    item = one(change(statuses=[status("delivered", pricing=pricing, biz_opaque_callback_data=key)]))
    assert isinstance(item, StatusReport)
    assert (item.status, item.key, item.external_id, item.error_code) == ("delivered", key, "wamid.ours", "")
    assert (item.price.billable, item.price.category, item.price.model) == (True, "utility", "PMP regular")
    assert item.price.amount is None
    error = {"code": 131047, "title": "Re-engagement message", "error_data": {"details": "24 hours"}}
    item = one(change(statuses=[status("failed", errors=[error], biz_opaque_callback_data="'; drop")]))
    assert (item.status, item.key, item.error_code, item.action) == ("failed", "", "131047", Action.TEMPLATE)
    assert "24 horas" in item.error_text
    assert one(change(statuses=[status("played")])).status == "read"
    assert isinstance(one(change(statuses=[status("deleted")])), Ignored)


@pytest.mark.parametrize(
    ("code", "action"),
    [
        (131026, Action.STOP),
        (130429, Action.RETRY),
        (131056, Action.RETRY),
        (131050, Action.STOP),
        (132001, Action.STOP),
        (190, Action.STOP),
        (999999, Action.STOP),
    ],
)
def test_codes_become_a_sentence_and_what_to_do(code, action):
    item = one(change(statuses=[status("failed", errors=[{"code": code, "title": "Whatever"}])]))
    assert item.action is action
    assert item.error_text
    assert "Whatever" not in item.error_text or code == 999999


def test_news_of_templates_numbers_accounts_and_preferences():
    told = {
        "event": "REJECTED",
        "message_template_id": 1,
        "message_template_name": "recordatorio",
        "message_template_language": "es_MX",
        "reason": "INVALID_FORMAT",
    }
    item = one({"field": "message_template_status_update", "value": told})
    assert item == TemplateReport(
        external_id="recordatorio", name="recordatorio", language="es_MX", status="rejected", reason="INVALID_FORMAT"
    )
    low = {"display_phone_number": "52", "event": "FLAGGED", "current_limit": "TIER_250"}
    assert "TIER_250" in one({"field": "phone_number_quality_update", "value": low}).problem
    good = one({"field": "phone_number_quality_update", "value": {**low, "event": "UNFLAGGED"}})
    assert good == ChannelReport(problem="", number="52")
    assert one({"field": "account_update", "value": {"event": "ACCOUNT_RESTRICTION"}}).problem
    assert isinstance(one({"field": "account_update", "value": {"event": "PARTNER_ADDED"}}), Ignored)
    wish = {"wa_id": CUSTOMER, "category": "marketing_messages", "value": "stop"}
    refused = Blocked(sender=ANA, blocked=True, marketing=True)
    assert one(change(field="user_preferences", user_preferences=[wish])) == refused
    assert isinstance(one({"field": "calls", "value": {"calls": [{}]}}), Ignored)


def test_a_message_that_was_held_up_counts_from_when_it_was_written():
    assert one(change(message("text", {"body": "x"})), now=WRITTEN + timedelta(hours=30)).at == WRITTEN
    row = {**message("text", {"body": "x"}), "timestamp": "9" * 40}
    assert one(change(row), now=NOW).at is None
