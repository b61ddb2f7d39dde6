"""litellm by its gemini/ route; the base contains the version."""

import os

from common import KEY, URL, version
from litellm_common import everything

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
version("litellm")
everything("gemini/", api_base=f"{URL}/v1beta", api_key=KEY)
