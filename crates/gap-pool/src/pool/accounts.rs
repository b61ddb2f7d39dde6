//! The account of one bucket: what is used, of what, and why it is out of play.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::Pool;
use super::view::{BucketView, QuotaView};
use crate::ids::ProjectId;
use crate::limits::Limits;
use crate::quota::millis;

/// Everything that is known of one bucket.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BucketAccount {
    /// The model; empty for calls outside any model.
    pub model: String,
    /// Why it is out of play, and until when; none: it is in play.
    pub out: Option<BucketView>,
    /// Its four quotas.
    pub quotas: Vec<QuotaView>,
    /// How well it answered lately, from 0 to 1.
    pub health: f32,
    /// How long its first events took on the average; none: nobody measured.
    pub latency_ms: Option<u64>,
}

impl Pool {
    /// The buckets of a project of which anything is known, in the order of their models: at most `at_most`, beginning
    /// behind the model `after`.
    pub fn accounts(
        &self,
        project: ProjectId,
        after: Option<&str>,
        at_most: usize,
        now: Timestamp,
    ) -> Vec<BucketAccount> {
        let id = self.present(project);
        let known = self.models.iter().filter(|(_, model)| model.buckets.contains_key(&id));
        let mut names: Vec<&str> = known.map(|(name, _)| &**name).collect();
        names.sort_unstable();
        let page = names.into_iter().filter(|name| after.is_none_or(|after| *name > after)).take(at_most);
        page.filter_map(|name| self.account(id, name, now)).collect()
    }

    /// The limits that the operator has set for a project: each with its model, or without for all others.
    pub fn limits_by_hand(&self, project: ProjectId) -> Vec<(Option<String>, Limits)> {
        let id = self.present(project);
        let for_all =
            self.projects.get(&id).and_then(|project| project.limits.as_deref()).map(|limits| (None, *limits));
        let of_models = self.models.iter().filter_map(|(name, model)| {
            let limits = model.buckets.get(&id)?.learning.as_ref()?.by_hand;
            (limits != Limits::default()).then(|| (Some(name.to_string()), limits))
        });
        let mut limits: Vec<_> = for_all.into_iter().chain(of_models).collect();
        limits.sort_by(|a, b| a.0.cmp(&b.0));
        limits
    }

    fn account(&self, id: ProjectId, name: &str, now: Timestamp) -> Option<BucketAccount> {
        let model = self.models.get(name)?;
        let bucket = model.buckets.get(&id)?;
        let latency = Duration::try_from_secs_f32(bucket.health.latency() / 1000.0).unwrap_or_default();
        Some(BucketAccount {
            model: name.to_owned(),
            out: self.bucket_out(name, bucket, now),
            quotas: self.quotas(id, name, now),
            health: bucket.health.score(model.health.latency(), millis(now)),
            latency_ms: u64::try_from(latency.as_millis()).ok().filter(|latency| *latency > 0),
        })
    }
}
