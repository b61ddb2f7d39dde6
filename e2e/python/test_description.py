"""The admin API does what /openapi.json says of it: schemathesis makes up requests from it, good and bad ones."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).parent / "admin_api"
ADMIN = "an-administrators-key"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kept", ["memory", "database"])
def test_no_answer_is_a_crash_or_undocumented(start, tmp_path, kept):
    pair = start(settings={"ADMIN_API_KEY": ADMIN, "SECRET_KEY": "k" * 40, "KEY_STORAGE_MODE": kept})
    command = [
        str(pathlib.Path(sys.executable).with_name("st")),
        f"--config-file={FOLDER / 'schemathesis.toml'}",
        "run",
        f"{pair.gateway.url}/openapi.json",
        f"--header=Authorization: Bearer {ADMIN}",
        "--no-color",
    ]
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment |= {"SCHEMATHESIS_HOOKS": "addresses", "PYTHONPATH": str(FOLDER)}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=110)
    said = run.stdout[run.stdout.find("FAILURES") :] + run.stderr
    assert run.returncode == 0, said
    selected, known, tested = map(int, re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", run.stdout).groups())
    assert selected == tested == known - 2, "all but the two streams that never end"
    # Else most of it would have been spent at the door.
    assert "Rate limited" not in run.stdout, said
    log = pair.gateway.log.read_text()
    assert "panicked" not in log
    assert ADMIN not in log
