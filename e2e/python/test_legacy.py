"""The library before google-genai, which many projects still use: REST, integer enums, JSON-array streams."""

import google.generativeai as genai
import pytest

from support import ACCESS_KEY

MODEL = "gemini-2.5-flash"


@pytest.fixture
def model(gap):
    genai.configure(api_key=ACCESS_KEY, transport="rest", client_options={"api_endpoint": gap.gateway.url})
    return genai.GenerativeModel(MODEL)


def test_enums_come_as_numbers(model, gap):
    answer = model.generate_content('[[sim: text="old but good"]]')
    assert answer.text == "old but good"
    assert answer.candidates[0].finish_reason == 1
    assert "enum-encoding=int" in gap.sim.last().query.replace("%3D", "=").replace("%3B", ";")


def test_streams_are_json_arrays(model):
    chunks = list(model.generate_content("[[sim: chunks=6]]", stream=True))
    assert len(chunks) >= 6
    assert chunks[-1].candidates[0].finish_reason == 1


def test_models_and_tokens(model):
    assert any(each.name == f"models/{MODEL}" for each in genai.list_models())
    assert model.count_tokens("one two three").total_tokens > 0


def test_a_wrong_key_is_a_proper_exception(gap):
    genai.configure(api_key="nonsense", transport="rest", client_options={"api_endpoint": gap.gateway.url})
    with pytest.raises(Exception) as caught:
        genai.GenerativeModel(MODEL).generate_content("hi")
    assert caught.value.code == 401
