//! Lists that come in pages, through several keys.

use serde_json::Value;

use crate::support::TestApp;

/// Puts `count` files into whichever project has its turn.
async fn upload(app: &TestApp, count: usize) {
    for number in 0..count {
        let client = app.client().header("content-type", "text/plain").header("x-goog-upload-protocol", "raw");
        assert_eq!(client.post("/upload/v1beta/files", format!("file {number}")).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_read_to_its_end_with_the_key_that_began_it() {
    // wire 38
    let app = TestApp::start().await;
    upload(&app, 12).await;
    for round in 0..3 {
        let before = app.arrived();
        let mut place = "/v1beta/files?pageSize=1".to_owned();
        let mut names = Vec::new();
        loop {
            let page = app.get(&place).await;
            assert_eq!(page.status, 200, "round {round}: {}", page.text());
            let page = page.json();
            names.extend(page["files"].as_array().unwrap().iter().map(|file| file["name"].to_string()));
            let Value::String(token) = &page["nextPageToken"] else { break };
            place = format!("/v1beta/files?pageSize=1&pageToken={token}");
            // Somebody else, whose turn moves the others' on.
            app.get("/v1beta/models").await;
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 4, "round {round}: {names:?}");
        let listed: Vec<_> =
            app.sim.requests().into_iter().skip(before).filter(|ask| ask.path.contains("files")).collect();
        assert!(listed.iter().all(|ask| ask.key == listed[0].key), "round {round}: {listed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_nobody_gave_is_refused_in_googles_words() {
    let app = TestApp::start().await;
    let reply = app.get("/v1beta/files?pageToken=nonsense").await;
    assert_eq!(reply.google_error(), (400, "INVALID_ARGUMENT".to_owned()));
}
