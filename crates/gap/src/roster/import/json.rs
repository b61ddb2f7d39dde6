//! Keys in JSON: lists of them, objects that describe them, and what other gateways export.

use gap_store::upstream_keys::KeyDetails;
use serde_json::{Map, Value};

use super::{NoteKind, Parsed, SWITCHED_OFF_BEFORE, Unreadable};
use crate::roster::{HEAVIEST, tier_named};

/// new-api's number for Gemini among its kinds of channels.
const GEMINI_CHANNEL: u64 = 24;
/// new-api's number for a channel that is in use.
const IN_USE: u64 = 1;
/// Names below which lists of keys stand.
const LISTS: [&str; 8] = ["API_KEYS", "GEMINI_API_KEYS", "api_keys", "keys", "data", "items", "channels", "config"];
/// Names of the key itself.
const KEYS: [&str; 5] = ["key", "api_key", "apiKey", "key_string", "value"];
/// Lists stand in lists this deep at most.
const DEEPEST: usize = 4;

/// Reads the text into `parsed`.
pub(super) fn read(text: &str, parsed: &mut Parsed) -> Result<(), Unreadable> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        // Without the text around the place, which may hold a key.
        Unreadable::NotJson(format!("line {}, column {}", error.line(), error.column()))
    })?;
    let list = list_in(&value, DEEPEST).ok_or(Unreadable::NoList)?;
    for (at, entry) in list.iter().enumerate() {
        read_entry(at + 1, entry, parsed);
    }
    Ok(())
}

fn list_in(value: &Value, depth: usize) -> Option<&Vec<Value>> {
    match value {
        Value::Array(list) => Some(list),
        Value::Object(fields) if depth > 0 => {
            LISTS.iter().filter_map(|name| fields.get(*name)).find_map(|value| list_in(value, depth - 1))
        }
        _ => None,
    }
}

fn read_entry(at: usize, entry: &Value, parsed: &mut Parsed) {
    match entry {
        Value::String(text) => read_keys(at, text, None, &KeyDetails::default(), None, parsed),
        Value::Object(fields) => read_object(at, fields, parsed),
        _ => parsed.note(at, NoteKind::Bad, "an entry is a key, or an object with `key`"),
    }
}

fn read_object(at: usize, fields: &Map<String, Value>, parsed: &mut Parsed) {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    // A channel has a number for its kind; nobody else does.
    let channel = fields.get("type").and_then(Value::as_u64);
    if channel.is_some_and(|kind| kind != GEMINI_CHANNEL) {
        parsed.note(at, NoteKind::Skipped, "this channel is for another provider than Gemini");
        return;
    }
    let Some(keys) = KEYS.iter().find_map(|name| text(name)) else {
        parsed.note(at, NoteKind::Bad, "this object has no `key`");
        return;
    };
    let label = ["label", "name", "description"].iter().find_map(|name| text(name)).unwrap_or_default();
    let mut details = KeyDetails { label: label.to_owned(), ..KeyDetails::default() };
    if let Some(tier) = text("tier") {
        if tier_named(tier).is_none() {
            parsed.note(at, NoteKind::Bad, "`tier` is free, tier1, tier2 or tier3");
            return;
        }
        details.tier = Some(tier.to_owned());
    }
    // A channel's weight is a share among channels, and 0 is its usual one.
    if channel.is_none()
        && let Some(weight) = fields.get("weight").and_then(Value::as_u64)
    {
        details.weight = u32::try_from(weight).unwrap_or(u32::MAX).clamp(1, HEAVIEST);
    }
    if channel.is_none() {
        details.models = fields
            .get("models")
            .and_then(Value::as_array)
            .map(|models| models.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }
    // A channel has one tag; elsewhere they are a list, or stand between commas.
    details.tags = ["tags", "tag"].iter().find_map(|name| fields.get(*name)).map(tags_in).unwrap_or_default();
    if let Some(most) = fields.get("concurrency").and_then(Value::as_u64) {
        details.concurrency = Some(u32::try_from(most).unwrap_or(u32::MAX));
    }
    if let Some(at_time) = text("expires_at") {
        let Ok(expires_at) = at_time.parse() else {
            parsed.note(at, NoteKind::Bad, "`expires_at` is a time such as 2027-01-01T00:00:00Z");
            return;
        };
        details.expires_at = Some(expires_at);
    }
    let off = if channel.is_some() {
        fields.get("status").and_then(Value::as_u64).is_some_and(|status| status != IN_USE)
    } else {
        let says = |name: &str, off: bool| fields.get(name).and_then(Value::as_bool) == Some(off);
        says("disabled", true) || says("is_active", false) || says("enabled", false)
    };
    let off = off.then_some(SWITCHED_OFF_BEFORE);
    read_keys(at, keys, text("project"), &details, off, parsed);
}

fn tags_in(value: &Value) -> Vec<String> {
    let tags: Vec<&str> = match value {
        Value::String(text) => text.split(',').collect(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    tags.into_iter().map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// A channel may hold many keys, each in a line.
fn read_keys(
    at: usize,
    text: &str,
    project: Option<&str>,
    details: &KeyDetails,
    off: Option<&str>,
    parsed: &mut Parsed,
) {
    let before = parsed.found.len();
    for (_, entry) in gap_pool::import::entries(text) {
        match entry {
            Ok(imported) => {
                let project = project.or(imported.project).map(str::to_owned);
                parsed.add(at, imported.key, project, details.clone());
                if let Some(found) = parsed.found.last_mut() {
                    found.disabled = off.map(str::to_owned);
                }
            }
            Err(why) => parsed.note(at, NoteKind::Bad, gap_pool::import::BadLine { line: at, why }.reason()),
        }
    }
    if parsed.found.len() == before && text.trim().is_empty() {
        parsed.note(at, NoteKind::Bad, "this key is empty");
    }
}
