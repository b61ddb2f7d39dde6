"""openai-agents, OpenAI's agent kit, by chat completions and by Responses."""

import asyncio

import openai
from agents import (
    Agent, AgentOutputSchema, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, WebSearchTool,
    function_tool, set_tracing_disabled,
)  # fmt: skip

from common import (
    CHAT, FUNCTIONS, HELLO, KEY, LONG, MISSING, MODEL, OPENAI_URL, PICTURE_URL, RED, RESTING, SEEN, SEVERAL, SIGNING,
    STREAM, SUNNY, ok, raised, version,
)  # fmt: skip
from schemas import ASKED, Owner, check

version("openai-agents")
set_tracing_disabled(True)
KINDS = (OpenAIChatCompletionsModel, OpenAIResponsesModel)


def agent(kind, model=MODEL, **options):
    # One for each run: each has an event loop of its own.
    client = openai.AsyncOpenAI(base_url=OPENAI_URL, api_key=KEY, max_retries=0)
    return Agent(name="tester", model=kind(model=model, openai_client=client), **options)


def run(prompt, *asked, **options):
    return asyncio.run(Runner.run(agent(*asked, **options), prompt)).final_output


async def streamed(prompt, *asked, most=None, **options):
    result = Runner.run_streamed(agent(*asked, **options), prompt)
    pieces = 0
    async for event in result.stream_events():
        pieces += event.type == "raw_response_event" and "delta" in event.data.type
        if pieces == most:
            result.cancel()
            break
    return pieces, result


for kind in KINDS:
    assert run(CHAT, kind) == HELLO
ok("chat")
for kind in KINDS:
    pieces, result = asyncio.run(streamed(STREAM, kind, model_settings=ModelSettings(include_usage=True)))
    assert pieces >= 8 and result.raw_responses[0].usage.output_tokens > 0
ok("stream")
tools = [function_tool(function) for function in FUNCTIONS.values()]
for kind in KINDS:
    assert run(SEVERAL, kind, SIGNING, tools=tools) == SUNNY
    assert asyncio.run(streamed(SEVERAL, kind, SIGNING, tools=tools))[1].final_output == SUNNY
ok("tools")
for kind in KINDS:
    check(run(ASKED, kind, output_type=AgentOutputSchema(Owner)))
ok("schema")
content = [{"type": "input_text", "text": SEEN}, {"type": "input_image", "image_url": PICTURE_URL, "detail": "auto"}]
for kind in KINDS:
    assert run([{"role": "user", "content": content}], kind) == RED
ok("vision")
searched = asyncio.run(
    Runner.run(agent(OpenAIResponsesModel, tools=[WebSearchTool()]), '[[sim: text="Herons fish."]] What do herons do?')
)
assert searched.final_output == "Herons fish."
assert any(item.type == "web_search_call" for item in searched.raw_responses[0].output), searched.raw_responses
ok("search")
for kind in KINDS:
    raised(openai.NotFoundError, lambda: run(CHAT, kind, MISSING), MISSING)
    if RESTING:
        raised(openai.RateLimitError, lambda: run(CHAT, kind, RESTING))
ok("errors")
for kind in KINDS:
    asyncio.run(streamed(LONG, kind, most=3))
ok("cancel")
