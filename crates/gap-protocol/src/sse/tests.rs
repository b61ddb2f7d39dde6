use super::*;

fn decode_all(chunks: &[&[u8]]) -> Vec<Event> {
    let mut decoder = Decoder::new();
    let mut events = Vec::new();
    for chunk in chunks {
        decoder.push(Bytes::copy_from_slice(chunk));
        while let Some(event) = decoder.next_event() {
            events.push(event.unwrap());
        }
    }
    decoder.finish();
    while let Some(event) = decoder.next_event() {
        events.push(event.unwrap());
    }
    events
}

fn data_of(text: &str) -> Vec<String> {
    decode_all(&[text.as_bytes()]).iter().map(|event| String::from_utf8(event.data.to_vec()).unwrap()).collect()
}

#[test]
fn any_line_end_ends_a_line() {
    // wire 30
    for text in [
        "data: a\n\ndata: b\n\n",
        "data: a\r\n\r\ndata: b\r\n\r\n",
        "data: a\r\rdata: b\r\r",
        "data: a\r\n\ndata: b\n\r\n",
    ] {
        assert_eq!(data_of(text), ["a", "b"], "{text:?}");
    }
}

#[test]
fn one_space_after_the_colon_does_not_count() {
    assert_eq!(data_of("data:a\n\ndata: b\n\ndata:  c\n\ndata\n\ndata:\n\n"), ["a", "b", " c", "", ""]);
}

#[test]
fn several_data_lines_are_one_text() {
    // wire 30
    assert_eq!(data_of("data: {\ndata:  \"a\": 1\ndata: }\n\n"), ["{\n \"a\": 1\n}"]);
    assert_eq!(data_of("data\ndata\n\n"), ["\n"]);
}

#[test]
fn comments_unknown_fields_and_blank_lines_are_no_events() {
    // wire 30
    assert_eq!(data_of(": keep-alive\n\n\r\n\r\nfoo: bar\n\nfoo\n\nevent: ping\n\ndata: a\n: b\nx: y\n\n"), ["a"]);
    assert_eq!(data_of("Data: upper case is another field\n\n data: so is a space\n\n"), [""; 0]);
}

#[test]
fn the_last_event_needs_no_blank_line() {
    // wire 30
    for end in ["", "\n", "\r", "\r\n"] {
        assert_eq!(data_of(&format!("data: a\n\ndata: b{end}")), ["a", "b"], "{end:?}");
    }
    assert_eq!(data_of("data: a\n\nevent: without data"), ["a"]);
}

#[test]
fn a_byte_order_mark_may_stand_first_and_nowhere_else() {
    assert_eq!(data_of("\u{feff}data: a\n\n\u{feff}data: b\n\n"), ["a"]);
    assert_eq!(data_of("\u{feff}\u{feff}data: a\n\n"), [""; 0]);
    assert_eq!(data_of("\u{feff}"), [""; 0]);
}

#[test]
fn the_fields_of_an_event() {
    let events = decode_all(&[b"event: step.delta\nid: 7\nretry: 1500\ndata: a\n\ndata: b\n\nid\nretry: 1s\ndata: c\n\nid: a\0b\nevent:\ndata: d\n\n"]);
    let bytes = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
    assert_eq!(events[0].event, bytes("step.delta"));
    assert_eq!((&events[0].id, events[0].retry), (&bytes("7"), Some(Duration::from_millis(1500))));
    // The id stays until it is set again, the name does not.
    assert_eq!((&events[1].event, &events[1].id, events[1].retry), (&None, &bytes("7"), None));
    assert_eq!((&events[2].id, events[2].retry), (&bytes(""), None));
    // An id with a NUL is ignored, an empty name is none.
    assert_eq!((&events[3].event, &events[3].id), (&None, &bytes("")));
}

