use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;

use super::serve;
use crate::http1::{Ask, Line};
use crate::script::{self, Script};
use crate::{hold, net};

async fn upstream() -> http::Uri {
    let listener = net::listen(0).await.unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    net::detach(async move { serve(listener).await.unwrap() });
    target
}

async fn post(path: &str, body: &'static str) -> (StatusCode, Bytes) {
    let ask = Ask::new(&upstream().await, path, "key", body.into()).unwrap();
    let response = Line::open(&ask).await.unwrap().send(&ask).await.unwrap();
    (response.status(), response.into_body().collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn what_is_not_understood_is_refused_as_google_would() {
    for (path, body, status) in [
        ("/v1beta/models/gemini-2.5-flash:generateContent", "{}", 404),
        ("/v1beta/models/bench-1k", "{}", 404),
        ("/v1beta/models/bench-1k:countTokens", "{}", 404),
        ("/v1beta/models/bench-1k:streamGenerateContent", "{}", 400),
        ("/v1beta/models/bench-1k:streamGenerateContent?alt=json", "{}", 400),
        ("/v1beta/models/bench-1k:generateContent", "", 400),
        ("/v1beta/models/bench-1k:generateContent", "[]", 400),
    ] {
        let (answered, answer) = post(path, body).await;
        assert_eq!(answered, status, "{path} {body}");
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["error"]["code"], status, "{path} {body}");
    }
}

#[tokio::test]
async fn a_stream_is_all_events_in_order() {
    let (status, body) = post("/v1beta/models/bench-stream-3:streamGenerateContent?alt=sse", "{}").await;
    let script = Script::of_model("bench-stream-3").unwrap();
    let texts = script.event_texts();
    let events: Vec<_> = texts.iter().enumerate().map(|(at, text)| script::event(&script, at, text)).collect();
    assert_eq!((status, body), (StatusCode::OK, Bytes::from(events.concat())));
}

#[tokio::test(start_paused = true)]
async fn a_held_stream_has_its_first_event_and_stays_open() {
    let path = "/v1beta/models/bench-hold:streamGenerateContent?alt=sse";
    let ask = Ask::new(&upstream().await, path, "key", "{}".into()).unwrap();
    let (_line, mut body) = hold::open(&ask).await.unwrap();
    let more = tokio::time::timeout(std::time::Duration::from_mins(10), body.frame()).await;
    assert!(more.is_err(), "more came: {more:?}");
}
