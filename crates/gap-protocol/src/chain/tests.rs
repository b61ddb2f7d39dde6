use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const KEY: Key = [7; 32];

fn chain(contents: &Value) -> Chain {
    of(&json!({ "contents": contents }))
}

fn of(request: &Value) -> Chain {
    let chain = Chain::of_request(request.to_string().as_bytes(), &KEY);
    assert!(!chain.is_empty(), "{request}");
    chain
}

fn one(parts: &Value) -> Digest {
    chain(&json!([{ "role": "model", "parts": parts }])).turns()[0].turn
}

fn names(chain: &Chain) -> Vec<Digest> {
    chain.turns().iter().map(|link| link.prefix).collect()
}

#[test]
fn what_clients_change_in_passing_does_not_count() {
    let said = one(&json!([
        { "text": "Let me see. " },
        { "functionCall": { "name": "f", "args": { "a": 1, "b": { "c": [1.5, null, "x"], "d": 2 } } } },
        { "functionCall": { "name": "g" } },
    ]));
    let thoughtful = one(&json!([
        { "text": "The user wants …", "thought": true },
        { "text": "Let me" },
        { "text": "hidden", "thought": true, "thoughtSignature": "c2ln" },
        { "text": " see. ", "thoughtSignature": "c2ln" },
        { "text": "" },
        { "functionCall": { "id": "f7", "args": { "b": { "d": 2.0, "c": [1.5, null, "x"] }, "a": 1 }, "name": "f" },
          "thoughtSignature": "c2ln" },
        { "function_call": { "name": "g", "args": {} }, "thought_signature": "c2ln" },
        { "text": "", "thoughtSignature": "c2ln" },
    ]));
    assert_eq!(said, thoughtful);
    let spaced = br#" {"contents" : [ {"parts":[{"text":"a\u0062\/"}] , "role":"user"} ] } "#;
    assert_eq!(Chain::of_request(spaced, &KEY).last(), chain(&json!([{ "parts": [{ "text": "ab/" }] }])).last());
}

#[test]
fn media_count_by_their_bytes() {
    let bytes: Vec<u8> = (0..=250_u8).cycle().take(100_000).collect();
    let blob = |data: &str, kind: &str| one(&json!([{ "inlineData": { "mimeType": kind, "data": data } }]));
    let plain = STANDARD.encode(&bytes);
    let lines: String = plain.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line) + "\r\n").collect();
    let usual = blob(&plain, "image/png");
    for other in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE.encode(&bytes), lines] {
        assert_eq!(blob(&other, "IMAGE/PNG"), usual);
    }
    assert_eq!(one(&json!([{ "inline_data": { "data": plain, "mime_type": "image/png" } }])), usual);
    for at in [0, 50_000, 99_999] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert_ne!(blob(&STANDARD.encode(&changed), "image/png"), usual, "byte {at}");
    }
    assert_ne!(blob(&plain, "image/jpeg"), usual);
    assert_ne!(blob("no base64!", "image/png"), blob("no base64?", "image/png"));
    let file = |uri: &str| one(&json!([{ "fileData": { "fileUri": uri } }]));
    assert_ne!(file("https://a/files/1"), file("https://a/files/2"));
}

#[test]
fn what_the_model_reads_counts() {
    let text = |text: &str| one(&json!([{ "text": text }]));
    let call = |args: Value| one(&json!([{ "functionCall": { "name": "f", "args": args } }]));
    let digests = [
        text("a"),
        text("b"),
        text("a "),
        one(&json!([])),
        one(&json!([{ "text": "a" }, { "fileData": { "fileUri": "u" } }])),
        one(&json!([{ "fileData": { "fileUri": "u" } }, { "text": "a" }])),
        call(json!({ "a": 1 })),
        call(json!({ "a": "1" })),
        call(json!({ "a": 1.5 })),
        call(json!({ "a": null })),
        call(json!({ "a": [1, 2] })),
        call(json!({ "a": [[1], 2] })),
        call(json!({ "a": 1, "b": 1 })),
        call(json!({})),
        one(&json!([{ "functionResponse": { "name": "f", "response": { "a": 1 } } }])),
        one(&json!([{ "executableCode": { "code": "a" } }])),
        chain(&json!([{ "role": "user", "parts": [{ "text": "a" }] }])).turns()[0].turn,
        chain(&json!([{ "role": "function", "parts": [{ "text": "a" }] }])).turns()[0].turn,
    ];
    for (at, digest) in digests.iter().enumerate() {
        assert!(!digests[..at].contains(digest), "no. {at}");
    }
}

