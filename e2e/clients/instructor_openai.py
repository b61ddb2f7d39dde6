"""instructor: structured answers through tools and through a JSON schema."""

from collections.abc import Iterable

import instructor
import openai
from instructor.core import InstructorRetryException

from common import (
    CHAT, DECLARED, KEY, LONG, MISSING, MODEL, OPENAI_URL, PICTURE_URL, RESTING, SIGNING, ok, raised, version,
)  # fmt: skip
from pydantic import BaseModel
from schemas import ASKED, Owner, check

version("instructor")


class Recipe(BaseModel):
    """A dish."""

    name: str
    minutes: int


def client(mode):
    return instructor.from_openai(openai.OpenAI(base_url=OPENAI_URL, api_key=KEY, max_retries=0), mode=mode)


def ask(mode, form=Recipe, content="A recipe.", model=MODEL, **options):
    messages = [{"role": "user", "content": content}]
    return client(mode).chat.completions.create(
        model=model, messages=messages, response_model=form, max_retries=1, **options
    )


assert ask(instructor.Mode.JSON_SCHEMA).name
ok("chat")
partial = client(instructor.Mode.JSON_SCHEMA).chat.completions.create_partial(
    model=MODEL, messages=[{"role": "user", "content": "A recipe."}], response_model=Recipe
)
assert list(partial)[-1].name
ok("stream")
assert ask(instructor.Mode.TOOLS, model=SIGNING).name
several = client(instructor.Mode.PARALLEL_TOOLS).chat.completions.create(
    model=SIGNING,
    messages=[{"role": "user", "content": "Recipes. [[sim: calls=Recipe,Owner]]"}],
    response_model=Iterable[Recipe | Owner],
)
assert [type(one) for one in several] == [Recipe, Owner]
ok("tools")
for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA):
    check(ask(mode, Owner, ASKED))
ok("schema")
picture = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": PICTURE_URL}}]
assert ask(instructor.Mode.TOOLS, content=picture).name
ok("vision")
errors = (openai.APIStatusError, InstructorRetryException)
raised(errors, lambda: ask(instructor.Mode.TOOLS, model=MISSING), MISSING)
if RESTING:
    raised(errors, lambda: ask(instructor.Mode.TOOLS, model=RESTING), "429")
ok("errors")