#[test]
fn a_retry_without_data_counts_for_the_next_event() {
    let events = decode_all(&[b"retry: 10\n\ndata: a\n\ndata: b\n\n"]);
    assert_eq!(events.iter().map(|event| event.retry).collect::<Vec<_>>(), [Some(Duration::from_millis(10)), None]);
}

#[test]
fn data_within_one_chunk_is_a_slice_of_it() {
    let chunk = Bytes::from_static(b"data: {\"a\": 1}\r\n\r\ndata: b");
    let mut decoder = Decoder::new();
    decoder.push(chunk.clone());
    let event = decoder.next_event().unwrap().unwrap();
    assert_eq!(event.data.as_ptr(), chunk[6..].as_ptr());
    assert_eq!(decoder.next_event(), None);
}

#[test]
fn a_line_break_between_two_chunks_is_one() {
    assert_eq!(decode_all(&[b"data: a\r", b"\ndata: b\r", b"\n\r", b"\ndata: c\r", b"\r"]).len(), 2);
    assert_eq!(decode_all(&[b"data: a\r", b"", b"\n", b"data: b\n\n"])[0].data, "a\nb");
}

#[test]
fn the_limit_is_an_error_that_stays() {
    // wire 29: bounded, and not by a panic.
    let too_large = Some(Err(DecodeError::TooLarge { limit: 8 }));
    for text in ["data: 123456789\n\n", "data: 1234\ndata: 5678\n\n", ": a comment without any end to it that goes on"]
    {
        let mut decoder = Decoder::with_limit(8);
        decoder.push(Bytes::from_static(b"data: 12345678\n\n"));
        assert_eq!(decoder.next_event().unwrap().unwrap().data, "12345678");
        decoder.push(Bytes::from_static(text.as_bytes()));
        assert_eq!(decoder.next_event(), too_large, "{text}");
        decoder.push(Bytes::from_static(b"\n\ndata: a\n\n"));
        decoder.finish();
        assert_eq!(decoder.next_event(), too_large);
    }
    let mut decoder = Decoder::with_limit(8);
    decoder.push(Bytes::from_static(b"data: 123456789"));
    decoder.finish();
    assert_eq!(decoder.next_event(), too_large);
}

#[test]
fn a_line_of_many_megabytes_is_an_event() {
    // wire 29
    let image = "A".repeat(10 * 1024 * 1024);
    let text = format!("data: {image}\n\n");
    let chunks: Vec<&[u8]> = text.as_bytes().chunks(16 * 1024).collect();
    let events = decode_all(&chunks);
    assert_eq!(events.len(), 1);
    assert!(events[0].data == image);
}

#[test]
fn nothing_comes_after_the_end() {
    let mut decoder = Decoder::new();
    decoder.push(Bytes::from_static(b"data: a"));
    decoder.finish();
    assert_eq!(decoder.next_event().unwrap().unwrap().data, "a");
    decoder.push(Bytes::from_static(b"\n\ndata: b\n\n"));
    assert_eq!(decoder.next_event(), None);
    assert_eq!(decoder.next_event(), None);
}

#[test]
fn events_are_written_as_each_dialect_writes_them() {
    let encoded = |end, event, data: &str| {
        let mut out = BytesMut::new();
        encode(&mut out, end, event, data.as_bytes());
        String::from_utf8(out.to_vec()).unwrap()
    };
    assert_eq!(encoded(LineEnd::CrLf, None, "{\"a\": 1}"), "data: {\"a\": 1}\r\n\r\n");
    assert_eq!(encoded(LineEnd::Lf, None, "[DONE]"), "data: [DONE]\n\n");
    assert_eq!(encoded(LineEnd::Lf, Some("message_stop"), "{}"), "event: message_stop\ndata: {}\n\n");
    assert_eq!(encoded(LineEnd::Lf, None, ""), "data: \n\n");
    assert_eq!(encoded(LineEnd::Lf, None, "a\nb\r\nc\rd\n"), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
}
