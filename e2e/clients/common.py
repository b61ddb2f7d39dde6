"""What every script shares: where the gateway is, and how to say what worked."""

import importlib.metadata
import os

URL = os.environ["GAP_URL"].rstrip("/")
KEY = os.environ["GAP_KEY"]
MODEL = "gemini-2.5-flash"

CHAT = '[[sim: text="Hello from upstream"]] Say it.'
STREAM = "[[sim: chunks=8 chunk_bytes=40]] Tell me a story."
TOOLS = "[[sim: calls=current_weather]] How is the weather in Oslo?"


def current_weather(city: str) -> str:
    """Says the weather.

    Args:
        city: The city's name.
    """
    return f"It is sunny in {city}."


def version(package: str):
    print("version", importlib.metadata.version(package), flush=True)


def ok(step: str):
    print("ok", step, flush=True)


# A model that refuses a call that comes back without its thought signature.
SIGNING = "gemini-3.1-pro-preview"
OPENAI_URL = f"{URL}/v1"
