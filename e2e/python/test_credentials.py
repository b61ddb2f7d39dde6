"""Where a client may put its access key, and what it hears when the key is wrong."""

import httpx
import pytest
from google.genai import errors

from support import ACCESS_KEY

CALL = "/v1beta/models/gemini-2.5-flash:generateContent"
BODY = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}

PLACES = {
    "x-goog-api-key": ({"x-goog-api-key": ACCESS_KEY}, {}),
    "bearer": ({"authorization": f"Bearer {ACCESS_KEY}"}, {}),
    "bearer in lower case": ({"authorization": f"bearer {ACCESS_KEY}"}, {}),
    "x-api-key": ({"x-api-key": ACCESS_KEY}, {}),
    "api-key": ({"api-key": ACCESS_KEY}, {}),
    "key": ({}, {"key": ACCESS_KEY}),
    "access_token": ({}, {"access_token": ACCESS_KEY}),
    "two that agree": ({"x-goog-api-key": ACCESS_KEY, "authorization": f"Bearer {ACCESS_KEY}"}, {}),
    "an empty one beside it": ({"x-goog-api-key": "", "authorization": f"Bearer {ACCESS_KEY}"}, {}),
    "an empty parameter beside it": ({"x-goog-api-key": ACCESS_KEY}, {"key": ""}),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_accepted_and_none_goes_upstream(gap, place):
    headers, query = PLACES[place]
    answer = httpx.post(gap.gateway.url + CALL, headers=headers, params=query, json=BODY)
    assert answer.status_code == 200, answer.text
    arrived = gap.sim.last()
    assert ACCESS_KEY not in f"{arrived.headers} {arrived.query} {arrived.path}"
    assert arrived.key.startswith("sim-key-")
    assert "key=" not in arrived.query


WRONG = {
    "none": ({}, {}),
    "empty": ({"x-goog-api-key": ""}, {}),
    "wrong": ({"x-goog-api-key": "nonsense"}, {}),
    "nearly right": ({"x-goog-api-key": ACCESS_KEY[:-1]}, {}),
    "right and wrong": ({"x-goog-api-key": ACCESS_KEY, "authorization": "Bearer nonsense"}, {}),
    "wrong parameter": ({}, {"key": "nonsense"}),
    "an upstream key": ({"x-goog-api-key": "sim-key-a"}, {}),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_key_is_401_in_googles_shape_and_never_asked_upstream(gap, case):
    headers, query = WRONG[case]
    answer = httpx.post(gap.gateway.url + CALL, headers=headers, params=query, json=BODY)
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert (error["code"], error["status"]) == (401, "UNAUTHENTICATED")
    assert error["message"]
    assert gap.sim.received() == []


def test_the_sdk_raises_a_client_error(gap):
    with gap.client(key="nonsense") as client, pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model="gemini-2.5-flash", contents="hi")
    assert (caught.value.code, caught.value.status) == (401, "UNAUTHENTICATED")


def test_streams_are_refused_in_the_same_shape(gap):
    with gap.client(key="nonsense") as client, pytest.raises(errors.ClientError) as caught:
        list(client.models.generate_content_stream(model="gemini-2.5-flash", contents="hi"))
    assert caught.value.code == 401
