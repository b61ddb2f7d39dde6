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


# Claude Code shows the last block as the answer.
@pytest.mark.parametrize("streamed", [False, True])
def test_a_signed_answer_ends_in_its_words_and_comes_back_signed(gap, claude, streamed):
    options = {"model": SIGNING, "max_tokens": 4000, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    messages = ask('[[sim: text="Hello" thoughts="Hm."]] Hi')
    if streamed:
        with claude.messages.stream(messages=messages, **options) as stream:
            first = stream.get_final_message()
    else:
        first = claude.messages.create(messages=messages, **options)
    assert [block.type for block in first.content] == ["thinking", "text"]
    messages += [{"role": "assistant", "content": first.content}, *ask("[[sim: echo]] And now?")]
    answer = claude.messages.create(messages=messages, **options)
    assert answer.content[-1].text == "And now?"
    parts = gap.sim.last().json["contents"][1]["parts"]
    assert parts[-1]["text"] == "Hello" and parts[-1]["thoughtSignature"]


def test_a_choice_of_tools_and_their_failures_are_passed_on(gap, claude):
    options = {"model": MODEL, "max_tokens": 500, "tools": TOOLS}
    first = claude.messages.create(messages=ask("Oslo?"), tool_choice={"type": "tool", "name": "weather"}, **options)
    call = first.content[0]
    assert call.type == "tool_use" and call.name == "weather" and first.stop_reason == "tool_use"
    result = {"type": "tool_result", "tool_use_id": call.id, "is_error": True, "content": "no such city"}
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
    messages = ask("Oslo?") + [{"role": "assistant", "content": first.content}]
    messages += [{"role": "user", "content": [result | {"content": [{"type": "text", "text": "no such city"}, picture]}]}]
    assert claude.messages.create(messages=messages, tool_choice={"type": "none"}, **options).content[0].type == "text"
    response = gap.sim.last().json["contents"][2]["parts"][0]["functionResponse"]
    assert "no such city" in str(response["response"])


def test_prefill_stop_and_limits(claude):
    messages = ask("[[sim: text=\"one END two\"]]")
    assert claude.messages.create(model=MODEL, max_tokens=500, messages=messages, stop_sequences=["END"]).content[0].text == "one "
    short = claude.messages.create(model="gemini-2.0-flash", max_tokens=3, messages=ask("[[sim: bytes=400]]"))
    assert short.stop_reason == "max_tokens"
    refused = claude.messages.create(model=MODEL, max_tokens=500, messages=ask("[[sim: block=SAFETY]]"))
    assert refused.stop_reason == "refusal"


def test_searches_are_cited_and_come_before_the_words(claude):
    tools = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}]
    # Claude Code's way to search: nothing else can be called, and it is demanded.
    demand = {"type": "tool", "name": "web_search"}
    asked = {"model": MODEL, "max_tokens": 500, "messages": ask('[[sim: text="Rain in Bern."]]'), "tools": tools}
    with claude.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    for answer in (claude.messages.create(**asked), claude.messages.create(**asked, tool_choice=demand), streamed):
        assert [block.type for block in answer.content] == ["server_tool_use", "web_search_tool_result", "text"]
        assert answer.content[2].text == "Rain in Bern." and answer.content[2].citations[0].url == answer.content[1].content[0].url
        assert answer.usage.server_tool_use.web_search_requests > 0


def test_what_is_overloaded_is_called_so(gap, claude):
    gap.sim.fault({"preset": "overloaded"})
    with pytest.raises(anthropic.APIStatusError) as caught:
        claude.messages.create(model=MODEL, max_tokens=10, messages=ask("hi"))
    assert caught.value.status_code == 529 and caught.value.body["error"]["type"] == "overloaded_error"
    gap.sim.reset()
    with pytest.raises(anthropic.BadRequestError):
        claude.messages.create(model=MODEL, max_tokens=10, messages=ask([{"type": "video"}]))


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
