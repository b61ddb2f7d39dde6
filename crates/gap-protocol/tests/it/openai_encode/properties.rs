//! Any answer, cut anywhere, damaged anyhow.

use gap_protocol::openai::chat::StreamEncoder;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::accounting::{self, Account};
use super::schema::Schemas;
use super::{CREATED, ID, events_of, plan, stream, unary};
use crate::mutation::{Dice, damage};
use crate::support::{cut, recording};

fn text() -> impl Strategy<Value = String> {
    "[ -~\"\\\\\n\täöü€𝄞你好<>&']{0,12}"
}

fn signature() -> impl Strategy<Value = Option<String>> {
    option::weighted(0.3, "[A-Za-z0-9+/]{8}")
}

fn arguments() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Eighths are exact, and so read back as they were written.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        text().prop_map(Value::from),
    ];
    let nested = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((text(), inner), 0..3).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    });
    vec(("[a-z_]{1,6}", nested), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect()))
}

fn part() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        5 => text().prop_map(|text| json!({"text": text})),
        2 => text().prop_map(|text| json!({"text": text, "thought": true})),
        2 => ("[a-zA-Z_]{1,9}", arguments()).prop_map(|(name, args)| json!({"functionCall": {"name": name, "args": args}})),
        1 => ("[a-zA-Z_]{1,9}", "[a-z0-9]{8}").prop_map(|(name, id)| json!({"functionCall": {"id": id, "name": name}})),
        1 => select(vec!["image/png", "image/jpeg"]).prop_map(|mime| json!({"inlineData": {"mimeType": mime, "data": "AAEC"}})),
        1 => text().prop_map(|code| json!({"executableCode": {"language": "PYTHON", "code": code}})),
        1 => Just(json!({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}})),
        1 => Just(json!({"somethingNew": [1, {"a": "b c"}]})),
    ];
    (kind, signature()).prop_map(|(mut part, signature)| {
        if let Some(signature) = signature {
            part["thoughtSignature"] = signature.into();
        }
        part
    })
}

fn grounding() -> impl Strategy<Value = Value> {
    let support = (0..30_u64, 0..40_u64, vec(0..4_u64, 0..3)).prop_map(|(start, length, chunks)| {
        json!({"segment": {"startIndex": start, "endIndex": start + length}, "groundingChunkIndices": chunks})
    });
    let chunk = (0..4_u8, text()).prop_map(|(kind, title)| match kind {
        0 => json!({"web": {"uri": "https://a.example/", "title": title}}),
        1 => json!({"web": {"uri": "https://b.example/ä"}}),
        2 => json!({"maps": {"uri": "https://maps.example/", "title": title}}),
        _ => json!({"retrievedContext": {"title": title, "text": "t"}}),
    });
    (vec(chunk, 0..4), vec(support, 0..4))
        .prop_map(|(chunks, supports)| json!({"groundingChunks": chunks, "groundingSupports": supports}))
}

/// An answer as Gemini might stream it: every candidate ends, and some end again and again (wire 112).
pub(crate) fn answer() -> impl Strategy<Value = Vec<Value>> {
    let reason = select(vec!["STOP", "MAX_TOKENS", "SAFETY", "OTHER", "MALFORMED_FUNCTION_CALL", "BRAND_NEW"]);
    let candidate = (vec(part(), 0..4), option::weighted(0.2, grounding()), any::<bool>(), any::<bool>());
    let event = (vec(candidate, 1..3), any::<u16>(), any::<bool>());
    (vec(event, 1..5), reason, any::<bool>(), any::<bool>()).prop_map(|(events, reason, indexed, always)| {
        let last = events.len() - 1;
        let candidates = events.iter().map(|(candidates, ..)| candidates.len()).max().unwrap_or_default();
        let convert = |(at, (said, tokens, versioned)): (usize, (Vec<_>, u16, bool))| {
            let mut said: Vec<(Vec<Value>, Option<Value>, bool, bool)> = said;
            if at == last {
                said.resize_with(candidates, || (Vec::new(), None, false, false));
            }
            let written: Vec<Value> = said
                .into_iter()
                .enumerate()
                .map(|(place, (parts, grounding, bare, rated))| {
                    let mut candidate = Map::new();
                    if !(bare && parts.is_empty()) {
                        candidate.insert("content".into(), json!({"parts": parts, "role": "model"}));
                    }
                    if indexed {
                        candidate.insert("index".into(), place.into());
                    }
                    if let Some(grounding) = grounding {
                        candidate.insert("groundingMetadata".into(), grounding);
                    }
                    if rated {
                        candidate.insert("safetyRatings".into(), json!([{"category": "HARM", "at": at}]));
                    }
                    if at == last || always {
                        candidate.insert("finishReason".into(), reason.into());
                    }
                    Value::Object(candidate)
                })
                .collect();
            let mut event = json!({"candidates": written, "responseId": "r", "usageMetadata": {
                "promptTokenCount": 5, "candidatesTokenCount": tokens, "thoughtsTokenCount": 2, "cachedContentTokenCount": 1,
            }});
            if versioned {
                event["modelVersion"] = "models/gemini-x".into();
            }
            event
        };
        events.into_iter().enumerate().map(convert).collect()
    })
}

