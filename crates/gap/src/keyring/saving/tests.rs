use gap_pool::verdict::{Cause, Fault};
use gap_pool::{Advice, Answered, KeyState, Need, Tried};
use secrecy::SecretString;
use tokio::time::Instant;

use super::super::{Addition, Patience, Terms};
use super::*;
use crate::clock::Clock;
use crate::config::LimitsByHand;
use crate::lifecycle::Lifecycle;

const KEYS: [&str; 3] = ["one-upstream-key", "two-upstream-key", "three-upstream-key"];

fn ring_at(time: &str, terms: Terms) -> (Keyring, Clock) {
    let clock = Clock::hand(time.parse().unwrap());
    let ring = Keyring::new(terms, clock.clone(), Lifecycle::default());
    ring.track_changes();
    let addition = |key: &str| Addition {
        secret: SecretString::from(key),
        reference: None,
        terms: gap_pool::KeyTerms::default(),
        disabled: None,
    };
    ring.add(KEYS.map(addition).to_vec()).unwrap();
    (ring, clock)
}

fn wait_until(clock: &Clock, time: &str) {
    let time: Timestamp = time.parse().unwrap();
    clock.advance(time.duration_since(clock.now()));
}

async fn lease(ring: &Keyring) -> Option<super::super::LeaseGuard> {
    let need = Need { model: Some("m".into()), ..Need::default() };
    ring.lease(&need, &Tried::default(), Patience { asker: 1, until: Instant::now() }).await.ok()
}

fn per_day(requests: u64) -> Terms {
    let limits = Limits { requests_per_day: Some(requests), ..Limits::default() };
    Terms { limits: vec![LimitsByHand { model: None, limits }], ..Terms::default() }
}

#[tokio::test]
async fn a_restart_forgets_nothing_and_the_rows_hold_no_secret() {
    let (ring, _) = ring_at("2026-06-15T12:00:00Z", per_day(2));
    lease(&ring).await.unwrap().failed(Fault::new(Cause::RequestsPerDay, ""));
    lease(&ring).await.unwrap().failed(Fault::new(Cause::KeyInvalid, "API key not valid."));
    lease(&ring).await.unwrap().answered(Answered::default());
    let saved = ring.unsaved(100);
    assert!(saved.complete && !saved.is_empty());
    assert!(ring.unsaved(100).is_empty(), "nothing has changed since");
    let written = format!("{saved:?}");
    assert!(!KEYS.iter().any(|key| written.contains(key)), "{written}");

    let (again, clock) = ring_at("2026-06-15T12:10:00Z", per_day(2));
    again.restore(&saved.buckets, &saved.keys);
    let summary = again.summary();
    assert_eq!((summary.healthy, summary.disabled), (2, 1));
    lease(&again).await.unwrap().answered(Answered::default());
    assert!(lease(&again).await.is_none(), "one rests until midnight, one has sent its two");
    wait_until(&clock, "2026-06-16T07:00:01Z");
    assert!(lease(&again).await.is_some(), "midnight has passed at Google");
}

#[tokio::test]
async fn what_could_not_be_saved_comes_again() {
    let (ring, _) = ring_at("2026-06-15T12:00:00Z", Terms::default());
    lease(&ring).await.unwrap().answered(Answered::default());
    let lost = ring.unsaved(100);
    let rows = lost.buckets.len();
    ring.not_saved(lost);
    assert_eq!(ring.unsaved(100).buckets.len(), rows);
}

#[tokio::test]
async fn a_row_of_the_future_is_skipped() {
    let (ring, _) = ring_at("2026-06-15T12:00:00Z", Terms::default());
    lease(&ring).await.unwrap().failed(Fault::new(Cause::RequestsPerDay, ""));
    let mut saved = ring.unsaved(100);
    for bucket in &mut saved.buckets {
        bucket.state.version += 1;
    }
    let (again, _) = ring_at("2026-06-15T12:10:00Z", Terms::default());
    again.restore(&saved.buckets, &saved.keys);
    assert!(again.keys().iter().all(|key| key.state == KeyState::Ready && key.buckets.is_empty()));
}

#[tokio::test]
async fn a_forecast_counts_from_the_start_or_from_midnight() {
    // An hour after the start: 3 of 6 requests are sent, 18 hours are to come.
    let (ring, clock) = ring_at("2026-06-15T12:00:00Z", per_day(2));
    for _ in 0..3 {
        lease(&ring).await.unwrap().answered(Answered::default());
    }
    wait_until(&clock, "2026-06-15T13:00:00Z");
    let forecast = &ring.forecast()[0];
    assert_eq!((forecast.used, forecast.capacity, forecast.left), (3, Some(6), Some(3)));
    assert_eq!(forecast.advice, Advice::AddSurely);
    assert_eq!(forecast.dry_at.unwrap().to_string(), "2026-06-15T14:00:00Z");
    assert!(forecast.more_projects > 20, "{forecast:?}");

    // The same numbers since midnight: 6 hours for 3 requests.
    let saved = ring.unsaved(100);
    let (again, _) = ring_at("2026-06-15T13:00:00Z", per_day(2));
    again.restore(&saved.buckets, &saved.keys);
    let forecast = &again.forecast()[0];
    assert_eq!(forecast.dry_at.unwrap().to_string(), "2026-06-15T19:00:00Z");
}
