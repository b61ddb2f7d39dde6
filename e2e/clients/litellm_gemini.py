"""litellm by its gemini/ route; the base contains the version."""

import litellm

from common import CHAT, KEY, MODEL, STREAM, TOOLS, URL, ok, version

version("litellm")
litellm.suppress_debug_info = True


def ask(prompt, **options):
    messages = [{"role": "user", "content": prompt}]
    return litellm.completion(model=f"gemini/{MODEL}", api_base=f"{URL}/v1beta", api_key=KEY, messages=messages, **options)


assert ask(CHAT).choices[0].message.content == "Hello from upstream"
ok("chat")
assert len(list(ask(STREAM, stream=True))) >= 8
ok("stream")
parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tool = {"type": "function", "function": {"name": "current_weather", "description": "Says the weather.", "parameters": parameters}}
assert ask(TOOLS, tools=[tool]).choices[0].message.tool_calls[0].function.name == "current_weather"
ok("tools")
