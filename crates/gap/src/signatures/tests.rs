use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

fn clock() -> Clock {
    Clock::hand("2026-06-15T12:00:00Z".parse().unwrap())
}

fn vault(bytes: usize, count: usize) -> Vault {
    Vault::new(VaultPolicy { bytes, count, lifetime: Duration::from_hours(1) })
}

fn memory(owner: &str, vault: &Vault, clock: &Clock) -> CallMemory {
    CallMemory::new(owner, vault.clone(), Learned::default(), clock.clone())
}

fn signature(id: &str, signature: &str) -> Vec<CallSignature> {
    vec![CallSignature { call_id: id.to_owned(), place: None, signature: signature.to_owned() }]
}

#[test]
fn a_signature_is_found_by_its_owner_alone() {
    let (vault, clock) = (vault(1000, 10), clock());
    let own = memory("a", &vault, &clock);
    own.remember(signature("call_1", "s1"));
    assert_eq!(own.signature_of("call_1"), Some("s1".to_owned()));
    assert_eq!(own.signature_of("call_2"), None);
    assert_eq!(memory("b", &vault, &clock).signature_of("call_1"), None);
}

#[test]
fn it_is_forgotten_in_time() {
    let (vault, clock) = (vault(1000, 10), clock());
    let own = memory("a", &vault, &clock);
    own.remember(signature("call_1", "s1"));
    clock.advance(SignedDuration::from_mins(61));
    assert_eq!(own.signature_of("call_1"), None);
    own.remember(signature("call_2", "s2"));
    assert_eq!(vault.len(), 1, "what is too old takes no place");
}

#[test]
fn the_oldest_makes_room() {
    let (vault, clock) = (vault(20, 3), clock());
    let own = memory("a", &vault, &clock);
    for id in ["c1", "c2", "c3", "c4"] {
        own.remember(signature(id, "s"));
    }
    assert!(own.signature_of("c1").is_none() && own.signature_of("c2").is_some());
    own.remember(signature("c5", "a long signature"));
    assert_eq!(vault.len(), 1);
    own.remember(signature("c6", "one that does not fit at all"));
    assert!(vault.is_empty());
}

#[test]
fn a_call_is_found_by_its_place_in_the_conversation() {
    let (vault, clock) = (vault(10_000, 100), clock());
    let body = |turns: serde_json::Value| serde_json::json!({ "contents": turns }).to_string();
    let asked = serde_json::json!({ "parts": [{ "text": "Oslo?" }] });
    let called = serde_json::json!({ "role": "model", "parts": [
        { "functionCall": { "name": "a", "args": {} }, "thoughtSignature": NO_SIGNATURE },
        { "functionCall": { "name": "b", "args": {} } },
    ] });
    let signed = |place, signature: &str| {
        vec![CallSignature {
            call_id: format!("id-{place}-{signature}"),
            place: Some(place),
            signature: signature.to_owned(),
        }]
    };
    let own = memory("a", &vault, &clock).answering(body(serde_json::json!([asked])).as_bytes());
    own.remember(signed(0, "old"));
    own.remember(signed(0, "s0"));
    let back = body(serde_json::json!([asked, called, { "parts": [] }]));
    let mut next = memory("a", &vault, &clock);
    assert!(next.recall(back.as_bytes()));
    assert_eq!((next.signature_at(0), next.signature_at(1)), (Some("s0".to_owned()), None), "the later answer counts");
    assert!(!memory("b", &vault, &clock).recall(back.as_bytes()), "another's");
    let elsewhere = body(serde_json::json!([{ "parts": [{ "text": "Bergen?" }] }, called]));
    assert!(!next.recall(elsewhere.as_bytes()));
    assert!(!next.recall(back.replace(NO_SIGNATURE, "c2ln").as_bytes()), "nothing is missing");
    assert!(!next.recall(b"not JSON, skip_thought_signature_validator"));
}

#[test]
fn a_refusal_is_learned_once() {
    let (vault, clock) = (vault(20, 3), clock());
    let mut own = memory("a", &vault, &clock);
    assert!(own.learn("m", "Penalty is not enabled for models/m"));
    assert!(!own.learn("m", "Penalty is not enabled for models/m"), "it was left out already");
    assert!(!own.learn("m", "Something is wrong"));
    // A value that is out of range is left out here, and taken from others.
    let sentence = "The thinking budget 7 is invalid. Please choose a value between 128 and 32768.";
    assert!(own.learn("m", sentence));
    assert!(!own.learned.refused_by("m", clock.now()).contains(gap_protocol::call::Feature::ThinkingBudget));
}

proptest! {
    #[test]
    fn its_limits_hold(calls in prop::collection::vec(("[a-z]{1,3}", "[a-z]{0,40}"), 0..200)) {
        let (vault, clock) = (vault(300, 12), clock());
        let own = memory("a", &vault, &clock);
        for (id, text) in calls {
            own.remember(signature(&id, &text));
            let inner = vault.inner();
            prop_assert!(inner.bytes <= 300 && inner.kept.len() <= 12 && inner.order.len() == inner.kept.len());
            let bytes: usize = inner.kept.iter().map(|(key, kept)| key.1.len() + kept.signature.len()).sum();
            prop_assert_eq!(bytes, inner.bytes);
        }
    }
}
