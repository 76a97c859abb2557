"""The wire, against Meta as it behaves and misbehaves."""

from __future__ import annotations

import logging
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from inbox.channels.base import ChannelError, Choice, Choices, TemplateCall
from inbox.channels.downloads import download, origin
from inbox.channels.items import Action
from inbox.kinds import Place
from inbox.tests.cloud_whatsapp.conftest import JPEG, TEMPLATE, TOKEN, file, make_carrier, outbound
from inbox.tests.cloud_whatsapp.payloads import BSUID, CUSTOMER, PHONE, WABA
from simulators.whatsapp_cloud.world import now


def error_of(act, *args, **kwargs):
    with pytest.raises(ChannelError) as caught:
        act(*args, **kwargs)
    assert TOKEN not in repr(caught.value)
    assert TOKEN not in repr(caught.value.__cause__)
    return caught.value


def last(cloud, customer=CUSTOMER):
    return cloud.received(customer)[-1]


def test_a_text_leaves_with_our_key_and_as_an_answer(cloud, carrier):
    asked = cloud.world.messages[0]
    sent = carrier.send(outbound(body="Debe $450: https://x", reply_to=asked.id))
    got = last(cloud)
    assert (got["id"], got["opaque"], got["body"]) == (sent.external_id, "key-1", "Debe $450: https://x")
    assert got["content"]["context"] == {"message_id": asked.id}


def test_a_business_scoped_id_is_never_made_a_number(cloud, carrier):
    cloud.world.windows[PHONE, BSUID] = now()
    carrier.send(outbound(body="Hola", recipient=f"whatsapp:{BSUID}"))
    assert last(cloud, BSUID)["body"] == "Hola"


@pytest.mark.parametrize(
    ("content_type", "kind", "extra"),
    [
        ("image/jpeg", "image", {"caption": "Recibo"}),
        ("video/mp4", "video", {"caption": "Recibo"}),
        ("application/pdf", "document", {"caption": "Recibo", "filename": "recibo.jpg"}),
        ("image/webp", "document", {"caption": "Recibo", "filename": "recibo.jpg"}),
    ],
)
def test_files_are_brought_up_and_sent_by_their_id(cloud, carrier, content_type, kind, extra):
    carrier.send(outbound(body="Recibo", media=(file(content_type),)))
    got = last(cloud)
    content = dict(got["content"][kind])
    media = cloud.world.media[content.pop("id")]
    assert (got["type"], content, media.data) == (kind, extra, JPEG)


def test_a_voice_note_is_told_as_one_and_has_no_caption(cloud, carrier):
    note = file("audio/ogg", b"OggS..OpusHead", "nota.ogg")
    carrier.send(outbound(media=(note,)))
    assert last(cloud)["content"]["audio"]["voice"] is True
    assert error_of(carrier.send, outbound(media=(note,), body="oiga")).permanent
    assert len(cloud.received(CUSTOMER)) == 1


def test_buttons_become_a_list_when_they_are_many_or_long(cloud, carrier):
    few = Choices((Choice("pay", "Pagar"), Choice("wait", "Un título que es demasiado largo para un botón")))
    carrier.send(outbound(body="¿Qué desea?", choices=few))
    titles = [b["reply"]["title"] for b in last(cloud)["content"]["interactive"]["action"]["buttons"]]
    assert titles == ["Pagar", "Un título que es de…"]
    many = Choices(tuple(Choice(str(n), f"Plan {n}", "con descripción") for n in range(10)), "Ver planes")
    carrier.send(outbound(body="Planes", choices=many))
    action = last(cloud)["content"]["interactive"]["action"]
    assert (action["button"], len(action["sections"][0]["rows"])) == ("Ver planes", 10)


def test_a_place_and_a_reaction(cloud, carrier):
    carrier.send(outbound(place=Place(22.15, -100.98, "Oficina", "Calle 5")))
    assert last(cloud)["content"]["location"]["name"] == "Oficina"
    asked = cloud.world.messages[0]
    carrier.react(recipient=f"whatsapp:+{CUSTOMER}", external_id=asked.id, emoji="👍")
    assert last(cloud)["content"]["reaction"] == {"message_id": asked.id, "emoji": "👍"}
    carrier.mark_read(recipient=f"whatsapp:+{CUSTOMER}", external_id=asked.id, typing=True)
    assert (asked.read_by_business, asked.typing) == (True, True)


