use gap_protocol::json;
use serde_json::{Value, json};

use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn prefixes(count: usize) -> (Prefixes, Clock) {
    let clock = Clock::hand("2026-06-15T12:00:00Z".parse().unwrap());
    (Prefixes::new(PrefixPolicy { count, lifetime: HOUR }, [7; 32], clock.clone()), clock)
}

fn turn(role: &str, text: &str) -> Value {
    json!({ "role": role, "parts": [{ "text": text }] })
}

fn request(turns: &[Value]) -> Bytes {
    json!({ "contents": turns }).to_string().into()
}

fn follow(prefixes: &Prefixes, model: &str, body: &Bytes) -> Option<Followed> {
    prefixes.follow(model, body, &json::parse(body).unwrap())
}

fn ids() -> (KeyId, ProjectId) {
    ("1".parse().unwrap(), "2".parse().unwrap())
}

#[test]
fn a_conversation_is_followed_to_its_project_with_what_it_costs() {
    let (prefixes, clock) = prefixes(10);
    let (key, project) = ids();
    let long = "What a long question! ".repeat(200);
    let first = follow(&prefixes, "m", &request(&[turn("user", &long)])).unwrap();
    assert_eq!(first.project(), None);
    first.note(key, project, 1500);
    let body = request(&[turn("user", &long), turn("model", "Yes."), turn("user", "And now?")]);
    let second = follow(&prefixes, "m", &body).unwrap();
    assert_eq!(second.project(), Some(project));
    let (tokens, new) = second.counted().unwrap();
    let new: Vec<Value> = new.map(|turn| serde_json::from_slice(turn).unwrap()).collect();
    assert_eq!((tokens, new), (1500, vec![turn("model", "Yes."), turn("user", "And now?")]));
    assert_eq!(follow(&prefixes, "other", &body).unwrap().project(), None, "another model's cache is another");
    clock.advance(jiff::SignedDuration::from_hours(2));
    assert_eq!(follow(&prefixes, "m", &body).unwrap().project(), None, "Google has forgotten it by now");
}

#[test]
fn what_google_does_not_cache_draws_nobody() {
    let (prefixes, _) = prefixes(10);
    let (key, project) = ids();
    assert!(follow(&prefixes, "m", &request(&[turn("user", "hi")])).is_none());
    let nothing = Bytes::from(format!("[{}1]", "1,".repeat(5000)));
    assert!(follow(&prefixes, "m", &nothing).is_none(), "no request");
    let spaced = request(&[turn("user", &" ".repeat(5000))]);
    let followed = follow(&prefixes, "m", &spaced).unwrap();
    followed.note(key, project, 900);
    assert!(prefixes.is_empty());
    let (off, _) = self::prefixes(0);
    assert!(follow(&off, "m", &spaced).is_none());
}

#[test]
fn long_instructions_are_shared_by_conversations() {
    let (prefixes, _) = prefixes(10);
    let (key, project) = ids();
    let ask = |instructions: &str, text: &str| {
        let system = json!({ "parts": [{ "text": instructions }] });
        Bytes::from(json!({ "systemInstruction": system, "contents": [turn("user", text)] }).to_string())
    };
    let (long, short) = ("Be kind. ".repeat(2000), "Be kind. ".repeat(400));
    follow(&prefixes, "m", &ask(&long, "one")).unwrap().note(key, project, 4000);
    follow(&prefixes, "m", &ask(&short, "one")).unwrap().note(key, project, 1100);
    let other = follow(&prefixes, "m", &ask(&long, "two")).unwrap();
    assert_eq!(other.project(), Some(project));
    assert!(other.counted().is_none(), "nobody counted the instructions alone");
    assert_eq!(follow(&prefixes, "m", &ask(&short, "two")).unwrap().project(), None);
}

#[test]
fn memory_is_bounded() {
    let (prefixes, _) = prefixes(5);
    let (key, project) = ids();
    for number in 0..50 {
        let body = request(&[turn("user", &format!("{number} {}", "long ".repeat(1000)))]);
        follow(&prefixes, "m", &body).unwrap().note(key, project, 2000);
    }
    assert_eq!(prefixes.len(), 5);
}
