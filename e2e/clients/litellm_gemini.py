"""litellm by its gemini/ route; the base contains the version."""

from common import KEY, URL, version
from litellm_common import everything

version("litellm")
everything("gemini/", api_base=f"{URL}/v1beta", api_key=KEY)
