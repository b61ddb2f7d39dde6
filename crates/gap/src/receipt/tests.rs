use gap_pool::{Need, Tried};
use secrecy::SecretString;

use super::*;
use crate::caller::Role;
use crate::clock::Clock;
use crate::config::UpstreamKey;
use crate::dialect::Dialect;
use crate::keyring::{Keyring, Patience, Terms};
use crate::ledger::Entry;
use crate::lifecycle::Lifecycle;

fn facts() -> Facts {
    let visit = Visit {
        id: HeaderValue::from_static("id"),
        dialect: Dialect::Gemini,
        began: Instant::now(),
        peer: ([127, 0, 0, 1], 1).into(),
        client: [127, 0, 0, 1].into(),
        entry: Entry::default(),
    };
    let caller = Caller::new("env:user-1", "user-1", Role::User);
    Facts { visit, caller, request_line: "POST /x".to_owned(), model: None }
}

/// A receipt of a call that one key has answered, and the ring of that key.
async fn answered() -> (Receipt, Keyring) {
    let ring = Keyring::new(Terms::default(), Clock::hand(jiff::Timestamp::UNIX_EPOCH), Lifecycle::default());
    ring.add_all(&[UpstreamKey { project: None, secret: SecretString::from("one-upstream-key") }]).unwrap();
    let patience = Patience { asker: 1, until: Instant::now() };
    let lease = ring.lease(&Need::default(), &Tried::default(), patience).await.unwrap();
    let mut receipt = Receipt::begin(facts());
    receipt.attempt_began(&lease);
    receipt.attempt_answered(lease);
    (receipt, ring)
}

#[tokio::test]
async fn the_lease_is_settled_with_the_last_byte_and_not_before() {
    let (mut receipt, ring) = answered().await;
    receipt.committed(StatusCode::OK);
    assert_eq!(ring.open_leases(), 1);
    receipt.completed(&Findings::default());
    drop(receipt);
    assert_eq!(ring.open_leases(), 0);
    assert_eq!(ring.keys()[0].counters.successes, 1);
}

#[tokio::test]
async fn a_client_that_leaves_is_no_fault_of_the_key() {
    let (receipt, ring) = answered().await;
    drop(receipt);
    assert_eq!((ring.open_leases(), ring.keys()[0].counters.faults), (0, 0));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_fault_that_blames_no_key() {
    let (mut receipt, ring) = answered().await;
    receipt.broke_off("the upstream fell silent", &Findings::default());
    receipt.completed(&Findings::default());
    drop(receipt);
    assert_eq!((ring.keys()[0].counters.faults, ring.summary().healthy), (1, 1));
}

#[tokio::test]
async fn headers_name_the_key_masked() {
    let (receipt, _) = answered().await;
    let mut headers = HeaderMap::new();
    receipt.name_in(&mut headers);
    assert_eq!(headers[X_GAP_ATTEMPTS], "1");
    assert_eq!(headers[X_GAP_KEY], "one-...-key");
}
