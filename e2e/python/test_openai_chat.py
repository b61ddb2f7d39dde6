"""Chat completions, as OpenAI's own SDK uses them."""

import base64
import json

import pytest
from pydantic import BaseModel

MODEL = "gemini-2.5-flash"
SIGNING = "gemini-3.1-pro-preview"
STORY = "Tell me a story. [[sim: chunks=12 chunk_bytes=40]]"
# One red pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
WEATHER = {
    "type": "function",
    "function": {
        "name": "current_weather",
        "description": "Says the weather.",
        "parameters": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {
                "city": {"$ref": "#/$defs/City"},
                "days": {"type": "integer"},
                "unit": {"anyOf": [{"type": "string", "enum": ["C", "F"]}, {"type": "null"}]},
            },
            "required": ["city", "days"],
            "additionalProperties": False,
            "$defs": {"City": {"type": "string", "description": "A city's name."}},
        },
    },
}
TIME = {"type": "function", "function": {"name": "current_time", "description": "Says the time."}}


def ask(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


def test_text_in_text_out(openai, gap):
    answer = openai.chat.completions.create(model=MODEL, messages=ask('Say it. [[sim: text="Hello from upstream"]]'))
    choice = answer.choices[0]
    assert (choice.message.content, choice.finish_reason, choice.index) == ("Hello from upstream", "stop", 0)
    assert choice.message.role == "assistant"
    assert answer.id.startswith("chatcmpl-") and answer.object == "chat.completion"
    assert answer.model == MODEL
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert gap.sim.last().path == f"/v1beta/models/{MODEL}:generateContent"


def test_system_messages_and_zeros_arrive(openai, gap):
    messages = [
        {"role": "system", "content": "Be terse."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        *ask("hi"),
    ]
    openai.chat.completions.create(model=MODEL, messages=messages, temperature=0, seed=0, max_completion_tokens=100, stop=["\n\n"])
    body = gap.sim.last().json
    said = "\n".join(part["text"] for part in body["systemInstruction"]["parts"])
    assert "Be terse." in said and "Be kind." in said
    config = body["generationConfig"]
    assert (config["temperature"], config["seed"], config["maxOutputTokens"]) == (0, 0, 100)
    assert config["stopSequences"] == ["\n\n"]


def test_a_stream_has_openais_order(openai):
    stream = openai.chat.completions.create(
        model=MODEL, messages=ask(STORY), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    finishes = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    assert [finish for finish in finishes if finish] == ["stop"] and finishes[-1] == "stop"
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert len([chunk for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]) >= 12


def test_no_usage_unless_asked(openai):
    chunks = list(openai.chat.completions.create(model=MODEL, messages=ask(STORY), stream=True))
    assert all(chunk.usage is None for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("model", [MODEL, SIGNING])
def test_parallel_calls_by_a_client_that_drops_what_it_does_not_know(openai, gap, model):
    messages = ask("[[sim: calls=current_weather,current_time]] Oslo?")
    first = openai.chat.completions.create(model=model, messages=messages, tools=[WEATHER, TIME])
    choice = first.choices[0]
    assert choice.finish_reason == "tool_calls"
    calls = choice.message.tool_calls
    assert [call.function.name for call in calls] == ["current_weather", "current_time"]
    assert len({call.id for call in calls}) == 2
    assert isinstance(json.loads(calls[0].function.arguments)["days"], int)
    # Only what OpenAI's reference names, as langchain and llama-index send it back; results in the wrong order.
    kept = [
        {"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": call.function.arguments}}
        for call in calls
    ]
    results = [{"role": "tool", "tool_call_id": call.id, "content": f"result of {call.function.name}"} for call in reversed(calls)]
    history = [*messages, {"role": "assistant", "content": None, "tool_calls": kept}, *results]
    second = openai.chat.completions.create(model=model, messages=history, tools=[WEATHER, TIME])
    # On Gemini 3 the simulator refuses a missing or changed signature with 400 (wire 76).
    assert second.choices[0].finish_reason == "stop" and second.choices[0].message.content
    contents = gap.sim.last().json["contents"]
    assert [content["role"] for content in contents] == ["user", "model", "user"]
    names = [part["functionResponse"]["name"] for part in contents[2]["parts"]]
    assert names == ["current_weather", "current_time"]


@pytest.mark.parametrize("model", [MODEL, SIGNING])
def test_streamed_calls_have_rising_indices_and_survive(openai, model):
    messages = ask("[[sim: calls=current_weather,current_time]] Oslo?")
    stream = openai.chat.completions.create(model=model, messages=messages, tools=[WEATHER, TIME], stream=True)
    calls, finish = {}, None
    for chunk in stream:
        finish = chunk.choices[0].finish_reason or finish
        for delta in chunk.choices[0].delta.tool_calls or []:
            call = calls.setdefault(delta.index, {"id": "", "name": "", "arguments": ""})
            call["id"] += delta.id or ""
            call["name"] += delta.function.name or ""
            call["arguments"] += delta.function.arguments or ""
    assert finish == "tool_calls"
    assert [(index, call["name"]) for index, call in calls.items()] == [(0, "current_weather"), (1, "current_time")]
    kept = [
        {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
        for call in calls.values()
    ]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "sunny"} for call in kept]
    history = [*messages, {"role": "assistant", "tool_calls": kept}, *results]
    second = openai.chat.completions.create(model=model, messages=history, tools=[WEATHER, TIME], stream=True)
    assert [chunk for chunk in second][-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("choice", ["none", "auto", "required", {"type": "function", "function": {"name": "current_time"}}])
def test_every_tool_choice_is_understood(openai, gap, choice):
    openai.chat.completions.create(model=MODEL, messages=ask("Oslo?"), tools=[WEATHER, TIME], tool_choice=choice)
    config = gap.sim.last().json.get("toolConfig", {}).get("functionCallingConfig", {})
    expected = {"none": "NONE", "auto": "AUTO", "required": "ANY"}.get(choice if isinstance(choice, str) else "", "ANY")
    assert config.get("mode", "AUTO") == expected
    if isinstance(choice, dict):
        assert config["allowedFunctionNames"] == ["current_time"]


class Recipe(BaseModel):
    """A dish."""

    name: str
    minutes: int
    ingredients: list[str]


def test_structured_output(openai):
    answer = openai.chat.completions.parse(model=MODEL, messages=ask("A recipe."), response_format=Recipe)
    assert isinstance(answer.choices[0].message.parsed, Recipe)


def test_json_mode(openai, gap):
    answer = openai.chat.completions.create(model=MODEL, messages=ask("A JSON object."), response_format={"type": "json_object"})
    json.loads(answer.choices[0].message.content)
    assert gap.sim.last().json["generationConfig"]["responseMimeType"] == "application/json"


def test_a_picture_is_seen(openai, gap):
    url = "data:image/png;base64," + base64.b64encode(PIXEL).decode()
    content = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    assert openai.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}]).choices[0].message.content
    parts = gap.sim.last().json["contents"][0]["parts"]
    blob = next(part["inlineData"] for part in parts if "inlineData" in part)
    assert blob["mimeType"] == "image/png" and base64.b64decode(blob["data"]) == PIXEL


