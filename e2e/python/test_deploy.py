"""deploy.sh, with the real gateway and a cargo that has already built it."""

import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess

import httpx
import pytest

from support import ROOT, eventually, free_port, gap_binary

CARGO = """#!/bin/sh
case "$1" in
  --version) echo "cargo ${STUB_VERSION:-1.95.0} (stub)" ;;
  metadata) echo '{"packages":[],"target_directory":"'"$STUB_TARGET"'","version":1}' ;;
  build) echo "   Compiling nothing" >&2 ;;
  *) exit 64 ;;
esac
"""


class Checkout:
    """A folder with deploy.sh, as a user would have it, built already."""

    def __init__(self, folder: pathlib.Path):
        self.root = folder / "checkout with a space"
        self.root.mkdir(parents=True)
        for name in ("deploy.sh", "start.sh", ".env.example"):
            if (ROOT / name).exists():
                shutil.copy2(ROOT / name, self.root / name)
        shutil.copytree(ROOT / "deployment", self.root / "deployment")
        tools = folder / "tools"
        tools.mkdir()
        for name in ("cargo", "rustc"):
            (tools / name).write_text(CARGO)
            (tools / name).chmod(0o755)
        # No Docker, unless a test brings one: the machine's own is no business of a test.
        (tools / "docker").write_text("#!/bin/sh\nexit 127\n")
        (tools / "docker").chmod(0o755)
        self.tools = tools
        binary = folder / "target" / "quick" / "gap"
        binary.parent.mkdir(parents=True)
        binary.symlink_to(gap_binary())
        self.elsewhere = folder
        self.environment = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "HOME": str(folder),
            "STUB_TARGET": str(folder / "target"),
            "LANG": "C.UTF-8",
        }

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen:
        return subprocess.Popen(
            [str(self.root / "deploy.sh"), *arguments],
            cwd=self.elsewhere,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A run of the tests in the background has this signal ignored, and its children would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        # Through files: a server that stays would hold a pipe open.
        out, err = self.elsewhere / "out", self.elsewhere / "err"
        with out.open("w") as stdout, err.open("w") as stderr:
            code = subprocess.run(
                [str(self.root / "deploy.sh"), *arguments],
                cwd=self.elsewhere,
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                timeout=55,
            ).returncode
        return subprocess.CompletedProcess(arguments, code, out.read_text(), err.read_text())


@pytest.fixture
def checkout(tmp_path):
    checkout = Checkout(tmp_path)
    yield checkout
    checkout.run("stop")


def is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def test_help_names_every_command(checkout):
    said = checkout.run("help")
    assert said.returncode == 0
    for command in ("docker", "demo", "local", "test", "stop", "status", "logs", "backup", "clean", "help"):
        assert re.search(rf"deploy\.sh {command}\b", said.stdout), command
    assert checkout.run().stdout == said.stdout, "without a terminal, no argument means help"


@pytest.mark.parametrize("arguments", [["nonsense"], ["demo", "--nonsense"], ["demo", "--port"], ["demo", "--port", "70000"], ["logs", "x"],
    ["docker", "--port", "0"], ["docker", "x"], ["backup", "--to"], ["clean", "--all"]])
def test_wrong_use_is_2_and_says_what(checkout, arguments):
    said = checkout.run(*arguments)
    assert said.returncode == 2
    assert said.stderr.startswith("error: ")


def test_an_old_toolchain_is_named_with_its_remedy(checkout):
    said = checkout.run("demo", STUB_VERSION="1.63.0")
    assert said.returncode == 3
    assert "1.63.0" in said.stderr and "1.95" in said.stderr and "rustup" in said.stderr


def test_the_demos_line_works_and_the_demo_ends(checkout):
    port = str(free_port())
    started = checkout.run("demo", "--background", "--port", port)
    assert started.returncode == 0, started.stderr
    [line] = [line for line in started.stdout.splitlines() if line.strip().startswith("curl ")]
    answer = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30)
    assert '"candidates"' in answer.stdout, answer

    again = checkout.run("demo", "--background", "--port", port)
    assert again.returncode == 0 and "runs already" in again.stdout
    status = checkout.run("status")
    assert status.returncode == 0 and f":{port}" in status.stdout
    assert checkout.run("logs", "demo").stdout

    assert "Ended demo" in checkout.run("stop").stdout
    assert not is_up(int(port))
    assert checkout.run("status").returncode == 1
    assert checkout.run("stop").returncode == 0, "stopping twice is fine"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_in_the_foreground_ends_with_its_script(checkout, ending):
    port = free_port()
    script = checkout.start("demo", "--port", str(port))
    try:
        eventually("the demo serves", lambda: is_up(port), 30)
        script.send_signal(ending)
        out, err = script.communicate(timeout=50)
    finally:
        script.kill()
    assert script.returncode == 0, err
    assert not is_up(port)
    assert not (checkout.root / ".run" / "demo.pid").exists()


