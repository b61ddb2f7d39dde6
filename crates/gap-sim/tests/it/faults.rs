//! What goes wrong by script, as a client sees it.

use std::time::Duration;

use gap_sim::{
    Action, After, Afterwards, Directives, Drip, ErrorEvent, Fault, Preset, PresetError, Reply, Script, Split, Stall,
    StallBefore,
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Ask, KEY, MODEL, OTHER, Sim, said, said_in};

const STORY: &str = "Tell me a story. [[sim: chunks=6 chunk_bytes=40]]";

/// The frames of a body until it ends or breaks, and whether it ended in order.
async fn frames(sim: &Sim, ask: &Ask) -> (Vec<u8>, bool) {
    let mut body = sim.open(ask).await.unwrap().into_body();
    let mut bytes = Vec::new();
    loop {
        match body.frame().await {
            None => return (bytes, true),
            Some(Ok(frame)) => bytes.extend_from_slice(&frame.into_data().unwrap()),
            Some(Err(_)) => return (bytes, false),
        }
    }
}

fn whole_events(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).matches("\r\n\r\n").count()
}

/// Every preset: its name, the status, and what tells it from the others.
const PRESETS: [(&str, u16, &str); 40] = [
    ("quota_per_minute", 429, "RequestsPerMinutePerProjectPerModel"), // wire 6
    ("quota_tokens_per_minute", 429, "InputTokensPerModelPerMinute"),
    ("quota_per_day", 429, "RequestsPerDayPerProjectPerModel"), // wire 5
    ("quota_tokens_per_day", 429, "InputTokensPerModelPerDay"),
    ("quota_several", 429, "RequestsPerDayPerProjectPerModel"), // wire 4
    ("quota_zero", 429, "limit: 0"),                            // wire 7
    ("quota_storage", 429, "FileStorageBytesPerProject"),       // wire 8
    ("quota_search", 429, "GoogleSearch"),                      // wire 11
    ("quota_bare", 429, "Resource has been exhausted (e.g. check quota)."), // wire 10
    ("spending_cap", 429, "monthly spending cap"),
    ("prepayment_depleted", 402, "prepayment credits are depleted"),
    ("prepayment_depleted_429", 429, "prepayment credits are depleted"),
    ("key_invalid", 400, "API_KEY_INVALID"), // wire 12
    ("key_not_found", 400, "API Key not found"),
    ("key_expired", 400, "API key expired"),
    ("key_suspended", 403, "CONSUMER_SUSPENDED"), // wire 13
    ("key_leaked", 403, "reported as leaked"),
    ("key_service_blocked", 403, "API_KEY_SERVICE_BLOCKED"),
    ("key_referrer_blocked", 403, "API_KEY_HTTP_REFERRER_BLOCKED"),
    ("service_disabled", 403, "SERVICE_DISABLED"), // wire 14
    ("project_denied", 403, "has been denied access"),
    ("unauthenticated", 401, "UNAUTHENTICATED"),
    ("file_forbidden", 403, "You do not have permission to access the File"), // wire 15
    ("cache_forbidden", 403, "CachedContent not found"),
    ("location_unsupported", 400, "User location is not supported"), // wire 16
    ("billing_required", 400, "Please enable billing"),              // wire 17
    ("model_not_found", 404, "is not found for API version v1beta"),
    ("model_retired", 404, "no longer available to new users"), // wire 18
    ("invalid_argument", 400, "Request contains an invalid argument."), // wire 19
    ("input_too_long", 400, "The input token count exceeds"),   // wire 23
    ("cancelled", 499, "CANCELLED"),
    ("internal", 500, "An internal error has occurred"), // wire 21
    ("internal_short", 500, "Internal error encountered."),
    ("bad_gateway", 502, "<!DOCTYPE html>"),
    ("overloaded", 503, "The model is overloaded"), // wire 20
    ("high_demand", 503, "experiencing high demand"),
    ("unavailable", 503, "<!DOCTYPE html>"),
    ("deadline_exceeded", 504, "DEADLINE_EXCEEDED"), // wire 22
    ("quota_per_minute", 429, "\"retryDelay\": \"31s\""),
    ("quota_per_minute", 429, "Please retry in 31.621s."),
];

#[tokio::test]
async fn every_preset_is_googles_error_once() {
    let sim = Sim::start().await;
    for (name, status, mark) in PRESETS {
        let (added, answer) = sim.control("POST", "faults", json!({"action": {"preset": name}, "times": 1})).await;
        assert_eq!(added, 200, "{name}: {answer}");
        let answer = sim.say("hi").await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        assert!(answer.text().contains(mark), "{name}: {}", answer.text());
        if !mark.contains("html") {
            let error = &answer.json()["error"];
            assert_eq!(error["code"], status, "{name}");
            // wire 2: the body alone says when.
            assert!(answer.headers.get("retry-after").is_none());
        }
        assert_eq!(sim.say("hi").await.status, 200, "{name} was for one request");
    }
}

