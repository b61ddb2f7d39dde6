"""aider, run as a person would, in a home folder of its own. It calls no tools: its edits are words of a form."""

import os
import pathlib
import shutil
import subprocess
import sys

from common import KEY, MODEL, OPENAI_URL, ok, version

version("aider-chat")
HOME = pathlib.Path("home").resolve()
shutil.rmtree(HOME, ignore_errors=True)
(HOME / "project").mkdir(parents=True)
AIDER = pathlib.Path(sys.executable).with_name("aider")
QUIET = "--no-git --no-pretty --yes-always --no-check-update --no-analytics --no-show-model-warnings --map-tokens 0".split()
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": str(HOME),
    "OPENAI_API_BASE": OPENAI_URL,
    "OPENAI_API_KEY": KEY,
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}


def aider(prompt: str, *more: str) -> str:
    """What one run prints."""
    # Its histories would go to the root of the repository around us.
    histories = ["--chat-history-file", HOME / "chat.md", "--input-history-file", HOME / "input"]
    arguments = [AIDER, "--model", f"openai/{MODEL}", *QUIET, *histories, "--message", prompt, *more]
    run = subprocess.run(arguments, cwd=HOME / "project", env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    return run.stdout


assert "Hello from upstream" in aider('[[sim: text="Hello from upstream"]]', "--chat-mode", "ask", "--no-stream")
ok("chat")
assert len(aider("[[sim: chunks=8 chunk_bytes=40]]", "--chat-mode", "ask", "--stream")) > 300
ok("stream")
said = aider('[[sim: text="answer.txt\\n```\\nheron\\n```\\n"]] Write it.', "--edit-format", "whole", "answer.txt")
assert (HOME / "work/answer.txt").read_text() == "heron\n", said
ok("task")
