//! Lists of keys, filtered, sorted and cut: of a hundred thousand only a page is copied.

use gap_pool::{Glance, KeyId, Standing, Tier};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::book::Book;
use super::{Entry, Roster};

/// Which keys are asked for; what is left open fits all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Whether it can be used.
    pub standing: Option<Standing>,
    /// Of this project, or (`Some(None)`) of none.
    pub project: Option<Option<Uuid>>,
    /// Of projects of this tier, or (`Some(None)`) of unknown tier.
    pub tier: Option<Option<Tier>>,
    /// Part of the label, of the project's label, or of the key as it is shown.
    pub text: Option<String>,
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The order in which they were entered.
    #[default]
    Created,
    /// The label.
    Label,
    /// The project's label; keys without one come last.
    Project,
    /// Whether it can be used: those that can come first.
    State,
    /// When it was last used; those never used come first.
    LastUsed,
    /// How many requests it was used for.
    Requests,
}

/// Which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The least first.
    #[default]
    Asc,
    /// The most first.
    Desc,
}

// === impl Roster ===

impl Roster {
    /// A page of the keys that pass the filter, and how many pass.
    pub fn page(&self, filter: &Filter, sort: Sort, order: Order, skip: usize, take: usize) -> (Vec<Entry>, usize) {
        let book = self.book();
        if filter.is_open() && sort == Sort::Created {
            let all = book.keys.values();
            let page = match order {
                Order::Asc => all.skip(skip).take(take).cloned().collect(),
                Order::Desc => all.rev().skip(skip).take(take).cloned().collect(),
            };
            return (page, book.keys.len());
        }
        let keys = self.pass(&book, filter, sort, order);
        let page = keys.iter().skip(skip).take(take).filter_map(|key| book.keys.get(key)).cloned().collect();
        (page, keys.len())
    }

    /// The identifiers of all keys that pass the filter.
    pub fn matching(&self, filter: &Filter) -> Vec<Uuid> {
        let book = self.book();
        let keys = self.pass(&book, filter, Sort::Created, Order::Asc);
        keys.iter().filter_map(|key| book.keys.get(key)).map(|entry| entry.id).collect()
    }

    fn pass(&self, book: &Book, filter: &Filter, sort: Sort, order: Order) -> Vec<KeyId> {
        let text = filter.text.as_ref().map(|text| text.to_lowercase());
        let fits = |entry: &&Entry| {
            filter.project.is_none_or(|project| entry.details.project == project)
                && text.as_ref().is_none_or(|text| mentions(book, entry, text))
        };
        let mut keys: Vec<KeyId> = book.keys.values().filter(fits).map(|entry| entry.key).collect();
        let by_pool = matches!(sort, Sort::State | Sort::LastUsed | Sort::Requests);
        if by_pool || filter.standing.is_some() || filter.tier.is_some() {
            let glances = self.0.keyring.glances(&keys);
            let mut found: Vec<(KeyId, Glance)> = keys
                .into_iter()
                .zip(glances)
                .filter_map(|(key, glance)| Some((key, glance?)))
                .filter(|(_, glance)| filter.standing.is_none_or(|standing| glance.standing == standing))
                .filter(|(_, glance)| filter.tier.is_none_or(|tier| glance.tier == tier))
                .collect();
            match sort {
                Sort::State => found.sort_by_key(|(key, glance)| (glance.standing, *key)),
                Sort::LastUsed => found.sort_by_key(|(key, glance)| (glance.last_used, *key)),
                Sort::Requests => found.sort_by_key(|(key, glance)| (glance.leases, *key)),
                Sort::Created | Sort::Label | Sort::Project => {}
            }
            keys = found.into_iter().map(|(key, _)| key).collect();
        }
        let label = |key: &KeyId| book.keys.get(key).map(|entry| entry.details.label.as_str());
        let project = |key: &KeyId| {
            let id = book.keys.get(key).and_then(|entry| entry.details.project);
            id.and_then(|id| book.projects.get(&id)).map(|project| project.details.label.as_str())
        };
        match sort {
            Sort::Label => keys.sort_by_cached_key(|key| (label(key), *key)),
            Sort::Project => keys.sort_by_cached_key(|key| (project(key).is_none(), project(key), *key)),
            Sort::Created | Sort::State | Sort::LastUsed | Sort::Requests => {}
        }
        if order == Order::Desc {
            keys.reverse();
        }
        keys
    }
}

impl Filter {
    fn is_open(&self) -> bool {
        self.standing.is_none() && self.project.is_none() && self.tier.is_none() && self.text.is_none()
    }
}

fn mentions(book: &Book, entry: &Entry, text: &str) -> bool {
    let project = entry.details.project.and_then(|id| book.projects.get(&id));
    entry.details.label.to_lowercase().contains(text)
        || entry.masked.to_lowercase().contains(text)
        || project.is_some_and(|project| project.details.label.to_lowercase().contains(text))
}
