"""Pictures, sound and legacy completions, as OpenAI's own SDK uses them."""

import base64
import io
import json
import wave

import openai as sdk
import pytest

DRAWS = "gemini-2.5-flash-image"
IMAGEN = "imagen-4.0-generate-001"
SPEAKS = "gemini-2.5-flash-preview-tts"
HEARS = "gemini-2.5-flash"
PNG = b"\x89PNG\r\n\x1a\n"
# One red pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)


def recording() -> io.BytesIO:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    file.seek(0)
    file.name = "note.wav"
    return file


def said(text: str) -> str:
    return f"[[sim: text={json.dumps(text)}]]"


@pytest.mark.parametrize("model", [DRAWS, IMAGEN])
def test_pictures_are_made(openai, model):
    answer = openai.images.generate(model=model, prompt="a cat", n=2, size="1024x1024", response_format="b64_json")
    assert len(answer.data) == 2 and answer.created > 1_700_000_000
    assert all(base64.b64decode(each.b64_json).startswith(PNG) for each in answer.data)
    assert answer.output_format == "png" and answer.usage.total_tokens > 0


def test_pictures_are_streamed(openai):
    events = list(openai.images.generate(model=DRAWS, prompt="a cat", n=2, stream=True, partial_images=1))
    assert [event.type for event in events] == ["image_generation.completed"] * 2
    assert base64.b64decode(events[0].b64_json).startswith(PNG) and events[-1].usage.total_tokens > 0


def test_pictures_are_changed(openai, gap):
    files = [("one.png", PIXEL, "image/png"), ("two.png", PIXEL, "image/png")]
    answer = openai.images.edit(model=DRAWS, image=files, prompt="put them together", response_format="url")
    assert answer.data[0].url.startswith("data:image/png;base64,")
    one = openai.images.edit(model=DRAWS, image=io.BytesIO(PIXEL), prompt="a hat")
    assert base64.b64decode(one.data[0].b64_json).startswith(PNG)


def test_pictures_that_cannot_be_made_are_refused_by_field(openai):
    with pytest.raises(sdk.BadRequestError) as caught:
        openai.images.generate(model=DRAWS, prompt="a cat", background="transparent")
    assert caught.value.param == "background"
    with pytest.raises(sdk.BadRequestError) as caught:
        openai.images.generate(model=DRAWS, prompt="[[sim: block=SAFETY]]")
    assert caught.value.code == "moderation_blocked"


def test_speech_is_a_file_that_plays(openai):
    answer = openai.audio.speech.create(model=SPEAKS, voice="alloy", input="Hello", response_format="wav")
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 24_000)
        assert sound.getnframes() > 0
    with openai.audio.speech.with_streaming_response.create(
        model=SPEAKS, voice="Kore", input="Hello", response_format="pcm", instructions="Whisper"
    ) as stream:
        assert len(b"".join(stream.iter_bytes())) % 2 == 0
    for known, start in (("opus", b"OggS"), ("flac", b"fLaC")):
        answer = openai.audio.speech.create(model=SPEAKS, voice="Kore", input="Hello", response_format=known)
        assert answer.content.startswith(start)
    unnamed = openai.audio.speech.with_raw_response.create(model=SPEAKS, voice="Kore", input="Hello")
    assert unnamed.headers["content-type"] == "audio/wav" and "mp3" in unnamed.headers["x-gap-warnings"]
    with pytest.raises(sdk.BadRequestError) as caught:
        openai.audio.speech.create(model=SPEAKS, voice="Kore", input="Hello", response_format="mp3")
    assert caught.value.param == "response_format" and "opus" in str(caught.value)


def test_recordings_are_written_down(openai):
    ask = dict(model=HEARS, prompt=said("Guten Tag, die Dame."))
    assert openai.audio.transcriptions.create(file=recording(), language="de", **ask).text == "Guten Tag, die Dame."
    assert openai.audio.translations.create(file=recording(), **ask).text == "Guten Tag, die Dame."
    text = openai.audio.transcriptions.create(file=recording(), response_format="text", **ask)
    assert text.strip() == "Guten Tag, die Dame."
    events = list(openai.audio.transcriptions.create(file=recording(), stream=True, **ask))
    assert "".join(event.delta for event in events[:-1]) == events[-1].text == "Guten Tag, die Dame."


def test_recordings_are_written_down_with_times(openai):
    segments = [{"start": 0, "end": 1.5, "text": "One."}, {"start": 1.5, "end": 2, "text": "Two."}]
    words = [{"start": 0, "end": 1.5, "word": "One."}]
    answer = {"language": "english", "duration": 2, "segments": segments, "words": words}
    ask = dict(model=HEARS, prompt=said(json.dumps(answer)))
    srt = openai.audio.transcriptions.create(file=recording(), response_format="srt", **ask)
    assert srt.startswith("1\n00:00:00,000 --> 00:00:01,500\nOne.\n\n2\n")
    verbose = openai.audio.transcriptions.create(
        file=recording(), response_format="verbose_json", timestamp_granularities=["word", "segment"], **ask
    )
    assert verbose.text == "One. Two." and verbose.language == "english"
    assert verbose.segments[1].start == 1.5 and verbose.words[0].word == "One."


def test_legacy_completions(openai):
    prompt = "[[sim: chunks=4 chunk_bytes=20]] Once"
    whole = openai.completions.create(model=HEARS, prompt=prompt, max_tokens=400, echo=True)
    assert whole.choices[0].text.startswith(prompt) and whole.choices[0].finish_reason == "stop"
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
    both = openai.completions.create(model=HEARS, prompt=[said("one"), said("two")])
    assert [choice.text for choice in both.choices] == ["one", "two"] and both.choices[1].index == 1
    chunks = list(openai.completions.create(model=HEARS, prompt=prompt, stream=True))
    assert prompt + "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text


def test_google_s_own_tools_in_chat(openai, gap):
    messages = [{"role": "user", "content": said("Rain in Bern.")}]
    for how in (
        dict(tools=[{"type": "google_search"}, {"type": "url_context"}]),
        dict(extra_body={"google": {"tools": [{"google_search": {}}, {"url_context": {}}]}}),
        dict(extra_body={"extra_body": {"google": {"tools": [{"googleSearch": {}}, {"urlContext": {}}]}}}),
    ):
        gap.sim.reset()
        answer = openai.chat.completions.create(model=HEARS, messages=messages, **how)
        message = answer.choices[0].message
        assert answer.choices[0].extra_content["google"]["grounding_metadata"]
        assert message.annotations and message.annotations[0].type == "url_citation"
        again = openai.chat.completions.create(
            model=HEARS, messages=messages + [message, {"role": "user", "content": "And now?"}], **how
        )
        assert again.choices[0].message.content
