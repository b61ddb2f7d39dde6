use std::net::TcpListener;

use super::*;

fn target(host: &str, port: u16, path: &str) -> Target {
    Target { host: host.to_owned(), port, path: path.to_owned() }
}

#[test]
fn addresses_are_read() {
    assert_eq!(Target::parse("http://127.0.0.1:7860"), Ok(target("127.0.0.1", 7860, "/healthz")));
    assert_eq!(Target::parse("http://localhost/gap/"), Ok(target("localhost", 80, "/gap/healthz")));
    assert_eq!(Target::parse("http://[::1]:1"), Ok(target("::1", 1, "/healthz")));
    for wrong in ["", "localhost", "https://x", "ftp://x", "http://"] {
        assert!(Target::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn one_asks_oneself_by_loopback() {
    let server = crate::config::Settings::default().server;
    assert_eq!(own_address(&server), "http://127.0.0.1:7860");
}

#[test]
fn only_200_is_healthy() {
    for (answer, healthy) in [("HTTP/1.1 200 OK\r\n\r\n", true), ("HTTP/1.1 503 X\r\n\r\n", false), ("", false)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let _ = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        assert_eq!(ask(&Target::parse(&url).unwrap()).is_ok(), healthy, "{answer:?}");
        server.join().unwrap();
    }
}
