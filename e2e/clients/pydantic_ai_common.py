"""What each provider of pydantic-ai is asked for; a run goes on until every result of a tool is answered."""

import asyncio
import base64

from pydantic_ai import Agent, BinaryContent, NativeOutput
from pydantic_ai.exceptions import ModelHTTPError

from common import (
    CHAT, FUNCTIONS, HELLO, LONG, MISSING, MODEL, PICTURE, RED, RESTING, SEEN, SEVERAL, SIGNING, STREAM, SUNNY, ok,
    raised,
)  # fmt: skip
from schemas import ASKED, Owner, check


def everything(*kinds, native=True):
    """A chat, a stream, calls, a form, a picture, errors, and leaving. Each kind gives a model by its name."""
    chat = kinds[0]
    answer = Agent(chat(MODEL)).run_sync(CHAT)
    assert answer.output == HELLO
    ok("chat")

    async def pieces(prompt, most=None):
        """The pieces of a stream, or the first of them, and what it cost."""
        async with Agent(chat(MODEL)).run_stream(prompt) as answer:
            said = []
            async for piece in answer.stream_text(delta=True, debounce_by=None):
                said.append(piece)
                if len(said) == most:
                    break
            return said, answer.usage

    said, usage = asyncio.run(pieces(STREAM))
    assert len(said) >= 2 and usage.output_tokens > 0
    ok("stream")
    called = []

    def weather(city: str) -> str:
        called.append("weather")
        return FUNCTIONS["current_weather"](city)

    def clock(city: str) -> str:
        called.append("clock")
        return FUNCTIONS["local_time"](city)

    prompt = SEVERAL.replace("current_weather", "weather").replace("local_time", "clock")

    async def streamed(agent):
        async with agent.run_stream(prompt) as answer:
            return await answer.get_output()

    for kind in kinds:
        assert Agent(kind(SIGNING), tools=[weather, clock]).run_sync(prompt).output == SUNNY
        assert sorted(called) == ["clock", "weather", "weather"], called
        assert asyncio.run(streamed(Agent(kind(SIGNING), tools=[weather, clock]))) == SUNNY and len(called) == 6
        called.clear()
    ok("tools")
    for kind in kinds:
        for form in (Owner, NativeOutput(Owner)) if native else (Owner,):
            check(Agent(kind(MODEL), output_type=form).run_sync(ASKED).output)
    ok("schema")
    picture = BinaryContent(data=base64.b64decode(PICTURE), media_type="image/png")
    for kind in kinds:
        assert Agent(kind(MODEL)).run_sync([SEEN, picture]).output == RED
    ok("vision")
    raised(ModelHTTPError, lambda: Agent(chat(MISSING)).run_sync(CHAT), "404", MISSING)
    if RESTING:
        raised(ModelHTTPError, lambda: Agent(chat(RESTING)).run_sync(CHAT), "429")
    ok("errors")
    asyncio.run(pieces(LONG, most=3))
    ok("cancel")