#[tokio::test]
async fn an_error_where_events_were_asked_for_is_json_under_their_name() {
    let sim = Sim::start().await;
    sim.control.add_fault(Fault::new(Preset::Overloaded)).unwrap();
    let answer = sim.send(&Ask::stream(MODEL, &said("hi"))).await;
    assert_eq!((answer.status.as_u16(), answer.headers["content-type"].to_str().unwrap()), (503, "text/event-stream"));
    assert!(answer.text().starts_with("{\n  \"error\": {\n    \"code\": 503,"), "{}", answer.text());
    assert!(answer.text().ends_with("}\n"));
}

#[tokio::test]
async fn what_an_error_says_can_be_changed() {
    let sim = Sim::start().await;
    let quota = || PresetError::new(Preset::QuotaPerMinute);
    let retry = |answer: &Value| {
        let details = answer["error"]["details"].as_array().unwrap();
        details
            .iter()
            .find(|detail| detail["@type"].as_str().unwrap().ends_with("RetryInfo"))
            .map(|detail| detail["retryDelay"].clone())
    };
    // wire 9: all the forms in which delays were seen.
    for delay in
        [json!("51s"), json!("51.6s"), json!("143h4m52.7s"), json!({"seconds": 51, "nanos": 6}), json!(i64::MAX)]
    {
        sim.control.add_fault(Fault::new(quota().retry_delay(delay.clone())).times(1)).unwrap();
        assert_eq!(retry(&sim.say("hi").await.json()), Some(delay));
    }
    sim.control.add_fault(Fault::new(quota().retry_delay(Value::Null)).times(1)).unwrap();
    assert_eq!(retry(&sim.say("hi").await.json()), None);

    // wire 1: an array around it. wire 3: details in any order, unknown ones among them.
    sim.control.add_fault(Fault::new(PresetError { array: true, ..quota() }).times(1)).unwrap();
    assert_eq!(sim.say("hi").await.json()[0]["error"]["code"], 429);
    sim.control
        .add_fault(Fault::new(PresetError { shuffled: true, message: Some("No.".to_owned()), ..quota() }).times(1))
        .unwrap();
    let answer = sim.say("hi").await.json();
    assert_eq!(answer["error"]["message"], "No.");
    assert!(answer["error"]["details"][0]["@type"].as_str().unwrap().ends_with("Unheard"));
    assert!(answer["error"]["details"][1]["@type"].as_str().unwrap().ends_with("RetryInfo"));
}

#[tokio::test]
async fn a_rule_is_about_what_it_names() {
    let sim = Sim::start().await;
    let overloaded = || Fault::new(Preset::Overloaded);
    let ask = |key: &str, model: &str| Ask::generate(model, &said("hi")).key(key);

    sim.control.add_fault(overloaded().key(KEY).model("gemini-2.5-*")).unwrap();
    assert_eq!(sim.send(&ask(KEY, MODEL)).await.status, 503);
    assert_eq!(sim.send(&ask(OTHER, MODEL)).await.status, 200);
    assert_eq!(sim.send(&ask(KEY, "gemini-2.0-flash")).await.status, 200);
    sim.control.clear_faults();

    sim.control.add_fault(overloaded().method("streamGenerateContent")).unwrap();
    assert_eq!(sim.say("hi").await.status, 200);
    assert_eq!(sim.send(&Ask::stream(MODEL, &said("hi"))).await.status, 503);
    sim.control.clear_faults();

    sim.control.add_fault(overloaded().method("get").path("/v1beta/models*")).unwrap();
    assert_eq!(sim.say("hi").await.status, 200);
    assert_eq!(sim.send(&Ask::get("/v1beta/models")).await.status, 503);
    assert_eq!(sim.send(&Ask::get("/v1beta/files")).await.status, 200);
}

#[tokio::test]
async fn a_rule_can_let_some_pass_and_end() {
    let sim = Sim::start().await;
    let id = sim.control.add_fault(Fault::new(Preset::Internal).skip(1).times(2)).unwrap();
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(sim.say("hi").await.status.as_u16());
    }
    assert_eq!(statuses, [200, 500, 500, 200, 200]);
    assert_eq!(sim.control.faults()[0]["used"], 2);
    assert!(sim.control.remove_fault(id) && !sim.control.remove_fault(id));
}

