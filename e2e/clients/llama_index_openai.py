"""llama-index-llms-openai-like; without is_chat_model it would call /v1/completions."""

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike

from common import CHAT, KEY, MODEL, OPENAI_URL, SIGNING, STREAM, TOOLS, current_weather, ok, version

version("llama-index-llms-openai-like")


def model(name):
    return OpenAILike(
        model=name, api_base=OPENAI_URL, api_key=KEY, is_chat_model=True, is_function_calling_model=True, max_retries=0
    )


llm = model(MODEL)
assert llm.complete(CHAT).text == "Hello from upstream"
ok("chat")
assert len([piece for piece in llm.stream_complete(STREAM) if piece.delta]) >= 8
ok("stream")
signing = model(SIGNING)
tools = [FunctionTool.from_defaults(fn=current_weather)]
answer = signing.chat_with_tools(tools, user_msg=TOOLS)
call = signing.get_tool_calls_from_response(answer)[0]
assert call.tool_name == "current_weather"
history = [
    ChatMessage(role="user", content=TOOLS),
    answer.message,
    ChatMessage(role="tool", content=current_weather("Oslo"), additional_kwargs={"tool_call_id": call.tool_id}),
]
assert signing.chat_with_tools(tools, chat_history=history).message.content
ok("tools")
