use std::path::PathBuf;

use gap_store::{Options, SecretKeys, Store};
use secrecy::SecretString;

use super::*;
use crate::clock::Clock;
use crate::config::{self, Inputs};
use crate::conversations::Conversations;
use crate::live::Live;
use crate::models::Models;
use crate::responses::shelf::KeepPolicy;

async fn background(count: usize, count_per_access_key: usize) -> Background {
    let inputs = Inputs { dir: PathBuf::from("/nonexistent"), ..Inputs::default() };
    let live = Live::new(config::load(inputs).unwrap());
    let settings = live.loaded().settings.clone();
    let secrets = SecretKeys { current: SecretString::from("0".repeat(64)), previous: None };
    let clock = Clock::system();
    let store = Store::open(Options::new(Address::Memory, secrets), clock.now()).await.unwrap();
    let models = Models::load(None, &settings.models.aliases).unwrap();
    let lifecycle = Lifecycle::default();
    let conversations = Conversations::new(live, store, models, clock.clone(), lifecycle.clone());
    let policy = KeepPolicy { bytes: 1 << 20, count: 100, lifetime: Duration::from_hours(1) };
    let responses = Responses::new(policy, conversations, clock);
    Background::new(BackgroundPolicy { count, count_per_access_key, events: 1 << 20 }, responses, lifecycle)
}

#[tokio::test]
async fn places_are_limited_and_given_back() {
    let background = background(3, 2).await;
    let places = [background.reserve("ann").unwrap(), background.reserve("ann").unwrap()];
    let refused = background.reserve("ann").unwrap_err();
    assert_eq!(refused.status(), 429);
    assert!(refused.message().contains("responses.background_per_access_key"), "{}", refused.message());
    let third = background.reserve("bob").unwrap();
    let refused = background.reserve("cat").unwrap_err();
    assert!(refused.status() == 429 && refused.message().contains("(responses.background)"), "{}", refused.message());
    drop(places);
    assert_eq!(background.running(), 1);
    assert!(background.reserve("ann").is_ok());
    drop(third);
    assert_eq!((background.running(), background.jobs().running.len()), (0, 0));
}

#[tokio::test]
async fn who_wants_none_has_none() {
    let refused = background(0, 2).await.reserve("ann").unwrap_err();
    assert!(refused.status() == 400 && refused.message().starts_with("background: "), "{}", refused.message());
}
