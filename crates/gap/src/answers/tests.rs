use jiff::SignedDuration;
use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn noon() -> Timestamp {
    "2026-06-15T12:00:00Z".parse().unwrap()
}

fn name(number: u8) -> Name {
    [number; 32]
}

fn answer(bytes: usize) -> KeptAnswer {
    KeptAnswer { content_type: HeaderValue::from_static(""), body: vec![b'x'; bytes].into() }
}

#[rstest]
#[case::nothing(&[], Wish::Any)]
#[case::something_else(&["max-age=60"], Wish::Any)]
#[case::fresh(&["No-Cache"], Wish::Fresh)]
#[case::reload(&["max-age=0"], Wish::Fresh)]
#[case::unkept(&["private, NO-STORE"], Wish::Unkept)]
#[case::the_stricter_counts(&["no-store", "no-cache"], Wish::Unkept)]
#[case::in_any_order(&["no-cache", "no-store"], Wish::Unkept)]
fn clients_say_what_they_want(#[case] values: &[&'static str], #[case] wish: Wish) {
    let headers = values.iter().map(|value| (CACHE_CONTROL, HeaderValue::from_static(value))).collect();
    assert_eq!(Wish::of(&headers), wish);
}

#[rstest]
#[case::cold(r#"{"generationConfig":{"temperature":0}}"#, true)]
#[case::as_python_writes_it(r#"{"generation_config":{"temperature":0.0,"candidate_count":1}}"#, true)]
#[case::functions(r#"{"generationConfig":{"temperature":0},"tools":[{"functionDeclarations":[{"name":"f"}]}]}"#, true)]
#[case::not_said(r#"{"generationConfig":{}}"#, false)]
#[case::nothing_configured(r#"{"contents":[{"parts":[{"text":"temperature"}]}]}"#, false)]
#[case::null(r#"{"generationConfig":{"temperature":null}}"#, false)]
#[case::warm(r#"{"generationConfig":{"temperature":0.01}}"#, false)]
#[case::elsewhere(r#"{"temperature":0}"#, false)]
#[case::configured_twice(r#"{"generationConfig":{"temperature":0},"generation_config":{"temperature":1}}"#, false)]
#[case::several(r#"{"generationConfig":{"temperature":0,"candidateCount":2}}"#, false)]
#[case::search(r#"{"generationConfig":{"temperature":0},"tools":[{"googleSearch":{}}]}"#, false)]
#[case::search_beside_functions(
    r#"{"generationConfig":{"temperature":0},"tools":[{"functionDeclarations":[]},{"google_search":{}}]}"#,
    false
)]
#[case::tools_that_are_no_list(r#"{"generationConfig":{"temperature":0},"tools":{"googleSearch":{}}}"#, false)]
#[case::a_cache(r#"{"generationConfig":{"temperature":0},"cachedContent":"cachedContents/x"}"#, false)]
#[case::a_file(r#"{"generationConfig":{"temperature":0},"contents":[{"parts":[{"file_data":{}}]}]}"#, false)]
#[case::broken(r#"{"generationConfig":{"temperature":0}"#, false)]
#[case::no_object(r#"["temperature"]"#, false)]
fn only_what_has_one_answer_is_deterministic(#[case] body: &str, #[case] is: bool) {
    assert_eq!(worth::is_deterministic(body.as_bytes()), is);
}

const TEXT: &str = r#"{"candidates":[{"content":{"parts":[{"text":"Yes"}]},"index":0}]}"#;
const STOP: &str = r#"{"candidates":[{"content":{"parts":[{"text":"."}]},"finishReason":"STOP"}]}"#;

#[rstest]
#[case::text(STOP, true)]
#[case::a_call(r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]},"finishReason":"STOP"}]}"#, true)]
#[case::unfinished(TEXT, false)]
#[case::too_long(r#"{"candidates":[{"content":{"parts":[{"text":"Y"}]},"finishReason":"MAX_TOKENS"}]}"#, false)]
#[case::blocked(r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#, false)]
#[case::nothing(r#"{"candidates":[{"content":{"role":"model"},"finishReason":"STOP"}]}"#, false)]
#[case::empty(r#"{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}"#, false)]
#[case::thought_only(
    r#"{"candidates":[{"content":{"parts":[{"text":"Hm","thought":true}]},"finishReason":"STOP"}]}"#,
    false
)]
#[case::an_error(r#"{"error":{"code":500},"candidates":[{"finishReason":"STOP"}]}"#, false)]
#[case::cut(&STOP[..STOP.len() - 2], false)]
fn only_an_answer_that_is_whole_is_worth_keeping(#[case] body: &str, #[case] is: bool) {
    assert_eq!(worth::is_whole(&Bytes::from(body.to_owned()), Framing::Json), is);
}

