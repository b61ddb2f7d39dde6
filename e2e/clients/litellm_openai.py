"""litellm by its openai/ route."""

import os

import litellm

from common import KEY, OPENAI_URL, version
from litellm_common import everything

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
version("litellm")
everything("openai/", api_base=OPENAI_URL, api_key=KEY)
