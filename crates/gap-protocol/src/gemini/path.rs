//! Where a native path leads.
//!
//! GAP serves every method below a version prefix, today's and tomorrow's, so a path is not matched against a list of
//! methods: it is taken apart into the few things that GAP acts on (version, kind, model, method), and the rest goes
//! upstream as it came. `/v2` is GAP's own alias of `/v1beta`, and because SDKs put their version after whatever base
//! address they are given, `/v2` may also stand before another version, before `/upload`, `/download` and `/ws`.
//!
//! What a path must not do is leave the API: dots that climb, in any spelling that some server decodes, are refused.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

use crate::meter::Framing;

/// What a native path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The version at Google.
    pub version: Version,
    /// How it is asked for.
    pub kind: Kind,
    /// The model that is called, which with the project names the bucket: `gemini-2.5-flash`, `tunedModels/x`. None
    /// for calls that spend no model's quota, such as reading a model's description.
    pub model: Option<Cow<'a, str>>,
    /// What follows the colon of the last segment: `generateContent`. For a websocket the method of the service.
    pub method: Option<&'a str>,
    /// What the path names after the version, without the method: `models/gemini-2.5-flash`, `files/abc`. For a
    /// websocket the service.
    pub resource: &'a str,
    path: &'a str,
    /// Everything after the version, beginning with its separator.
    tail: &'a str,
}

/// A version of Google's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// `v1`, the default of Google's current SDKs.
    V1,
    /// `v1beta`; also what `v2` means.
    V1Beta,
    /// `v1alpha`.
    V1Alpha,
}

/// How a resource is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An ordinary call.
    Plain,
    /// `/upload/…`: bytes go up.
    Upload,
    /// `/download/…`: bytes come down.
    Download,
    /// `/ws/…`: a websocket.
    WebSocket,
}

/// Why a path leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The first segment is no version and nothing that may stand before one.
    #[error("it does not begin with a version of the API (v1, v1beta, v1alpha or v2)")]
    Version,
    /// Nothing stands after the version.
    #[error("it names nothing after the version")]
    Empty,
    /// The service of a websocket is not Google's.
    #[error("a websocket's path is /ws/google.ai.generativelanguage.VERSION.SERVICE.METHOD")]
    Service,
    /// A segment is `.` or `..`, perhaps encoded.
    #[error("it has a segment of dots, which would lead out of the API")]
    Traversal,
    /// A backslash, perhaps encoded: some servers take it for a slash.
    #[error("it has a backslash")]
    Backslash,
    /// A control character, perhaps encoded.
    #[error("it has a control character")]
    Control,
}

/// Methods that create nothing, so that sending one twice does no harm beyond its cost.
const REPEATABLE: &[&str] = &[
    "generateContent",
    "streamGenerateContent",
    "countTokens",
    "embedContent",
    "batchEmbedContents",
    "predict",
    "generateAnswer",
    // Of the first generation of models, still in Google's schema.
    "generateText",
    "generateMessage",
    "countTextTokens",
    "countMessageTokens",
    "embedText",
    "batchEmbedText",
];

/// Query parameters by which a client may identify itself. Google takes its system parameters with a `$` too.
const CREDENTIALS: &[&str] = &["key", "access_token", "oauth_token", "bearer_token"];

const SOCKET_PREFIX: &str = "google.ai.generativelanguage.";

/// `path` with duplicate slashes collapsed and encoded colons decoded, and nothing else changed.
///
/// google-genai joins its base address and path by concatenation, so a base address that ends with a slash gives
/// `//v1beta/…`; some HTTP libraries encode the colon before the method (wire 31).
pub fn normalise(path: &str) -> Cow<'_, str> {
    let colon = |rest: &[u8]| rest.len() >= 3 && rest[0] == b'%' && rest[1] == b'3' && matches!(rest[2], b'A' | b'a');
    let bytes = path.as_bytes();
    let clean = !bytes.windows(2).any(|pair| pair == b"//") && !bytes.windows(3).any(colon);
    if clean {
        return Cow::Borrowed(path);
    }
    let mut normal = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(next) = rest.chars().next() {
        let mut taken = next.len_utf8();
        if colon(rest.as_bytes()) {
            normal.push(':');
            taken = 3;
        } else if !(next == '/' && normal.ends_with('/')) {
            normal.push(next);
        }
        rest = &rest[taken..];
    }
    Cow::Owned(normal)
}

