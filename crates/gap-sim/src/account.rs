//! What caches and prompts have cost each project, by Google's list prices.
//!
//! An explicit cache costs its tokens as input when it is made, and rent for as long as it is there; tokens that are read
//! from it, or from the implicit cache, cost the price of cached input. With this a test can say what a plan of caching
//! was worth, and compare it with the best one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::models::Model;
use crate::store::{Cache, Store};

/// Dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Prices {
    input: f64,
    cached: f64,
    output: f64,
    /// For an hour.
    storage: f64,
}

/// What one project has used, and what that costs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Account {
    /// Explicit caches that were made.
    pub caches: u64,
    /// Tokens that were put into them.
    pub cached_tokens: u64,
    /// Tokens times the hours for which they were kept.
    pub token_hours: f64,
    /// Requests that were served from explicit caches.
    pub hits: u64,
    /// Tokens of prompts, with the cached ones.
    pub prompt_tokens: u64,
    /// Those of them that came from explicit caches.
    pub explicit_tokens: u64,
    /// Those of them that came from the implicit cache.
    pub implicit_tokens: u64,
    /// Tokens of answers, with thoughts.
    pub output_tokens: u64,
    /// What making and keeping explicit caches cost, in dollars.
    pub cache_dollars: f64,
    /// What prompts and answers cost, in dollars.
    pub request_dollars: f64,
}

/// The tokens of one answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) prompt: u64,
    pub(crate) explicit: u64,
    pub(crate) implicit: u64,
    pub(crate) output: u64,
}

/// The accounts, by project.
#[derive(Debug, Default)]
pub(crate) struct Accounts(BTreeMap<u64, Account>);

// === impl Prices ===

impl Prices {
    pub(crate) fn of(model: &Model) -> Self {
        let id = model.id();
        if id.contains("flash-lite") {
            Self { input: 0.10, cached: 0.01, output: 0.40, storage: 1.00 }
        } else if id.contains("pro") {
            Self { input: 1.25, cached: 0.125, output: 10.0, storage: 4.50 }
        } else {
            Self { input: 0.30, cached: 0.03, output: 2.50, storage: 1.00 }
        }
    }
}

/// The fewest tokens of an explicit cache (wire 129).
pub(crate) fn least_tokens(model: &Model) -> u64 {
    if model.id().contains("pro") { 4_096 } else { 1_024 }
}

// === impl Accounts ===

impl Accounts {
    pub(crate) fn answered(&mut self, project: u64, model: &Model, spent: Spent) {
        let prices = Prices::of(model);
        let account = self.0.entry(project).or_default();
        let Spent { prompt, explicit, implicit, output } = spent;
        let cheap = (explicit + implicit).min(prompt);
        account.hits += u64::from(explicit > 0);
        account.prompt_tokens += prompt;
        account.explicit_tokens += explicit;
        account.implicit_tokens += implicit;
        account.output_tokens += output;
        account.request_dollars +=
            dollars(prompt - cheap, prices.input) + dollars(cheap, prices.cached) + dollars(output, prices.output);
    }

    pub(crate) fn made(&mut self, cache: &Cache) {
        let account = self.0.entry(cache.project).or_default();
        account.caches += 1;
        account.cached_tokens += cache.tokens;
        account.cache_dollars += dollars(cache.tokens, Prices::of(cache.model).input);
    }

    /// Takes in the caches that are over.
    pub(crate) fn bill(&mut self, store: &mut Store) {
        for cache in store.over.drain(..) {
            self.gone(&cache, cache.expires);
        }
    }

    /// A cache is gone.
    pub(crate) fn gone(&mut self, cache: &Cache, at: Timestamp) {
        let account = self.0.entry(cache.project).or_default();
        account.keep(cache, at);
    }

    /// All accounts, as if the caches that are there ended now.
    pub(crate) fn all<'c>(&self, there: impl Iterator<Item = &'c Cache>, now: Timestamp) -> BTreeMap<u64, Account> {
        let mut accounts = self.0.clone();
        for cache in there {
            accounts.entry(cache.project).or_default().keep(cache, now);
        }
        accounts
    }
}

// === impl Account ===

impl Account {
    /// All that the project pays, in dollars.
    pub fn dollars(&self) -> f64 {
        self.cache_dollars + self.request_dollars
    }

    /// Two projects in one.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            caches: self.caches + other.caches,
            cached_tokens: self.cached_tokens + other.cached_tokens,
            token_hours: self.token_hours + other.token_hours,
            hits: self.hits + other.hits,
            prompt_tokens: self.prompt_tokens + other.prompt_tokens,
            explicit_tokens: self.explicit_tokens + other.explicit_tokens,
            implicit_tokens: self.implicit_tokens + other.implicit_tokens,
            output_tokens: self.output_tokens + other.output_tokens,
            cache_dollars: self.cache_dollars + other.cache_dollars,
            request_dollars: self.request_dollars + other.request_dollars,
        }
    }

    fn keep(&mut self, cache: &Cache, until: Timestamp) {
        let hours = until.duration_since(cache.created).as_secs_f64().max(0.0) / 3_600.0;
        self.token_hours += cache.tokens as f64 * hours;
        self.cache_dollars += dollars(cache.tokens, Prices::of(cache.model).storage) * hours;
    }
}

fn dollars(tokens: u64, per_million: f64) -> f64 {
    tokens as f64 * per_million / 1e6
}
