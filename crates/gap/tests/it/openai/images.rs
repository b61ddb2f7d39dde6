//! Pictures.

use gap_sim::{Fault, Preset};
use rstest::rstest;
use serde_json::{Value, json};

use super::{client, error_of, sent};
use crate::support::app::ACCESS_KEY;
use crate::support::client::Client;
use crate::support::{Reply, TestApp};

const MAKE: &str = "/v1/images/generations";
const EDIT: &str = "/v1/images/edits";
const MODEL: &str = "gemini-2.5-flash-image";
const LARGE: &str = "gemini-3-pro-image";
const IMAGEN: &str = "imagen-4.0-generate-001";
const PNG: &[u8] = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";

async fn make(app: &TestApp, body: Value) -> Reply {
    client(app).post(MAKE, body.to_string()).await
}

async fn edit(app: &TestApp, fields: &[(&str, &[u8])]) -> Reply {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend_from_slice(format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n").as_bytes());
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    let client = Client::new(app.address, None).header("authorization", &format!("Bearer {ACCESS_KEY}"));
    client.header("content-type", "multipart/form-data; boundary=b").post(EDIT, body).await
}

#[rstest]
#[case(MODEL, 3, 3)]
#[case(IMAGEN, 6, 2)]
#[tokio::test(flavor = "multi_thread")]
async fn as_many_pictures_as_are_wanted(#[case] model: &str, #[case] n: usize, #[case] calls: usize) {
    let app = TestApp::start().await;
    let reply = make(&app, json!({ "model": model, "prompt": "a cat", "n": n, "response_format": "b64_json" })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    let data = answer["data"].as_array().unwrap();
    assert_eq!((data.len(), app.arrived(), reply.header("x-gap-warnings")), (n, calls, None));
    assert!(data.iter().all(|picture| picture["b64_json"].as_str().unwrap().starts_with("iVBOR")));
    assert_eq!((&answer["output_format"], &answer["size"]), (&json!("png"), &json!("1x1")), "of the picture itself");
    assert!(answer["usage"]["input_tokens"].as_u64().unwrap() > 0);
    assert_eq!(answer["usage"].get("estimated").is_some(), model == IMAGEN, "Imagen counts no tokens");
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_become_proportions() {
    let app = TestApp::start().await;
    let large =
        json!({ "model": LARGE, "prompt": "x", "size": "1536x1024", "quality": "hd", "response_format": "b64_json" });
    assert_eq!(make(&app, large).await.status, 200);
    let reply = make(&app, json!({ "model": MODEL, "prompt": "x", "size": "1792x1024", "quality": "high" })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let warnings = reply.header("x-gap-warnings").unwrap();
    assert!(warnings.contains("quality: ") && warnings.contains("size: the nearest proportion"), "{warnings}");
    let imagen = json!({ "model": IMAGEN, "prompt": "x", "size": "1024x1536", "output_format": "jpeg" });
    assert_eq!(make(&app, imagen).await.status, 200);
    let sent: Vec<Value> = sent(&app).iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(sent[0]["generationConfig"]["imageConfig"], json!({ "aspectRatio": "3:2", "imageSize": "2K" }));
    assert_eq!(sent[0]["generationConfig"]["responseModalities"], json!(["IMAGE"]));
    assert_eq!(sent[1]["generationConfig"]["imageConfig"], json!({ "aspectRatio": "16:9" }));
    assert_eq!(sent[2]["parameters"]["aspectRatio"], "3:4");
    assert_eq!(sent[2]["parameters"]["outputOptions"]["mimeType"], "image/jpeg");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_holds_the_picture_and_says_so() {
    let app = TestApp::start().await;
    let body = json!({ "model": MODEL, "prompt": "a cat", "response_format": "url" });
    let reply = make(&app, body.clone()).await;
    assert!(reply.json()["data"][0]["url"].as_str().unwrap().starts_with("data:image/png;base64,iVBOR"));
    assert!(reply.header("x-gap-warnings").unwrap().contains("nothing is stored"));
    let strict = client(&app).header("x-gap-strict", "true").post(MAKE, body.to_string()).await;
    assert_eq!(error_of(&strict).2.as_deref(), Some("response_format"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_each_picture_as_an_event() {
    let app = TestApp::with().set("server.open_after", "0s").start().await;
    let body = json!({ "model": MODEL, "prompt": "a cat", "n": 2, "stream": true, "partial_images": 2 });
    let reply = make(&app, body).await;
    assert_eq!(reply.header("content-type"), Some("text/event-stream; charset=utf-8"));
    let events: Vec<Value> = reply
        .text()
        .split("\n\n")
        .filter_map(|frame| frame.strip_prefix("event: image_generation.completed\ndata: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    assert_eq!(events.len(), 2, "{}", reply.text());
    for event in &events {
        for name in ["b64_json", "created_at", "size", "quality", "background", "output_format", "usage"] {
            assert!(!event[name].is_null(), "{name}");
        }
    }
    assert!(events[1]["usage"]["output_tokens"].as_u64().unwrap() > 0);

    // It comes long after the stream was opened.
    let withheld = json!({ "model": MODEL, "prompt": "[[sim: first_ms=100 block=SAFETY]] a cat", "stream": true });
    let broken = make(&app, withheld).await;
    assert_eq!(broken.status, 200);
    let last = broken.text().split("event: error\ndata: ").nth(1).unwrap();
    assert!(serde_json::from_str::<Value>(last.trim()).unwrap()["error"]["message"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_changed() {
    let app = TestApp::start().await;
    let reply = edit(
        &app,
        &[("model", MODEL.as_bytes()), ("prompt", b"a hat"), ("n", b"1"), ("image[]", PNG), ("image[]", PNG)],
    )
    .await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let sent: Value = serde_json::from_str(&sent(&app)[0]).unwrap();
    let parts = sent["contents"][0]["parts"].as_array().unwrap();
    assert_eq!(
        (parts.len(), &parts[0]["inlineData"]["mimeType"], &parts[2]["text"]),
        (3, &json!("image/png"), &json!("a hat"))
    );
}

#[rstest]
#[case(json!({ "prompt": "x" }), "model")]
#[case(json!({ "model": MODEL }), "prompt")]
#[case(json!({ "model": MODEL, "prompt": " " }), "prompt")]
#[case(json!({ "model": "gemini-2.5-flash", "prompt": "x" }), "model")]
#[case(json!({ "model": MODEL, "prompt": "x", "n": 11 }), "n")]
#[case(json!({ "model": MODEL, "prompt": "x", "n": "two" }), "n")]
#[case(json!({ "model": MODEL, "prompt": "x", "size": "big" }), "size")]
#[case(json!({ "model": MODEL, "prompt": "x", "size": "0x5" }), "size")]
#[case(json!({ "model": MODEL, "prompt": "x", "quality": "best" }), "quality")]
#[case(json!({ "model": MODEL, "prompt": "x", "background": "transparent" }), "background")]
#[case(json!({ "model": MODEL, "prompt": "x", "response_format": "png" }), "response_format")]
#[case(json!({ "model": MODEL, "prompt": "x", "output_format": "bmp" }), "output_format")]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_is_said_by_its_field(#[case] body: Value, #[case] field: &str) {
    let app = TestApp::start().await;
    let (status, message, param, _) = error_of(&make(&app, body).await);
    assert_eq!((status, param.as_deref()), (400, Some(field)), "{message}");
    assert_eq!(app.arrived(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_changed_is_said_by_its_field() {
    type Fields<'f> = &'f [(&'f str, &'f [u8])];
    let app = TestApp::start().await;
    let model = ("model", MODEL.as_bytes());
    let imagen = ("model", IMAGEN.as_bytes());
    let cases: [(Fields<'_>, &str); 5] = [
        (&[model, ("prompt", b"x")], "image"),
        (&[model, ("prompt", b"x"), ("image", b"plain text")], "image"),
        (&[model, ("prompt", b"x"), ("image", PNG), ("mask", PNG)], "mask"),
        (&[model, ("image", PNG)], "prompt"),
        (&[imagen, ("prompt", b"x"), ("image", PNG)], "model"),
    ];
    for (fields, field) in cases {
        let (status, message, param, _) = error_of(&edit(&app, fields).await);
        assert_eq!((status, param.as_deref()), (400, Some(field)), "{message}");
    }
    let (status, message, ..) = error_of(&client(&app).post(EDIT, "{}").await);
    assert!(status == 400 && message.contains("multipart/form-data"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_withheld_is_refused_with_the_reason() {
    let app = TestApp::start().await;
    for model in [MODEL, IMAGEN] {
        let reply = make(&app, json!({ "model": model, "prompt": "[[sim: block=SAFETY]] x" })).await;
        let (status, message, param, code) = error_of(&reply);
        assert_eq!(
            (status, param.as_deref(), code.as_deref()),
            (400, Some("prompt"), Some("moderation_blocked")),
            "{message}"
        );
    }
    app.sim.add_fault(Fault::new(Preset::Overloaded)).unwrap();
    assert_eq!(error_of(&make(&app, json!({ "model": MODEL, "prompt": "x", "n": 2 })).await).0, 503);
}
