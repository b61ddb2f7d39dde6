"""instructor: structured answers through tools and through a JSON schema."""

import instructor
import openai
from pydantic import BaseModel

from common import KEY, MODEL, OPENAI_URL, ok, version

version("instructor")


class Recipe(BaseModel):
    """A dish."""

    name: str
    minutes: int


def ask(mode, **options):
    client = instructor.from_openai(openai.OpenAI(base_url=OPENAI_URL, api_key=KEY, max_retries=0), mode=mode)
    messages = [{"role": "user", "content": "A recipe."}]
    return client.chat.completions.create(model=MODEL, messages=messages, response_model=Recipe, max_retries=1, **options)


assert ask(instructor.Mode.JSON_SCHEMA).name
ok("chat")
client = instructor.from_openai(
    openai.OpenAI(base_url=OPENAI_URL, api_key=KEY, max_retries=0), mode=instructor.Mode.JSON_SCHEMA
)
partial = client.chat.completions.create_partial(
    model=MODEL, messages=[{"role": "user", "content": "A recipe."}], response_model=Recipe
)
assert list(partial)[-1].name
ok("stream")
assert ask(instructor.Mode.TOOLS).name
ok("tools")
