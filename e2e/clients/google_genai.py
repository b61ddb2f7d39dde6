"""google-genai, Google's SDK for Python."""

import base64

from google import genai
from google.genai import errors, types

from common import (
    CHAT, FUNCTIONS, HELLO, KEY, LONG, MISSING, MODEL, PICTURE, RED, RESTING, SEEN, SEVERAL, SIGNING, STREAM, SUNNY,
    URL, ok, raised, version,
)  # fmt: skip
from schemas import ASKED, Owner, check

version("google-genai")
client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=URL))


def ask(contents, model=MODEL, **config):
    return client.models.generate_content(model=model, contents=contents, config=types.GenerateContentConfig(**config))


assert ask(CHAT).text == HELLO
ok("chat")
chunks = list(client.models.generate_content_stream(model=MODEL, contents=STREAM))
assert len(chunks) >= 8 and chunks[-1].usage_metadata.candidates_token_count > 0
ok("stream")
answer = ask(SEVERAL, SIGNING, tools=list(FUNCTIONS.values()))
assert answer.text == SUNNY and len(answer.automatic_function_calling_history) >= 5
chat = client.chats.create(model=SIGNING, config=types.GenerateContentConfig(tools=list(FUNCTIONS.values())))
assert "".join(chunk.text or "" for chunk in chat.send_message_stream(SEVERAL)) == SUNNY
ok("tools")
check(ask(ASKED, response_mime_type="application/json", response_schema=Owner).parsed)
form = Owner.model_json_schema()
check(Owner.model_validate_json(ask(ASKED, response_mime_type="application/json", response_json_schema=form).text))
ok("schema")
picture = types.Part.from_bytes(data=base64.b64decode(PICTURE), mime_type="image/png")
assert ask([SEEN, picture]).text == RED
ok("vision")
found = ask('[[sim: text="Herons fish."]] What do herons do?', tools=[types.Tool(google_search=types.GoogleSearch())])
assert found.text == "Herons fish." and found.candidates[0].grounding_metadata.grounding_chunks
ok("search")
raised(errors.ClientError, lambda: ask(CHAT, MISSING), "404", MISSING)
if RESTING:
    error = raised(errors.ClientError, lambda: ask(CHAT, RESTING), "429")
    assert any("retryDelay" in detail for detail in error.details["error"]["details"])
ok("errors")
stream = client.models.generate_content_stream(model=MODEL, contents=LONG)
for count, _ in enumerate(stream):
    if count == 3:
        break
stream.close()
ok("cancel")
