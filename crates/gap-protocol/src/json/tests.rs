use proptest::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;

use super::*;

fn node(text: &str) -> Node<'_> {
    parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn letters_survive() {
    let text = r#" {"a" : [ 7, 7.0, -0, 1e999 ], "b":"\u00e4\/","\u0061c":null} "#;
    let root = node(text);
    assert_eq!(root.raw(), text.trim());
    assert_eq!(root.member("a").unwrap().raw(), "[ 7, 7.0, -0, 1e999 ]");
    assert_eq!(root.member("b").unwrap().text().unwrap(), "ä/");
    assert!(root.member("ac").unwrap().is_null() && root.find("ac").is_none());
}

#[test]
fn the_last_of_repeated_keys_counts() {
    assert_eq!(node(r#"{"a":1,"a":2}"#).member("a").unwrap().integer(), Some(2));
}

#[test]
fn whole_numbers_are_integers_in_every_spelling() {
    let cases = [("7", Some(7)), ("7.0", Some(7)), ("7e0", Some(7)), ("7.5", None), ("-0", Some(0)), ("1e99", None)];
    for (text, expected) in cases {
        assert_eq!(node(text).integer(), expected, "{text}");
    }
    assert_eq!(node("9007199254740993").integer(), Some(9_007_199_254_740_993));
}

// `serde_json` without `float_roundtrip` reads this one as its neighbour.
#[test]
fn numbers_are_read_as_the_nearest_double() {
    let root = node("[[2.25325338511423e-309]]");
    let number = root.items().unwrap()[0].items().unwrap()[0].number().unwrap();
    assert_eq!(number.to_bits(), 2.253_253_385_114_23e-309_f64.to_bits());
    assert_eq!(format!("{number:e}"), "2.25325338511423e-309");
    assert!(agrees(&root, &serde_json::from_str(root.raw()).unwrap()));
}

// JavaScript writes half an emoji as an escape when it cuts a text; Google refuses it.
#[test]
fn half_an_emoji_becomes_a_replacement_character() {
    let cases = [
        (r#""a\ud83d""#, "a\u{FFFD}"),
        (r#""\ude00b""#, "\u{FFFD}b"),
        (r#""\ud83d\n""#, "\u{FFFD}\n"),
        (r#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
        (r#""\ud83d\u0041""#, "\u{FFFD}A"),
    ];
    for (raw, text) in cases {
        let mut written = Vec::new();
        node(raw).write(&mut written);
        assert_eq!(serde_json::from_slice::<String>(&written).unwrap(), text, "{raw}");
    }
    let mut written = Vec::new();
    node(r#""\ud83d\ude00""#).write(&mut written);
    assert_eq!(written, br#""\ud83d\ude00""#);
}

#[test]
fn errors_say_where() {
    let cases = [
        ("", "the text ends early at line 1, column 1"),
        ("{\n  \"a\": 1,\n}", "a key was expected at line 3, column 1"),
        ("[1 2]", "a comma or a closing bracket was expected at line 1, column 4"),
        ("\"a\nb\"", "a control character must be escaped in a string at line 1, column 3"),
        (
            "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nb\"",
            "a control character must be escaped in a string at line 1, column 63",
        ),
        ("nul", "a value was expected at line 1, column 1"),
        ("{} x", "there is text after the end at line 1, column 4"),
        ("\"\\x\"", "an unknown escape at line 1, column 3"),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text.as_bytes()).unwrap_err().to_string(), expected, "{text}");
    }
    assert_eq!(parse(b"\"\xFF\"").unwrap_err().to_string(), "the text is not UTF-8 at line 1, column 2");
    assert!(parse(b"\xEF\xBB\xBF{}").is_ok());
}

#[test]
fn nesting_ends() {
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
    assert!(parse(deep(MAX_DEPTH + 1).as_bytes()).unwrap_err().to_string().contains("too deep"));
    assert!(parse("[".repeat(1_000_000).as_bytes()).is_err());
    let many = format!("[{}0]", "0,".repeat(MAX_VALUES));
    assert!(parse(many.as_bytes()).unwrap_err().to_string().contains("too many values"));
}

#[test]
fn paths_read_as_openai_writes_them() {
    let root = Path::Root;
    let messages = root.key("messages");
    let message = messages.index(2);
    assert_eq!(message.key("content").to_string(), "messages[2].content");
    assert_eq!(root.to_string(), "");
    let error = node("{}").want_text(&message).unwrap_err();
    assert_eq!(error.to_string(), "messages[2]: must be a string, not an object");
}

fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter("JSON has no such number", |number| number.is_finite()).prop_map(|n| format!("{n:e}")),
        "\\PC{0,60}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just("\"\\u00e4\\ud83d\\ude00\"".to_owned()),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(" , "))),
            proptest::collection::vec(("\\PC{0,30}", inner), 0..6).prop_map(|members| {
                let members: Vec<String> = members
                    .iter()
                    .map(|(key, value)| format!("{}: {value}", serde_json::to_string(key).unwrap()))
                    .collect();
                format!("{{ {} }}", members.join(","))
            }),
        ]
    })
}

