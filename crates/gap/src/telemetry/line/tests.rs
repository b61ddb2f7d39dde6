use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use proptest::prelude::*;
use tracing::{Level, error, info, warn};
use tracing_subscriber::layer::SubscriberExt;

use super::super::queue;
use super::*;

#[derive(Clone, Default)]
struct Target(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Target {
    fn write(&mut self, lines: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(lines);
        Ok(lines.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What the log holds when `happen` has happened.
fn logged(form: Form, happen: impl FnOnce()) -> String {
    let clock = Clock::hand("2026-03-01T23:59:00.012345Z".parse().unwrap());
    let target = Target::default();
    let (queue, writer) = queue::start(target.clone(), |_| unreachable!("nothing is lost")).unwrap();
    let layer = LineLayer { outlets: vec![(form, queue)], clock };
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), happen);
    drop(writer);
    String::from_utf8(target.0.lock().unwrap().clone()).unwrap()
}

const PRETTY: Form = Form::Pretty { colour: false };

#[test]
fn people_read_the_message_and_then_what_is_known_beside_it() {
    let line = logged(PRETTY, || {
        let path = "/v1beta/x";
        info!(
            request.id = "a-1",
            model = None::<&str>,
            status = 200_u16,
            usage.total_tokens = Some(u64::MAX),
            "GET {path}"
        );
    });
    assert_eq!(
        line,
        "2026-03-01T23:59:00.012000Z  INFO GET /v1beta/x request.id=\"a-1\" status=200 \
         usage.total_tokens=18446744073709551615\n"
    );
}

#[test]
fn machines_read_an_object_with_the_fields_beside_the_message() {
    let line = logged(Form::Json, || {
        let address = std::net::Ipv4Addr::LOCALHOST;
        error!(address = %address, left = -1, part = 0.5, odd = f64::NAN, done = true, zero = 0, "It \"broke\"");
    });
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "timestamp": "2026-03-01T23:59:00.012000Z", "level": "ERROR", "message": "It \"broke\"",
            "address": "127.0.0.1", "left": -1, "part": 0.5, "odd": "NaN", "done": true, "zero": 0,
            "target": "gap::telemetry::line::tests",
        })
    );
    assert!(line.ends_with("}\n") && line.matches('\n').count() == 1);
}

#[test]
fn nobody_can_forge_a_line_or_paint_the_terminal() {
    let said = "x\n2026-03-01T00:00:00Z  INFO all is well\u{1b}[2J\u{9b}2J\u{7f}";
    for form in [PRETTY, Form::Json] {
        let lines = logged(form, || warn!(value = said, shown = %said, "{said}"));
        assert_eq!(lines.matches('\n').count(), 1, "{lines}");
        assert!(!lines.trim_end().chars().any(char::is_control), "{lines:?}");
    }
}

#[test]
fn a_terminal_gets_colours_and_nothing_else_changes() {
    let coloured = logged(Form::Pretty { colour: true }, || warn!(name = "value", "Said"));
    assert!(coloured.contains("\x1b[33m WARN\x1b[0m"), "{coloured:?}");
    let mut plain = String::new();
    for piece in coloured.split('\x1b') {
        plain.push_str(piece.split_once('m').filter(|_| piece.starts_with('[')).map_or(piece, |(_, rest)| rest));
    }
    assert_eq!(plain, logged(PRETTY, || warn!(name = "value", "Said")));
}

proptest! {
    #[test]
    fn any_text_arrives_in_json(text in any::<String>(), count in any::<u64>()) {
        let line = logged(Form::Json, || info!(text, shown = %text, count, "{text}"));
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(json["message"].as_str(), Some(&*text));
        prop_assert_eq!(json["text"].as_str(), Some(&*text));
        prop_assert_eq!(json["shown"].as_str(), Some(&*text));
        prop_assert_eq!(json["count"].as_u64(), Some(count));
    }

    #[test]
    fn the_time_is_written_as_everybody_writes_it(second in 0_i64..253_402_207_200, micros in 0_i32..1_000_000) {
        let at = Timestamp::new(second, micros * 1_000).unwrap();
        let line = Form::Json.warning(at, format_args!("x"));
        prop_assert!(line.starts_with(&format!("{{\"timestamp\":\"{at:.6}\"")), "{}", line);
    }
}

#[test]
fn levels_are_named_alike_in_both_forms() {
    for level in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
        let begun = Line::begin(PRETTY, Timestamp::UNIX_EPOCH, level).text;
        assert!(begun.ends_with(&format!("Z {level:>5}")), "{begun}");
        let begun = Line::begin(Form::Json, Timestamp::UNIX_EPOCH, level).text;
        assert!(begun.ends_with(&format!(",\"level\":\"{level}\"")), "{begun}");
    }
}
