use std::time::Duration;

use gap_pool::verdict::Cause;
use jiff::SignedDuration;

use super::*;

const NOON: &str = "2026-06-15T12:00:00Z";

fn ring(keys: &[&str], max_waiting: usize) -> (Keyring, Clock) {
    let clock = Clock::hand(NOON.parse().unwrap());
    let ring = Keyring::new(Terms { max_waiting, ..Terms::default() }, clock.clone(), Lifecycle::default());
    ring.add_all(&keys.iter().map(|key| upstream_key(key)).collect::<Vec<_>>()).unwrap();
    (ring, clock)
}

fn upstream_key(text: &str) -> UpstreamKey {
    UpstreamKey { project: None, secret: SecretString::from(text) }
}

fn need() -> Need {
    Need { model: Some("m".into()), ..Need::default() }
}

fn patience(seconds: u64) -> Patience {
    Patience { asker: 1, until: Instant::now() + Duration::from_secs(seconds) }
}

async fn lease(ring: &Keyring, seconds: u64) -> Result<LeaseGuard, NoLease> {
    ring.lease(&need(), &Tried::default(), patience(seconds)).await
}

#[tokio::test]
async fn a_lease_is_settled_once_whatever_happens_to_it() {
    let (ring, _) = ring(&["one-upstream-key", "two-upstream-key"], 10);
    lease(&ring, 0).await.unwrap().answered(Answered::default());
    lease(&ring, 0).await.unwrap().failed(Fault::new(Cause::Overloaded, ""));
    drop(lease(&ring, 0).await.unwrap());
    let panicking = lease(&ring, 0).await.unwrap();
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _held = panicking;
        panic!("in the middle of a request");
    }));
    assert_eq!(ring.open_leases(), 0);
    let counters = ring.keys().iter().fold((0, 0, 0), |(ok, bad, gone), key| {
        let counters = key.counters;
        (ok + counters.successes, bad + counters.faults, gone + counters.abandoned)
    });
    assert_eq!(counters, (1, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_cannot_succeed_is_not_begun() {
    let (ring, _) = ring(&["one-upstream-key"], 10);
    lease(&ring, 0).await.unwrap().failed(Fault::new(Cause::RequestsPerDay, ""));
    let began = Instant::now();
    let refused = lease(&ring, 600).await.unwrap_err();
    assert!(refused.ranking.returns_at.unwrap().duration_since(refused.at).as_hours() > 10);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_returns_is_handed_out_when_it_does() {
    let (ring, clock) = ring(&["one-upstream-key"], 10);
    lease(&ring, 0).await.unwrap().failed(Fault::new(Cause::RequestsPerMinute, ""));
    let began = Instant::now();
    let waiting = lease(&ring, 120);
    let time = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            clock.advance(SignedDuration::from_secs(1));
        }
    };
    tokio::select! {
        lease = waiting => drop(lease.unwrap()),
        () = time => {}
    }
    assert!(
        began.elapsed() > Duration::from_secs(50) && began.elapsed() < Duration::from_secs(125),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn places_to_wait_are_bounded() {
    let (ring, _) = ring(&["one-upstream-key"], 1);
    lease(&ring, 0).await.unwrap().failed(Fault::new(Cause::RequestsPerMinute, ""));
    let mut first = Box::pin(lease(&ring, 120));
    assert!(futures_util::poll!(&mut first).is_pending());
    assert!(lease(&ring, 120).await.unwrap_err().crowded);
    drop(first);
    let mut next = Box::pin(lease(&ring, 120));
    assert!(futures_util::poll!(&mut next).is_pending(), "the place is free again");
}

#[tokio::test(start_paused = true)]
async fn a_new_key_ends_everybodys_wait() {
    let (ring, _) = ring(&["one-upstream-key"], 10);
    lease(&ring, 0).await.unwrap().failed(Fault::new(Cause::RequestsPerMinute, ""));
    let mut waiting = Box::pin(lease(&ring, 120));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    ring.add_all(&[upstream_key("two-upstream-key")]).unwrap();
    assert_eq!(waiting.await.unwrap().secret().masked(), "two-…-key");
}

#[test]
fn one_key_that_cannot_be_sent_keeps_all_out() {
    let (ring, _) = ring(&[], 1);
    let keys = ["good-upstream-key", "bad\nkey"].map(upstream_key);
    assert!(ring.add_all(&keys).is_err());
    assert_eq!(ring.summary().total, 0);
}
