"""The simulator against the official SDK, over the wire."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from simulators.twilio import TwilioSimulator
from simulators.twilio.world import Content

SID, TOKEN, NUMBER, CUSTOMER = "AC" + "1" * 32, "secret", "+524440000001", "+524441234567"


class Rewriting(TwilioHttpClient):
    """Sends the SDK's requests to the simulator."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=3)
        self.base = base

    def request(self, method, url, *args, **kwargs):
        return super().request(method, url.replace("https://api.twilio.com", self.base), *args, **kwargs)


class Product:
    """A web server that keeps what was posted to it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str], str]] = []
        product = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                url = f"http://{self.headers['Host']}{self.path}"
                product.seen.append((url, dict(parse_qsl(body, True)), self.headers["X-Twilio-Signature"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_args) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://norte.localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count: int) -> list[tuple[str, dict[str, str], str]]:
        deadline = time.monotonic() + 5
        while len(self.seen) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.seen) >= count
        return self.seen


@pytest.fixture
def product():
    product = Product()
    yield product
    product.server.shutdown()
    product.server.server_close()


@pytest.fixture
def twilio(product):
    with TwilioSimulator() as simulator:
        simulator.add_account(
            sid=SID,
            token=TOKEN,
            numbers=[NUMBER],
            webhook_url=f"{product.base}/hooks/twilio/",
            contents=[{"sid": "HX1", "body": "Hola {{1}}, debes {{2}}."}],
        )
        simulator.world.pace.sent_after, simulator.world.pace.delivered_after = 0.01, 0.05
        yield simulator


@pytest.fixture
def client(twilio):
    return Client(SID, TOKEN, http_client=Rewriting(twilio.url))


def send(client, **fields):
    return client.messages.create(from_=f"whatsapp:{NUMBER}", to=f"whatsapp:{CUSTOMER}", **fields)


def test_inbound_is_signed_as_the_sdk_checks_it(twilio, product):
    twilio.customer_writes(number=NUMBER, customer=CUSTOMER, body="¿Cuánto debo?", photo=b"\xff\xd8jpeg")
    url, params, signature = product.wait(1)[0]
    assert RequestValidator(TOKEN).validate(url, params, signature)
    assert not RequestValidator("other").validate(url, params, signature)
    assert params["From"] == f"whatsapp:{CUSTOMER}"
    assert params["NumMedia"] == "1"
    assert requests.get(params["MediaUrl0"], timeout=5).status_code == 401
    assert requests.get(params["MediaUrl0"], auth=(SID, TOKEN), timeout=5).content == b"\xff\xd8jpeg"


BUTTON = {"twilio/quick-reply": {"body": "¿Pagó?", "actions": [{"title": "Sí, {{1}}", "id": "yes"}]}}
ROW = {"twilio/list-picker": {"body": "¿Qué pasa?", "items": [{"item": "Sin internet", "id": "r1"}]}}


@pytest.mark.parametrize(
    ("types", "told"),
    [
        (BUTTON, {"ButtonText": "Sí, Ana", "ButtonPayload": "yes"}),
        (ROW, {"ListTitle": "Sin internet", "ListId": "r1"}),
    ],
)
def test_a_button_or_a_row_is_told_with_the_line_it_belongs_to(twilio, product, client, types, told):
    twilio.world.accounts[SID].contents["HX2"] = Content.read({"sid": "HX2", "types": types})
    sent = send(client, content_sid="HX2", content_variables='{"1": "Ana"}')
    title = next(iter(told.values()))
    twilio.customer_writes(number=NUMBER, customer=CUSTOMER, answers=sent.sid, choose=title)
    url, params, signature = product.wait(1)[0]
    assert RequestValidator(TOKEN).validate(url, params, signature)
    assert {name: value for name, value in params.items() if name.startswith(("Button", "List"))} == told
    assert (params["MessageType"], params["OriginalRepliedMessageSid"]) == ("interactive", sent.sid)
    assert params["OriginalRepliedMessageSender"] == f"whatsapp:{NUMBER}"
    with pytest.raises(LookupError):
        twilio.customer_writes(number=NUMBER, customer=CUSTOMER, answers=sent.sid, choose="No")


def test_an_answer_names_the_line_it_quotes(twilio, product):
    first = twilio.customer_writes(number=NUMBER, customer=CUSTOMER, body="hola")
    twilio.customer_writes(number=NUMBER, customer=CUSTOMER, body="¿siguen ahí?", answers=first.sid)
    told = {params["Body"]: params for _, params, _ in product.wait(2)}
    assert told["¿siguen ahí?"]["OriginalRepliedMessageSid"] == first.sid
    assert "OriginalRepliedMessageSid" not in told["hola"]
    with pytest.raises(LookupError):
        twilio.customer_writes(number=NUMBER, customer="+524449999999", body="x", answers=first.sid)


def test_free_text_inside_the_window_is_delivered(twilio, product, client):
    twilio.customer_writes(number=NUMBER, customer=CUSTOMER, body="hola")
    sent = send(client, body="Buenas", status_callback=f"{product.base}/hooks/twilio/status/?message=7")
    states = [p["MessageStatus"] for _, p, _ in product.wait(3) if "MessageStatus" in p]
    assert states == ["sent", "delivered"]
    assert client.messages(sent.sid).fetch().status == "delivered"


def test_free_text_outside_the_window_fails_with_63016_and_a_template_does_not(twilio, product, client):
    callback = f"{product.base}/hooks/twilio/status/"
    send(client, body="Buenas", status_callback=callback)
    assert product.wait(1)[0][1]["ErrorCode"] == "63016"
    send(
        client,
        content_sid="HX1",
        content_variables=json.dumps({"1": "Ana", "2": "$450.00"}),
        status_callback=callback,
    )
    product.wait(3)
    assert twilio.received(CUSTOMER)[-1]["body"] == "Hola Ana, debes $450.00."


@pytest.mark.parametrize(("fault", "status", "code"), [("rate_limit_next", 429, 20429), ("fail_next", 500, 20500)])
def test_faults_run_down(twilio, client, fault, status, code):
    twilio.customer_writes(number=NUMBER, customer=CUSTOMER, body="hola")
    answer = requests.put(f"{twilio.url}/_sim/faults", json={fault: 1}, timeout=5)
    assert answer.json()[fault] == 1
    with pytest.raises(TwilioRestException) as caught:
        send(client, body="uno")
    assert (caught.value.status, caught.value.code) == (status, code)
    assert send(client, body="dos").sid


def test_dropped_after_accept_can_be_found_by_listing(twilio, client):
    twilio.customer_writes(number=NUMBER, customer=CUSTOMER, body="hola")
    twilio.world.faults.drop_after_accept_next = 1
    with pytest.raises(requests.RequestException):
        send(client, body="perdido")
    found = client.messages.list(to=f"whatsapp:{CUSTOMER}", limit=5)
    assert [m.body for m in found] == ["perdido"]


def test_wrong_token_and_foreign_number_are_refused(twilio):
    wrong = Client(SID, "nope", http_client=Rewriting(twilio.url))
    with pytest.raises(TwilioRestException) as caught:
        send(wrong, body="x")
    assert caught.value.code == 20003
    right = Client(SID, TOKEN, http_client=Rewriting(twilio.url))
    with pytest.raises(TwilioRestException) as caught:
        right.messages.create(from_="whatsapp:+1999", to=f"whatsapp:{CUSTOMER}", body="x")
    assert caught.value.code == 63007


def test_magic_number_fails_with_its_own_code(twilio, product, client):
    client.messages.create(
        from_=f"whatsapp:{NUMBER}",
        to="whatsapp:+15005563003",
        body="x",
        status_callback=f"{product.base}/hooks/twilio/status/",
    )
    assert product.wait(1)[0][1]["ErrorCode"] == "63003"


def test_the_phone_page_and_its_calls(twilio, product):
    assert "Teléfono de prueba" in requests.get(f"{twilio.url}/", timeout=5).text
    for asset in ("phone.css", "phone.js"):
        assert requests.get(f"{twilio.url}/phone/static/{asset}", timeout=5).ok
    where = {"number": NUMBER, "customer": CUSTOMER}
    assert requests.post(f"{twilio.url}/phone/api/send", json={**where, "body": "hola"}, timeout=5).ok
    photo = requests.post(
        f"{twilio.url}/phone/api/photo",
        params=where,
        data=b"\x89PNG",
        headers={"Content-Type": "image/png"},
        timeout=5,
    )
    assert photo.status_code == 201
    assert {params["NumMedia"] for _, params, _ in product.wait(2)} == {"0", "1"}
    stream = requests.get(f"{twilio.url}/phone/api/stream", params=where, stream=True, timeout=5)
    first = next(line for line in stream.iter_lines() if line)
    assert len(json.loads(first.removeprefix(b"data: "))["messages"]) == 2
    stream.close()
