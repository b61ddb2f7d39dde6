use proptest::prelude::*;

use super::*;

fn carried(gemini_id: &str, name: &str, signature: &str) -> Carried {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Carried { gemini_id: some(gemini_id), name: some(name), signature: some(signature) }
}

#[test]
fn ids_of_other_makers_carry_nothing() {
    // As clients and providers make them.
    let foreign = [
        "",
        "call_",
        "call__",
        "call_abc",
        "call_abc_def",
        "call_xmbm3uqyeqncaxgbuc6gp47o",
        "call_00_AAAAAAAAAAAA",
        "toolu_01A09q90qw90lq917835lq9",
        "chatcmpl-tool-5f2c",
        "rgjcr7hc",
        "function-call-123_456",
        "call_ü_ü",
    ];
    for id in foreign {
        assert_eq!(decode(id), None, "{id}");
    }
}

#[test]
fn a_short_id_fits_what_openai_takes_back() {
    let signature = STANDARD.encode([7; 600]);
    let id = encode("0123456789abcdef", &carried("rgjcr7hc", "get_weather", &signature), IdStyle::Short);
    assert!(id.len() <= MAX_SHORT, "{id}");
    // The name no longer fits; Gemini's id matters more.
    assert_eq!(decode(&id), Some(carried("rgjcr7hc", "", "")));
    let id = encode("0123456789", &carried("", "search", &signature), IdStyle::Short);
    assert_eq!(decode(&id), Some(carried("", "search", "")));
}

// wire 77: the id is one of the three ways of a signature.
#[test]
fn an_embedded_id_holds_a_usual_signature_and_leaves_a_huge_one_to_the_vault() {
    let usual = carried("rgjcr7hc", "get_weather", &STANDARD.encode([0xA5; 2000]));
    assert_eq!(decode(&encode("u1", &usual, IdStyle::Embedded)), Some(usual));
    let huge = carried("", "f", &STANDARD.encode([0xA5; 9000]));
    let id = encode("u1", &huge, IdStyle::Embedded);
    assert!(id.len() <= MAX_SHORT);
    assert_eq!(decode(&id).and_then(|carried| carried.signature), None);
}

#[test]
fn a_signature_that_would_come_back_changed_is_not_embedded() {
    for signature in ["skip_thought_signature_validator", "AAA", "not base64!"] {
        let id = encode("u1", &carried("", "", signature), IdStyle::Embedded);
        assert_eq!(id, "call_u1", "{signature}");
    }
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(gemini_id in "[a-z0-9]{0,12}", name in "\\PC{0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let signature = if bytes.is_empty() { String::new() } else { STANDARD.encode(&bytes) };
        let before = carried(&gemini_id, &name, &signature);
        let id = encode("abc123", &before, IdStyle::Embedded);
        prop_assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
        if before.signature.is_some() {
            prop_assert_eq!(decode(&id), Some(before));
        }
    }

    #[test]
    fn any_text_is_read_without_harm(id in "\\PC{0,80}", tail in "[A-Za-z0-9_-]{0,80}") {
        let _ = decode(&id);
        let _ = decode(&format!("call_x_{tail}"));
    }
}
