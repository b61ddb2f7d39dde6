"""pydantic-ai with its Google provider."""

from pydantic_ai.models.google import GoogleModel
from pydantic_ai.providers.google import GoogleProvider

from common import KEY, URL, version
from pydantic_ai_common import everything

version("pydantic-ai-slim")
provider = GoogleProvider(api_key=KEY, base_url=URL)
everything(lambda name: GoogleModel(name, provider=provider))
