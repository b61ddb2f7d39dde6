"""langchain-google-genai."""

from langchain_core.tools import tool
from langchain_google_genai import ChatGoogleGenerativeAI

from common import CHAT, KEY, MODEL, STREAM, TOOLS, URL, current_weather, ok, version

version("langchain-google-genai")
chat = ChatGoogleGenerativeAI(model=MODEL, base_url=URL, google_api_key=KEY, max_retries=1)

assert chat.invoke(CHAT).text == "Hello from upstream"
ok("chat")
assert len(list(chat.stream(STREAM))) >= 8
ok("stream")
answer = chat.bind_tools([tool(current_weather)]).invoke(TOOLS)
assert answer.tool_calls[0]["name"] == "current_weather"
ok("tools")
