use super::*;

fn read(text: &str) -> Parsed {
    Parsed::read(text.as_bytes()).unwrap()
}

fn keys(parsed: &Parsed) -> Vec<(Option<&str>, &str)> {
    parsed.found.iter().map(|found| (found.project.as_deref(), found.secret.as_str())).collect()
}

#[test]
fn plain_lists_are_read_with_their_lines() {
    let parsed = read("\u{feff}AIzaA\n\nshop:AIzaB;AIzaC\nbad:\n");
    assert_eq!(keys(&parsed), [(None, "AIzaA"), (Some("shop"), "AIzaB"), (None, "AIzaC")]);
    assert_eq!(parsed.found.iter().map(|found| found.line).collect::<Vec<_>>(), [1, 3, 3]);
    assert_eq!(
        parsed.notes,
        [Note { line: 4, kind: NoteKind::Bad, message: "there is no key behind the colon".into() }]
    );
}

#[test]
fn json_lists_of_keys_and_of_objects_are_read() {
    let parsed = read(
        r#"["AIzaA", {"key": "AIzaB", "project": "shop", "label": "ours", "tier": "free", "weight": 7,
            "models": ["gemini-2.5-flash"], "expires_at": "2030-01-01T00:00:00Z"}, {"api_key": "p:AIzaC", "disabled": true},
            7, {"label": "no key"}, {"key": "AIzaD", "tier": "golden"}]"#,
    );
    assert_eq!(keys(&parsed), [(None, "AIzaA"), (Some("shop"), "AIzaB"), (Some("p"), "AIzaC")]);
    let details = &parsed.found[1].details;
    assert_eq!((details.label.as_str(), details.tier.as_deref(), details.weight), ("ours", Some("free"), 7));
    assert_eq!(details.models.as_deref(), Some(&["gemini-2.5-flash".to_owned()][..]));
    assert!(details.expires_at.is_some() && parsed.found[2].disabled.is_some());
    assert_eq!(parsed.notes.iter().map(|note| note.line).collect::<Vec<_>>(), [4, 5, 6]);
}

#[test]
fn exports_of_other_gateways_are_read() {
    let balance = read(r#"{"config": {"API_KEYS": ["AIzaA", "AIzaB"], "ALLOWED_TOKENS": ["sk-1"]}}"#);
    assert_eq!(keys(&balance), [(None, "AIzaA"), (None, "AIzaB")]);
    let new_api = read(
        r#"{"success": true, "data": {"items": [
            {"id": 1, "type": 24, "name": "gemini", "key": "AIzaA\nAIzaB", "status": 1, "weight": 0, "models": "a,b"},
            {"id": 2, "type": 1, "name": "openai", "key": "sk-other", "status": 1},
            {"id": 3, "type": 24, "name": "old", "key": "AIzaC", "status": 2}]}}"#,
    );
    assert_eq!(keys(&new_api), [(None, "AIzaA"), (None, "AIzaB"), (None, "AIzaC")]);
    assert_eq!(new_api.notes[0].kind, NoteKind::Skipped);
    assert!(new_api.found[0].disabled.is_none() && new_api.found[2].disabled.is_some());
    assert_eq!(new_api.found[0].details.label, "gemini");
}

#[test]
fn what_cannot_be_read_is_refused_without_a_word_of_it() {
    assert_eq!(Parsed::read(b"\xff\xfe").unwrap_err(), Unreadable::NotText);
    assert_eq!(Parsed::read(br#"{"hello": "AIzaSecret"}"#).unwrap_err(), Unreadable::NoList);
    let error = Parsed::read(br#"["AIzaSecret" oops]"#).unwrap_err();
    assert!(!error.to_string().contains("AIzaSecret") && error.to_string().contains("line 1"), "{error}");
    let endless = "AIzaA\n".repeat(MOST_LINES + 1);
    assert_eq!(Parsed::read(endless.as_bytes()).unwrap_err(), Unreadable::TooLong);
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let _ = Parsed::read(&bytes);
    }

    #[test]
    fn no_json_makes_it_panic(text in r#"[\[\]{}":,a-z0-9 \n]{0,80}"#) {
        let _ = Parsed::read(text.as_bytes());
    }

    #[test]
    fn every_key_is_found_whatever_parts_them(
        keys in proptest::collection::vec("AIza[A-Za-z0-9_-]{35}", 1..20),
        separators in proptest::collection::vec(proptest::sample::select(vec![",", ";", "\n", "\r\n", " ", "\t", "|", ", "]), 20),
    ) {
        let text: String = keys.iter().zip(&separators).flat_map(|(key, separator)| [key.as_str(), separator]).collect();
        let parsed = Parsed::read(text.as_bytes()).unwrap();
        let found: Vec<&str> = parsed.found.iter().map(|found| found.secret.as_str()).collect();
        proptest::prop_assert_eq!(found, keys);
    }
}
