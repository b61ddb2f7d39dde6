//! What it costs a request on its own thread to be let in: who is it, may they ask now, and what is settled afterwards.
//! The goal for all of it is 2 µs.
//!
//! `cargo bench -p gap --bench admission`
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on ends")]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use criterion::{Criterion, criterion_group, criterion_main};
use gap::access::Access;
use gap::admission::{AddressLimits, Admission};
use gap::clock::Clock;
use gap::config::Auth;
use gap_protocol::meter::Usage;
use gap_store::access_keys::{AccessDetails, Digest};
use gap_store::{Address, Options, SecretKeys, Store};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// Access keys in the store.
const KEYS: u32 = 10_000;
/// Addresses that ask.
const ADDRESSES: u32 = 10_000;

fn auth() -> Auth {
    Auth {
        secret_key: None,
        secret_key_previous: None,
        passwords: vec![SecretString::from("a-password")],
        users_api_keys: (0..10).map(|number| SecretString::from(format!("a-user-key-{number}"))).collect(),
        admin_api_keys: vec![SecretString::from("an-admin-key")],
        access_token_expire_minutes: 30,
    }
}

/// A store in which every access key has these limits.
async fn store(limits: &Value, clock: &Clock) -> Store {
    let secrets = SecretKeys { current: SecretString::from("0123456789abcdef0123456789abcdef"), previous: None };
    let store = Store::open(Options::new(Address::Memory, secrets), clock.now()).await.unwrap();
    for number in 0..KEYS {
        let name = format!("key-{number}");
        let details = AccessDetails { name, role: "user".to_owned(), limits: limits.clone(), expires_at: None };
        let digest = Digest::of(&key(number));
        store.access_keys().insert(Uuid::now_v7(), digest, "gap-", &details, clock.now()).await.unwrap();
    }
    store
}

fn key(number: u32) -> String {
    format!("gap-{number:048}")
}

fn bearer(secret: &str) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {secret}")).unwrap())])
}

fn let_in(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let clock = Clock::system();
    let limits =
        json!({ "rpm": 1_000_000_000_u64, "tpm": 1_000_000_000_u64, "token_budget": { "month": 900_000_000_000_u64 } });
    let store = runtime.block_on(store(&limits, &clock));
    let access = Access::new(&auth(), &store, clock.clone());
    runtime.block_on(access.reload(&store)).unwrap();
    let limits = AddressLimits {
        requests_per_minute: 1_000_000_000,
        requests_per_day: 1_000_000_000,
        input_tokens_per_day: 900_000_000_000,
    };
    let admission = Admission::new(clock.clone());
    let usage = Usage { prompt: 120, total: 500, ..Usage::default() };
    let session =
        access.log_in("an-admin-key", Ipv4Addr::LOCALHOST.into(), SignedDuration::from_hours(1)).unwrap().token;
    let cases = [
        ("stored_key", (0..1_000).map(|number| bearer(&key(number * 7))).collect::<Vec<_>>()),
        ("key_of_the_settings", vec![bearer("a-user-key-9")]),
        ("session", vec![bearer(&session)]),
    ];
    let mut group = criterion.benchmark_group("let_in_and_settled");
    for (name, callers) in cases {
        let mut number = 0_u32;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                number = number.wrapping_add(1);
                let client = IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number % ADDRESSES));
                let headers = callers.get(number as usize % callers.len()).unwrap();
                let caller = access.recognise(headers, None, client).unwrap();
                let mut permit = admission.enter(&caller, client, limits).unwrap();
                permit.book(|| 100).unwrap();
                permit.settle(black_box(Some(&usage)), 1_000);
                permit.standing()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, let_in);
criterion_main!(benches);
