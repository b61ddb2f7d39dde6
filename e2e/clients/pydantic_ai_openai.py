"""pydantic-ai with its OpenAI provider; the run goes on until the tool's result is answered."""

import asyncio

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from common import CHAT, KEY, MODEL, OPENAI_URL, SIGNING, STREAM, TOOLS, current_weather, ok, version

version("pydantic-ai-slim")
provider = OpenAIProvider(base_url=OPENAI_URL, api_key=KEY)
model = OpenAIChatModel(MODEL, provider=provider)

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


agent = Agent(OpenAIChatModel(SIGNING, provider=provider), tools=[weather])
assert agent.run_sync(TOOLS.replace("current_weather", "weather")).output and called
ok("tools")
