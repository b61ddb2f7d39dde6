"""Messages, by Anthropic's own SDK."""

from __future__ import annotations

import anthropic
import pytest

from support import ACCESS_KEY

MODEL = "gemini-2.5-flash"
SIGNING = "gemini-3.1-pro-preview"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TOOLS = [{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]


def connect(pair, key: str = ACCESS_KEY) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key=key, base_url=pair.gateway.url, max_retries=0)


@pytest.fixture
def claude(gap):
    with connect(gap) as client:
        yield client


def ask(text):
    return [{"role": "user", "content": text}]


def test_text_in_text_out(claude):
    answer = claude.messages.create(model=MODEL, max_tokens=500, messages=ask('[[sim: text="Hello"]] Hi'))
    assert answer.content[0].text == "Hello"
    assert answer.stop_reason == "end_turn" and answer.usage.input_tokens > 0


def test_a_stream_sums_up(claude):
    with claude.messages.stream(model=MODEL, max_tokens=500, messages=ask("[[sim: chunks=8 chunk_bytes=40]]")) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(pieces) >= 8 and final.content[0].text == "".join(pieces)
    assert final.stop_reason == "end_turn" and final.usage.output_tokens > 0


@pytest.mark.parametrize("model", [MODEL, SIGNING])
@pytest.mark.parametrize("streamed", [False, True])
def test_tools_survive_a_turn_with_thinking(claude, model, streamed):
    thinking = {"type": "enabled", "budget_tokens": 1024}
    messages = ask("[[sim: calls=weather]] Oslo?")
    options = {"model": model, "max_tokens": 4000, "thinking": thinking, "tools": TOOLS}
    if streamed:
        with claude.messages.stream(messages=messages, **options) as stream:
            first = stream.get_final_message()
    else:
        first = claude.messages.create(messages=messages, **options)
    assert first.stop_reason == "tool_use"
    call = next(block for block in first.content if block.type == "tool_use")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "sunny"}]}
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    assert claude.messages.create(messages=messages, **options).stop_reason == "end_turn"


def test_images_and_documents_are_taken(claude):
    content = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
        {"type": "text", "text": "What is it?"},
    ]
    assert claude.messages.create(model=MODEL, max_tokens=500, messages=ask(content)).content


def test_tokens_are_counted(claude):
    assert claude.messages.count_tokens(model=MODEL, messages=ask("Hello there")).input_tokens > 0


def test_models_are_listed(claude):
    names = [model.id for model in claude.models.list(limit=3)]
    assert MODEL in names and len(names) == len(set(names))
    assert claude.models.retrieve(MODEL).max_input_tokens > 0


def test_errors_have_the_classes_that_the_sdk_promises(gap, claude):
    with pytest.raises(anthropic.AuthenticationError):
        connect(gap, "wrong").messages.create(model=MODEL, max_tokens=10, messages=ask("hi"))
    with pytest.raises(anthropic.NotFoundError):
        claude.messages.create(model="gemini-9-nano", max_tokens=10, messages=ask("hi"))
    with pytest.raises(anthropic.BadRequestError):
        claude.messages.create(model=MODEL, max_tokens=10, messages=[])


def test_a_stream_that_breaks_raises(gap, claude):
    gap.sim.fault({"cut_between_events": {"after": 3}}, times=1)
    with pytest.raises(anthropic.APIStatusError):
        with claude.messages.stream(model=MODEL, max_tokens=500, messages=ask("[[sim: chunks=12 chunk_bytes=40]]")) as stream:
            stream.get_final_message()