def test_an_approved_text_goes_out_with_header_values_and_button(cloud, carrier):
    cloud.close_window(PHONE, CUSTOMER)
    (far,) = carrier.templates()
    assert (far.external_id, far.language, far.status, far.variables) == (
        "recordatorio", "es_MX", "approved", ("1", "2"),
    )  # fmt: skip
    call = TemplateCall(
        external_id=far.external_id,
        language=far.language,
        values={"1": "Ana", "2": "$450\n de noviembre"},
        components=far.components,
        header=file(),
        button_values=["abc"],
    )
    carrier.send(outbound(template=call))
    header, body, button = last(cloud)["content"]["template"]["components"]
    assert header["parameters"][0]["image"]["id"] in cloud.world.media
    assert [p["text"] for p in body["parameters"]] == ["Ana", "$450 de noviembre"]
    assert button["parameters"] == [{"type": "text", "text": "abc"}]
    assert error_of(carrier.send, outbound(template=TemplateCall(**{**vars(call), "header": None}))).permanent


def test_named_places_take_their_values_by_name_or_by_order(cloud, carrier):
    named = [{"type": "BODY", "text": "Hola {{nombre}}, debe {{monto}}."}]
    cloud.world.businesses[WABA].templates.append(
        {**TEMPLATE, "id": "9", "name": "deuda", "status": "APPROVED", "category": "UTILITY", "components": named}
    )
    for values in ({"nombre": "Ana", "monto": "$1"}, {"1": "Ana", "2": "$1"}):
        call = TemplateCall(external_id="deuda", language="es_MX", values=values, components=named)
        carrier.send(outbound(template=call))
        (body,) = last(cloud)["content"]["template"]["components"]
        assert [(p["parameter_name"], p["text"]) for p in body["parameters"]] == [("nombre", "Ana"), ("monto", "$1")]


def test_all_pages_of_templates_are_read(cloud, carrier):
    rows = [{**TEMPLATE, "id": str(n), "name": f"t{n}", "status": "PAUSED", "category": "X"} for n in range(230)]
    cloud.world.businesses[WABA].templates[:] = rows
    assert [t.name for t in carrier.templates()] == [f"t{n}" for n in range(230)]


# -- what goes wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["drop_after_accept_next", "cut_after_accept_next", "fail_after_accept_next"])
def test_an_answer_that_is_lost_after_accepting_is_doubtful_for_good(cloud, carrier, fault):
    setattr(cloud.world.faults, fault, 1)
    error = error_of(carrier.send, outbound(body="hola"))
    assert (error.doubtful, error.permanent) == (True, True)
    assert len(cloud.received(CUSTOMER)) == 1
    looked = error_of(carrier.find_sent, outbound(body="hola"), since=now(), known=())
    assert (looked.doubtful, looked.permanent) == (True, True)


def test_a_page_instead_of_an_answer_is_doubtful(cloud, carrier):
    cloud.world.faults.junk_next = 1
    error = error_of(carrier.send, outbound(body="hola"))
    assert (error.doubtful, error.permanent) == (True, True)


def test_nobody_there_is_not_doubtful(cloud):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = error_of(make_carrier(f"http://127.0.0.1:{taken.getsockname()[1]}").send, outbound(body="x"))
    assert (error.doubtful, error.permanent, error.code) == (False, False, "connect")
    error = error_of(make_carrier("http://nobody.invalid").send, outbound(body="x"))
    assert (error.doubtful, error.permanent) == (False, False)


