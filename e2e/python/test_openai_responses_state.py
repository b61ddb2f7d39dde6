"""Conversations and background responses, as OpenAI's own SDK uses them."""

import threading
import time

import openai as sdk
import pytest

from conftest import KEYS
from support import ACCESS_KEY, Gateway
from test_openai_responses import MODEL, SIGNING, STORY, WEATHER, results_for

STALL = {"stall_before_headers": {"ms": 60_000}}
DATABASE = {
    "CONTEXT_STORAGE_MODE": "database",
    "SECRET_KEY": "a-secret-key-of-thirty-two-bytes-or-more",
}


def until(openai, response_id, status, patience=20):
    """Asks again and again, as OpenAI's documentation does it."""
    end = time.monotonic() + patience
    while True:
        response = openai.responses.retrieve(response_id)
        if response.status == status:
            return response
        assert response.status in ("queued", "in_progress") and time.monotonic() < end, response
        time.sleep(0.02)


def test_a_conversation_is_kept_read_and_changed(openai):
    conversation = openai.conversations.create(
        metadata={"topic": "demo"}, items=[{"type": "message", "role": "user", "content": "Hello!"}]
    )
    assert conversation.id.startswith("conv_") and conversation.metadata == {"topic": "demo"}
    assert openai.conversations.retrieve(conversation.id).created_at == conversation.created_at
    assert openai.conversations.update(conversation.id, metadata={"topic": "x"}).metadata == {"topic": "x"}
    added = openai.conversations.items.create(
        conversation.id,
        items=[
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "How are you?"}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Well."}]},
        ],
    )
    assert [item.role for item in added.data] == ["user", "assistant"]
    every = list(openai.conversations.items.list(conversation.id, order="asc", limit=2))
    assert [item.content[0].text for item in every] == ["Hello!", "How are you?", "Well."]
    one = openai.conversations.items.retrieve(every[1].id, conversation_id=conversation.id)
    assert one.content[0].text == "How are you?"
    assert openai.conversations.items.delete(one.id, conversation_id=conversation.id).id == conversation.id
    newest = openai.conversations.items.list(conversation.id)
    assert [item.content[0].text for item in newest.data] == ["Well.", "Hello!"] and not newest.has_more
    assert openai.conversations.delete(conversation.id).deleted
    with pytest.raises(sdk.NotFoundError, match="not found"):
        openai.conversations.retrieve(conversation.id)


@pytest.mark.parametrize("streamed", [False, True])
def test_tools_and_signatures_live_in_the_conversation(openai, gap, streamed):
    conversation = openai.conversations.create()

    def ask(**request):
        request = {"model": SIGNING, "tools": [WEATHER], "conversation": conversation.id} | request
        if not streamed:
            return openai.responses.create(**request)
        return list(openai.responses.create(stream=True, **request))[-1].response

    first = ask(input="[[sim: calls=current_weather]] Oslo?")
    assert first.conversation.id == conversation.id
    second = ask(input=results_for(first))
    assert second.status == "completed" and second.output_text
    ask(input="And tomorrow?")
    turns = gap.sim.last().json["contents"]
    assert [turn["role"] for turn in turns] == ["user", "model", "user", "model", "user"]
    assert turns[1]["parts"][0]["thoughtSignature"] != "skip_thought_signature_validator"
    kinds = [item.type for item in openai.conversations.items.list(conversation.id, order="asc", limit=100)]
    assert kinds[0] == "message" and "function_call" in kinds and "function_call_output" in kinds


