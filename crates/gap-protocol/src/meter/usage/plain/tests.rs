use proptest::prelude::*;

use super::*;

/// Fields that are read here and some that are not, spelled well and badly, with values of every kind.
fn object() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "promptTokenCount",
        "candidatesTokenCount",
        "totalTokenCount",
        "thoughtsTokenCount",
        "cachedContentTokenCount",
        "toolUsePromptTokenCount",
        "promptTokensDetails",
        "candidatesTokensDetails",
        "cacheTokensDetails",
        "toolUsePromptTokensDetails",
        "serviceTier",
        "total_tokens",
        "later",
    ]);
    let entry = prop::sample::select(vec!["TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT", "audio", "SMELL"]);
    let list = prop::collection::vec((entry, any::<u64>()), 0..3).prop_map(|entries| {
        let entries: Vec<String> =
            entries.iter().map(|(name, count)| format!(r#"{{"modality": "{name}","tokenCount":{count}}}"#)).collect();
        format!("[{}]", entries.join(", "))
    });
    let value = prop_oneof![
        4 => any::<u64>().prop_map(|number| number.to_string()),
        4 => (0..9_999_u64).prop_map(|number| number.to_string()),
        6 => list,
        1 => prop::sample::select(vec!["-1", "1.5", "1e3", "007", "null", "true", "\"12\"", "{}", "\"standard\"", "\"\\u0061\"", "7 7"]).prop_map(str::to_owned),
    ];
    let blank = prop::sample::select(vec!["", " ", "\n  ", "\t"]);
    prop::collection::vec((name, value, blank), 0..6).prop_map(|fields| {
        let fields: Vec<String> =
            fields.iter().map(|(name, value, blank)| format!("{blank}\"{name}\":{blank}{value}{blank}")).collect();
        format!("{{{}}}", fields.join(","))
    })
}

proptest! {
    #[test]
    fn what_is_read_here_is_what_serde_reads(json in object(), cut in any::<prop::sample::Index>(), whole in prop::bool::weighted(0.9)) {
        let json = if whole { &json[..] } else { &json[..cut.index(json.len())] };
        if let Some(usage) = read(json.as_bytes()) {
            prop_assert_eq!(Some(usage), serde_json::from_str(json).ok());
        }
    }
}

#[test]
fn an_ordinary_usage_is_read_here() {
    let json = br#"{
        "promptTokenCount": 10, "candidatesTokenCount": 2, "thoughtsTokenCount": 30, "totalTokenCount": 42,
        "promptTokensDetails": [ { "modality": "TEXT", "tokenCount": 7 }, { "modality": "IMAGE", "tokenCount": 3 } ],
        "serviceTier": "standard"
    }"#;
    let usage = read(json).unwrap();
    assert_eq!((usage.prompt, usage.candidates, usage.thoughts, usage.total), (10, 2, 30, 42));
    assert_eq!((usage.prompt_by_modality.text, usage.prompt_by_modality.image), (7, 3));
}

#[test]
fn what_is_odd_is_left_to_serde() {
    for odd in [
        r"{}",
        r#"{"promptTokenCount":1,"promptTokenCount":2}"#,
        r#"{"promptTokenCount":1.0}"#,
        r#"{"promptTokenCount":01}"#,
        r#"{"promptTokenCount":99999999999999999999}"#,
        r#"{"promptTokenCount":1}x"#,
        r#"{"promptTokenCount":1"#,
        r#"{"promptTokenCount":"1"}"#,
        r#"{"later":1}"#,
    ] {
        assert!(read(odd.as_bytes()).is_none(), "{odd}");
    }
}
