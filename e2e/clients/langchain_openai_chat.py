"""langchain-openai, which drops every field that it does not know."""

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from common import CHAT, KEY, MODEL, OPENAI_URL, SIGNING, STREAM, TOOLS, current_weather, ok, version

version("langchain-openai")
chat = ChatOpenAI(model=MODEL, base_url=OPENAI_URL, api_key=KEY, max_retries=0)

assert chat.invoke(CHAT).text == "Hello from upstream"
ok("chat")
assert len([piece for piece in chat.stream(STREAM) if piece.text]) >= 8
ok("stream")
signing = ChatOpenAI(model=SIGNING, base_url=OPENAI_URL, api_key=KEY, max_retries=0).bind_tools([tool(current_weather)])
question = HumanMessage(TOOLS)
answer = signing.invoke([question])
call = answer.tool_calls[0]
assert call["name"] == "current_weather"
assert signing.invoke([question, answer, ToolMessage(current_weather("Oslo"), tool_call_id=call["id"])]).text
ok("tools")
