"""openai for Python, bare."""

import openai

from common import CHAT, KEY, MODEL, OPENAI_URL, SIGNING, STREAM, TOOLS, current_weather, ok, version

version("openai")
client = openai.OpenAI(base_url=OPENAI_URL, api_key=KEY, max_retries=0)


def ask(text, **options):
    messages = [{"role": "user", "content": text}] if isinstance(text, str) else text
    return client.chat.completions.create(**({"model": MODEL, "messages": messages} | options))


assert ask(CHAT).choices[0].message.content == "Hello from upstream"
ok("chat")
assert len([chunk for chunk in ask(STREAM, stream=True) if chunk.choices[0].delta.content]) >= 8
ok("stream")
parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tool = {"type": "function", "function": {"name": "current_weather", "parameters": parameters}}
first = ask(TOOLS, tools=[tool], model=SIGNING).choices[0].message
call = first.tool_calls[0]
result = {"role": "tool", "tool_call_id": call.id, "content": current_weather("Oslo")}
second = ask([{"role": "user", "content": TOOLS}, first, result], tools=[tool], model=SIGNING)
assert second.choices[0].finish_reason == "stop"
ok("tools")
