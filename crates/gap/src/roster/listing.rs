//! Lists of keys, filtered, sorted and cut: of a hundred thousand only a page is copied.
//!
//! What people say of keys changes seldom, so the orders by label and by project are kept until it does ([`Views`]). What
//! the pool knows changes with every request: there nothing is kept, but only the page is put in order, and of the rest
//! no more is found out than that it comes later.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// With this tag.
    pub tag: Option<String>,
    /// Part of the label, of the project's label, of a tag, or of the key as it is shown.
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

/// Which part of a list is shown.
#[derive(Clone, Copy, Debug)]
struct Cut {
    order: Order,
    skip: usize,
    take: usize,
}

/// Orders that last until somebody changes the book.
#[derive(Debug, Default)]
pub(super) struct Views {
    by_label: Mutex<View>,
    by_project: Mutex<View>,
}

/// One order, and which edition of the book it is of.
#[derive(Debug, Default)]
struct View {
    edition: Option<u64>,
    keys: Arc<[KeyId]>,
}

// === impl Roster ===

impl Roster {
    /// A page of the keys that pass the filter, and how many pass.
    pub fn page(&self, filter: &Filter, sort: Sort, order: Order, skip: usize, take: usize) -> (Vec<Entry>, usize) {
        let book = self.book();
        let cut = Cut { order, skip, take };
        let (keys, total) = match sort {
            Sort::Created if filter.is_open() => (cut.of(book.keys.keys().copied()), book.keys.len()),
            Sort::Label if filter.is_open() => cut.of_all(&self.0.views.by_label(&book)),
            Sort::Project if filter.is_open() => cut.of_all(&self.0.views.by_project(&book)),
            Sort::Created => cut.of_all(&self.fitting(&book, filter, book.keys.keys())),
            Sort::Label => cut.of_all(&self.fitting(&book, filter, self.0.views.by_label(&book).iter())),
            Sort::Project => cut.of_all(&self.fitting(&book, filter, self.0.views.by_project(&book).iter())),
            Sort::State => cut.of_looks(&self.looks(&book, filter), |glance| glance.standing),
            Sort::LastUsed => cut.of_looks(&self.looks(&book, filter), |glance| glance.last_used),
            Sort::Requests => cut.of_looks(&self.looks(&book, filter), |glance| glance.leases),
        };
        let page = keys.iter().filter_map(|key| book.keys.get(key)).cloned().collect();
        (page, total)
    }

    /// The identifiers of all keys that pass the filter.
    pub fn matching(&self, filter: &Filter) -> Vec<Uuid> {
        let book = self.book();
        let keys = self.fitting(&book, filter, book.keys.keys());
        keys.iter().filter_map(|key| book.keys.get(key)).map(|entry| entry.id).collect()
    }

    /// Every tag with the number of its keys, by name.
    pub fn tags(&self) -> Vec<(String, usize)> {
        let book = self.book();
        let mut tags: BTreeMap<&str, usize> = BTreeMap::new();
        for tag in book.keys.values().flat_map(|entry| &entry.details.tags) {
            *tags.entry(tag).or_default() += 1;
        }
        tags.into_iter().map(|(tag, keys)| (tag.to_owned(), keys)).collect()
    }

    /// Those of `keys` that pass the filter.
    fn fitting<'a>(&self, book: &Book, filter: &Filter, keys: impl Iterator<Item = &'a KeyId>) -> Vec<KeyId> {
        let fits = filter.of_book(book);
        let keys: Vec<KeyId> = keys.filter(|key| book.keys.get(key).is_some_and(&fits)).copied().collect();
        if !filter.asks_the_pool() {
            return keys;
        }
        let glances = self.0.keyring.glances(&keys);
        let passes = |glance: Option<Glance>| glance.is_some_and(|glance| filter.of_pool(&glance));
        keys.into_iter().zip(glances).filter(|(_, glance)| passes(*glance)).map(|(key, _)| key).collect()
    }

    /// The keys that pass the filter, with what the pool says of each.
    fn looks(&self, book: &Book, filter: &Filter) -> Vec<(Glance, KeyId)> {
        let fits = filter.of_book(book);
        let keys: Vec<KeyId> = if filter.is_open() {
            book.keys.keys().copied().collect()
        } else {
            book.keys.values().filter(|entry| fits(entry)).map(|entry| entry.key).collect()
        };
        let glances = self.0.keyring.glances(&keys);
        let looks = glances.into_iter().zip(keys).filter_map(|(glance, key)| Some((glance?, key)));
        looks.filter(|(glance, _)| filter.of_pool(glance)).collect()
    }
}

