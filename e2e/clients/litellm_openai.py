"""litellm by its openai/ route."""

import litellm

from common import CHAT, KEY, MODEL, OPENAI_URL, SIGNING, STREAM, TOOLS, current_weather, ok, version

version("litellm")
litellm.suppress_debug_info = True


def ask(text, model=MODEL, **options):
    messages = [{"role": "user", "content": text}] if isinstance(text, str) else text
    return litellm.completion(model=f"openai/{model}", api_base=OPENAI_URL, api_key=KEY, messages=messages, **options)


assert ask(CHAT).choices[0].message.content == "Hello from upstream"
ok("chat")
assert len(list(ask(STREAM, stream=True))) >= 8
ok("stream")
parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tool = {"type": "function", "function": {"name": "current_weather", "description": "Says the weather.", "parameters": parameters}}
first = ask(TOOLS, SIGNING, tools=[tool]).choices[0].message
call = first.tool_calls[0]
result = {"role": "tool", "tool_call_id": call.id, "content": current_weather("Oslo")}
second = ask([{"role": "user", "content": TOOLS}, first.model_dump(), result], SIGNING, tools=[tool])
assert second.choices[0].finish_reason == "stop"
ok("tools")
