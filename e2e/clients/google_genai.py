"""google-genai, Google's SDK for Python."""

from google import genai
from google.genai import types

from common import CHAT, KEY, MODEL, STREAM, TOOLS, URL, current_weather, ok, version

version("google-genai")
client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=URL))

assert client.models.generate_content(model=MODEL, contents=CHAT).text == "Hello from upstream"
ok("chat")
assert len(list(client.models.generate_content_stream(model=MODEL, contents=STREAM))) >= 8
ok("stream")
config = types.GenerateContentConfig(tools=[current_weather])
assert client.models.generate_content(model=MODEL, contents=TOOLS, config=config).automatic_function_calling_history
ok("tools")
