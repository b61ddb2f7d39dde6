"""langchain-openai, which drops every field that it does not know."""

import openai
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from common import (
    CHAT, FUNCTIONS, HELLO, KEY, LONG, MISSING, MODEL, OPENAI_URL, PICTURE_URL, RED, RESTING, SEEN, SEVERAL, SIGNING,
    STREAM, SUNNY, ok, raised, version,
)  # fmt: skip
from schemas import ASKED, Owner, check

version("langchain-openai")


def chat(model=MODEL, **options):
    return ChatOpenAI(model=model, base_url=OPENAI_URL, api_key=KEY, max_retries=0, stream_usage=True, **options)


answer = chat().invoke(CHAT)
assert answer.text == HELLO and answer.usage_metadata["output_tokens"] > 0
ok("chat")
pieces = list(chat().stream(STREAM))
assert len([piece for piece in pieces if piece.text]) >= 8
assert sum((piece.usage_metadata or {}).get("output_tokens", 0) for piece in pieces) > 0
ok("stream")


def several(model, turn):
    """Two calls, one call, words; each turn by `turn`."""
    messages = [HumanMessage(SEVERAL)]
    bound = model.bind_tools([tool(function) for function in FUNCTIONS.values()])
    for expected in (2, 1, 0):
        answer = turn(bound, messages)
        assert len(answer.tool_calls) == expected, answer
        messages.append(answer)
        # In the wrong order, as results come.
        for call in reversed(answer.tool_calls):
            messages.append(ToolMessage(FUNCTIONS[call["name"]](**call["args"]), tool_call_id=call["id"]))
    assert answer.text == SUNNY, answer


def streamed(bound, messages):
    whole = None
    for piece in bound.stream(messages):
        whole = piece if whole is None else whole + piece
    return whole


for options in ({}, {"use_responses_api": True}):
    several(chat(SIGNING, **options), lambda bound, messages: bound.invoke(messages))
    several(chat(SIGNING, **options), streamed)
ok("tools")
for method in ("json_schema", "function_calling"):
    check(chat().with_structured_output(Owner, method=method).invoke(ASKED))
ok("schema")
picture = [{"type": "text", "text": SEEN}, {"type": "image_url", "image_url": {"url": PICTURE_URL}}]
assert chat().invoke([HumanMessage(picture)]).text == RED
ok("vision")
raised(openai.NotFoundError, lambda: chat(MISSING).invoke(CHAT), MISSING)
if RESTING:
    raised(openai.RateLimitError, lambda: chat(RESTING).invoke(CHAT))
ok("errors")
stream = chat().stream(LONG)
for count, _ in enumerate(stream):
    if count == 3:
        break
stream.close()
ok("cancel")