// === impl Filter ===

impl Filter {
    fn is_open(&self) -> bool {
        let Self { standing, project, tier, tag, text } = self;
        standing.is_none() && project.is_none() && tier.is_none() && tag.is_none() && text.is_none()
    }

    fn asks_the_pool(&self) -> bool {
        self.standing.is_some() || self.tier.is_some()
    }

    fn of_pool(&self, glance: &Glance) -> bool {
        self.standing.is_none_or(|standing| glance.standing == standing)
            && self.tier.is_none_or(|tier| glance.tier == tier)
    }

    /// Whether what people say of a key passes.
    fn of_book(&self, book: &Book) -> impl Fn(&Entry) -> bool {
        let text = self.text.as_ref().map(|text| text.to_lowercase());
        move |entry| {
            self.project.is_none_or(|project| entry.details.project == project)
                && self.tag.as_ref().is_none_or(|tag| entry.details.tags.contains(tag))
                && text.as_ref().is_none_or(|text| mentions(book, entry, text))
        }
    }
}

// === impl Views ===

impl Views {
    fn by_label(&self, book: &Book) -> Arc<[KeyId]> {
        View::of(&self.by_label, book, |entry| entry.details.label.as_str())
    }

    /// Keys without a project come last.
    fn by_project(&self, book: &Book) -> Arc<[KeyId]> {
        View::of(&self.by_project, book, |entry| {
            let project = entry.details.project.and_then(|id| book.projects.get(&id));
            (project.is_none(), project.map(|project| project.details.label.as_str()))
        })
    }
}

impl View {
    fn of<'a, T: Ord>(view: &Mutex<Self>, book: &'a Book, value: impl Fn(&'a Entry) -> T) -> Arc<[KeyId]> {
        let mut view = view.lock().unwrap_or_else(PoisonError::into_inner);
        if view.edition != Some(book.edition) {
            let mut keys: Vec<(T, KeyId)> = book.keys.values().map(|entry| (value(entry), entry.key)).collect();
            keys.sort_unstable();
            *view = Self { edition: Some(book.edition), keys: keys.into_iter().map(|(_, key)| key).collect() };
        }
        Arc::clone(&view.keys)
    }
}

// === impl Cut ===

impl Cut {
    /// Of keys in order.
    fn of(self, keys: impl DoubleEndedIterator<Item = KeyId>) -> Vec<KeyId> {
        match self.order {
            Order::Asc => keys.skip(self.skip).take(self.take).collect(),
            Order::Desc => keys.rev().skip(self.skip).take(self.take).collect(),
        }
    }

    fn of_all(self, keys: &[KeyId]) -> (Vec<KeyId>, usize) {
        (self.of(keys.iter().copied()), keys.len())
    }

    /// Of keys in no order, by a value of each, and among equals by their own.
    fn of_looks<T: Ord>(self, looks: &[(Glance, KeyId)], value: impl Fn(&Glance) -> T) -> (Vec<KeyId>, usize) {
        let mut keys: Vec<(T, KeyId)> = looks.iter().map(|(glance, key)| (value(glance), *key)).collect();
        let total = keys.len();
        let compare = |one: &(T, KeyId), other: &(T, KeyId)| match self.order {
            Order::Asc => one.cmp(other),
            Order::Desc => other.cmp(one),
        };
        let end = self.skip.saturating_add(self.take);
        if end < total {
            keys.select_nth_unstable_by(end, compare);
            keys.truncate(end);
        }
        keys.sort_unstable_by(compare);
        (keys.into_iter().skip(self.skip).map(|(_, key)| key).collect(), total)
    }
}

/// Whether a key is meant by `text`, which is in small letters.
fn mentions(book: &Book, entry: &Entry, text: &str) -> bool {
    let details = &entry.details;
    let project = details.project.and_then(|id| book.projects.get(&id));
    has(&details.label, text)
        || has(&entry.masked, text)
        || details.tags.iter().any(|tag| has(tag, text))
        || project.is_some_and(|project| has(&project.details.label, text))
}

/// Most names are ASCII, and need no copy in small letters.
fn has(name: &str, text: &str) -> bool {
    if name.is_ascii() {
        text.is_empty() || name.as_bytes().windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()))
    } else {
        name.to_lowercase().contains(text)
    }
}
