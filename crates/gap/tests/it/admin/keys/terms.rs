//! What people say of keys: tags to find them by, and how much one may carry at a time.

use futures_util::future::join_all;
use http::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{ask, body, post};
use crate::support::app::ACCESS_KEY;
use crate::support::{TestApp, UNARY, prompt};

fn tagged(app: &TestApp) -> impl AsyncFn(&str) -> Vec<String> {
    async |query: &str| {
        let page = body(&app.get(&format!("/api/v1/keys?sort=label&{query}")).await);
        page["items"].as_array().unwrap().iter().map(|key| key["label"].as_str().unwrap().to_owned()).collect()
    }
}

/// A gateway without a key; with `database`, on that.
async fn empty(database: Option<&str>) -> TestApp {
    let mut setup = TestApp::with().keys([]);
    if let Some(database) = database {
        setup = setup
            .set("store.database_url", database)
            .set("auth.secret_key", "0123456789abcdef0123456789abcdef")
            .set("store.key_storage_mode", "database");
    }
    setup.start().await
}

/// A gateway with three keys named a, b and c, of which two have tags.
async fn with_tags(database: Option<&str>) -> (TestApp, Vec<Value>) {
    let app = empty(database).await;
    let mut made = Vec::new();
    for (label, tags) in [("a", json!([" team-x ", "eu", "eu"])), ("b", json!(["team-x"])), ("c", json!([]))] {
        let new = json!({ "key": format!("sim-upstream-key-{label}"), "label": label, "tags": tags });
        let reply = post(&app, "/api/v1/keys", new).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        made.push(body(&reply));
    }
    (app, made)
}

