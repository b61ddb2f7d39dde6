//! Upstream keys with their projects, and limits by hand.

use std::collections::HashMap;

use gap_pool::{Limits, Quota};
use gap_protocol::models::Alias;
use secrecy::SecretString;

use super::secrets::Secrets;
use super::{Field, Kind, one, parts};
use crate::config::document::Raw;

/// An upstream key as it stands in the settings.
#[derive(Clone, Debug)]
pub struct UpstreamKey {
    /// The project it belongs to, in the operator's words or by Google's number; none: nobody said.
    pub project: Option<String>,
    /// The key itself.
    pub secret: SecretString,
}

/// What the operator says that a model allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsByHand {
    /// The model; none: every model without a line of its own.
    pub model: Option<String>,
    /// What it allows each project.
    pub limits: Limits,
}

/// Upstream keys, each counted once: `KEY` or `PROJECT:KEY`.
pub(in crate::config) struct UpstreamKeys;

/// What a model allows: `MODEL rpm=… tpm=… rpd=… tpd=…`.
pub(in crate::config) struct ModelLimits;

/// A name of the operator's for a model: `NAME = MODEL`.
pub(in crate::config) struct ModelAlias;

// === impl ModelAlias ===

impl Kind for ModelAlias {
    type Value = Alias;

    fn takes(&self) -> String {
        "a name and a model, such as `claude-sonnet-4-5 = gemini-2.5-pro`".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<Alias, String> {
        let text = one(raw, self)?;
        let (name, model) = text.split_once('=').unwrap_or((text, ""));
        let (name, model) = (name.trim(), model.trim());
        let bare = model.strip_prefix("models/").unwrap_or(model);
        if name.is_empty()
            || bare.is_empty()
            || name.contains(char::is_whitespace)
            || bare.contains(char::is_whitespace)
        {
            return Err(format!("takes {}", self.takes()));
        }
        if name.trim_end_matches('*').contains('*') || name.ends_with("**") {
            return Err("takes a `*` at the end of a name only".to_owned());
        }
        if bare.contains('*') {
            return Err(format!("needs the whole name of a model behind the sign, not {bare}"));
        }
        Ok(Alias { name: name.to_owned(), model: bare.to_owned() })
    }
}

// === impl UpstreamKeys ===

impl Kind for UpstreamKeys {
    type Value = Vec<UpstreamKey>;

    fn field(&self) -> Field {
        Field::Secret
    }

    fn takes(&self) -> String {
        "keys or `project:key`, separated by commas or lines".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<Vec<UpstreamKey>, String> {
        let mut projects: HashMap<&str, Option<&str>> = HashMap::new();
        let mut keys = Vec::new();
        for (index, part) in parts(raw).into_iter().enumerate() {
            let number = index + 1;
            if part.starts_with(['"', '\'', '[']) {
                return Err(format!("value no. {number} begins with a quote or a bracket; write the keys alone"));
            }
            let (project, key) = split(part);
            if key.is_empty() {
                return Err(format!("value no. {number} has no key behind the colon"));
            }
            if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(format!("value no. {number} holds a blank or a character that is not ASCII; no key does"));
            }
            match projects.insert(key, project) {
                None => keys.push(UpstreamKey { project: project.map(str::to_owned), secret: SecretString::from(key) }),
                Some(earlier) if earlier == project => {}
                Some(_) => return Err(format!("value no. {number} is a key that stands under another project before")),
            }
        }
        Ok(keys)
    }

    fn show(&self, raw: &Raw) -> String {
        Secrets.show(raw)
    }

    fn repetitions(&self, raw: &Raw) -> usize {
        super::repetitions(raw)
    }
}

/// The last colon divides: a project may be called `example.org:name`, while no key of Google's has a colon.
fn split(part: &str) -> (Option<&str>, &str) {
    part.rsplit_once(':')
        .map_or((None, part), |(project, key)| (Some(project.trim()).filter(|project| !project.is_empty()), key.trim()))
}

// === impl ModelLimits ===

impl Kind for ModelLimits {
    type Value = LimitsByHand;

    fn takes(&self) -> String {
        "a model (or `*`) and its limits, such as `gemini-2.5-pro rpm=5 tpm=250000 rpd=100 tpd=6000000`".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<LimitsByHand, String> {
        let mut words = one(raw, self)?.split_whitespace();
        let Some(model) = words.next().filter(|model| !model.contains('=')) else {
            return Err(format!("takes {}", self.takes()));
        };
        if model != "*" && model.contains('*') {
            return Err("takes whole names of models, or `*` alone for all others".to_owned());
        }
        let mut limits = Limits::default();
        for word in words {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let quota = match name {
                "rpm" => Quota::RequestsPerMinute,
                "tpm" => Quota::TokensPerMinute,
                "rpd" => Quota::RequestsPerDay,
                "tpd" => Quota::TokensPerDay,
                _ => return Err(format!("does not know {name:?}: limits are rpm, tpm, rpd and tpd")),
            };
            // 0 would say that the model is not to be used; a typing error, rather.
            let Some(limit) = value.parse().ok().filter(|limit| *limit > 0) else {
                return Err(format!("takes a whole number of at least 1 for {name}"));
            };
            limits.set(quota, Some(limit));
        }
        if limits == Limits::default() {
            return Err(format!("names no limit for {model}"));
        }
        Ok(LimitsByHand { model: (model != "*").then(|| model.to_owned()), limits })
    }
}

#[cfg(test)]
mod tests;
