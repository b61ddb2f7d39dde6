"""What every script shares: where the gateway is, what to ask for, and how to say what worked."""

import importlib.metadata
import os

URL = os.environ["GAP_URL"].rstrip("/")
KEY = os.environ["GAP_KEY"]
OPENAI_URL = f"{URL}/v1"
MODEL = "gemini-2.5-flash"
# A model that refuses a call that comes back without its thought signature.
SIGNING = "gemini-3.1-pro-preview"
# A model that there is not, and one whose keys all rest; none if the gateway is not one of our own.
MISSING = "gemini-9-missing"
RESTING = os.environ.get("GAP_RESTING")

CHAT = '[[sim: text="Hello from upstream"]] Say it.'
HELLO = "Hello from upstream"
STREAM = "[[sim: chunks=8 chunk_bytes=40]] Tell me a story."
# Nobody hears this out: it would take 20 seconds.
LONG = "[[sim: chunks=400 chunk_bytes=40 delay_ms=50]] Go on and on."
TOOLS = "[[sim: calls=current_weather]] How is the weather in Oslo?"
# Two calls at once, another after their results, then words.
SEVERAL = (
    "How is the weather in Oslo and Rome? [[sim: calls=current_weather,local_time]] [[sim: step=2 calls=current_weather]] "
    '[[sim: step=3 text="It is sunny."]]'
)
SUNNY = "It is sunny."
# A red square of eight pixels.
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mP4z8CAFTEMLQkAKP8/wc53yE8AAAAASUVORK5CYII="
PICTURE_URL = f"data:image/png;base64,{PICTURE}"
SEEN = '[[sim: text="It is red."]] What colour is it?'
RED = "It is red."


def current_weather(city: str) -> str:
    """Says the weather.

    Args:
        city: The city's name.
    """
    return f"It is sunny in {city}."


def local_time(city: str) -> str:
    """Says what time it is.

    Args:
        city: The city's name.
    """
    return f"It is noon in {city}."


def declared(function) -> dict:
    """A function as OpenAI's clients declare it."""
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    about = {"name": function.__name__, "description": function.__doc__.splitlines()[0], "parameters": parameters}
    return {"type": "function", "function": about}


FUNCTIONS = {function.__name__: function for function in (current_weather, local_time)}
DECLARED = [declared(function) for function in FUNCTIONS.values()]


def version(package: str):
    print("version", importlib.metadata.version(package), flush=True)


def ok(step: str):
    # Some print without ending their line.
    print(f"\nok {step}", flush=True)


def raised(kinds, ask, *words: str):
    """The error of the client that the call ends with; it must be one of these kinds and have these words in it."""
    try:
        answer = ask()
    except kinds as error:
        assert all(word in str(error) for word in words), f"{type(error)}: {error}"
        return error
    raise AssertionError(f"no error but {answer}")
