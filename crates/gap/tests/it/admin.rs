//! The admin API, as the web page and scripts see it.

#[cfg(test)]
mod access_keys;
#[cfg(test)]
mod auth;
#[cfg(test)]
mod keys;

use http::Method;

use crate::support::TestApp;
use crate::support::app::ACCESS_KEY;
use crate::support::client::Client;

#[tokio::test(flavor = "multi_thread")]
async fn everything_below_the_admin_api_is_closed_to_strangers() {
    let app = TestApp::start().await;
    for (key, what) in [(None, "no key"), (Some("wrong"), "a wrong key")] {
        let stranger = Client::new(app.address, key);
        for (verb, path) in gap::api::admin::routes().1.paths.paths.iter().flat_map(|(path, item)| {
            let verbs = [
                (Method::GET, item.get.is_some()),
                (Method::PUT, item.put.is_some()),
                (Method::POST, item.post.is_some()),
                (Method::PATCH, item.patch.is_some()),
                (Method::DELETE, item.delete.is_some()),
            ];
            verbs.into_iter().filter(|(_, there)| *there).map(move |(verb, _)| (verb, path.clone()))
        }) {
            if OPEN.contains(&path.as_str()) {
                continue;
            }
            let path = path.replace(['{', '}'], "");
            let reply = stranger.send(verb.clone(), &path, "{}").await;
            assert!(matches!(reply.status.as_u16(), 401 | 403), "{verb} {path} with {what}: {}", reply.status);
            assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        }
    }
}

/// Where people come who have no session yet.
const OPEN: &[&str] = &["/api/v1/auth/login", "/api/v1/status"];

#[tokio::test(flavor = "multi_thread")]
async fn the_status_is_shown_to_everybody_unless_it_is_protected() {
    let app = TestApp::start().await;
    let reply = Client::new(app.address, None).get("/api/v1/status").await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains(r#""database":{"status":"memory"}"#), "{}", reply.text());

    let app = TestApp::with().set("server.protect_status_page", "true").start().await;
    for secret in [None, Some("wrong")] {
        let reply = Client::new(app.address, secret).get("/api/v1/status").await;
        assert_eq!(reply.status, 401, "{}", reply.text());
        assert!(!reply.text().contains("database"), "{}", reply.text());
    }
    assert_eq!(Client::new(app.address, Some(ACCESS_KEY)).get("/api/v1/status").await.status, 200);
    // Orchestrators ask without a login.
    assert_eq!(Client::new(app.address, None).get("/healthz").await.status, 200);
}
