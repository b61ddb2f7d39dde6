"""Which models there are."""

import pytest
from google.genai import errors


def test_list_shows_the_models_of_the_upstream(client):
    names = [model.name for model in client.models.list()]
    assert "models/gemini-2.5-flash" in names
    assert "models/gemini-embedding-001" in names
    assert len(names) == len(set(names))


def test_list_follows_pages(client, gap):
    names = [model.name for model in client.models.list(config={"page_size": 3})]
    assert len(names) > 3
    assert len([call for call in gap.sim.received() if call.path.endswith("/models")]) > 1
    assert names == [model.name for model in client.models.list()]


def test_get_knows_a_models_limits(client):
    model = client.models.get(model="gemini-2.5-flash")
    assert model.name == "models/gemini-2.5-flash"
    assert model.input_token_limit == 1048576
    assert "generateContent" in model.supported_actions


def test_an_unknown_model_is_404_in_googles_words(client):
    with pytest.raises(errors.ClientError) as caught:
        client.models.get(model="gemini-0-nonsense")
    assert caught.value.code == 404
    assert caught.value.status == "NOT_FOUND"
    assert "gemini-0-nonsense" in caught.value.message
