//! Files: three ways of uploading, and what can be done with what was uploaded (wire 35–37).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::list::{Owner, Sizes};
use super::{Ask, list, typed};
use crate::body::Body;
use crate::error::ApiError;
use crate::fault::{Preset, PresetAnswer, PresetError};
use crate::store::{File, Full, Store, Upload};
use crate::{lock, outgoing, refusal, schema, wire};

/// A piece that is not the last must be a multiple of this.
const GRANULARITY: usize = 8 << 20;
const URL: HeaderName = HeaderName::from_static("x-goog-upload-url");
const STATUS: HeaderName = HeaderName::from_static("x-goog-upload-status");

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    file: Described,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Described {
    name: Option<String>,
    display_name: Option<String>,
    mime_type: Option<String>,
}

pub(crate) fn upload(ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    if let Some(id) = ask.query.get("upload_id") {
        return go_on(ask, id);
    }
    let protocol = ask.header("x-goog-upload-protocol").or_else(|| ask.query.get("uploadType")).unwrap_or_default();
    match protocol.to_ascii_lowercase().as_str() {
        "resumable" => start(ask),
        "multipart" => multipart(ask),
        "" if ask.content_type().starts_with("multipart/related") => multipart(ask),
        "" | "raw" | "media" => plain(ask),
        other => Err(ApiError::invalid(format!("Invalid upload protocol: {other}"))),
    }
}

fn start(ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    let command = ask.header("x-goog-upload-command").unwrap_or("start");
    if command.trim() != "start" {
        return Err(ApiError::invalid(format!("Upload command {command:?} needs an upload_id.")));
    }
    let described = if ask.body.is_empty() { Described::default() } else { describe(ask.body)? };
    let announced = ask.header("x-goog-upload-header-content-length").and_then(|length| length.parse::<u64>().ok());
    let mime_type = described.mime_type.or_else(|| ask.header("x-goog-upload-header-content-type").map(str::to_owned));
    let world = ask.world;
    let now = world.clock.now();
    let id = world.fresh_dice("upload").id(48);
    let upload = Upload {
        project: ask.caller.project,
        name: described.name,
        display_name: described.display_name,
        mime_type: mime_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        announced,
        bytes: Vec::new(),
        started: now,
    };
    let mut store = settled(ask);
    let room = usize::try_from(announced.unwrap_or_default()).unwrap_or(usize::MAX);
    store.admit(room).map_err(|full| no_room(ask, full))?;
    store.uploads.insert(id.clone(), upload);
    drop(store);
    let version = &ask.target.version;
    let address = format!("{}/upload/{version}/files?upload_id={id}&upload_protocol=resumable", ask.own_address());
    let mut response = status("active", Body::empty());
    let headers = response.headers_mut();
    if let Ok(address) = HeaderValue::try_from(address) {
        headers.insert(URL, address.clone());
        headers.insert("x-goog-upload-control-url", address);
    }
    headers.insert("x-goog-upload-chunk-granularity", HeaderValue::from(GRANULARITY));
    let kind = HeaderValue::from_static("application/json; charset=UTF-8");
    headers.insert("x-goog-upload-header-content-type", kind);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    Ok(response)
}

/// `upload`, `finalize`, both, `query` or `cancel`. Only the first command needed a key: the id is the secret now.
fn go_on(ask: &Ask<'_>, id: &str) -> Result<Response<Body>, ApiError> {
    let commands: Vec<&str> =
        ask.header("x-goog-upload-command").unwrap_or("upload, finalize").split(',').map(str::trim).collect();
    let mut store = settled(ask);
    let unknown = || ApiError::new(404, "NOT_FOUND", "Upload has already been terminated, or never was.");
    let upload = store.uploads.get_mut(id).ok_or_else(unknown)?;
    if commands == ["query"] {
        let received = upload.bytes.len();
        drop(store);
        let mut response = status("active", Body::empty());
        response.headers_mut().insert("x-goog-upload-size-received", HeaderValue::from(received));
        return Ok(response);
    }
    if commands == ["cancel"] {
        store.uploads.remove(id);
        return Ok(status("cancelled", Body::empty()));
    }
    if !commands.iter().all(|command| matches!(*command, "upload" | "finalize")) {
        return Err(ApiError::invalid(format!("Invalid upload command: {}", commands.join(", "))));
    }
    let last = commands.contains(&"finalize");
    if commands.contains(&"upload") {
        let offset = ask.header("x-goog-upload-offset").unwrap_or("0").trim();
        if offset.parse().ok() != Some(upload.bytes.len()) {
            let at = upload.bytes.len();
            return Err(ApiError::invalid(format!("Upload offset {offset} is not where the upload stands: {at}.")));
        }
        if !last && !ask.body.len().is_multiple_of(GRANULARITY) {
            let what = format!("A piece that is not the last must be a multiple of {GRANULARITY} bytes.");
            return Err(ApiError::invalid(what));
        }
        store.admit(ask.body.len()).map_err(|full| no_room(ask, full))?;
        if let Some(upload) = store.uploads.get_mut(id) {
            upload.bytes.extend_from_slice(ask.body);
        }
    }
    if !last {
        return Ok(status("active", Body::empty()));
    }
    let upload = store.uploads.remove(id).ok_or_else(unknown)?;
    let length = upload.bytes.len() as u64;
    if let Some(announced) = upload.announced.filter(|announced| *announced != length) {
        return Err(ApiError::invalid(format!("{announced} bytes were announced, {length} have come.")));
    }
    let Upload { project, name, display_name, mime_type, bytes, .. } = upload;
    let described = Described { name, display_name, mime_type: Some(mime_type) };
    let file = keep(ask, &mut store, project, described, bytes.into())?;
    drop(store);
    Ok(created(ask, &file))
}

