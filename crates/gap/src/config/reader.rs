//! Takes typed values out of the layers and remembers where each came from.

use super::kinds::{self, Field, Kind};
use super::layers::Layers;
use super::notice::{ConfigError, Notice, Source};

/// What became of one setting. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The dotted name.
    pub name: &'static str,
    /// The value as it may be shown.
    pub shown: String,
    /// Where it stands.
    pub source: Source,
    /// What the setting takes, in a few words.
    pub takes: String,
    /// How a form asks for it.
    pub field: Field,
}

/// Hands out values and collects complaints.
pub(super) struct Reader {
    layers: Layers,
    pub(super) entries: Vec<Entry>,
    pub(super) errors: Vec<ConfigError>,
    pub(super) warnings: Vec<Notice>,
    /// Settings that stand on their default because what was set is wrong.
    refused: Vec<&'static str>,
}

impl Reader {
    pub(super) fn new(mut layers: Layers) -> Self {
        let (errors, warnings) = (std::mem::take(&mut layers.errors), std::mem::take(&mut layers.warnings));
        Self { layers, entries: Vec::new(), errors, warnings, refused: Vec::new() }
    }

    /// The value of the setting `name`, which is of this kind. A wrong value is an error, and reading goes on with the
    /// default.
    pub(super) fn take<K: Kind>(&mut self, name: &'static str, kind: &K) -> K::Value {
        let mut foreign = Vec::new();
        for candidate in self.layers.of(name) {
            let source = candidate.source.clone();
            if self.refused.contains(&name) && source != Source::Default {
                continue;
            }
            match kind.parse(&candidate.raw) {
                Ok(value) => {
                    let shown = kind.show(&candidate.raw);
                    self.warnings.extend(foreign.into_iter().map(|(value, at)| Notice::Foreign {
                        setting: name.to_owned(),
                        value,
                        source: at,
                        used: shown.clone(),
                        used_source: source.clone(),
                    }));
                    let repetitions = kind.repetitions(&candidate.raw);
                    if repetitions > 0 {
                        let setting = name.to_owned();
                        self.warnings.push(Notice::Repeated { setting, source: source.clone(), count: repetitions });
                    }
                    self.entries.push(Entry { name, shown, source, takes: kind.takes(), field: kind.field() });
                    return value;
                }
                Err(_) if candidate.foreign => foreign.push((kind.show(&candidate.raw), source)),
                Err(said) => {
                    let subject = format!("{name} = {}", kind.show(&candidate.raw));
                    self.errors.push(ConfigError { subject, source: Some(source), said });
                    self.refused.push(name);
                }
            }
        }
        unreachable!("{name} has a default in config.default.toml that parses; a test reads them all")
    }

    /// Whether somebody set `name`, rather than GAP itself.
    pub(super) fn is_explicit(&self, name: &str) -> bool {
        self.entry(name).is_some_and(|entry| entry.source.is_explicit())
    }

    /// Notes that the value of `name`, which nobody set, was taken from another setting.
    pub(super) fn follow(&mut self, name: &str, shown: &str, leader: &'static str) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.name == name) {
            kinds::bare(shown).clone_into(&mut entry.shown);
            entry.source = Source::Follows(leader);
        }
    }

    /// What was read for `name`.
    pub(super) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Whether what was set for `name` is wrong.
    pub(super) fn was_refused(&self, name: &str) -> bool {
        self.refused.contains(&name)
    }

    /// Complains of values of one setting that do not go together.
    pub(super) fn clash_within(&mut self, name: &'static str, said: String) {
        let Some(entry) = self.entry(name) else { return };
        let error = ConfigError {
            subject: format!("{} = {}", entry.name, entry.shown),
            source: Some(entry.source.clone()),
            said,
        };
        self.errors.push(error);
    }

    /// Complains that `small` is more than `large`. Says nothing when one of them was refused already.
    pub(super) fn clash_of_order(&mut self, small: &'static str, large: &'static str) {
        if self.was_refused(small) || self.was_refused(large) {
            return;
        }
        // Named first is the one that somebody set: it is the one to change.
        let blame_large = self.is_explicit(large) && !self.is_explicit(small);
        let (subject, relation, other) =
            if blame_large { (large, "must be at least", small) } else { (small, "must be at most", large) };
        let (Some(subject), Some(other)) = (self.entry(subject), self.entry(other)) else { return };
        self.errors.push(ConfigError {
            subject: format!("{} = {}", subject.name, subject.shown),
            source: Some(subject.source.clone()),
            said: format!("{relation} {} = {} ({})", other.name, other.shown, other.source),
        });
    }
}
