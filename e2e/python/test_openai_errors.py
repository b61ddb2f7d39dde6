"""What OpenAI's SDK raises when something is wrong, and what it must never notice."""

import openai as sdk
import pytest

from support import eventually

MODEL = "gemini-2.5-flash"
HELLO = [{"role": "user", "content": "hi"}]
STORY = [{"role": "user", "content": "Tell me a story. [[sim: chunks=12 chunk_bytes=40]]"}]


def test_a_wrong_access_key(gap):
    with gap.openai(key="wrong") as client, pytest.raises(sdk.AuthenticationError) as caught:
        client.chat.completions.create(model=MODEL, messages=HELLO)
    assert caught.value.code == "invalid_api_key"


def test_an_unknown_model(openai):
    with pytest.raises(sdk.NotFoundError) as caught:
        openai.chat.completions.create(model="gemini-9-nano", messages=HELLO)
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("messages", {"messages": []}),
        ("messages[0].role", {"messages": [{"role": "narrator", "content": "hi"}]}),
        ("temperature", {"messages": HELLO, "temperature": "hot"}),
        ("tools[0].function.name", {"messages": HELLO, "tools": [{"type": "function", "function": {}}]}),
        ("n", {"messages": HELLO, "n": 0}),
    ],
)
def test_a_request_that_makes_no_sense_names_the_field(openai, field, request_):
    with pytest.raises(sdk.BadRequestError) as caught:
        openai.chat.completions.create(model=MODEL, **request_)
    assert caught.value.param == field
    assert caught.value.type == "invalid_request_error"


def test_strict_refuses_what_would_be_a_warning(openai):
    with pytest.raises(sdk.BadRequestError) as caught:
        openai.chat.completions.create(
            model=MODEL, messages=HELLO, logit_bias={"50256": -100}, extra_headers={"x-gap-strict": "true"}
        )
    assert caught.value.param == "logit_bias"


def test_an_unknown_path_is_an_openai_error(openai):
    with pytest.raises(sdk.NotFoundError):
        openai.post("/fine_tuning/nothing", cast_to=object, body={})


@pytest.mark.parametrize("state", ["invalid", "suspended"])
def test_upstream_keys_that_fail_are_not_the_clients_fault(start, state):
    gap = start(keys=[{"key": "sim-one", "project": 1, "state": state}])
    with gap.openai() as client, pytest.raises(sdk.InternalServerError) as caught:
        client.chat.completions.create(model=MODEL, messages=HELLO)
    assert caught.value.status_code in (502, 503)
    assert "sim-one" not in str(caught.value)


def test_out_of_quota_says_when_to_come_back(start):
    gap = start(settings={"GAP_POOL__MAX_WAIT": "0s"})
    gap.sim.fault({"preset": "quota_per_minute", "retry_delay": "40s"})
    with gap.openai() as client, pytest.raises(sdk.RateLimitError) as caught:
        client.chat.completions.create(model=MODEL, messages=HELLO)
    assert caught.value.code == "rate_limit_exceeded"
    assert 0 < float(caught.value.response.headers["retry-after"]) <= 60


@pytest.mark.parametrize(
    "action",
    [{"preset": "overloaded"}, {"preset": "internal"}, {"preset": "quota_per_day"}, "reset_before_headers", "truncated_body", {"answer": {"empty": True}}],
    ids=str,
)
def test_one_failure_while_nothing_was_sent_is_hidden(start, action):
    gap = start()
    gap.sim.fault(action, times=1)
    messages = [{"role": "user", "content": '[[sim: text="at last"]]'}]
    with gap.openai() as client:
        assert client.chat.completions.create(model=MODEL, messages=messages).choices[0].message.content == "at last"
    assert len(gap.sim.received()) == 2


@pytest.mark.parametrize("cut", ["cut_between_events", "cut_inside_event"])
def test_a_cut_stream_raises_instead_of_stopping(start, cut):
    gap = start()
    gap.sim.fault({cut: {"after": 3}}, times=1)
    finishes = []
    with gap.openai() as client, pytest.raises(sdk.APIError):
        for chunk in client.chat.completions.create(model=MODEL, messages=STORY, stream=True):
            finishes.append(chunk.choices[0].finish_reason)
    assert not any(finishes)


def test_a_client_that_leaves_frees_the_upstream(openai, gap):
    messages = [{"role": "user", "content": "Long. [[sim: chunks=5000 delay_ms=20]]"}]
    with openai.chat.completions.create(model=MODEL, messages=messages, stream=True) as stream:
        next(iter(stream))
    eventually("the simulator sees the client gone", lambda: gap.sim.last().gone)


def test_keep_alives_do_not_disturb(start):
    gap = start(settings={"GAP_SERVER__OPEN_AFTER": "200ms", "GAP_SERVER__KEEP_ALIVE": "100ms"})
    gap.sim.fault({"stall_before_headers": {"ms": 1000}}, times=1)
    with gap.openai() as client:
        chunks = list(client.chat.completions.create(model=MODEL, messages=STORY, stream=True))
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_a_failure_after_the_stream_was_opened_is_an_error_in_it(start):
    gap = start(settings={"GAP_SERVER__OPEN_AFTER": "200ms", "GAP_SERVER__KEEP_ALIVE": "100ms", "GAP_POOL__MAX_ATTEMPTS": "1"})
    gap.sim.fault({"stall_before_headers": {"ms": 500, "then": "overloaded"}})
    with gap.openai() as client, pytest.raises(sdk.APIError):
        list(client.chat.completions.create(model=MODEL, messages=STORY, stream=True))
