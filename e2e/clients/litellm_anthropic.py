"""litellm by its anthropic/ route."""

import os

from common import KEY, URL, version
from litellm_common import everything

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
version("litellm")
everything("anthropic/", api_base=URL, api_key=KEY, max_tokens=1000)
