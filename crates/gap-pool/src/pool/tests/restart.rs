//! What survives a restart.

use super::*;
use crate::{KeyState, Reason, Snapshot};

/// The same keys in a new process, with what the old one wrote down.
fn restarted(rig: &Rig) -> Rig {
    let written = serde_json::to_string(&rig.pool.snapshot()).unwrap();
    let mut again = Rig { now: rig.now, ..Rig::of(Policy::default()) };
    for view in rig.pool.keys(rig.now).into_iter().rev() {
        again.add(NewKey { label: view.label, project: view.project_name, ..NewKey::default() });
    }
    again.keys.reverse();
    let snapshot: Snapshot = serde_json::from_str(&written).unwrap();
    again.pool.restore(&snapshot, again.now);
    assert_eq!(again.pool.snapshot(), snapshot);
    again
}

#[test]
fn counters_rests_and_limits_survive() {
    let mut rig = Rig::with(3);
    rig.limit(rig.keys[0], Limits { requests_per_minute: Some(10), requests_per_day: Some(25), ..Limits::default() });
    for _ in 0..6 {
        rig.call_with(rig.keys[0], &Outcome::success());
    }
    let fault = rig.exhausted(&[(RPD, Some(250))], "31s");
    rig.call_with(rig.keys[1], &Outcome::Fault(fault));
    let dead = Fault::new(Cause::KeyInvalid, "API key not valid.");
    rig.call_with(rig.keys[2], &Outcome::Fault(dead));

    let mut again = restarted(&rig);
    assert_eq!(again.drain(), 4);
    assert!(matches!(
        again.view(again.keys[2]).state,
        KeyState::Disabled { reason: Reason::Fault(Cause::KeyInvalid), .. }
    ));
    again.wait(61);
    assert_eq!(again.drain(), 10);
    again.wait(61);
    let mut again = restarted(&again);
    assert_eq!(again.drain(), 5, "25 a day, over two restarts");
    assert_eq!(again.rank(&need()).returns_at, Some("2026-07-16T07:00:00Z".parse().unwrap()));
    again.now = "2026-07-16T07:00:00Z".parse().unwrap();
    assert_eq!(again.drain(), 10 + 250);
}

#[test]
fn projects_that_were_learned_survive() {
    let mut rig = Rig::with(3);
    let mut fault = Fault::new(Cause::InvalidRequest, "");
    fault.consumer_project = Some(42);
    for key in [rig.keys[0], rig.keys[2]] {
        rig.call_with(key, &Outcome::Fault(fault.clone()));
    }
    let again = restarted(&rig);
    assert_eq!(again.project(again.keys[0]), again.project(again.keys[2]));
    assert_ne!(again.project(again.keys[0]), again.project(again.keys[1]));
}

#[test]
fn what_is_over_is_over() {
    let mut rig = Rig::with(1);
    rig.limit(rig.keys[0], per_minute(10));
    rig.drain();
    let fault = rig.exhausted(&[(RPM, None)], "40s");
    let written = rig.pool.snapshot();
    rig.wait(100_000);
    let mut again = Rig { now: rig.now, ..Rig::of(Policy::default()) };
    again.add(NewKey::default());
    again.pool.restore(&written, again.now);
    assert_eq!(again.drain(), 10);
    drop(fault);
}

#[test]
fn damaged_and_foreign_snapshots_do_no_harm() {
    let mut rig = Rig::with(1);
    for text in ["{}", r#"{"projects":[{"keys":["nobody"],"number":7}],"keys":{"gone":{"strikes":3}},"guard":-1e300}"#]
    {
        let snapshot: Snapshot = serde_json::from_str(text).unwrap();
        rig.pool.restore(&snapshot, rig.now);
        assert!(rig.call().is_some());
    }
    assert!(
        serde_json::from_str::<Snapshot>(
            r#"{"keys":{"AIza…0":{"rest":{"until":"2026-07-15T19:00:00Z","cause":"boredom"}}}}"#
        )
        .is_err()
    );
}
