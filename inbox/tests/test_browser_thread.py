"""What an agent writes is never lost: drafts, ready answers, mentions, a network that goes; voice in an Ogg file."""

from __future__ import annotations

import pytest

from inbox.models import CannedReply, Message
from inbox.tests.conftest import CUSTOMER, NUMBER
from inbox.tests.test_browser import world  # noqa: F401 -- a fixture
from tenants.current import enter

VOICE = """async () => {
  const { opusPackets, oggOf } = await import(document.querySelector('script[src*="js/voice"]').src);
  const context = new AudioContext();
  const tone = context.createOscillator();
  const out = context.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  const recorder = new MediaRecorder(out.stream, { mimeType: "audio/webm;codecs=opus" });
  const pieces = [];
  recorder.ondataavailable = (event) => pieces.push(event.data);
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, 1200));
  recorder.stop();
  await stopped;
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  const ogg = await new Blob(oggOf(opusPackets(bytes))).arrayBuffer();
  const kind = String.fromCharCode(...new Uint8Array(ogg, 0, 4));
  const heard = await context.decodeAudioData(ogg);
  return { kind, seconds: heard.duration };
}"""


@pytest.fixture
def agent(world, browser, norte):  # noqa: F811 -- a fixture
    world.customer_writes(number=NUMBER, customer=CUSTOMER, body="hola")
    with enter("norte"):
        CannedReply.objects.create(shortcut="saldo", body="Hola {nombre}, debe {saldo}.")
    page = browser.open(norte, "/bandeja/")
    page.locator(".talk a").first.click()
    page.locator(".bubble--in", has_text="hola").wait_for()
    return page


def test_a_ready_answer_a_draft_and_a_lost_network(agent, browser):
    agent.locator("#reply-body").press_sequentially("/sal")
    agent.locator("#suggestions li", has_text="/saldo").wait_for()
    agent.keyboard.press("Enter")
    agent.wait_for_function("() => document.getElementById('reply-body').value.startsWith('Hola Ana, debe $0.00')")
    agent.reload()
    assert agent.input_value("#reply-body") == "Hola Ana, debe $0.00."
    agent.context.set_offline(True)
    agent.locator("#reply-body").press("Enter")
    agent.locator("#compose-error", has_text="Sin conexión").wait_for()
    assert agent.input_value("#reply-body") == "Hola Ana, debe $0.00."
    agent.locator(".inbox__offline", has_text="Lo que ve es de hace 1").wait_for()  # how old, and it grows
    agent.context.set_offline(False)
    agent.locator("#reply-body").press("Enter")
    agent.locator(".bubble--out", has_text="debe $0.00").wait_for()
    assert agent.input_value("#reply-body") == ""
    agent.reload()
    agent.locator(".bubble--out").wait_for()
    assert agent.input_value("#reply-body") == ""
    with enter("norte"):
        assert Message.objects.filter(direction="out").count() == 1
    browser.complaints.clear()  # the browser tells of the requests that could not leave


def test_a_note_names_somebody_and_the_keys_are_told(agent, browser, norte):
    browser.sign_in(norte, "support")  # there is somebody to name
    agent.keyboard.press("?")
    agent.locator("dialog#keys[open]").wait_for()
    agent.keyboard.press("Escape")
    agent.keyboard.press("n")
    agent.locator("#reply-body").press_sequentially("@")
    agent.locator("#suggestions li").first.wait_for()
    agent.keyboard.press("Tab")
    agent.keyboard.type("revise por favor")
    agent.keyboard.press("Enter")
    agent.locator(".bubble--note .mention").wait_for()


def test_a_recording_becomes_an_ogg_file(agent):
    heard = agent.evaluate(VOICE)
    assert heard["kind"] == "OggS"
    assert 0.6 < heard["seconds"] < 3