pub(crate) fn written(events: &[Value]) -> Vec<Vec<u8>> {
    events.iter().map(|event| event.to_string().into_bytes()).collect()
}

/// Every frame of `out`, as JSON; they are whole whatever came in.
fn frames(out: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(out).unwrap();
    let frames = text.split_terminator("\n\n").map(|frame| frame.strip_prefix("data: ").unwrap());
    frames.filter(|frame| *frame != "[DONE]").map(|frame| serde_json::from_str(frame).unwrap()).collect()
}

/// A stream as far as it goes, and whether it went to its end.
fn as_far_as_it_goes(chunks: &[impl AsRef<[u8]>]) -> (Vec<u8>, bool) {
    let mut encoder = StreamEncoder::new(plan(), ID, CREATED);
    let mut out = Vec::new();
    for chunk in chunks {
        if encoder.chunk(chunk.as_ref(), &mut out).is_err() {
            return (out, false);
        }
    }
    let ended = encoder.end(&mut out).is_ok();
    (out, ended)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_stream_sums_to_the_body_and_both_lose_nothing(events in answer()) {
        // wire 111, wire 112, wire 115, wire 121, wire 124
        let chunks = written(&events);
        let expected = accounting::of_gemini(&events);
        let body = unary(&plan(), &chunks, true).unwrap();
        prop_assert_eq!(&accounting::of_body(&body), &expected);
        let frames = stream(&plan(), &chunks).unwrap();
        prop_assert_eq!(&accounting::of_stream(&frames, true), &expected);
        let ids = |calls: &Value| -> Vec<String> {
            calls.as_array().into_iter().flatten().map(|call| call["id"].as_str().unwrap().to_owned()).collect()
        };
        let mut of_body: Vec<String> =
            body["choices"].as_array().unwrap().iter().flat_map(|choice| ids(&choice["message"]["tool_calls"])).collect();
        let mut of_stream: Vec<String> = self::frames(frames.as_bytes())
            .iter()
            .flat_map(|chunk| ids(&chunk["choices"][0]["delta"]["tool_calls"]))
            .collect();
        of_body.sort();
        of_stream.sort();
        prop_assert_eq!(&of_body, &of_stream);
        of_body.dedup();
        prop_assert_eq!(of_body.len(), of_stream.len(), "ids differ from each other");
    }

    #[test]
    fn any_split_of_the_upstreams_bytes_gives_the_same_frames(events in answer(), places in vec(any::<usize>(), 0..8)) {
        // wire 30, wire 116
        let frames: Vec<String> = events.iter().map(|event| format!("data: {event}\r\n\r\n")).collect();
        let sse = frames.concat();
        let whole = stream(&plan(), &events_of(&sse)).unwrap();
        let mut decoder = gap_protocol::sse::Decoder::new();
        let mut chunks = Vec::new();
        for piece in cut(sse.as_bytes(), &places) {
            decoder.push(bytes::Bytes::copy_from_slice(piece));
            chunks.extend(std::iter::from_fn(|| decoder.next_event()).map(|event| event.unwrap().data));
        }
        prop_assert_eq!(stream(&plan(), &chunks).unwrap(), whole);
    }

    #[test]
    fn pretty_printing_changes_nothing(events in answer()) {
        // Unary answers are pretty-printed, streamed ones are not; an array of chunks is neither.
        let pretty: Vec<String> = events.iter().map(|event| serde_json::to_string_pretty(event).unwrap()).collect();
        prop_assert_eq!(stream(&plan(), &pretty).unwrap(), stream(&plan(), &written(&events)).unwrap());
        let array = serde_json::to_string_pretty(&events).unwrap();
        prop_assert_eq!(stream(&plan(), &[array]).unwrap(), stream(&plan(), &written(&events)).unwrap());
    }

    #[test]
    fn a_stream_cut_between_events_never_claims_to_be_done(events in answer(), kept in any::<prop::sample::Index>()) {
        // wire 112
        let kept = kept.index(events.len());
        let (out, ended) = as_far_as_it_goes(&written(&events[..kept]));
        let open = accounting::of_gemini(&events[..kept]);
        let finished = !open.choices.is_empty() && open.choices.values().all(|choice| choice.finish.is_some());
        prop_assert_eq!(ended, finished);
        let done = out.ends_with(b"data: [DONE]\n\n");
        prop_assert_eq!(done, finished);
        if !finished {
            prop_assert!(frames(&out).iter().all(|chunk| chunk["choices"][0]["finish_reason"].is_null()));
        }
    }
}