def test_responses_at_the_same_time_lose_nothing(openai):
    conversation = openai.conversations.create()
    threads = [
        threading.Thread(
            target=openai.responses.create,
            kwargs={"model": MODEL, "input": f"[[sim: text=a{number}]]", "conversation": conversation.id},
        )
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    items = list(openai.conversations.items.list(conversation.id, limit=100))
    assert len(items) == 16
    assert {item.content[0].text for item in items if item.role == "assistant"} == {f"a{number}" for number in range(8)}


def test_a_conversation_is_its_access_keys_alone(start):
    pair = start(settings={"USERS_API_KEY": f"{ACCESS_KEY},other-key"})
    with pair.openai() as mine, pair.openai(key="other-key") as other:
        conversation = mine.conversations.create()
        for attempt in (
            lambda: other.conversations.retrieve(conversation.id),
            lambda: other.conversations.items.list(conversation.id),
            lambda: other.conversations.delete(conversation.id),
            lambda: other.responses.create(model=MODEL, input="x", conversation=conversation.id),
        ):
            with pytest.raises(sdk.NotFoundError):
                attempt()
        assert mine.conversations.retrieve(conversation.id).id == conversation.id


def test_in_the_background(openai, gap):
    gap.sim.fault({"stall_before_headers": {"ms": 300}})
    queued = openai.responses.create(model=MODEL, input="[[sim: text=Hello]] Hi", background=True)
    assert (queued.status, queued.background, queued.output_text) == ("queued", True, "")
    until(openai, queued.id, "in_progress")
    done = until(openai, queued.id, "completed")
    assert done.output_text == "Hello" and done.usage.total_tokens > 0 and done.created_at == queued.created_at
    assert openai.responses.create(model=MODEL, input="And?", previous_response_id=done.id).output_text


def test_in_the_background_cancelled(openai, gap):
    gap.sim.fault(STALL)
    queued = openai.responses.create(model=MODEL, input="Hi", background=True)
    until(openai, queued.id, "in_progress")
    assert openai.responses.cancel(queued.id).status == "cancelled"
    assert openai.responses.cancel(queued.id).status == "cancelled"
    assert openai.responses.retrieve(queued.id).status == "cancelled"


def test_in_the_background_streamed_and_resumed(openai, gap):
    gap.sim.fault({"stall_between_events": {"after": 2, "ms": 300}})
    seen = []
    stream = openai.responses.create(model=MODEL, input=STORY, background=True, stream=True)
    for event in stream:
        seen.append(event)
        if len(seen) == 4:
            break
    stream.close()
    assert [event.type for event in seen[:3]] == ["response.created", "response.queued", "response.in_progress"]
    response_id, cursor = seen[0].response.id, seen[-1].sequence_number
    rest = list(openai.responses.retrieve(response_id, stream=True, starting_after=cursor))
    numbers = [event.sequence_number for event in seen + rest]
    assert numbers == list(range(len(numbers)))
    assert rest[-1].type == "response.completed"
    said = "".join(event.delta for event in seen + rest if event.type == "response.output_text.delta")
    assert said == openai.responses.retrieve(response_id).output_text


def test_the_stream_helper_follows_the_background(openai):
    with openai.responses.stream(model=MODEL, input=STORY, background=True) as stream:
        events = list(stream)
    assert events[-1].type == "response.completed"
    with openai.responses.stream(response_id=events[-1].response.id, starting_after=5) as stream:
        rest = list(stream)
    assert rest[-1].type == "response.completed" and len(rest) < len(events)


def test_more_than_may_run_are_told_to_wait(start):
    pair = start(settings={"GAP_RESPONSES__BACKGROUND_PER_ACCESS_KEY": "1"})
    pair.sim.fault(STALL)
    with pair.openai() as openai:
        first = openai.responses.create(model=MODEL, input="Hi", background=True)
        with pytest.raises(sdk.RateLimitError, match="background"):
            openai.responses.create(model=MODEL, input="Hi", background=True)
        openai.responses.cancel(first.id)
        pair.sim.reset()
        second = openai.responses.create(model=MODEL, input="Hi", background=True)
        until(openai, second.id, "completed")


@pytest.mark.parametrize("kill", [False, True])
def test_what_a_restart_cuts_has_failed(start, tmp_path, kill):
    settings = DATABASE | {"DATABASE_URL": f"sqlite://{tmp_path}/gap.db", "GAP_SERVER__DRAIN": "1s"}
    pair = start(settings=settings)
    with pair.openai() as openai:
        conversation = openai.conversations.create(metadata={"a": "b"})
        whole = openai.responses.create(model=MODEL, input="[[sim: text=Hello]] Hi", conversation=conversation.id)
        pair.sim.fault(STALL)
        cut = openai.responses.create(model=MODEL, input="Hi", background=True)
        until(openai, cut.id, "in_progress")
    if kill:
        pair.gateway.child.kill()
    pair.gateway.close()
    again = Gateway(tmp_path / "again", pair.sim.url, KEYS, settings)
    try:
        with sdk.OpenAI(api_key=ACCESS_KEY, base_url=again.url + "/v1", max_retries=0) as openai:
            failed = until(openai, cut.id, "failed")
            assert failed.error.code == "server_error" and "stopped" in failed.error.message
            assert openai.responses.retrieve(whole.id).output_text == "Hello"
            assert openai.conversations.retrieve(conversation.id).metadata == {"a": "b"}
            assert len(openai.conversations.items.list(conversation.id).data) == 2
    finally:
        again.close()
