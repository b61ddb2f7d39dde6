"""pydantic-ai with its Anthropic provider."""

import anthropic
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from common import KEY, URL, version
from pydantic_ai_common import everything

version("pydantic-ai-slim")


def provider():
    """One for each run: each has an event loop of its own."""
    return AnthropicProvider(anthropic_client=anthropic.AsyncAnthropic(base_url=URL, api_key=KEY, max_retries=0))


# It knows by their names which models take a form as their answer, and Gemini's are not among them.
everything(lambda name: AnthropicModel(name, provider=provider()), native=False)
