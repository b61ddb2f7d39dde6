use super::*;

/// What a chunk says, in short.
fn told(chunk: &str) -> Vec<String> {
    let mut told = Vec::new();
    let text = |text: &Text<'_>| text.decode().into_owned();
    read(chunk.as_bytes(), |event| {
        told.push(match event {
            Event::Model(version) => format!("model {}", text(&version)),
            Event::ResponseId(id) => format!("id {}", text(&id)),
            Event::Candidate(candidate) => format!("{candidate}:"),
            Event::Text { candidate, text: said } => format!("{candidate} text {}", text(&said)),
            Event::Thought { candidate, text: said } => format!("{candidate} thought {}", text(&said)),
            Event::Call { candidate, call, .. } => {
                format!(
                    "{candidate} call {} {}",
                    call.name.map(|name| text(&name)).unwrap_or_default(),
                    call.args.unwrap_or("-")
                )
            }
            Event::Media { candidate, media, .. } => format!("{candidate} media {}", text(&media.mime_type)),
            Event::Signature { candidate, signature } => format!("{candidate} signature {}", text(&signature)),
            Event::Native { candidate, part } => {
                let mut json = Vec::new();
                part.write(&mut json);
                format!("{candidate} native {}", String::from_utf8(json).unwrap())
            }
            Event::Logprobs { candidate, json } => format!("{candidate} logprobs {json}"),
            Event::Fact { candidate, name, json } => format!("{candidate} {name} {json}"),
            Event::Finish { candidate, reason } => format!("{candidate} finish {reason}"),
            Event::PromptFeedback(json) => format!("feedback {json}"),
            Event::Usage(json) => format!("usage {json}"),
            Event::Error(json) => format!("error {json}"),
        });
    })
    .unwrap();
    told
}

#[test]
fn a_chunk_is_told_in_order_whatever_order_it_was_written_in() {
    let chunk = r#"{"usageMetadata":{"totalTokenCount":3},"candidates":[{"finishReason":"STOP","index":1,"content":
        {"role":"model","parts":[{"thought":true,"text":"hm"},{"text":"a"},{"functionCall":{"args":{"n":7},"name":"f"}}]}}],
        "responseId":"r","modelVersion":"models/gemini-2.5-pro"}"#;
    // wire 115, wire 119
    assert_eq!(
        told(chunk),
        [
            "model gemini-2.5-pro",
            "id r",
            "1:",
            "1 thought hm",
            "1 text a",
            "1 call f {\"n\":7}",
            "1 finish STOP",
            "usage {\"totalTokenCount\":3}"
        ]
    );
}

