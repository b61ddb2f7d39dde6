//! Texts, images, sounds and files.

use bytes::Bytes;
use gap_protocol::call::{Feature, Fetched, PendingKind};
use serde_json::{Value, json};

use super::{ask, body};

const FILES: &str = "https://generativelanguage.googleapis.com/v1beta/";
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn part(part: Value) -> super::Asked {
    ask("gemini-2.5-flash", json!({"messages": [{"role": "user", "content": [part]}]}))
}

fn sent(given: Value) -> Value {
    part(given).body()["contents"][0]["parts"][0].clone()
}

fn image(url: &str) -> Value {
    json!({"type": "image_url", "image_url": {"url": url}})
}

#[test]
fn texts_pass_to_the_letter() {
    let text = "  Ünïcode \u{1F600} \"quoted\" \\ \n\t end ";
    assert_eq!(sent(json!({"type": "text", "text": text})), json!({"text": text}));
    assert_eq!(sent(json!("bare")), json!({"text": "bare"}));
}

// wire 100
#[test]
fn data_urls_are_read_leniently() {
    let inline = |mime: &str, data: &str| json!({"inlineData": {"mimeType": mime, "data": data}});
    let url_safe = PNG.replace('+', "-").replace('/', "_");
    let broken_lines = PNG.split_at(20);
    for url in [
        format!("data:image/png;base64,{PNG}"),
        format!("DATA:image/png;charset=utf-8;base64,{PNG}"),
        format!("data:;base64,{PNG}"),
        format!("data:image/png;base64,{url_safe}"),
        format!("data:image/png;base64,{}", PNG.trim_end_matches('=')),
        format!("data:image/png;base64,{}\r\n {}", broken_lines.0, broken_lines.1),
        format!("data:image/png;base64,{}", PNG.replace('=', "%3D")),
    ] {
        assert_eq!(sent(image(&url)), inline("image/png", PNG), "{url}");
    }
    assert_eq!(
        sent(json!({"type": "file", "file": {"file_data": "data:text/plain,a%20b"}})),
        inline("text/plain", "YSBi")
    );
}

// PHP and others write \/ for /, which is the same text.
#[test]
fn escaped_slashes_in_data_urls_are_no_fault() {
    let request = format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"data:image\/png;base64,{}"}}}}]}}]}}"#,
        PNG.replace('/', "\\/")
    );
    let call = super::call_of(&request);
    assert_eq!(body(&call)["contents"][0]["parts"][0]["inlineData"]["data"], PNG);
}

// wire 101
#[test]
fn types_are_what_the_bytes_say_and_what_nobody_reads_is_refused() {
    assert_eq!(sent(image(&format!("data:image/jpg;base64,{PNG}")))["inlineData"]["mimeType"], "image/png");
    assert_eq!(sent(image("data:image/jpg;base64,AAECAwQF"))["inlineData"]["mimeType"], "image/jpeg");
    let refusals = [
        ("data:image/gif;base64,R0lGODlhAQABAAAAACw=", "reads no image/gif"),
        ("data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=", "reads no SVG"),
        ("data:image/png;base64,", "is empty"),
        ("data:image/png;base64,!!!!", "is not base64"),
        ("data:image/png;base64", "needs a comma"),
        ("data:text/plain;base64,aGVsbG8=", "must be an image"),
        ("gs://bucket/x.png", "Cloud Storage"),
        ("ftp://x.test/a.png", "must be an https address"),
        ("", "must be an https address"),
    ];
    for (url, reason) in refusals {
        let refusal = part(image(url)).refusal();
        let field = "messages[0].content[0].image_url.url: ";
        assert!(refusal.starts_with(field) && refusal.contains(reason), "{url}: {refusal}");
    }
}

