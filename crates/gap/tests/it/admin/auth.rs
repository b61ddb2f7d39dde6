//! Logging in and out.

use http::Method;
use serde_json::{Value, json};

use crate::support::client::{Client, Reply};
use crate::support::{TestApp, UNARY, prompt};

const LOGIN: &str = "/api/v1/auth/login";

async fn house() -> TestApp {
    TestApp::with()
        .set("auth.passwords", "correct-horse-battery-staple")
        .set("auth.admin_api_keys", "the-admin-key")
        .start()
        .await
}

fn from(app: &TestApp, address: &str) -> Client {
    Client::new(app.address, None).header("x-forwarded-for", address).header("content-type", "application/json")
}

fn bearer(app: &TestApp, token: &str) -> Client {
    Client::new(app.address, None)
        .header("authorization", &format!("Bearer {token}"))
        .header("content-type", "application/json")
}

async fn log_in(app: &TestApp, secret: &str) -> String {
    let reply = from(app, "192.0.2.1").post(LOGIN, json!({ "password": secret }).to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

fn token_of(reply: &Reply) -> String {
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_secret_logs_in_as_its_owner() {
    let app = house().await;
    for (body, role) in [
        (json!({"password": "correct-horse-battery-staple"}), "user"),
        (json!({"username": "me", "password": "correct-horse-battery-staple"}), "user"),
        (json!({"api_key": "test-access-key"}), "user"),
        (json!({"password": "the-admin-key"}), "administrator"),
        (json!({"api_key": "the-admin-key"}), "administrator"),
    ] {
        let reply = from(&app, "192.0.2.1").post(LOGIN, body.to_string()).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["role"]), (200, &json!(role)), "{body}");
        assert_eq!((&reply.json()["token_type"], &reply.json()["expires_in"]), (&json!("bearer"), &json!(1800)));
        let me = bearer(&app, &token_of(&reply)).get("/api/v1/auth/me").await;
        assert_eq!((me.status.as_u16(), &me.json()["role"]), (200, &json!(role)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_ways_to_log_in_work() {
    let app = house().await;
    let form =
        Client::new(app.address, None).header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    for path in ["/login", "/api/auth/login"] {
        let reply = form.post(path, "username=admin&password=correct-horse%2Dbattery-staple&grant_type=password").await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        assert!(bearer(&app, &token_of(&reply)).get("/api/v1/status").await.status.is_success());
        let reply = from(&app, "192.0.2.9").post(path, r#"{"password": "the-admin-key"}"#).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        let reply = form.post(path, "username=admin&password=wrong").await;
        assert_eq!(reply.status, 401, "{path}: {}", reply.text());
        let reply = form.post(path, "username=admin").await;
        assert_eq!(reply.status, 422, "{path}: {}", reply.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_named() {
    let app = house().await;
    for (body, status, field) in [
        ("{}", 422, Some("password")),
        (r#"{"password": " "}"#, 422, Some("password")),
        (r#"{"password": "a", "api_key": "b"}"#, 422, Some("api_key")),
        (r#"{"pasword": "a"}"#, 422, None),
        (r#"{"password": 1}"#, 422, None),
        ("{", 400, None),
    ] {
        let reply = from(&app, "192.0.2.1").post(LOGIN, body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text());
        let named = reply.json()["errors"][0]["field"].as_str().map(str::to_owned);
        assert_eq!(named.as_deref(), field, "{body}");
    }
    let reply = from(&app, "192.0.2.1").post(LOGIN, json!({"password": "x".repeat(1_000_000)}).to_string()).await;
    assert_eq!(reply.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_make_their_sender_wait_and_nobody_else() {
    let app = house().await;
    let guess = async |address: &str| from(&app, address).post(LOGIN, r#"{"password": "guess"}"#).await;
    for _ in 0..3 {
        assert_eq!(guess("198.51.100.1").await.status, 401);
    }
    let reply = guess("198.51.100.1").await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, Some("1")));
    assert_eq!(reply.json()["retry_after"], 1);
    let right = json!({"password": "correct-horse-battery-staple"}).to_string();
    assert_eq!(from(&app, "198.51.100.1").post(LOGIN, right.clone()).await.status, 429);
    assert_eq!(from(&app, "198.51.100.2").post(LOGIN, right.clone()).await.status, 200);
    app.clock.advance(jiff::SignedDuration::from_secs(1));
    assert_eq!(guess("198.51.100.1").await.status, 401);
    assert_eq!(guess("198.51.100.1").await.header("retry-after"), Some("2"));
    app.clock.advance(jiff::SignedDuration::from_secs(2));
    assert_eq!(from(&app, "198.51.100.1").post(LOGIN, right).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_at_once_count_as_many() {
    let app = house().await;
    let somebody = from(&app, "198.51.100.1");
    let guesses = (0..32).map(|_| somebody.post(LOGIN, r#"{"password": "guess"}"#));
    let statuses = futures_util::future::join_all(guesses).await;
    let looked_at = statuses.iter().filter(|reply| reply.status == 401).count();
    assert_eq!(looked_at, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_refreshed_ended_and_over_by_itself() {
    let app = house().await;
    let first = log_in(&app, "the-admin-key").await;
    let reply = bearer(&app, &first).post("/api/v1/auth/refresh", "").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let second = token_of(&reply);
    assert_ne!(first, second);
    assert_eq!(bearer(&app, &first).post("/api/v1/auth/refresh", "").await.status, 401);
    assert_eq!(bearer(&app, &second).post("/api/v1/auth/logout", "").await.status, 204);
    let over = bearer(&app, &second).get("/api/v1/auth/me").await;
    assert_eq!(over.status, 401);
    assert_eq!(over.json()["detail"], "The session is over; log in again.");
    assert_eq!(bearer(&app, &first).get("/api/v1/auth/me").await.status, 401);

    let third = log_in(&app, "the-admin-key").await;
    app.clock.advance(jiff::SignedDuration::from_mins(30));
    let expired = bearer(&app, &third).get("/api/v1/auth/me").await;
    assert_eq!(expired.json()["detail"], "The session has expired; log in again.");
    let with_a_key = bearer(&app, "the-admin-key").post("/api/v1/auth/logout", "").await;
    assert_eq!(with_a_key.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_may_call_models_as_its_owner() {
    let app = house().await;
    let token = log_in(&app, "correct-horse-battery-staple").await;
    let reply = bearer(&app, &token).post(UNARY, prompt("hi")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(!format!("{:?}", app.sim.requests()).contains(&token), "it goes no further");
    let mut forged: Vec<char> = token.chars().collect();
    let last = forged.len() - 10;
    forged[last] = if forged[last] == 'A' { 'B' } else { 'A' };
    let forged: String = forged.into_iter().collect();
    assert_eq!(bearer(&app, &forged).post(UNARY, prompt("hi")).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_admin_header_is_taken_and_wins() {
    let app = house().await;
    let with = |token: &str| Client::new(app.address, None).header("x-admin-token", token);
    assert_eq!(with("the-admin-key").get("/api/v1/access-keys").await.status, 200);
    for wrong in ["test-access-key", "correct-horse-battery-staple", "nonsense"] {
        assert_eq!(with(wrong).get("/api/v1/access-keys").await.status, 401, "{wrong}");
    }
    let both = with("nonsense").header("authorization", "Bearer the-admin-key");
    assert_eq!(both.get("/api/v1/access-keys").await.status, 401);
    let empty = with("").header("authorization", "Bearer the-admin-key");
    assert_eq!(empty.get("/api/v1/access-keys").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_the_administrator_only_while_nobody_else_is() {
    let app = TestApp::with().set("auth.passwords", "correct-horse").start().await;
    assert_eq!(bearer(&app, "correct-horse").get("/api/v1/auth/me").await.json()["role"], "administrator");
    let app = house().await;
    let me = bearer(&app, "correct-horse-battery-staple").get("/api/v1/auth/me").await.json();
    assert_eq!(me, json!({"id": "env:password-1", "name": "password-1", "role": "user", "limits": {}}));
    let refused = bearer(&app, "correct-horse-battery-staple").post("/api/v1/access-keys", r#"{"name": "x"}"#).await;
    assert_eq!(refused.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_noted_without_their_secrets() {
    let app = house().await;
    let log = crate::support::log::collect();
    let token = log_in(&app, "the-admin-key").await;
    bearer(&app, &token).post("/api/v1/auth/logout", "").await;
    from(&app, "192.0.2.77").post(LOGIN, r#"{"password": "almost-the-password"}"#).await;
    let entries = app.app.store.audit().list(&gap_store::audit::AuditFilter::default(), 10).await.unwrap();
    let actions: Vec<_> = entries.iter().map(|entry| (entry.action.as_str(), entry.actor.as_str())).collect();
    assert_eq!(actions, [("session.ended", "admin-1"), ("session.began", "admin-1")]);
    assert_eq!(entries[1].address, "192.0.2.1");
    let written = format!("{}{entries:?}", log.text());
    for secret in ["the-admin-key", "almost-the-password", &token] {
        assert!(!written.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_of_the_login_is_no_login() {
    let app = house().await;
    let reply = Client::new(app.address, None).send(Method::GET, "/login?password=the-admin-key", "").await;
    assert_ne!(reply.status, 500);
    assert!(reply.json().get("access_token").is_none_or(Value::is_null));
}