#[tokio::test]
async fn a_fault_does_not_cost_quota() {
    let sim = Sim::start().await;
    sim.control.add_fault(Fault::new(Preset::Overloaded).times(3)).unwrap();
    for _ in 0..3 {
        sim.say("hi").await;
    }
    assert!(sim.control.usage().is_empty());
}

// === before anything was answered ===

#[tokio::test]
async fn a_reset_is_a_reset_and_a_close_is_a_close() {
    let sim = Sim::start().await;
    for (script, wanted) in
        [(Script::ResetBeforeHeaders, Err(std::io::ErrorKind::ConnectionReset)), (Script::CloseBeforeHeaders, Ok(0))]
    {
        sim.control.add_fault(Fault::new(script).times(1)).unwrap();
        let mut stream = TcpStream::connect(sim.address).await.unwrap();
        let request = format!("GET /v1beta/models HTTP/1.1\r\nhost: sim\r\nx-goog-api-key: {KEY}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let got = stream.read(&mut [0; 64]).await.map_err(|error| error.kind());
        assert_eq!(got, wanted);
    }
}

#[tokio::test]
async fn a_stall_may_end_in_an_answer_or_in_an_error() {
    let sim = Sim::start().await;
    let started = tokio::time::Instant::now();
    let (status, _) =
        sim.control("POST", "faults", json!({"action": {"stall_before_headers": {"ms": 60}}, "times": 1})).await;
    assert_eq!(status, 200);
    assert_eq!(sim.say("hi").await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(60));

    // The name of a preset is enough.
    let then = json!({"action": {"stall_before_headers": {"ms": 1, "then": "overloaded"}}, "times": 1});
    assert_eq!(sim.control("POST", "faults", then).await.0, 200);
    assert_eq!(sim.say("hi").await.status, 503);

    let then = json!({"action": {"stall_before_headers": {"ms": 1, "then": {"preset": "quota_bare"}}}, "times": 1});
    assert_eq!(sim.control("POST", "faults", then).await.0, 200);
    assert_eq!(sim.say("hi").await.status, 429);

    let then = json!({"action": {"stall_after_headers": {"ms": 30, "then": "truncated_body"}}, "times": 1});
    assert_eq!(sim.control("POST", "faults", then).await.0, 200);
    let started = tokio::time::Instant::now();
    let response = sim.open(&Ask::generate(MODEL, &said("hi"))).await.unwrap();
    assert_eq!(response.status(), 200);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(started.elapsed() >= Duration::from_millis(30));
    assert!(serde_json::from_slice::<Value>(&body).is_err());
}

// === answers that are none ===

#[tokio::test]
async fn bodies_that_no_client_can_use() {
    let sim = Sim::start().await;
    let ask = Ask::generate(MODEL, &said("hi"));
    let fault = |script: Script| sim.control.add_fault(Fault::new(script).times(1)).unwrap();

    fault(Script::TruncatedBody);
    let answer = sim.send(&ask).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().starts_with("{\n  \"candidates\""));
    assert!(serde_json::from_slice::<Value>(&answer.body).is_err());

    fault(Script::GarbageJson);
    assert!(serde_json::from_slice::<Value>(&sim.send(&ask).await.body).is_err());

    fault(Script::EmptyBody);
    let answer = sim.send(&ask).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));

    fault(Script::HtmlPage);
    assert!(sim.send(&ask).await.headers["content-type"].to_str().unwrap().starts_with("text/html"));

    fault(Script::WrongContentType);
    let answer = sim.send(&ask).await;
    assert_eq!(answer.headers["content-type"], "text/plain");
    assert!(!answer.said().is_empty());

    fault(Script::CutAfterHeaders);
    assert_eq!(frames(&sim, &ask).await, (vec![], false));
}