def test_a_demo_that_is_asked_to_end_before_it_is_up_leaves_nothing_behind(checkout):
    port = free_port()
    script = checkout.start("demo", "--port", str(port))
    try:
        eventually("the demo was started", lambda: (checkout.root / ".run" / "demo").is_dir(), 30)
        script.send_signal(signal.SIGTERM)
        # Its pipes stay open as long as anything runs that it started.
        script.communicate(timeout=50)
    finally:
        script.kill()
    assert not is_up(port)
    assert not (checkout.root / ".run" / "demo.pid").exists()


def test_a_foreign_env_file_is_no_business_of_the_demo(checkout):
    (checkout.root / ".env").write_text("PASSWORD=something-else-entirely\nPORT=1\n")
    port = free_port()
    assert checkout.run("demo", "--background", "--port", str(port)).returncode == 0
    answer = httpx.get(f"http://127.0.0.1:{port}/v1beta/models", headers={"x-goog-api-key": "demo"})
    assert answer.status_code == 200


def test_a_busy_port_is_explained_and_nothing_is_ended(checkout):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(64)
        port = holder.getsockname()[1]
        said = checkout.run("demo", "--background", "--port", str(port))
        assert said.returncode == 1
        assert str(port) in said.stderr and "--port" in said.stderr
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            pass


def test_stop_does_not_end_a_process_that_only_has_an_old_id(checkout):
    stranger = subprocess.Popen(["sleep", "300"])
    try:
        (checkout.root / ".run").mkdir()
        (checkout.root / ".run" / "local.pid").write_text(f"{stranger.pid}\n7860\n12345\n")
        assert "Nothing runs" in checkout.run("stop").stdout
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_local_makes_its_settings_once_and_serves(checkout):
    port = str(free_port())
    first = checkout.run("local", "--port", port)
    assert first.returncode == 0, first.stderr
    env = checkout.root / ".env"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    written = env.read_text()
    password = re.search(r"^PASSWORD=(\S{16,})$", written, re.M).group(1)
    assert len(re.search(r"^SECRET_KEY=(\S+)$", written, re.M).group(1)) >= 32
    assert password not in first.stdout + first.stderr
    assert "GEMINI_API_KEYS" in first.stdout, "it says what to do next"
    assert (checkout.root / "logs" / "backend.log").exists()

    # Without an upstream key the door is still guarded by the password.
    models = f"http://127.0.0.1:{port}/v1beta/models"
    assert httpx.get(models, headers={"x-goog-api-key": "wrong"}).status_code == 401
    assert httpx.get(models, headers={"x-goog-api-key": password}).status_code != 401

    assert "runs already" in checkout.run("local", "--port", port).stdout
    pid = (checkout.root / ".run" / "local.pid").read_text().splitlines()[0]
    assert checkout.run("local", "--port", port, "--restart").returncode == 0
    assert (checkout.root / ".run" / "local.pid").read_text().splitlines()[0] != pid
    assert env.read_text() == written
    assert checkout.run("stop", "local").returncode == 0
    assert not is_up(int(port))


