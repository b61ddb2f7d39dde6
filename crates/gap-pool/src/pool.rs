//! Upstream keys, their projects and buckets, and who of them is in play.
//!
//! A project is chosen first, because quota is the project's, then one of its keys. A model in which every project is in
//! play shares one lane with all such models; the first bucket that drops out gives its model a lane of its own, so that
//! choosing never walks over those that rest or have nothing left.
//!
//! ## Edges
//! - A clock that jumps back never shortens a rest: rests end at points in time, a milder fault later on does not bring
//!   the end nearer, and while the clock is behind, what the lanes call ready is looked at twice.
//! - Only a model that has answered some time, or that the table of limits knows, is counted for good: otherwise a client
//!   could fill the memory with names that do not exist. Limits for every model hold for any name all the same.
//! - Requests that were under way together and fail alike count as one strike: they tell the same news.

pub(crate) mod accounts;
mod amending;
mod breaker;
mod choosing;
mod faults;
mod learning;
pub(crate) mod lease;
mod members;
pub(crate) mod naming;
mod placing;
pub(crate) mod projects;
pub(crate) mod ranking;
mod rechecks;
mod reserving;
mod room;
pub(crate) mod rows;
mod settling;
pub(crate) mod snapshot;
mod storms;
mod strangers;
pub(crate) mod turns;
pub(crate) mod view;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use self::breaker::Breaker;
use self::faults::Strikes;
use self::ranking::Reason;
use self::storms::Storms;
use self::view::Counters;
use crate::health::Health;
use crate::ids::{IdMap, KeyId, NameMap, ProjectId};
use crate::lane::{Lane, State};
use crate::limits::learning::Learning;
use crate::limits::{Defaults, Limits, Tier, TierPolicy};
use crate::margin::Margin;
use crate::quota::{Caps, Millis, Rule, UNLIMITED, Usage};
use crate::verdict::Cause;

/// How the pool behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How many candidates a ranking names at most; at least one.
    pub candidates: usize,
    /// How long a bucket rests for the first, second, … refusal in a row that nobody explains; the last one repeats.
    pub escalation: [Duration; 4],
    /// Which tiers may serve, unless a need says otherwise.
    pub tiers: TierPolicy,
    /// The share of keys of which nothing is said; those of others are measured by it.
    pub usual_weight: u32,
    /// Where the pool's dice begin: two pools with the same seed and the same life choose alike.
    pub seed: u64,
}

/// All upstream keys.
#[derive(Debug)]
pub struct Pool {
    policy: Policy,
    defaults: Defaults,
    keys: IdMap<KeyId, Key>,
    by_reference: HashMap<String, KeyId>,
    projects: IdMap<ProjectId, Project>,
    project_names: HashMap<String, ProjectId>,
    /// Projects by Google's own number.
    project_numbers: HashMap<u64, ProjectId>,
    /// Where projects went that turned out to be another.
    merged: IdMap<ProjectId, ProjectId>,
    /// What the operator should look at.
    hints: projects::Hints,
    /// Every project, for models in which all buckets are in play.
    base: Lane<ProjectId>,
    /// Models that have answered or refused for lack of quota, those whose limits are known, and a few strangers.
    models: NameMap<Model>,
    /// The names of the strangers among them, in the order in which they are looked at.
    strangers: VecDeque<Box<str>>,
    /// Names that share the quota of another model.
    aliases: NameMap<Box<str>>,
    /// Projects that are not healthy through and through; may hold some that have recovered.
    troubled: BTreeSet<ProjectId>,
    /// Keys by the end of their time.
    expiring: BTreeSet<(Timestamp, KeyId)>,
    /// Keys that are looked at again from time to time, by when.
    rechecks: BTreeSet<(Timestamp, KeyId)>,
    /// What a store does not know yet; none while nobody wants to know.
    unsaved: Option<rows::Unsaved>,
    /// Keys that went out of use or came back.
    turns: turns::Turns,
    /// How minutes are counted.
    rule: Rule,
    belief: learning::Belief,
    storms: Storms,
    /// The way out, as long as it seems closed.
    egress: Breaker,
    /// Leases given so far: the order of last uses.
    turn: u64,
    next_key: u64,
    next_project: u64,
    open: usize,
    /// The latest time at which the lanes were brought up to date. Before it (the clock went back) they may call ready
    /// what still rests.
    latest: Timestamp,
    /// The time of the last change, which may be before `latest`.
    clock: Timestamp,
    /// The quota day: its end, and the time from which that was looked up.
    day: (Timestamp, Timestamp),
}

#[derive(Debug)]
struct Key {
    label: String,
    reference: Option<String>,
    project: ProjectId,
    disabled: Option<Disabled>,
    rest: Option<Resting>,
    strikes: Strikes,
    expires_at: Option<Timestamp>,
    last_used: Option<Timestamp>,
    counters: Counters,
    recheck: Option<rechecks::Recheck>,
    /// Whether its row says anything.
    saved_news: bool,
    /// Whether it was out of use when that was noted last.
    out: bool,
}

