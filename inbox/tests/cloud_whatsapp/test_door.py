"""Whose a call is, and whether Meta signed it."""

from __future__ import annotations

import json

import pytest

from inbox.channels.base import Malformed
from inbox.channels.cloud_whatsapp.door import CloudDoor, sign
from inbox.tests.cloud_whatsapp.payloads import (
    PHONE,
    SECRET,
    WABA,
    body,
    call,
    change,
    contact,
    message,
    status,
)

DOOR = CloudDoor()


def with_number(row, number):
    row["value"]["metadata"] = {"phone_number_id": number}
    return row


def test_the_signature_is_over_the_bytes_as_they_came():
    raw = json.dumps(body(change(message("text", {"body": "¿Qué tal? 🙂"}))), ensure_ascii=False).encode()
    assert DOOR.is_genuine(call(raw), secrets=["old", SECRET])
    again = json.dumps(json.loads(raw)).encode()
    assert not DOOR.is_genuine(call(again, signature=sign(SECRET, raw)), secrets=[SECRET])
    assert not DOOR.is_genuine(call(raw, secret="other"), secrets=[SECRET])
    assert not DOOR.is_genuine(call(raw, signature=""), secrets=[SECRET])
    assert not DOOR.is_genuine(call(raw, secret=""), secrets=[""])
    assert not DOOR.is_genuine(call(raw, signature="sha256=ñ"), secrets=[SECRET])


def test_one_thing_has_its_own_id_and_several_a_digest():
    (sole,) = DOOR.route(call(body(change(message("text", {"body": "a"})))))
    assert (sole.account, sole.number, sole.provider_id) == (WABA, PHONE, "wamid.text")
    (state,) = DOOR.route(call(body(change(statuses=[status("read")]))))
    assert state.provider_id == "wamid.ours:read"
    both = body(change(message("text", {"body": "a"}), statuses=[status("read")]))
    (first,), (second,) = DOOR.route(call(both)), DOOR.route(call(json.dumps(both, indent=2).encode()))
    assert first.provider_id == second.provider_id
    assert first.provider_id.startswith("sha256:")
    assert len(first.provider_id) <= 200


def test_what_happens_again_later_is_told_again_and_what_is_repeated_is_not():
    def flagged(moment):
        value = {"display_phone_number": "5255", "event": "FLAGGED"}
        entry = {"id": WABA, "time": moment, "changes": [{"field": "phone_number_quality_update", "value": value}]}
        (found,) = DOOR.route(call({"object": "whatsapp_business_account", "entry": [entry]}))
        return found.provider_id

    assert flagged(1_700_000_000) == flagged(1_700_000_000)
    assert flagged(1_700_000_000) != flagged(1_700_009_999)


def test_a_call_for_more_numbers_than_meta_puts_into_one_is_refused_before_any_is_looked_up():
    changes = [with_number(change(statuses=[status("sent")]), str(number)) for number in range(1001)]
    with pytest.raises(Malformed):
        DOOR.route(call({"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": changes}]}))


def test_a_call_for_several_numbers_is_taken_apart():
    data = body(
        change(message("text", {"body": "a"})),
        with_number(change(message("text", {"body": "b"})), "777"),
        change(statuses=[status("sent")]),
    )
    data["entry"].append({"id": "other", "changes": [with_number(change(message("image", {"id": "1"})), "888")]})
    data["entry"].append({"id": WABA, "changes": [{"field": "account_update", "value": {"event": "X"}}]})
    found = DOOR.route(call(data))
    assert [(e.account, e.number, len(e.payload["changes"])) for e in found] == [
        (WABA, PHONE, 2),
        (WABA, "777", 1),
        ("other", "888", 1),
        (WABA, "", 1),
    ]
    assert "777" not in json.dumps(found[0].payload)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\xff\xfe\x00",
        b"not json",
        b"[]",
        b"{}",
        b'{"entry": 7}',
        b"[" * 100_000,
        b'{"entry":' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"object":"whatsapp_business_account","entry":[NaN]}',
        b'{"object":"whatsapp_business_account","entry":[1e999]}',
        b'{"entry": [' + b"9" * 10_000 + b"]}",
    ],
)
def test_junk_is_malformed(junk):
    with pytest.raises(Malformed):
        DOOR.route(call(junk))


@pytest.mark.parametrize("entry", [[None, 3, "x", {}, {"changes": [1, {}]}], [{"id": [], "changes": {"a": 1}}], []])
def test_what_has_the_form_but_no_sense_is_for_nobody_or_ignored(entry):
    found = DOOR.route(call({"object": "whatsapp_business_account", "entry": entry}))
    assert [e.number for e in found] in ([], [""])


def test_another_product_of_meta_is_for_nobody():
    assert DOOR.route(call({"object": "instagram", "entry": [{}]})) == []


def test_what_the_database_cannot_keep_is_cleaned_before_it_is_kept():
    raw = json.dumps(body(change(message("text", {"body": "a\0b \ud83d c"}), contacts=[contact()]))).encode()
    (envelope,) = DOOR.route(call(raw))
    kept = json.dumps(envelope.payload)
    assert "\\u0000" not in kept
    assert "\\ud83d" not in kept
