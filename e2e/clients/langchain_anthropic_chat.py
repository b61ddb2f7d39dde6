"""langchain-anthropic, with thinking and without."""

import anthropic
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool

from common import (
    CHAT, FUNCTIONS, HELLO, KEY, LONG, MISSING, MODEL, PICTURE_URL, RED, RESTING, SEEN, SEVERAL, SIGNING, STREAM,
    SUNNY, URL, ok, raised, version,
)  # fmt: skip
from schemas import ASKED, Owner, check

version("langchain-anthropic")


def chat(model=MODEL, **options):
    return ChatAnthropic(model=model, base_url=URL, api_key=KEY, max_retries=0, max_tokens=4000, **options)


answer = chat().invoke(CHAT)
assert answer.text == HELLO and answer.usage_metadata["output_tokens"] > 0
ok("chat")
pieces = list(chat().stream(STREAM))
assert len([piece for piece in pieces if piece.text]) >= 8
assert sum((piece.usage_metadata or {}).get("output_tokens", 0) for piece in pieces) > 0
ok("stream")


def streamed(bound, messages):
    whole = None
    for piece in bound.stream(messages):
        whole = piece if whole is None else whole + piece
    return whole


for options in ({}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}):
    bound = chat(SIGNING, **options).bind_tools([tool(function) for function in FUNCTIONS.values()])
    for turn in (lambda messages: bound.invoke(messages), lambda messages: streamed(bound, messages)):
        messages = [HumanMessage(SEVERAL)]
        for expected in (2, 1, 0):
            answer = turn(messages)
            assert len(answer.tool_calls) == expected, answer
            messages.append(answer)
            for call in answer.tool_calls:
                messages.append(ToolMessage(FUNCTIONS[call["name"]](**call["args"]), tool_call_id=call["id"]))
        assert answer.text == SUNNY, answer
ok("tools")
for method in ("json_schema", "function_calling"):
    check(chat().with_structured_output(Owner, method=method).invoke(ASKED))
ok("schema")
picture = [{"type": "text", "text": SEEN}, {"type": "image_url", "image_url": {"url": PICTURE_URL}}]
assert chat().invoke([HumanMessage(picture)]).text == RED
ok("vision")
search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
answer = chat().bind_tools([search]).invoke('[[sim: text="Herons fish."]] What do herons do?')
assert answer.text == "Herons fish." and answer.content[-1]["type"] == "text", answer
ok("search")
raised(anthropic.NotFoundError, lambda: chat(MISSING).invoke(CHAT), MISSING)
if RESTING:
    raised(anthropic.RateLimitError, lambda: chat(RESTING).invoke(CHAT))
ok("errors")
stream = chat().stream(LONG)
for count, _ in enumerate(stream):
    if count == 3:
        break
stream.close()
ok("cancel")
