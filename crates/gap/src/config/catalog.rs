//! The settings that exist, read from `config.default.toml`: name, default, meaning, names of variables.

use super::document::{self, Leaf, Raw};

pub(super) const TEXT: &str = include_str!("../../config.default.toml");

/// How much alike two names must be for one to be taken for the other: a letter too many in a name of seven.
const NEAR: f64 = 0.85;

/// Longer names are nothing that somebody meant to write, and comparing takes its time.
const LONGEST_GUESS: usize = 100;

/// All settings, in the order of the file.
pub(super) struct Catalog {
    pub(super) items: Vec<Item>,
}

/// One setting.
pub(super) struct Item {
    /// The dotted name, such as `pool.max_attempts`.
    pub(super) name: String,
    /// The part before the dot.
    pub(super) section: &'static str,
    /// The part after the dot.
    pub(super) key: &'static str,
    /// Short names of the environment variable, such as `PORT`; the first is the usual one.
    pub(super) short_names: Vec<&'static str>,
    /// What it means, in one paragraph of Markdown.
    pub(super) meaning: String,
    /// Whether it may be changed while GAP runs.
    pub(super) changeable: bool,
    /// The default; empty when there is none.
    pub(super) default: Raw,
}

impl Item {
    /// The systematic name of the variable.
    pub(super) fn variable(&self) -> String {
        format!("GAP_{}__{}", self.section, self.key).to_uppercase()
    }

    /// Every name of the variable, the systematic one first.
    pub(super) fn variables(&self) -> impl Iterator<Item = String> {
        let short = self.short_names.iter().map(|&name| name.to_owned());
        std::iter::once(self.variable()).chain(short)
    }

    /// What the admin API calls it: the lower-case form of its usual variable, or else its dotted name.
    pub(super) fn flat_name(&self) -> String {
        self.short_names.first().map_or_else(|| self.name.clone(), |name| name.to_lowercase())
    }

    /// Whether it takes several values.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.default, Raw::Many(_))
    }
}

impl Catalog {
    /// Reads the compiled-in file.
    pub(super) fn new() -> Self {
        // Errors in that file are found by its tests; a setting missing here is refused by name, not ignored.
        let defaults = document::parse(TEXT).unwrap_or_default();
        let default_of = |name: &str| {
            let found = defaults.iter().find(|leaf: &&Leaf| leaf.name == name);
            found.and_then(|leaf| leaf.raw.clone()).unwrap_or(Raw::One(String::new()))
        };
        let mut items = Vec::new();
        let (mut section, mut meaning, mut short_names, mut changeable) = ("", Vec::new(), Vec::new(), false);
        for line in TEXT.lines() {
            if line == "#~" {
                changeable = true;
            } else if let Some(names) = line.strip_prefix("#: ") {
                short_names.extend(names.split(' '));
            } else if let Some(comment) = line.strip_prefix("# ") {
                meaning.push(comment);
            } else if let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = header;
                meaning.clear();
            } else if let Some((key, _)) = line.split_once(" = ") {
                let name = format!("{section}.{key}");
                let default = default_of(&name);
                let meaning = std::mem::take(&mut meaning).join(" ");
                items.push(Item {
                    name,
                    section,
                    key,
                    short_names: std::mem::take(&mut short_names),
                    meaning,
                    changeable: std::mem::take(&mut changeable),
                    default,
                });
            }
        }
        Self { items }
    }

    /// The setting called `name`.
    pub(super) fn find(&self, name: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.name == name)
    }

    /// The setting that the environment variable `variable` sets.
    pub(super) fn find_variable(&self, variable: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.variables().any(|name| name == variable))
    }

    /// The setting that people call `name`: dotted, or the lower-case form of one of its variables.
    pub(super) fn find_any(&self, name: &str) -> Option<&Item> {
        self.find(name).or_else(|| self.find_variable(&name.to_uppercase()).filter(|_| name == name.to_lowercase()))
    }

    /// Whether there is a section of this name.
    pub(super) fn has_section(&self, name: &str) -> bool {
        self.items.iter().any(|item| item.section == name)
    }

    /// The name of the variable that `variable` nearly is; none when it is one, or nothing like any.
    pub(super) fn near(&self, variable: &str) -> Option<String> {
        if self.find_variable(variable).is_some() {
            return None;
        }
        let plain = |name: &str| name.replace('_', "").to_uppercase();
        let (whole, own) = (plain(variable), plain(variable.strip_prefix("GAP_").unwrap_or(variable)));
        let likeness = |name: &String| {
            let name = plain(name);
            strsim::normalized_damerau_levenshtein(&name, &whole)
                .max(strsim::normalized_damerau_levenshtein(&name, &own))
        };
        let names = self.items.iter().flat_map(Item::variables);
        let (likeness, best) = names.map(|name| (likeness(&name), name)).max_by(|a, b| a.0.total_cmp(&b.0))?;
        (likeness > NEAR).then_some(best)
    }

    /// What somebody who wrote the dotted `name` most likely meant.
    pub(super) fn guess(&self, name: &str) -> Option<&Item> {
        if name.len() > LONGEST_GUESS {
            return None;
        }
        let key = name.rsplit_once('.').map_or(name, |(_, key)| key);
        if let Some(item) = self.find_variable(&key.to_uppercase()) {
            return Some(item);
        }
        let likeness = |item: &Item| {
            let whole = strsim::normalized_damerau_levenshtein(&item.name, name);
            // The right key in the wrong section, or without any.
            let alone = strsim::normalized_damerau_levenshtein(item.key, key) - 0.05;
            whole.max(alone)
        };
        let best = self.items.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        (likeness(best) > 0.7).then_some(best)
    }
}
