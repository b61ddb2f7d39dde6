"""Responses, as OpenAI's own SDK uses them."""

import base64
import json

import openai as sdk
import pytest
from pydantic import BaseModel

from support import ACCESS_KEY

MODEL = "gemini-2.5-flash"
SIGNING = "gemini-3.1-pro-preview"
DRAWING = "gemini-2.5-flash-image"
STORY = "Tell me a story. [[sim: chunks=12 chunk_bytes=40]]"
ENCRYPTED = ["reasoning.encrypted_content"]
WEATHER = {
    "type": "function",
    "name": "current_weather",
    "description": "Says the weather.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
        "additionalProperties": False,
    },
}
TIME = {"type": "function", "name": "current_time", "description": "Says the time.", "strict": None, "parameters": None}


def calls_of(response):
    return [item for item in response.output if item.type == "function_call"]


def results_for(response):
    return [
        {"type": "function_call_output", "call_id": call.call_id, "output": f"result of {call.name}"}
        for call in calls_of(response)
    ]


def test_text_in_text_out(openai, gap):
    response = openai.responses.create(
        model=MODEL, input='Say it. [[sim: text="Hello from upstream"]]', instructions="Be terse.", metadata={"a": "b"}
    )
    assert response.output_text == "Hello from upstream"
    assert (response.status, response.object, response.model) == ("completed", "response", MODEL)
    assert response.id.startswith("resp_") and response.output[0].id.startswith("msg_")
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert response.metadata == {"a": "b"} and response.instructions == "Be terse."
    sent = gap.sim.last()
    assert sent.path == f"/v1beta/models/{MODEL}:generateContent"
    assert sent.json["systemInstruction"]["parts"] == [{"text": "Be terse."}]
    assert '"a"' not in json.dumps(sent.json)


