"""anthropic for Python, bare, with thinking and a search."""

import anthropic

from common import (
    CHAT, DECLARED, FUNCTIONS, HELLO, KEY, LONG, MISSING, MODEL, PICTURE, RED, RESTING, SEEN, SEVERAL, SIGNING, STREAM,
    SUNNY, URL, ok, raised, version,
)  # fmt: skip
from schemas import ASKED, Owner, check

version("anthropic")
client = anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0)
TOOLS = [
    {"name": tool["function"]["name"], "description": tool["function"]["description"], "input_schema": tool["function"]["parameters"]}
    for tool in DECLARED
]  # fmt: skip
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}


def options(content, model=MODEL, **more):
    messages = [{"role": "user", "content": content}] if isinstance(content, str) else content
    return {"model": model, "max_tokens": 4000, "messages": messages} | more


def ask(content, model=MODEL, **more):
    return client.messages.create(**options(content, model, **more))


assert ask(CHAT).content[0].text == HELLO
ok("chat")
with client.messages.stream(**options(STREAM)) as stream:
    assert len(list(stream.text_stream)) >= 8
    assert stream.get_final_message().usage.output_tokens > 0
ok("stream")
for thinking in ({"type": "enabled", "budget_tokens": 1024}, {"type": "disabled"}):
    for streamed in (False, True):
        messages = [{"role": "user", "content": SEVERAL}]
        for expected in (2, 1, 0):
            asked = options(messages, SIGNING, tools=TOOLS, thinking=thinking)
            if streamed:
                with client.messages.stream(**asked) as stream:
                    answer = stream.get_final_message()
            else:
                answer = client.messages.create(**asked)
            calls = [block for block in answer.content if block.type == "tool_use"]
            assert len(calls) == expected, answer
            messages.append({"role": "assistant", "content": answer.content})
            results = [
                {"type": "tool_result", "tool_use_id": call.id, "content": FUNCTIONS[call.name](**call.input)}
                for call in calls
            ]
            messages.append({"role": "user", "content": results})
        assert answer.content[-1].text == SUNNY, answer
ok("tools")
form = {"name": "owner", "input_schema": Owner.model_json_schema()}
answer = ask(ASKED, tools=[form], tool_choice={"type": "tool", "name": "owner"})
check(answer.content[-1].input)
answer = ask(ASKED, output_config={"format": {"type": "json_schema", "schema": Owner.model_json_schema()}})
check(Owner.model_validate_json(answer.content[-1].text))
ok("schema")
picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}}
seen = [{"role": "user", "content": [picture, {"type": "text", "text": SEEN}]}]
assert ask(seen).content[-1].text == RED
ok("vision")
asked = options('[[sim: text="Herons fish."]] What do herons do?', tools=[SEARCH])
with client.messages.stream(**asked) as stream:
    streamed = stream.get_final_message()
for answer in (client.messages.create(**asked), streamed):
    assert [block.type for block in answer.content] == ["server_tool_use", "web_search_tool_result", "text"], answer
    assert answer.content[1].content[0].url.startswith("https:") and answer.content[2].text == "Herons fish."
ok("search")
raised(anthropic.NotFoundError, lambda: ask(CHAT, MISSING), MISSING)
if RESTING:
    error = raised(anthropic.RateLimitError, lambda: ask(CHAT, RESTING))
    assert int(error.response.headers["retry-after"]) > 0
ok("errors")
with client.messages.stream(**options(LONG)) as stream:
    for count, _ in enumerate(stream.text_stream):
        if count == 3:
            break
ok("cancel")
