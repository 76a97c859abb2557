"""Tools over both APIs with the official SDK: asked for, several at once, answered, refused, and without end."""

from __future__ import annotations

import json
from collections.abc import Iterator

import openai
import pytest

from simulators.openai.server import KEY, ModelSimulator
from simulators.openai.tokens import tool_tokens

PARAMETERS = {
    "type": "object",
    "properties": {"day": {"type": "string", "description": "YYYY-MM-DD"}},
    "required": ["day"],
    "additionalProperties": False,
}
TOOL = {"name": "promise", "description": "Offer a day to pay", "parameters": PARAMETERS, "strict": True}
CHAT_TOOLS = [{"type": "function", "function": TOOL}]
FLAT_TOOLS = [{"type": "function", **TOOL}]


@pytest.fixture
def model() -> Iterator[ModelSimulator]:
    with ModelSimulator() as simulator:
        yield simulator


@pytest.fixture
def client(model) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=KEY, base_url=model.url, max_retries=0, timeout=5) as sdk:
        yield sdk


def respond(client, items, **more):
    return client.responses.create(model="chico", input=items, tools=FLAT_TOOLS, store=False, **more)


def test_chat_completions_call_tools_and_take_results(model, client):
    model.call(("promise", {"day": "2026-11-27"}), ("promise", "{broken"))
    model.say_text("Listo")
    messages = [{"role": "user", "content": "hasta el viernes"}]
    first = client.chat.completions.create(model="chico", messages=messages, tools=CHAT_TOOLS)
    calls = first.choices[0].message.tool_calls
    assert first.choices[0].finish_reason == "tool_calls"
    assert [c.function.arguments for c in calls] == ['{"day": "2026-11-27"}', "{broken"]
    messages.append(first.choices[0].message.model_dump(exclude_none=True))
    with pytest.raises(openai.BadRequestError, match="must be followed"):
        client.chat.completions.create(model="chico", messages=messages, tools=CHAT_TOOLS)
    messages += [{"role": "tool", "tool_call_id": call.id, "content": "ok"} for call in calls]
    second = client.chat.completions.create(model="chico", messages=messages, tools=CHAT_TOOLS)
    assert second.choices[0].message.content == "Listo"
    assert second.usage.prompt_tokens > first.usage.prompt_tokens


def test_a_result_of_a_call_nobody_made_is_refused(client):
    messages = [{"role": "user", "content": "a"}, {"role": "tool", "tool_call_id": "x", "content": "ok"}]
    with pytest.raises(openai.BadRequestError, match="must follow the call"):
        client.chat.completions.create(model="chico", messages=messages)
    output = {"type": "function_call_output", "call_id": "x", "output": "ok"}
    with pytest.raises(openai.BadRequestError, match="No tool call found"):
        respond(client, [{"role": "user", "content": "a"}, output])


def test_responses_call_tools_and_take_results(model, client):
    model.call(("promise", {"day": "2026-11-27"}), text="Veamos")
    model.say_text("Listo")
    items = [{"role": "user", "content": "hasta el viernes"}]
    first = respond(client, items, instructions="Be short")
    assert first.output_text == "Veamos"
    [call] = [item for item in first.output if item.type == "function_call"]
    assert json.loads(call.arguments) == {"day": "2026-11-27"}
    items += [item.model_dump(exclude_none=True) for item in first.output]
    with pytest.raises(openai.BadRequestError, match="No tool output found"):
        respond(client, items)
    items.append({"type": "function_call_output", "call_id": call.call_id, "output": "ok"})
    second = respond(client, items)
    assert (second.output_text, second.status) == ("Listo", "completed")
    assert first.usage.input_tokens < second.usage.input_tokens


def test_responses_keep_nothing_and_take_strict_forms_only(client):
    with pytest.raises(openai.BadRequestError):
        respond(client, "hola", previous_response_id="resp_1")
    loose = {**FLAT_TOOLS[0], "parameters": PARAMETERS | {"required": []}}
    with pytest.raises(openai.BadRequestError, match="promise"):
        client.responses.create(model="chico", input="hola", tools=[loose])
    form = {"type": "json_schema", "name": "a", "strict": True, "schema": PARAMETERS}
    assert respond(client, "hola", text={"format": form}).output_text
    with pytest.raises(openai.BadRequestError):
        respond(client, "hola", text={"format": {**form, "schema": {"type": "object"}}})


def test_what_is_called_last_is_called_without_end(model, client):
    model.call("balance")
    for _ in range(3):
        assert respond(client, "hola").output[0].name == "balance"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("error", openai.InternalServerError),
        ("rate_long", openai.RateLimitError),
        ("rate_bare", openai.RateLimitError),
        ("quota", openai.RateLimitError),
        ("cut", openai.APIConnectionError),
    ],
)
def test_responses_fail_on_demand_and_after_so_many(model, client, kind, error):
    model.fail(kind, after=1)
    assert respond(client, "hola").output_text
    with pytest.raises(error) as caught:
        respond(client, "hola")
    if kind.startswith("rate"):
        assert caught.value.response.headers.get("retry-after") == ("30" if kind == "rate_long" else None)
    assert respond(client, "hola").output_text


def test_responses_refuse_end_early_and_hold_nothing(model, client):
    for kind in ("refusal", "length", "empty"):
        model.fail(kind)
    assert respond(client, "hola").output[0].content[0].refusal
    assert respond(client, "hola").status == "incomplete"
    assert respond(client, "hola").output == []


def test_tools_are_counted_as_the_models_are_shown_them():
    assert tool_tokens(CHAT_TOOLS) == tool_tokens(FLAT_TOOLS)
    assert 25 < tool_tokens(FLAT_TOOLS) < 45
