"""llama-index-llms-openai-like; without is_chat_model it would call /v1/completions."""

import openai
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike

from common import (
    CHAT, FUNCTIONS, HELLO, KEY, LONG, MISSING, MODEL, OPENAI_URL, PICTURE, RED, RESTING, SEEN, SEVERAL, SIGNING,
    STREAM, SUNNY, ok, raised, version,
)  # fmt: skip
from schemas import ASKED, Owner, check

version("llama-index-llms-openai-like")


def model(name=MODEL, **options):
    return OpenAILike(
        model=name, api_base=OPENAI_URL, api_key=KEY, is_chat_model=True, is_function_calling_model=True, max_retries=0,
        **options,
    )  # fmt: skip


assert model().complete(CHAT).text == HELLO
ok("chat")
assert len([piece for piece in model().stream_complete(STREAM) if piece.delta]) >= 8
ok("stream")
signing = model(SIGNING)
tools = [FunctionTool.from_defaults(fn=function) for function in FUNCTIONS.values()]
for streamed in (False, True):
    history = [ChatMessage(role="user", content=SEVERAL)]
    for expected in (2, 1, 0):
        if streamed:
            *_, answer = signing.stream_chat_with_tools(tools, chat_history=history, allow_parallel_tool_calls=True)
        else:
            answer = signing.chat_with_tools(tools, chat_history=history, allow_parallel_tool_calls=True)
        calls = signing.get_tool_calls_from_response(answer, error_on_no_tool_call=False)
        assert len(calls) == expected, answer
        history.append(answer.message)
        for call in calls:
            result = FUNCTIONS[call.tool_name](**call.tool_kwargs)
            history.append(
                ChatMessage(role="tool", content=result, additional_kwargs={"tool_call_id": call.tool_id})
            )
    assert answer.message.content == SUNNY, answer
ok("tools")
for options in ({}, {"should_use_structured_outputs": True}):
    check(model(**options).as_structured_llm(Owner).complete(ASKED).raw)
ok("schema")
seen = ChatMessage(role="user", blocks=[TextBlock(text=SEEN), ImageBlock(image=PICTURE, image_mimetype="image/png")])
assert model().chat([seen]).message.content == RED
ok("vision")
raised(openai.NotFoundError, lambda: model(MISSING).complete(CHAT), MISSING)
if RESTING:
    raised(openai.RateLimitError, lambda: model(RESTING).complete(CHAT))
ok("errors")
stream = model().stream_complete(LONG)
for count, _ in enumerate(stream):
    if count == 3:
        break
stream.close()
ok("cancel")
