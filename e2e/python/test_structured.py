"""Answers in a given shape."""

import enum
import json

import pydantic
from google.genai import types

MODEL = "gemini-2.5-flash"


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Recipe(pydantic.BaseModel):
    name: str
    minutes: int
    ingredients: list[str]
    colour: Colour


def test_a_pydantic_model_comes_back_as_one(client):
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Recipe)
    answer = client.models.generate_content(model=MODEL, contents="A recipe, please.", config=config)
    assert isinstance(answer.parsed, Recipe)


def test_a_list_of_models(client):
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=list[Recipe])
    answer = client.models.generate_content(model=MODEL, contents="Recipes, please.", config=config)
    assert all(isinstance(recipe, Recipe) for recipe in answer.parsed)


def test_a_json_schema_keeps_its_order(client, gap):
    properties = {"zebra": {"type": "string"}, "apple": {"type": "integer"}, "mango": {"type": "boolean"}}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    config = types.GenerateContentConfig(response_mime_type="application/json", response_json_schema=schema)
    answer = client.models.generate_content(model=MODEL, contents="Fill it.", config=config)
    value = json.loads(answer.text)
    assert isinstance(value["apple"], int)
    # wire 33: the order of properties means something to Gemini.
    sent = gap.sim.last().json["generationConfig"]
    [arrived] = [sent[name] for name in ("responseJsonSchema", "_responseJsonSchema", "response_json_schema") if name in sent]
    assert list(arrived["properties"]) == list(properties)


def test_an_enum(client):
    config = types.GenerateContentConfig(response_mime_type="text/x.enum", response_schema=Colour)
    answer = client.models.generate_content(model=MODEL, contents="Which colour?", config=config)
    assert answer.text in {"red", "blue"}
