use std::convert::Infallible;

use axum::body::Body;
use futures_util::stream;

use super::*;

fn policy() -> BodyPolicy {
    BodyPolicy { replay_limit: 8, body_limit: 20, timeout: Duration::from_secs(30), budget: ByteBudget::new(12) }
}

/// A body in pieces, whose length nobody has declared.
fn pieces(pieces: &[&'static str]) -> Body {
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok::<_, Infallible>(Bytes::from_static(piece.as_bytes()))).collect();
    Body::from_stream(stream::iter(pieces))
}

/// A body of one piece, after which the client falls silent.
fn stalled(piece: &'static str) -> Body {
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(piece.as_bytes()))]);
    Body::from_stream(futures_util::StreamExt::chain(first, stream::pending()))
}

async fn text(body: SendBody) -> Result<String, String> {
    let collected = body.collect().await.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(collected.to_bytes().to_vec()).unwrap())
}

async fn status(body: Body, policy: &BodyPolicy) -> u16 {
    RequestBody::read(body, policy).await.map_or_else(|failure| failure.status().as_u16(), |_| 200)
}

#[tokio::test]
async fn a_small_body_can_be_sent_again_and_again() {
    let body = RequestBody::read(pieces(&["ab", "", "cd"]), &policy()).await.unwrap();
    assert_eq!(body.length(), Some(4));
    for _ in 0..3 {
        assert_eq!(text(body.to_send()).await.as_deref(), Ok("abcd"));
        assert!(body.is_sendable());
    }
}

#[tokio::test]
async fn a_large_body_passes_once_and_whole() {
    for body in [pieces(&["12345", "67890", "x"]), Body::from("1234567890x")] {
        let body = RequestBody::read(body, &policy()).await.unwrap();
        assert!(body.is_sendable());
        let (first, second) = (body.to_send(), body.to_send());
        assert_eq!(text(first).await.as_deref(), Ok("1234567890x"));
        assert!(!body.is_sendable());
        assert_eq!(text(second).await, Err(BodyEnded::Gone.to_string()));
    }
}

#[tokio::test]
async fn a_body_nobody_has_read_of_can_still_go_elsewhere() {
    let body = RequestBody::read(Body::from("1234567890x"), &policy()).await.unwrap();
    // No connection came about, so nobody polled it.
    drop(body.to_send());
    assert!(body.is_sendable());
    assert_eq!(text(body.to_send()).await.as_deref(), Ok("1234567890x"));
}

#[tokio::test]
async fn the_limit_holds_for_what_is_declared_and_for_what_comes() {
    assert_eq!(status(Body::from("x".repeat(21)), &policy()).await, 413);
    let body = RequestBody::read(pieces(&["1234567890", "1234567890", "x"]), &policy()).await.unwrap();
    assert!(text(body.to_send()).await.is_err());
    assert_eq!(body.ended(), Some(BodyEnded::TooLarge(20)));
}

#[tokio::test]
async fn kept_bodies_share_a_budget_and_give_it_back() {
    let policy = policy();
    let kept = RequestBody::read(Body::from("12345678"), &policy).await.unwrap();
    let copy = kept.clone();
    assert_eq!(policy.budget.used(), 8);
    assert_eq!(status(Body::from("12345"), &policy).await, 503);
    assert_eq!(status(pieces(&["123", "45"]), &policy).await, 503);
    assert_eq!(policy.budget.used(), 8, "a refused body holds nothing");
    drop(kept);
    assert_eq!(policy.budget.used(), 8, "a clone still holds the bytes");
    drop(copy);
    assert_eq!(policy.budget.used(), 0);
    assert_eq!(status(Body::from("12345"), &policy).await, 200);
}

#[tokio::test]
async fn a_body_too_large_to_keep_takes_nothing_of_the_budget() {
    let policy = policy();
    let body = RequestBody::read(pieces(&["1234567", "890"]), &policy).await.unwrap();
    assert_eq!(policy.budget.used(), 0);
    assert_eq!(text(body.to_send()).await.as_deref(), Ok("1234567890"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_falls_silent_is_given_up() {
    assert_eq!(status(stalled("abc"), &policy()).await, 408);
    let body = RequestBody::read(stalled("1234567890"), &policy()).await.unwrap();
    assert!(text(body.to_send()).await.is_err());
    assert_eq!(body.ended(), Some(BodyEnded::Silent(Duration::from_secs(30))));
}

#[tokio::test]
async fn a_broken_body_is_the_clients_error() {
    let broken = || {
        let pieces = [Ok(Bytes::from_static(b"1234567890")), Err(std::io::Error::other("gone"))];
        Body::from_stream(stream::iter(pieces))
    };
    let small = BodyPolicy { replay_limit: 20, ..policy() };
    assert_eq!(status(broken(), &small).await, 400);
    let body = RequestBody::read(broken(), &policy()).await.unwrap();
    assert!(text(body.to_send()).await.is_err());
    assert_eq!(body.ended(), Some(BodyEnded::Broken));
}

#[tokio::test]
async fn no_body_is_no_body() {
    let body = RequestBody::read(Body::empty(), &policy()).await.unwrap();
    assert_eq!(body.length(), Some(0));
    assert!(body.to_send().is_end_stream());
}