#[derive(Debug, Default)]
struct Project {
    /// None while nobody has said.
    name: Option<String>,
    /// Google's own number, once it is known.
    number: Option<u64>,
    tier: Option<Tier>,
    /// The operator said which tier it is.
    tier_by_hand: bool,
    /// Limits by hand for every model.
    limits: Option<Box<Limits>>,
    members: Vec<Member>,
    /// Its share among equals: that of its weightiest key, because quota is the project's.
    weight: u32,
    disabled: Option<Disabled>,
    rest: Option<Resting>,
    /// The name that its rows are saved under.
    saved_as: Option<String>,
    /// Whether its own row says anything.
    saved_news: bool,
}

/// What choosing has to know about a key of a project.
#[derive(Clone, Debug)]
struct Member {
    key: KeyId,
    state: State,
    /// Its last use; 0 before the first.
    turn: u64,
    weight: u32,
    open: u32,
    concurrency: u32,
    models: Option<Box<[Box<str>]>>,
}

#[derive(Debug)]
struct Model {
    /// It has not answered yet, and is only counted where there are limits for every model.
    stranger: bool,
    /// None while every bucket is in play.
    lane: Option<Lane<ProjectId>>,
    /// Only those with something to remember.
    buckets: IdMap<ProjectId, Bucket>,
    /// The newest limits learned of a bucket of each class: what others probably have.
    usual: [Caps; 2],
    health: Health,
    breaker: Breaker,
    /// How far the truth exceeds estimates of its prompts.
    margin: Margin,
}

#[derive(Debug)]
struct Bucket {
    standing: Standing,
    strikes: Strikes,
    usage: Usage,
    /// The limits that count.
    caps: Caps,
    /// When one more than a limit that was learned is tried.
    try_at: Millis,
    learning: Option<Box<Learning>>,
    /// What was answered without being refused, in requests per minute and per day.
    proven: [u64; 2],
    health: Health,
    /// Whether it has changed since its row was written.
    unsaved: bool,
}

#[derive(Clone, Copy, Debug, Default)]
enum Standing {
    #[default]
    InPlay,
    LastResort(Resting),
    Resting(Resting),
    OffTier,
}

#[derive(Clone, Copy, Debug)]
struct Resting {
    until: Timestamp,
    cause: Cause,
    /// Nobody said how long, so one request goes ahead and looks.
    unsure: bool,
}

#[derive(Clone, Debug)]
struct Disabled {
    reason: Reason,
    message: String,
    help: Option<String>,
}

impl Default for Policy {
    fn default() -> Self {
        const fn minutes(minutes: u64) -> Duration {
            Duration::from_mins(minutes)
        }
        Self {
            candidates: 3,
            // wire 10
            escalation: [Duration::from_secs(30), minutes(2), minutes(10), minutes(60)],
            tiers: TierPolicy::default(),
            usual_weight: 1,
            seed: 0,
        }
    }
}

impl Default for Model {
    fn default() -> Self {
        Self {
            stranger: false,
            lane: None,
            buckets: IdMap::default(),
            usual: [[UNLIMITED; 4]; 2],
            health: Health::default(),
            breaker: Breaker::default(),
            margin: Margin::default(),
        }
    }
}

// === impl Pool ===

impl Pool {
    /// A pool without keys.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            defaults: Defaults::default(),
            keys: IdMap::default(),
            by_reference: HashMap::new(),
            projects: IdMap::default(),
            project_names: HashMap::new(),
            project_numbers: HashMap::new(),
            merged: IdMap::default(),
            hints: projects::Hints::default(),
            base: Lane::default(),
            models: NameMap::default(),
            strangers: VecDeque::new(),
            aliases: NameMap::default(),
            troubled: BTreeSet::new(),
            expiring: BTreeSet::new(),
            rechecks: BTreeSet::new(),
            unsaved: None,
            turns: turns::Turns::default(),
            rule: Rule { guard: learning::FIRST_GUARD },
            belief: learning::Belief::default(),
            storms: Storms::default(),
            egress: Breaker::default(),
            turn: 0,
            next_key: 1,
            next_project: 1,
            open: 0,
            latest: Timestamp::MIN,
            clock: Timestamp::MIN,
            day: (Timestamp::MIN, Timestamp::MAX),
        }
    }

    /// Leases that are not settled yet.
    pub fn open_leases(&self) -> usize {
        self.open
    }

    /// The name under which a model's quota is counted.
    fn counted_as<'a>(&'a self, model: &'a str) -> &'a str {
        if self.aliases.is_empty() { model } else { self.aliases.get(model).map_or(model, |name| name) }
    }

    /// The project that a project is by now.
    fn present(&self, project: ProjectId) -> ProjectId {
        if self.merged.is_empty() { project } else { self.merged.get(&project).copied().unwrap_or(project) }
    }
}