#[test]
fn what_is_of_another_kind_takes_nothing_else_with_it() {
    // wire 110
    for odd in ["null", "7", "1.5", "-1", "true", "\"x\"", "[]", "[1]", "{}", "{\"a\":[{}]}"] {
        let fields = ["index", "content", "finishReason", "logprobsResult"];
        for field in fields {
            let chunk =
                format!(r#"{{"candidates":[{{"{field}":{odd}}},{{"content":{{"parts":[{odd},{{"text":"a"}}]}}}}]}}"#);
            assert!(told(&chunk).contains(&"1 text a".to_owned()), "{chunk}");
        }
        for field in ["text", "thought", "thoughtSignature", "functionCall", "inlineData"] {
            let chunk = format!(r#"{{"candidates":[{{"content":{{"parts":[{{"{field}":{odd}}},{{"text":"a"}}]}}}}]}}"#);
            assert!(told(&chunk).contains(&"0 text a".to_owned()), "{chunk}");
        }
        for field in ["usageMetadata", "modelVersion", "responseId", "promptFeedback", "somethingNew"] {
            let chunk = format!(r#"{{"{field}":{odd},"candidates":[{{"content":{{"parts":[{{"text":"a"}}]}}}}]}}"#);
            assert!(told(&chunk).contains(&"0 text a".to_owned()), "{chunk}");
        }
        assert!(!told(&format!(r#"{{"candidates":{odd}}}"#)).iter().any(|event| event.contains("text")));
    }
}

#[test]
fn enums_may_be_numbers_and_new_names_are_kept() {
    let finish = |json: &str| told(&format!(r#"{{"candidates":[{{"finishReason":{json}}}]}}"#)).pop().unwrap();
    assert_eq!(finish("2"), "0 finish MAX_TOKENS");
    assert_eq!(finish("99"), "0 finish 99");
    assert_eq!(finish("\"BRAND_NEW\""), "0 finish BRAND_NEW");
    assert_eq!(finish("null"), "0:");
}

#[test]
fn parts_without_a_word_for_them_are_kept_to_the_letter() {
    // wire 107
    let part =
        r#"{ "executableCode" : {"language": "PYTHON", "code": "a\n b"}, "thoughtSignature": "c2ln", "n": 1.0 }"#;
    let chunk = format!(r#"{{"candidates":[{{"content":{{"parts":[{part}]}}}}]}}"#);
    assert_eq!(
        told(&chunk)[1],
        r#"0 native {"executableCode":{"language":"PYTHON","code":"a\n b"},"n":1.0,"thoughtSignature":"c2ln"}"#
    );
}

#[test]
fn empty_parts_say_nothing_but_their_signature() {
    // wire 75, wire 106
    let chunk = r#"{"candidates":[{"content":{"parts":[{"text":""},{},{"inlineData":{"mimeType":"image/png","data":""}},
        {"text":"","thoughtSignature":"c2ln"}]}}]}"#;
    assert_eq!(told(chunk), ["0:", "0 signature c2ln"]);
}

#[test]
fn an_error_may_be_an_object_or_an_array() {
    // wire 1
    for chunk in [r#"{"error":{"code":503}}"#, r#"[{"error":{"code":503}}]"#, "\n[\n{\"error\":{\"code\":503}}]"] {
        assert_eq!(told(chunk), [r#"error {"code":503}"#]);
    }
}

#[test]
fn what_is_no_answer_is_an_error() {
    for chunk in ["", "{", "[{", "nul", "{\"candidates\":[}", "\u{feff}", "[DONE]"] {
        assert_eq!(read(chunk.as_bytes(), |_| {}), Err(ReadError::NotJson), "{chunk}");
    }
    for chunk in ["null", "7", "\"text\"", "true"] {
        assert_eq!(read(chunk.as_bytes(), |_| {}), Err(ReadError::NoAnswer), "{chunk}");
    }
    assert_eq!(read(b"{\"a\":\"\xff\"}", |_| {}), Err(ReadError::NotJson));
}

#[test]
fn text_passes_by_its_letters() {
    let of = |json| Text::of(json).unwrap();
    assert_eq!(&*of(r#""a\u003e\n\"""#).letters(), br#"a\u003e\n\""#);
    assert_eq!(of(r#""a\u003e\n\"""#).decode(), "a>\n\"");
    assert_eq!(Text::of("7"), None);
    // A pair stays, half a pair cannot.
    assert_eq!(&*of(r#""\ud83d\ude00""#).letters(), "\u{1f600}".as_bytes());
    assert_eq!(&*of(r#""x\ud83d""#).letters(), "x\u{fffd}".as_bytes());
}

#[test]
fn ascii_is_counted_without_being_unescaped() {
    for text in ["", "abc", "a\"b\\c", "line\nline\t", "<>&'=", "\u{0}\u{7f}"] {
        let json = serde_json::to_string(text).unwrap();
        assert_eq!(Text::of(&json).unwrap().ascii_len(), Some(text.len()), "{json}");
    }
    assert_eq!(Text::of(r#""\u003d\/""#).unwrap().ascii_len(), Some(2));
    assert_eq!(Text::of(r#""\u00e9""#).unwrap().ascii_len(), None);
    assert_eq!(Text::of("\"é\"").unwrap().ascii_len(), None);
}

#[test]
fn compaction_keeps_the_letters_of_everything_else() {
    let json = "{\n  \"a b\" : [ 1.0, 7 , -0 ],\r\n\t\"c\": \"x \\\" y\\\\\" }";
    let mut out = Vec::new();
    compact(&mut out, json);
    assert_eq!(String::from_utf8(out).unwrap(), r#"{"a b":[1.0,7,-0],"c":"x \" y\\"}"#);
    let mut out = vec![b'"'];
    compact_into_text(&mut out, json);
    out.push(b'"');
    let text: String = serde_json::from_slice(&out).unwrap();
    assert_eq!(text, r#"{"a b":[1.0,7,-0],"c":"x \" y\\"}"#);
}
