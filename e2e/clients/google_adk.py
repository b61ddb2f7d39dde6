"""google-adk, Google's agent kit. It is told by environment variables."""

import asyncio
import os

from common import CHAT, KEY, MODEL, STREAM, TOOLS, URL, current_weather, ok, version

os.environ |= {"GOOGLE_GEMINI_BASE_URL": URL, "GOOGLE_API_KEY": KEY, "GOOGLE_GENAI_USE_VERTEXAI": "FALSE"}

from google.adk.agents import Agent  # noqa: E402  reads the environment
from google.adk.agents.run_config import RunConfig, StreamingMode  # noqa: E402
from google.adk.runners import InMemoryRunner  # noqa: E402
from google.genai import types  # noqa: E402

version("google-adk")


async def run(prompt, mode=StreamingMode.NONE, tools=()):
    runner = InMemoryRunner(agent=Agent(name="tester", model=MODEL, tools=list(tools)), app_name="gap")
    session = await runner.session_service.create_session(app_name="gap", user_id="me")
    message = types.Content(role="user", parts=[types.Part(text=prompt)])
    events = runner.run_async(user_id="me", session_id=session.id, new_message=message, run_config=RunConfig(streaming_mode=mode))
    return [event async for event in events]


events = asyncio.run(run(CHAT))
assert events[-1].content.parts[0].text == "Hello from upstream", events
ok("chat")
assert len([event for event in asyncio.run(run(STREAM, StreamingMode.SSE)) if event.partial]) >= 2
ok("stream")
assert any(event.get_function_responses() for event in asyncio.run(run(TOOLS, tools=[current_weather])))
ok("tools")
