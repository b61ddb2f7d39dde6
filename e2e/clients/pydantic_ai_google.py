"""pydantic-ai with its Google provider."""

import asyncio

from pydantic_ai import Agent
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.providers.google import GoogleProvider

from common import CHAT, KEY, MODEL, STREAM, TOOLS, URL, current_weather, ok, version

version("pydantic-ai-slim")
model = GoogleModel(MODEL, provider=GoogleProvider(api_key=KEY, base_url=URL))

assert Agent(model).run_sync(CHAT).output == "Hello from upstream"
ok("chat")


async def pieces():
    async with Agent(model).run_stream(STREAM) as answer:
        return [piece async for piece in answer.stream_text(delta=True, debounce_by=None)]


assert len(asyncio.run(pieces())) >= 2
ok("stream")
called = []


def weather(city: str) -> str:
    """Says the weather of a city."""
    called.append(city)
    return current_weather(city)


Agent(model, tools=[weather]).run_sync(TOOLS.replace("current_weather", "weather"))
assert called
ok("tools")
