//! Every path that real clients were seen to use, and what must hold for any other.

use gap_protocol::gemini::path::{Kind, Target, Version, normalise, strip_credentials};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;

/// What google-genai for Python sent, in all its settings; the last part is what Google must get.
const SEEN: &[(&str, &str)] = &[
    ("/v1/models", "/v1/models"),
    ("/v1/models/gemini-2.5-flash", "/v1/models/gemini-2.5-flash"),
    ("/v1/models/gemini-2.5-flash:generateContent", "/v1/models/gemini-2.5-flash:generateContent"),
    ("/v1/models/gemini-2.5-flash:streamGenerateContent", "/v1/models/gemini-2.5-flash:streamGenerateContent"),
    ("/v1/models/gemini-2.5-flash:countTokens", "/v1/models/gemini-2.5-flash:countTokens"),
    ("/v1/models/gemini-embedding-001:batchEmbedContents", "/v1/models/gemini-embedding-001:batchEmbedContents"),
    ("/v1/models/gemini-2.5-flash:batchGenerateContent", "/v1/models/gemini-2.5-flash:batchGenerateContent"),
    ("/upload/v1/files", "/upload/v1/files"),
    ("/v1/files", "/v1/files"),
    ("/v1/files/ismmfa3han5o", "/v1/files/ismmfa3han5o"),
    ("/v1/files/F:download", "/v1/files/F:download"),
    ("/v1/cachedContents", "/v1/cachedContents"),
    ("/v1/cachedContents/hu6u56", "/v1/cachedContents/hu6u56"),
    ("/v1/batches", "/v1/batches"),
    ("/v1/batches/u6ml", "/v1/batches/u6ml"),
    ("/v1/batches/u6ml:cancel", "/v1/batches/u6ml:cancel"),
    ("/v1/interactions", "/v1/interactions"),
    ("/v1/interactions/I", "/v1/interactions/I"),
    ("/v1/interactions/I/cancel", "/v1/interactions/I/cancel"),
    ("/v1/fileSearchStores", "/v1/fileSearchStores"),
    ("/upload/v1/fileSearchStores/s:uploadToFileSearchStore", "/upload/v1/fileSearchStores/s:uploadToFileSearchStore"),
    ("/v1/fileSearchStores/s/upload/operations/o", "/v1/fileSearchStores/s/upload/operations/o"),
    ("/v1/models/veo/operations/o", "/v1/models/veo/operations/o"),
    ("/v1alpha/auth_tokens", "/v1alpha/auth_tokens"),
    ("/v1beta/models/gemini-2.5-flash:embedContent", "/v1beta/models/gemini-2.5-flash:embedContent"),
    ("/v1beta/models/imagen-4.0-generate-001:predict", "/v1beta/models/imagen-4.0-generate-001:predict"),
    ("/v1beta/models/veo:predictLongRunning", "/v1beta/models/veo:predictLongRunning"),
    ("/v1beta/models/e:asyncBatchEmbedContent", "/v1beta/models/e:asyncBatchEmbedContent"),
    ("/v1beta/files:register", "/v1beta/files:register"),
    ("/v1beta/tunedModels/t", "/v1beta/tunedModels/t"),
    ("/v1beta/webhooks/w", "/v1beta/webhooks/w"),
    // api_version="v2"
    ("/v2/models/gemini-2.5-flash:generateContent", "/v1beta/models/gemini-2.5-flash:generateContent"),
    ("/upload/v2/files", "/upload/v1beta/files"),
    (
        "/ws/google.ai.generativelanguage.v2.GenerativeService.BidiGenerateContent",
        "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
    ),
    // base_url=".../v2"
    ("/v2/v1/models/gemini-2.5-flash:generateContent", "/v1/models/gemini-2.5-flash:generateContent"),
    ("/v2/upload/v1/files", "/upload/v1/files"),
    (
        "/v2/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent",
        "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent",
    ),
    // A base address that ends with a slash
    (
        "//ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent",
        "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent",
    ),
    (
        "//v1beta//models/gemini-2.5-flash%3AstreamGenerateContent",
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent",
    ),
];

#[test]
fn every_path_seen_leads_where_its_client_meant() {
    for (path, expected) in SEEN {
        let path = normalise(path);
        let target = Target::parse(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(target.upstream_path(), *expected, "{path}");
        let kind = match expected.split('/').nth(1) {
            Some("upload") => Kind::Upload,
            Some("ws") => Kind::WebSocket,
            _ => Kind::Plain,
        };
        assert_eq!(target.kind, kind, "{path}");
        assert_eq!(target.model.is_some(), expected.contains("/models/") && expected.contains(':'), "{path}");
    }
}

fn path() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "/",
        "/",
        "/",
        "v1",
        "v1beta",
        "v2",
        "v1alpha",
        "upload",
        "download",
        "ws",
        "models",
        "files",
        "gemini-2.5",
        ":",
        "%3A",
        "%3a",
        "generateContent",
        "..",
        ".",
        "%2e",
        "%2E",
        "%2f",
        "\\",
        "%5c",
        "%00",
        "ä",
        "%C3%A4",
        "%",
        "google.ai.generativelanguage.",
        ".GenerativeService.",
        "BidiGenerateContent",
    ]);
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #[test]
    fn whatever_passes_stays_below_a_version(path in path()) {
        let normal = normalise(&path);
        prop_assert_eq!(normalise(&normal).into_owned(), normal.as_ref());
        prop_assert!(!normal.contains("//") && !normal.contains("%3A") && !normal.contains("%3a"));
        if let Ok(target) = Target::parse(&normal) {
            let upstream = target.upstream_path();
            let prefix = match target.kind {
                Kind::Plain => "/",
                Kind::Upload => "/upload/",
                Kind::Download => "/download/",
                Kind::WebSocket => "/ws/google.ai.generativelanguage.",
            };
            let after = upstream.strip_prefix(prefix).unwrap();
            prop_assert!([Version::V1, Version::V1Beta, Version::V1Alpha].iter().any(|version| after.starts_with(version.as_str())));
            // As a server would see it that decodes once and resolves dots.
            let decoded: Vec<u8> = percent_decode_str(&upstream).collect();
            prop_assert!(decoded.split(|byte| *byte == b'/').all(|segment| segment != b"." && segment != b".."));
            prop_assert!(!decoded.contains(&b'\\') && !decoded.contains(&0));
            // Going through twice changes nothing.
            let again = Target::parse(&upstream).unwrap();
            prop_assert_eq!(again.upstream_path(), upstream.clone());
            prop_assert_eq!((again.resource, again.method), (target.resource, target.method));
        }
    }

    #[test]
    fn no_credential_survives_and_nothing_else_is_lost(
        pairs in proptest::collection::vec(("[a-z$%]{0,6}|key|%6Bey|\\$key|access_token|alt", "[A-Za-z0-9%;=+.]{0,8}"), 0..6),
    ) {
        let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let query = pairs.join("&");
        let stripped = strip_credentials(&query);
        let kept: Vec<&str> = pairs
            .iter()
            .map(String::as_str)
            .filter(|pair| {
                let name = percent_decode_str(pair.split('=').next().unwrap()).decode_utf8_lossy().into_owned();
                !["key", "access_token"].contains(&name.trim_start_matches('$'))
            })
            .collect();
        prop_assert_eq!(stripped.into_owned(), kept.join("&"));
    }
}