// wire 102
#[test]
fn addresses_are_left_to_the_service_to_fetch() {
    let asked = ask(
        "gemini-2.5-flash",
        json!({"messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "compare"},
                image("https://x.test/a.png"),
                {"type": "image_url", "image_url": "http://x.test/b.png"},
                {"type": "file", "file": {"file_url": "https://x.test/c.pdf"}},
            ]},
        ]}),
    );
    let decoded = asked.decode().unwrap();
    let pending: Vec<_> =
        decoded.pending().iter().map(|pending| (pending.url.as_str(), pending.kind, pending.field.as_str())).collect();
    assert_eq!(
        pending,
        [
            ("https://x.test/a.png", PendingKind::Image, "messages[0].content[1].image_url.url"),
            ("http://x.test/b.png", PendingKind::Image, "messages[0].content[2].image_url"),
            ("https://x.test/c.pdf", PendingKind::File, "messages[0].content[3].file.file_url"),
        ]
    );
    let bytes = |data: &'static [u8]| Fetched::Bytes { data: Bytes::from_static(data), content_type: None };
    let uri = Fetched::Uri { uri: "https://x.test/b.png".into(), mime_type: None };
    let call = decoded.finish(&[bytes(b"\x89PNG\r\n\x1A\n"), uri, bytes(b"%PDF-1.7")]).unwrap();
    assert_eq!(
        body(&call)["contents"][0]["parts"],
        json!([
            {"text": "compare"},
            {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
            {"fileData": {"fileUri": "https://x.test/b.png"}},
            {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0xLjc="}},
        ])
    );
}

// wire 102
#[test]
fn films_of_youtube_and_files_at_google_go_by_name() {
    let film = json!({"type": "video_url", "video_url": {"url": "https://www.youtube.com/watch?v=9hE5-98ZeCg"}, "video_metadata": {"fps": 2, "start_offset": "10s"}});
    assert_eq!(
        sent(film),
        json!({"fileData": {"fileUri": "https://www.youtube.com/watch?v=9hE5-98ZeCg"}, "videoMetadata": {"fps": 2, "start_offset": "10s"}})
    );
    for id in ["files/abc-123", "https://generativelanguage.googleapis.com/v1beta/files/abc-123"] {
        let call = part(json!({"type": "file", "file": {"file_id": id}})).call();
        assert_eq!(
            body(&call)["contents"][0]["parts"][0],
            json!({"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc-123"}})
        );
        // The file belongs to one project, which has to answer.
        assert_eq!(call.resources, ["files/abc-123"]);
    }
}

// wire 104
#[test]
fn sounds_and_files_are_mapped() {
    let wav = "UklGRiQAAABXQVZFZm10IA==";
    assert_eq!(
        sent(json!({"type": "input_audio", "input_audio": {"data": wav, "format": "wav"}})),
        json!({"inlineData": {"mimeType": "audio/wav", "data": wav}})
    );
    assert_eq!(
        sent(json!({"type": "input_audio", "input_audio": {"data": "AAECAwQF", "format": "mp3"}}))["inlineData"]["mimeType"],
        "audio/mp3"
    );
    let pdf = "JVBERi0xLjcK";
    for file in [
        json!({"file_data": format!("data:application/pdf;base64,{pdf}"), "filename": "a.pdf"}),
        json!({"file_data": pdf, "filename": "a.txt"}),
        json!({"file_data": pdf}),
    ] {
        assert_eq!(
            sent(json!({"type": "file", "file": file})),
            json!({"inlineData": {"mimeType": "application/pdf", "data": pdf}})
        );
    }
    assert_eq!(
        sent(json!({"type": "file", "file": {"file_data": "AAECAwQF", "filename": "clip.mov"}}))["inlineData"]["mimeType"],
        "video/mov"
    );
}

