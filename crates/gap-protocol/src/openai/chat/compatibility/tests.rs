use super::*;

#[test]
fn names_are_unique_and_sorted() {
    for entries in [CHAT, EXTENSIONS, EMBEDDINGS] {
        assert!(entries.is_sorted_by(|a, b| a.name < b.name));
    }
    assert!(EXTENSIONS.iter().all(|extension| CHAT.iter().all(|entry| entry.name != extension.name)));
}

#[test]
fn values_that_ask_for_nothing_are_json() {
    for entry in CHAT.iter().chain(EMBEDDINGS) {
        if let Warned { unless, message } = entry.treatment {
            assert!(!message.is_empty());
            for value in unless {
                assert!(serde_json::from_str::<serde_json::Value>(value).is_ok(), "{} {value}", entry.name);
            }
        }
    }
}

#[test]
fn the_reference_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/openai-compatibility.md");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == reference(), "stale: cargo run -p gap-protocol --example compatibility");
}
