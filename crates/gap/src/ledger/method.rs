//! What a request asked for, in one word: `generateContent`, `chat.completions`, `files.list`.

use std::borrow::Cow;

use gap_protocol::gemini::path::{Kind, Target};

use crate::dialect::Dialect;

/// Longer names are not Google's or OpenAI's.
const LONGEST: usize = 64;
/// Collections whose second segment is somebody's name and not a method.
const COLLECTIONS: &[&str] = &[
    "models",
    "responses",
    "conversations",
    "files",
    "batches",
    "cachedContents",
    "tunedModels",
    "operations",
    "fileSearchStores",
    "corpora",
    "interactions",
    "dynamic",
];

/// The name of what `request_line` (`POST /v1/…`) asks for.
pub fn name(dialect: Dialect, request_line: &str) -> Cow<'static, str> {
    let (verb, path) = request_line.split_once(' ').unwrap_or_default();
    match dialect {
        Dialect::Gemini => native(verb, path),
        Dialect::OpenAi | Dialect::Anthropic | Dialect::Admin => translated(verb, path),
    }
}

fn native(verb: &str, path: &str) -> Cow<'static, str> {
    let Ok(target) = Target::parse(path) else { return Cow::Borrowed("unknown") };
    // The usual ones cost nothing.
    match target.method {
        Some("generateContent") => return Cow::Borrowed("generateContent"),
        Some("streamGenerateContent") => return Cow::Borrowed("streamGenerateContent"),
        Some(method) => return plain(method),
        None => {}
    }
    let (collection, rest) = target.resource.split_once('/').unwrap_or((target.resource, ""));
    let action = match target.kind {
        Kind::Upload => "upload",
        Kind::Download => "download",
        Kind::Plain | Kind::WebSocket => action(verb, !rest.is_empty()),
    };
    plain(&format!("{collection}.{action}"))
}

fn translated(verb: &str, path: &str) -> Cow<'static, str> {
    let below = ["/v1beta/openai/", "/v1/"].into_iter().find_map(|prefix| path.strip_prefix(prefix));
    match below.unwrap_or_default().trim_end_matches('/') {
        "chat/completions" => Cow::Borrowed("chat.completions"),
        "embeddings" => Cow::Borrowed("embeddings"),
        "" => Cow::Borrowed("unknown"),
        below => {
            let mut segments = below.split('/');
            let (first, second) = (segments.next().unwrap_or_default(), segments.next());
            match second {
                // Making one is what the collection is for.
                None if verb == "POST" => plain(first),
                None => plain(&format!("{first}.{}", action(verb, false))),
                Some(_) if COLLECTIONS.contains(&first) => plain(&format!("{first}.{}", action(verb, true))),
                Some(second) => plain(&format!("{first}.{second}")),
            }
        }
    }
}

/// What a verb does to a collection, or to one of it.
fn action(verb: &str, one: bool) -> &'static str {
    match (verb, one) {
        ("GET" | "HEAD", false) => "list",
        ("GET" | "HEAD", true) => "get",
        ("DELETE", _) => "delete",
        ("PATCH" | "PUT", _) => "update",
        (_, false) => "create",
        (_, true) => "call",
    }
}

/// A name that fits into any log, or none at all: paths are what clients make up.
fn plain(name: &str) -> Cow<'static, str> {
    let fits = !name.is_empty()
        && name.len() <= LONGEST
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if fits { Cow::Owned(name.to_owned()) } else { Cow::Borrowed("unknown") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_a_word_for_what_it_asks() {
        let cases = [
            (Dialect::Gemini, "POST /v1beta/models/m:generateContent", "generateContent"),
            (Dialect::Gemini, "POST /v1beta/models/m:inventedTomorrow", "inventedTomorrow"),
            (Dialect::Gemini, "GET /v1beta/models", "models.list"),
            (Dialect::Gemini, "GET /v1beta/models/m", "models.get"),
            (Dialect::Gemini, "POST /upload/v1beta/files", "files.upload"),
            (Dialect::Gemini, "DELETE /v1beta/files/abc", "files.delete"),
            (Dialect::Gemini, "POST /v1beta/cachedContents", "cachedContents.create"),
            (Dialect::Gemini, "POST /v1beta/..", "unknown"),
            (Dialect::OpenAi, "POST /v1/chat/completions", "chat.completions"),
            (Dialect::OpenAi, "POST /v1beta/openai/embeddings", "embeddings"),
            (Dialect::OpenAi, "POST /v1/images/generations", "images.generations"),
            (Dialect::OpenAi, "GET /v1/models/gemini-2.5-flash", "models.get"),
            (Dialect::OpenAi, "POST /v1/responses", "responses"),
            (Dialect::OpenAi, "DELETE /v1/responses/resp_1", "responses.delete"),
            (Dialect::OpenAi, "POST /v1/conversations", "conversations"),
            (Dialect::OpenAi, "GET /v1/conversations/conv_1/items", "conversations.get"),
            (Dialect::Anthropic, "POST /v1/messages", "messages"),
            (Dialect::Anthropic, "POST /v1/messages/count_tokens", "messages.count_tokens"),
            (Dialect::OpenAi, "POST /v1/a b/c", "unknown"),
        ];
        for (dialect, line, word) in cases {
            assert_eq!(name(dialect, line), word, "{line}");
        }
        assert_eq!(name(Dialect::OpenAi, &format!("POST /v1/{}", "x".repeat(500))), "unknown");
    }
}
