"""crewai with its OpenAI provider."""

import os

os.environ |= {"CREWAI_DISABLE_TELEMETRY": "true", "OTEL_SDK_DISABLED": "true", "CREWAI_TRACING_ENABLED": "false"}

from crewai import LLM, Agent, Crew, Task  # noqa: E402  reads the environment
from crewai.tools import tool  # noqa: E402

from common import CHAT, FUNCTIONS, HELLO, KEY, MISSING, MODEL, OPENAI_URL, RESTING, SIGNING, ok, raised, version  # noqa: E402
from schemas import ASKED, Owner, check  # noqa: E402

version("crewai")


def model(name=MODEL, **options):
    return LLM(model=f"openai/{name}", base_url=OPENAI_URL, api_key=KEY, max_retries=0, **options)


assert model().call(CHAT) == HELLO
ok("chat")
assert len(model(stream=True).call("[[sim: chunks=8 chunk_bytes=40]] Tell me a story.")) > 300
ok("stream")


@tool("current_weather")
def weather(city: str) -> str:
    """Says the weather."""
    called.append(city)
    return FUNCTIONS["current_weather"](city)


called = []
agent = Agent(role="tester", goal="Test.", backstory="Tests.", llm=model(SIGNING), tools=[weather], max_iter=4)
# It repeats its task in the words that follow a result, so the second directive is the first of the next prompt.
task = Task(
    description='How is it? [[sim: calls=current_weather args={"city":"Oslo"}]] [[sim: step=2 text="It is sunny."]]',
    expected_output="The weather.",
    agent=agent,
)
Crew(agents=[agent], tasks=[task]).kickoff()
assert called, "no call"
ok("tools")
answer = model(response_format=Owner).call(ASKED)
check(Owner.model_validate_json(answer) if isinstance(answer, str) else answer)
ok("schema")
raised(Exception, lambda: model(MISSING).call(CHAT), MISSING)
if RESTING:
    raised(Exception, lambda: model(RESTING).call(CHAT), "429")
ok("errors")
