"""smolagents: list-typed content everywhere, and calls that come back as text."""

import base64
import io

import openai
from PIL import Image
from smolagents import CodeAgent, OpenAIServerModel, Tool, ToolCallingAgent

from common import (
    CHAT, HELLO, KEY, LONG, MISSING, MODEL, OPENAI_URL, PICTURE, PICTURE_URL, RED, RESTING, SEEN, STREAM,
    current_weather, ok, raised, version,
)  # fmt: skip

version("smolagents")


def model(name=MODEL):
    return OpenAIServerModel(model_id=name, api_base=OPENAI_URL, api_key=KEY, client_kwargs={"max_retries": 0}, retry=False)


class Weather(Tool):
    name = "current_weather"
    description = "Says the weather."
    inputs = {"city": {"type": "string", "description": "The city's name."}}
    output_type = "string"

    def forward(self, city: str) -> str:
        return current_weather(city)


def ask(*content):
    parts = [part if isinstance(part, dict) else {"type": "text", "text": part} for part in content]
    return [{"role": "user", "content": parts}]


assert model().generate(ask(CHAT)).content == HELLO
ok("chat")
pieces = list(model().generate_stream(ask(STREAM)))
assert len([piece for piece in pieces if piece.content]) >= 8
assert pieces[-1].token_usage.output_tokens > 0
ok("stream")
answer = model().generate(ask("[[sim: calls=current_weather]] Oslo?"), tools_to_call_from=[Weather()])
assert answer.tool_calls[0].function.name == "current_weather"
# An agent sends what it did as words of the user, each of which the simulator takes for a prompt.
steps = (
    '[[sim: calls=current_weather args={"city":"Oslo"}]] [[sim: step=2 calls=final_answer args="{\\"answer\\": \\"It is sunny.\\"}"]]'
)
agent = ToolCallingAgent(tools=[Weather()], model=model(), max_steps=2, verbosity_level=0)
agent.run(steps)
done = [call.name for step in agent.memory.steps for call in getattr(step, "tool_calls", None) or []]
assert done[0] == "current_weather", done
ok("tools")
assert model().generate(ask(SEEN, {"type": "image_url", "image_url": {"url": PICTURE_URL}})).content == RED
picture = Image.open(io.BytesIO(base64.b64decode(PICTURE)))
code = '[[sim: text="Thought: I see.\\n<code>\\nfinal_answer(\\"red\\")\\n</code>"]] What colour is it?'
assert CodeAgent(tools=[], model=model(), max_steps=1, verbosity_level=0).run(code, images=[picture]) == "red"
ok("vision")
raised(openai.NotFoundError, lambda: model(MISSING).generate(ask(CHAT)), MISSING)
if RESTING:
    raised(openai.RateLimitError, lambda: model(RESTING).generate(ask(CHAT)))
ok("errors")
stream = model().generate_stream(ask(LONG))
for count, _ in enumerate(stream):
    if count == 3:
        break
stream.close()
ok("cancel")
