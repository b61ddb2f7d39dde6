//! The meter, cut anywhere, judged by a parser that reads whole prefixes.

use gap_protocol::meter::{Framing, Meter, Position};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::support::{cut, everything, metered, reference};

const ERROR: &str = "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"a\\nb\"\n  }\n}\n";

/// Keys that mean something in some place, and some that never do.
fn key() -> impl Strategy<Value = String> {
    let known = select(vec![
        "candidates",
        "content",
        "parts",
        "text",
        "thought",
        "finishReason",
        "promptFeedback",
        "blockReason",
        "modelVersion",
        "responseId",
        "error",
        "name",
        "file",
        "usageMetadata",
        "interaction",
        "usage",
        "metadata",
        "index",
        "data",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "[a-z\"\\\\{}\\[\\]:,]{0,30}"]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u32>().prop_map(Value::from),
        // Eighths are exact, and so read back as they were written.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        "[ -~\\\\\"äö€𝄞\n\t{}\\[\\]]{0,24}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((key(), inner), 0..5).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// A candidate as Gemini might write one, with something odd now and then.
fn candidate() -> impl Strategy<Value = Value> {
    let part = prop_oneof![
        "[a-z\\\\\"\n]{0,6}".prop_map(|text| json!({"text": text})),
        Just(json!({"text": "", "thoughtSignature": "c2ln"})),
        Just(json!({"text": "hm", "thought": true})),
        value().prop_map(|args| json!({"functionCall": {"name": "f", "args": args}})),
    ];
    let reason = select(vec![json!("STOP"), json!("SAFETY"), json!("NEW"), json!(1), json!(2), Value::Null]);
    (vec(part, 0..3), reason, any::<bool>(), 0..4_u8).prop_map(|(parts, reason, ends, shape)| {
        let mut candidate = match shape {
            0 => json!({}),
            1 => json!({"content": {"role": "model"}}),
            _ => json!({"content": {"parts": parts, "role": "model"}}),
        };
        if ends {
            candidate["finishReason"] = reason;
        }
        candidate
    })
}

fn event() -> impl Strategy<Value = Value> {
    let usage = (any::<u16>(), any::<u16>(), any::<bool>()).prop_map(|(prompt, output, string)| {
        let prompt = json!(prompt);
        json!({
            "promptTokenCount": prompt,
            "candidatesTokenCount": output,
            "promptTokensDetails": [{"modality": if string { json!("TEXT") } else { json!(1) }, "tokenCount": prompt}],
        })
    });
    let usage = proptest::option::of(usage);
    let text = proptest::option::of("[a-z\\\\\"é]{0,8}");
    let other = vec(("[xyz]{1,2}", value()), 0..3);
    (vec(candidate(), 0..3), usage, text, other).prop_map(|(candidates, usage, version, other)| {
        let mut event: Map<String, Value> = other.into_iter().collect();
        event.insert("candidates".into(), candidates.into());
        if let Some(usage) = usage {
            event.insert("usageMetadata".into(), usage);
        }
        if let Some(version) = version {
            event.insert("modelVersion".into(), version.into());
        }
        Value::Object(event)
    })
}

fn written(value: &Value, pretty: bool) -> String {
    if pretty { serde_json::to_string_pretty(value).unwrap() } else { value.to_string() }
}

/// An array as Google frames one, or compact.
fn array(events: &[Value], pretty: bool) -> String {
    let separator = if pretty { "\n,\r\n" } else { "," };
    let elements: Vec<String> = events.iter().map(|event| written(event, pretty)).collect();
    format!("[{}{}]", elements.join(separator), if pretty { "\n" } else { "" })
}

/// Events with all line ends, comments and pretty-printed data mixed.
fn stream(events: &[Value], style: &[u8]) -> String {
    let mut lines = Vec::new();
    for (at, event) in events.iter().enumerate() {
        let style = style.get(at).copied().unwrap_or_default();
        let end = ["\r\n", "\n", "\r"][usize::from(style) % 3];
        if style & 4 != 0 {
            lines.push(format!(": comment{end}{end}event: message{end}"));
        }
        let space = if style & 16 != 0 { "" } else { " " };
        lines.extend(written(event, style & 8 != 0).lines().map(|line| format!("data:{space}{line}{end}")));
        lines.push(end.to_owned());
    }
    lines.concat()
}

/// Every prefix of `text` that ends between two characters.
fn prefixes(text: &str) -> impl Iterator<Item = &str> {
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).map(|at| &text[..at])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_split_says_the_same(
        events in vec(event(), 0..4),
        style in vec(any::<u8>(), 4),
        places in vec(any::<usize>(), 0..10),
        kind in 0..3_u8,
    ) {
        let pretty = style[0] & 1 == 0;
        let (framing, text) = match kind {
            0 => (Framing::Json, events.first().map_or_else(String::new, |event| written(event, pretty))),
            1 => (Framing::JsonArray, array(&events, pretty)),
            _ => (Framing::Sse, stream(&events, &style)),
        };
        let whole = metered(framing, text.as_bytes(), usize::MAX);
        let mut pieces = Meter::new(framing);
        for piece in cut(text.as_bytes(), &places) {
            pieces.feed(piece);
        }
        prop_assert_eq!(everything(&pieces), everything(&whole));
        prop_assert_eq!(everything(&metered(framing, text.as_bytes(), 1)), everything(&whole));

        let seen = if kind == 0 { &events[..events.len().min(1)] } else { &events[..] };
        reference::findings(seen).check(whole.findings(), &text);
        prop_assert_eq!(whole.events(), seen.len() as u64);
    }

    #[test]
    fn documents_of_any_shape_are_followed(value in value(), pretty in any::<bool>()) {
        // Numbers and words at the top level end only with the stream.
        prop_assume!(value.is_object() || value.is_string());
        let text = written(&value, pretty);
        for prefix in prefixes(&text) {
            prop_assert_eq!(metered(Framing::Json, prefix.as_bytes(), 3).position(), reference::position_in_json(prefix), "{}", prefix);
        }
        if value.is_object() {
            let text = format!("[{text}\n,\r\n{text}]");
            for prefix in prefixes(&text) {
                prop_assert_eq!(metered(Framing::JsonArray, prefix.as_bytes(), 3).position(), reference::position_in_json(prefix), "{}", prefix);
            }
        }
    }

    #[test]
    fn an_array_closed_anywhere_is_valid(events in vec(event(), 0..3), pretty in any::<bool>()) {
        // wire 25, wire 28
        let text = array(&events, pretty);
        for prefix in prefixes(&text) {
            let meter = metered(Framing::JsonArray, prefix.as_bytes(), 5);
            let position = reference::position_in_json(prefix);
            prop_assert_eq!(meter.position(), position, "{}", prefix);
            let Some(closing) = meter.closing(ERROR) else {
                prop_assert_eq!(position, Position::Inside);
                continue;
            };
            let beat = meter.keep_alive().unwrap_or_default();
            let ended = [prefix.as_bytes(), beat, &closing].concat();
            let Ok(Value::Array(elements)) = serde_json::from_slice(&ended) else {
                return Err(TestCaseError::fail(format!("{ended:?} is no array")));
            };
            let complete = usize::try_from(meter.events()).unwrap();
            prop_assert_eq!(&elements[..complete], &events[..complete]);
            if position == Position::Closed {
                prop_assert!(closing.is_empty() && elements.len() == complete);
            } else {
                prop_assert_eq!(&elements[complete..], &[serde_json::from_str::<Value>(ERROR).unwrap()]);
            }
        }
    }

    #[test]
    fn events_closed_anywhere_are_valid(events in vec(event(), 0..3), style in vec(any::<u8>(), 3)) {
        // wire 25
        let text = stream(&events, &style);
        for prefix in prefixes(&text) {
            let meter = metered(Framing::Sse, prefix.as_bytes(), 5);
            let position = reference::position_in_events(prefix);
            prop_assert_eq!(meter.position(), position, "{:?}", prefix);
            prop_assert_eq!(meter.keep_alive().is_some(), position != Position::Inside);
            let Some(closing) = meter.closing(ERROR) else {
                prop_assert_eq!(position, Position::Inside);
                continue;
            };
            let beat = meter.keep_alive().unwrap_or_default();
            let ended = [prefix.as_bytes(), beat, beat, &closing].concat();
            let mut decoded = reference::events(std::str::from_utf8(&ended).unwrap());
            let (_, last) = decoded.pop().unwrap();
            prop_assert!(!last.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<Value>(&last).unwrap(), serde_json::from_str::<Value>(ERROR).unwrap());
            prop_assert_eq!(decoded.len() as u64, meter.events());
        }
    }

    #[test]
    fn keep_alives_between_events_change_nothing(events in vec(event(), 1..4), style in vec(any::<u8>(), 4), kind in any::<bool>()) {
        let (framing, text) = if kind {
            (Framing::Sse, stream(&events, &style))
        } else {
            (Framing::JsonArray, array(&events, style[0] & 1 == 0))
        };
        let (mut meter, mut passed) = (Meter::new(framing), Vec::new());
        for byte in text.as_bytes() {
            passed.extend_from_slice(meter.keep_alive().unwrap_or_default());
            meter.feed(&[*byte]);
            passed.push(*byte);
        }
        let received: Vec<Value> = match framing {
            Framing::JsonArray => serde_json::from_slice(&passed).unwrap(),
            _ => reference::events(std::str::from_utf8(&passed).unwrap())
                .iter()
                .map(|(_, data)| serde_json::from_str(data).unwrap())
                .collect(),
        };
        prop_assert_eq!(received, events);
    }

    #[test]
    fn no_bytes_make_the_meter_panic(bytes in vec(any::<u8>(), 0..200), size in 1..20_usize) {
        for framing in [Framing::Json, Framing::JsonArray, Framing::Sse] {
            let mut pieces = metered(framing, &bytes, size);
            let mut whole = metered(framing, &bytes, usize::MAX);
            prop_assert_eq!(everything(&pieces), everything(&whole));
            pieces.finish();
            whole.finish();
            prop_assert_eq!(everything(&pieces), everything(&whole));
        }
    }
}
