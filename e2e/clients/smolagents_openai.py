"""smolagents: list-typed content everywhere, and calls that come back as text."""

from smolagents import OpenAIServerModel, Tool

from common import CHAT, KEY, MODEL, OPENAI_URL, STREAM, TOOLS, current_weather, ok, version

version("smolagents")
model = OpenAIServerModel(model_id=MODEL, api_base=OPENAI_URL, api_key=KEY)


class Weather(Tool):
    name = "current_weather"
    description = "Says the weather."
    inputs = {"city": {"type": "string", "description": "The city's name."}}
    output_type = "string"

    def forward(self, city: str) -> str:
        return current_weather(city)


def ask(text):
    return [{"role": "user", "content": [{"type": "text", "text": text}]}]


assert model.generate(ask(CHAT)).content == "Hello from upstream"
ok("chat")
assert len([piece for piece in model.generate_stream(ask(STREAM)) if piece.content]) >= 8
ok("stream")
answer = model.generate(ask(TOOLS), tools_to_call_from=[Weather()])
assert answer.tool_calls[0].function.name == "current_weather"
ok("tools")
