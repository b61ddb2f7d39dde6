//! Which API a request speaks.
//!
//! Google's and OpenAI's APIs both live below `/v1`, and `/v1/models` means something else to each. The method in
//! the path decides first (`:generateContent` is Gemini's alone), then how the caller identifies itself: Google's
//! SDKs send `x-goog-api-key` and `x-goog-api-client`, Anthropic's send `anthropic-version`, OpenAI's a Bearer token.

use http::HeaderMap;

/// A client API, and so the shape of every answer and error of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI's API.
    OpenAi,
    /// Anthropic's API.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// GAP's own admin API and probes: problem+json.
    Admin,
}

impl Dialect {
    /// The name used in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Admin => "admin",
        }
    }

    /// The dialect of a request; `path` is normalised (no `ROOT_PATH`, single slashes).
    pub fn of(path: &str, query: Option<&str>, headers: &HeaderMap) -> Self {
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        match first {
            "v1" => Self::below_v1(path, query, headers),
            "v1beta" if is_openai_layer(path) => Self::OpenAi,
            "v1beta" | "v1alpha" | "v2" | "upload" | "download" | "ws" => Self::Gemini,
            "" | "api" | "healthz" | "readyz" | "metrics" => Self::Admin,
            // Nobody serves it, but whoever asks is told so in words that their SDK understands.
            _ => Self::by_identity(query, headers).unwrap_or(Self::Admin),
        }
    }

    fn below_v1(path: &str, query: Option<&str>, headers: &HeaderMap) -> Self {
        if path.rsplit('/').next().is_some_and(|last| last.contains(':')) {
            return Self::Gemini;
        }
        if is_openai_alone(path) {
            return Self::OpenAi;
        }
        if path == "/v1/messages" || path.starts_with("/v1/messages/") {
            return Self::Anthropic;
        }
        Self::by_identity(query, headers).unwrap_or(Self::OpenAi)
    }

    /// What the way in which a caller identifies itself says, if anything.
    fn by_identity(query: Option<&str>, headers: &HeaderMap) -> Option<Self> {
        let has = |name: &str| headers.get(name).is_some_and(|value| !value.is_empty());
        if has("anthropic-version") {
            return Some(Self::Anthropic);
        }
        let key_in_query =
            query.is_some_and(|query| query.split('&').any(|pair| pair.starts_with("key=") && pair != "key="));
        if has("x-goog-api-key") || has("x-goog-api-client") || key_in_query {
            return Some(Self::Gemini);
        }
        has("authorization").then_some(Self::OpenAi)
    }
}

/// Whether nobody but OpenAI has such a path.
fn is_openai_alone(path: &str) -> bool {
    matches!(path, "/v1/embeddings" | "/v1/completions" | "/v1/responses" | "/v1/conversations")
        || ["/v1/chat/", "/v1/responses/", "/v1/conversations/", "/v1/images/", "/v1/audio/"]
            .iter()
            .any(|begin| path.starts_with(begin))
}

/// Google serves its own OpenAI-compatible layer there, so OpenAI clients come to it by habit.
fn is_openai_layer(path: &str) -> bool {
    path == "/v1beta/openai" || path.starts_with("/v1beta/openai/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn v1_is_told_apart_by_method_then_identity() {
        let of = |path: &str, query: Option<&str>, pairs: &[(&'static str, &'static str)]| {
            Dialect::of(path, query, &headers(pairs))
        };
        let bearer = ("authorization", "Bearer k");
        assert_eq!(of("/v1/models", None, &[bearer]), Dialect::OpenAi);
        assert_eq!(of("/v1/models", None, &[("x-goog-api-key", "k")]), Dialect::Gemini);
        assert_eq!(of("/v1/models", None, &[("x-goog-api-key", ""), bearer]), Dialect::OpenAi);
        assert_eq!(of("/v1/models", None, &[bearer, ("x-goog-api-client", "genai")]), Dialect::Gemini);
        assert_eq!(of("/v1/models", Some("pageSize=1&key=k"), &[]), Dialect::Gemini);
        assert_eq!(of("/v1/models", Some("monkey=k"), &[]), Dialect::OpenAi);
        assert_eq!(of("/v1/models", None, &[bearer, ("anthropic-version", "2023-06-01")]), Dialect::Anthropic);
        assert_eq!(of("/v1/models/gemini-2.5-flash:generateContent", None, &[bearer]), Dialect::Gemini);
        assert_eq!(of("/v1/chat/completions", None, &[]), Dialect::OpenAi);
        assert_eq!(of("/v1/chat/completions", None, &[("x-goog-api-key", "k")]), Dialect::OpenAi);
        assert_eq!(of("/v1/responses", None, &[("x-goog-api-key", "k")]), Dialect::OpenAi);
        assert_eq!(of("/v1/responses/resp_1", None, &[]), Dialect::OpenAi);
        assert_eq!(of("/v1/conversations/conv_1/items", None, &[("x-goog-api-key", "k")]), Dialect::OpenAi);
        assert_eq!(of("/v1/messages", None, &[]), Dialect::Anthropic);
    }

    #[test]
    fn other_prefixes_speak_one_dialect() {
        for path in ["/v1beta/models", "/v1alpha/auth_tokens", "/v2/models", "/upload/v1beta/files", "/ws/x"] {
            assert_eq!(Dialect::of(path, None, &HeaderMap::new()), Dialect::Gemini, "{path}");
        }
        assert_eq!(Dialect::of("/v1beta/openai/chat/completions", None, &HeaderMap::new()), Dialect::OpenAi);
        assert_eq!(Dialect::of("/v1beta/openaix", None, &HeaderMap::new()), Dialect::Gemini);
        assert_eq!(Dialect::of("/healthz", None, &HeaderMap::new()), Dialect::Admin);
        assert_eq!(Dialect::of("/api/v1/keys", None, &headers(&[("authorization", "Bearer k")])), Dialect::Admin);
        assert_eq!(Dialect::of("/nonsense", None, &HeaderMap::new()), Dialect::Admin);
        assert_eq!(Dialect::of("/nonsense", None, &headers(&[("x-goog-api-key", "k")])), Dialect::Gemini);
        assert_eq!(Dialect::of("/chat/completions", None, &headers(&[("authorization", "Bearer k")])), Dialect::OpenAi);
    }
}
