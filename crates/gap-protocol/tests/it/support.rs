//! References to judge by: slow, simple, and written without a look at the code under test.

pub(crate) mod recording;
pub(crate) mod reference;
pub(crate) mod shared;

use gap_protocol::meter::{Framing, Meter};

/// A meter that has seen `bytes` in pieces of `size`.
pub(crate) fn metered(framing: Framing, bytes: &[u8], size: usize) -> Meter {
    let mut meter = Meter::new(framing);
    for chunk in bytes.chunks(size.max(1)) {
        meter.feed(chunk);
    }
    meter
}

/// `bytes` cut at the given places (any order, any size).
pub(crate) fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut pieces = Vec::new();
    let mut from = 0;
    for place in places {
        pieces.push(&bytes[from..place]);
        from = place;
    }
    pieces.push(&bytes[from..]);
    pieces
}

/// Everything that a meter says, to compare two of them.
pub(crate) fn everything(meter: &Meter) -> String {
    let closing = meter.closing(r#"{"error":{}}"#);
    format!("{:?} {} {:?} {:?} {closing:?}", meter.position(), meter.events(), meter.findings(), meter.keep_alive())
}
