"""The container, as far as it can be had without Docker: the scripts of its stages, what they make, and how it is described."""

import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess

import pytest
import yaml

from support import ROOT, eventually, free_port, gap_binary

DOCKER = ROOT / "deployment" / "docker"
USER = 10001


def script(name: str, *arguments, **environment: str) -> subprocess.CompletedProcess:
    command = [str(DOCKER / name), *map(str, arguments)]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=50)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> pathlib.Path:
    """The file system of the image, with the program that is there."""
    root = tmp_path_factory.mktemp("image") / "root"
    made = script("make-root.sh", gap_binary(), root)
    assert made.returncode == 0, made.stderr
    yield root
    shutil.rmtree(root)


def inside(root: pathlib.Path, *arguments: str) -> list[str]:
    """The command that runs the image's program with nothing of this machine at hand, as a user who is not root."""
    program = ["/usr/local/bin/gap", *arguments]
    tool = lambda name: shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or name
    if os.geteuid() == 0:
        return [tool("chroot"), f"--userspec={USER}:{USER}", str(root), *program]
    jailed = [tool("unshare"), "--user", "--map-root-user", tool("chroot"), str(root)]
    if subprocess.run([*jailed, "/usr/local/bin/gap", "--version"], capture_output=True).returncode == 0:
        return [*jailed, *program]
    # A machine that lets nobody have a root of their own: at least the libraries are the image's.
    loader = next(path for path in root.glob("lib*/**/ld-*") if path.is_file())
    libraries = ":".join({str(path.parent) for path in root.glob("lib*/**/*.so*")})
    return [str(loader), "--library-path", libraries, str(root / program[0][1:]), *arguments]


def image_environment(**more: str) -> dict[str, str]:
    """What the Dockerfile sets."""
    [line] = [line for line in (DOCKER / "Dockerfile").read_text().splitlines() if line.startswith("ENV PATH=")]
    return dict(word.split("=", 1) for word in line.split()[1:]) | more


def test_the_image_holds_what_the_program_needs_and_no_shell(root):
    files = sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())
    assert "usr/local/bin/gap" in files and "etc/ssl/certs/ca-certificates.crt" in files
    assert not [name for name in files if re.search(r"(^|/)(sh|bash|busybox|apt|curl)$", name)]
    assert f"gap:x:{USER}:{USER}:" in (root / "etc/passwd").read_text()
    assert stat.S_IMODE((root / "tmp").stat().st_mode) == 0o1777
    rest = sum((root / name).stat().st_size for name in files if name != "usr/local/bin/gap")
    assert rest < 12 << 20, f"{rest} bytes beside the program: the image is to be small"


def test_the_image_serves_keeps_its_data_and_is_healthy(root):
    port = free_port()
    environment = image_environment(PORT=str(port), PASSWORD="image-password", KEY_STORAGE_MODE="database", GEMINI_API_KEYS="key-a")
    if "--library-path" in inside(root):
        environment["GAP_STORE__DATA_DIR"] = str(root / "data")
    ask = lambda: subprocess.run(inside(root, "healthcheck"), env=environment, capture_output=True, text=True, timeout=20)
    assert ask().returncode == 1, "nothing is there yet"
    server = subprocess.Popen(inside(root, "serve"), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        eventually("the image is healthy", lambda: server.poll() is not None or ask().returncode == 0, 30)
        assert ask().stdout == "healthy\n"
        backup = subprocess.run(inside(root, "backup", "-"), env=environment, capture_output=True, timeout=30)
        assert backup.stdout.startswith(b"SQLite format 3"), backup.stderr
        server.send_signal(signal.SIGTERM)
        said, _ = server.communicate(timeout=50)
    finally:
        server.kill()
        server.wait()
    assert server.returncode == 0, said
    data = root / "data"
    assert (data / "gap.db").exists() and (data / "secret-key").exists(), said
    if os.geteuid() == 0:
        assert {path.stat().st_uid for path in data.iterdir()} == {USER}


@pytest.mark.parametrize(
    "name, arguments",
    [("make-root.sh", []), ("make-root.sh", ["only-one"]), ("build-program.sh", []), ("build-page.sh", []), ("build-page.sh", ["a", "b"])],
)
def test_a_stage_script_says_how_it_is_used(name, arguments):
    said = script(name, *arguments)
    assert said.returncode == 2 and said.stderr.startswith(f"usage: {name} "), said


def test_the_root_is_made_of_a_program_in_an_empty_folder(tmp_path):
    said = script("make-root.sh", tmp_path / "missing", tmp_path / "root")
    assert said.returncode == 1 and "there is no" in said.stderr
    (tmp_path / "text").write_text("not a program")
    said = script("make-root.sh", tmp_path / "text", tmp_path / "root")
    assert said.returncode == 1 and "not linked" in said.stderr
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    said = script("make-root.sh", gap_binary(), tmp_path / "full")
    assert said.returncode == 1 and "not empty" in said.stderr
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["file"]


@pytest.fixture
def sources(tmp_path):
    """A checkout of which only the scripts are real; npm and cargo write down how they are called."""
    checkout, tools = tmp_path / "checkout", tmp_path / "tools"
    shutil.copytree(DOCKER, checkout / "deployment" / "docker")
    (checkout / "web").mkdir()
    tools.mkdir()
    (tools / "npm").write_text(
        '#!/bin/sh\necho "npm $*" >>"$CALLS"\n[ "$1" = ci ] || { mkdir -p dist/assets; echo page >dist/index.html; }\n'
    )
    (tools / "cargo").write_text(
        '#!/bin/sh\necho "cargo $*" >>"$CALLS"\nprintf program >"$BUILT"; chmod 755 "$BUILT"\n'
        'echo \'{"reason":"compiler-artifact","executable":null}\'\n'
        'echo "{\\"reason\\":\\"compiler-artifact\\",\\"executable\\":\\"$BUILT-0a1b\\"}"\n'
        'echo "{\\"reason\\":\\"compiler-artifact\\",\\"executable\\":\\"$BUILT\\",\\"fresh\\":true}"\n'
    )
    for tool in tools.iterdir():
        tool.chmod(0o755)
    (tmp_path / "target").mkdir()
    environment = os.environ | {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "CALLS": str(tmp_path / "calls"),
        "BUILT": str(tmp_path / "target" / "gap"),
    }

    def run(name: str, *arguments):
        command = [str(checkout / "deployment" / "docker" / name), *map(str, arguments)]
        ended = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=30)
        calls = tmp_path / "calls"
        return ended, calls.read_text().splitlines() if calls.exists() else []

    return run


