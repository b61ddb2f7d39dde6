"""google-adk, Google's agent kit. It is told by environment variables."""

import asyncio
import base64
import os

from common import (
    CHAT, FUNCTIONS, HELLO, KEY, LONG, MISSING, MODEL, PICTURE, RED, SEEN, SEVERAL, SIGNING, STREAM, SUNNY, URL, ok,
    raised, version,
)  # fmt: skip
from schemas import ASKED, Owner, check

os.environ |= {"GOOGLE_GEMINI_BASE_URL": URL, "GOOGLE_API_KEY": KEY, "GOOGLE_GENAI_USE_VERTEXAI": "FALSE"}

from google.adk.agents import Agent  # noqa: E402  reads the environment
from google.adk.agents.run_config import RunConfig, StreamingMode  # noqa: E402
from google.adk.runners import InMemoryRunner  # noqa: E402
from google.adk.tools import google_search  # noqa: E402
from google.genai import errors, types  # noqa: E402

version("google-adk")


async def run(prompt, mode=StreamingMode.NONE, model=MODEL, most=None, picture=None, **options):
    runner = InMemoryRunner(agent=Agent(name="tester", model=model, **options), app_name="gap")
    session = await runner.session_service.create_session(app_name="gap", user_id="me")
    parts = [types.Part(text=prompt)] + [types.Part.from_bytes(data=picture, mime_type="image/png")] * bool(picture)
    content = types.Content(role="user", parts=parts)
    config = RunConfig(streaming_mode=mode)
    events = runner.run_async(user_id="me", session_id=session.id, new_message=content, run_config=config)
    said = []
    async for event in events:
        said.append(event)
        if len(said) == most:
            break
    await events.aclose()
    return said


def text(events):
    return "".join(part.text or "" for part in events[-1].content.parts if not part.thought)


assert text(asyncio.run(run(CHAT))) == HELLO
ok("chat")
assert len([event for event in asyncio.run(run(STREAM, StreamingMode.SSE)) if event.partial]) >= 2
ok("stream")
for mode in (StreamingMode.NONE, StreamingMode.SSE):
    events = asyncio.run(run(SEVERAL, mode, SIGNING, tools=list(FUNCTIONS.values())))
    results = [len(event.get_function_responses()) for event in events]
    assert [count for count in results if count] == [2, 1] and text(events) == SUNNY, events
ok("tools")
check(Owner.model_validate_json(text(asyncio.run(run(ASKED, output_schema=Owner)))))
ok("schema")
assert text(asyncio.run(run(SEEN, picture=base64.b64decode(PICTURE)))) == RED
ok("vision")
found = asyncio.run(run('[[sim: text="Herons fish."]] What do herons do?', tools=[google_search]))
assert text(found) == "Herons fish." and found[-1].grounding_metadata.grounding_chunks
ok("search")
raised(errors.ClientError, lambda: asyncio.run(run(CHAT, model=MISSING)), "404", MISSING)
ok("errors")
asyncio.run(run(LONG, StreamingMode.SSE, most=3))
ok("cancel")
