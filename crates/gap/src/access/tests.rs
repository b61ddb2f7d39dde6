use std::collections::BTreeMap;

use gap_store::access_keys::AccessDetails;
use gap_store::usage::ledger::{self, LedgerOptions};
use gap_store::usage::{Outcome, Tokens, UsageRecord};
use gap_store::{Options, SecretKeys};
use http::HeaderValue;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

const HALF_AN_HOUR: SignedDuration = SignedDuration::from_mins(30);
const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));

/// The door of somebody with one administrator's key, one password and one stored access key.
struct House {
    access: Access,
    store: Store,
    clock: Clock,
    id: Uuid,
}

async fn house() -> House {
    let clock = Clock::hand("2026-06-15T12:00:00Z".parse().unwrap());
    let secrets = SecretKeys { current: SecretString::from("a secret key of enough length, I think"), previous: None };
    let store = Store::open(Options::new(Address::Memory, secrets), clock.now()).await.unwrap();
    let auth = Auth {
        secret_key: None,
        secret_key_previous: None,
        passwords: vec![SecretString::from("a-password")],
        users_api_keys: vec![SecretString::from("a-password")],
        admin_api_keys: vec![SecretString::from("an-admin-key")],
        access_token_expire_minutes: 30,
    };
    let access = Access::new(&auth, &store, clock.clone());
    let house = House { access, store, clock, id: Uuid::now_v7() };
    let digest = Digest::of("gap-one");
    let now = house.clock.now();
    house.store.access_keys().insert(house.id, digest, "gap-o", &details(json!({}), None), now).await.unwrap();
    house.access.reload(&house.store).await.unwrap();
    house
}

fn details(limits: Value, expires_at: Option<Timestamp>) -> AccessDetails {
    AccessDetails { name: "one".to_owned(), role: "user".to_owned(), limits, expires_at }
}

impl House {
    fn ask(&self, key: &str) -> Result<Recognised, Denied> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {key}")).unwrap());
        self.access.identify(&headers, None, HERE)
    }

    fn denied(&self, key: &str) -> Option<Denied> {
        self.ask(key).err()
    }

    async fn change(&self, limits: Value, expires_at: Option<Timestamp>) {
        let now = self.clock.now();
        assert!(self.store.access_keys().update(self.id, &details(limits, expires_at), now).await.unwrap());
        self.access.reload(&self.store).await.unwrap();
    }

    fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }
}

#[tokio::test]
async fn keys_of_the_settings_and_of_the_store_open_the_door() {
    let house = house().await;
    for (key, id, role) in [
        ("an-admin-key", "env:admin-1", Role::Administrator),
        ("a-password", "env:password-1", Role::User),
        ("gap-one", &*house.id.to_string(), Role::User),
    ] {
        let caller = house.ask(key).unwrap().caller;
        assert_eq!((&*caller.id, caller.role), (id, role), "{key}");
    }
    for wrong in ["gap-two", "gap-on", "gap-onee", "a-passwor", "env:admin-1"] {
        assert_eq!(house.denied(wrong), Some(Denied::Wrong), "{wrong}");
    }
    house.store.close().await;
}

#[tokio::test]
async fn a_disabled_or_expired_key_opens_nothing_and_its_holder_is_told_why() {
    let house = house().await;
    let now = house.clock.now();
    house.change(json!({}), Some(now + SignedDuration::from_secs(10))).await;
    assert_eq!(house.denied("gap-one"), None);
    house.pass(10);
    assert_eq!(house.denied("gap-one"), Some(Denied::Expired));
    house.change(json!({}), None).await;
    house.store.access_keys().set_disabled(house.id, Some(now), now).await.unwrap();
    house.access.reload(&house.store).await.unwrap();
    assert_eq!(house.denied("gap-one"), Some(Denied::Disabled));
    assert_eq!(house.denied("gap-wrong"), Some(Denied::Wrong));
    house.change(json!({"models": "not a list"}), None).await;
    house.store.access_keys().set_disabled(house.id, None, now).await.unwrap();
    house.access.reload(&house.store).await.unwrap();
    assert_eq!(house.denied("gap-one"), Some(Denied::Disabled), "limits that nobody understands are no licence");
    house.store.close().await;
}

#[tokio::test]
async fn after_a_rotation_the_key_before_is_good_for_a_while() {
    let house = house().await;
    let now = house.clock.now();
    let until = now + SignedDuration::from_secs(60);
    house.store.access_keys().rotate(house.id, Digest::of("gap-new"), "gap-n", until, now).await.unwrap();
    house.access.reload(&house.store).await.unwrap();
    assert_eq!(house.ask("gap-one").unwrap().caller, house.ask("gap-new").unwrap().caller);
    house.pass(60);
    assert_eq!((house.denied("gap-one"), house.denied("gap-new")), (Some(Denied::Wrong), None));
    house.store.close().await;
}

#[tokio::test]
async fn a_key_is_good_at_its_own_addresses_only() {
    let house = house().await;
    house.change(json!({"allowed_ips": ["203.0.113.0/28"]}), None).await;
    assert_eq!(house.denied("gap-one"), None);
    house.change(json!({"allowed_ips": ["203.0.113.8"]}), None).await;
    assert_eq!(house.denied("gap-one"), Some(Denied::Elsewhere));
    house.store.close().await;
}