/// A part with the description, a part with the bytes.
fn multipart(ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    let malformed = || ApiError::invalid("Malformed multipart body.");
    let kind = ask.content_type();
    let boundary = kind.split(';').find_map(|part| part.trim().strip_prefix("boundary=")).ok_or_else(malformed)?;
    let [description, content] = parts(ask.body, boundary.trim_matches('"')).ok_or_else(malformed)?;
    let mut described = describe(&description.body)?;
    described.mime_type = described.mime_type.or(content.kind);
    let mut store = settled(ask);
    let file = keep(ask, &mut store, ask.caller.project, described, content.body)?;
    drop(store);
    Ok(created(ask, &file))
}

/// The bytes alone.
fn plain(ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    if ask.body.is_empty() {
        return Err(ApiError::invalid("Request contains an invalid argument."));
    }
    let display_name = ask.header("x-goog-upload-file-name").map(str::to_owned);
    let described = Described { name: None, display_name, mime_type: Some(ask.content_type().to_owned()) };
    let mut store = settled(ask);
    let file = keep(ask, &mut store, ask.caller.project, described, ask.body.clone())?;
    drop(store);
    Ok(created(ask, &file))
}

pub(crate) fn list(ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
    let mut files: Vec<File> =
        settled(ask).files.values().filter(|file| file.project == ask.caller.project).cloned().collect();
    // The newest first.
    files.sort_by(|left, right| (right.created, &right.name).cmp(&(left.created, &left.name)));
    let shown: Vec<Value> = files.iter().map(|file| show(ask, file)).collect();
    Ok(ask.json(list::page(ask, "files", &shown, Owner::Project, Sizes { usual: 10, most: 100 })?))
}

pub(crate) fn get(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    let file = own(ask, name)?;
    Ok(ask.json(show(ask, &file)))
}

pub(crate) fn delete(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    own(ask, name)?;
    settled(ask).files.remove(name);
    Ok(ask.json(json!({})))
}

/// Sends the caller to where the bytes are (wire 36).
pub(crate) fn download(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    own(ask, name)?;
    if !ask.query.wants_media() {
        return Err(ApiError::invalid("Only alt=media is supported for downloads."));
    }
    let error = ApiError::new(302, "UNKNOWN", "Unknown Error.");
    let mut response = outgoing::error(&error, false);
    let address = format!("{}/download/{}/files/{name}:download?alt=media", ask.own_address(), ask.target.version);
    if let Ok(address) = HeaderValue::try_from(address) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    Ok(response)
}

pub(crate) fn send(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    let file = own(ask, name)?;
    let kind = HeaderValue::try_from(file.mime_type.as_str());
    let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    Ok(outgoing::dressed(StatusCode::OK, kind, Body::full(file.bytes)))
}

/// A file of the caller's. Another's is not told from none (wire 15).
pub(crate) fn own(ask: &Ask<'_>, name: &str) -> Result<File, ApiError> {
    let store = settled(ask);
    let file = store.files.get(name).filter(|file| file.project == ask.caller.project).cloned();
    file.ok_or_else(|| refusal::unknown_file(name))
}

/// Keeps bytes as a file.
fn keep(ask: &Ask<'_>, store: &mut Store, project: u64, described: Described, bytes: Bytes) -> Result<File, ApiError> {
    store.admit(bytes.len()).map_err(|full| no_room(ask, full))?;
    let name = match described.name.as_deref().map(|name| name.strip_prefix("files/").unwrap_or(name)) {
        None | Some("") => ask.world.fresh_dice("file").id(12),
        Some(name) => checked_name(store, name)?,
    };
    let hash = Sha256::digest(&bytes).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let file = File {
        project,
        name: name.clone(),
        display_name: described.display_name.filter(|name| !name.is_empty()),
        mime_type: described
            .mime_type
            .filter(|kind| !kind.is_empty())
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        bytes,
        // Google gives the hexadecimal digits in base64.
        sha256: STANDARD.encode(hash),
        created: ask.world.clock.now(),
        source: "UPLOADED",
    };
    store.files.insert(name, file.clone());
    Ok(file)
}

