//! Settings whose feature is not built yet. They are read and checked like all others, and named at start when somebody
//! set them to something that would have an effect: nothing is ignored in silence. A line goes when its feature comes.

use super::Loaded;
use super::catalog::Catalog;
use super::notice::Notice;
use super::settings::Settings;

struct Missing {
    setting: &'static str,
    feature: &'static str,
    /// Whether the value, which somebody set, asks for the feature.
    asked: fn(&Settings) -> bool,
}

const ALWAYS: fn(&Settings) -> bool = |_| true;

const MISSING: &[Missing] =
    &[Missing { setting: "store.redis_url", feature: "sharing between instances", asked: ALWAYS }];

/// What somebody asked for and does not get yet. [`Loaded::warnings`] holds these already.
pub fn not_yet(loaded: &Loaded) -> Vec<Notice> {
    let catalog = Catalog::new();
    let asked = MISSING.iter().filter(|missing| (missing.asked)(&loaded.settings));
    let found = asked.filter_map(|missing| {
        let entry = loaded.entry(missing.setting).filter(|entry| entry.source.is_explicit())?;
        // The name under which people know it.
        let usual = catalog.find(missing.setting).and_then(|item| item.short_names.first().copied());
        let (name, source) = (usual.unwrap_or(missing.setting).to_owned(), entry.source.clone());
        Some(Notice::NotYet { name, source, feature: missing.feature })
    });
    found.collect()
}

/// The settings in question.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MISSING.iter().map(|missing| missing.setting)
}
