//! Settle: what really happened takes the place of what was booked.

use jiff::Timestamp;

use super::lease::{Answered, Lease, Looks, Outcome};
use super::{Pool, Resting, Standing};
use crate::ids::ProjectId;
use crate::quota::{Charged, millis};
use crate::verdict::{Cause, Fault};

impl Pool {
    /// Tells how a leased request ended.
    #[expect(clippy::needless_pass_by_value, reason = "a lease is settled once: whoever settles it has it no more")]
    pub fn settle(&mut self, lease: Lease, outcome: &Outcome, now: Timestamp) {
        self.arrive(now);
        self.open = self.open.saturating_sub(1);
        let name: Box<str> = self.counted_as(&lease.bucket).into();
        // Keys may have moved to another project in the meantime.
        let key = self.keys.get_mut(&lease.key);
        let project = key.map_or(lease.project, |key| {
            let counters = &mut key.counters;
            counters.open = counters.open.saturating_sub(1);
            match outcome {
                Outcome::Success(answered) => {
                    counters.successes += 1;
                    counters.empty += u64::from(answered.empty);
                }
                Outcome::Fault(_) => counters.faults += 1,
                Outcome::Abandoned => counters.abandoned += 1,
            }
            key.project
        });
        self.put_down(&lease, project, now);
        match outcome {
            Outcome::Success(answered) => self.answered(&lease, &name, project, *answered, now),
            Outcome::Fault(fault) => {
                self.end_looks(&lease, &name, project, now);
                self.failed(&lease, &name, project, fault, now);
            }
            Outcome::Abandoned => self.end_looks(&lease, &name, project, now),
        }
        self.touch_bucket(&name, project);
        if self.keys.get(&lease.key).is_some_and(|key| !key.strikes.is_clean() || key.saved_news) {
            self.touch_key(lease.key);
        }
        self.see_off(&name, project, now);
    }

    /// Tells that an answer has begun, long before it ends: those who wait for what it finds out need not wait longer.
    pub fn answer_began(&mut self, lease: &mut Lease, now: Timestamp) {
        if lease.looks == Looks::default() {
            return;
        }
        self.arrive(now);
        let name: Box<str> = self.counted_as(&lease.bucket).into();
        let project = self.keys.get(&lease.key).map_or(lease.project, |key| key.project);
        self.looks_good(lease, &name, project, now);
        lease.looks = Looks::default();
    }

    /// One request less is under way with a key.
    fn put_down(&mut self, lease: &Lease, project: ProjectId, now: Timestamp) {
        let Some(member) = self.projects.get_mut(&project).and_then(|project| project.member(lease.key)) else {
            return;
        };
        let was_full = member.open >= member.concurrency;
        member.open = member.open.saturating_sub(1);
        if was_full {
            self.refresh_key(lease.key, now);
        }
    }

    fn answered(&mut self, lease: &Lease, name: &str, project: ProjectId, answered: Answered, now: Timestamp) {
        let at = millis(now);
        self.storms.answered(lease.turn);
        if self.egress.is_open() {
            self.egress.answered(lease.turn);
        }
        if let Some(key) = self.keys.get_mut(&lease.key)
            && key.strikes.count > 0
        {
            key.strikes.ease(lease);
        }
        self.know(name);
        if let Some(model) = self.models.get_mut(name) {
            model.breaker.answered(lease.turn);
            model.health.answered(answered.latency, at);
        }
        self.correct(lease, name, project, answered.input_tokens, now);
        self.looks_good(lease, name, project, now);
        let Some(bucket) = self.models.get_mut(name).and_then(|model| model.buckets.get_mut(&project)) else { return };
        bucket.strikes.ease(lease);
        bucket.health.answered(answered.latency, at);
        if let Some(booking) = &lease.booking {
            bucket.proven = [bucket.proven[0].max(booking.seen[0]), bucket.proven[1].max(booking.seen[2])];
        }
        if matches!(bucket.standing, Standing::LastResort(_)) {
            bucket.standing = Standing::InPlay;
            self.refresh_bucket(name, project, now);
        }
        self.learn_from_answer(lease, name, project, now);
    }

    fn failed(&mut self, lease: &Lease, name: &str, project: ProjectId, fault: &Fault, now: Timestamp) {
        let charged = charged(fault.cause);
        if let Some(booking) = lease.booking.filter(|_| !(charged.minute && charged.day))
            && let Some(bucket) = self.models.get_mut(name).and_then(|model| model.buckets.get_mut(&project))
        {
            bucket.usage.take_back(booking.at, booking.tokens, booking.day_ends, charged);
            self.refresh_bucket(name, project, now);
        }
        let (project, name) = self.learn_from_fault(lease, name, project, fault, now);
        self.blame(lease, &name, project, fault, now);
    }

