"""Upstream trouble that a client must not see, and what it hears when there is no way around it."""

import pytest
from google.genai import errors

MODEL = "gemini-2.5-flash"


def keys(**states):
    """Upstream keys, each in a project of its own, by name and state."""
    return [{"key": f"sim-{name}", "project": index, "state": state} for index, (name, state) in enumerate(states.items(), 1)]


@pytest.mark.parametrize("state", ["invalid", "expired", "suspended", "leaked", "service_disabled", "project_denied"])
def test_a_bad_key_is_hidden_by_a_good_one(start, state):
    gap = start(keys=keys(bad=state, good="good"))
    with gap.client() as client:
        for _ in range(6):
            assert client.models.generate_content(model=MODEL, contents="hi").text
    # It was tried once at most: a key that Google refuses for good rests for good.
    assert len([call for call in gap.sim.received() if call.key == "sim-bad"]) <= 1


@pytest.mark.parametrize("state", ["invalid", "suspended"])
def test_no_good_key_is_our_trouble_not_the_clients(start, state):
    gap = start(keys=keys(one=state, two=state))
    with gap.client() as client, pytest.raises(errors.ServerError) as caught:
        client.models.generate_content(model=MODEL, contents="hi")
    assert caught.value.code in (502, 503)
    # Google's text repeats the key (wire 13); ours must not.
    assert "sim-one" not in str(caught.value) and "sim-two" not in str(caught.value)


@pytest.mark.parametrize(
    "action",
    [
        {"preset": "overloaded"},
        {"preset": "internal"},
        {"preset": "bad_gateway"},
        {"preset": "deadline_exceeded"},
        {"preset": "quota_per_minute"},
        {"preset": "quota_per_day"},
        {"preset": "quota_bare"},
        "reset_before_headers",
        "truncated_body",
        "garbage_json",
    ],
    ids=str,
)
def test_one_failure_while_nothing_was_sent_is_hidden(start, action):
    gap = start()
    gap.sim.fault(action, times=1)
    with gap.client() as client:
        assert client.models.generate_content(model=MODEL, contents='[[sim: text="at last"]]').text == "at last"
    assert len(gap.sim.received()) == 2


def test_all_keys_out_of_quota_is_429_with_a_delay(start):
    gap = start(settings={"GAP_POOL__MAX_WAIT": "0s"})
    gap.sim.fault({"preset": "quota_per_minute", "retry_delay": "40s"})
    with gap.client() as client, pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model=MODEL, contents="hi")
    assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")
    details = caught.value.details["error"]["details"]
    retry = next(detail for detail in details if detail["@type"].endswith("google.rpc.RetryInfo"))
    assert 0 < float(retry["retryDelay"].rstrip("s")) <= 60


def test_one_keys_daily_limit_is_not_everyones(start):
    gap = start(keys=keys(one="good", two="good"))
    gap.sim.fault({"preset": "quota_per_day"}, key="sim-one")
    with gap.client() as client:
        for _ in range(4):
            assert client.models.generate_content(model=MODEL, contents="hi").text
    assert len([call for call in gap.sim.received() if call.key == "sim-one"]) <= 1


def test_a_resting_bucket_does_not_rest_the_key_for_other_models(start):
    gap = start(keys=keys(only="good"), settings={"GAP_POOL__MAX_WAIT": "0s"})
    gap.sim.fault({"preset": "quota_per_day"}, model=MODEL)
    with gap.client() as client:
        with pytest.raises(errors.ClientError):
            client.models.generate_content(model=MODEL, contents="hi")
        assert client.models.generate_content(model="gemini-2.5-flash-lite", contents="hi").text


def test_an_upstream_that_comes_up_later_needs_no_restart(start):
    gap = start(keys=keys(only="good"))
    gap.sim.fault("reset_before_headers", times=2)
    with gap.client() as client:
        try:
            client.models.generate_content(model=MODEL, contents="hi")
        except errors.APIError as error:
            assert error.code in (502, 503, 504)
        gap.sim.reset()
        assert client.models.generate_content(model=MODEL, contents="hi").text


def test_orderly_end_finishes_what_is_open(start):
    gap = start()
    with gap.client() as client:
        stream = client.models.generate_content_stream(model=MODEL, contents="[[sim: chunks=30 delay_ms=20]]")
        next(stream)
        gap.gateway.ask_to_stop()
        chunks = list(stream)
    assert chunks[-1].candidates[0].finish_reason.name == "STOP"
    assert gap.gateway.close() == 0
