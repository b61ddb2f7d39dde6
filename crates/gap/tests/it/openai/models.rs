//! The list of models.

use gap_sim::{Fault, Preset};
use jiff::SignedDuration;

use super::{client, error_of};
use crate::support::client::eventually;
use crate::support::{Reply, TestApp};

fn ids(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let list = reply.json();
    assert_eq!(list["object"], "list");
    list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_listed_once_and_found_by_any_name() {
    let app = TestApp::start().await;
    let client = client(&app);
    let listed = ids(&client.get("/v1/models").await);
    assert!(listed.iter().any(|id| id == "gemini-2.5-flash"), "{listed:?}");
    let mut once = listed.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), listed.len());
    let asked = app.arrived();
    assert!(asked >= 3, "every project is asked");
    assert_eq!(ids(&client.get("/v1beta/openai/models").await), listed);
    for name in ["gemini-2.5-flash", "models/gemini-2.5-flash", "models%2Fgemini-2.5-flash"] {
        let model = client.get(&format!("/v1/models/{name}")).await;
        assert_eq!((model.status.as_u16(), &model.json()["id"]), (200, &"gemini-2.5-flash".into()), "{name}");
    }
    let (status, _, _, code) = error_of(&client.get("/v1/models/gemini-9-nano").await);
    assert_eq!((status, code.as_deref()), (404, Some("model_not_found")));
    assert_eq!(app.arrived(), asked, "the list is kept");
    let (status, ..) = error_of(&client.post("/v1/models", "{}").await);
    assert_eq!(status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_list_is_shown_while_it_is_renewed_and_while_google_fails() {
    let app = TestApp::with().set("models.list_ttl", "1m").start().await;
    let client = client(&app);
    let listed = ids(&client.get("/v1/models").await);
    let asked = app.arrived();
    app.clock.advance(SignedDuration::from_mins(2));
    assert_eq!(ids(&client.get("/v1/models").await), listed);
    let is_fresh = || app.app.list.believed_until() > Some(app.clock.now());
    eventually("it is renewed", || app.arrived() >= asked + 3 && is_fresh()).await;

    app.sim.add_fault(Fault::new(Preset::KeyInvalid)).unwrap();
    app.clock.advance(SignedDuration::from_mins(2));
    assert_eq!(ids(&client.get("/v1/models").await), listed);
    eventually("it was tried", || app.arrived() >= asked + 4).await;
    assert_eq!(ids(&client.get("/v1/models").await), listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_google_never_answers_the_table_stands_in() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Preset::KeyInvalid)).unwrap();
    let listed = ids(&client(&app).get("/v1/models").await);
    assert!(listed.iter().any(|id| id == "gemini-2.5-flash"), "{listed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_fails_hides_nothing() {
    let app = TestApp::start().await;
    app.sim
        .add_fault(Fault { key: Some("sim-upstream-key-one".to_owned()), ..Fault::new(Preset::KeyInvalid) })
        .unwrap();
    let listed = ids(&client(&app).get("/v1/models").await);
    assert!(listed.len() > 3, "{listed:?}");
}
