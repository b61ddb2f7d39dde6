"""litellm by its openai/ route."""

from common import KEY, OPENAI_URL, version
from litellm_common import everything

version("litellm")
everything("openai/", api_base=OPENAI_URL, api_key=KEY)
