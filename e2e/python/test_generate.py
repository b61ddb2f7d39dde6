"""The main job: one question, one answer."""

import asyncio
import base64

import pytest
from google.genai import errors, types

MODEL = "gemini-2.5-flash"
# A PNG of one pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_text_in_text_out(client):
    answer = client.models.generate_content(model=MODEL, contents='Say it. [[sim: text="Hello from upstream"]]')
    assert answer.text == "Hello from upstream"
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    assert answer.usage_metadata.prompt_token_count > 0
    assert answer.usage_metadata.total_token_count >= answer.usage_metadata.candidates_token_count
    assert answer.model_version == MODEL


def test_async_client(gap):
    async def ask():
        async with gap.client().aio as client:
            calls = [client.models.generate_content(model=MODEL, contents=f'[[sim: text="answer {n}"]]') for n in range(8)]
            return [answer.text for answer in await asyncio.gather(*calls)]

    assert asyncio.run(ask()) == [f"answer {n}" for n in range(8)]


def test_chat_sends_its_history(client, gap):
    chat = client.chats.create(model=MODEL)
    chat.send_message('My name is Ada. [[sim: text="Hello Ada"]]')
    chat.send_message("What is my name?")
    contents = gap.sim.last().json["contents"]
    assert [content["role"] for content in contents] == ["user", "model", "user"]
    assert contents[1]["parts"][0]["text"] == "Hello Ada"


def test_system_instruction_and_parameters_arrive(client, gap):
    config = types.GenerateContentConfig(
        system_instruction="You are terse.", temperature=0, seed=0, top_k=3, max_output_tokens=100, stop_sequences=["END"]
    )
    client.models.generate_content(model=MODEL, contents="Hi", config=config)
    body = gap.sim.last().json
    assert body["systemInstruction"]["parts"] == [{"text": "You are terse."}]
    sent = body["generationConfig"]
    # Zero is a value, not an absence.
    assert (sent["temperature"], sent["seed"], sent["topK"], sent["maxOutputTokens"]) == (0, 0, 3, 100)


def test_inline_image_arrives_byte_for_byte(client, gap):
    image = types.Part.from_bytes(data=PIXEL, mime_type="image/png")
    client.models.generate_content(model=MODEL, contents=["What is this?", image])
    parts = gap.sim.last().json["contents"][0]["parts"]
    blob = next(part["inlineData"] for part in parts if "inlineData" in part)
    # The SDK writes URL-safe base64; whatever it writes is what must arrive.
    assert base64.urlsafe_b64decode(blob["data"]) == PIXEL


def test_max_tokens_is_a_finish_reason_not_an_error(client):
    config = types.GenerateContentConfig(max_output_tokens=3, thinking_config=types.ThinkingConfig(thinking_budget=0))
    answer = client.models.generate_content(model=MODEL, contents="Tell me a very long story.", config=config)
    assert answer.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS


def test_a_blocked_prompt_is_told_as_it_is(client):
    answer = client.models.generate_content(model=MODEL, contents="[[sim: block=PROHIBITED_CONTENT]]")
    assert not answer.candidates
    assert answer.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT


def test_a_safety_finish_is_told_as_it_is(client):
    answer = client.models.generate_content(model=MODEL, contents="[[sim: finish=SAFETY]]")
    assert answer.candidates[0].finish_reason == types.FinishReason.SAFETY


def test_count_tokens(client, gap):
    assert client.models.count_tokens(model=MODEL, contents="one two three").total_tokens > 0
    assert gap.sim.last().path.endswith(f"models/{MODEL}:countTokens")


def test_embed_one_and_many(client):
    one = client.models.embed_content(model="gemini-embedding-001", contents="hello")
    assert len(one.embeddings) == 1
    many = client.models.embed_content(
        model="gemini-embedding-001", contents=["hello", "world"], config=types.EmbedContentConfig(output_dimensionality=256)
    )
    assert [len(embedding.values) for embedding in many.embeddings] == [256, 256]
    assert many.embeddings[0].values != many.embeddings[1].values


def test_a_bad_request_is_the_clients_own_and_asked_once(client, gap):
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model=MODEL, contents=[types.Content(role="user", parts=[])])
    assert caught.value.code == 400
    assert caught.value.status == "INVALID_ARGUMENT"
    # wire 19: the request's own fault never goes to another key.
    assert len(gap.sim.received()) == 1


def test_an_unknown_model_is_404(client):
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model="gemini-0-nonsense", contents="hi")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")


def test_two_hundred_at_once_with_three_keys(gap):
    async def ask():
        async with gap.client().aio as client:
            calls = [client.models.generate_content(model=MODEL, contents=f'[[sim: text="{n}"]]') for n in range(200)]
            return [answer.text for answer in await asyncio.gather(*calls)]

    assert asyncio.run(ask()) == [str(n) for n in range(200)]
    used = {call.key for call in gap.sim.received()}
    assert len(used) == 3, "every key takes its share"
