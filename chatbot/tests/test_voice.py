"""Voice notes: heard where the provider named who listens and answered as words are; a person in every other case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from billing.tests.scenes import owe
from chatbot.domain import voice_notes
from chatbot.domain.bots import change_bot
from chatbot.domain.claiming import claim_turns
from chatbot.domain.spending import change_budget, note_use
from chatbot.domain.voice_notes import ogg_seconds
from chatbot.engines.base import Usage
from chatbot.models import Bot, MonthSpend, Transcript, Turn
from chatbot.tests.conftest import STAFF, add_service, answer, fetched, turn_on
from inbox.models import Attachment, Conversation
from simulators.openai.server import KEY, ModelSimulator
from tenants.current import entered

pytestmark = pytest.mark.django_db


def ogg(seconds: float) -> bytes:
    """An Ogg file of Opus that ends at so many seconds."""
    head = b"OggS\x00\x02" + bytes(8) + bytes(12) + b"\x01\x13OpusHead\x01\x01" + bytes(9)
    last = b"OggS\x00\x04" + int(seconds * 48_000).to_bytes(8, "little") + bytes(12) + b"\x01\x40" + b"x" * 64
    return head + last


@pytest.fixture
def model() -> Iterator[ModelSimulator]:
    with ModelSimulator() as simulator:
        yield simulator


@pytest.fixture
def hearing(chat: Any, customer: Any, model: ModelSimulator, settings: Any) -> Any:
    """Ana owes 600 and her provider has somebody who listens."""
    settings.ALLOW_LOCAL_MODELS = True
    add_service(customer)
    owe(customer, "600")
    turn_on(audio_url=model.url, audio_model="whisper-1", audio_key=KEY)
    return chat


def sends_note(chat: Any, seconds: float = 4) -> None:
    message = chat.writes("", files=("audio/ogg",))
    fetched(message, ogg(seconds), "audio/ogg")
    Attachment.objects.filter(message=message).update(kind=Attachment.Kind.AUDIO, is_voice=True)


def test_what_is_heard_is_answered_as_words_are(hearing, model, sur):
    model.heard = ["oiga cuánto debo por favor"]
    sends_note(hearing)
    answer()
    assert hearing.said() == [text for text in hearing.said() if text.startswith("Debe $600.00")]
    assert len(hearing.said()) == 1
    transcript = Transcript.objects.get()
    assert (transcript.text, transcript.error, transcript.model) == ("oiga cuánto debo por favor", "", "whisper-1")
    assert transcript.seconds == 4
    assert (hearing.turn.intent, hearing.conversation.bot_active) == ("balance", True)
    [sound] = model.sounds
    assert (sound["file"]["filename"], sound["file"]["start"]) == ("note.ogg", b"OggS")
    assert set(sound) == {"file", "model", "response_format"}  # no name, no number
    with entered(sur):
        assert not Transcript.objects.exists()


def test_it_is_heard_once_though_the_turn_is_taken_up_twice(hearing, model):
    model.heard = ["cuanto debo"]
    sends_note(hearing)
    now = timezone.now() + timedelta(seconds=1)
    [job] = claim_turns(now=now, limit=8)
    sounds = voice_notes.sounds_of(job, now=now)
    voice_notes.keep_heard(voice_notes.listen(sounds, voice_notes.transcriber_of(job.bot)), now=now)
    answer(70)  # who claimed it died after it was heard
    answer(200)
    assert len(model.sounds) == 1
    assert len(hearing.said()) == 1


def test_without_anybody_who_listens_a_person_does(chat):
    sends_note(chat)
    answer()
    assert "notas de voz" in chat.said()[0]
    assert not chat.conversation.bot_active
    assert not Transcript.objects.exists()


@pytest.mark.parametrize("fault", ["error", "rate", "json", "html"])
def test_a_service_that_fails_leaves_it_to_a_person(hearing, model, fault):
    model.fail(fault, times=3)
    sends_note(hearing)
    answer()
    assert not hearing.conversation.bot_active
    assert len(hearing.said()) == 1
    assert Transcript.objects.get().error
    assert Turn.objects.get().state == "done"


def test_what_is_too_long_too_big_too_much_or_silent_is_a_persons(hearing, model, monkeypatch):
    for seconds, most, days, heard in (
        (200, 4_000_000, 30, "x"),
        (4, 50, 30, "x"),
        (4, 4_000_000, 0, "x"),
        (4, 10**7, 30, ""),
    ):
        monkeypatch.setattr(voice_notes, "MOST_BYTES", most)
        monkeypatch.setattr(voice_notes, "A_DAY", days)
        model.heard = [heard]
        Conversation.objects.update(bot_active=True)
        before = len(model.sounds)
        sends_note(hearing, seconds)
        answer()
        assert not hearing.conversation.bot_active
        assert len(model.sounds) == before + (heard == "")


def test_a_key_goes_to_its_own_service_alone(hearing, model):
    assert KEY.encode() not in bytes(Bot.objects.get().audio_key)
    change_bot(actor=STAFF, now=timezone.now(), audio_url="https://otro.example/v1")
    assert not Bot.objects.get().audio_key
    change_bot(actor=STAFF, now=timezone.now(), base_url=model.url, api_key=KEY, audio_url=model.url)
    assert voice_notes.transcriber_of(Bot.objects.get()).config.api_key == KEY


def test_a_model_reads_what_was_heard(hearing, model):
    turn_on(engine="openai", base_url=model.url, model="chico", api_key=KEY, audio_key=KEY)
    model.heard = ["pues quiero saber eso de la lana de cada mes"]
    model.say_text("Con gusto le ayudo.")
    sends_note(hearing)
    answer()
    assert hearing.said() == ["Con gusto le ayudo."]
    assert "eso de la lana" in str(model.requests[0]["messages"][-1])


def test_what_listening_costs_is_in_the_turn_and_in_the_month(hearing, model, sur):
    model.heard = ["cuanto debo"]
    sends_note(hearing, seconds=30)
    answer()
    assert Transcript.objects.get().cost == Decimal("0.003")  # half a minute of whisper-1
    assert hearing.turn.cost == Decimal("0.003")
    spend = MonthSpend.objects.get()
    assert (spend.purpose, spend.model, spend.uses, spend.unpriced, spend.cost) == (
        "voice", "whisper-1", 1, 0, Decimal("0.003"),
    )  # fmt: skip
    hearing.asks("cuanto debo")
    assert hearing.turn.cost is None  # words cost nothing to hear
    with entered(sur):
        assert not MonthSpend.objects.exists()


def test_tokens_that_a_service_tells_are_what_it_costs(hearing, model):
    turn_on(audio_model="gpt-4o-mini-transcribe", audio_key=KEY)
    model.heard = ["cuanto debo"]
    model.sound_usage = {"type": "tokens", "input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100}
    sends_note(hearing)
    answer()
    spend = MonthSpend.objects.get()
    assert (spend.input_tokens, spend.output_tokens, spend.cost) == (1000, 100, Decimal("0.00175"))
    assert hearing.turn.cost == Decimal("0.00175")
    assert (hearing.turn.input_tokens, hearing.turn.output_tokens) == (0, 0)  # none of a model that answers


def test_what_has_no_known_price_is_counted_and_what_failed_is_not(hearing, model):
    change_bot(actor=STAFF, now=timezone.now(), audio_model="whisper-1", audio_key=KEY)
    model.fail("error", times=3)
    sends_note(hearing)
    answer()
    assert not MonthSpend.objects.exists()
    Conversation.objects.update(bot_active=True)
    Bot.objects.update(audio_model="propio")
    transcriber = voice_notes.transcriber_of(Bot.objects.get())
    assert transcriber.config.model == "propio"
    note_use(purpose="voice", model="propio", usage=transcriber._usage(None, 4.0), now=timezone.now())
    assert (MonthSpend.objects.get().unpriced, MonthSpend.objects.get().cost) == (1, 0)


def test_past_the_budget_nobody_listens_and_a_person_does(hearing, model):
    now = timezone.now()
    change_budget(monthly=Decimal("0.01"), warn_at=80, actor=STAFF, now=now)
    note_use(purpose="turn", model="x", usage=Usage(1, 1, Decimal("0.02")), now=now)
    model.heard = ["cuanto debo"]
    sends_note(hearing)
    answer()
    assert model.sounds == []
    assert "presupuesto" in Transcript.objects.get().error
    assert not hearing.conversation.bot_active
    assert "notas de voz" in hearing.said()[-1]
    assert MonthSpend.objects.count() == 1


def test_its_key_is_told_of_kept_and_forgotten_alone(in_norte, client_norte):
    page = client_norte.get("/asistente/").content.decode()
    assert "forget_audio_key" not in page
    turn_on(api_key="una-clave", audio_key=KEY, audio_url="https://voz.example/v1", audio_model="whisper-1")
    page = client_norte.get("/asistente/").content.decode()
    assert 'name="forget_audio_key"' in page
    assert KEY not in page
    kept = {"engine": "rules", "max_misses": "2", "pause_seconds": "0", "identity": "phone"}
    kept |= {"enabled": "on", "audio_url": "https://voz.example/v1", "audio_model": "whisper-1"}
    client_norte.post("/asistente/", kept)
    assert Bot.objects.get().has_audio_key
    assert client_norte.post("/asistente/", {**kept, "forget_audio_key": "on"}).status_code == 302
    bot = Bot.objects.get()
    assert not bot.has_audio_key
    assert bot.reveal("api_key") == "una-clave"
    assert bot.audio_url == "https://voz.example/v1"


def test_the_length_is_read_from_the_file():
    assert ogg_seconds(ogg(12.5)) == 12.5
    assert ogg_seconds(b"ID3 no ogg") == 0