#[rstest]
#[case::whole(format!("data: {TEXT}\r\n\r\ndata: {STOP}\r\n\r\n"), Framing::Sse, true)]
#[case::an_array(format!("[{TEXT},\r\n{STOP}]"), Framing::JsonArray, true)]
#[case::without_a_reason(format!("data: {TEXT}\r\n\r\n"), Framing::Sse, false)]
#[case::cut_inside_the_end(format!("data: {TEXT}\r\n\r\ndata: {}", &STOP[..STOP.len() - 1]), Framing::Sse, false)]
#[case::an_open_array(format!("[{TEXT},\r\n{STOP}"), Framing::JsonArray, false)]
#[case::an_error(format!("data: {STOP}\r\n\r\ndata: {{\"error\":{{\"code\":503}}}}\r\n\r\n"), Framing::Sse, false)]
#[case::no_json("data: hello\r\n\r\n".to_owned(), Framing::Sse, false)]
#[case::nothing(String::new(), Framing::Sse, false)]
fn a_stream_is_whole_with_its_end(#[case] body: String, #[case] framing: Framing, #[case] is: bool) {
    assert_eq!(worth::is_whole(&body.into(), framing), is);
}

#[test]
fn what_was_not_asked_for_longest_goes_first() {
    let (mut shelf, now) = (Shelf::default(), noon());
    let until = now + SignedDuration::from_hours(1);
    let room = 2 * answer(100).size();
    shelf.keep(name(1), answer(100), until, (room, now));
    shelf.keep(name(2), answer(100), until, (room, now));
    assert!(shelf.find(&name(1), now).is_some());
    shelf.keep(name(3), answer(100), until, (room, now));
    let there = [1, 2, 3].map(|number| shelf.find(&name(number), now).is_some());
    assert_eq!((there, shelf.bytes), ([true, false, true], room));
}

#[test]
fn what_is_over_is_not_given_again() {
    let (mut shelf, now) = (Shelf::default(), noon());
    let until = now + SignedDuration::from_secs(1);
    shelf.keep(name(1), answer(100), until, (10_000, now));
    assert!(shelf.find(&name(1), now).is_some(), "asking does not make it younger");
    assert!(shelf.find(&name(1), until).is_none());
    assert_eq!((shelf.bytes, shelf.kept.len(), shelf.order.len()), (0, 0, 0));
}

#[test]
fn what_is_larger_than_the_room_is_not_kept_and_replaces_what_was_there() {
    let (mut shelf, now) = (Shelf::default(), noon());
    let until = now + SignedDuration::from_hours(1);
    shelf.keep(name(1), answer(100), until, (1_000, now));
    shelf.keep(name(1), answer(1_000), until, (1_000, now));
    assert_eq!((shelf.find(&name(1), now).is_none(), shelf.bytes), (true, 0));
}

proptest! {
    #[test]
    fn there_is_never_more_than_there_is_room_for(
        steps in prop::collection::vec((0_u8..20, 0_usize..2_000, 0_i64..100, any::<bool>()), 0..200),
        room in 0_usize..10_000,
    ) {
        let (mut shelf, mut now) = (Shelf::default(), noon());
        for (number, size, seconds, is_new) in steps {
            now += SignedDuration::from_secs(seconds);
            if is_new {
                shelf.keep(name(number), answer(size), now + SignedDuration::from_secs(300), (room, now));
            } else if let Some(found) = shelf.find(&name(number), now) {
                prop_assert!(found.body.len() < 2_000);
            }
            let sum: usize = shelf.kept.values().map(|slot| slot.answer.size()).sum();
            prop_assert_eq!((sum, shelf.kept.len()), (shelf.bytes, shelf.order.len()));
            prop_assert!(shelf.bytes <= room);
        }
    }
}
