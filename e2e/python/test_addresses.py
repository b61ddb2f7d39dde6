"""The addresses and versions that clients really use."""

import httpx
import pytest
from google.genai import types

from support import ACCESS_KEY

MODEL = "gemini-2.5-flash"
BODY = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


@pytest.mark.parametrize("version", [None, "v1", "v1beta", "v1alpha", "v2"])
def test_every_version_of_the_sdk(gap, version):
    with gap.client(**({"api_version": version} if version else {})) as client:
        assert client.models.generate_content(model=MODEL, contents="hi").text
        assert client.models.get(model=MODEL).name == f"models/{MODEL}"
        assert list(client.models.generate_content_stream(model=MODEL, contents="hi"))


@pytest.mark.parametrize("suffix", ["/", "/v2", "/v2/"])
def test_base_urls_that_people_type(gap, suffix):
    with gap.client(base_url=gap.gateway.url + suffix) as client:
        assert client.models.generate_content(model=MODEL, contents="hi").text


def test_v2_is_v1beta_upstream(gap):
    with gap.client(api_version="v2") as client:
        client.models.generate_content(model=MODEL, contents="hi")
    assert gap.sim.last().path == f"/v1beta/models/{MODEL}:generateContent"


def test_the_version_that_was_asked_for_is_kept(gap):
    with gap.client(api_version="v1") as client:
        client.models.generate_content(model=MODEL, contents="hi")
    assert gap.sim.last().path == f"/v1/models/{MODEL}:generateContent"


@pytest.mark.parametrize(
    "path",
    [
        f"//v1beta//models/{MODEL}:generateContent",
        f"/v1beta/models/{MODEL}%3AgenerateContent",
        f"/v2/v1beta/models/{MODEL}:generateContent",
    ],
)
def test_unusual_spellings(gap, path):
    answer = httpx.post(gap.gateway.url + path, headers={"x-goog-api-key": ACCESS_KEY}, json=BODY)
    assert answer.status_code == 200, answer.text


def test_environment_variables_are_enough(gap, monkeypatch):
    from google import genai

    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", gap.gateway.url)
    monkeypatch.setenv("GEMINI_API_KEY", ACCESS_KEY)
    with genai.Client() as client:
        assert client.models.generate_content(model=MODEL, contents="hi").text


def test_unknown_routes_are_json_errors(gap):
    for path in ("/nonsense", "/v9/models", "/v1/nonsense"):
        answer = httpx.get(gap.gateway.url + path, headers={"x-goog-api-key": ACCESS_KEY})
        assert answer.status_code == 404
        assert answer.json()["error"]["message"]


def test_own_headers_of_a_client_do_not_reach_google(gap):
    options = types.HttpOptions(base_url=gap.gateway.url, headers={"cookie": "a=b", "x-forwarded-for": "10.0.0.1", "x-stainless-lang": "python"})
    with gap.client(headers=options.headers) as client:
        client.models.generate_content(model=MODEL, contents="hi")
    arrived = {name.lower() for name, _ in gap.sim.last().headers}
    assert not arrived & {"cookie", "x-forwarded-for", "x-stainless-lang"}
    assert "x-goog-api-client" in arrived
