//! A store that keeps rows, and is told now and then what has changed.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{BucketRow, Changes, KeyRow, KeyTerms, KeyView, ROW_VERSION};

/// Two tables.
#[derive(Clone, Default)]
struct Table {
    buckets: BTreeMap<(String, String), String>,
    keys: BTreeMap<String, String>,
}

impl Table {
    fn save(&mut self, changes: &Changes) {
        for project in &changes.forgotten {
            self.buckets.retain(|(of, _), _| of != project);
        }
        for row in &changes.buckets {
            self.buckets.insert((row.project.clone(), row.model.clone()), row.json());
        }
        for row in &changes.keys {
            self.keys.insert(row.key.clone(), row.json());
        }
    }

    fn rows(&self) -> (Vec<BucketRow>, Vec<KeyRow>) {
        let bucket = |((project, model), json): (&(String, String), &String)| {
            BucketRow::parse(project, model, ROW_VERSION, json).unwrap()
        };
        let key = |(key, json): (&String, &String)| KeyRow::parse(key, ROW_VERSION, json).unwrap();
        (self.buckets.iter().map(bucket).collect(), self.keys.iter().map(key).collect())
    }
}

fn nothing(_: Option<&str>) -> Limits {
    Limits::default()
}

fn named(number: usize) -> NewKey {
    NewKey { reference: Some(format!("row-{number}")), ..NewKey::default() }
}

/// The same keys in a new process that reads the tables.
fn restarted(rig: &Rig, table: &Table) -> Rig {
    let mut again = Rig { now: rig.now, ..Rig::of(Policy::default()) };
    for view in rig.pool.keys(rig.now) {
        let KeyView { label, reference, terms, .. } = view;
        again.add(NewKey::new(label, reference, KeyTerms { tier: None, ..terms }));
    }
    let (buckets, keys) = table.rows();
    again.pool.restore_rows(&buckets, &keys, again.now);
    again
}

/// What must be the same after a restart.
fn known(rig: &Rig) -> Vec<serde_json::Value> {
    let of_key = |view: KeyView| {
        let accounts = rig.pool.accounts(view.project, None, 100, rig.now);
        let accounts: Vec<_> = accounts
            .into_iter()
            .filter(|account| account.out.is_some() || account.quotas.iter().any(|quota| quota.used > 0))
            .map(|account| (account.model, account.out, account.quotas))
            .collect();
        serde_json::json!([view.reference, view.project_name, view.project_number, view.state, accounts])
    };
    rig.pool.keys(rig.now).into_iter().map(of_key).collect()
}

#[test]
fn only_what_has_changed_is_written() {
    let mut rig = Rig::of(Policy::default());
    rig.pool.track_changes();
    for number in 0..100 {
        rig.add(named(number));
    }
    assert_eq!(rig.pool.changes(1000, nothing).buckets.len(), 1, "the pool's own");
    for _ in 0..100 {
        rig.call();
    }
    let changes = rig.pool.changes(1000, nothing);
    assert_eq!((changes.buckets.len(), changes.keys.len(), changes.complete), (100, 0, true));
    assert!(rig.pool.changes(1000, nothing).is_empty());
    let key = rig.call().unwrap();
    assert_eq!(rig.pool.changes(1000, nothing).buckets.len(), 1);
    rig.call_with(key, &Outcome::Fault(Fault::new(Cause::KeyInvalid, "API key not valid.")));
    let changes = rig.pool.changes(1000, nothing);
    assert_eq!((changes.buckets.len(), changes.keys.len()), (1, 1));
    assert!(changes.keys[0].keep_until.is_some(), "it is known until somebody mends it");
    for _ in 0..100 {
        rig.call();
    }
    let some = rig.pool.changes(30, nothing);
    assert_eq!((some.buckets.len(), some.complete), (30, false));
    let mut left = 0;
    while !rig.pool.changes(30, nothing).complete {
        left += 1;
    }
    assert_eq!(left, 2, "batches before the last");
    rig.pool.not_saved(some);
    assert_eq!(rig.pool.changes(1000, nothing).buckets.len(), 31, "what was lost, and the pool's own");
}

#[test]
fn a_pool_that_nobody_saves_notes_nothing() {
    let mut rig = Rig::with(3);
    rig.call();
    assert!(rig.pool.changes(10, nothing).is_empty());
}

#[test]
fn rows_that_nobody_understands_are_skipped() {
    assert_eq!(BucketRow::parse("name:a", "m", ROW_VERSION + 1, "{}"), None);
    assert_eq!(BucketRow::parse("name:a", "m", ROW_VERSION, "{\"usage\": 7}"), None);
    assert_eq!(KeyRow::parse("k", ROW_VERSION, "nonsense"), None);
    let mut rig = Rig::with(1);
    let strange = ["name:gone", "number:x", "key:nobody", "what", ""];
    let rows: Vec<BucketRow> =
        strange.iter().map(|project| BucketRow::parse(project, "m", ROW_VERSION, "{}").unwrap()).collect();
    rig.pool.restore_rows(&rows, &[KeyRow::parse("nobody", ROW_VERSION, "{}").unwrap()], rig.now);
    assert!(rig.call().is_some());
}