def test_a_server_that_trickles_holds_a_call_no_longer_than_its_deadline():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle():
            wire, _ = server.accept()
            with wire:
                wire.settimeout(10)
                try:
                    for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 100:
                        wire.sendall(bytes([letter]))
                        time.sleep(0.1)
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        carrier = make_carrier(f"http://127.0.0.1:{server.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(ChannelError):
            carrier._graph._call("GET", "x", deadline_s=1.0)
        assert time.monotonic() - began < 2.5
        thread.join()


@pytest.mark.parametrize(
    ("fault", "code", "slow_down"), [("rate_limit_next", "130429", True), ("pair_limit_next", "131056", False)]
)
def test_going_slower_is_tried_again(cloud, carrier, fault, code, slow_down):
    setattr(cloud.world.faults, fault, 1)
    error = error_of(carrier.send, outbound(body="hola"))
    assert (error.code, error.action, error.permanent, error.doubtful) == (code, Action.RETRY, False, False)
    assert error.slow_down is slow_down
    assert cloud.received(CUSTOMER) == []
    carrier.send(outbound(body="hola"))


def test_a_closed_window_and_a_dead_token_say_what_to_do(cloud, carrier):
    cloud.close_window(PHONE, CUSTOMER)
    cloud.world.faults.window_over_http = True
    error = error_of(carrier.send, outbound(body="hola"))
    assert (error.code, error.action, error.permanent) == ("131047", Action.TEMPLATE, True)
    cloud.world.faults.token_expired = True
    error = error_of(carrier.send, outbound(body="hola"))
    assert (error.code, error.action) == ("190", Action.STOP)
    assert "token" in error.message


def test_credentials_are_checked_with_number_and_account(cloud, carrier):
    assert carrier.check() == "Norte Fibra +52 1 444 000 0001"
    assert error_of(make_carrier(cloud.url, token="wrong").check).code == "190"
    assert error_of(make_carrier(cloud.url, number="999999").check).code == "33"
    assert error_of(make_carrier(cloud.url, account="999999").check).permanent


def test_nothing_is_logged_of_the_token(cloud, carrier, caplog):
    with caplog.at_level(logging.DEBUG):
        carrier.send(outbound(body="hola"))
        cloud.world.faults.drop_after_accept_next = 1
        error_of(carrier.send, outbound(body="hola"))
    assert TOKEN not in caplog.text


# -- files down ----------------------------------------------------------------------------------------


def media_of(cloud, data=JPEG):
    return cloud.compose(PHONE, CUSTOMER, kind="image", data=data).content["image"]["id"]


def test_a_file_is_fetched_by_its_id_and_typed_by_its_bytes(cloud, carrier):
    assert carrier.fetch_media(media_of(cloud)).data == JPEG
    assert carrier.fetch_media(media_of(cloud, b"MZ program")).content_type == "application/octet-stream"
    assert error_of(carrier.fetch_media, "999").permanent
    assert error_of(carrier.fetch_media, "../../1/messages").code == "foreign-host"
    media = media_of(cloud)
    cloud.world.faults.fail_media_next = 1
    assert not error_of(carrier.fetch_media, media).permanent
    assert carrier.fetch_media(media).data == JPEG


def test_a_file_elsewhere_gets_no_token_and_none_of_our_network(cloud, carrier):
    got = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        for where in ("http://127.0.0.1:{}/x", "https://127.0.0.1:{}/x", "https://graph.facebook.com.evil.invalid/"):
            cloud.world.faults.media_elsewhere = where.format(server.getsockname()[1])
            assert error_of(carrier.fetch_media, media_of(cloud)).code == "foreign-host"
        with pytest.raises(TimeoutError):
            got.append(server.accept())
    assert got == []


def test_a_redirect_into_our_own_network_is_not_followed(cloud, carrier):
    inside = socket.create_server(("127.0.0.1", 0))
    inside.settimeout(0.2)
    hidden = f"https://127.0.0.1:{inside.getsockname()[1]}/latest/meta-data"

    class Redirecting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", hidden)
            self.end_headers()

        def log_message(self, *_args) -> None:
            return

    with inside, ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        start = f"http://127.0.0.1:{server.server_port}/file"
        error_of(download, start, trusted=lambda where: origin(where) == origin(start), headers={}, limit=10)
        server.shutdown()
        with pytest.raises(TimeoutError):
            inside.accept()


def test_a_file_over_the_limit_is_not_kept(cloud, carrier, monkeypatch):
    monkeypatch.setattr("inbox.channels.cloud_whatsapp.carrier.SIZE_LIMIT", 1024)
    assert error_of(carrier.fetch_media, media_of(cloud, JPEG + b"x" * 2048)).code == "too-large"
    big = file(data=JPEG + b"x" * 2048)
    assert error_of(carrier.send, outbound(media=(big,))).code == "too-large"
    assert cloud.received(CUSTOMER) == []
