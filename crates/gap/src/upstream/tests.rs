use rstest::rstest;

use super::*;
use crate::config::Settings as All;

fn secret(text: &str) -> Result<Secret, UnsendableKey> {
    Secret::new(&SecretString::from(text))
}

#[rstest]
#[case("AIzaSyA1234567890abcdefghijklmnopqrstuvw", "AIza…tuvw")]
#[case("AQ.Ab8RN6K-anything", "AQ.A…hing")]
#[case("short", "…rt")]
#[case("x", "…x")]
fn a_key_is_shown_masked(#[case] key: &str, #[case] shown: &str) {
    let secret = secret(key).unwrap();
    assert_eq!(secret.masked(), shown);
    assert!(!format!("{secret:?}").contains(key));
}

#[rstest]
#[case("")]
#[case("a b")]
#[case("a\r\nx-evil: 1")]
#[case("schlüssel")]
fn what_cannot_stand_in_a_header_is_no_key(#[case] key: &str) {
    assert!(secret(key).is_err());
}

#[test]
fn addresses_may_have_a_path_and_a_port() {
    let base = Base::parse("http://127.0.0.1:8001/mirror/").unwrap();
    assert_eq!((base.authority.as_str(), base.path.as_str()), ("127.0.0.1:8001", "/mirror"));
    for wrong in ["", "example.org", "ftp://example.org", "/path"] {
        assert!(Base::parse(wrong).is_err(), "{wrong}");
    }
}

#[rstest]
#[case("/download/v1beta/files/x:download?alt=media", Some("/download/v1beta/files/x:download"))]
#[case("http://upstream/download/x", Some("/download/x"))]
#[case("https://upstream/download/x", None)]
#[case("http://elsewhere/download/x", None)]
#[case("/v1beta/files/x", None)]
fn only_a_download_on_the_same_origin_is_followed(#[case] location: &str, #[case] followed: Option<&str>) {
    let base = Base::parse("http://upstream").unwrap();
    let answer = Response::builder().status(302).header("location", location).body(()).unwrap();
    let found = base.download_redirect(&Method::GET, &answer).map(|(path, _)| path);
    assert_eq!(found.as_deref(), followed);
    assert!(base.download_redirect(&Method::POST, &answer).is_none());
}

#[test]
fn a_file_without_certificates_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    let build = || {
        let settings = All::default().upstream;
        Upstream::new(&Settings { ca_file: Some(file.clone()), ..settings }).map(|_| ()).unwrap_err().to_string()
    };
    assert!(build().contains("upstream.ca_file"));
    std::fs::write(&file, "no certificate").unwrap();
    assert!(build().contains("holds no certificate"));
}

#[test]
fn shards_fill_one_after_the_other() {
    let settings = Settings { streams_per_connection: 2, max_connections: 2, ..All::default().upstream };
    let upstream = Upstream::new(&settings).unwrap();
    let flights: Vec<_> = (0..6).map(|_| Flight::begin(&upstream.pick_shard().in_flight)).collect();
    let load = |shard: usize| upstream.shards[shard].in_flight.load(Ordering::Relaxed);
    assert_eq!((load(0), load(1)), (3, 3), "two and two, then the least busy");
    drop(flights);
    assert_eq!((load(0), load(1)), (0, 0));
}
