//! Who may ask.

use gap_sim::{KeyState, Options, SimKey, Tier};
use serde_json::json;

use crate::support::{Ask, KEY, MODEL, OTHER, Sim, said};

#[tokio::test]
async fn every_state_of_a_key_has_its_refusal() {
    let sim = Sim::start().await;
    for (state, status, mark) in [
        (KeyState::Invalid, 400, "API key not valid. Please pass a valid API key."), // wire 12
        (KeyState::Expired, 400, "API key expired. Please renew the API key."),
        (KeyState::Suspended, 403, "Consumer 'api_key:key-one' has been suspended."), // wire 13
        (KeyState::Leaked, 403, "reported as leaked"),
        (KeyState::ServiceDisabled, 403, "SERVICE_DISABLED"), // wire 14
        (
            KeyState::ServiceBlocked,
            403,
            "method google.ai.generativelanguage.v1beta.GenerativeService.GenerateContent are blocked.",
        ),
        (KeyState::ReferrerBlocked, 403, "Requests from referer \\u003cempty\\u003e are blocked."),
        (KeyState::ProjectDenied, 403, "Your project has been denied access"),
        (KeyState::LocationUnsupported, 400, "User location is not supported for the API use."), // wire 16
        (KeyState::PrepaymentDepleted, 402, "Your prepayment credits are depleted."),
        (KeyState::Good, 200, "candidates"),
    ] {
        assert!(sim.control.set_key_state(KEY, state));
        let answer = sim.say("hi").await;
        assert_eq!(answer.status, status, "{state:?}");
        assert!(answer.text().contains(mark), "{state:?}: {}", answer.text());
        assert_eq!(sim.send(&Ask::generate(MODEL, &said("hi")).key(OTHER)).await.status, 200);
    }
    assert!(!sim.control.set_key_state("unknown", KeyState::Good));
}

#[tokio::test]
async fn a_key_may_stand_in_a_header_or_in_the_query_and_only_once() {
    let sim = Sim::start().await;
    let ask = || Ask::get("/v1beta/models").anonymous();
    let path = format!("/v1beta/models?key={KEY}");
    assert_eq!(sim.send(&ask().key(KEY)).await.status, 200);
    assert_eq!(sim.send(&Ask::get(&path).anonymous()).await.status, 200);
    assert_eq!(sim.control.requests()[1].key.as_deref(), Some(KEY));

    let none = sim.send(&ask()).await;
    assert_eq!(none.status, 403);
    assert!(none.message().starts_with("Method doesn't allow unregistered callers"));
    assert_eq!(sim.send(&ask().key("")).await.status, 403);

    // wire 26
    for two in [
        Ask::get(&path),
        ask().key(KEY).header("authorization", "Bearer token"),
        Ask::get(&path).anonymous().header("authorization", "Bearer x"),
    ] {
        let refused = sim.send(&two).await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.message(), "Multiple authentication credentials received. Please pass only one.");
    }
    let token = sim.send(&ask().header("authorization", &format!("Bearer {KEY}"))).await;
    assert_eq!((token.status.as_u16(), token.json()["error"]["status"].as_str()), (401, Some("UNAUTHENTICATED")));

    let unknown = sim.send(&ask().key("unknown")).await.json();
    assert_eq!(
        unknown["error"]["details"][0],
        json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com", "metadata": {"service": "generativelanguage.googleapis.com"}})
    );
    assert_eq!(unknown["error"]["details"][1]["@type"], "type.googleapis.com/google.rpc.LocalizedMessage");
}

#[tokio::test]
async fn strangers_are_welcome_where_that_is_said() {
    let sim = Sim::with(Options { accept_any_key: Some(Tier::Free), ..Options::default() }).await;
    assert_eq!(sim.send(&Ask::get("/v1beta/models").key("anything")).await.status, 200);
}

#[tokio::test]
async fn keys_come_and_go() {
    let sim = Sim::start().await;
    let ask = || Ask::get("/v1beta/models").key("late");
    assert_eq!(sim.send(&ask()).await.status, 400);
    sim.control.set_key(SimKey::good("late", 9));
    assert_eq!(sim.send(&ask()).await.status, 200);
    assert_eq!(sim.control("PATCH", "keys/late", json!({"state": "leaked"})).await.0, 200);
    assert_eq!(sim.send(&ask()).await.status, 403);
    assert!(sim.control.remove_key("late"));
    assert_eq!(sim.send(&ask()).await.status, 400);
}