#[test]
fn limits_of_the_settings_are_not_kept_and_those_by_hand_are() {
    let mut rig = Rig::of(Policy::default());
    rig.pool.track_changes();
    rig.add(named(1));
    let project = rig.project(rig.keys[0]);
    rig.pool.set_limits(project, Some("told"), per_day(5), rig.now);
    rig.pool.set_limits(project, Some("by hand"), per_day(7), rig.now);
    rig.pool.set_limits(project, None, per_day(9), rig.now);
    let told = |model: Option<&str>| match model {
        Some("told") => per_day(5),
        Some(_) => Limits::default(),
        None => per_day(9),
    };
    let mut table = Table::default();
    table.save(&rig.pool.changes(100, told));
    let again = restarted(&rig, &table);
    assert_eq!(again.pool.limits_by_hand(again.project(again.keys[0])), [(Some("by hand".to_owned()), per_day(7))]);
}

#[derive(Clone, Debug)]
enum Step {
    Call { key: usize, model: usize, fault: Option<Cause> },
    Numbered { key: usize, number: u64 },
    File { key: usize, project: Option<usize> },
    Limit { key: usize, limit: u64 },
    Disable { key: usize },
    Enable { key: usize },
    Wait(u64),
    Save { at_most: usize, lost: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let causes = [Cause::RequestsPerMinute, Cause::RequestsPerDay, Cause::KeyInvalid, Cause::NotOnTier];
    let key = 0..6_usize;
    let step = prop_oneof![
        8 => (key.clone(), 0..3_usize, prop::option::weighted(0.3, prop::sample::select(causes.to_vec())))
            .prop_map(|(key, model, fault)| Step::Call { key, model, fault }),
        2 => (key.clone(), 1..4_u64).prop_map(|(key, number)| Step::Numbered { key, number }),
        1 => (key.clone(), prop::option::of(0..2_usize)).prop_map(|(key, project)| Step::File { key, project }),
        1 => (key.clone(), 1..50_u64).prop_map(|(key, limit)| Step::Limit { key, limit }),
        1 => key.clone().prop_map(|key| Step::Disable { key }),
        1 => key.prop_map(|key| Step::Enable { key }),
        2 => (1..200_u64).prop_map(Step::Wait),
        3 => (1..8_usize, any::<bool>()).prop_map(|(at_most, lost)| Step::Save { at_most, lost }),
    ];
    prop::collection::vec(step, 1..60)
}

fn take(rig: &mut Rig, table: &mut Table, step: &Step) {
    let models = [MODEL, OTHER, "gemini-2.5-flash-lite"];
    match *step {
        Step::Call { key, model, fault } => {
            let affinity = crate::Affinity::Must(rig.project(rig.keys[key]));
            let outcome = fault.map_or_else(Outcome::success, |cause| Outcome::Fault(Fault::new(cause, "")));
            rig.call_for(&Need { affinity, ..need_of(models[model]) }, &outcome);
        }
        Step::Numbered { key, number } => {
            let mut fault = Fault::new(Cause::InternalError, "");
            fault.consumer_project = Some(number);
            let affinity = crate::Affinity::Must(rig.project(rig.keys[key]));
            rig.call_for(&Need { affinity, ..need() }, &Outcome::Fault(fault));
        }
        Step::File { key, project } => {
            let name = project.map(|project| format!("project-{project}"));
            rig.pool.file(rig.keys[key], name.as_deref(), rig.now);
        }
        Step::Limit { key, limit } => {
            rig.pool.set_limits(rig.project(rig.keys[key]), Some(MODEL), per_day(limit), rig.now);
        }
        Step::Disable { key } => _ = rig.pool.disable(rig.keys[key], "no reason", rig.now),
        Step::Enable { key } => _ = rig.pool.enable(rig.keys[key], rig.now),
        Step::Wait(seconds) => rig.wait(seconds),
        Step::Save { at_most, lost } => {
            let changes = rig.pool.changes(at_most, nothing);
            if lost {
                rig.pool.not_saved(changes);
            } else {
                table.save(&changes);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_new_process_knows_what_the_old_one_knew(steps in steps()) {
        let mut rig = Rig::of(Policy::default());
        rig.pool.track_changes();
        for number in 0..6 {
            rig.add(named(number));
        }
        let mut table = Table::default();
        for step in steps {
            take(&mut rig, &mut table, &step);
        }
        loop {
            let changes = rig.pool.changes(5, nothing);
            table.save(&changes);
            if changes.complete {
                break;
            }
        }
        prop_assert_eq!(known(&restarted(&rig, &table)), known(&rig));
    }
}
