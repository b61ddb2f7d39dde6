//! What models can do, as data.
//!
//! Google adds models every month, each with its own ranges and refusals, and says so in prose. Rules in code would be
//! wrong within weeks and could not be put right without a release; so they stand in `models.toml`, which is compiled in,
//! explains its own keys, and is overridden by a file of the same form. Where the table is wrong, refusals teach
//! ([`crate::call::Feature`]): what is here only saves the first failing request.
//!
//! ## Edges
//! The pattern with the most letters wins, whatever the order, so that an override needs no thought about places. A key
//! in an override replaces the whole value. A key that does not exist is an error that names it, its family and its line.

mod family;
mod pattern;

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Table;

use self::pattern::Pattern;

pub use family::{Family, Modality, Prices, Quota, Thinking, ThinkingLevel};

/// The compiled-in table.
const BUILT_IN: &str = include_str!("../models.toml");

/// The family of models that no pattern matches.
const UNKNOWN: &str = "unknown";

/// The families of models, and which model belongs to which.
#[derive(Clone, Debug)]
pub struct ModelTable {
    families: BTreeMap<String, Family>,
    /// The patterns of all families, those with the most letters first: the first that matches is the one.
    patterns: Vec<Pattern>,
    /// The operator's own names for models.
    aliases: Vec<Alias>,
    /// Kept as it was written, for the next override.
    written: Table,
}

/// An operator's own name for a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// What clients ask for; a `*` at the end stands for any letters.
    pub name: String,
    /// What Google is asked for.
    pub model: String,
}

/// Why a table of models cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// It is not TOML, or has a key or value that does not exist; the message names it and its line.
    #[error("{0}")]
    Malformed(String),
    /// A family lacks a key, and its bases do as well.
    #[error("families.{family}: {message}")]
    Incomplete {
        /// The family.
        family: String,
        /// What is missing or wrong.
        message: String,
    },
    /// A base does not exist, or is based on the family itself.
    #[error("families.{family}.base = {base:?}: there is no such family, or it leads back here")]
    Base {
        /// The family.
        family: String,
        /// What it names as its base.
        base: String,
    },
}

/// The form of the file, for errors with line numbers. Values are taken from the table, key by key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    #[expect(dead_code, reason = "read for its errors alone")]
    families: BTreeMap<String, family::Written>,
}

// === impl ModelTable ===

impl ModelTable {
    /// The compiled-in table. It fails only if that table is broken, which a test excludes.
    pub fn built_in() -> Result<Self, TableError> {
        Self::merge(Table::new(), BUILT_IN)
    }

    /// This table, and over it the contents of a file of the same form.
    pub fn overridden_by(&self, contents: &str) -> Result<Self, TableError> {
        Self::merge(self.written.clone(), contents)
    }

    /// The family of a model, by its bare name.
    pub fn find(&self, model: &str) -> &Family {
        let pattern = self.patterns.iter().find(|pattern| pattern::matches(&pattern.text, model).is_some());
        pattern.and_then(|pattern| self.families.get(&pattern.family)).unwrap_or_else(|| Family::unknown())
    }

    /// This table with the operator's own names.
    #[must_use]
    pub fn with_aliases(mut self, aliases: &[Alias]) -> Self {
        aliases.clone_into(&mut self.aliases);
        self
    }

    /// The operator's own names, in their order.
    pub fn aliases(&self) -> &[Alias] {
        &self.aliases
    }

    /// The model that an operator's own name stands for: the name itself, or else the pattern with the most letters.
    pub fn alias_of(&self, model: &str) -> Option<&str> {
        let best = self.aliases.iter().filter_map(|alias| Some((pattern::matches(&alias.name, model)?, alias)));
        // A plain name is as long as its pattern without the star, and means it more.
        let best = best.max_by_key(|(letters, alias)| (!alias.name.contains('*'), *letters));
        best.map(|(_, alias)| alias.model.as_str())
    }

    /// The name under which Google is asked for `model`: without `models/`, and with aliases resolved.
    pub fn resolve<'m>(&'m self, model: &'m str) -> &'m str {
        let bare = model.trim();
        let bare = bare.strip_prefix("models/").or_else(|| bare.strip_prefix("google/")).unwrap_or(bare);
        let bare = self.alias_of(bare).unwrap_or(bare);
        let aliased = self.families.values().find(|family| family.aliases.iter().any(|alias| alias == bare));
        aliased.and_then(|family| family.names.first()).map_or(bare, String::as_str)
    }

    /// All families, by name.
    pub fn families(&self) -> impl Iterator<Item = (&str, &Family)> {
        self.families.iter().map(|(name, family)| (name.as_str(), family))
    }

    fn merge(mut written: Table, contents: &str) -> Result<Self, TableError> {
        // First as typed data, whose errors tell lines; then as a table, which can be laid over another.
        toml::from_str::<File>(contents).map_err(|error| TableError::Malformed(error.to_string().trim().to_owned()))?;
        let over: Table =
            contents.parse().map_err(|error: toml::de::Error| TableError::Malformed(error.to_string()))?;
        let families = over.get("families").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        for (name, keys) in families {
            let below = written.entry(name).or_insert_with(|| Table::new().into());
            if let (Some(below), toml::Value::Table(keys)) = (below.as_table_mut(), keys) {
                below.extend(keys);
            }
        }
        let resolved = written.keys().map(|name| Ok((name.clone(), Self::family(&written, name)?)));
        let families = resolved.collect::<Result<BTreeMap<_, _>, TableError>>()?;
        let mut patterns: Vec<_> = families.values().flat_map(Family::patterns).collect();
        // Of families with equal patterns, the last by name has them.
        patterns.reverse();
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.letters()));
        Ok(Self { families, patterns, aliases: Vec::new(), written })
    }

    /// A family with all that it has from its bases.
    fn family(written: &Table, name: &str) -> Result<Family, TableError> {
        let keys_of = |name: &str| written.get(name).and_then(toml::Value::as_table);
        let mut keys = Table::new();
        let mut visited: Vec<&str> = vec![name];
        let mut current = keys_of(name);
        while let Some(own) = current {
            for (key, value) in own {
                keys.entry(key.clone()).or_insert_with(|| value.clone());
            }
            let Some(base) = own.get("base").and_then(toml::Value::as_str) else { break };
            if visited.contains(&base) || keys_of(base).is_none() {
                let family = visited.last().copied().unwrap_or(name).to_owned();
                return Err(TableError::Base { family, base: base.to_owned() });
            }
            visited.push(base);
            current = keys_of(base);
        }
        // Names belong to the family itself: a base's would make it two families.
        if !keys_of(name).is_some_and(|own| own.contains_key("names")) {
            keys.remove("names");
        }
        if !keys_of(name).is_some_and(|own| own.contains_key("aliases")) {
            keys.remove("aliases");
        }
        keys.remove("base");
        Family::from_table(name, keys).map_err(|message| TableError::Incomplete { family: name.to_owned(), message })
    }
}

#[cfg(test)]
mod tests;