def test_the_page_comes_before_the_program(sources, tmp_path):
    said, calls = sources("build-program.sh", tmp_path / "out" / "gap")
    assert said.returncode == 1 and "build-page.sh" in said.stderr and calls == []

    said, calls = sources("build-page.sh", tmp_path / "out" / "dist")
    assert said.returncode == 0, said.stderr
    assert [call.split()[1] for call in calls] == ["ci", "run"]
    assert (tmp_path / "out" / "dist" / "index.html").read_text() == "page\n"

    said, calls = sources("build-program.sh", "out/gap")
    assert said.returncode == 0, said.stderr
    assert "--locked" in calls[-1] and "--release" in calls[-1]
    assert (tmp_path / "out" / "gap").read_text() == "program"
    said, calls = sources("build-program.sh", "out/gap", "--profile", "quick")
    assert said.returncode == 0 and "--profile quick" in calls[-1] and "--release" not in calls[-1]


def test_the_dockerfile_runs_each_script_and_ends_without_root():
    text = (DOCKER / "Dockerfile").read_text()
    for name in ("build-page.sh", "build-program.sh", "make-root.sh"):
        assert name in text
        assert os.access(DOCKER / name, os.X_OK), name
    stages = re.split(r"^FROM ", text, flags=re.M)
    last = stages[-1]
    assert last.startswith("scratch\n")
    assert f"\nUSER {USER}:{USER}\n" in last
    assert re.search(r'^HEALTHCHECK .*CMD \["gap", "healthcheck"\]$', last, re.M)
    assert "\nVOLUME /data\n" in last and "\nEXPOSE 7860\n" in last
    assert f"USER_ID={USER}\n" in (DOCKER / "make-root.sh").read_text()
    # The toolchain is the one that the repository asks for.
    channel = re.search(r'channel = "([\d.]+)"', (ROOT / "rust-toolchain.toml").read_text()).group(1)
    assert set(re.findall(r"rust:([\d.]+)-|RUSTUP_TOOLCHAIN=([\d.]+)", text)) == {(channel, ""), ("", channel)}


def test_nothing_private_is_sent_to_the_builder():
    rules = [line for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*", "what is not named stays here"
    admitted = {rule[1:].split("/")[0] for rule in rules if rule.startswith("!")}
    assert not admitted & {".env", "data", "logs", "backups", ".run", ".git", "target", "gap.toml"}
    assert {"**/.env", "**/node_modules", "**/target"} <= set(rules)
    members = re.search(r"members = \[(.*?)\]", (ROOT / "Cargo.toml").read_text()).group(1)
    assert {name.split("/")[0] for name in re.findall(r'"([^"]+)"', members)} <= admitted, "cargo wants every member"


def test_compose_describes_one_service_whose_data_stays():
    compose = yaml.safe_load((DOCKER / "docker-compose.yml").read_text())
    backend = compose["services"]["backend"]
    assert backend["ports"] == ["${PORT:-7860}:7860"]
    assert backend["volumes"] == ["gap-data:/data"]
    assert compose["volumes"] == {"gap-data": {"name": "gap-data"}}
    assert backend["user"] == f"{USER}:{USER}" and backend["read_only"] and backend["cap_drop"] == ["ALL"]
    assert backend["healthcheck"]["test"] == ["CMD", "gap", "healthcheck"]
    build = (DOCKER / backend["build"]["context"]).resolve()
    assert build == ROOT and (build / backend["build"]["dockerfile"]).is_file()
    assert (DOCKER / backend["env_file"][0]["path"]).resolve() == ROOT / ".env" and backend["env_file"][0]["required"] is False
    # Every name that it sets is one that the gateway reads.
    environment = {name: re.sub(r"\$\{\w+:-(\w*)\}", r"\1", value) for name, value in backend["environment"].items()}
    checked = subprocess.run([str(gap_binary()), "config", "check"], env=environment, capture_output=True, text=True, cwd="/", timeout=20)
    assert checked.returncode == 0 and "unknown" not in checked.stdout, checked.stdout + checked.stderr
    assert int(re.match(r"(\d+)s$", backend["stop_grace_period"]).group(1)) > 30, "longer than streams may take to end"


def test_no_command_removes_a_volume():
    for name in (ROOT / "deploy.sh", DOCKER / "commands.sh"):
        text = name.read_text()
        assert not re.search(r"volume (rm|prune)|down\b.*(-v\b|--volumes)|prune.*--volumes|rm -\w*v", text), name