#[test]
fn what_stands_before_the_turns_is_the_root() {
    let contents = json!([{ "parts": [{ "text": "hi" }] }]);
    let plain = chain(&contents);
    assert_eq!(plain.root_bytes(), 0);
    let with = |field: &str, value: Value| {
        let mut request = json!({ "contents": contents });
        request[field] = value;
        of(&request)
    };
    let system = with("systemInstruction", json!({ "parts": [{ "text": "Be short." }] }));
    assert_ne!((system.root(), system.last()), (plain.root(), plain.last()));
    assert_eq!(system.turns()[0].turn, plain.turns()[0].turn, "a turn is the same wherever it stands");
    let other =
        with("system_instruction", json!({ "role": "system", "parts": [{ "text": "Be " }, { "text": "short." }] }));
    assert_eq!(other.root(), system.root());
    for (field, value) in [
        ("tools", json!([{ "googleSearch": {} }])),
        ("cachedContent", json!("cachedContents/a")),
        ("systemInstruction", json!({ "parts": [{ "text": "Be long." }] })),
    ] {
        let changed = with(field, value);
        assert!(changed.root() != plain.root() && changed.root() != system.root(), "{field}");
    }
    assert_eq!(with("generationConfig", json!({ "temperature": 1 })).root(), plain.root());
}

#[test]
fn another_key_gives_other_names() {
    let body = br#"{"contents":[{"parts":[{"text":"hi"}]}]}"#;
    let (one, two) = (Chain::of_request(body, &[1; 32]), Chain::of_request(body, &[2; 32]));
    assert!(one.root() != two.root() && one.last() != two.last() && one.turns()[0].turn != two.turns()[0].turn);
}

#[test]
fn what_cannot_be_read_has_no_chain() {
    let deep = format!("{{\"contents\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let large = format!("{{\"contents\":[{{\"parts\":[{{\"text\":\"{}\"}}]}}]}}", "a".repeat(MOST));
    for body in ["", "{", "null", "[]", "{}", "{\"contents\":[1]}", "{\"contents\":\"hi\"}", &deep, &large] {
        assert!(Chain::of_request(body.as_bytes(), &KEY).is_empty(), "{}", &body[..body.len().min(40)]);
    }
    assert!(Chain::of_request(b"\xff\xfe", &KEY).is_empty());
}

#[test]
fn the_model_s_answer_goes_on_where_the_next_request_does() {
    let asked = json!({ "role": "user", "parts": [{ "text": "Weather?" }] });
    let mut chain = chain(&json!([asked]));
    let mut reply = ReplyTurn::new(&KEY);
    let said = |parts: Value| json!({ "candidates": [{ "content": { "role": "model", "parts": parts } }] }).to_string();
    reply.chunk(said(json!([{ "text": "Hm.", "thought": true }])).as_bytes());
    reply.chunk(said(json!([{ "text": "I'll " }])).as_bytes());
    reply.chunk(said(json!([{ "text": "look.", "thoughtSignature": "c2ln" }])).as_bytes());
    reply.chunk(b"no JSON");
    reply.chunk(b"{\"usageMetadata\":{}}");
    chain.push_reply(reply.finish(), &KEY);
    let answered = json!({ "role": "model", "parts": [{ "text": "I'll look." }] });
    let next = of(&json!({ "contents": [asked, answered, { "parts": [{ "text": "And?" }] }] }));
    assert_eq!(names(&next)[..2], names(&chain));
    let known = chain.last().unwrap();
    assert_eq!(next.longest_known(|name| (*name == known).then_some("it")), Some((2, "it")));
    assert_eq!(next.longest_known(|_| None::<()>), None);
    assert_eq!(next.turns().iter().map(|link| link.is_models).collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn each_turn_knows_where_it_stands() {
    let body =
        "\u{feff}{ \"contents\": [ {\"parts\":[{\"text\":\"ä\"}]}, {\"role\":\"model\",\"parts\":[]} ] }".as_bytes();
    let chain = Chain::of_request(body, &KEY);
    let turns: Vec<Value> =
        chain.turns().iter().map(|link| serde_json::from_slice(&body[link.bytes.clone()]).unwrap()).collect();
    assert_eq!(turns, [json!({ "parts": [{ "text": "ä" }] }), json!({ "role": "model", "parts": [] })]);
}

// === properties ===

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        "[a-c\"\\\\ä]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d]{1,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn args() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-d]{1,2}", value(), 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// One part, as the model and the user see it.
fn part() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => "[a-d ä😀]{1,12}".prop_map(|text| json!({ "text": text })),
        1 => ("[fg]", args()).prop_map(|(name, args)| json!({ "functionCall": { "name": name, "args": args } })),
        1 => ("[fg]", args())
            .prop_map(|(name, args)| json!({ "functionResponse": { "name": name, "response": args } })),
        1 => prop::collection::vec(any::<u8>(), 0..40)
            .prop_map(|bytes| json!({ "inlineData": { "mimeType": "image/png", "data": STANDARD.encode(bytes) } })),
    ]
}

fn turns() -> impl Strategy<Value = Vec<Value>> {
    let turn = (any::<bool>(), prop::collection::vec(part(), 1..4))
        .prop_map(|(model, parts)| json!({ "role": if model { "model" } else { "user" }, "parts": parts }));
    prop::collection::vec(turn, 1..6)
}

/// The same with the keys of all objects the other way round.
fn turned(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.iter().rev().map(|(key, value)| (key.clone(), turned(value))).collect())
        }
        Value::Array(items) => items.iter().map(turned).collect(),
        other => other.clone(),
    }
}

