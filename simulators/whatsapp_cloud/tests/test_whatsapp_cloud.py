"""The simulator over the wire, as the documentation says Graph behaves."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from simulators.whatsapp_cloud import WhatsAppCloudSimulator
from simulators.whatsapp_cloud.customers import EVERY
from simulators.whatsapp_cloud.payloads import template_status, user_id_update
from simulators.whatsapp_cloud.world import now

WABA, PHONE, SECOND, TOKEN, SECRET = "1001", "2001", "2002", "EAAtoken", "app-secret"
CUSTOMER = "5214441234567"
JPEG = b"\xff\xd8\xff\xe0jpeg"
TEMPLATE = {
    "name": "recordatorio",
    "components": [{"type": "BODY", "text": "Hola {{1}}, debe {{2}}."}, {"type": "FOOTER", "text": "Norte"}],
}


class Product:
    """A web server that keeps what was posted to it."""

    def __init__(self) -> None:
        self.seen: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        product = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                product.seen.append((body, self.headers["X-Hub-Signature-256"]))
                self.send_response(product.answers.pop(0) if product.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                right = query["hub.verify_token"] == ["mine"]
                self.send_response(200 if right else 403)
                self.end_headers()
                if right:
                    self.wfile.write(query["hub.challenge"][0].encode())

            def log_message(self, *_args) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://norte.localhost:{self.server.server_port}/webhook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count: int) -> list[dict]:
        deadline = time.monotonic() + 5
        while len(self.seen) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.seen) >= count
        return [json.loads(body) for body, _ in self.seen]

    def values(self, count: int) -> list[dict]:
        return [c["value"] for body in self.wait(count) for e in body["entry"] for c in e["changes"]]


@pytest.fixture
def product():
    product = Product()
    yield product
    product.server.shutdown()
    product.server.server_close()


@pytest.fixture
def cloud(product):
    with WhatsAppCloudSimulator() as simulator:
        simulator.add_business(
            waba_id=WABA,
            token=TOKEN,
            app_secret=SECRET,
            verify_token="mine",
            webhook_url=product.url,
            phones=[
                {"id": PHONE, "display": "+52 1 444 000 0001", "name": "Norte"},
                {"id": SECOND, "display": "+52 1 444 000 0002", "name": "Norte"},
            ],
            templates=[{**TEMPLATE, "id": str(i), "name": f"recordatorio{i or ''}"} for i in range(7)],
        )
        simulator.add_business(waba_id="1002", token="other", app_secret="x", phones=[{"id": "2009", "display": "+1"}])
        simulator.world.pace.sent_after, simulator.world.pace.delivered_after = 0.01, 0.05
        yield simulator


def call(cloud, method, path, *, token=TOKEN, **rest):
    return requests.request(
        method, f"{cloud.url}/v24.0/{path}", headers={"Authorization": f"Bearer {token}"}, timeout=5, **rest
    )


def send(cloud, kind="text", to=CUSTOMER, content=None, **rest):
    data = {"messaging_product": "whatsapp", "to": to, "type": kind, kind: content or {"body": "Buenas"}, **rest}
    return call(cloud, "POST", f"{PHONE}/messages", json=data)


def error_of(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_webhooks_are_signed_over_their_raw_bytes(cloud, product):
    cloud.customer_sends(PHONE, CUSTOMER, body="¿Cuánto debo? 🙂 a/b")
    product.wait(1)
    raw, signature = product.seen[0]
    assert signature == "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    assert json.dumps(json.loads(raw)).encode() != raw
    cloud.world.faults.wrong_signature = True
    cloud.customer_sends(PHONE, CUSTOMER, body="hola")
    product.wait(2)
    raw, signature = product.seen[1]
    assert signature != "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("kind", EVERY)
def test_every_type_of_message_comes(cloud, product, kind):
    data = JPEG if kind in {"image", "video", "audio", "document", "sticker"} else None
    sent = cloud.customer_sends(PHONE, CUSTOMER, kind=kind, data=data, **EVERY[kind]())
    row = product.values(1)[0]["messages"][0]
    assert (row["id"], row["type"], row["from"]) == (sent.id, kind, CUSTOMER)
    assert kind in row
    assert ("errors" in row) == (kind == "unsupported")


def test_many_messages_in_one_post_and_a_sender_without_a_number(cloud, product):
    cloud.person("MX.150257", name="Ana", username="ana")
    rows = [
        cloud.compose(PHONE, CUSTOMER, body="uno"),
        cloud.compose(SECOND, "MX.150257", body="dos"),
        cloud.compose(PHONE, "MX.150257", body="tres", referral={"source_type": "ad"}),
    ]
    cloud.tell_messages(*rows)
    first, second = product.values(1)
    assert [m["text"]["body"] for m in first["messages"]] == ["uno", "tres"]
    assert second["metadata"]["phone_number_id"] == SECOND
    assert "from" not in second["messages"][0]
    assert second["messages"][0]["from_user_id"] == "MX.150257"
    assert second["contacts"][0]["profile"] == {"name": "Ana", "username": "ana"}
    assert first["messages"][1]["referral"] == {"source_type": "ad"}


def test_free_text_inside_the_window_is_delivered_with_our_word_for_it_and_a_price(cloud, product):
    cloud.customer_sends(PHONE, CUSTOMER, body="hola")
    answer = send(cloud, biz_opaque_callback_data="ours").json()
    assert answer["contacts"] == [{"input": CUSTOMER, "wa_id": CUSTOMER}]
    states = [row for value in product.values(3) for row in value.get("statuses", [])]
    assert [row["status"] for row in states] == ["sent", "delivered"]
    assert {row["biz_opaque_callback_data"] for row in states} == {"ours"}
    assert states[0]["pricing"]["category"] == "service"
    assert states[0]["id"] == answer["messages"][0]["id"]


def test_outside_the_window_only_a_template_arrives(cloud, product):
    send(cloud)
    row = product.values(1)[0]["statuses"][0]
    assert (row["status"], row["errors"][0]["code"]) == ("failed", 131047)
    cloud.world.faults.window_over_http = True
    assert error_of(send(cloud)) == (400, 131047)
    body = {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "$450"}]}
    content = {"name": "recordatorio", "language": {"code": "es"}, "components": [body]}
    assert send(cloud, "template", content=content).status_code == 200
    states = [row["status"] for value in product.values(3) for row in value["statuses"]]
    # Each state is told by a call of its own, as Meta's are: those that follow closely may overtake each other.
    assert (states[0], sorted(states[1:])) == ("failed", ["delivered", "sent"])
    assert error_of(send(cloud, "template", content={**content, "components": []})) == (400, 132000)
    assert error_of(send(cloud, "template", content={**content, "name": "otra"})) == (404, 132001)


def test_magic_recipients_fail_later_or_at_once(cloud, product):
    assert error_of(send(cloud, to="15006131056")) == (400, 131056)
    cloud.person("15005131026")
    cloud.world.windows[PHONE, "15005131026"] = now()
    assert send(cloud, to="15005131026").status_code == 200
    assert product.values(1)[0]["statuses"][0]["errors"][0]["code"] == 131026


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("text", {"body": "x" * 4097}, 131009),
        ("text", {"text": "x"}, 131008),
        ("image", {"id": "nope"}, 131009),
        ("image", {"id": "1", "link": "http://x"}, 131008),
        ("interactive", {"type": "button", "body": {"text": "?"}, "action": {"buttons": []}}, 131009),
        ("reaction", {"message_id": "wamid.none", "emoji": "👍"}, 131009),
        ("location", {"latitude": "x"}, 131009),
    ],
)
def test_what_is_not_well_formed_is_refused(cloud, kind, content, code):
    assert error_of(send(cloud, kind, content=content)) == (400, code)
    assert cloud.received(CUSTOMER) == []


def test_buttons_lists_places_reactions_and_replies_are_accepted(cloud):
    asked = cloud.customer_sends(PHONE, CUSTOMER, body="hola")
    buttons = [{"type": "reply", "reply": {"id": str(i), "title": f"Sí {i}"}} for i in range(3)]
    rows = [{"id": str(i), "title": f"Plan {i}"} for i in range(10)]
    action = {"button": "Ver", "sections": [{"rows": rows}]}
    content = [
        ("interactive", {"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}}),
        ("interactive", {"type": "list", "body": {"text": "?"}, "action": action}),
        ("location", {"latitude": 1, "longitude": 2}),
        ("reaction", {"message_id": asked.id, "emoji": "👍"}),
    ]
    assert [send(cloud, kind, content=c).status_code for kind, c in content] == [200] * 4
    assert send(cloud, context={"message_id": asked.id}).status_code == 200
    assert cloud.received(CUSTOMER)[-1]["content"]["context"] == {"message_id": asked.id}


def test_a_business_scoped_id_goes_in_recipient(cloud):
    cloud.world.windows[PHONE, "MX.150257"] = now()
    data = {"messaging_product": "whatsapp", "recipient": "MX.150257", "type": "text", "text": {"body": "Buenas"}}
    answer = call(cloud, "POST", f"{PHONE}/messages", json=data)
    assert answer.json()["contacts"] == [{"input": "MX.150257", "user_id": "MX.150257"}]
    assert error_of(send(cloud, to="MX.150257")) == (400, 131009)


def test_files_go_up_and_come_down_with_the_token_only(cloud, product):
    cloud.customer_sends(PHONE, CUSTOMER, kind="image", data=JPEG, caption="pago")
    image = product.values(1)[0]["messages"][0]["image"]
    told = call(cloud, "GET", image["id"]).json()
    assert told["sha256"] == image["sha256"] == hashlib.sha256(JPEG).hexdigest()
    assert requests.get(told["url"], timeout=5).status_code == 401
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert requests.get(told["url"], headers=bearer, timeout=5).content == JPEG
    assert call(cloud, "GET", image["id"], token="other").status_code == 400
    files = {"file": ("recibo.jpg", JPEG, "image/jpeg")}
    made = call(cloud, "POST", f"{PHONE}/media", files=files, data={"messaging_product": "whatsapp"}).json()
    assert send(cloud, "image", content={"id": made["id"], "caption": "recibo"}).status_code == 200


def test_templates_come_in_pages(cloud):
    names, after = [], None
    while True:
        query = {"limit": 3} | ({"after": after} if after else {})
        page = call(cloud, "GET", f"{WABA}/message_templates", params=query).json()
        names += [row["name"] for row in page["data"]]
        if "next" not in page["paging"]:
            break
        after = page["paging"]["cursors"]["after"]
    assert len(names) == 7
    assert error_of(call(cloud, "GET", "1002/message_templates")) == (400, 100)


def test_a_number_tells_its_name_and_the_proof_must_be_right(cloud):
    right = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    told = call(cloud, "GET", PHONE, params={"fields": "verified_name", "appsecret_proof": right}).json()
    assert told["verified_name"] == "Norte"
    assert error_of(call(cloud, "GET", PHONE, params={"appsecret_proof": "0" * 64})) == (400, 100)
    assert error_of(call(cloud, "GET", "2009")) == (400, 100)
    assert error_of(call(cloud, "GET", PHONE, token="wrong")) == (401, 190)


def test_an_address_of_its_own_must_pass_the_handshake(cloud, product):
    wrong = {"override_callback_uri": product.url, "verify_token": "hers"}
    assert error_of(call(cloud, "POST", f"{WABA}/subscribed_apps", json=wrong)) == (400, 100)
    right = {**wrong, "verify_token": "mine"}
    assert call(cloud, "POST", f"{WABA}/subscribed_apps", json=right).json() == {"success": True}
    assert len(call(cloud, "GET", f"{WABA}/subscribed_apps").json()["data"]) == 1


def test_reading_and_typing(cloud):
    asked = cloud.customer_sends(PHONE, CUSTOMER, body="hola")
    data = {"messaging_product": "whatsapp", "status": "read", "message_id": asked.id}
    typing = {**data, "typing_indicator": {"type": "text"}}
    assert call(cloud, "POST", f"{PHONE}/messages", json=typing).json() == {"success": True}
    assert asked.read_by_business
    assert asked.typing
    assert call(cloud, "POST", f"{PHONE}/messages", json={**data, "message_id": "x"}).status_code == 400


def test_faults_before_and_after_accepting(cloud):
    cloud.customer_sends(PHONE, CUSTOMER, body="hola")
    faults = cloud.world.faults
    faults.rate_limit_next = faults.pair_limit_next = faults.fail_next = faults.junk_next = 1
    assert [error_of(send(cloud)) for _ in range(3)] == [(429, 130429), (400, 131056), (500, 131000)]
    assert "json" not in send(cloud).headers["content-type"]
    assert cloud.received(CUSTOMER) == []
    faults.drop_after_accept_next = faults.cut_after_accept_next = faults.fail_after_accept_next = 1
    with pytest.raises(requests.ConnectionError):
        send(cloud)
    with pytest.raises(requests.exceptions.RequestException):
        send(cloud)
    assert send(cloud).status_code == 500
    assert len(cloud.received(CUSTOMER)) == 3
    faults.token_expired = True
    assert error_of(send(cloud)) == (401, 190)


def test_webhooks_come_twice_backwards_and_again_after_a_failure(cloud, product):
    cloud.customer_sends(PHONE, CUSTOMER, body="hola")
    product.wait(1)
    cloud.world.faults.duplicates, cloud.world.faults.statuses_out_of_order = 1, True
    send(cloud)
    states = [row["status"] for value in product.values(5) for row in value.get("statuses", [])]
    assert states == ["delivered", "delivered", "sent", "sent"]
    cloud.world.faults.duplicates = 0
    product.answers = [500]
    cloud.customer_sends(PHONE, CUSTOMER, body="otra")
    product.wait(7)
    assert product.seen[5][0] == product.seen[6][0]


def test_the_other_fields_have_their_form(cloud, product):
    business = cloud.world.businesses[WABA]
    person = cloud.person("MX.2", name="Ana")
    changes = [
        template_status(business.templates[0], "REJECTED", "INVALID_FORMAT"),
        user_id_update(business.phones[PHONE], person, "MX.1", now()),
    ]
    cloud.tell(business, *changes)
    told, moved = product.values(1)
    assert told["event"] == "REJECTED"
    assert moved["user_id_update"][0]["user_id"] == {"previous": "MX.1", "current": "MX.2"}


def test_it_is_steered_over_http_too(cloud, product):
    base = f"{cloud.url}/_sim"
    inbound = {"phone_id": PHONE, "customer": CUSTOMER, "name": "Ana", "body": "hola"}
    made = requests.post(f"{base}/inbound", json=inbound, timeout=5)
    assert made.status_code == 201
    assert product.values(1)[0]["messages"][0]["id"] == made.json()["id"]
    assert requests.put(f"{base}/faults", json={"none": 1}, timeout=5).status_code == 400
    assert requests.put(f"{base}/faults", json={"fail_next": 1}, timeout=5).json()["fail_next"] == 1
    assert send(cloud).status_code == 500
    requests.post(f"{base}/raw", params={"waba_id": WABA, "signature": "no"}, data=b"junk", timeout=5)
    deadline = time.monotonic() + 5
    while len(product.seen) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert product.seen[1] == (b"junk", "no")
