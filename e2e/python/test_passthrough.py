"""Native traffic stays bytes: what the client sends is what arrives, what arrives is what the client gets."""

import httpx

from support import ACCESS_KEY

KEY = {"x-goog-api-key": ACCESS_KEY}
MODEL = "gemini-2.5-flash"


def post(gap, path, content, **headers):
    return httpx.post(gap.gateway.url + path, headers=KEY | {"content-type": "application/json"} | headers, content=content)


def test_the_body_arrives_as_it_was_written(gap):
    # Odd spacing, order, number spelling and escapes: a body that was parsed and written again would differ.
    body = (
        b'{ "generationConfig" :{"topP":0.50,"temperature" : 1e0 },\r\n\t"contents":'
        b'[{"parts":[{"text":"\\u00e9 \xc3\xa9 \\/ z"}],"role":"user"}] }\n'
    )
    assert post(gap, f"/v1beta/models/{MODEL}:generateContent", body).status_code == 200
    assert gap.sim.last().body.encode() == body


def test_snake_case_is_not_translated(gap):
    body = b'{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"generation_config":{"max_output_tokens":50}}'
    assert post(gap, f"/v1beta/models/{MODEL}:generateContent", body).status_code == 200
    assert gap.sim.last().body.encode() == body


def test_the_answer_arrives_as_the_upstream_wrote_it(gap):
    body = b'{"contents":[{"role":"user","parts":[{"text":"[[sim: text=\\"same\\"]]"}]}],"generationConfig":{"seed":4}}'
    path = f"/v1beta/models/{MODEL}:countTokens"
    through = post(gap, path, b'{"contents":[{"role":"user","parts":[{"text":"same"}]}]}')
    direct = httpx.post(
        gap.sim.url + path,
        headers={"x-goog-api-key": "sim-key-a", "content-type": "application/json"},
        content=b'{"contents":[{"role":"user","parts":[{"text":"same"}]}]}',
    )
    assert through.content == direct.content
    assert post(gap, f"/v1beta/models/{MODEL}:generateContent", body).text.startswith("{\n  ")


def test_an_error_of_the_request_arrives_as_the_upstream_wrote_it(gap):
    path = f"/v1beta/models/{MODEL}:generateContent"
    body = b'{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"nonsense":1}'
    through = post(gap, path, body)
    direct = httpx.post(gap.sim.url + path, headers={"x-goog-api-key": "sim-key-a", "content-type": "application/json"}, content=body)
    assert through.status_code == 400
    assert through.content == direct.content


def test_a_json_array_stream(gap):
    body = b'{"contents":[{"role":"user","parts":[{"text":"[[sim: chunks=5]]"}]}]}'
    answer = post(gap, f"/v1beta/models/{MODEL}:streamGenerateContent", body)
    assert answer.headers["content-type"].startswith("application/json")
    events = answer.json()
    assert isinstance(events, list) and len(events) >= 5
    assert events[-1]["candidates"][0]["finishReason"] == "STOP"


def test_an_event_stream_keeps_its_framing(gap):
    body = b'{"contents":[{"role":"user","parts":[{"text":"[[sim: chunks=5]]"}]}]}'
    answer = post(gap, f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse", body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    events = answer.content.split(b"\r\n\r\n")
    assert events[-1] == b""
    assert all(event.startswith(b"data: {") for event in events[:-1])


def test_a_method_that_nobody_knows_passes(gap):
    for verb in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = httpx.request(verb, f"{gap.gateway.url}/v1beta/_echo/tomorrow:invent?x=1&y=a%20b", headers=KEY)
        assert answer.status_code == 200, answer.text
        arrived = gap.sim.last()
        assert (arrived.method, arrived.query) == (verb, "x=1&y=a%20b")


def test_every_answer_has_a_request_id(gap):
    ok = post(gap, f"/v1beta/models/{MODEL}:countTokens", b'{"contents":[{"parts":[{"text":"hi"}]}]}')
    refused = httpx.get(gap.gateway.url + "/v1beta/models")
    assert ok.headers["x-request-id"] and refused.headers["x-request-id"]
    assert ok.headers["x-request-id"] != refused.headers["x-request-id"]