def test_thoughts_are_reasoning_content_and_never_content(openai):
    answer = openai.chat.completions.create(
        model=MODEL,
        messages=ask('Think first. [[sim: text="done"]]'),
        reasoning_effort="low",
        extra_body={"extra_body": {"google": {"thinking_config": {"include_thoughts": True}}}},
    )
    message = answer.choices[0].message
    assert message.content == "done"
    assert message.reasoning_content
    details = answer.usage.completion_tokens_details
    assert details.reasoning_tokens > 0 and answer.usage.completion_tokens >= details.reasoning_tokens


def test_a_megabyte_of_prompt(openai, gap):
    text = "A sentence with some words in it. " * 31_000
    assert openai.chat.completions.create(model=MODEL, messages=ask(text)).choices[0].message.content
    assert gap.sim.last().json["contents"][0]["parts"][0]["text"] == text


def test_what_gemini_cannot_express_is_named(openai):
    raw = openai.chat.completions.with_raw_response.create(model=MODEL, messages=ask("hi"), logit_bias={"50256": -100})
    assert "logit_bias" in raw.headers["x-gap-warnings"]
    assert raw.parse().choices[0].message.content


def test_below_googles_own_address_for_openai_clients(gap):
    with gap.openai(base_url=gap.gateway.url + "/v1beta/openai/") as client:
        assert client.chat.completions.create(model=MODEL, messages=ask("hi")).choices[0].message.content
