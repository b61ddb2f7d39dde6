//! Server-sent events, cut anywhere.

use bytes::{Bytes, BytesMut};
use gap_protocol::sse::{Decoder, Event, LineEnd, encode};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{cut, reference};

/// Text made of what matters to the format, in any order.
fn stream() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just("data: "),
        2 => Just("data:"),
        2 => Just("data"),
        1 => Just("event: "),
        1 => Just("id: "),
        1 => Just("retry: 7"),
        1 => Just(": comment"),
        1 => Just("\u{feff}"),
        2 => Just(":"),
        2 => Just(" "),
        5 => Just("\n"),
        3 => Just("\r"),
        5 => Just("\r\n"),
        2 => Just("\n\n"),
        2 => Just("\r\n\r\n"),
        4 => Just("{\"a\": \"ä€𝄞\"}"),
        3 => Just("x"),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn decode(chunks: &[&[u8]]) -> Vec<Event> {
    let mut decoder = Decoder::new();
    let mut events = Vec::new();
    for chunk in chunks {
        decoder.push(Bytes::copy_from_slice(chunk));
        events.extend(std::iter::from_fn(|| decoder.next_event()));
    }
    decoder.finish();
    events.extend(std::iter::from_fn(|| decoder.next_event()));
    events.into_iter().map(|event| event.unwrap()).collect()
}

fn named(events: &[Event]) -> Vec<(Option<String>, String)> {
    let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    events.iter().map(|event| (event.event.as_ref().map(text), text(&event.data))).collect()
}

proptest! {
    // wire 30, wire 116
    #[test]
    fn any_split_gives_the_same_events(text in stream(), places in vec(any::<usize>(), 0..12)) {
        let whole = decode(&[text.as_bytes()]);
        prop_assert_eq!(named(&whole), reference::events(&text));
        prop_assert_eq!(&decode(&cut(text.as_bytes(), &places)), &whole);
        let single: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        prop_assert_eq!(&decode(&single), &whole);
    }

    #[test]
    fn pushing_all_before_reading_gives_the_same(text in stream(), places in vec(any::<usize>(), 0..6)) {
        let mut decoder = Decoder::new();
        for chunk in cut(text.as_bytes(), &places) {
            decoder.push(Bytes::copy_from_slice(chunk));
        }
        decoder.finish();
        let events: Vec<Event> = std::iter::from_fn(|| decoder.next_event()).map(Result::unwrap).collect();
        prop_assert_eq!(events, decode(&[text.as_bytes()]));
    }

    #[test]
    fn what_is_encoded_is_decoded(
        texts in vec("[ -~äöü\n]{0,40}", 1..5),
        name in proptest::option::of("[a-z._]{1,20}"),
        crlf in any::<bool>(),
    ) {
        let mut out = BytesMut::new();
        for text in &texts {
            let end = if crlf { LineEnd::CrLf } else { LineEnd::Lf };
            encode(&mut out, end, name.as_deref(), text.as_bytes());
        }
        let expected: Vec<_> = texts.into_iter().map(|text| (name.clone(), text)).collect();
        prop_assert_eq!(named(&decode(&[&out])), expected);
    }

    #[test]
    fn no_bytes_make_the_decoder_panic_or_exceed_its_limit(bytes in vec(any::<u8>(), 0..300), limit in 0..64_usize) {
        let mut decoder = Decoder::with_limit(limit);
        for chunk in bytes.chunks(13) {
            decoder.push(Bytes::copy_from_slice(chunk));
            while let Some(Ok(event)) = decoder.next_event() {
                prop_assert!(event.data.len() <= limit);
            }
        }
        decoder.finish();
        while let Some(Ok(event)) = decoder.next_event() {
            prop_assert!(event.data.len() <= limit);
        }
    }
}