#[tokio::test]
async fn answers_as_the_model_gives_them_on_bad_days() {
    let sim = Sim::start().await;
    let answer = async |directives: Value| {
        let fault = json!({"action": {"answer": directives}, "times": 1});
        assert_eq!(sim.control("POST", "faults", fault).await.0, 200);
        sim.say("hi").await.json()
    };
    // wire 114
    let empty = answer(json!({"empty": true})).await;
    assert_eq!(empty["candidates"][0], json!({"content": {"role": "model"}, "finishReason": "STOP", "index": 0}));
    assert!(empty["usageMetadata"].get("candidatesTokenCount").is_none());
    // wire 73
    let malformed = answer(json!({"finish": "MALFORMED_FUNCTION_CALL"})).await;
    assert_eq!(malformed["candidates"][0]["content"], json!({}));
    assert_eq!(malformed["candidates"][0]["finishReason"], "MALFORMED_FUNCTION_CALL");
    assert!(malformed["candidates"][0]["finishMessage"].as_str().unwrap().starts_with("Malformed function call"));
    // wire 110
    let unsafe_ = answer(json!({"finish": "SAFETY"})).await;
    assert!(unsafe_["candidates"][0].get("content").is_none());
    assert_eq!(unsafe_["candidates"][0]["finishReason"], "SAFETY");
    // wire 109
    let blocked = answer(json!({"block": "PROHIBITED_CONTENT"})).await;
    assert_eq!(blocked["promptFeedback"]["blockReason"], "PROHIBITED_CONTENT");
    assert!(blocked.get("candidates").is_none());
    // wire 112, and an answer without usage (wire 124)
    let open = answer(json!({"finish": "NONE", "no_usage": true})).await;
    assert!(open["candidates"][0].get("finishReason").is_none());
    assert!(open.get("usageMetadata").is_none());
}

#[tokio::test]
async fn an_answer_word_for_word() {
    let sim = Sim::start().await;
    let headers = vec![("retry-after".to_owned(), "7".to_owned())];
    sim.control
        .add_fault(Fault::new(Script::Reply(Reply { status: 418, headers, body: json!({"a": 1}) })).times(1))
        .unwrap();
    let answer = sim.say("hi").await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (418, "{\n  \"a\": 1\n}\n"));
    assert_eq!(answer.headers["retry-after"], "7");
}

// === in the middle of a stream ===

