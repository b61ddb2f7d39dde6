//! Secrets: read, counted, and never repeated.

use std::collections::HashSet;

use secrecy::SecretString;

use super::{Field, Kind, bare, one, parts, repetitions};
use crate::config::document::Raw;

/// A secret text.
pub(in crate::config) struct Secret;

impl Kind for Secret {
    type Value = SecretString;

    fn field(&self) -> Field {
        Field::Secret
    }

    fn takes(&self) -> String {
        "a secret text".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<SecretString, String> {
        one(raw, self).map(SecretString::from)
    }

    fn show(&self, raw: &Raw) -> String {
        let length = match raw {
            Raw::One(text) => text.trim().chars().count(),
            Raw::Many(items) => return format!("set ({} values)", items.len()),
        };
        if length == 0 { bare("") } else { format!("set ({length} characters)") }
    }
}

/// An address that may hold a secret, as those of webhooks do.
pub(in crate::config) struct SecretUrl;

impl Kind for SecretUrl {
    type Value = SecretString;

    fn takes(&self) -> String {
        "an address such as https://hooks.example.org/gap".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<SecretString, String> {
        let text = one(raw, self)?;
        let known = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
        let usable = text.parse::<http::Uri>().is_ok_and(|uri| uri.host().is_some_and(|host| !host.is_empty()));
        if !known || !usable {
            return Err(format!("takes {}", self.takes()));
        }
        Ok(SecretString::from(text))
    }

    fn show(&self, raw: &Raw) -> String {
        Secret.show(raw)
    }
}

/// The key that signs and seals: long enough, and nobody's example.
pub(in crate::config) struct SigningSecret;

impl SigningSecret {
    /// HMAC-SHA-256 is as strong as its key up to 32 bytes.
    const SHORTEST: usize = 32;
    /// Words of examples and templates, ours and others'. They are public, so they keep nothing secret.
    const EXAMPLES: [&str; 8] = [
        "change-me",
        "changeme",
        "change-this",
        "replace-this",
        "replace-me",
        "your-secret",
        "insert-your",
        "your-super-secret",
    ];
}

impl Kind for SigningSecret {
    type Value = SecretString;

    fn field(&self) -> Field {
        Field::Secret
    }

    fn takes(&self) -> String {
        format!("a secret text of at least {} bytes", Self::SHORTEST)
    }

    fn parse(&self, raw: &Raw) -> Result<SecretString, String> {
        const WAY_OUT: &str = "`openssl rand -hex 32` makes one";
        let text = one(raw, self)?;
        let words = text.to_lowercase().replace(['_', ' '], "-");
        if Self::EXAMPLES.iter().any(|example| words.contains(example)) {
            return Err(format!("is the text of an example, which everybody knows; {WAY_OUT}"));
        }
        if text.len() < Self::SHORTEST {
            return Err(format!("must have at least {} bytes; {WAY_OUT}", Self::SHORTEST));
        }
        Ok(SecretString::from(text))
    }

    fn show(&self, raw: &Raw) -> String {
        Secret.show(raw)
    }
}

/// Secrets, each counted once.
pub(in crate::config) struct Secrets;

impl Kind for Secrets {
    type Value = Vec<SecretString>;

    fn field(&self) -> Field {
        Field::Secret
    }

    fn takes(&self) -> String {
        "secret texts, separated by commas or lines".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<Vec<SecretString>, String> {
        let mut seen = HashSet::new();
        Ok(parts(raw).into_iter().filter(|part| seen.insert(*part)).map(SecretString::from).collect())
    }

    fn show(&self, raw: &Raw) -> String {
        match parts(raw).as_slice() {
            [] => bare(""),
            [one] => format!("set ({} characters)", one.chars().count()),
            several => format!("set ({} values)", several.len()),
        }
    }

    fn repetitions(&self, raw: &Raw) -> usize {
        repetitions(raw)
    }
}
