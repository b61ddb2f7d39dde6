"""Answers that come in pieces."""

import asyncio

import pytest
from google.genai import errors, types

from support import eventually

MODEL = "gemini-2.5-flash"
STORY = "Tell me a story. [[sim: chunks=12 chunk_bytes=40]]"


def test_pieces_arrive_in_order_and_end_with_usage(client, gap):
    chunks = list(client.models.generate_content_stream(model=MODEL, contents=STORY))
    assert len(chunks) >= 12
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert chunks[-1].usage_metadata.total_token_count > 0
    assert gap.sim.last().query == "alt=sse"


def test_async_streams_side_by_side(gap):
    async def read(client, n):
        stream = await client.models.generate_content_stream(model=MODEL, contents=f"{STORY} number {n}")
        return [chunk async for chunk in stream]

    async def read_all():
        async with gap.client().aio as client:
            return await asyncio.gather(*(read(client, n) for n in range(20)))

    for chunks in asyncio.run(read_all()):
        assert len(chunks) >= 12
        assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP


def test_a_chat_can_be_streamed(client, gap):
    chat = client.chats.create(model=MODEL)
    first = "".join(chunk.text or "" for chunk in chat.send_message_stream(STORY))
    list(chat.send_message_stream("And then?"))
    history = gap.sim.last().json["contents"]
    # The SDK keeps a streamed answer in as many contents as it had chunks.
    said = [part.get("text", "") for content in history if content["role"] == "model" for part in content["parts"]]
    assert "".join(said) == first


def test_a_stream_cut_between_events_raises_instead_of_ending(start):
    gap = start()
    gap.sim.fault({"cut_between_events": {"after": 3}}, times=1)
    seen = []
    with gap.client() as client, pytest.raises(errors.ServerError):
        for chunk in client.models.generate_content_stream(model=MODEL, contents=STORY):
            seen.append(chunk)
    assert len(seen) == 3
    # DESIGN: after the first event there is no second attempt.
    assert len(gap.sim.received()) == 1


def test_a_stream_cut_inside_an_event_raises_instead_of_ending(start):
    gap = start()
    gap.sim.fault({"cut_inside_event": {"after": 3}}, times=1)
    seen = []
    with gap.client() as client, pytest.raises(Exception):  # noqa: B017  each HTTP library names an aborted transfer differently
        for chunk in client.models.generate_content_stream(model=MODEL, contents=STORY):
            seen.append(chunk)
    assert len(seen) == 3
    assert len(gap.sim.received()) == 1


def test_a_stream_that_fails_before_its_first_event_is_hidden(start):
    gap = start()
    gap.sim.fault({"cut_between_events": {"after": 0}}, times=1)
    with gap.client() as client:
        chunks = list(client.models.generate_content_stream(model=MODEL, contents=STORY))
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert len(gap.sim.received()) == 2


def test_keep_alives_while_the_upstream_thinks_do_not_disturb_the_sdk(start):
    gap = start(settings={"GAP_SERVER__OPEN_AFTER": "200ms", "GAP_SERVER__KEEP_ALIVE": "100ms"})
    gap.sim.fault({"stall_before_headers": {"ms": 1000}}, times=1)
    with gap.client() as client:
        chunks = list(client.models.generate_content_stream(model=MODEL, contents=STORY))
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP


def test_a_failure_behind_an_open_stream_raises_a_proper_error(start):
    gap = start(
        keys=[{"key": "sim-only", "project": 1}],
        settings={"GAP_SERVER__OPEN_AFTER": "100ms", "GAP_SERVER__KEEP_ALIVE": "100ms", "GAP_POOL__MAX_WAIT": "1s"},
    )
    gap.sim.fault({"stall_before_headers": {"ms": 500, "then": "overloaded"}})
    with gap.client() as client, pytest.raises(errors.APIError) as caught:
        list(client.models.generate_content_stream(model=MODEL, contents=STORY))
    assert caught.value.code == 503


def test_a_client_that_leaves_frees_the_upstream(gap):
    with gap.client() as client:
        stream = client.models.generate_content_stream(model=MODEL, contents="Long. [[sim: chunks=5000 delay_ms=20]]")
        next(stream)
        stream.close()
    eventually("the simulator sees the client gone", lambda: gap.sim.last().gone)
