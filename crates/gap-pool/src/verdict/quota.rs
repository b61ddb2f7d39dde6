//! Which quota is it? (wire 2–11)
//!
//! One 429 may name several quotas. The one that lasts longest decides, because coming back earlier would be refused
//! by it: not on this tier > day > minute > unnamed > a feature's.

use std::time::Duration;

use jiff::Timestamp;

use super::body::{ErrorBody, Shape, contains};
use super::fault::{Cause, Fault, Rest, Violation};
use super::{Answer, delay, money};
use crate::limits::{Quota, Tier};
use crate::pacific::{next_midnight, until};

/// A delay this long means the day, not the minute: those for minutes are below one, those given along with a day's
/// quota are either below one as well or hours.
const LONG: Duration = Duration::from_mins(10);

/// Parts of the names of quotas that belong to a feature, not to asking the model.
const FEATURES: &[&str] = &[
    "storage",
    "cachedcontent",
    "cached_content",
    "enqueued",
    "batchmode",
    "batch_mode",
    "grounding",
    "googlesearch",
    "google_search",
    "filesearch",
    "file_search",
    "urlcontext",
    "url_context",
    "googlemaps",
    "google_maps",
];

/// How long a quota takes to refill. Ordered: the longest decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Window {
    Feature,
    Unnamed,
    Minute,
    Day,
    Never,
}

/// Judges a 429.
pub(super) fn judge(body: &ErrorBody, answer: &Answer<'_>, now: Timestamp) -> Fault {
    if body.shape == Shape::Html {
        // "We're sorry… unusual traffic": Google's front door, which knows addresses, not keys.
        return body.fault(Cause::EgressBlocked);
    }
    if let Some(fault) = money(body) {
        return fault;
    }
    let limits = limits_in_message(&body.message);
    let mut violations = body.violations.clone();
    for violation in &mut violations {
        let told = limits.iter().find(|(metric, _)| *metric == violation.metric);
        violation.limit = violation.limit.or(told.map(|(_, limit)| *limit));
    }
    if violations.is_empty() {
        // Answers cut short and gateways keep the message alone.
        violations.extend(limits.iter().map(|&(metric, limit)| Violation {
            metric: metric.to_owned(),
            limit: Some(limit),
            ..Violation::default()
        }));
    }
    let longest = violations.iter().rev().max_by_key(|violation| Window::of(violation));
    let delay = delay::in_message(&body.message).or(body.retry_delay);
    let mut fault = match longest {
        Some(violation) => named(body, violation, delay, now),
        None => unnamed(body, delay.or_else(|| delay::header(answer.retry_after, now))),
    };
    fault.violations = violations;
    fault
}

fn named(body: &ErrorBody, violation: &Violation, delay: Option<Duration>, now: Timestamp) -> Fault {
    let tokens = contains(&violation.quota_id, "token") || contains(&violation.metric, "token");
    let minutes = delay.filter(|delay| *delay < LONG);
    let mut fault = body.fault(match (Window::of(violation), tokens) {
        (Window::Never, _) => Cause::NotOnTier,
        (Window::Day, false) => Cause::RequestsPerDay,
        (Window::Day, true) => Cause::TokensPerDay,
        (Window::Minute, false) => Cause::RequestsPerMinute,
        (Window::Minute, true) => Cause::TokensPerMinute,
        (Window::Unnamed, _) => return unnamed(body, delay),
        (Window::Feature, _) => Cause::FeatureQuota,
    });
    match fault.rest {
        Rest::Midnight { .. } => {
            let midnight = until(next_midnight(now), now);
            let hint = delay.filter(|delay| *delay >= LONG);
            fault.rest = Rest::Midnight { hint };
            fault.retry_delay = Some(hint.map_or(midnight, |hint| hint.min(midnight)));
        }
        Rest::NextMinute => {
            // A minute's quota refills within the minute, whatever a delay of hours says.
            fault.rest = minutes.map_or(Rest::NextMinute, Rest::For);
            fault.retry_delay = minutes.or_else(|| Some(until_next_minute(now)));
        }
        Rest::None | Rest::For(_) | Rest::Escalating | Rest::OffTier | Rest::Disabled | Rest::LastResort(_) => {}
    }
    fault
}

fn unnamed(body: &ErrorBody, delay: Option<Duration>) -> Fault {
    // "TotalCachedContentStorageTokensPerModelFreeTier limit exceeded for model …: limit=0, requested=32893".
    // The first word only: further on, the name of a model may look like a feature's.
    if body.message.split_whitespace().next().is_some_and(is_feature) {
        return body.fault(Cause::FeatureQuota);
    }
    let Some(delay) = delay.filter(|delay| !delay.is_zero()) else { return body.fault(Cause::Unexplained) };
    let mut fault = body.fault(Cause::QuotaExhausted);
    fault.rest = Rest::For(delay);
    fault.retry_delay = Some(delay);
    fault
}

// === impl Violation ===

impl Violation {
    /// Which of the four quotas of a bucket it is; none for those of features and for those without a name.
    pub fn quota(&self) -> Option<Quota> {
        let day = contains(&self.quota_id, "PerDay") || contains(&self.metric, "per_day");
        let counted = match Window::of(self) {
            Window::Feature | Window::Unnamed => return None,
            Window::Minute | Window::Day | Window::Never => contains(&self.quota_id, "token"),
        };
        Some(match (counted || contains(&self.metric, "token"), day) {
            (false, false) => Quota::RequestsPerMinute,
            (true, false) => Quota::TokensPerMinute,
            (false, true) => Quota::RequestsPerDay,
            (true, true) => Quota::TokensPerDay,
        })
    }

    /// What the project pays, as far as the names tell; paid is taken for the first paid tier.
    pub fn tier(&self) -> Option<Tier> {
        let says = |camel: &str, snake: &str| contains(&self.quota_id, camel) || contains(&self.metric, snake);
        if says("FreeTier", "free_tier") {
            Some(Tier::Free)
        } else {
            says("PaidTier", "paid_tier").then_some(Tier::Tier1)
        }
    }
}

// === impl Window ===

impl Window {
    fn of(violation: &Violation) -> Self {
        let (id, metric) = (&violation.quota_id, &violation.metric);
        if is_feature(id) || is_feature(metric) {
            return Self::Feature;
        }
        let window = if contains(id, "PerDay") || contains(metric, "per_day") {
            Self::Day
        } else if contains(id, "PerMinute") || contains(metric, "per_minute") {
            Self::Minute
        } else if id.is_empty() {
            Self::Unnamed
        } else {
            return Self::Feature;
        };
        if violation.limit == Some(0) { Self::Never } else { window }
    }
}

fn is_feature(name: &str) -> bool {
    FEATURES.iter().any(|feature| contains(name, feature))
}

/// The lines `* Quota exceeded for metric: M, limit: N, model: X`.
fn limits_in_message(message: &str) -> Vec<(&str, u64)> {
    const MARK: &str = "Quota exceeded for metric: ";
    let lines = message.split(MARK).skip(1);
    let limit = |line: &'_ str| {
        let (_, behind) = line.split_once("limit: ")?;
        let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        behind[..end].parse().ok()
    };
    lines.filter_map(|line| Some((line.split(',').next()?.trim(), limit(line.lines().next()?)?))).collect()
}

fn until_next_minute(now: Timestamp) -> Duration {
    Duration::from_secs(60 - now.as_second().rem_euclid(60).unsigned_abs())
}
