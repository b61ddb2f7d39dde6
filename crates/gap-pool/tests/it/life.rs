//! Random lives of a pool, judged by what the pool itself says about its keys one by one: the orders that make choice
//! fast must never know better than the keys, projects and buckets they are made of.

use std::collections::HashMap;
use std::time::Duration;

use gap_pool::verdict::{Cause, Rest};
use gap_pool::{
    Affinity, Candidate, Fault, KeyId, KeyState, KeyView, Lease, Need, NewKey, Outcome, Policy, Pool, ProjectId,
    Ranking, Summary, Tried,
};
use jiff::Timestamp;
use proptest::prelude::*;

const MODELS: &[Option<&str>] = &[None, Some("gemini-2.5-flash"), Some("gemini-2.5-pro")];
/// No rest is longer than what the classifier believes.
const LONGEST_REST: Duration = Duration::from_hours(7 * 24);
/// How long a request may look whether a rest without a known end is over.
const LOOK: Duration = Duration::from_mins(1);

#[derive(Clone, Debug)]
enum Step {
    Add {
        project: Option<u8>,
    },
    Remove {
        key: usize,
    },
    Enable {
        key: usize,
    },
    Disable {
        key: usize,
    },
    Reserve {
        model: usize,
        pinned: Option<usize>,
        softly: bool,
    },
    Settle {
        lease: usize,
        outcome: Outcome,
    },
    /// Seconds; negative when somebody sets the clock.
    Wait(i64),
}

struct Life {
    pool: Pool,
    now: Timestamp,
    latest: Timestamp,
    leases: Vec<Lease>,
    settled: u64,
    reserved: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => prop::option::of(0_u8..3).prop_map(|project| Step::Add { project }),
        1 => any::<usize>().prop_map(|key| Step::Remove { key }),
        1 => any::<usize>().prop_map(|key| Step::Enable { key }),
        1 => any::<usize>().prop_map(|key| Step::Disable { key }),
        12 => (0..MODELS.len(), prop::option::weighted(0.3, any::<usize>()), any::<bool>())
            .prop_map(|(model, pinned, softly)| Step::Reserve { model, pinned, softly }),
        12 => (any::<usize>(), outcome()).prop_map(|(lease, outcome)| Step::Settle { lease, outcome }),
        4 => (1_i64..200).prop_map(Step::Wait),
        1 => (1_i64..200_000).prop_map(Step::Wait),
        1 => (-100_000_i64..0).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..120)
}

const CAUSES: &[Cause] = &[
    Cause::InvalidRequest,
    Cause::ResourceForbidden,
    Cause::RequestsPerMinute,
    Cause::RequestsPerDay,
    Cause::Unexplained,
    Cause::FeatureQuota,
    Cause::NotOnTier,
    Cause::ModelNotFound,
    Cause::KeyInvalid,
    Cause::Forbidden,
    Cause::ServiceDisabled,
    Cause::SpendCapReached,
    Cause::RegionUnsupported,
    Cause::Overloaded,
    Cause::InternalError,
    Cause::ConnectionReset,
];

fn outcome() -> impl Strategy<Value = Outcome> {
    let fault = |cause: Cause| Outcome::Fault(Fault::new(cause, "so it goes"));
    let resting = |seconds: u64| {
        let mut fault = Fault::new(Cause::RequestsPerMinute, "");
        fault.rest = Rest::For(Duration::from_secs(seconds));
        Outcome::Fault(fault)
    };
    let hinted = |seconds: u64| {
        let mut fault = Fault::new(Cause::TokensPerDay, "");
        fault.rest = Rest::Midnight { hint: Some(Duration::from_secs(seconds)) };
        Outcome::Fault(fault)
    };
    prop_oneof![
        6 => Just(Outcome::success()),
        1 => Just(Outcome::Abandoned),
        3 => (0_u64..700_000).prop_map(resting),
        1 => (0_u64..200_000).prop_map(hinted),
        6 => prop::sample::select(CAUSES).prop_map(fault),
    ]
}

fn need(model: usize, affinity: Affinity) -> Need {
    Need { model: MODELS[model].map(Into::into), affinity, ..Need::default() }
}

impl Life {
    fn begin() -> Self {
        let now = "2026-03-08T05:00:00Z".parse().unwrap();
        let pool = Pool::new(Policy { candidates: 2, ..Policy::default() });
        Self { pool, now, latest: now, leases: Vec::new(), settled: 0, reserved: 0 }
    }

