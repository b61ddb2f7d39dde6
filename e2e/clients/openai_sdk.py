"""openai for Python, bare: it keeps every field of a message that is sent back."""

import json

import openai

from common import (
    CHAT, DECLARED, FUNCTIONS, HELLO, KEY, LONG, MISSING, MODEL, OPENAI_URL, PICTURE_URL, RED, RESTING, SEEN, SEVERAL,
    SIGNING, STREAM, SUNNY, ok, raised, version,
)  # fmt: skip
from schemas import ASKED, Owner, check

version("openai")
client = openai.OpenAI(base_url=OPENAI_URL, api_key=KEY, max_retries=0)


def ask(content, **options):
    return client.chat.completions.create(
        **({"model": MODEL, "messages": [{"role": "user", "content": content}]} | options)
    )


assert ask(CHAT).choices[0].message.content == HELLO
ok("chat")
chunks = list(ask(STREAM, stream=True, stream_options={"include_usage": True}))
assert len([chunk for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]) >= 8
assert not chunks[-1].choices and chunks[-1].usage.completion_tokens > 0
ok("stream")
messages = [{"role": "user", "content": SEVERAL}]
for expected in (2, 1, 0):
    answer = ask("", messages=messages, tools=DECLARED, model=SIGNING).choices[0].message
    calls = answer.tool_calls or []
    assert len(calls) == expected, answer
    messages.append(answer)
    for call in calls:
        result = FUNCTIONS[call.function.name](**json.loads(call.function.arguments))
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
assert answer.content == SUNNY
ok("tools")
parsed = client.chat.completions.parse(
    model=MODEL, messages=[{"role": "user", "content": ASKED}], response_format=Owner
)
check(parsed.choices[0].message.parsed)
ok("schema")
picture = {"type": "image_url", "image_url": {"url": PICTURE_URL}}
assert ask([{"type": "text", "text": SEEN}, picture]).choices[0].message.content == RED
ok("vision")
assert raised(openai.NotFoundError, lambda: ask(CHAT, model=MISSING), MISSING).code == "model_not_found"
if RESTING:
    error = raised(openai.RateLimitError, lambda: ask(CHAT, model=RESTING))
    assert int(error.response.headers["retry-after"]) > 0
    raised(openai.RateLimitError, lambda: ask(CHAT, model=RESTING, stream=True))
ok("errors")
with ask(LONG, stream=True) as stream:
    for count, _ in enumerate(stream):
        if count == 3:
            break
ok("cancel")
