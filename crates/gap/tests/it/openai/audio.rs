//! Speech and transcripts.

use rstest::rstest;
use serde_json::{Value, json};

use super::{client, error_of, sent};
use crate::support::app::ACCESS_KEY;
use crate::support::client::Client;
use crate::support::{Reply, TestApp};

const SPEAK: &str = "/v1/audio/speech";
const WRITE: &str = "/v1/audio/transcriptions";
const TRANSLATE: &str = "/v1/audio/translations";
const VOICE: &str = "gemini-2.5-flash-preview-tts";
const MODEL: &str = "gemini-2.5-flash";
const WAV: &[u8] = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\xC0\x5D\0\0\x80\xBB\0\0\x02\0\x10\0data\0\0\0\0";

async fn speak(app: &TestApp, body: Value) -> Reply {
    client(app).post(SPEAK, body.to_string()).await
}

async fn listen(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> Reply {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(head.as_bytes());
    }
    body.extend_from_slice(b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n");
    body.extend_from_slice(WAV);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let client = Client::new(app.address, None).header("authorization", &format!("Bearer {ACCESS_KEY}"));
    client.header("content-type", "multipart/form-data; boundary=b").post(path, body).await
}

/// What the simulator is told to say.
fn saying(text: &str) -> String {
    format!("[[sim: text={}]]", json!(text))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_read_aloud() {
    let app = TestApp::start().await;
    let wav = speak(&app, json!({ "model": VOICE, "input": "hi", "voice": "Kore", "response_format": "wav" })).await;
    assert_eq!(
        (wav.status.as_u16(), wav.header("content-type"), wav.header("x-gap-warnings")),
        (200, Some("audio/wav"), None)
    );
    let samples = u32::from_le_bytes(wav.body[40..44].try_into().unwrap()) as usize;
    assert!(wav.body.starts_with(b"RIFF") && samples > 0 && wav.body.len() == 44 + samples);
    let pcm = json!({ "model": VOICE, "input": "hi", "voice": { "id": "Puck" }, "response_format": "pcm", "instructions": "Say it cheerfully." });
    let pcm = speak(&app, pcm).await;
    assert_eq!((pcm.header("content-type"), &pcm.body[..]), (Some("audio/pcm"), &wav.body[44..]));
    let sent: Value = serde_json::from_str(&sent(&app)[1]).unwrap();
    assert_eq!(sent["contents"][0]["parts"][0]["text"], "Say it cheerfully:\nhi");
    let config = &sent["generationConfig"];
    assert_eq!(config["responseModalities"], json!(["AUDIO"]));
    assert_eq!(config["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"], "Puck");

    // Who says nothing would get MP3 at OpenAI.
    let usual = speak(&app, json!({ "model": VOICE, "input": "hi", "voice": "alloy" })).await;
    assert_eq!(usual.header("content-type"), Some("audio/wav"));
    let warnings = usual.header("x-gap-warnings").unwrap();
    assert!(warnings.contains("response_format") && warnings.contains("voice"), "{warnings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn speech_is_streamed_as_events() {
    let app = TestApp::start().await;
    let body =
        json!({ "model": VOICE, "input": "hi", "voice": "Kore", "response_format": "wav", "stream_format": "sse" });
    let reply = speak(&app, body).await;
    let events: Vec<Value> = reply
        .text()
        .split_terminator("\n\n")
        .map(|frame| serde_json::from_str(frame.strip_prefix("data: ").unwrap()).unwrap())
        .collect();
    assert_eq!(events[0]["type"], "speech.audio.delta");
    assert!(events[0]["audio"].as_str().unwrap().starts_with("UklGR"), "it begins with the header");
    let done = events.last().unwrap();
    assert_eq!(done["type"], "speech.audio.done");
    assert!(done["usage"]["input_tokens"].as_u64().unwrap() > 0);
}

#[rstest]
#[case(json!({ "input": "x", "voice": "Kore" }), "model")]
#[case(json!({ "model": MODEL, "input": "x", "voice": "Kore" }), "model")]
#[case(json!({ "model": VOICE, "voice": "Kore" }), "input")]
#[case(json!({ "model": VOICE, "input": "", "voice": "Kore" }), "input")]
#[case(json!({ "model": VOICE, "input": "x" }), "voice")]
#[case(json!({ "model": VOICE, "input": "x", "voice": 7 }), "voice")]
#[case(json!({ "model": VOICE, "input": "x", "voice": "Kore", "response_format": "mp3" }), "response_format")]
#[case(json!({ "model": VOICE, "input": "x", "voice": "Kore", "stream_format": "wav" }), "stream_format")]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_spoken_is_said_by_its_field(#[case] body: Value, #[case] field: &str) {
    let app = TestApp::start().await;
    let (status, message, param, _) = error_of(&speak(&app, body).await);
    assert_eq!((status, param.as_deref()), (400, Some(field)), "{message}");
    assert_eq!(app.arrived(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_is_blocked_is_a_refusal() {
    let app = TestApp::start().await;
    let body = json!({ "model": VOICE, "input": "[[sim: block=SAFETY]] x", "voice": "Kore", "response_format": "wav" });
    let (status, message, ..) = error_of(&speak(&app, body).await);
    assert_eq!(status, 400, "{message}");
    assert!(message.contains("SAFETY"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_written_down() {
    let app = TestApp::start().await;
    let prompt = saying("Grüße \"aus\" Berlin.");
    let fields = [("model", MODEL), ("language", "de"), ("prompt", prompt.as_str()), ("temperature", "0")];
    let reply = listen(&app, WRITE, &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    assert_eq!(answer["text"], "Grüße \"aus\" Berlin.");
    assert_eq!(answer["usage"]["type"], "tokens");
    assert!(answer["usage"]["input_token_details"]["audio_tokens"].as_u64().unwrap() > 0);
    let sent: Value = serde_json::from_str(&sent(&app)[0]).unwrap();
    assert_eq!(sent["contents"][0]["parts"][0]["inlineData"]["mimeType"], "audio/wav");
    assert!(sent["contents"][0]["parts"][1]["text"].as_str().unwrap().contains("Spoken is: de."));
    assert_eq!(sent["generationConfig"]["temperature"], json!(0));

    let text = listen(&app, TRANSLATE, &[("model", MODEL), ("prompt", &prompt), ("response_format", "text")]).await;
    assert_eq!(
        (text.header("content-type"), text.text()),
        (Some("text/plain; charset=utf-8"), "Grüße \"aus\" Berlin.\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_is_streamed() {
    let app = TestApp::start().await;
    let prompt = saying("One two three four five.").replace("]]", " chunk_bytes=5]]");
    let reply = listen(&app, WRITE, &[("model", MODEL), ("stream", "true"), ("prompt", &prompt)]).await;
    let events: Vec<Value> = reply
        .text()
        .split_terminator("\n\n")
        .map(|frame| serde_json::from_str(frame.strip_prefix("data: ").unwrap()).unwrap())
        .collect();
    let text: String = events.iter().filter_map(|event| event["delta"].as_str()).collect();
    let done = events.last().unwrap();
    assert!(events.len() > 2 && text == "One two three four five.", "{text}");
    assert_eq!((&done["type"], &done["text"]), (&json!("transcript.text.done"), &json!(text)));
}

#[tokio::test(flavor = "multi_thread")]
async fn times_become_subtitles() {
    let app = TestApp::start().await;
    let timed = json!({ "language": "english", "duration": 4.5, "segments": [
        { "start": 0, "end": 1.25, "text": "Hello --> there." }, { "start": 1.25, "end": 3_661.0, "text": " How\nare you? " }
    ] });
    let prompt = saying(&timed.to_string());
    let ask = async |format: &str| {
        listen(&app, WRITE, &[("model", MODEL), ("prompt", &prompt), ("response_format", format)]).await
    };
    for (format, kind, expected) in [
        (
            "srt",
            "text/plain; charset=utf-8",
            "1\n00:00:00,000 --> 00:00:01,250\nHello -> there.\n\n2\n00:00:01,250 --> 01:01:01,000\nHow are you?\n\n",
        ),
        (
            "vtt",
            "text/vtt; charset=utf-8",
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nHello -> there.\n\n00:00:01.250 --> 01:01:01.000\nHow are you?\n\n",
        ),
    ] {
        let reply = ask(format).await;
        assert_eq!((reply.header("content-type"), reply.text()), (Some(kind), expected));
    }
    let verbose = ask("verbose_json").await.json();
    assert_eq!((&verbose["task"], &verbose["language"]), (&json!("transcribe"), &json!("english")));
    assert_eq!(verbose["segments"][0]["end"], json!(1.25));
    assert!(verbose["segments"][0]["avg_logprob"].is_null(), "nothing is made up");
    let sent: Value = serde_json::from_str(&sent(&app)[0]).unwrap();
    assert_eq!(sent["generationConfig"]["responseMimeType"], "application/json");
    assert!(sent["generationConfig"]["responseJsonSchema"]["properties"]["segments"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_is_said_by_its_field() {
    let app = TestApp::start().await;
    let model = ("model", MODEL);
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[], "model"),
        (&[("model", "gemini-2.5-flash-image")], "model"),
        (&[model, ("response_format", "diarized_json")], "response_format"),
        (&[model, ("response_format", "srt"), ("stream", "true")], "stream"),
        (&[model, ("temperature", "warm")], "temperature"),
        (&[model, ("timestamp_granularities[]", "letter")], "timestamp_granularities[0]"),
    ];
    for (fields, field) in cases {
        let (status, message, param, _) = error_of(&listen(&app, WRITE, fields).await);
        assert_eq!((status, param.as_deref()), (400, Some(field)), "{message}");
    }
    let warned = listen(&app, WRITE, &[model, ("include[]", "logprobs")]).await;
    assert!(warned.header("x-gap-warnings").unwrap().contains("include"));
    assert_eq!(app.arrived(), 1);
}