#[test]
fn parts_that_cannot_be_understood_are_refused_by_their_path() {
    let cases = [
        (json!({"type": "smell", "smell": 1}), "messages[0].content[0].type: \"smell\" is no kind of part"),
        (json!({"type": "text"}), "messages[0].content[0].text: is needed"),
        (json!({"type": "text", "text": 7}), "messages[0].content[0].text: must be a string, not a number"),
        (json!(7), "messages[0].content[0]: must be an object, not a number"),
        (json!({"type": "image_url"}), "messages[0].content[0].image_url: is needed"),
        (json!({"type": "image_url", "image_url": {}}), "messages[0].content[0].image_url.url: is needed"),
        (json!({"type": "image_url", "image_url": 7}), "messages[0].content[0].image_url: must be a string"),
        (json!({"type": "file", "file": {}}), "messages[0].content[0].file: a file needs its data"),
        (
            json!({"type": "file", "file": {"file_id": "file-abc"}}),
            "messages[0].content[0].file.file_id: \"file-abc\" is no file of the Gemini API",
        ),
        (
            json!({"type": "image_url", "image_url": {"url": "https://x.test", "detail": "sharp"}}),
            "messages[0].content[0].image_url.detail: must be auto, low or high",
        ),
        (json!({"type": "input_audio", "input_audio": {}}), "messages[0].content[0].input_audio.data: is needed"),
    ];
    for (given, expected) in cases {
        let refusal = part(given.clone()).refusal();
        assert!(refusal.starts_with(expected), "{given}: {refusal}");
    }
    let content = ask("m", json!({"messages": [{"role": "user", "content": 7}]})).refusal();
    assert_eq!(content, "messages[0].content: must be a string or an array of parts, not a number");
    let system = ask("m", json!({"messages": [{"role": "system", "content": [image(&format!("data:,{PNG}"))]}]}));
    assert!(system.refusal().starts_with("messages[0].content"), "{}", system.refusal());
}

#[test]
fn how_finely_images_are_looked_at_is_told_where_it_can_be() {
    let given =
        json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{PNG}"), "detail": "high"}});
    let messages = json!({"messages": [{"role": "user", "content": [given]}]});
    let level = |asked: &super::Asked| asked.body()["contents"][0]["parts"][0].get("mediaResolution").cloned();
    let newer = ask("gemini-3-flash-preview", messages.clone());
    assert_eq!(level(&newer), Some(json!({"level": "MEDIA_RESOLUTION_HIGH"})));
    let older = ask("gemini-2.5-flash", messages);
    assert_eq!((level(&older), older.warnings().len()), (None, 1));
    let refused = newer.with(|asked| asked.refused = asked.refused.with(Feature::MediaResolution));
    assert_eq!((level(&refused), refused.warnings().len()), (None, 1));
}

// wire 74
#[test]
fn images_in_results_stay_inside_where_the_model_reads_them_there() {
    let messages = json!({"messages": [
        {"role": "user", "content": "look"},
        {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "shot", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "done"}, image(&format!("data:image/png;base64,{PNG}"))]},
    ]});
    let inline = json!({"inlineData": {"mimeType": "image/png", "data": PNG}});
    let newer = ask("gemini-3-flash-preview", messages.clone()).body();
    let response = &newer["contents"][2]["parts"][0]["functionResponse"];
    assert_eq!((&response["response"], &response["parts"]), (&json!({"result": "done"}), &json!([inline])));
    let mut by_address = messages.clone();
    by_address["messages"][2]["content"][1] = json!({"type": "file", "file": {"file_id": "files/abc"}});
    let behind = ask("gemini-3-flash-preview", by_address).body();
    assert_eq!(behind["contents"][2]["parts"][1]["fileData"]["fileUri"], format!("{FILES}files/abc"));
    let older = ask("gemini-2.5-flash", messages).body();
    let parts = &older["contents"][2]["parts"];
    assert_eq!((parts[0]["functionResponse"].get("parts"), &parts[1]), (None, &inline));
}

#[test]
fn images_that_the_model_made_go_back_to_it() {
    let images = json!([{"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{PNG}")}, "extra_content": {"google": {"thought_signature": "c2ln"}}}]);
    let body = ask(
        "gemini-3-pro-image-preview",
        json!({"messages": [
            {"role": "user", "content": "draw"},
            {"role": "assistant", "content": "here", "images": images},
            {"role": "user", "content": "bluer"},
        ]}),
    )
    .body();
    assert_eq!(
        body["contents"][1]["parts"],
        json!([{"text": "here"}, {"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": "c2ln"}])
    );
}

#[test]
fn hints_for_other_caches_are_warned_about() {
    let asked = part(json!({"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}));
    assert_eq!(
        asked.warnings(),
        ["messages[0].content[0].cache_control: has no equal; Gemini caches prefixes by itself"]
    );
}
