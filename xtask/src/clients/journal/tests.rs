use serde_json::json;

use super::Signatures;

fn of(signatures: &[Option<&str>]) -> Signatures {
    let mut counted = Signatures::default();
    let call = |signature: Option<&str>| match signature {
        Some(signature) => json!({"functionCall": {"name": "f"}, "thoughtSignature": signature}),
        None => json!({"functionCall": {"name": "f"}}),
    };
    let turns: Vec<_> = signatures.iter().map(|own| json!({"role": "model", "parts": [call(*own)]})).collect();
    counted.add(&json!({ "contents": turns }));
    counted
}

#[test]
fn a_signature_and_what_stands_for_one_are_told_apart() {
    assert_eq!(of(&[]).to_string(), "-");
    assert_eq!(of(&[Some("c2ln"), Some("bmF0dXJl")]).to_string(), "ok");
    assert_eq!(of(&[Some("c2ln"), Some(super::STAND_IN), None]).to_string(), "FAILED: 2 of 3 lost");
}

#[test]
fn only_the_first_of_several_calls_has_one() {
    let mut counted = Signatures::default();
    let parts = json!([{"functionCall": {"name": "f"}, "thoughtSignature": "c2ln"}, {"functionCall": {"name": "g"}}]);
    counted.add(&json!({"contents": [{"role": "model", "parts": parts}]}));
    assert_eq!(counted.to_string(), "ok");
}
