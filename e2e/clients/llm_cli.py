"""llm, the command line tool, run as a person would."""

import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

from common import CHAT, HELLO, KEY, LONG, MISSING, MODEL, OPENAI_URL, PICTURE, RED, SEEN, SIGNING, STREAM, ok, version

version("llm")
HOME = pathlib.Path("home").resolve()
shutil.rmtree(HOME, ignore_errors=True)
HOME.mkdir()
entry = "- model_id: {0}\n  model_name: {0}\n  api_base: {1}\n  api_key_name: gap\n  vision: true\n  supports_tools: true\n  supports_schema: true\n"
models = "".join(entry.format(name, OPENAI_URL) for name in (MODEL, SIGNING, MISSING))
(HOME / "extra-openai-models.yaml").write_text(models)
(HOME / "keys.json").write_text(json.dumps({"gap": KEY}))
(HOME / "picture.png").write_bytes(base64.b64decode(PICTURE))
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": str(HOME), "LLM_USER_PATH": str(HOME)}
LINE = [pathlib.Path(sys.executable).with_name("llm")]
OPTIONS = {"cwd": HOME, "env": ENVIRONMENT, "stdin": subprocess.DEVNULL, "text": True}


def llm(*arguments, status=0):
    """What one run prints."""
    run = subprocess.run([*LINE, *arguments], capture_output=True, timeout=120, **OPTIONS)
    assert run.returncode == status, f"{run.stdout}\n{run.stderr}"
    return run.stdout.strip() or run.stderr


assert llm("-m", MODEL, "--no-stream", CHAT) == HELLO
ok("chat")
assert len(llm("-m", MODEL, STREAM)) > 300
ok("stream")
functions = 'def current_weather(city: str) -> str:\n    "Says the weather."\n    return f"It is sunny in {city}."\n'
asked = '[[sim: calls=current_weather,current_weather]] [[sim: step=2 text="It is sunny."]] Oslo and Rome?'
for more in ([], ["--no-stream"]):
    assert llm("-m", SIGNING, "--functions", functions, asked, *more).endswith("It is sunny.")
ok("tools")
assert '"minutes"' in llm("-m", MODEL, "--schema", "name, minutes int", "A recipe")
ok("schema")
assert llm("-m", MODEL, "-a", "picture.png", SEEN) == RED
ok("vision")
assert MISSING in llm("-m", MISSING, CHAT, status=1)
ok("errors")
run = subprocess.Popen([*LINE, "-m", MODEL, LONG], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **OPTIONS)
assert run.stdout.read(20)
run.send_signal(signal.SIGINT)
run.wait(20)
ok("cancel")
