use std::time::Duration;

use gap_pool::verdict::Cause;
use gap_pool::{Answered, KeyState, Need, Tried};
use tokio::time::Instant;

use super::super::{Patience, Terms};
use super::*;
use crate::clock::Clock;
use crate::lifecycle::Lifecycle;

fn ring() -> Keyring {
    let clock = Clock::hand("2026-06-15T12:00:00Z".parse().unwrap());
    Keyring::new(Terms { max_waiting: 10, ..Terms::default() }, clock, Lifecycle::default())
}

fn addition(secret: &str) -> Addition {
    Addition { secret: SecretString::from(secret), reference: None, terms: KeyTerms::default(), disabled: None }
}

fn add(ring: &Keyring, secret: &str) -> KeyId {
    ring.add(vec![addition(secret)]).unwrap()[0].key
}

async fn lease(ring: &Keyring) -> Option<super::super::LeaseGuard> {
    let need = Need { model: Some("m".into()), ..Need::default() };
    ring.lease(&need, &Tried::default(), Patience { asker: 1, until: Instant::now() }).await.ok()
}

#[tokio::test]
async fn a_key_is_there_once_and_is_found_again() {
    let ring = ring();
    let stored = Addition { reference: Some("row-7".to_owned()), ..addition("one-upstream-key") };
    let added = ring.add(vec![stored, addition("two-upstream-key"), addition("one-upstream-key")]).unwrap();
    assert_eq!(added.iter().map(|added| added.is_new).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(added[0].key, added[2].key);
    assert_eq!(ring.find("row-7"), Some(added[0].key));
    assert_eq!(ring.find_secret(&SecretString::from("two-upstream-key")), Some(added[1].key));
    assert_eq!(added[0].key.to_string().parse(), Ok(added[0].key), "an id can stand in an address");
    assert!(ring.remove(added[0].key));
    assert!(!ring.remove(added[0].key));
    assert_eq!((ring.find("row-7"), ring.keys().len()), (None, 1));
    assert!(ring.add(vec![addition("one-upstream-key")]).unwrap()[0].is_new, "it may come back");
}

#[tokio::test]
async fn a_key_that_is_removed_in_use_comes_to_its_end() {
    let ring = ring();
    let key = add(&ring, "one-upstream-key");
    let held = lease(&ring).await.unwrap();
    assert!(ring.remove(key));
    assert!(lease(&ring).await.is_none());
    held.answered(Answered::default());
    assert_eq!((ring.open_leases(), ring.key(key)), (0, None));
}

#[tokio::test]
async fn keys_are_switched_off_with_a_reason_and_on_again() {
    let ring = ring();
    let off = Addition { disabled: Some("not paid for yet".to_owned()), ..addition("one-upstream-key") };
    let key = ring.add(vec![off]).unwrap()[0].key;
    let KeyState::Disabled { message, .. } = ring.key(key).unwrap().state else { panic!("it is in use") };
    assert_eq!(message, "not paid for yet");
    assert!(lease(&ring).await.is_none());
    assert!(ring.enable(key));
    assert!(lease(&ring).await.is_some());
    assert!(ring.disable(key, "holidays"));
    assert!(lease(&ring).await.is_none());
    let stranger = "999".parse().unwrap();
    assert!(!ring.enable(stranger) && !ring.disable(stranger, "") && !ring.reset(stranger) && !ring.unfile(stranger));
    assert!(!ring.update(stranger, KeyTerms::default()));
}

#[tokio::test]
async fn what_the_operator_says_of_a_key_is_shown_as_it_was_said() {
    let ring = ring();
    let key = add(&ring, "one-upstream-key");
    let terms = KeyTerms {
        project: Some("shop".to_owned()),
        tier: Some(Tier::Tier2),
        models: Some(vec!["gemini-2.5-*".to_owned()]),
        weight: Some(300),
        concurrency: Some(4),
        expires_at: Some("2027-01-01T00:00:00Z".parse().unwrap()),
    };
    assert!(ring.update(key, terms.clone()));
    assert_eq!(ring.key(key).unwrap().terms, terms);
    assert!(ring.unfile(key));
    assert_eq!(ring.key(key).unwrap().project_name, None);
}

#[tokio::test]
async fn limits_by_hand_hold_and_can_be_taken_back() {
    let ring = ring();
    let project = ring.key(add(&ring, "one-upstream-key")).unwrap().project;
    let one = Limits { requests_per_day: Some(1), ..Limits::default() };
    assert!(ring.set_limits(project, Some("m"), one));
    lease(&ring).await.unwrap().answered(Answered::default());
    assert!(lease(&ring).await.is_none());
    let page = Page { after: None, at_most: 10 };
    let account = &ring.buckets(project, page)[0];
    assert_eq!((account.model.as_str(), account.quotas[2].used, account.quotas[2].limit), ("m", 1, Some(1)));
    assert!(account.out.as_ref().is_some_and(|out| out.cause == Cause::RequestsPerDay && out.until.is_some()));
    assert!(ring.clear_limits(project, Some("m")));
    assert!(lease(&ring).await.is_some());
    assert_eq!(ring.limits_by_hand(project), []);
}

#[tokio::test(start_paused = true)]
async fn a_reset_ends_the_wait_for_quota() {
    let ring = ring();
    let key = add(&ring, "one-upstream-key");
    lease(&ring).await.unwrap().failed(Fault::new(Cause::RequestsPerMinute, ""));
    let need = Need { model: Some("m".into()), ..Need::default() };
    let patience = Patience { asker: 1, until: Instant::now() + Duration::from_mins(2) };
    let tried = Tried::default();
    let mut waiting = Box::pin(ring.lease(&need, &tried, patience));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    assert!(ring.reset(key));
    assert_eq!(waiting.await.unwrap().key(), key);
}

#[tokio::test]
async fn what_google_says_of_a_key_is_shown_without_it() {
    let ring = ring();
    let secret = "AIzaSyA-very-long-upstream-key-000000000";
    let key = add(&ring, secret);
    let said = format!("Consumer 'api_key:{secret}' has been suspended.");
    lease(&ring).await.unwrap().failed(Fault::new(Cause::KeySuspended, said));
    let shown = serde_json::to_string(&(ring.key(key), ring.keys())).unwrap();
    assert!(shown.contains("suspended") && !shown.contains(secret), "{shown}");
    assert!(!format!("{ring:?}").contains(secret));
}

#[test]
fn a_look_comes_to_one_of_four() {
    let found = |cause| KeyCheck::from(Some(Fault::new(cause, ""))).finding;
    assert_eq!(KeyCheck::from(None).finding, Finding::Good);
    for cause in [Cause::RequestsPerMinute, Cause::Unexplained, Cause::SpendCapReached] {
        assert_eq!(found(cause), Finding::Limited, "{cause}");
    }
    for cause in [Cause::KeyInvalid, Cause::KeyLeaked, Cause::KeyRestricted, Cause::ServiceDisabled] {
        assert_eq!(found(cause), Finding::Invalid, "{cause}");
    }
    for cause in [Cause::ConnectFailed, Cause::TimedOut, Cause::InternalError, Cause::EgressBlocked] {
        assert_eq!(found(cause), Finding::Unreachable, "{cause}");
    }
}
