"""pydantic-ai with its OpenAI provider, by chat completions and by Responses."""

import openai
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

from common import KEY, OPENAI_URL, version
from pydantic_ai_common import everything

version("pydantic-ai-slim")


def provider():
    """One for each run: each has an event loop of its own."""
    return OpenAIProvider(openai_client=openai.AsyncOpenAI(base_url=OPENAI_URL, api_key=KEY, max_retries=0))


everything(
    lambda name: OpenAIChatModel(name, provider=provider()),
    lambda name: OpenAIResponsesModel(name, provider=provider()),
)
