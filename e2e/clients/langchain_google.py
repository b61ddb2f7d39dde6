"""langchain-google-genai."""

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_google_genai import ChatGoogleGenerativeAI

from common import (
    CHAT, FUNCTIONS, HELLO, KEY, LONG, MISSING, MODEL, PICTURE_URL, RED, RESTING, SEEN, SEVERAL, SIGNING, STREAM,
    SUNNY, URL, ok, raised, version,
)  # fmt: skip
from schemas import ASKED, Owner, check

version("langchain-google-genai")


def chat(model=MODEL, **options):
    return ChatGoogleGenerativeAI(model=model, base_url=URL, google_api_key=KEY, max_retries=1, **options)


answer = chat().invoke(CHAT)
assert answer.text == HELLO and answer.usage_metadata["output_tokens"] > 0
ok("chat")
assert len(list(chat().stream(STREAM))) >= 8
ok("stream")
bound = chat(SIGNING).bind_tools([tool(function) for function in FUNCTIONS.values()])
messages = [HumanMessage(SEVERAL)]
for expected in (2, 1, 0):
    answer = bound.invoke(messages)
    assert len(answer.tool_calls) == expected, answer
    messages.append(answer)
    for call in answer.tool_calls:
        messages.append(ToolMessage(FUNCTIONS[call["name"]](**call["args"]), tool_call_id=call["id"]))
assert answer.text == SUNNY, answer
ok("tools")
# As a function it loses the kinds of a union on the way to Google's schema.
check(chat().with_structured_output(Owner, method="json_schema").invoke(ASKED))
ok("schema")
picture = [{"type": "text", "text": SEEN}, {"type": "image_url", "image_url": {"url": PICTURE_URL}}]
assert chat().invoke([HumanMessage(picture)]).text == RED
ok("vision")
raised(Exception, lambda: chat(MISSING).invoke(CHAT), "404", MISSING)
if RESTING:
    raised(Exception, lambda: chat(RESTING).invoke(CHAT), "429")
ok("errors")
stream = chat().stream(LONG)
for count, _ in enumerate(stream):
    if count == 3:
        break
stream.close()
ok("cancel")