#[tokio::test]
async fn a_session_is_as_good_as_the_key_that_began_it() {
    let house = house().await;
    let begun = house.access.log_in("gap-one", HERE, HALF_AN_HOUR).unwrap();
    let recognised = house.ask(&begun.token).unwrap();
    assert_eq!((&*recognised.caller.id, recognised.session), (&*house.id.to_string(), Some(begun.claims)));
    house.change(json!({"allowed_ips": ["192.0.2.1"]}), None).await;
    assert_eq!(house.denied(&begun.token), Some(Denied::Elsewhere));
    house.change(json!({}), None).await;
    let now = house.clock.now();
    house.store.access_keys().rotate(house.id, Digest::of("gap-new"), "gap-n", now, now).await.unwrap();
    house.access.reload(&house.store).await.unwrap();
    assert_eq!(house.denied(&begun.token), Some(Denied::SessionOver), "its key is gone");
    let begun = house.access.log_in("gap-new", HERE, HALF_AN_HOUR).unwrap();
    house.store.access_keys().delete(house.id).await.unwrap();
    house.access.reload(&house.store).await.unwrap();
    assert_eq!(house.denied(&begun.token), Some(Denied::SessionOver));
    house.store.close().await;
}

#[tokio::test]
async fn a_session_is_refreshed_once_by_each_token_and_ends_for_all() {
    let house = house().await;
    let first = house.access.log_in("a-password", HERE, HALF_AN_HOUR).unwrap();
    let refresh = async |claims: &Claims| {
        house.access.refresh(&house.store, first.caller.clone(), claims, HALF_AN_HOUR).await.unwrap()
    };
    let second = refresh(&first.claims).await.unwrap();
    assert!(refresh(&first.claims).await.is_none(), "somebody else has it");
    assert_eq!(house.denied(&first.token), None, "requests may be under way");
    house.pass(30);
    assert_eq!(house.denied(&first.token), Some(Denied::SessionOver));
    assert_eq!(house.denied(&second.token), None);
    house.access.log_out(&house.store, &second.claims).await.unwrap();
    assert_eq!(house.denied(&second.token), Some(Denied::SessionOver));
    assert!(refresh(&second.claims).await.is_none());
    house.store.close().await;
}

#[tokio::test]
async fn instances_that_share_a_store_agree() {
    let house = house().await;
    let auth = Auth {
        secret_key: None,
        secret_key_previous: None,
        passwords: vec![SecretString::from("a-password")],
        users_api_keys: Vec::new(),
        admin_api_keys: Vec::new(),
        access_token_expire_minutes: 30,
    };
    let other = Access::new(&auth, &house.store, house.clock.clone());
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", HeaderValue::from_static("gap-one"));
    assert_eq!(other.recognise(&headers, None, HERE), Err(Denied::Wrong), "it has not looked yet");
    other.reload(&house.store).await.unwrap();
    assert_eq!(other.recognise(&headers, None, HERE), house.access.recognise(&headers, None, HERE));

    // A session that began here is good there, until it is ended here and there has looked.
    let begun = house.access.log_in("a-password", HERE, HALF_AN_HOUR).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", HeaderValue::try_from(&begun.token).unwrap());
    assert!(other.recognise(&headers, None, HERE).is_ok());
    house.access.log_out(&house.store, &begun.claims).await.unwrap();
    other.reload(&house.store).await.unwrap();
    assert_eq!(other.recognise(&headers, None, HERE), Err(Denied::SessionOver));
    house.store.close().await;
}

#[tokio::test]
async fn what_the_log_says_was_spent_counts_after_a_restart() {
    let house = house().await;
    house.change(json!({"token_budget": {"total": 100}}), None).await;
    let record = UsageRecord {
        id: Uuid::now_v7(),
        at: house.clock.now(),
        access_key: house.id.to_string(),
        address: String::new(),
        dialect: String::new(),
        method: String::new(),
        model: String::new(),
        project: String::new(),
        upstream_key: String::new(),
        attempts: 1,
        status: 200,
        outcome: Outcome::Answered,
        error_scope: String::new(),
        streamed: false,
        tokens: Tokens { prompt: 60, output: 30, thoughts: 10, ..Tokens::default() },
        by_modality: BTreeMap::new(),
        cost_nanos: 5,
        saved_nanos: 0,
        waited_ms: 0,
        first_token_ms: None,
        duration_ms: 0,
        explanation: None,
    };
    let (ledger, writer) = ledger::open(&house.store, LedgerOptions::default());
    let writing = async {
        ledger.reserve().await.unwrap().fill(record);
        ledger.end();
    };
    tokio::join!(writer.run(), writing);
    house.access.reload_spent(&house.store).await.unwrap();
    let key = house.access.stored().keys()[0].clone();
    let now = house.clock.now();
    assert_eq!(key.meter().spent(now).total, Amount { tokens: 100, nanos: 5 });
    let policy = &key.caller().policy;
    assert!(key.meter().admit(&policy.limits(), policy, now).is_err());
    house.store.close().await;
}

#[tokio::test]
async fn the_original_header_takes_the_administrators_key_alone() {
    let house = house().await;
    assert_eq!(house.access.administrator("an-admin-key", HERE).map(|caller| caller.role), Ok(Role::Administrator));
    for wrong in ["a-password", "gap-one", ""] {
        assert!(house.access.administrator(wrong, HERE).is_err(), "{wrong}");
    }
    house.store.close().await;
}

#[tokio::test]
async fn guessing_is_slowed_down_for_the_guesser_alone() {
    let house = house().await;
    for guess in 0..200 {
        let _ = house.ask(&format!("guess-{guess}"));
    }
    assert!(matches!(house.denied("a-password"), Some(Denied::Guessing(_))), "not even looked at");
    assert_eq!(house.denied("gap-one"), None, "what nobody can guess is not affected");
    let elsewhere = IpAddr::from([192, 0, 2, 1]);
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", HeaderValue::from_static("a-password"));
    assert!(house.access.recognise(&headers, None, elsewhere).is_ok());
    house.pass(120);
    assert_eq!(house.denied("a-password"), None);
    house.store.close().await;
}