/// A file of answers, which the simulator itself makes.
pub(crate) fn keep_generated(ask: &Ask<'_>, name: String, bytes: Bytes) -> Result<(), ApiError> {
    let described = Described { name: Some(name), display_name: None, mime_type: Some("application/json".to_owned()) };
    let mut store = settled(ask);
    let kept = keep(ask, &mut store, ask.caller.project, described, bytes)?;
    store.files.insert(kept.name.clone(), File { source: "GENERATED", ..kept });
    Ok(())
}

fn checked_name(store: &Store, name: &str) -> Result<String, ApiError> {
    let good = name.len() <= 40
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if !good {
        let what = "must be lowercase letters, digits and dashes, at most 40, and must not begin or end with a dash";
        return Err(ApiError::invalid(format!("* CreateFileRequest.file.name: {what}\n")));
    }
    if store.files.contains_key(name) {
        return Err(ApiError::new(409, "ALREADY_EXISTS", format!("File files/{name} already exists.")));
    }
    Ok(name.to_owned())
}

fn describe(body: &[u8]) -> Result<Described, ApiError> {
    let create: Create = typed(schema::canonical("CreateFileRequest", body)?)?;
    Ok(create.file)
}

fn settled<'a>(ask: &Ask<'a>) -> std::sync::MutexGuard<'a, Store> {
    let mut store = lock(&ask.world.store);
    store.settle(ask.world.clock.now());
    store
}

fn no_room(ask: &Ask<'_>, _full: Full) -> ApiError {
    match PresetError::new(Preset::QuotaStorage).answer(&ask.caller, "", &ask.target.version) {
        PresetAnswer::Error(error) => *error,
        PresetAnswer::Page { status, title } => ApiError::new(status, "UNAVAILABLE", title),
    }
}

fn show(ask: &Ask<'_>, file: &File) -> Value {
    let now = ask.world.clock.now();
    let mut shown = Map::new();
    let mut add = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    add("name", format!("files/{}", file.name).into());
    if let Some(name) = &file.display_name {
        add("displayName", name.as_str().into());
    }
    add("mimeType", file.mime_type.as_str().into());
    add("sizeBytes", file.bytes.len().to_string().into());
    add("createTime", format!("{:.6}", file.created).into());
    add("updateTime", format!("{:.6}", file.created).into());
    add("expirationTime", format!("{:.9}", file.expires()).into());
    add("sha256Hash", file.sha256.as_str().into());
    // Google's own address, wherever it was reached: it names the file, nobody calls it.
    add("uri", format!("https://generativelanguage.googleapis.com/v1beta/files/{}", file.name).into());
    add("state", if file.is_active(now) { "ACTIVE" } else { "PROCESSING" }.into());
    add("source", file.source.into());
    Value::Object(shown)
}

fn created(ask: &Ask<'_>, file: &File) -> Response<Body> {
    let value = ask.encoded(json!({"file": show(ask, file)}));
    let mut response = status("final", Body::full(wire::pretty(&value)));
    let kind = HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// An answer of the upload server, which is another one than the API's.
fn status(status: &'static str, body: Body) -> Response<Body> {
    let mut response = outgoing::dressed(StatusCode::OK, HeaderValue::from_static("text/plain; charset=utf-8"), body);
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static("UploadServer"));
    response.headers_mut().insert(STATUS, HeaderValue::from_static(status));
    response
}

// === multipart/related ===

struct Part {
    kind: Option<String>,
    body: Bytes,
}

/// Exactly two parts.
fn parts(body: &Bytes, boundary: &str) -> Option<[Part; 2]> {
    let delimiter = format!("--{boundary}");
    let mut starts = Vec::new();
    let mut from = 0;
    while let Some(at) = find(&body[from..], delimiter.as_bytes()) {
        starts.push(from + at);
        from += at + delimiter.len();
    }
    let [first, second, end] = *starts.as_slice() else { return None };
    let one = part(&body.slice(first + delimiter.len()..second))?;
    let two = part(&body.slice(second + delimiter.len()..end))?;
    Some([one, two])
}

/// What stands between two delimiters: a line end, headers, an empty line, the body, a line end.
fn part(text: &Bytes) -> Option<Part> {
    let (at, gap) = match (find(text, b"\r\n\r\n"), find(text, b"\n\n")) {
        (Some(at), _) => (at, 4),
        (None, Some(at)) => (at, 2),
        (None, None) => return None,
    };
    let head = String::from_utf8_lossy(&text[..at]);
    let kind = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-type").then(|| value.trim().to_owned())
    });
    let body = text.slice(at + gap..);
    let end = body.len() - if body.ends_with(b"\r\n") { 2 } else { usize::from(body.ends_with(b"\n")) };
    Some(Part { kind, body: body.slice(..end) })
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