#[tokio::test]
async fn streams_break_where_they_should() {
    let sim = Sim::start().await;
    let ask = Ask::stream(MODEL, &said(STORY));
    let whole = sim.send(&ask).await.events().len();
    assert_eq!(whole, 6);
    for after in [0, 1, 3, 5] {
        let at = After { after };
        for (script, ends, halves) in [
            (Script::CutBetweenEvents(at), false, false),
            (Script::CutInsideEvent(at), false, true),
            (Script::EndBetweenEvents(at), true, false),
            (Script::EndInsideEvent(at), true, true),
        ] {
            sim.control.add_fault(Fault::new(script.clone()).times(1)).unwrap();
            let (bytes, ended) = frames(&sim, &ask).await;
            assert_eq!(ended, ends, "{script:?}");
            assert_eq!(whole_events(&bytes) as u64, after, "{script:?}");
            assert_eq!(!bytes.is_empty() && !bytes.ends_with(b"\r\n\r\n"), halves, "{script:?}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_shorter_than_the_script_breaks_at_its_end() {
    let sim = Sim::start().await;
    sim.control.add_fault(Fault::new(Script::CutBetweenEvents(After { after: 99 })).times(1)).unwrap();
    let (bytes, ended) = frames(&sim, &Ask::stream(MODEL, &said(STORY))).await;
    assert_eq!((whole_events(&bytes), ended), (6, false));
}

#[tokio::test]
async fn errors_and_nonsense_as_events() {
    let sim = Sim::start().await;
    let ask = Ask::stream(MODEL, &said(STORY));
    sim.control
        .add_fault(Fault::new(Script::ErrorEvent(ErrorEvent { after: 2, preset: Preset::Internal })).times(1))
        .unwrap();
    let events = sim.send(&ask).await.events();
    assert_eq!(events.len(), 3);
    assert_eq!(events[2]["error"]["code"], 500);

    let array = Ask::post(&format!("/v1beta/models/{MODEL}:streamGenerateContent"), &said(STORY));
    for after in [0, 2] {
        let script = Script::ErrorEvent(ErrorEvent { after, preset: Preset::Internal });
        sim.control.add_fault(Fault::new(script).times(1)).unwrap();
        let elements = sim.send(&array).await.json();
        let last = elements.as_array().unwrap().last().unwrap();
        assert_eq!((elements.as_array().unwrap().len() as u64, last["error"]["code"].as_u64()), (after + 1, Some(500)));
    }

    sim.control.add_fault(Fault::new(Script::GarbageEvent(After { after: 2 })).times(1)).unwrap();
    let text = sim.send(&ask).await.text();
    let events: Vec<&str> = text.split_terminator("\r\n\r\n").collect();
    assert_eq!(events.len(), 7);
    assert!(serde_json::from_str::<Value>(&events[2]["data: ".len()..]).is_err());
    assert!(serde_json::from_str::<Value>(&events[3]["data: ".len()..]).is_ok());
}

#[tokio::test]
async fn pauses_in_a_stream_and_what_follows_them() {
    let sim = Sim::start().await;
    let ask = Ask::stream(MODEL, &said(STORY));
    let ms = 40;
    for (script, wanted) in [
        (Script::StallBetweenEvents(Stall { after: 2, ms, then: Afterwards::GoOn }), (6, true)),
        (Script::StallInsideEvent(Stall { after: 2, ms, then: Afterwards::GoOn }), (6, true)),
        (Script::StallBetweenEvents(Stall { after: 2, ms, then: Afterwards::Cut }), (2, false)),
        (Script::StallInsideEvent(Stall { after: 2, ms, then: Afterwards::End }), (2, true)),
    ] {
        sim.control.add_fault(Fault::new(script.clone()).times(1)).unwrap();
        let started = tokio::time::Instant::now();
        let (bytes, ended) = frames(&sim, &ask).await;
        assert_eq!((whole_events(&bytes), ended), wanted, "{script:?}");
        assert!(started.elapsed() >= Duration::from_millis(ms), "{script:?}");
    }
}

#[tokio::test]
async fn the_same_bytes_in_other_pieces() {
    let sim = Sim::start().await;
    let ask = Ask::stream(MODEL, &said("Slowly. [[sim: text=\"Grüße, 世界\" chunks=3]]"));
    let text = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let events = text
            .split_terminator("\r\n\r\n")
            .map(|event| serde_json::from_str::<Value>(&event["data: ".len()..]).unwrap());
        events.map(|event| said_in(&event)).collect::<String>()
    };
    for script in [
        Script::SlowDrip(Drip { bytes: 7, delay_ms: 0 }),
        Script::SlowDrip(Drip { bytes: 100, delay_ms: 1 }),
        // wire 116: letters are cut in two.
        Script::Split(Split { sizes: vec![1, 2, 3, 50] }),
    ] {
        sim.control.add_fault(Fault::new(script.clone()).times(1)).unwrap();
        let (bytes, ended) = frames(&sim, &ask).await;
        assert!(ended);
        assert_eq!(text(&bytes), "Grüße, 世界", "{script:?}");
    }
}

// === mistakes in scripts ===

#[tokio::test]
async fn a_bad_script_is_told_what_is_wrong() {
    let sim = Sim::start().await;
    for (fault, mark) in [
        (json!({"action": {"preset": "nonsense"}}), "nonsense"),
        (json!({"action": "nonsense"}), "nonsense"),
        (json!({"action": {"preset": "overloaded", "colour": 1}}), "colour"),
        (json!({"action": {"cut_between_events": {}}}), "after"),
        (json!({"action": {"split": {"sizes": []}}}), "split.sizes"),
        (json!({"action": {"slow_drip": {"bytes": 0, "delay_ms": 1}}}), "slow_drip.bytes"),
        (json!({"action": {"reply": {"status": 99}}}), "reply.status"),
        (json!({"action": {"reply": {"headers": [["a b", "c"]]}}}), "reply.headers"),
        (json!({"action": {"answer": {"colour": "blue"}}}), "colour"),
        (json!({"action": {"stall_before_headers": {"ms": 1, "then": "nonsense"}}}), "nonsense"),
        (json!({"action": "empty_body", "time": 1}), "time"),
        (json!({"times": 1}), "action"),
    ] {
        let (status, answer) = sim.control("POST", "faults", fault.clone()).await;
        assert_eq!(status, 400, "{fault}");
        assert!(answer["error"].as_str().unwrap().contains(mark), "{fault}: {answer}");
    }
    assert!(sim.control.faults().is_empty());
}

#[tokio::test]
async fn faults_are_shown_as_they_were_written() {
    let sim = Sim::start().await;
    let action = json!({"stall_before_headers": {"ms": 5, "then": {"preset": "overloaded"}}});
    sim.control("POST", "faults", json!({"action": action, "times": 2, "key": KEY})).await;
    let then = Some(Box::new(Action::from(Preset::Overloaded)));
    let (_, shown) = sim.control("GET", "faults", Value::Null).await;
    assert_eq!(shown["faults"][0], json!({"id": 1, "used": 0, "action": action, "times": 2, "key": KEY}));
    let fault = Fault::new(Script::StallBeforeHeaders(StallBefore { ms: 5, then })).times(2).key(KEY);
    assert_eq!(serde_json::to_value(&fault).unwrap()["action"], action);
    let answer = Script::Answer(Box::new(Directives { text: Some("x".to_owned()), ..Directives::default() }));
    assert_eq!(serde_json::to_value(Action::from(answer)).unwrap(), json!({"answer": {"text": "x"}}));
}
