"""litellm by its anthropic/ route."""

from common import KEY, URL, version
from litellm_common import everything

version("litellm")
everything("anthropic/", api_base=URL, api_key=KEY, max_tokens=1000)
