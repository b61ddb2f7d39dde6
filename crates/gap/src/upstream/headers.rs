//! Which headers cross the gateway. One table each way; what is not named here stays where it is.
//!
//! Client credentials never cross (Google refuses a request with two), nor does anything that names a client's
//! machine (`x-forwarded-*`, cookies, the SDKs' telemetry). On the way back `alt-svc` would invite clients to talk to
//! Google directly, and hop-by-hop headers belong to the hop.

use http::HeaderMap;
use http::header::{
    ACCEPT, ACCEPT_LANGUAGE, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG, EXPIRES, HeaderName, IF_MATCH, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED, LOCATION, RANGE, TRAILER, USER_AGENT, VARY,
};

/// Request headers that are passed on.
static REQUEST: [HeaderName; 17] = [
    ACCEPT,
    ACCEPT_LANGUAGE,
    CONTENT_ENCODING,
    CONTENT_TYPE,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_RANGE,
    IF_UNMODIFIED_SINCE,
    RANGE,
    USER_AGENT,
    // The Interactions API chooses its revision by this header.
    HeaderName::from_static("api-revision"),
    HeaderName::from_static("x-goog-api-client"),
    HeaderName::from_static("x-goog-fieldmask"),
    HeaderName::from_static("x-goog-request-params"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-server-timeout"),
];

/// Families of request headers that are passed on: the resumable upload protocol.
const REQUEST_PREFIXES: &[&str] = &["x-goog-upload-"];

/// Answer headers that are passed on.
static ANSWER: [HeaderName; 19] = [
    ACCEPT_RANGES,
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_RANGE,
    CONTENT_TYPE,
    DATE,
    ETAG,
    EXPIRES,
    LAST_MODIFIED,
    LOCATION,
    TRAILER,
    VARY,
    HeaderName::from_static("server-timing"),
    HeaderName::from_static("x-content-type-options"),
    HeaderName::from_static("x-frame-options"),
    HeaderName::from_static("x-xss-protection"),
];

/// Families of answer headers that are passed on.
const ANSWER_PREFIXES: &[&str] = &["x-gemini-", "x-goog-"];

/// The part of a client's headers that Google gets to see.
pub fn for_upstream(headers: &HeaderMap) -> HeaderMap {
    filter(headers, &REQUEST, REQUEST_PREFIXES)
}

/// The part of Google's headers that a client gets to see.
pub fn for_client(headers: &HeaderMap) -> HeaderMap {
    filter(headers, &ANSWER, ANSWER_PREFIXES)
}

fn filter(headers: &HeaderMap, names: &[HeaderName], prefixes: &[&str]) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(headers.len() + 4);
    for (name, value) in headers {
        let passes = names.contains(name) || prefixes.iter().any(|prefix| name.as_str().starts_with(prefix));
        if passes {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
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
