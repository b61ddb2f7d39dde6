//! Every recorded answer through the meter and the decoder.

use bytes::Bytes;
use gap_protocol::gemini::path::Target;
use gap_protocol::meter::{Framing, Position};
use gap_protocol::sse::Decoder;

use crate::support::{everything, metered, recording, reference};

#[test]
fn findings_are_what_a_parser_finds() {
    // wire 109-112, 114, 119, 122, 124, 125
    for recording in recording::all() {
        let expected = reference::findings(&recording.events);
        let whole = {
            let mut meter = metered(recording.framing, recording.bytes.as_bytes(), usize::MAX);
            meter.finish();
            meter
        };
        expected.check(whole.findings(), &recording.id);
        let events =
            if recording.events.is_empty() && recording.framing == Framing::Json { 1 } else { recording.events.len() };
        assert_eq!(whole.events(), events as u64, "{}", recording.id);
        assert_eq!(whole.position(), Position::Closed, "{}", recording.id);
        for size in [1, 7] {
            let mut meter = metered(recording.framing, recording.bytes.as_bytes(), size);
            meter.finish();
            assert_eq!(everything(&meter), everything(&whole), "{} in pieces of {size}", recording.id);
        }
    }
}

#[test]
fn most_recordings_say_what_they_cost_and_how_they_ended() {
    let recordings = recording::all();
    let calls = recordings.iter().filter(|recording| recording.path.ends_with("enerateContent"));
    let answered: Vec<_> =
        calls.filter(|recording| recording.events.iter().all(|event| event.get("error").is_none())).collect();
    let found = answered.iter().filter(|recording| {
        let meter = metered(recording.framing, recording.bytes.as_bytes(), 1024);
        meter.findings().usage.is_some() && meter.findings().finish_reason.is_some()
    });
    // If the names ever changed, the comparison above might agree on nothing at all.
    assert!(found.count() * 10 >= answered.len() * 9);
}

#[test]
fn an_error_where_events_were_promised_is_found() {
    // All recorded errors of `alt=sse` are plain documents under `text/event-stream`.
    for recording in recording::all().iter().filter(|recording| recording.framing != Framing::Sse) {
        let expected = reference::findings(&recording.events);
        for framing in [Framing::Sse, Framing::JsonArray, Framing::Json] {
            expected.check(metered(framing, recording.bytes.as_bytes(), 5).findings(), &recording.id);
        }
    }
}

#[test]
fn the_decoder_gives_the_events_that_were_sent() {
    for recording in recording::all().iter().filter(|recording| recording.framing == Framing::Sse) {
        let expected = reference::events(&recording.bytes);
        for size in [1, 7, recording.bytes.len()] {
            let mut decoder = Decoder::new();
            let mut events = Vec::new();
            for chunk in recording.bytes.as_bytes().chunks(size) {
                decoder.push(Bytes::copy_from_slice(chunk));
                events.extend(std::iter::from_fn(|| decoder.next_event()));
            }
            decoder.finish();
            events.extend(std::iter::from_fn(|| decoder.next_event()));
            let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
            let events: Vec<_> = events
                .into_iter()
                .map(|event| event.unwrap())
                .map(|event| (event.event.as_ref().map(text), text(&event.data)))
                .collect();
            assert_eq!(events, expected, "{} in pieces of {size}", recording.id);
        }
    }
}

#[test]
fn recorded_paths_are_native_targets() {
    let recordings = recording::all();
    let native = recordings.iter().filter(|recording| {
        let first = recording.path.split('/').nth(1).unwrap_or_default();
        matches!(first, "v1beta" | "v1alpha" | "upload" | "download") && !recording.path.contains("/projects/")
    });
    for recording in native {
        let target = Target::parse(&recording.path).unwrap_or_else(|error| panic!("{}: {error}", recording.id));
        assert_eq!(target.upstream_path(), recording.path, "{}", recording.id);
        let streams = recording.path.ends_with(":streamGenerateContent");
        assert_eq!(
            target.framing(Some("alt=sse")),
            if streams { Framing::Sse } else { Framing::Json },
            "{}",
            recording.id
        );
    }
}
