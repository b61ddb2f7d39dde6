"""Fixtures. `gap` is shared by the tests that change nothing; `start` gives a test processes of its own."""

from __future__ import annotations

import dataclasses

import openai as openai_sdk
import pytest
from google import genai
from google.genai import types

from support import ACCESS_KEY, Gateway, Simulator

KEYS = ["sim-key-a", "sim-key-b", "sim-key-c"]


@dataclasses.dataclass(frozen=True)
class Pair:
    """A gateway and the simulator behind it."""

    sim: Simulator
    gateway: Gateway

    def client(self, key: str = ACCESS_KEY, **options) -> genai.Client:
        """Google's SDK, pointed at the gateway."""
        return genai.Client(api_key=key, http_options=types.HttpOptions(**({"base_url": self.gateway.url} | options)))

    def openai(self, key: str = ACCESS_KEY, **options) -> openai_sdk.OpenAI:
        """OpenAI's SDK, pointed at the gateway; it repeats nothing by itself."""
        return openai_sdk.OpenAI(api_key=key, max_retries=0, **({"base_url": self.gateway.url + "/v1"} | options))

    def close(self):
        self.gateway.close()
        self.sim.close()


def start_pair(folder, keys: list[dict] | None = None, settings: dict | None = None, options: dict | None = None) -> Pair:
    keys = keys if keys is not None else [{"key": key, "project": index} for index, key in enumerate(KEYS, 101)]
    sim = Simulator(folder / "sim", {"keys": keys} | (options or {}))
    try:
        gateway = Gateway(folder / "gap", sim.url, [key["key"] for key in keys], settings)
    except BaseException:
        sim.close()
        raise
    return Pair(sim, gateway)


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    pair = start_pair(tmp_path_factory.mktemp("shared"))
    yield pair
    pair.close()


@pytest.fixture
def gap(shared):
    """The shared pair, with nothing left over from the test before."""
    shared.sim.reset()
    return shared


@pytest.fixture
def client(gap):
    with gap.client() as client:
        yield client


@pytest.fixture
def openai(gap):
    with gap.openai() as client:
        yield client


@pytest.fixture
def start(tmp_path):
    """Starts pairs that belong to one test: for keys that fail, and settings of their own."""
    pairs = []

    def start(**options) -> Pair:
        pairs.append(start_pair(tmp_path / str(len(pairs)), **options))
        return pairs[-1]

    yield start
    for pair in pairs:
        pair.close()
