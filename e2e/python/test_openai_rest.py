"""Models and embeddings, as OpenAI's own SDK uses them."""

import openai as sdk
import pytest

EMBEDDING = "gemini-embedding-001"


def test_models_are_listed_and_found(openai):
    models = {model.id: model for model in openai.models.list()}
    assert "gemini-2.5-flash" in models and models["gemini-2.5-flash"].object == "model"
    assert openai.models.retrieve("gemini-2.5-flash").id == "gemini-2.5-flash"
    with pytest.raises(sdk.NotFoundError) as caught:
        openai.models.retrieve("gemini-9-nano")
    assert caught.value.code == "model_not_found"


def test_embeddings_keep_order_beyond_one_batch(openai, gap):
    texts = [f"text {n}" for n in range(230)]
    answer = openai.embeddings.create(model=EMBEDDING, input=texts, dimensions=256)
    assert [each.index for each in answer.data] == list(range(230))
    assert all(len(each.embedding) == 256 for each in answer.data)
    assert answer.usage.prompt_tokens > 0
    assert len(gap.sim.received()) == 3
    # The same text alone gives the same vector as in the middle of the list.
    alone = openai.embeddings.create(model=EMBEDDING, input="text 150", dimensions=256)
    assert alone.data[0].embedding == pytest.approx(answer.data[150].embedding)


def test_floats_and_base64_agree(openai):
    base64 = openai.embeddings.create(model=EMBEDDING, input="hello")
    floats = openai.embeddings.create(model=EMBEDDING, input="hello", encoding_format="float")
    assert base64.data[0].embedding == pytest.approx(floats.data[0].embedding)


def test_token_arrays_are_refused_in_words(openai):
    with pytest.raises(sdk.BadRequestError) as caught:
        openai.embeddings.create(model=EMBEDDING, input=[[1, 2, 3]])
    assert caught.value.param == "input[0]"