    fn key(&self, at: usize) -> Option<KeyView> {
        let keys = self.pool.keys(self.now);
        (!keys.is_empty()).then(|| keys[at % keys.len()].clone())
    }

    /// Takes a step; answers the project that may have lost a rest by it.
    fn take(&mut self, step: Step) -> Option<ProjectId> {
        match step {
            Step::Add { project } => {
                let project = project.map(|project| format!("project-{project}"));
                self.pool.add(NewKey { label: "AIza…".into(), project, ..NewKey::default() }, self.now);
            }
            Step::Remove { key } => {
                let key = self.key(key)?;
                assert!(self.pool.remove(key.id, self.now));
                assert!(!self.pool.remove(key.id, self.now));
                return Some(key.project);
            }
            Step::Enable { key } => {
                let key = self.key(key)?;
                assert!(self.pool.enable(key.id, self.now));
                return Some(key.project);
            }
            Step::Disable { key } => {
                let key = self.key(key)?;
                assert!(self.pool.disable(key.id, "", self.now));
            }
            Step::Reserve { model, pinned, softly } => {
                let project = pinned.and_then(|at| self.key(at)).map(|key| key.project);
                let affinity = match project {
                    Some(project) if softly => Affinity::Should(project),
                    Some(project) => Affinity::Must(project),
                    None => Affinity::None,
                };
                self.reserve(&need(model, affinity));
            }
            Step::Settle { lease, outcome } => {
                if !self.leases.is_empty() {
                    let lease = self.leases.swap_remove(lease % self.leases.len());
                    self.pool.settle(lease, &outcome, self.now);
                    self.settled += 1;
                }
            }
            Step::Wait(seconds) => {
                if seconds > 0 {
                    self.now += Duration::from_secs(seconds.unsigned_abs());
                }
                if seconds < 0 {
                    self.now -= Duration::from_secs(seconds.unsigned_abs());
                }
                self.latest = self.latest.max(self.now);
            }
        }
        None
    }

    fn reserve(&mut self, need: &Need) {
        let ranking = self.pool.rank(need, &Tried::default(), self.now);
        match self.pool.reserve(need, &ranking, self.now) {
            Some(lease) => {
                assert_eq!(Some(lease.key()), ranking.candidates.first().map(|best| best.key));
                self.leases.push(lease);
                self.reserved += 1;
            }
            None => assert!(ranking.candidates.is_empty(), "{ranking:?} names keys that cannot be had"),
        }
    }

    fn check(&self) {
        let keys = self.pool.keys(self.now);
        assert_eq!(self.pool.open_leases(), self.leases.len());
        assert_eq!(self.reserved - self.settled, self.leases.len() as u64);
        for key in &keys {
            let held = self.leases.iter().filter(|lease| lease.key() == key.id).count();
            assert_eq!(key.counters.open, held as u64);
            let counted = key.counters.successes + key.counters.faults + key.counters.abandoned + key.counters.open;
            assert_eq!(key.counters.leases, counted);
        }
        self.check_summary(&keys);
        for model in 0..MODELS.len() {
            let anyone = self.pool.rank(&need(model, Affinity::None), &Tried::default(), self.now);
            self.check_ranking(&anyone, &keys, model);
            if let Some(key) = keys.first() {
                let here: Vec<KeyView> = keys.iter().filter(|other| other.project == key.project).cloned().collect();
                let need = need(model, Affinity::Must(key.project));
                self.check_ranking(&self.pool.rank(&need, &Tried::default(), self.now), &here, model);
            }
        }
    }

    fn check_summary(&self, keys: &[KeyView]) {
        let count = |wanted: fn(&KeyState) -> bool| keys.iter().filter(|key| wanted(&key.state)).count();
        let expected = Summary {
            total: keys.len(),
            healthy: count(|state| matches!(state, KeyState::Ready)),
            resting: count(|state| matches!(state, KeyState::Resting { .. })),
            disabled: count(|state| matches!(state, KeyState::Disabled { .. })),
        };
        assert_eq!(self.pool.summary(self.now), expected);
    }