def test_a_stream_tells_the_life_of_each_item(openai):
    events = list(openai.responses.create(model=MODEL, input=STORY, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[2:4] == ["response.output_item.added", "response.content_part.added"]
    assert kinds[-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(pieces) >= 12
    final = events[-1].response
    assert final.output_text == "".join(pieces) and final.usage.total_tokens > 0
    assert events[0].response.id == final.id


def test_the_stream_helper_adds_up(openai):
    with openai.responses.stream(model=MODEL, input=STORY) as stream:
        pieces = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert final.output_text == "".join(pieces)


@pytest.mark.parametrize("model", [MODEL, SIGNING])
@pytest.mark.parametrize("streamed", [False, True])
def test_tools_with_reasoning_items_without_state(openai, gap, model, streamed):
    tools = [WEATHER, TIME]
    asked = {"model": model, "tools": tools, "store": False, "include": ENCRYPTED, "reasoning": {"summary": "auto"}}
    history = [{"role": "user", "content": '[[sim: calls=current_weather,current_time thoughts="Let me look."]] Oslo?'}]
    if streamed:
        with openai.responses.stream(input=history, **asked) as stream:
            first = stream.until_done().get_final_response()
    else:
        first = openai.responses.create(input=history, **asked)
    assert [call.name for call in calls_of(first)] == ["current_weather", "current_time"]
    assert isinstance(json.loads(calls_of(first)[0].arguments)["days"], int)
    assert first.output[0].type == "reasoning" and first.output[0].summary[0].text == "Let me look."
    assert all(len(call.call_id) <= 40 for call in calls_of(first))
    # As OpenAI's documentation does it: everything goes back as it came.
    history = history + [item.model_dump(exclude_none=True) for item in first.output] + results_for(first)
    second = openai.responses.create(input=history, **asked)
    # On Gemini 3 the simulator refuses a missing or changed signature with 400 (wire 76).
    assert second.status == "completed" and second.output_text
    turns = gap.sim.last().json["contents"]
    assert [turn["role"] for turn in turns] == ["user", "model", "user"]
    signatures = [part.get("thoughtSignature") for part in turns[1]["parts"]]
    if model == SIGNING:
        assert signatures[0] and signatures[0] != "skip_thought_signature_validator"


def test_calls_of_a_client_that_drops_reasoning(openai, gap):
    asked = {"model": SIGNING, "tools": [WEATHER], "store": False}
    history = [{"role": "user", "content": "[[sim: calls=current_weather]] Oslo?"}]
    first = openai.responses.create(input=history, **asked)
    kept = [
        {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
        for call in calls_of(first)
    ]
    openai.responses.create(input=history + kept + results_for(first), **asked)
    part = gap.sim.last().json["contents"][1]["parts"][0]
    assert part["thoughtSignature"] != "skip_thought_signature_validator"


def test_a_conversation_goes_on_by_id(openai, gap):
    first = openai.responses.create(model=SIGNING, input="[[sim: calls=current_weather]] Oslo?", tools=[WEATHER])
    second = openai.responses.create(
        model=SIGNING, previous_response_id=first.id, input=results_for(first), tools=[WEATHER]
    )
    assert second.output_text and second.previous_response_id == first.id
    third = openai.responses.create(model=SIGNING, previous_response_id=second.id, input="And tomorrow?")
    turns = gap.sim.last().json["contents"]
    assert [turn["role"] for turn in turns] == ["user", "model", "user", "model", "user"]
    assert turns[1]["parts"][0]["thoughtSignature"] != "skip_thought_signature_validator"
    assert turns[4]["parts"] == [{"text": "And tomorrow?"}]
    items = openai.responses.input_items.list(third.id, order="asc", limit=2)
    every = list(items)
    assert every[0].content[0].text.endswith("Oslo?") and every[-1].content[0].text == "And tomorrow?"
    assert len({item.id for item in every}) == len(every)


def test_kept_until_deleted_and_for_its_access_key_alone(start):
    pair = start(settings={"USERS_API_KEY": f"{ACCESS_KEY},other-key"})
    with pair.openai() as mine, pair.openai(key="other-key") as other:
        response = mine.responses.create(model=MODEL, input="hi")
        assert mine.responses.retrieve(response.id).output_text == response.output_text
        with pytest.raises(sdk.NotFoundError):
            other.responses.retrieve(response.id)
        with pytest.raises(sdk.BadRequestError) as refused:
            other.responses.create(model=MODEL, input="x", previous_response_id=response.id)
        assert refused.value.code == "previous_response_not_found" and refused.value.param == "previous_response_id"
        with pytest.raises(sdk.BadRequestError, match="background"):
            mine.responses.cancel(response.id)
        mine.responses.delete(response.id)
        with pytest.raises(sdk.NotFoundError, match="not found"):
            mine.responses.retrieve(response.id)


def test_not_kept_if_not_wanted(openai):
    response = openai.responses.create(model=MODEL, input="hi", store=False)
    with pytest.raises(sdk.NotFoundError):
        openai.responses.retrieve(response.id)


def test_a_streamed_response_is_kept_too(openai):
    with openai.responses.stream(model=MODEL, input=STORY) as stream:
        final = stream.until_done().get_final_response()
    assert openai.responses.retrieve(final.id).output_text == final.output_text


class City(BaseModel):
    name: str
    inhabitants: int


def test_structured_output(openai):
    response = openai.responses.parse(model=MODEL, input="Which city?", text_format=City)
    assert isinstance(response.output_parsed, City)


def test_structured_output_streamed(openai):
    with openai.responses.stream(model=MODEL, input="Which city?", text_format=City) as stream:
        assert isinstance(stream.until_done().get_final_response().output_parsed, City)


def test_custom_tools_take_a_text(openai):
    tool = {"type": "custom", "name": "run_code", "description": "Runs code."}
    asked = '[[sim: calls=run_code args={"input":"print(1)"}]] Run it.'
    first = openai.responses.create(model=MODEL, input=asked, tools=[tool])
    (call,) = [item for item in first.output if item.type == "custom_tool_call"]
    assert (call.name, call.input) == ("run_code", "print(1)")
    result = {"type": "custom_tool_call_output", "call_id": call.call_id, "output": "1"}
    second = openai.responses.create(model=MODEL, previous_response_id=first.id, input=[result], tools=[tool])
    assert second.output_text


def test_images_in_and_in_results(openai, gap):
    # One red pixel.
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
    image = {"type": "input_image", "image_url": f"data:image/png;base64,{pixel}", "detail": "auto"}
    content = [{"type": "input_text", "text": "What is it? [[sim: calls=current_weather]]"}, image]
    first = openai.responses.create(model=SIGNING, input=[{"role": "user", "content": content}], tools=[WEATHER])
    (call,) = calls_of(first)
    output = [{"type": "input_text", "text": "like this"}, image]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": output}
    openai.responses.create(model=SIGNING, previous_response_id=first.id, input=[result], tools=[WEATHER])
    turns = gap.sim.last().json["contents"]
    assert turns[0]["parts"][1]["inlineData"] == {"mimeType": "image/png", "data": pixel}
    assert turns[2]["parts"][0]["functionResponse"]["parts"][0]["inlineData"]["data"] == pixel


def test_images_out(openai):
    response = openai.responses.create(model=DRAWING, input="Draw a cat.", tools=[{"type": "image_generation"}])
    images = [item for item in response.output if item.type == "image_generation_call"]
    if not images:
        pytest.skip("the simulator does not draw")
    assert base64.b64decode(images[0].result)


def test_an_answer_that_is_cut_says_so(openai):
    response = openai.responses.create(model=MODEL, input="[[sim: finish=MAX_TOKENS]] Go on.")
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    events = list(openai.responses.create(model=MODEL, input="[[sim: finish=SAFETY]] Go on.", stream=True))
    assert events[-1].type == "response.incomplete"
    assert events[-1].response.incomplete_details.reason == "content_filter"


def test_refusals_name_the_field(openai):
    for request, param in [
        ({"input": "x", "background": True, "store": False}, "background"),
        ({"input": "x", "conversation": "conv_1", "previous_response_id": "resp_1"}, "previous_response_id"),
        ({"input": [{"role": "robot", "content": "x"}]}, "input[0].role"),
        ({"input": "x", "tools": [{"type": "mcp", "server_label": "s", "server_url": "https://x.example"}]}, "tools[0].type"),
        ({"input": "x", "temperature": 9}, "temperature"),
    ]:
        with pytest.raises(sdk.BadRequestError) as refused:
            openai.responses.create(model=MODEL, **request)
        assert refused.value.param == param
    with pytest.raises(sdk.NotFoundError):
        openai.responses.create(model="gemini-9-nano", input="x")
    with pytest.raises(sdk.NotFoundError, match="Conversation with id 'conv_1' not found"):
        openai.responses.create(model=MODEL, input="x", conversation="conv_1")


def test_an_answer_that_breaks_off_has_failed(openai, gap):
    gap.sim.fault({"cut_between_events": {"after": 3}})
    events = list(openai.responses.create(model=MODEL, input=STORY, stream=True))
    assert events[-1].type == "response.failed"
    assert events[-1].response.error.code == "server_error"
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_tokens_are_counted(openai):
    counted = openai.responses.input_tokens.count(model=MODEL, input="Say hello.")
    assert counted.object == "response.input_tokens" and counted.input_tokens > 0
