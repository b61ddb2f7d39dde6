use gap_pool::{NewKey, Policy, Pool};

use super::*;
use crate::caller::Role;

const GOOGLE: &str =
    "https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=ABPtcP-secret&upload_protocol=resumable";

fn uploads(change: impl FnOnce(&mut Settings)) -> (Uploads, Clock) {
    let mut settings = Settings::default();
    change(&mut settings);
    let clock = Clock::hand("2026-06-15T12:00:00Z".parse().unwrap());
    (Uploads::new(&settings, clock.clone()), clock)
}

fn owner() -> Owner {
    let mut pool = Pool::new(Policy::default());
    let key = pool.add(NewKey::default(), Timestamp::UNIX_EPOCH);
    let project = pool.keys(Timestamp::UNIX_EPOCH).into_iter().find(|view| view.id == key).unwrap().project;
    Owner { caller: Caller::new("env:user-1", "user-1", Role::User), project }
}

/// What a client gets in place of `address`.
fn taken(uploads: &Uploads, address: &str) -> Option<String> {
    let mut headers = HeaderMap::new();
    for name in &ADDRESSES {
        headers.insert(name.clone(), address.parse().unwrap());
    }
    uploads.take_over(&mut headers, &owner(), "http://gap:7860");
    let url = headers.get("x-goog-upload-url").map(|value| value.to_str().unwrap().to_owned());
    assert!(url.is_none() || headers["x-goog-upload-control-url"].to_str().unwrap() == url.clone().unwrap());
    url
}

fn query_of(url: &str) -> &str {
    url.split_once('?').unwrap().1
}

#[test]
fn pieces_come_here_and_go_on_there() {
    let (uploads, _) = uploads(|_| {});
    let url = taken(&uploads, GOOGLE).unwrap();
    assert!(url.starts_with("http://gap:7860/upload/v1beta/files?upload_id="), "{url}");
    assert!(!url.contains("ABPtcP"), "{url}");
    assert_eq!(uploads.len(), 1, "three headers, one upload");
    let resumed = uploads.resume(Some(query_of(&url))).unwrap();
    assert_eq!(resumed.query, "upload_id=ABPtcP-secret&upload_protocol=resumable");
    assert_eq!(resumed.owner, owner());
}

#[test]
fn ids_cannot_be_guessed_and_googles_own_is_none() {
    let (uploads, _) = uploads(|_| {});
    let (one, two) = (taken(&uploads, GOOGLE).unwrap(), taken(&uploads, GOOGLE).unwrap());
    assert_ne!(one, two);
    assert_eq!(uploads.resume(Some("upload_id=ABPtcP-secret")), None);
    assert_eq!(uploads.resume(Some("my_upload_id=x&alt=media")), None);
    assert_eq!(uploads.resume(None), None);
}

#[test]
fn uploads_are_forgotten_after_a_day_and_when_there_are_too_many() {
    let (uploads, clock) = uploads(|_| {});
    let url = taken(&uploads, GOOGLE).unwrap();
    clock.advance(SignedDuration::from_hours(23));
    assert!(uploads.resume(Some(query_of(&url))).is_some());
    clock.advance(SignedDuration::from_hours(1));
    assert!(uploads.resume(Some(query_of(&url))).is_none());
    assert!(uploads.is_empty());

    let first = taken(&uploads, GOOGLE).unwrap();
    for _ in 0..MOST {
        uploads.begin(&owner(), "x");
    }
    assert_eq!(uploads.len(), MOST);
    assert!(uploads.resume(Some(query_of(&first))).is_none());
}

#[test]
fn an_address_that_cannot_be_read_is_not_passed_on() {
    let (uploads, _) = uploads(|settings| settings.upstream.base_url = "http://mirror/google".to_owned());
    assert_eq!(taken(&uploads, "http://mirror/elsewhere?upload_id=1"), None);
    let url = taken(&uploads, "http://mirror/google/upload/v1/files?upload_id=1").unwrap();
    assert!(url.starts_with("http://gap:7860/upload/v1/files?upload_id="), "{url}");
}

#[test]
fn own_addresses_are_believed_from_trusted_proxies_only() {
    let headers = |pairs: &[(&'static str, &str)]| {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect::<HeaderMap>()
    };
    let forwarded =
        headers(&[("host", "inner:1"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "gap.example.org, x")]);
    let (local, far) = (SocketAddr::from(([127, 0, 0, 1], 1)), SocketAddr::from(([203, 0, 113, 9], 1)));
    let here = Uri::from_static("/upload/v1beta/files");
    let (behind, _) = uploads(|settings| settings.server.root_path = "/gap".to_owned());
    assert_eq!(behind.own_address(local, &here, &forwarded), "https://gap.example.org/gap");
    assert_eq!(behind.own_address(far, &here, &forwarded), "http://inner:1/gap");
    let http2 = Uri::from_static("http://named:2/upload/v1beta/files");
    assert_eq!(behind.own_address(far, &http2, &HeaderMap::new()), "http://named:2/gap");
    let (fixed, _) = uploads(|settings| settings.server.public_url = Some("https://gap.example".to_owned()));
    assert_eq!(fixed.own_address(far, &here, &forwarded), "https://gap.example");
}