/// The same as a careless client sends it: texts cut anywhere, thoughts in between, signatures, ids.
fn mistreated(turns: &[Value], seed: u64) -> Value {
    let mut dice = seed;
    let mut roll = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % sides.max(1)
    };
    let mut treat = |part: &Value| -> Vec<Value> {
        let mut parts = Vec::new();
        if roll(2) == 0 {
            parts.push(json!({ "text": "a thought", "thought": true }));
        }
        if let Some(text) = part.get("text").and_then(Value::as_str) {
            let letters: Vec<char> = text.chars().collect();
            let (head, tail) = letters.split_at(roll(letters.len() + 1));
            parts.push(json!({ "text": head.iter().collect::<String>() }));
            if roll(2) == 0 {
                parts.push(json!({ "text": "another", "thought": true }));
            }
            parts.push(json!({ "text": tail.iter().collect::<String>(), "thoughtSignature": "c2ln" }));
            return parts;
        }
        let mut part = turned(part);
        for function in ["functionCall", "functionResponse"] {
            if let Some(function) = part.get_mut(function) {
                function["id"] = json!(format!("id-{}", roll(100)));
            }
        }
        part["thoughtSignature"] = json!("c2ln");
        parts.push(part);
        parts
    };
    let turn = |turn: &Value| {
        let parts: Vec<Value> = turn["parts"].as_array().unwrap().iter().flat_map(&mut treat).collect();
        json!({ "parts": parts, "role": turn["role"] })
    };
    turns.iter().map(turn).collect()
}

/// What tells conversations apart: pieces of text joined.
fn essence(turns: &[Value]) -> Vec<Value> {
    let of_turn = |turn: &Value| {
        let mut parts: Vec<Value> = Vec::new();
        for part in turn["parts"].as_array().unwrap() {
            match (parts.last_mut(), part.get("text")) {
                (Some(last), Some(text)) if last.get("text").is_some() => {
                    let joined = format!("{}{}", last["text"].as_str().unwrap(), text.as_str().unwrap());
                    *last = json!({ "text": joined });
                }
                _ => parts.push(part.clone()),
            }
        }
        json!({ "role": turn["role"], "parts": parts })
    };
    turns.iter().map(of_turn).collect()
}

proptest! {
    #[test]
    fn careless_clients_keep_the_names(turns in turns(), seed in any::<u64>()) {
        let careful = chain(&Value::from(turns.clone()));
        prop_assert_eq!(names(&chain(&mistreated(&turns, seed))), names(&careful));
    }

    #[test]
    fn one_is_the_beginning_of_another_exactly_if_its_turns_are(
        shared in turns(), mut one in turns(), mut other in turns(),
    ) {
        one.splice(0..0, shared.iter().cloned());
        other.splice(0..0, shared);
        let (chain_one, chain_other) = (chain(&Value::from(one.clone())), chain(&Value::from(other.clone())));
        let (one, other) = (essence(&one), essence(&other));
        for length in 1..=one.len().min(other.len()) {
            let same = one[..length] == other[..length];
            prop_assert_eq!(names(&chain_one)[length - 1] == names(&chain_other)[length - 1], same, "of {}", length);
        }
        let known = names(&chain_one);
        let found = chain_other.longest_known(|name| known.contains(name).then_some(()));
        let longest = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
        prop_assert_eq!(found.map(|(turns, ())| turns), Some(longest));
    }

    #[test]
    fn a_changed_letter_changes_the_name(mut turns in turns(), at in any::<prop::sample::Index>()) {
        let before = chain(&Value::from(turns.clone()));
        let at = at.index(turns.len());
        turns[at]["parts"].as_array_mut().unwrap().push(json!({ "text": "!" }));
        let after = chain(&Value::from(turns));
        prop_assert_eq!(names(&after)[..at].to_vec(), names(&before)[..at].to_vec());
        prop_assert!(names(&after)[at..].iter().all(|name| !names(&before).contains(name)));
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        _ = Chain::of_request(&bytes, &KEY);
        ReplyTurn::new(&KEY).chunk(&bytes);
    }
}
