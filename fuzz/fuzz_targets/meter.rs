//! Answers of any bytes: no panic, and nothing depends on where they are cut.
#![no_main]

use gap_protocol::meter::{Framing, Meter, Position};
use libfuzzer_sys::fuzz_target;

const ERROR: &str = "{\n  \"error\": {}\n}\n";

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    for framing in [Framing::Json, Framing::JsonArray, Framing::Sse] {
        let mut whole = Meter::new(framing);
        whole.feed(bytes);
        let mut pieces = Meter::new(framing);
        for piece in bytes.chunks(usize::from(size).max(1)) {
            pieces.feed(piece);
        }
        assert_eq!(everything(&pieces), everything(&whole));
        check_closing(framing, &whole);
        whole.finish();
        pieces.finish();
        assert_eq!(everything(&pieces), everything(&whole));
    }
});

/// Closing is possible exactly where something may stand, and closes.
fn check_closing(framing: Framing, meter: &Meter) {
    let closing = meter.closing(ERROR);
    match meter.position() {
        Position::Inside => assert!(closing.is_none() && meter.keep_alive().is_none()),
        Position::Closed => assert!(closing.is_some_and(|bytes| bytes.is_empty()) && meter.keep_alive().is_none()),
        Position::Before | Position::Between => assert!(closing.is_some() || framing == Framing::Json),
    }
}

fn everything(meter: &Meter) -> String {
    format!(
        "{:?} {} {:?} {:?} {:?}",
        meter.position(),
        meter.events(),
        meter.findings(),
        meter.keep_alive(),
        meter.closing(ERROR)
    )
}