    /// Puts what Google counted in the place of the estimate.
    fn correct(&mut self, lease: &Lease, name: &str, project: ProjectId, tokens: Option<u64>, now: Timestamp) {
        let day_ends = self.day_ends(now);
        let rule = self.rule;
        let truth = tokens;
        let tokens = tokens.unwrap_or(lease.estimate);
        let Some(booking) = lease.booking else {
            // The first answer of a model: from now on it is counted, beginning with this.
            let at = millis(now);
            if let Some(bucket) = self.bucket(name, project) {
                bucket.usage.book(tokens, at, day_ends, rule);
            }
            return self.refresh_bucket(name, project, now);
        };
        let Some(model) = self.models.get_mut(name) else { return };
        if let Some(truth) = truth {
            model.margin.learn(lease.estimate, truth);
        }
        let Some(bucket) = model.buckets.get_mut(&project) else { return };
        if tokens != booking.tokens {
            bucket.usage.correct(booking.at, booking.tokens, tokens, booking.day_ends);
            let limited = bucket.caps[1] != crate::quota::UNLIMITED || bucket.caps[3] != crate::quota::UNLIMITED;
            if limited {
                self.refresh_bucket(name, project, now);
            }
        }
    }

    /// A lease has found out that all is well: whoever rested because nobody knew is back.
    fn looks_good(&mut self, lease: &Lease, name: &str, project: ProjectId, now: Timestamp) {
        self.finish_looks(lease, name, project, now, |_| None);
        if lease.looks.pause {
            self.egress.answered(lease.turn);
            if let Some(model) = self.models.get_mut(name) {
                model.breaker.answered(lease.turn);
            }
        }
    }

    /// A lease ends without news. What is waiting for its news lets the next one look.
    fn end_looks(&mut self, lease: &Lease, name: &str, project: ProjectId, now: Timestamp) {
        self.finish_looks(lease, name, project, now, |rest| Some(Resting { until: now, ..rest }));
        if lease.looks.pause {
            self.egress.look_ended(millis(now));
            if let Some(model) = self.models.get_mut(name) {
                model.breaker.look_ended(millis(now));
            }
        }
    }

    /// Replaces the rests that a lease looks behind; not those that have been replaced by others in the meantime.
    fn finish_looks(
        &mut self,
        lease: &Lease,
        name: &str,
        project: ProjectId,
        now: Timestamp,
        replaced: impl Fn(Resting) -> Option<Resting>,
    ) {
        let Looks { key: of_key, project: of_project, bucket: of_bucket, .. } = lease.looks;
        let is = |rest: Resting, until: Option<Timestamp>| Some(rest.until) == until;
        if let Some(key) = self.keys.get_mut(&lease.key)
            && let Some(rest) = key.rest.filter(|rest| is(*rest, of_key))
        {
            key.rest = replaced(rest);
            self.refresh_key(lease.key, now);
            self.refresh_everywhere(project, now);
        }
        if let Some(found) = self.projects.get_mut(&project)
            && let Some(rest) = found.rest.filter(|rest| is(*rest, of_project))
        {
            found.rest = replaced(rest);
            self.refresh(project, now);
            // Lanes of other models may not have noticed yet that the rest was over; it is not to come back with the clock.
            self.refresh_everywhere(project, now);
        }
        if let Some(bucket) = self.models.get_mut(name).and_then(|model| model.buckets.get_mut(&project))
            && let Standing::Resting(rest) = bucket.standing
            && is(rest, of_bucket)
        {
            bucket.standing = replaced(rest).map_or(Standing::InPlay, Standing::Resting);
            self.refresh_bucket(name, project, now);
        }
    }
}

/// What Google counts a refused request against (wire 19). What it was never asked, or refused for who asked, it does not
/// count.
fn charged(cause: Cause) -> Charged {
    match cause {
        Cause::InvalidRequest
        | Cause::InputTooLong
        | Cause::NotFound
        | Cause::ResourceForbidden
        | Cause::OauthRequired => Charged { minute: true, day: false },
        Cause::InternalError
        | Cause::BadGateway
        | Cause::Unavailable
        | Cause::DeadlineExceeded
        | Cause::Cancelled
        | Cause::ConnectionReset
        | Cause::TimedOut
        | Cause::Overloaded => Charged { minute: true, day: true },
        Cause::RequestsPerMinute
        | Cause::TokensPerMinute
        | Cause::RequestsPerDay
        | Cause::TokensPerDay
        | Cause::QuotaExhausted
        | Cause::Unexplained
        | Cause::FeatureQuota
        | Cause::NotOnTier
        | Cause::ModelNotFound
        | Cause::KeyInvalid
        | Cause::KeyExpired
        | Cause::KeySuspended
        | Cause::KeyLeaked
        | Cause::KeyRestricted
        | Cause::Forbidden
        | Cause::ProjectSuspended
        | Cause::ProjectDenied
        | Cause::ServiceDisabled
        | Cause::SpendCapReached
        | Cause::PrepaymentDepleted
        | Cause::PaymentRequired
        | Cause::BillingRequired
        | Cause::RegionUnsupported
        | Cause::EgressBlocked
        | Cause::ConnectFailed => Charged { minute: false, day: false },
    }
}
