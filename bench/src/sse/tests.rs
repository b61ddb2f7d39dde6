use std::convert::Infallible;

use super::Splitter;

fn split(chunks: &[&[u8]]) -> (Vec<String>, bool) {
    let (mut splitter, mut found) = (Splitter::default(), Vec::new());
    for chunk in chunks {
        let pushed: Result<(), Infallible> = splitter.push(chunk, |data| {
            found.push(String::from_utf8_lossy(data).into_owned());
            Ok(())
        });
        pushed.unwrap();
    }
    (found, splitter.is_whole())
}

#[test]
fn both_line_ends_are_line_ends() {
    assert_eq!(split(&[b"data: {\"a\":1}\r\n\r\ndata: 2\n\n"]), (vec!["{\"a\":1}".into(), "2".into()], true));
}

#[test]
fn comments_and_fields_are_no_data() {
    assert_eq!(split(&[b": keep-alive\n\nevent: x\nid: 4\n\n"]), (vec![], true));
}

#[test]
fn any_cut_gives_the_same_events() {
    let bytes = b"data: one\r\n\r\ndata:two\n\ndata: [DONE]\n\n";
    let whole = split(&[bytes]);
    assert_eq!(whole.0, ["one", "two", "[DONE]"]);
    for at in 0..bytes.len() {
        let (head, tail) = bytes.split_at(at);
        assert_eq!(split(&[head, tail]), whole, "cut at {at}");
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(split(&single), whole);
}

#[test]
fn a_line_without_end_is_not_whole() {
    assert_eq!(split(&[b"data: one\n\ndata: tw"]), (vec!["one".into()], false));
}
