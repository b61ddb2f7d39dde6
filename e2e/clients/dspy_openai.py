"""dspy, which calls litellm and asks in forms of its own."""

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import dspy  # noqa: E402  reads the environment

from common import HELLO, KEY, MISSING, MODEL, OPENAI_URL, PICTURE_URL, RESTING, ok, raised, version  # noqa: E402
from schemas import Owner, check  # noqa: E402

version("dspy")


def model(name=MODEL):
    return dspy.LM(f"openai/{name}", api_base=OPENAI_URL, api_key=KEY, cache=False, num_retries=0)


dspy.configure(lm=model())
assert model()('[[sim: text="Hello from upstream"]]')[0] in (HELLO, {"text": HELLO})
ok("chat")
who = dspy.Predict(dspy.Signature("question: str -> owner: Owner", custom_types={"Owner": Owner}))
with dspy.context(adapter=dspy.JSONAdapter()):
    check(who(question="Who is it?").owner)
ok("schema")
seen = dspy.Predict("picture: dspy.Image, question: str -> colour: str")
with dspy.context(adapter=dspy.JSONAdapter()):
    assert seen(picture=dspy.Image(PICTURE_URL), question="What colour is it?").colour
ok("vision")
raised(Exception, lambda: model(MISSING)("Hi"), MISSING)
if RESTING:
    raised(Exception, lambda: model(RESTING)("Hi"), "429")
ok("errors")
