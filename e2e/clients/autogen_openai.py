"""autogen-agentchat with its OpenAI client."""

import asyncio

import openai
from autogen_agentchat.agents import AssistantAgent
from autogen_core import Image
from autogen_core.models import ModelInfo, UserMessage
from autogen_ext.models.openai import OpenAIChatCompletionClient

from common import (
    CHAT, FUNCTIONS, HELLO, KEY, LONG, MISSING, MODEL, OPENAI_URL, PICTURE, RED, RESTING, SEEN, SEVERAL, SIGNING,
    STREAM, SUNNY, ok, raised, version,
)  # fmt: skip
from schemas import ASKED, Owner, check

version("autogen-agentchat")
INFO = ModelInfo(vision=True, function_calling=True, json_output=True, family="unknown", structured_output=True)


def client(model=MODEL):
    return OpenAIChatCompletionClient(model=model, base_url=OPENAI_URL, api_key=KEY, model_info=INFO, max_retries=0)


def ask(content, model=MODEL, **options):
    return asyncio.run(client(model).create([UserMessage(content=content, source="user")], **options))


answer = ask(CHAT)
assert answer.content == HELLO and answer.usage.completion_tokens > 0
ok("chat")


async def pieces(prompt, most=None):
    said = []
    stream = client().create_stream([UserMessage(content=prompt, source="user")], include_usage=True)
    async for piece in stream:
        said.append(piece)
        if len(said) == most:
            break
    await stream.aclose()
    return said


*said, last = asyncio.run(pieces(STREAM))
assert len(said) >= 8 and last.usage.completion_tokens > 0
ok("stream")
tools = list(FUNCTIONS.values())


async def agent(streamed):
    helper = AssistantAgent(
        "tester", client(SIGNING), tools=tools, max_tool_iterations=5, model_client_stream=streamed
    )
    return (await helper.run(task=SEVERAL)).messages[-1].content


for streamed in (False, True):
    assert asyncio.run(agent(streamed)) == SUNNY
ok("tools")
check(Owner.model_validate_json(ask(ASKED, json_output=Owner).content))
ok("schema")
assert ask([SEEN, Image.from_base64(PICTURE)]).content == RED
ok("vision")
raised(openai.NotFoundError, lambda: ask(CHAT, MISSING), MISSING)
if RESTING:
    raised(openai.RateLimitError, lambda: ask(CHAT, RESTING))
ok("errors")
asyncio.run(pieces(LONG, most=3))
ok("cancel")
