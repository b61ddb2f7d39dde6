//! Which headers cross the gateway. One list each way; what is not named here stays where it is.
//!
//! Client credentials never cross (Google refuses a request with two), nor does anything that names a client's
//! machine (`x-forwarded-*`, cookies, the SDKs' telemetry). On the way back `alt-svc` would invite clients to talk to
//! Google directly, and hop-by-hop headers belong to the hop.

use http::HeaderMap;

/// Whether Google gets to see a client's header of this name.
fn crosses_to_upstream(name: &str) -> bool {
    matches!(
        name,
        "accept"
            | "accept-language"
            | "content-encoding"
            | "content-type"
            | "if-match"
            | "if-modified-since"
            | "if-none-match"
            | "if-range"
            | "if-unmodified-since"
            | "range"
            | "user-agent"
            // The Interactions API chooses its revision by this header.
            | "api-revision"
            | "x-goog-api-client"
            | "x-goog-fieldmask"
            | "x-goog-request-params"
            | "x-http-method-override"
            | "x-server-timeout"
    ) || name.starts_with("x-goog-upload-") // the resumable upload protocol
}

/// Whether a client gets to see Google's header of this name.
fn crosses_to_client(name: &str) -> bool {
    matches!(
        name,
        "accept-ranges"
            | "cache-control"
            | "content-disposition"
            | "content-encoding"
            | "content-language"
            | "content-length"
            | "content-range"
            | "content-type"
            | "date"
            | "etag"
            | "expires"
            | "last-modified"
            | "location"
            | "trailer"
            | "vary"
            | "server-timing"
            | "x-content-type-options"
            | "x-frame-options"
            | "x-xss-protection"
    ) || name.starts_with("x-gemini-")
        || name.starts_with("x-goog-")
}

/// The part of a client's headers that Google gets to see.
pub fn for_upstream(headers: &HeaderMap) -> HeaderMap {
    filter(headers, crosses_to_upstream)
}

/// The part of Google's headers that a client gets to see.
pub fn for_client(headers: &HeaderMap) -> HeaderMap {
    filter(headers, crosses_to_client)
}

/// What GAP itself adds on either way: host, length, key, coding; request id, key, attempts, cache control.
const ADDED: usize = 4;

fn filter(headers: &HeaderMap, crosses: impl Fn(&str) -> bool) -> HeaderMap {
    // A place for a header takes a hundred bytes, and streams keep theirs; so no more than are needed.
    let count = headers.keys().filter(|name| crosses(name.as_str())).count();
    let mut kept = HeaderMap::with_capacity(count + ADDED);
    for (name, value) in headers {
        if crosses(name.as_str()) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use http::header::{CONTENT_TYPE, HeaderName};

    use super::*;

    #[test]
    fn credentials_and_machine_names_stay_here() {
        let mut headers = HeaderMap::new();
        for name in [
            "authorization",
            "x-goog-api-key",
            "x-api-key",
            "api-key",
            "cookie",
            "origin",
            "x-forwarded-for",
            "x-stainless-os",
            "openai-organization",
            "host",
            "connection",
            "accept-encoding",
            "x-gemini-api-privileged-user-id",
        ] {
            headers.insert(HeaderName::from_static(name), "secret".parse().unwrap());
        }
        headers.insert("x-goog-upload-command", "start".parse().unwrap());
        headers.insert(CONTENT_TYPE, "application/json".parse().unwrap());
        let kept = for_upstream(&headers);
        let names: Vec<_> = kept.keys().map(HeaderName::as_str).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(kept.contains_key("x-goog-upload-command") && kept.contains_key(CONTENT_TYPE));
    }

    #[test]
    fn google_does_not_steer_clients_elsewhere() {
        let mut headers = HeaderMap::new();
        for name in ["alt-svc", "set-cookie", "connection", "transfer-encoding", "server", "via"] {
            headers.insert(HeaderName::from_static(name), "x".parse().unwrap());
        }
        headers.insert("x-gemini-service-tier", "standard".parse().unwrap());
        assert_eq!(for_client(&headers).len(), 1);
    }
}
