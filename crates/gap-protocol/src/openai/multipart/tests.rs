use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const TYPE: &str = "multipart/form-data; boundary=xyz";

fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (headers, data) in parts {
        body.extend_from_slice(format!("--xyz\r\ncontent-disposition: form-data; {headers}\r\n\r\n").as_bytes());
        body.extend_from_slice(data);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--xyz--\r\n");
    body
}

fn json_of(body: &[u8]) -> Value {
    let form = Form::read(Some(TYPE), body).unwrap();
    serde_json::from_slice(&form.to_json(&["file"], &["n", "stream"]).unwrap()).unwrap()
}

#[test]
fn fields_become_properties() {
    let body = form(&[
        ("name=\"model\"", b"whisper-1"),
        ("name=\"n\"", b"2"),
        ("name=\"stream\"", b"true"),
        ("name=\"language\"", b"7"),
        ("name=\"include[]\"", b"logprobs"),
        ("name=\"kinds[]\"", b"a"),
        ("name=\"kinds[]\"", b"b"),
        ("name=\"file\"; filename=\"a \\\"b\\\".wav\"\r\nContent-Type: audio/wav", b"RIFF\r\n--xy\r\n"),
    ]);
    let expected = json!({"model": "whisper-1", "n": 2, "stream": true, "language": "7", "include": ["logprobs"], "kinds": ["a", "b"]});
    assert_eq!(json_of(&body), expected);
    let form = Form::read(Some("Multipart/Form-Data; charset=utf-8; boundary=\"xyz\""), &body).unwrap();
    let file = form.files("file").next().unwrap();
    assert_eq!((file.file_name.as_deref(), file.content_type.as_deref()), (Some("a \"b\".wav"), Some("audio/wav")));
    assert_eq!(file.data, b"RIFF\r\n--xy\r\n", "what is no boundary belongs to the file");
}

#[test]
fn what_is_no_whole_form_is_refused() {
    let whole = form(&[("name=\"a\"", b"b")]);
    let refused = |kind: Option<&str>, body: &[u8]| Form::read(kind, body).unwrap_err().message;
    assert!(refused(None, &whole).contains("multipart/form-data"));
    assert!(refused(Some("application/json"), b"{}").contains("multipart/form-data"));
    assert!(refused(Some("multipart/form-data"), &whole).contains("boundary"));
    assert!(refused(Some("multipart/form-data; boundary="), &whole).contains("boundary"));
    for length in 0..whole.len() - 4 {
        assert!(Form::read(Some(TYPE), &whole[..length]).is_err(), "cut at {length}");
    }
    assert!(refused(Some(TYPE), b"--xyz\r\n\r\n\r\nx\r\n--xyz--").contains("name"));
    let many = form(&vec![("name=\"a\"", b"b".as_slice()); MAX_FIELDS + 1]);
    assert!(refused(Some(TYPE), &many).contains("128"));
    let binary = form(&[("name=\"a\"", b"\xFF")]);
    let error = Form::read(Some(TYPE), &binary).unwrap().to_json(&[], &[]).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("a"));
}

#[test]
fn a_file_that_was_not_chosen_is_absent() {
    let body = form(&[("name=\"file\"; filename=\"\"", b"")]);
    assert_eq!(Form::read(Some(TYPE), &body).unwrap().files("file").count(), 0);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(body in proptest::collection::vec(any::<u8>(), 0..300), kind in ".{0,60}") {
        let _ = Form::read(Some(TYPE), &body);
        let _ = Form::read(Some(&kind), &body);
        let mut near = b"--xyz\r\n".to_vec();
        near.extend_from_slice(&body);
        near.extend_from_slice(b"\r\n--xyz--");
        let _ = Form::read(Some(TYPE), &near).map(|form| form.to_json(&[], &[]));
    }

    #[test]
    fn a_file_arrives_to_the_byte(data in proptest::collection::vec(any::<u8>(), 1..400)) {
        prop_assume!(memmem::find(&data, b"--xyz").is_none());
        let body = form(&[("name=\"file\"; filename=\"x\"", &data), ("name=\"model\"", b"m")]);
        let form = Form::read(Some(TYPE), &body).unwrap();
        prop_assert_eq!(form.files("file").next().unwrap().data, data.as_slice());
    }
}
