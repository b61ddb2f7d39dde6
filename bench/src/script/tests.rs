use std::time::Duration;

use super::{Script, event, prose, unary};

#[test]
fn model_names_are_scripts() {
    let script = Script::default();
    assert_eq!(Script::of_model("bench-1k"), Some(script.clone()));
    assert_eq!(Script::of_model("bench-7k"), Some(Script { answer_bytes: 7_000, ..script.clone() }));
    assert_eq!(Script::of_model("bench-stream-3"), Some(Script { events: 3, ..script.clone() }));
    assert_eq!(
        Script::of_model("bench-stream-3x500-every-20ms"),
        Some(Script { events: 3, event_chars: 500, pause: Duration::from_millis(20), ..script.clone() })
    );
    assert_eq!(Script::of_model("bench-hold"), Some(Script { hold: true, ..script }));
}

#[test]
fn other_names_are_none() {
    for name in [
        "gemini-2.5-flash",
        "bench-",
        "bench-k",
        "bench-1",
        "bench-stream-",
        "bench-stream-0",
        "bench-stream-3x0",
        "bench-stream-3x",
        "bench-stream-3-every-2",
        "bench-99999999999999999999k",
        "bench-18446744073709551615k",
        "bench-64001k",
        "bench-stream-64000001x1",
        "bench-stream-18446744073709551615x2",
    ] {
        assert_eq!(Script::of_model(name), None, "{name}");
    }
}

#[test]
fn a_unary_answer_has_about_the_size_asked_for() {
    let size = unary(&Script::default()).len();
    assert!((950..1_150).contains(&size), "{size}");
}

#[test]
fn events_hold_the_text_in_order_and_end_once() {
    let script = Script { events: 5, ..Script::default() };
    let texts = script.event_texts();
    assert_eq!(texts.concat(), script.stream_text());
    let frames: Vec<_> = texts.iter().enumerate().map(|(at, text)| event(&script, at, text)).collect();
    assert!(frames.iter().all(|frame| frame.starts_with(b"data: {") && frame.ends_with(b"}\r\n\r\n")));
    let ended: Vec<_> = frames.iter().map(|frame| memchr::memmem::find(frame, b"STOP").is_some()).collect();
    assert_eq!(ended, [false, false, false, false, true]);
}

#[test]
fn prose_has_the_length_asked_for_and_needs_escaping() {
    assert_eq!(prose(1).len(), 1);
    assert_eq!(prose(100_000).len(), 100_000);
    assert!(prose(1_000).contains('\n'));
}
