//! Event streams of any bytes: no panic, no event over the limit, nothing depends on where they are cut, and what was
//! decoded survives being encoded.
#![no_main]

use bytes::{Bytes, BytesMut};
use gap_protocol::sse::{DecodeError, Decoder, Event, LineEnd, encode};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 512;

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let whole = decode(bytes, bytes.len());
    // Over the limit, how much was decoded before that shows depends on the pieces.
    if whole.iter().all(Result::is_ok) {
        assert_eq!(decode(bytes, usize::from(size)), whole);
    }
    let events: Vec<Event> = whole.into_iter().filter_map(Result::ok).collect();
    let mut written = BytesMut::new();
    for event in &events {
        assert!(event.data.len() <= LIMIT);
        encode(&mut written, LineEnd::CrLf, None, &event.data);
    }
    let again: Vec<Bytes> = decode(&written, written.len()).into_iter().flatten().map(|event| event.data).collect();
    assert!(again.iter().eq(events.iter().map(|event| &event.data)));
});

fn decode(bytes: &[u8], size: usize) -> Vec<Result<Event, DecodeError>> {
    let mut decoder = Decoder::with_limit(LIMIT);
    let mut events = Vec::new();
    let mut pieces = bytes.chunks(size.max(1));
    loop {
        match decoder.next_event() {
            Some(Ok(event)) => events.push(Ok(event)),
            Some(error) => {
                events.push(error);
                return events;
            }
            None => match pieces.next() {
                Some(piece) => decoder.push(Bytes::copy_from_slice(piece)),
                None => break,
            },
        }
    }
    decoder.finish();
    while let Some(event) = decoder.next_event() {
        let failed = event.is_err();
        events.push(event);
        if failed {
            break;
        }
    }
    events
}
