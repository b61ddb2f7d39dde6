use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const MODEL: Option<&str> = Some("gemini-2.5-flash");

fn later(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

fn light() -> Need {
    Need { model: MODEL.map(Into::into), tokens: 100, ..Need::default() }
}

fn heavy(tokens: u64) -> Need {
    Need { tokens, ..light() }
}

fn pinned(project: u64) -> Need {
    Need { affinity: Affinity::Must(ProjectId(project)), ..light() }
}

/// Lets so many in.
fn room(count: usize) -> impl FnMut(Ticket, &Need) -> Option<()> {
    let mut left = count;
    move |_, _| {
        left = left.checked_sub(1)?;
        Some(())
    }
}

fn tickets<L>(taken: Vec<(Ticket, L)>) -> Vec<Ticket> {
    taken.into_iter().map(|(ticket, _)| ticket).collect()
}

#[test]
fn one_client_waits_first_come_first_served() {
    let mut waiting = Waiting::new(10);
    let stood: Vec<Ticket> = (0..3).map(|_| waiting.enqueue(light(), 1, later(30)).unwrap()).collect();
    assert_eq!(tickets(waiting.freed(MODEL, NOW, room(2))), stood[..2]);
    assert_eq!(tickets(waiting.freed(MODEL, NOW, room(2))), stood[2..]);
    assert!(waiting.is_empty());
}

#[test]
fn a_client_with_many_requests_does_not_make_another_wait() {
    let mut waiting = Waiting::new(1000);
    for _ in 0..100 {
        waiting.enqueue(light(), 1, later(30)).unwrap();
    }
    let modest = waiting.enqueue(light(), 2, later(30)).unwrap();
    assert!(tickets(waiting.freed(MODEL, NOW, room(2))).contains(&modest));
}

#[test]
fn tokens_count_and_not_requests() {
    let mut waiting = Waiting::new(1000);
    let mut asker = HashMap::new();
    for _ in 0..40 {
        asker.insert(waiting.enqueue(heavy(8 * 4_096), 1, later(30)).unwrap(), 1);
        asker.insert(waiting.enqueue(heavy(4_096), 2, later(30)).unwrap(), 2);
    }
    let mut served = HashMap::new();
    for _ in 0..36 {
        for ticket in tickets(waiting.freed(MODEL, NOW, room(1))) {
            *served.entry(asker[&ticket]).or_insert(0) += 1;
        }
    }
    assert_eq!(served[&1] + served[&2], 36);
    assert!((3..=6).contains(&served[&1]), "{served:?}");
}

#[test]
fn a_request_for_a_full_project_blocks_nobody() {
    let mut waiting = Waiting::new(10);
    let stuck = waiting.enqueue(pinned(7), 1, later(30)).unwrap();
    let free = waiting.enqueue(light(), 1, later(30)).unwrap();
    let full = |_: Ticket, need: &Need| (need.affinity != Affinity::Must(ProjectId(7))).then_some(());
    assert_eq!(tickets(waiting.freed(MODEL, NOW, full)), [free]);
    assert!(waiting.leave(stuck));
    assert!(!waiting.leave(stuck));
}

#[test]
fn who_can_use_one_project_only_goes_first() {
    let mut waiting = Waiting::new(10);
    waiting.enqueue(light(), 1, later(30)).unwrap();
    let pinned = waiting.enqueue(pinned(7), 2, later(30)).unwrap();
    assert_eq!(tickets(waiting.freed(MODEL, NOW, room(1))), [pinned]);
}

#[test]
fn a_heavy_request_blocks_no_light_one_of_the_same_client() {
    let mut waiting = Waiting::new(10);
    waiting.enqueue(heavy(1_000_000), 1, later(30)).unwrap();
    let small = waiting.enqueue(light(), 1, later(30)).unwrap();
    let little_room = |_: Ticket, need: &Need| (need.tokens < 1_000).then_some(());
    assert_eq!(tickets(waiting.freed(MODEL, NOW, little_room)), [small]);
}

#[test]
fn another_model_is_another_line() {
    let mut waiting = Waiting::new(10);
    waiting.enqueue(light(), 1, later(30)).unwrap();
    assert!(waiting.freed(Some("gemini-2.5-pro"), NOW, room(9)).is_empty());
    assert_eq!(waiting.models().collect::<Vec<_>>(), [MODEL]);
}

#[test]
fn who_has_waited_too_long_is_gone() {
    let mut waiting = Waiting::new(10);
    let short = waiting.enqueue(light(), 1, later(5)).unwrap();
    let long = waiting.enqueue(light(), 1, later(30)).unwrap();
    assert_eq!(waiting.next_deadline(), Some(later(5)));
    assert_eq!(waiting.expired(later(5)), [short]);
    assert_eq!(tickets(waiting.freed(MODEL, later(6), room(9))), [long]);
}

#[test]
fn full_lists_refuse() {
    let mut waiting = Waiting::new(2);
    waiting.enqueue(light(), 1, later(5)).unwrap();
    waiting.enqueue(pinned(7), 1, later(5)).unwrap();
    assert_eq!(waiting.enqueue(light(), 2, later(5)), Err(Crowded));
}

proptest! {
    #[test]
    fn everybody_leaves_once(
        arrivals in prop::collection::vec((0_u64..4, 0_u64..100_000, prop::option::of(0_u64..3), 1_u64..60), 1..60),
        rooms in prop::collection::vec(0_usize..8, 1..30),
    ) {
        let mut waiting = Waiting::new(1000);
        let mut inside = std::collections::HashSet::new();
        for (asker, tokens, project, deadline) in arrivals {
            let affinity = project.map_or(Affinity::None, |project| Affinity::Must(ProjectId(project)));
            let need = Need { affinity, ..heavy(tokens) };
            inside.insert(waiting.enqueue(need, asker, later(deadline)).unwrap());
        }
        for (second, count) in (0_u64..).zip(rooms) {
            for ticket in waiting.expired(later(second)) {
                prop_assert!(inside.remove(&ticket));
            }
            let before = inside.len();
            let taken = tickets(waiting.freed(MODEL, later(second), room(count)));
            prop_assert_eq!(taken.len(), count.min(before));
            for ticket in taken {
                prop_assert!(inside.remove(&ticket));
            }
            prop_assert_eq!(waiting.len(), inside.len());
        }
        waiting.expired(later(1000));
        prop_assert!(waiting.is_empty());
        prop_assert!(waiting.lists.is_empty() && waiting.deadlines.is_empty());
    }
}
