//! Limits per client address and per access key, as clients run into them.

use insta::assert_snapshot;
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::app::ACCESS_KEY;
use crate::support::client::{Client, Reply};
use crate::support::{ARRAY, TestApp, UNARY, prompt};

fn chat() -> String {
    json!({ "model": "gemini-2.5-flash", "messages": [{ "role": "user", "content": "hi" }] }).to_string()
}

fn at(app: &TestApp, address: &str) -> Client {
    app.client().header("x-forwarded-for", address)
}

fn left(reply: &Reply) -> Option<&str> {
    reply.header("x-ratelimit-remaining-requests")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_a_minute_are_a_thousand_for_sixty_four_who_ask_at_once() {
    let app = TestApp::with().set("limits.requests_per_minute", "1000").start().await;
    let mut askers = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let client = app.client();
        askers.spawn(async move {
            let mut answered = 0;
            for _ in 0..20 {
                answered += usize::from(client.get("/v1beta/models/gemini-2.5-flash").await.status == 200);
            }
            answered
        });
    }
    let answered: usize = askers.join_all().await.into_iter().sum();
    assert_eq!((answered, app.arrived()), (1_000, 1_000));
    app.clock.advance(SignedDuration::from_secs(59));
    assert_eq!(app.get("/v1beta/models").await.status, 429);
    app.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(app.get("/v1beta/models").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_dialect_is_told_in_its_own_words() {
    let app = TestApp::with().set("limits.requests_per_minute", "1").start().await;
    let openai = Client::new(app.address, None).header("authorization", &format!("Bearer {ACCESS_KEY}"));
    let first = openai.post("/v1/chat/completions", chat()).await;
    assert_eq!((first.status.as_u16(), left(&first)), (200, Some("0")));
    assert_eq!(first.header("x-ratelimit-limit-requests"), Some("1"));
    assert_eq!(first.header("x-ratelimit-reset-requests"), Some("1m0s"));
    app.clock.advance(SignedDuration::from_secs(20));
    let refused = openai.post("/v1/chat/completions", chat()).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after"), left(&refused)), (429, Some("40"), Some("0")));
    assert_snapshot!(refused.text(), @r#"{"error":{"message":"This address has reached its limit of 1 requests per minute (MAX_REQUESTS_PER_MINUTE); try again in 40 seconds.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}"#);

    let refused = app.post(UNARY, prompt("hi")).await;
    assert_eq!(refused.google_error(), (429, "RESOURCE_EXHAUSTED".to_owned()));
    assert_eq!(refused.json()["error"]["details"][0]["retryDelay"], "40s");
    assert!(app.post(ARRAY, prompt("hi")).await.json().is_array());
    assert_eq!(app.arrived(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_client_apis_is_counted() {
    let app = TestApp::with().set("limits.requests_per_minute", "1").start().await;
    for path in ["/", "/healthz", "/readyz", "/api/v1/status", "/api/v1/auth/me", "/nonsense"] {
        for _ in 0..3 {
            assert_ne!(app.get(path).await.status, 429, "{path}");
        }
    }
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 200);
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 429);
    assert_eq!(app.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_up_address_changes_nothing() {
    let app =
        TestApp::with().set("limits.requests_per_minute", "2").set("server.trusted_proxies", "none").start().await;
    let mut statuses = Vec::new();
    for number in 0..6 {
        let address = format!("203.0.113.{number}");
        let client = app
            .client()
            .header("x-forwarded-for", &address)
            .header("forwarded", &format!("for={address}"))
            .header("x-real-ip", &address);
        statuses.push(client.post(UNARY, prompt("hi")).await.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429, 429, 429, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_every_client_has_its_own_limit() {
    let app = TestApp::with().set("limits.requests_per_minute", "1").start().await;
    for address in ["203.0.113.1", "203.0.113.2", "2001:db8:1::1"] {
        assert_eq!(at(&app, address).post(UNARY, prompt("hi")).await.status, 200, "{address}");
    }
    for address in ["203.0.113.1", "1.2.3.4, 203.0.113.2", "2001:db8:1::2", "203.0.113.1, 127.0.0.1"] {
        assert_eq!(at(&app, address).post(UNARY, prompt("hi")).await.status, 429, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_limited_is_turned_away_before_the_body_is_read() {
    let app = TestApp::with().set("limits.requests_per_minute", "1").start().await;
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 200);
    let refused = app.post("/v1/chat/completions", "this is no JSON at all").await;
    assert_eq!(refused.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_access_keys_count_for_their_address() {
    let app = TestApp::with().set("limits.requests_per_minute", "3").start().await;
    let guesser = Client::new(app.address, Some("wrong")).header("x-forwarded-for", "203.0.113.1");
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(guesser.post(UNARY, prompt("hi")).await.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
    assert_eq!(at(&app, "203.0.113.2").post(UNARY, prompt("hi")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn input_tokens_of_a_day_are_what_google_counted() {
    let app = TestApp::with().set("limits.input_tokens_per_day_per_ip", "100").start().await;
    let mut used = 0;
    loop {
        let reply = app.post(UNARY, prompt("a few words of a prompt")).await;
        if reply.status != 200 {
            assert_eq!(reply.status, 429);
            assert!(reply.text().contains("MAX_INPUT_TOKENS_PER_DAY_PER_IP"), "{}", reply.text());
            break;
        }
        assert_eq!(reply.header("x-ratelimit-limit-tokens"), Some("100"));
        used += reply.json()["usageMetadata"]["promptTokenCount"].as_u64().unwrap();
        assert!(used <= 110, "{used}");
    }
    assert!(used > 80, "{used}");
    let long = app.post("/v1/chat/completions", chat().replace("hi", &"word ".repeat(1_000))).await;
    assert_eq!((long.status.as_u16(), long.header("retry-after")), (429, None), "it never fits: {}", long.text());
}

#[rstest]
#[case::rpm(json!({ "rpm": 2 }), "(rpm)", "60")]
#[case::rpd(json!({ "rpd": 2 }), "(rpd)", "68400")]
#[tokio::test(flavor = "multi_thread")]
async fn an_access_key_has_limits_of_its_own(#[case] limits: Value, #[case] name: &str, #[case] wait: &str) {
    let app = TestApp::with()
        .set("limits.requests_per_minute", "1")
        .set("auth.admin_api_keys", "the-admin-key")
        .start()
        .await;
    let admin = Client::new(app.address, Some("the-admin-key")).header("content-type", "application/json");
    let made = admin.post("/api/v1/access-keys", json!({ "name": "x", "limits": limits }).to_string()).await.json();
    let client = Client::new(app.address, made["key"].as_str());
    assert_eq!(left(&client.post(UNARY, prompt("hi")).await), Some("1"));
    assert_eq!(left(&client.post("/v1/chat/completions", chat()).await), Some("0"));
    let refused = client.header("x-forwarded-for", "203.0.113.99").post(UNARY, prompt("hi")).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, Some(wait)));
    assert!(refused.text().contains(name), "{}", refused.text());
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 200, "the address was not counted");
    let own = admin.get(&format!("/api/v1/access-keys/{}", made["access_key"]["id"].as_str().unwrap())).await.json();
    assert_eq!(own["used"]["requests_day"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_the_lifetime_of_sessions_are_changed_at_run_time() {
    let app = TestApp::with()
        .set("limits.requests_per_minute", "1")
        .set("auth.admin_api_keys", "the-admin-key")
        .start()
        .await;
    let admin = Client::new(app.address, Some("the-admin-key")).header("content-type", "application/json");
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 200);
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 429);
    let change = json!({ "max_requests_per_minute": 3, "access_token_expire_minutes": 5 }).to_string();
    let changed = admin.send(http::Method::PUT, "/api/v1/config", change).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let statuses =
        [app.post(UNARY, prompt("hi")).await, app.post(UNARY, prompt("hi")).await, app.post(UNARY, prompt("hi")).await];
    assert_eq!(statuses.map(|reply| reply.status.as_u16()), [200, 200, 429]);
    let login = admin.post("/api/v1/auth/login", r#"{"password": "the-admin-key"}"#).await;
    assert_eq!(login.json()["expires_in"], 300);

    // Names and values that are wrong are told together, and nothing is changed.
    let change = json!({ "max_request_per_minute": 3, "max_requests_per_minute": "many", "port": 1 });
    let refused = admin.send(http::Method::PUT, "/api/v1/config", change.to_string()).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    let told: Vec<String> =
        refused.json()["errors"].as_array().unwrap().iter().map(|error| error["field"].to_string()).collect();
    assert_eq!(told, [r#""max_request_per_minute""#, r#""max_requests_per_minute""#, r#""port""#]);
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 429);
}
