"""The two processes under test: the simulator in Google's place and the gateway in front of it."""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACCESS_KEY = "e2e-access-key"
START_LIMIT_S = 20.0
STOP_LIMIT_S = 45.0

# What a process may inherit: a developer's own settings must not reach the gateway under test.
INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "SYSTEMROOT", "LLVM_PROFILE_FILE")


def gap_binary() -> pathlib.Path:
    """GAP_BIN, or the newest build at hand."""
    if given := os.environ.get("GAP_BIN"):
        return pathlib.Path(given)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = [path for profile in ("ci", "debug", "quick", "release") if (path := target / profile / "gap").exists()]
    if not built:
        raise FileNotFoundError("there is no gap binary; build one with `cargo build -p gap` or set GAP_BIN")
    return max(built, key=lambda path: path.stat().st_mtime)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(what: str, condition, limit_s: float = 10.0):
    """The first true answer of a condition that another process makes true; fails when the time is over."""
    deadline = time.monotonic() + limit_s
    while True:
        if found := condition():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {limit_s} s")
        time.sleep(0.02)


class Process:
    """A child with its log in a file, healthy when it is handed out, gone when closed."""

    def __init__(self, arguments: list[str], environment: dict[str, str], folder: pathlib.Path, port: int, health: str):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "log"
        self.asked_to_stop = False
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [str(gap_binary()), *arguments],
                env=inherited | environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            eventually(f"{arguments[0]} is up", lambda: self._is_up(health), START_LIMIT_S)
        except BaseException:
            self.close()
            raise

    def _is_up(self, path: str) -> bool:
        if (code := self.child.poll()) is not None:
            raise AssertionError(f"ended with {code} instead of starting:\n{self.log.read_text()}")
        try:
            with urllib.request.urlopen(self.url + path, timeout=2) as answer:
                return answer.status == 200
        except (OSError, http.client.HTTPException):
            return False

    def ask_to_stop(self):
        """Asks once: a second time would end it at once."""
        if not self.asked_to_stop and self.child.poll() is None:
            self.asked_to_stop = True
            self.child.terminate()

    def close(self) -> int:
        """Ends it in an orderly way; says its exit code."""
        self.ask_to_stop()
        try:
            self.child.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        return self.child.returncode


@dataclasses.dataclass(frozen=True)
class Received:
    """A request as it arrived upstream."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: str
    key: str | None
    gone: bool

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def json(self):
        return json.loads(self.body)


class Simulator(Process):
    """`gap simulate` with its control API."""

    def __init__(self, folder: pathlib.Path, options: dict):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "options.json").write_text(json.dumps({"seed": 7, "control": True} | options))
        port = free_port()
        arguments = ["simulate", "--host", "127.0.0.1", "--port", str(port), "--options", "options.json"]
        super().__init__(arguments, {}, folder, port, "/_sim/state")

    def control(self, method: str, path: str, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"{self.url}/_sim/{path}", data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error
        return json.loads(text) if text else None

    def fault(self, action, **matching):
        """Answers requests that match with a fault: `times`, `key`, `model`, `method`, `path` …"""
        self.control("POST", "faults", {"action": action, **matching})

    def reset(self):
        self.control("DELETE", "faults")
        self.control("DELETE", "requests")

    def received(self) -> list[Received]:
        return [
            Received(
                method=each["method"],
                path=each["path"],
                query=each.get("query") or "",
                headers=[(name, value) for name, value in each["headers"]],
                body=each.get("body") or "",
                key=each.get("key"),
                gone=each.get("client_gone", False),
            )
            for each in self.control("GET", "requests")["requests"]
        ]

    def last(self) -> Received:
        return self.received()[-1]


class Gateway(Process):
    """`gap serve` with the simulator as upstream."""

    def __init__(self, folder: pathlib.Path, upstream: str, keys: list[str], settings: dict[str, str] | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        environment = {
            "GEMINI_BASE_URL": upstream,
            "GEMINI_API_KEYS": ",".join(keys),
            "USERS_API_KEY": ACCESS_KEY,
            "SECRET_KEY": "e2e-secret-key-that-is-long-enough-for-anyone",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "MAX_REQUESTS_PER_MINUTE": "0",
            "MAX_REQUESTS_PER_DAY_PER_IP": "0",
        }
        super().__init__(["serve"], environment | (settings or {}), folder, port, "/healthz")
