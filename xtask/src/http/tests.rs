use super::{Answer, read};

fn parse(text: &str) -> Result<Answer, String> {
    read(&mut text.as_bytes()).map_err(|error| format!("{error:#}"))
}

#[test]
fn bodies_arrive_whole_in_every_framing() {
    for text in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhello",
    ] {
        let answer = parse(text).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    }
}

#[test]
fn a_cut_answer_is_an_error() {
    for text in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello",
        "nonsense\r\n\r\n",
    ] {
        assert!(parse(text).is_err(), "{text:?}");
    }
}
