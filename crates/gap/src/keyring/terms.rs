//! What the operator and the table of models say of limits, told to the pool.
//!
//! The table speaks in patterns of names and the pool in names, so a model's limits are looked up when it has answered for
//! the first time: a name that does not exist never costs memory. The operator's own limits belong to projects, and a
//! project may come into being later, when Google names it.

use std::collections::HashSet;
use std::sync::Arc;

use gap_pool::{Defaults, KeyTerms, Limits, Policy, Pool, ProjectId, Tier};
use gap_protocol::models::{ModelTable, Quota};
use jiff::Timestamp;

use crate::config::LimitsByHand;
use crate::models::Models;

/// The share of most keys; others have theirs in hundredths of it.
pub const USUAL_WEIGHT: u32 = 100;

/// More names of models would not be Google's.
const MOST_MODELS: usize = 10_000;

/// How keys are used; from `pool` settings and the table of models.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// How the pool chooses.
    pub policy: Policy,
    /// Requests that may wait at a time.
    pub max_waiting: usize,
    /// Requests that one key may carry at a time; none: any number.
    pub concurrency: Option<u32>,
    /// Projects that pay, in the operator's words.
    pub paid_projects: Vec<String>,
    /// Limits that the operator knows.
    pub limits: Vec<LimitsByHand>,
    /// What models allow on each tier; none: nobody knows.
    pub models: Option<Models>,
}

/// What was told so far.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The table that was asked.
    table: Option<Arc<ModelTable>>,
    defaults: Defaults,
    models: HashSet<Box<str>>,
    projects: HashSet<ProjectId>,
}

// === impl Terms ===

impl Terms {
    /// What is said of a key, with what the settings say where it is silent.
    pub(super) fn complete(&self, terms: KeyTerms) -> KeyTerms {
        let paid = terms.project.as_ref().is_some_and(|project| self.paid_projects.contains(project));
        KeyTerms {
            tier: terms.tier.or(paid.then_some(Tier::Tier1)),
            concurrency: terms.concurrency.or(self.concurrency),
            ..terms
        }
    }

    /// Tells the pool the operator's limits for projects that it has not heard of them.
    pub(super) fn tell_limits(&self, pool: &mut Pool, told: &mut Told, now: Timestamp) {
        if self.limits.is_empty() {
            return;
        }
        let projects: HashSet<ProjectId> = pool.keys(now).into_iter().map(|key| key.project).collect();
        for project in projects.difference(&told.projects) {
            for LimitsByHand { model, limits } in &self.limits {
                pool.set_limits(*project, model.as_deref(), *limits, now);
            }
        }
        told.projects = projects;
    }

    /// Tells the pool what the table says of a model that has answered.
    pub(super) fn tell_defaults(&self, model: &str, pool: &mut Pool, told: &mut Told, now: Timestamp) {
        let Some(models) = &self.models else { return };
        if told.models.len() < MOST_MODELS && told.models.insert(model.into()) && told.add(model, &models.table()) {
            pool.set_defaults(told.defaults.clone(), now);
        }
    }

    /// Tells the pool what the table says by now, if somebody has changed it.
    pub(super) fn follow_table(&self, pool: &mut Pool, told: &mut Told, now: Timestamp) {
        let Some(table) = self.models.as_ref().map(Models::table) else { return };
        if told.table.replace(Arc::clone(&table)).is_some_and(|before| !Arc::ptr_eq(&before, &table)) {
            told.defaults = Defaults::default();
            for model in told.models.clone() {
                told.add(&model, &table);
            }
            pool.set_defaults(told.defaults.clone(), now);
        }
    }
}

impl Told {
    /// Whether the table was asked about a model.
    pub(super) fn knows(&self, model: &str) -> bool {
        self.models.contains(model)
    }

    /// Takes over what `table` says of a model; whether it says anything.
    fn add(&mut self, model: &str, table: &ModelTable) -> bool {
        let mut found = false;
        for (tier, quota) in &table.find(model).quotas {
            for tier in tiers(tier) {
                self.defaults.set(model, *tier, limits(*quota));
                found = true;
            }
        }
        found
    }
}

/// The tiers that a name in the table stands for.
fn tiers(name: &str) -> &'static [Tier] {
    match name {
        "free" => &[Tier::Free],
        "paid" => &[Tier::Tier1, Tier::Tier2, Tier::Tier3],
        "tier1" => &[Tier::Tier1],
        "tier2" => &[Tier::Tier2],
        "tier3" => &[Tier::Tier3],
        _ => &[],
    }
}

fn limits(quota: Quota) -> Limits {
    Limits {
        requests_per_minute: quota.rpm,
        tokens_per_minute: quota.tpm,
        requests_per_day: quota.rpd,
        tokens_per_day: quota.tpd,
    }
}
