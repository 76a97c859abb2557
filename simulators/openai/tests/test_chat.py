"""The official SDK works with the simulator, and meets its faults as it would meet the real ones."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from simulators.openai.server import KEY, ModelSimulator

SCHEMA = {
    "type": "object",
    "properties": {"intent": {"type": "string"}, "confidence": {"type": "number"}},
    "required": ["intent", "confidence"],
    "additionalProperties": False,
}


@pytest.fixture
def model() -> Iterator[ModelSimulator]:
    with ModelSimulator() as simulator:
        yield simulator


@pytest.fixture
def client(model) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=KEY, base_url=model.url, max_retries=0, timeout=5) as sdk:
        yield sdk


def ask(client, *, name="chico", schema=SCHEMA, strict=True, **more):
    form = {"type": "json_schema", "json_schema": {"name": "choice", "strict": strict, "schema": schema}}
    messages = [{"role": "user", "content": "hola"}]
    return client.chat.completions.create(model=name, messages=messages, response_format=form, **more)


def test_it_says_what_it_was_told_in_turn(model, client):
    model.say("balance")
    model.say_text("otra cosa")
    assert '"balance"' in ask(client).choices[0].message.content
    assert [ask(client).choices[0].message.content for _ in range(2)] == ["otra cosa", "otra cosa"]
    assert ask(client).usage.total_tokens > 0
    assert model.requests[0]["messages"][0]["content"] == "hola"


def test_a_wrong_key_and_an_unknown_model_are_refused(model, client):
    with pytest.raises(openai.AuthenticationError):
        ask(client.with_options(api_key="otra"))
    with pytest.raises(openai.NotFoundError):
        ask(client, name="grande")


def test_a_schema_must_be_strict(client):
    with pytest.raises(openai.BadRequestError):
        ask(client, schema=SCHEMA | {"additionalProperties": True})
    with pytest.raises(openai.BadRequestError):
        ask(client, schema=SCHEMA | {"required": ["intent"]})
    with pytest.raises(openai.BadRequestError, match="response_format"):
        ask(client, name="sin-esquema")


@pytest.mark.parametrize(("kind", "error"), [("error", openai.InternalServerError), ("rate", openai.RateLimitError)])
def test_it_fails_on_demand_and_then_works(model, client, kind, error):
    model.fail(kind)
    with pytest.raises(error):
        ask(client)
    assert ask(client).choices


def test_it_can_be_slow(model, client):
    model.fail("slow", seconds=1)
    with pytest.raises(openai.APITimeoutError):
        ask(client.with_options(timeout=0.2))


def test_it_can_refuse_and_babble(model, client):
    model.fail("refusal")
    model.fail("json")
    assert ask(client).choices[0].message.refusal
    with pytest.raises(ValueError, match="Expecting value"):
        ask(client)


def test_an_unknown_fault_is_a_mistake(model):
    with pytest.raises(ValueError, match="bad"):
        model.fail("bad")