#[rstest]
#[case::memory(false)]
#[case::database(true)]
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_found_and_changed_by_their_tags(#[case] kept: bool) {
    let folder = tempfile::tempdir().unwrap();
    let database = kept.then(|| format!("sqlite://{}", folder.path().join("gap.db").display()));
    let (app, keys) = with_tags(database.as_deref()).await;
    assert_eq!(keys[0]["tags"], json!(["eu", "team-x"]), "in order, trimmed, each once");
    let labels = tagged(&app);
    assert_eq!(labels("tag=team-x").await, ["a", "b"]);
    assert_eq!(labels("tag=eu&order=desc").await, ["a"]);
    assert!(labels("tag=team").await.is_empty(), "a tag is a whole one");
    assert_eq!(labels("q=TEAM").await, ["a", "b"]);
    assert_eq!(labels("tag=").await, ["a", "b", "c"]);

    // One key, then all that have a tag.
    let path = format!("/api/v1/keys/{}", keys[2]["id"].as_str().unwrap());
    let changed = ask(&app, Method::PATCH, &path, &json!({ "tags": ["spare"], "concurrency": 2 })).await;
    assert_eq!((&body(&changed)["tags"], &body(&changed)["concurrency"]), (&json!(["spare"]), &json!(2)));
    for (change, count) in [
        (json!({ "action": "tag", "filter": { "tag": "team-x" }, "tags": ["blue", "eu"] }), 2),
        (json!({ "action": "untag", "filter": {}, "tags": ["team-x", "spare"] }), 3),
        (json!({ "action": "disable", "filter": { "tag": "blue" }, "reason": "a pause" }), 2),
    ] {
        let reply = post(&app, "/api/v1/keys/bulk", change.clone()).await;
        assert_eq!(
            (reply.status.as_u16(), &body(&reply)["changed"]),
            (200, &json!(count)),
            "{change}: {}",
            reply.text()
        );
    }
    assert_eq!(labels("state=disabled&tag=eu").await, ["a", "b"]);
    let tags = json!([{ "tag": "blue", "keys": 2 }, { "tag": "eu", "keys": 2 }]);
    assert_eq!(body(&app.get("/api/v1/keys/tags").await), tags);
    let untouched = ask(&app, Method::PATCH, &path, &json!({ "label": "cc" })).await;
    assert_eq!((&body(&untouched)["tags"], &body(&untouched)["concurrency"]), (&json!([]), &json!(2)));
    assert_eq!(
        body(&ask(&app, Method::PATCH, &path, &json!({ "concurrency": null })).await)["concurrency"],
        Value::Null
    );

    if kept {
        drop(labels);
        drop(app);
        let app = empty(database.as_deref()).await;
        assert_eq!(tagged(&app)("tag=blue").await, ["a", "b"], "a restart forgets none");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_tag_or_a_limit_is_named() {
    let (app, keys) = with_tags(None).await;
    let many: Vec<String> = (0..21).map(|number| format!("tag {number}")).collect();
    for (terms, field) in [
        (json!({ "tags": ["ok", " "] }), "tags[1]"),
        (json!({ "tags": ["a,b"] }), "tags[0]"),
        (json!({ "tags": ["two\nlines"] }), "tags[0]"),
        (json!({ "tags": ["x".repeat(51)] }), "tags[0]"),
        (json!({ "tags": many }), "tags"),
        (json!({ "concurrency": 0 }), "concurrency"),
        (json!({ "concurrency": 100_001 }), "concurrency"),
    ] {
        let mut new = terms.clone();
        new["key"] = json!("AIzaX");
        let path = format!("/api/v1/keys/{}", keys[0]["id"].as_str().unwrap());
        for reply in [post(&app, "/api/v1/keys", new).await, ask(&app, Method::PATCH, &path, &terms).await] {
            assert_eq!(reply.status, 422, "{terms}: {}", reply.text());
            assert_eq!(body(&reply)["errors"][0]["field"], field, "{terms}");
        }
    }
    for change in [
        json!({ "action": "tag", "filter": {} }),
        json!({ "action": "untag", "filter": {}, "tags": [""] }),
        json!({ "action": "tag", "filter": {}, "tags": many[..19].to_vec() }),
    ] {
        let reply = post(&app, "/api/v1/keys/bulk", change.clone()).await;
        assert_eq!(reply.status, 422, "{change}: {}", reply.text());
    }
    let shown = body(&app.get("/api/v1/keys?sort=label").await);
    assert_eq!(shown["items"][0]["tags"], json!(["eu", "team-x"]), "none was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_keeps_tags_and_limits() {
    let app = empty(None).await;
    let list = json!([
        { "key": "sim-upstream-key-one", "label": "one", "tags": ["x", "y"], "concurrency": 3 },
        { "key": "sim-upstream-key-two", "label": "two", "tags": "y, z" },
        { "key": "sim-upstream-key-three", "label": "three", "tags": ["a".repeat(60)] },
        { "key": "sim-upstream-key-four", "label": "four", "concurrency": 0 },
    ]);
    let channels =
        json!({ "data": [{ "type": 24, "name": "five", "key": "sim-upstream-key-five", "status": 1, "tag": "y" }] });
    let report = body(&post(&app, "/api/v1/keys/import", list).await);
    assert_eq!((&report["added"], &report["bad"]), (&json!(2), &json!(2)), "{report}");
    assert_eq!(body(&post(&app, "/api/v1/keys/import", channels).await)["added"], 1);
    assert_eq!(tagged(&app)("tag=y").await, ["five", "one", "two"]);
    let one = body(&app.get("/api/v1/keys?q=one").await);
    assert_eq!(one["items"][0]["concurrency"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_carries_no_more_at_a_time_than_it_may() {
    let app = TestApp::with().keys([]).set("pool.max_wait", "20s").start().await;
    for (project, key, most) in [(1, "sim-upstream-key-one", 2), (2, "sim-upstream-key-two", 1)] {
        app.sim.set_key(gap_sim::SimKey::good(key, project));
        assert_eq!(post(&app, "/api/v1/keys", json!({ "key": key, "concurrency": most })).await.status, 201);
    }
    let client = crate::support::client::Client::new(app.address, Some(ACCESS_KEY));
    let most = std::sync::atomic::AtomicUsize::new(0);
    let watch = async {
        loop {
            most.fetch_max(app.app.keyring.open_leases(), std::sync::atomic::Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    };
    let asked = (0..12).map(|_| client.post(UNARY, prompt("[[sim: first_ms=30]] at once")));
    let replies = tokio::select! {
        replies = join_all(asked) => replies,
        () = watch => unreachable!(),
    };
    assert!(replies.iter().all(|reply| reply.status == 200), "those without a key wait for one");
    assert_eq!(most.into_inner(), 3);
}
