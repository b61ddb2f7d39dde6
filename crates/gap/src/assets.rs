//! The web page, embedded in the binary with its compressed forms.
//!
//! The page is built before the binary (`cargo xtask web`); without it the binary works, and says what is missing. A
//! debug build reads the files from the disk, so that the page can be rebuilt without it.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use rust_embed::{Embed, EmbeddedFile};

/// Nothing comes from elsewhere. Styles are set by the page's own code (positions of menus), scripts are files alone.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    media-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";
/// The name of a file below this changes with its content.
const HASHED: &str = "assets/";

#[derive(Embed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// Whether the page was built into this binary.
pub fn is_built() -> bool {
    Built::get("index.html").is_some()
}

/// A file of the page, in the best form that the client takes; `None` when there is none of this name.
pub fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = Built::get(path)?;
    let (file, encoding) = best_form(path, headers).unwrap_or((plain, None));
    let etag = etag(&file);
    let known = headers.get(IF_NONE_MATCH).is_some_and(|known| known == etag);
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(file.data).into_response() };
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, content_type(path));
    out.insert(ETAG, etag);
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(CACHE_CONTROL, caching(path));
    if let Some(encoding) = encoding {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    protect(out);
    Some(response)
}

/// A page of HTML that finds its files below `root_path`, whatever its own path is. It is told its `notice` (`demo`,
/// `memory` or nothing), so that the line it shows for it is there from the first paint and pushes nothing down later.
pub fn html(path: &str, root_path: &str, notice: &str) -> Response {
    let Some(file) = Built::get(path) else { return missing() };
    let text = String::from_utf8_lossy(&file.data);
    let text = text.replace("<base href=\"/\"", &format!("<base href=\"{root_path}/\""));
    let text = text.replace("data-notice=\"\"", &format!("data-notice=\"{notice}\""));
    let mut response = Body::from(text).into_response();
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    out.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    out.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    protect(out);
    response
}

fn missing() -> Response {
    let text = "The web page is not built into this binary. Build it with `cargo xtask web`, then build again.\n";
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

fn protect(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
}

/// The compressed form, if it was made and the client takes it.
fn best_form(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let takes = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    let accepts = |name: &str| {
        takes.split(',').any(|one| {
            let (coding, weight) = one.split_once(';').unwrap_or((one, ""));
            coding.trim().eq_ignore_ascii_case(name) && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
        })
    };
    [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .filter(|(name, _)| accepts(name))
        .find_map(|(name, ending)| Some((Built::get(&format!("{path}{ending}"))?, Some(name))))
}

fn etag(file: &EmbeddedFile) -> HeaderValue {
    let digest = file.metadata.sha256_hash();
    let mut text = String::with_capacity(34);
    text.push('"');
    for byte in digest.iter().take(16) {
        text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
    }
    text.push('"');
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

fn caching(path: &str) -> HeaderValue {
    let lasting = path.starts_with(HASHED);
    HeaderValue::from_static(if lasting { "public, max-age=31536000, immutable" } else { "no-cache" })
}

fn content_type(path: &str) -> HeaderValue {
    HeaderValue::from_static(match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    })
}
