"""What each of litellm's routes is asked for."""

import json
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402  reads the environment

from common import (  # noqa: E402
    CHAT, DECLARED, FUNCTIONS, HELLO, LONG, MISSING, MODEL, PICTURE_URL, RED, RESTING, SEEN, SEVERAL, SIGNING, STREAM,
    SUNNY, ok, raised,
)  # fmt: skip
from schemas import ASKED, Owner, check  # noqa: E402

litellm.suppress_debug_info = True


def everything(route: str, models=(MODEL, SIGNING), **settings):
    """A chat, a stream, calls, a form, a picture, errors, and leaving; `models` may go by other names."""
    usual, signing = models

    def ask(content, model=usual, **options):
        messages = [{"role": "user", "content": content}] if isinstance(content, str) else content
        return litellm.completion(
            **({"model": f"{route}{model}", "messages": messages, "num_retries": 0, "max_retries": 0} | settings | options)
        )

    answer = ask(CHAT)
    assert answer.choices[0].message.content == HELLO and answer.usage.completion_tokens > 0
    ok("chat")
    chunks = list(ask(STREAM, stream=True, stream_options={"include_usage": True}))
    assert len(chunks) >= 8 and chunks[-1].usage.completion_tokens > 0
    ok("stream")
    for streamed in (False, True):
        messages = [{"role": "user", "content": SEVERAL}]
        for expected in (2, 1, 0):
            answer = ask(messages, signing, tools=DECLARED, stream=streamed)
            if streamed:
                answer = litellm.stream_chunk_builder(list(answer))
            answer = answer.choices[0].message
            calls = answer.tool_calls or []
            assert len(calls) == expected, answer
            messages.append(answer.model_dump())
            for call in calls:
                result = FUNCTIONS[call.function.name](**json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        assert answer.content == SUNNY, answer
    ok("tools")
    check(json.loads(ask(ASKED, response_format=Owner).choices[0].message.content))
    ok("schema")
    content = [{"type": "text", "text": SEEN}, {"type": "image_url", "image_url": {"url": PICTURE_URL}}]
    assert ask([{"role": "user", "content": content}]).choices[0].message.content == RED
    ok("vision")
    raised(litellm.NotFoundError, lambda: ask(CHAT, MISSING), MISSING)
    if RESTING:
        raised(litellm.RateLimitError, lambda: ask(CHAT, RESTING))
    ok("errors")
    stream = ask(LONG, stream=True)
    for count, _ in enumerate(stream):
        if count == 3:
            break
    close = getattr(stream, "close", None) or stream.completion_stream.close
    close()
    ok("cancel")