    fn check_ranking(&self, ranking: &Ranking, keys: &[KeyView], model: usize) {
        let back: HashMap<KeyId, Back> = keys.iter().map(|key| (key.id, back(key, model, self.now))).collect();
        for Candidate { key, project, .. } in &ranking.candidates {
            assert_eq!(back.get(key), Some(&Back::Now), "{key} of {project} is ranked for {model}: {keys:#?}");
        }
        let paused = self.pool.paused(MODELS[model], self.now);
        let free = back.values().filter(|back| **back == Back::Now && paused.is_none()).count();
        assert_eq!(ranking.candidates.len(), free.min(2), "{ranking:?} of {keys:#?}");
        if ranking.candidates.is_empty() {
            let first = back.values().filter_map(|back| match back {
                Back::Now => paused,
                Back::At(at) => Some((*at).max(paused.unwrap_or(*at))),
                Back::Never => None,
            });
            assert_eq!(ranking.returns_at, first.min(), "{keys:#?}");
            assert!(ranking.rejected.total() >= keys.len(), "{ranking:?} of {keys:#?}");
        }
        for back in back.values() {
            if let Back::At(at) = back {
                assert!(at.duration_since(self.latest) <= LONGEST_REST.try_into().unwrap(), "rests for ever");
            }
        }
    }
}

/// When a key can serve a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Back {
    Now,
    At(Timestamp),
    Never,
}

fn back(key: &KeyView, model: usize, now: Timestamp) -> Back {
    let of_key = match key.state {
        KeyState::Ready => now,
        KeyState::Resting { until, .. } => until,
        KeyState::Disabled { .. } => return Back::Never,
    };
    let name = MODELS[model].unwrap_or_default();
    // A project that seems not to have the model is asked last, but is asked.
    let bucket = key.buckets.iter().find(|bucket| bucket.model == name && bucket.cause != Cause::ModelNotFound);
    let of_bucket = match bucket.map(|bucket| bucket.until) {
        None => now,
        Some(Some(until)) => until,
        Some(None) => return Back::Never,
    };
    match of_key.max(of_bucket) {
        at if at <= now => Back::Now,
        at => Back::At(at),
    }
}

/// Ends of rests and their causes: by key, and by project and model.
fn rests(keys: &[KeyView]) -> HashMap<(ProjectId, String), (Timestamp, Cause)> {
    let mut rests = HashMap::new();
    for key in keys {
        if let KeyState::Resting { until, cause } = key.state {
            rests.insert((key.project, format!("key {}", key.id)), (until, cause));
        }
        for bucket in key.buckets.iter().filter(|bucket| bucket.cause != Cause::ModelNotFound) {
            if let Some(until) = bucket.until {
                rests.insert((key.project, bucket.model.clone()), (until, bucket.cause));
            }
        }
    }
    rests
}

proptest! {
    // With those of the windows, 10,000 random sequences in all.
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_random_life_breaks_no_promise(steps in steps()) {
        let mut life = Life::begin();
        for step in steps {
            let before = rests(&life.pool.keys(life.now));
            let settles = matches!(step, Step::Settle { .. });
            let freed = life.take(step);
            let keys = life.pool.keys(life.now);
            let after = rests(&keys);
            for ((project, what), (until, cause)) in before {
                // What nobody explained may turn out to be weather; what looked for others lets go of them.
                let unsure = matches!(cause, Cause::Unexplained | Cause::Forbidden) || until <= life.latest + LOOK;
                let gone = freed == Some(project) || until <= life.now || settles && unsure;
                let out = keys.iter().any(|key| {
                    let of_tier = key.buckets.iter().any(|bucket| bucket.model == what && bucket.until.is_none());
                    let disabled = what == format!("key {}", key.id) && matches!(key.state, KeyState::Disabled { .. });
                    key.project == project && of_tier || disabled
                });
                let shortened = after.get(&(project, what.clone())).is_none_or(|(now, _)| *now < until);
                prop_assert!(gone || out || !shortened, "{what} of {project} rested until {until}: {after:?}");
            }
            life.check();
        }
        // Whatever happened, a week later only what somebody has to mend is out.
        life.now = life.latest + LONGEST_REST + Duration::from_secs(1);
        for lease in std::mem::take(&mut life.leases) {
            life.pool.settle(lease, &Outcome::Abandoned, life.now);
            life.settled += 1;
        }
        life.check();
        prop_assert_eq!(life.pool.summary(life.now).resting, 0);
        prop_assert_eq!(life.pool.open_leases(), 0);
    }
}
