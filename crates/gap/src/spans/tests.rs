use super::*;

const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn a_clients_trace_goes_on() {
    let parent = Parent::parse(HEADER).unwrap();
    assert_eq!((parent.trace, parent.span), (0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, 0x00f0_67aa_0ba9_02b7));
    assert!(parent.sampled);
    assert!(Parent::parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later").is_some());
    for wrong in [
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
    ] {
        assert_eq!(Parent::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_request_is_a_span_and_each_try_one_below_it() {
    let trace = Trace {
        parent: Parent::parse(HEADER),
        began: "2026-06-15T12:00:00Z".parse().unwrap(),
        took: Duration::from_millis(300),
        name: "generateContent".to_owned(),
        attributes: vec![("http.response.status_code", Value::Number(200))],
        failed: false,
        tries: vec![
            Try {
                took: Duration::from_millis(100),
                key: "AIza…wxyz".to_owned(),
                cause: Some("internal"),
                ..Try::default()
            },
            Try { after: Duration::from_millis(120), key: "AIza…abcd".to_owned(), ..Try::default() },
        ],
    };
    let sent: serde_json::Value = serde_json::from_slice(&wire::request(&[trace])).unwrap();
    let spans = sent["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 3);
    assert!(spans.iter().all(|span| span["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736"));
    assert_eq!(spans[0]["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(spans[1]["parentSpanId"], spans[0]["spanId"]);
    assert_eq!((&spans[1]["status"]["code"], &spans[2]["status"]), (&serde_json::json!(2), &serde_json::Value::Null));
    assert_eq!(spans[0]["startTimeUnixNano"], "1781524800000000000");
    assert_eq!(spans[2]["startTimeUnixNano"], "1781524800120000000");
}

#[tokio::test]
async fn what_cannot_be_taken_is_counted() {
    let tls =
        crate::upstream::trusted(&crate::config::load(crate::config::Inputs::default()).unwrap().settings.upstream);
    let (spans, _exporter) = Spans::new("http://127.0.0.1:9/", Outbound::new(tls.unwrap()));
    for _ in 0..QUEUE + 3 {
        spans.take(Trace::default());
    }
    let unwanted = Parent { sampled: false, ..Parent::parse(HEADER).unwrap() };
    spans.take(Trace { parent: Some(unwanted), ..Trace::default() });
    assert_eq!(spans.dropped(), 3);
}
