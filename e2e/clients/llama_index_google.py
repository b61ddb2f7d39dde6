"""llama-index-llms-google-genai. Its constructor asks for the model."""

from google.genai import types
from llama_index.core.tools import FunctionTool
from llama_index.llms.google_genai import GoogleGenAI

from common import CHAT, KEY, MODEL, STREAM, TOOLS, URL, current_weather, ok, version

version("llama-index-llms-google-genai")
llm = GoogleGenAI(model=MODEL, api_key=KEY, http_options=types.HttpOptions(base_url=URL), max_retries=1)

assert llm.complete(CHAT).text == "Hello from upstream"
ok("chat")
assert len(list(llm.stream_complete(STREAM))) >= 8
ok("stream")
answer = llm.chat_with_tools([FunctionTool.from_defaults(fn=current_weather)], user_msg=TOOLS)
assert llm.get_tool_calls_from_response(answer)[0].tool_name == "current_weather"
ok("tools")