fn agrees(node: &Node<'_>, value: &Value) -> bool {
    match (node.kind(), value) {
        (Kind::Null, Value::Null) => true,
        (Kind::Bool(mine), Value::Bool(theirs)) => mine == theirs,
        // `serde_json` may be off in the last digit; the standard library is not.
        (Kind::Number, Value::Number(theirs)) => {
            let (mine, theirs) = (node.number().unwrap(), theirs.as_f64().unwrap());
            // Below the smallest normal number the last digit is no longer a matter of proportion.
            (mine - theirs).abs() <= theirs.abs() * 1e-15 + f64::from_bits(4)
        }
        (Kind::Text(_), Value::String(text)) => node.text().as_deref() == Some(text),
        (Kind::List(mine), Value::Array(theirs)) => {
            mine.len() == theirs.len() && mine.iter().zip(theirs).all(|(mine, theirs)| agrees(mine, theirs))
        }
        (Kind::Map(_), Value::Object(theirs)) => {
            theirs.iter().all(|(key, theirs)| node.member(key).is_some_and(|mine| agrees(mine, theirs)))
        }
        _ => false,
    }
}

#[test]
fn each_byte_is_escaped_at_each_place_of_a_word() {
    for byte in 0..=0x7F_u8 {
        for at in 0..20 {
            let mut text = "ordinary letters \u{e4}\u{1f600}".to_owned();
            text.insert(at.min(17), char::from(byte));
            let mut written = Vec::new();
            write_text(&mut written, &text);
            let read: String =
                serde_json::from_slice(&written).unwrap_or_else(|error| panic!("{byte} at {at}: {error}"));
            assert_eq!(read, text);
            assert_eq!(written.len() == text.len() + 2, byte >= 0x20 && byte != b'"' && byte != b'\\');
        }
    }
}

proptest! {
    #[test]
    fn reads_what_serde_reads(text in json_text()) {
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert!(agrees(&node(&text), &value), "{text}");
    }

    // Whether damaged text is JSON is judged as serde judges it.
    #[test]
    fn accepts_and_refuses_as_serde_does(text in json_text(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let mine = parse(&bytes).is_ok();
        let theirs = std::str::from_utf8(&bytes).is_ok_and(|text| serde_json::from_str::<&RawValue>(text).is_ok());
        prop_assert_eq!(mine, theirs, "{}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn written_text_reads_back(text in any::<String>()) {
        let mut written = Vec::new();
        write_text(&mut written, &text);
        prop_assert_eq!(serde_json::from_slice::<String>(&written).unwrap(), text);
    }
}

#[expect(clippy::redundant_closure_for_method_calls, reason = "the method itself is not general enough in lifetimes")]
fn passed(text: &str) -> Skimmed<&str> {
    skim(text, |value| value.raw())
}

proptest! {
    #[test]
    fn what_is_passed_by_is_what_a_tree_would_hold(text in r#"([\[\]{},:" ]|"[a-z\\u]{0,4}"|-?[0-9]{1,2}(\.[0-9])?|true|null|\{"a":|\[1,){0,12}"#) {
        let tree = parse(text.as_bytes()).map(|node| node.raw());
        let passed = passed(&text);
        prop_assert_eq!(tree.as_ref().ok(), passed.as_ref().ok());
    }
}

#[test]
fn a_skimmer_reads_what_it_wants_and_passes_the_rest_by() {
    let text = r#"{"a":{"b":[1,{"c":"x"}]},"d":[7,"e\n"],"d":null}"#;
    let mut seen = Vec::new();
    let read = skim(text, |root| {
        root.members(|key, value| {
            match &*key {
                "d" => {
                    value.items(|item| {
                        seen.push(item.raw()?);
                        Ok(())
                    })?;
                }
                _ => value.pass()?,
            }
            Ok(())
        })
    });
    assert_eq!(read, Ok(true));
    assert_eq!(seen, ["7", r#""e\n""#]);
    assert_eq!(skim("[1]", |value| value.members(|_, _| Err("no object"))), Ok(false));
    assert!(passed("[1] 2").is_err());
    assert!(passed(&"[".repeat(200)).is_err());
}
