//! Limits for every model, and models that nobody knows.

use super::*;

/// A pool whose keys have a limit for every model.
fn limited(keys: usize, limits: Limits) -> Rig {
    let mut rig = Rig::with(keys);
    for key in rig.keys.clone() {
        assert!(rig.pool.set_limits(rig.project(key), None, limits, rig.now));
    }
    rig
}

fn leases(rig: &mut Rig, model: &str) -> Vec<Lease> {
    std::iter::from_fn(|| rig.lease_for(&need_of(model))).take(1_000).collect()
}

fn not_found() -> Outcome {
    let mut fault = Fault::new(Cause::ModelNotFound, "");
    fault.rest = verdict::Rest::LastResort(Duration::from_mins(10));
    Outcome::Fault(fault)
}

#[test]
fn a_limit_for_every_model_holds_before_a_first_answer() {
    let mut rig = limited(2, per_minute(5));
    for model in [MODEL, OTHER, "nobody-knows"] {
        let open = leases(&mut rig, model);
        assert_eq!(open.len(), 10, "{model}: five of each project");
        for lease in open {
            rig.pool.settle(lease, &Outcome::success(), rig.now);
        }
        assert!(rig.lease_for(&need_of(model)).is_none(), "what was answered stays counted");
    }
    rig.wait(62);
    assert_eq!(leases(&mut rig, MODEL).len(), 10);
}

#[test]
fn tokens_and_days_hold_too() {
    let limits = Limits { tokens_per_minute: Some(1_000), requests_per_day: Some(7), ..Limits::default() };
    let mut rig = limited(1, limits);
    let open: Vec<Lease> = std::iter::from_fn(|| rig.lease_for(&heavy(300))).take(100).collect();
    assert_eq!(open.len(), 3);
    for lease in open {
        rig.pool.settle(lease, &answered(10), rig.now);
    }
    assert_eq!(rig.drain(), 4);
}

#[test]
fn who_comes_back_learns_when_there_is_room() {
    let mut rig = limited(1, per_minute(3));
    let _open = leases(&mut rig, MODEL);
    let until = rig.rank(&need()).returns_at.unwrap();
    rig.now = until;
    assert!(rig.lease().is_some());
}

#[test]
fn what_is_no_model_is_forgotten_when_google_says_so() {
    let mut rig = limited(3, per_minute(5));
    for nth in 0..5_000 {
        rig.call_for(&need_of(&format!("no-such-model-{nth}")), &not_found()).unwrap();
    }
    assert!(rig.pool.models.is_empty() && rig.pool.strangers.is_empty());
    assert_eq!(rig.pool.forecast(rig.now, rig.now).len(), 0);
}

#[test]
fn memory_has_an_end_however_many_names_are_under_way_and_however_long_they_are() {
    let mut rig = limited(2, per_minute(5));
    let names = (0..2_000).map(|nth| format!("no-such-model-{nth}")).chain([" ".repeat(100_000)]);
    let open: Vec<Lease> = names.map(|name| rig.lease_for(&need_of(&name)).unwrap()).collect();
    assert!(rig.pool.models.len() <= 256);
    for lease in open {
        rig.pool.settle(lease, &Outcome::Abandoned, rig.now);
    }
    // Nobody knows what became of them, so they count for their day.
    rig.wait(2 * 24 * 3600);
    assert_eq!(leases(&mut rig, MODEL).len(), 10, "room is made for whoever comes next");
    rig.pool.tidy(rig.now);
    assert_eq!(rig.pool.models.len(), 1);
}

#[test]
fn a_stranger_is_not_kept_across_a_restart_and_a_model_is() {
    let mut rig = limited(1, per_minute(5));
    rig.call().unwrap();
    let _open = leases(&mut rig, "nobody-knows");
    let snapshot = serde_json::to_string(&rig.pool.snapshot()).unwrap();
    assert!(snapshot.contains(MODEL) && !snapshot.contains("nobody-knows"), "{snapshot}");
}

#[test]
fn a_refusal_that_names_a_quota_makes_a_model_known() {
    let mut rig = limited(1, per_minute(50));
    let fault = rig.exhausted(&[(RPD, Some(10))], "3s");
    rig.call_that_fails(fault).unwrap();
    assert!(rig.pool.strangers.is_empty() && rig.pool.models.contains_key(MODEL));
}
