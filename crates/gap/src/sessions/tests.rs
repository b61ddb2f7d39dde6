use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;

const HALF_AN_HOUR: SignedDuration = SignedDuration::from_mins(30);

fn sessions() -> Sessions {
    Sessions::new(&[7; 32])
}

fn at(minutes: i64) -> Timestamp {
    "2026-06-15T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

fn mark(sessions: &Sessions, mark: SessionMark) {
    sessions.marks.store([(mark.id, mark)].into_iter().collect::<HashMap<_, _>>().into());
}

fn begun(sessions: &Sessions) -> (Claims, String) {
    let claims = sessions.begin("env:password-1", &Digest::of("a-password"), HALF_AN_HOUR, at(0));
    let token = sessions.write(&claims);
    (claims, token)
}

/// A token of other parts, signed by whoever has the key.
fn forged(header: &serde_json::Value, claims: &[u8], key: Option<[u8; 32]>) -> String {
    let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims));
    let signature = key.map(|key| Sessions::new(&key).key.chain_update(&signed).finalize().into_bytes());
    format!("{signed}.{}", signature.map(|bytes| BASE64.encode(bytes)).unwrap_or_default())
}

#[test]
fn a_token_says_whose_it_is_until_it_is_over() {
    let sessions = sessions();
    let (claims, token) = begun(&sessions);
    assert_eq!(sessions.read(&token, at(29)), Ok(claims.clone()));
    assert_eq!(sessions.read(&token, at(30)), Err(Denied::SessionExpired));
    assert_eq!(sessions.digest_of(&Digest::of("a-password")), claims.cred);
    assert_ne!(sessions.digest_of(&Digest::of("another-password")), claims.cred);
    assert!(is_token(&token) && !is_token("eyJ") && !is_token("gap-1.2"));
    let said = BASE64.decode(token.split('.').nth(1).unwrap()).unwrap();
    assert!(!String::from_utf8(said).unwrap().contains("a-password"));
}

#[test]
fn the_header_is_what_its_letters_say() {
    let header: serde_json::Value = serde_json::from_slice(&BASE64.decode(HEADER).unwrap()).unwrap();
    assert_eq!(header, json!({"alg": "HS256", "typ": "JWT"}));
}

#[rstest]
#[case::without_a_signature(json!({"alg": "none"}), None)]
#[case::without_a_signature_in_our_header(json!({"alg": "HS256", "typ": "JWT"}), None)]
#[case::none_but_signed(json!({"alg": "none"}), Some([7; 32]))]
#[case::another_algorithm(json!({"alg": "HS512", "typ": "JWT"}), Some([7; 32]))]
#[case::another_order(json!({"typ": "JWT", "alg": "HS256"}), Some([7; 32]))]
#[case::another_key(json!({"alg": "HS256", "typ": "JWT"}), Some([8; 32]))]
fn nobody_else_makes_tokens(#[case] header: serde_json::Value, #[case] key: Option<[u8; 32]>) {
    let sessions = sessions();
    let (claims, _) = begun(&sessions);
    let token = forged(&header, &serde_json::to_vec(&claims).unwrap(), key);
    assert_eq!(sessions.read(&token, at(1)), Err(Denied::Wrong));
}

#[test]
fn a_token_that_was_refreshed_lingers_and_ends() {
    let sessions = sessions();
    let (first, token) = begun(&sessions);
    let (second, noted) = sessions.next(&first, HALF_AN_HOUR, at(10));
    mark(&sessions, noted);
    assert_eq!(second.exp, at(40).as_second());
    assert!(sessions.read(&token, at(10)).is_ok());
    assert_eq!(sessions.read(&token, at(11)), Err(Denied::SessionOver));
    assert!(sessions.read(&sessions.write(&second), at(11)).is_ok());

    let (third, noted) = sessions.next(&second, HALF_AN_HOUR, at(11));
    mark(&sessions, noted);
    assert_eq!(sessions.read(&token, at(11)), Err(Denied::SessionOver), "only the one before lingers");
    mark(&sessions, sessions.end(&third, at(12)));
    for claims in [&first, &second, &third] {
        assert_eq!(sessions.read(&sessions.write(claims), at(12)), Err(Denied::SessionOver));
    }
}

#[test]
fn what_was_refreshed_is_remembered_for_as_long_as_a_token_may_be_about() {
    let sessions = sessions();
    let (first, _) = begun(&sessions);
    let (_, noted) = sessions.next(&first, SignedDuration::from_mins(1), at(2));
    assert_eq!(noted.expires_at, at(30), "its token lives on, although new ones live shorter");
    assert_eq!(sessions.end(&first, at(2)).expires_at, at(7 * 24 * 60));
}

#[test]
fn no_session_is_refreshed_for_ever() {
    let sessions = sessions();
    let (mut claims, _) = begun(&sessions);
    let mut now = at(0);
    for _ in 0..1_000 {
        now += SignedDuration::from_mins(29);
        if sessions.read(&sessions.write(&claims), now).is_err() {
            break;
        }
        (claims, _) = sessions.next(&claims, HALF_AN_HOUR, now);
    }
    assert_eq!(now.duration_since(at(0)).as_hours(), 7 * 24, "{now}");
}

proptest! {
    #[test]
    fn whatever_is_changed_in_a_token_it_is_none(index in 0_usize..1_000, byte in any::<u8>()) {
        let sessions = sessions();
        let (_, token) = begun(&sessions);
        let mut bytes = token.clone().into_bytes();
        let index = index % bytes.len();
        bytes[index] = byte;
        let changed = String::from_utf8_lossy(&bytes).into_owned();
        prop_assert_eq!(sessions.read(&changed, at(1)).is_ok(), changed == token);
    }

    #[test]
    fn garbage_of_any_length_is_none(garbage in ".{0,3000}", dots in 0_usize..5, header in any::<bool>()) {
        let sessions = sessions();
        let text = format!("{}{garbage}{}", if header { HEADER } else { "" }, ".".repeat(dots));
        prop_assert_eq!(sessions.read(&text, at(1)), Err(Denied::Wrong));
    }

    #[test]
    fn a_token_cut_anywhere_is_none(length in 0_usize..400) {
        let sessions = sessions();
        let (_, token) = begun(&sessions);
        let cut = &token[..length.min(token.len() - 1)];
        prop_assert_eq!(sessions.read(cut, at(1)), Err(Denied::Wrong));
    }
}