/// `query` without the client's credentials. Everything else stays as it is, byte for byte (wire 26).
pub fn strip_credentials(query: &str) -> Cow<'_, str> {
    let is_credential = |pair: &&str| {
        let name = name_of(pair);
        CREDENTIALS.contains(&name.strip_prefix('$').unwrap_or(&name))
    };
    if !query.split('&').any(|pair| is_credential(&pair)) {
        return Cow::Borrowed(query);
    }
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_credential(pair)).collect();
    Cow::Owned(kept.join("&"))
}

// === impl Target ===

impl<'a> Target<'a> {
    /// Takes a path apart that has been through [`normalise`].
    pub fn parse(path: &'a str) -> Result<Self, PathError> {
        refuse_climbing(path)?;
        let rest = without_alias(path);
        let (head, after) = split_segment(rest);
        let (kind, after) = match head {
            "upload" => (Kind::Upload, after),
            "download" => (Kind::Download, after),
            "ws" => return Self::parse_socket(path, after),
            _ => (Kind::Plain, rest),
        };
        let (version, tail) = split_segment(after);
        let version = Version::parse(version).ok_or(PathError::Version)?;
        let named = tail.strip_prefix('/').unwrap_or_default();
        if named.is_empty() {
            return Err(PathError::Empty);
        }
        let last = named.rfind('/').map_or(0, |slash| slash + 1);
        let (resource, method) = match named[last..].rfind(':') {
            Some(colon) => (&named[..last + colon], Some(&named[last + colon + 1..])),
            None => (named, None),
        };
        let model = method.and_then(|_| model_of(resource));
        Ok(Self { version, kind, model, method, resource, path, tail })
    }

    /// `/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent`: dots where others have slashes.
    fn parse_socket(path: &'a str, after: &'a str) -> Result<Self, PathError> {
        let name =
            after.strip_prefix('/').and_then(|name| name.strip_prefix(SOCKET_PREFIX)).ok_or(PathError::Service)?;
        let (version, tail) = name.split_at(name.find('.').ok_or(PathError::Service)?);
        let version = Version::parse(version).ok_or(PathError::Version)?;
        let (resource, method) = tail[1..].rsplit_once('.').ok_or(PathError::Service)?;
        if resource.is_empty() || method.is_empty() || method.contains('/') {
            return Err(PathError::Service);
        }
        Ok(Self { version, kind: Kind::WebSocket, model: None, method: Some(method), resource, path, tail })
    }