def test_wrong_settings_are_said_before_anything_is_started(checkout):
    (checkout.root / ".env").write_text("SECRET_KEY=short\nPASSWORD=abc\n")
    said = checkout.run("local", "--port", str(free_port()))
    assert said.returncode == 2
    assert "SECRET_KEY" in said.stderr
    assert not (checkout.root / ".run" / "local.pid").exists()


DOCKER = """#!/bin/sh
# A Docker that writes down what it is asked for, and whose container runs while $STATE exists.
echo "$*" >>"$CALLS"
case "$*" in
  info) [ -z "$REFUSES" ] || { echo "$REFUSES" >&2; exit 1; } ;;
  "compose version") exit "${NO_COMPOSE:-0}" ;;
  compose*\ up\ *) touch "$STATE" ;;
  compose*\ down\ *) rm -f "$STATE" ;;
  compose*\ ps\ --quiet*) [ ! -e "$STATE" ] || echo 0a1b2c ;;
  compose*\ ps\ --format*) [ ! -e "$STATE" ] || echo "running healthy" ;;
  compose*\ port\ *) [ ! -e "$STATE" ] || echo "0.0.0.0:${PORT:-7860}" ;;
  compose*\ exec\ *) [ -e "$STATE" ] && echo "a backup" ;;
esac
"""


@pytest.fixture
def docker(checkout):
    """Puts a stand-in for Docker onto the path; gives what it was asked for."""
    (checkout.tools / "docker").write_text(DOCKER)
    calls = checkout.elsewhere / "docker-calls"
    checkout.environment |= {"CALLS": str(calls), "STATE": str(checkout.elsewhere / "docker-state")}
    return lambda: calls.read_text().splitlines() if calls.exists() else []


def test_docker_without_docker_says_what_is_missing(checkout, tmp_path):
    tools = tmp_path / "few-tools"
    tools.mkdir()
    for name in ("bash", "sh", "env", "dirname", "grep", "sed", "head", "cut", "cat"):
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    said = checkout.run("docker", PATH=str(tools))
    assert said.returncode == 3
    assert said.stderr.startswith("error: docker is not installed") and "docs.docker.com" in said.stderr and "deploy.sh local" in said.stderr
    assert not (checkout.root / ".env").exists(), "nothing is begun that cannot be ended"


@pytest.mark.parametrize(
    "environment, says",
    [
        ({"NO_COMPOSE": "1"}, "no compose plugin"),
        ({"REFUSES": "Cannot connect to the Docker daemon"}, "systemctl start docker"),
        ({"REFUSES": "permission denied while trying to connect"}, "usermod -aG docker"),
    ],
)
def test_a_docker_that_cannot_be_used_is_explained(checkout, docker, environment, says):
    said = checkout.run("docker", **environment)
    assert said.returncode == 3 and says in said.stderr, said.stderr
    assert not any(" up " in call for call in docker())


def test_docker_builds_serves_backs_up_and_ends(checkout, docker):
    port = str(free_port())
    said = checkout.run("docker", "--port", port)
    assert said.returncode == 0, said.stderr
    assert f"http://127.0.0.1:{port}" in said.stdout and "GEMINI_API_KEYS" in said.stdout
    [up] = [call for call in docker() if " up " in call]
    assert "--env-file .env" in up and "--build" in up and "--wait" in up and up.endswith(" backend")
    assert stat.S_IMODE((checkout.root / ".env").stat().st_mode) == 0o600

    assert "docker: http://" in checkout.run("status").stdout
    assert checkout.run("status").returncode == 0
    assert checkout.run("logs", "docker", "--lines", "5").returncode == 0
    assert "--tail 5" in docker()[-1]

    backup = checkout.run("backup")
    assert backup.returncode == 0, backup.stderr
    [written] = (checkout.root / "backups").iterdir()
    assert written.read_text() == "a backup\n" and stat.S_IMODE(written.stat().st_mode) == 0o600
    again = checkout.run("backup", "docker", "--to", str(written))
    assert again.returncode == 1 and "exists" in again.stderr and written.read_text() == "a backup\n"

    assert "Ended docker" in checkout.run("stop").stdout
    assert checkout.run("status").returncode == 1
    refused = checkout.run("backup", "docker", "--to", "another")
    assert refused.returncode == 1 and "does not run" in refused.stderr
    assert checkout.run("clean").returncode == 0
    assert not any("volume" in call or "-v" in call.split() for call in docker()), "data is nobody's to remove"