#[test]
fn what_is_emitted_is_valid_by_openais_schema_whatever_is_missing() {
    let schemas = Schemas::load();
    let seeds: Vec<Vec<Value>> = recording::all()
        .into_iter()
        .filter(|recording| recording.path.contains("enerateContent") && recording.bytes.len() < 16 * 1024)
        .map(|recording| recording.events)
        .chain([vec![json!({"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}]})]])
        .collect();
    for round in 0..800 {
        let mut dice = Dice(round);
        let mut events = seeds[dice.roll(seeds.len())].clone();
        for _ in 0..=dice.roll(4) {
            let at = dice.roll(events.len());
            if let Some(event) = events.get_mut(at) {
                wither(event, &mut dice);
            }
        }
        let (out, ended) = as_far_as_it_goes(&written(&events));
        for chunk in frames(&out) {
            let faults = schemas.faults("CreateChatCompletionStreamResponse", &chunk);
            assert_eq!(faults, Vec::<String>::new(), "round {round}: {events:?}");
        }
        if let Ok(body) = unary(&plan(), &written(&events), true) {
            let faults = schemas.faults("CreateChatCompletionResponse", &body);
            assert_eq!(faults, Vec::<String>::new(), "round {round}: {events:?}");
            assert!(ended, "round {round}: a body without a stream");
            let stream = accounting::of_stream(std::str::from_utf8(&out).unwrap(), true);
            let same = |account: Account| account.choices;
            assert_eq!(same(stream), same(accounting::of_body(&body)), "round {round}: {events:?}");
        }
    }
}

/// Takes something away from a value, or puts something odd in its place.
pub(crate) fn wither(value: &mut Value, dice: &mut Dice) {
    let children = match value {
        Value::Object(members) => members.len(),
        Value::Array(items) => items.len(),
        _ => 0,
    };
    if children == 0 || dice.roll(12) == 0 {
        let odd = [json!(null), json!(7), json!(-1.5), json!("x"), json!([]), json!({}), json!(true), json!([{}])];
        *value = odd[dice.roll(odd.len())].clone();
        return;
    }
    let child = dice.roll(children);
    match value {
        Value::Object(members) => {
            let key = members.keys().nth(child).unwrap().clone();
            if dice.roll(4) == 0 {
                members.shift_remove(&key);
            } else {
                wither(&mut members[&key], dice);
            }
        }
        Value::Array(items) => wither(&mut items[child], dice),
        _ => {}
    }
}

#[test]
fn damaged_bytes_never_panic_and_never_leave_half_a_frame() {
    let seeds: Vec<Vec<u8>> = recording::all()
        .into_iter()
        .filter(|recording| recording.path.contains("enerateContent") && recording.bytes.len() < 16 * 1024)
        .flat_map(|recording| written(&recording.events))
        .chain([json!({"candidates": [{"content": {"parts": [{"text": "a\u{e9}"}]}}]}).to_string().into_bytes()])
        .collect();
    for round in 0..4000 {
        let mut dice = Dice(round);
        let mut bytes = seeds[dice.roll(seeds.len())].clone();
        damage(&mut bytes, &mut dice);
        let (out, _) = as_far_as_it_goes(&[&bytes, &bytes]);
        frames(&out);
        let _ = unary(&plan(), &[&bytes], false);
    }
}
