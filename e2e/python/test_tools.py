"""Functions that the model may call, and the signatures that must come back with them."""

from google.genai import types


def current_weather(city: str) -> str:
    """Says the weather.

    Args:
        city: The city's name.
    """
    return f"It is sunny in {city}."


def current_time(city: str) -> str:
    """Says the time.

    Args:
        city: The city's name.
    """
    return f"It is noon in {city}."


DECLARATION = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="current_weather",
            description="Says the weather.",
            parameters_json_schema={
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
                "required": ["city", "days"],
                "additionalProperties": False,
            },
        ),
        types.FunctionDeclaration(name="current_time", description="Says the time."),
    ]
)
BY_HAND = types.GenerateContentConfig(
    tools=[DECLARATION], automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True)
)


def test_automatic_function_calling(client, gap):
    config = types.GenerateContentConfig(tools=[current_weather])
    answer = client.models.generate_content(
        model="gemini-2.5-flash", contents="[[sim: calls=current_weather]] How is the weather in Oslo?", config=config
    )
    assert answer.text
    calls = gap.sim.received()
    assert len(calls) == 2
    response = calls[1].json["contents"][-1]["parts"][0]["functionResponse"]
    assert response["name"] == "current_weather"
    assert response["response"]["result"].startswith("It is sunny")


def test_parallel_calls_keep_order_and_arguments(client, gap):
    answer = client.models.generate_content(
        model="gemini-2.5-flash", contents="[[sim: calls=current_weather,current_time]] Oslo?", config=BY_HAND
    )
    assert [call.name for call in answer.function_calls] == ["current_weather", "current_time"]
    # An integer stays one: codex and others refuse 7.0 where the schema says integer.
    assert isinstance(answer.function_calls[0].args["days"], int)


def test_streamed_calls(client):
    chunks = list(
        client.models.generate_content_stream(
            model="gemini-2.5-flash", contents="[[sim: calls=current_weather,current_time]] Oslo?", config=BY_HAND
        )
    )
    names = [call.name for chunk in chunks for call in chunk.function_calls or []]
    assert names == ["current_weather", "current_time"]


def test_thought_signatures_survive_a_conversation_on_gemini_3(client, gap):
    model = "gemini-3.1-pro-preview"
    question = types.Content(role="user", parts=[types.Part(text="[[sim: calls=current_weather]] Oslo?")])
    first = client.models.generate_content(model=model, contents=[question], config=BY_HAND)
    said = first.candidates[0].content
    signed = [part for part in said.parts if part.thought_signature]
    assert signed, "Gemini 3 signs the first call of a step"
    call = first.function_calls[0]
    result = types.Part(
        function_response=types.FunctionResponse(id=call.id, name=call.name, response={"result": "sunny"})
    )
    # The simulator refuses a missing or changed signature with 400, as Gemini 3 does (wire 76).
    second = client.models.generate_content(
        model=model, contents=[question, said, types.Content(role="user", parts=[result])], config=BY_HAND
    )
    assert second.candidates[0].finish_reason == types.FinishReason.STOP
    sent = gap.sim.last().json["contents"][1]["parts"]
    assert any("thoughtSignature" in part for part in sent)


def test_automatic_function_calling_on_gemini_3(client):
    config = types.GenerateContentConfig(tools=[current_weather, current_time])
    answer = client.models.generate_content(
        model="gemini-3-flash-preview", contents="[[sim: calls=current_weather,current_time]] Oslo?", config=config
    )
    assert answer.text


def test_thoughts_are_marked_as_such(client):
    config = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(include_thoughts=True))
    answer = client.models.generate_content(model="gemini-2.5-flash", contents="Think first.", config=config)
    assert any(part.thought for part in answer.candidates[0].content.parts)
    assert answer.usage_metadata.thoughts_token_count > 0
