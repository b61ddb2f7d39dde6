"""google-generativeai, the library before google-genai: REST, integer enums, JSON-array streams."""

import google.generativeai as genai

from common import CHAT, KEY, MODEL, STREAM, TOOLS, URL, current_weather, ok, version

version("google-generativeai")
genai.configure(api_key=KEY, transport="rest", client_options={"api_endpoint": URL})
model = genai.GenerativeModel(MODEL)

assert model.generate_content(CHAT).text == "Hello from upstream"
ok("chat")
assert len(list(model.generate_content(STREAM, stream=True))) >= 8
ok("stream")
answer = genai.GenerativeModel(MODEL, tools=[current_weather]).generate_content(TOOLS)
assert answer.candidates[0].content.parts[-1].function_call.name == "current_weather"
ok("tools")
