"""llama-index-llms-google-genai. Its constructor asks for the model."""

from google.genai import errors, types
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from llama_index.core.tools import FunctionTool
from llama_index.llms.google_genai import GoogleGenAI

from common import (
    CHAT, FUNCTIONS, HELLO, KEY, LONG, MISSING, MODEL, PICTURE, RED, SEEN, SEVERAL, SIGNING, STREAM, SUNNY, URL, ok,
    raised, version,
)  # fmt: skip
from schemas import ASKED, Owner, check

version("llama-index-llms-google-genai")


def model(name=MODEL):
    return GoogleGenAI(model=name, api_key=KEY, http_options=types.HttpOptions(base_url=URL), max_retries=1)


assert model().complete(CHAT).text == HELLO
ok("chat")
assert len(list(model().stream_complete(STREAM))) >= 8
ok("stream")
signing = model(SIGNING)
tools = [FunctionTool.from_defaults(fn=function) for function in FUNCTIONS.values()]
history = [ChatMessage(role="user", content=SEVERAL)]
for expected in (2, 1, 0):
    answer = signing.chat_with_tools(tools, chat_history=history, allow_parallel_tool_calls=True)
    calls = signing.get_tool_calls_from_response(answer, error_on_no_tool_call=False)
    assert len(calls) == expected, answer
    history.append(answer.message)
    for call in calls:
        about = {"tool_call_id": call.tool_id, "name": call.tool_name}
        result = FUNCTIONS[call.tool_name](**call.tool_kwargs)
        history.append(ChatMessage(role="tool", content=result, additional_kwargs=about))
assert answer.message.content == SUNNY, answer
ok("tools")
check(model().as_structured_llm(Owner).complete(ASKED).raw)
ok("schema")
seen = ChatMessage(role="user", blocks=[TextBlock(text=SEEN), ImageBlock(image=PICTURE, image_mimetype="image/png")])
assert model().chat([seen]).message.content == RED
ok("vision")
raised(errors.ClientError, lambda: model(MISSING), "404", MISSING)
ok("errors")
stream = model().stream_complete(LONG)
for count, _ in enumerate(stream):
    if count == 3:
        break
stream.close()
ok("cancel")