    /// The model that is called, if the call spends a model's quota.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The model that the path names, called or not: `gemini-2.5-flash`.
    pub fn named_model(&self) -> Option<&'a str> {
        self.resource.strip_prefix("models/").filter(|name| !name.is_empty() && !name.contains('/'))
    }

    /// The path at Google with another model in its place; `model` is a path such as `/v1beta/models/gemini-2.5-pro`.
    pub fn with_model(&self, model: &str) -> Option<String> {
        let (_, resource) = model.trim_start_matches('/').split_once('/')?;
        Some(self.upstream_path().replacen(self.resource, resource, 1))
    }

    /// The path at Google, without the query: `/v1beta/models/gemini-2.5-flash:generateContent`.
    pub fn upstream_path(&self) -> Cow<'a, str> {
        let version = self.version.as_str();
        let (before, tail) = match self.kind {
            Kind::Plain => ("/", self.tail),
            Kind::Upload => ("/upload/", self.tail),
            Kind::Download => ("/download/", self.tail),
            Kind::WebSocket => ("/ws/google.ai.generativelanguage.", self.tail),
        };
        let as_it_came = self.path.strip_prefix(before).and_then(|rest| rest.strip_prefix(version)) == Some(tail);
        if as_it_came { Cow::Borrowed(self.path) } else { Cow::Owned([before, version, tail].concat()) }
    }

    /// How the answer will be framed (wire 28): a streaming method sends events when asked with `alt=sse`, else one
    /// JSON array in pieces; everything else sends one document. Interactions stream when their body says so, which
    /// shows in the answer's content type only.
    pub fn framing(&self, query: Option<&str>) -> Framing {
        let streams = self.kind == Kind::Plain && self.method.is_some_and(|method| method.starts_with("stream"));
        match (streams, streams && query.is_some_and(asks_for_events)) {
            (false, _) => Framing::Json,
            (true, true) => Framing::Sse,
            (true, false) => Framing::JsonArray,
        }
    }

    /// Whether sending the request twice does no harm beyond its cost: it reads, or it is a method known to create
    /// nothing. A method that nobody here has heard of may create something.
    pub fn repeatable(&self, verb: &Method) -> bool {
        match self.kind {
            Kind::WebSocket => false,
            _ if *verb == Method::GET || *verb == Method::HEAD => true,
            Kind::Upload | Kind::Download => false,
            Kind::Plain => *verb == Method::POST && self.method.is_some_and(|method| REPEATABLE.contains(&method)),
        }
    }
}

// === impl Version ===

impl Version {
    /// The version as Google writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1Beta => "v1beta",
            Self::V1Alpha => "v1alpha",
        }
    }

    fn parse(segment: &str) -> Option<Self> {
        match segment {
            "v1" => Some(Self::V1),
            "v1beta" | "v2" => Some(Self::V1Beta),
            "v1alpha" => Some(Self::V1Alpha),
            _ => None,
        }
    }
}

// === Private ===

/// The path without its first slash, and without a `/v2` that stands before what may follow it.
fn without_alias(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    let (head, after) = split_segment(path);
    let Some(behind) = after.strip_prefix('/').filter(|_| head == "v2") else { return path };
    let next = split_segment(behind).0;
    let stands_before = Version::parse(next).is_some() || matches!(next, "upload" | "download" | "ws");
    if stands_before { behind } else { path }
}

/// The first segment, and the rest with its slash. A slash at the beginning is skipped.
fn split_segment(path: &str) -> (&str, &str) {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split_at(path.find('/').unwrap_or(path.len()))
}

/// The name of the model that a method is called on. Only the collections that Google's schema calls models.
fn model_of(resource: &str) -> Option<Cow<'_, str>> {
    let (collection, id) = resource.split_once('/')?;
    if id.is_empty() || id.contains('/') {
        return None;
    }
    let name = match collection {
        "models" => id,
        "tunedModels" | "dynamic" => resource,
        _ => return None,
    };
    percent_decode_str(name).decode_utf8().ok()
}

/// Refuses what would leave the API if any server on the way decoded it.
fn refuse_climbing(path: &str) -> Result<(), PathError> {
    let decoded: Cow<'_, [u8]> = percent_decode_str(path).into();
    if decoded.iter().any(u8::is_ascii_control) {
        return Err(PathError::Control);
    }
    if decoded.contains(&b'\\') {
        return Err(PathError::Backslash);
    }
    if decoded.split(|byte| *byte == b'/').any(|segment| segment == b"." || segment == b"..") {
        return Err(PathError::Traversal);
    }
    Ok(())
}

/// The name of a query parameter, decoded, as the upstream will read it.
fn name_of(pair: &str) -> Cow<'_, str> {
    percent_decode_str(pair.split('=').next().unwrap_or_default()).decode_utf8_lossy()
}

fn asks_for_events(query: &str) -> bool {
    query.split('&').any(|pair| {
        let name = name_of(pair);
        if name != "alt" && name != "$alt" {
            return false;
        }
        let value = percent_decode_str(pair.split_once('=').map_or("", |(_, value)| value)).decode_utf8_lossy();
        // `alt=json;enum-encoding=int`: options follow the format.
        value.split(';').next() == Some("sse")
    })
}

#[cfg(test)]
mod tests;