def test_docker_does_not_take_a_port_from_another_program(checkout, docker):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(64)
        port = holder.getsockname()[1]
        (checkout.root / ".env").write_text(f"PASSWORD=something-long\nPORT={port}\n")
        said = checkout.run("docker")
        assert said.returncode == 1 and str(port) in said.stderr
    assert not any(" up " in call for call in docker())


def test_a_backup_of_the_local_gateway_is_a_database(checkout):
    port = str(free_port())
    environment = {"KEY_STORAGE_MODE": "database"}
    assert checkout.run("local", "--port", port, **environment).returncode == 0
    said = checkout.run("backup", "--to", "mine.db", **environment)
    assert said.returncode == 0, said.stderr
    assert (checkout.root / "mine.db").read_bytes().startswith(b"SQLite format 3")
    assert is_up(int(port))
    nothing = checkout.run("backup", "local")
    assert nothing.returncode == 2 and "DATABASE_URL" in nothing.stderr, "in memory there is nothing to copy"


def test_clean_removes_what_was_built_and_nothing_else(checkout):
    theirs = checkout.elsewhere / "theirs"
    theirs.mkdir()
    (theirs / "file").write_text("theirs")
    for name in ("target/ci", "web/dist", "data", "logs", "backups"):
        (checkout.root / name).mkdir(parents=True)
        (checkout.root / name / "file").write_text("x")
    (checkout.root / "web" / "node_modules").symlink_to(theirs)
    (checkout.root / ".env").write_text("PASSWORD=mine\n")

    said = checkout.run("clean", "--dry-run")
    assert said.returncode == 0 and "target" in said.stdout and (checkout.root / "target/ci/file").exists()
    said = checkout.run("clean")
    assert said.returncode == 0, said.stderr
    assert not (checkout.root / "target").exists() and not (checkout.root / "web/dist").exists()
    for name in (".env", "data/file", "logs/file", "backups/file", "web/node_modules/file"):
        assert (checkout.root / name).exists(), name
    assert checkout.run("clean").returncode == 0, "cleaning twice is fine"


def test_clean_waits_for_what_runs(checkout):
    port = str(free_port())
    assert checkout.run("demo", "--background", "--port", port).returncode == 0
    said = checkout.run("clean")
    assert said.returncode == 1 and "stop demo" in said.stderr
    assert is_up(int(port))


def test_the_tests_say_which_packages_are_missing_and_end_with_3(checkout, tmp_path):
    # A machine with everything but node, and a user who is not root.
    tools = tmp_path / "few-tools"
    tools.mkdir()
    for name in ("bash", "sh", "env", "dirname", "grep", "sed", "head", "cut", "cat", "cc", "python3", "tail", "tr"):
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    for name, says in (("id", "echo 1000"), ("apt-get", "exit 1")):
        (tools / name).write_text(f"#!/bin/sh\n{says}\n")
        (tools / name).chmod(0o755)
    said = checkout.run("test", PATH=f"{tmp_path / 'tools'}:{tools}")
    assert said.returncode == 3, said.stderr
    assert "sudo apt-get install -y --no-install-recommends" in said.stderr and "nodejs npm" in said.stderr
