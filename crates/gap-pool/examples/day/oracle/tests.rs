//! The oracle against all schedules there are, on worlds small enough to try them.

use super::bound;
use crate::dice::Dice;
use crate::upstream::{Reply, Upstream};
use crate::world::{
    Hits, Key, Limits, MAX_JITTER, MAX_WAIT, MINUTE, Project, Request, SECOND, Tier, Told, Trouble, Windows, World,
};

/// Two projects, one model, tiny limits.
fn world(windows: Windows, limits: [Limits; 2]) -> World {
    World {
        // Half a minute before midnight in the Pacific.
        start: "2026-06-15T06:59:30Z".parse().unwrap(),
        length: 2 * MINUTE,
        windows,
        models: vec!["model"],
        projects: limits.map(|limits| Project { tier: Tier::Free, limits: vec![vec![(0, limits)]] }).to_vec(),
        keys: (0..2).map(|project| Key { project, project_is_told: true }).collect(),
        troubles: Vec::new(),
        told: Told::Nothing,
        names_projects: false,
        stumbles_per_million: 0,
    }
}

/// The most requests that any schedule on a grid of seconds gets answered: each is given up, or counted at any second
/// while it may be, with any key.
fn best(world: &World, requests: &[Request]) -> usize {
    // Counting has to go forward in time, so each schedule is made second by second.
    fn from(world: &World, requests: &[Request], second: u64, left: u32, upstream: &Upstream<'_>) -> usize {
        let last = requests.iter().map(|request| request.arrival + MAX_WAIT + MAX_JITTER).max().unwrap_or(0);
        let now = second * STEP;
        if now > last || left == 0 {
            return 0;
        }
        let mut best = from(world, requests, second + 1, left, upstream);
        for (at, request) in requests.iter().enumerate() {
            let waits = left & (1 << at) != 0;
            if !waits || now < request.arrival || now > request.arrival + MAX_WAIT + MAX_JITTER {
                continue;
            }
            for key in 0..world.keys.len() {
                let mut after = upstream.clone();
                if after.call(key, request, now, &mut Dice::of(&[0])) == Reply::Answer {
                    best = best.max(1 + from(world, requests, second, left & !(1 << at), &after));
                }
            }
        }
        best
    }
    from(world, requests, 0, (1 << requests.len()) - 1, &Upstream::new(world))
}

/// Coarse, because the number of schedules is what it is.
const STEP: u64 = 10 * SECOND;

fn random_requests(dice: &mut Dice) -> Vec<Request> {
    let mut arrivals: Vec<u64> = (0..4).map(|_| dice.below(6) * STEP).collect();
    arrivals.sort_unstable();
    let request = |arrival| {
        let tokens = 1 + dice.below(8);
        Request { arrival, model: 0, tokens, estimate: tokens, access_key: 0 }
    };
    arrivals.into_iter().map(request).collect()
}

fn random_limits(dice: &mut Dice) -> Limits {
    let mut some = |most: u64, always: bool| (always || dice.chance(0.4)).then(|| 1 + dice.below(most));
    Limits {
        requests_per_minute: some(2, true),
        tokens_per_minute: some(9, false),
        requests_per_day: some(2, false),
        tokens_per_day: some(12, false),
    }
}

#[test]
fn no_schedule_answers_more_than_the_oracle_says() {
    for windows in [Windows::Sliding, Windows::FixedMinute, Windows::TokenBucket] {
        let mut exact = 0;
        for seed in 0..10 {
            let mut dice = Dice::of(&[seed, windows as u64]);
            let mut world = world(windows, [random_limits(&mut dice), random_limits(&mut dice)]);
            if dice.chance(0.3) {
                let hits = [Hits::KeyInvalid(0), Hits::Model(0), Hits::EgressQuota][usize::from(dice.chance(0.5))];
                world.troubles.push(Trouble { hits, during: 10 * SECOND..(10 + dice.below(50)) * SECOND });
            }
            let requests = random_requests(&mut dice);
            let (best, bound) = (best(&world, &requests), bound(&world, &requests));
            assert!(best <= bound, "{windows:?}, seed {seed}: {best} of {bound}; {world:?} {requests:?}");
            exact += usize::from(best == bound);
        }
        assert!(exact >= 5, "a bound that is rarely reached is worth little: {windows:?} {exact} of 10");
    }
}

#[test]
fn a_full_sliding_minute_takes_no_more_within_patience() {
    let limits = Limits { requests_per_minute: Some(3), ..Limits::default() };
    let world = world(Windows::Sliding, [limits; 2]);
    let burst: Vec<Request> =
        (0..10).map(|_| Request { arrival: 45 * SECOND, model: 0, tokens: 1, estimate: 1, access_key: 0 }).collect();
    assert_eq!(bound(&world, &burst), 6);
    // The clock's next minute comes in time.
    assert_eq!(bound(&World { windows: Windows::FixedMinute, ..world.clone() }, &burst), 10);
    // In 32 seconds a bucket refills by half.
    let refilled = bound(&World { windows: Windows::TokenBucket, ..world }, &burst);
    assert!((8..=10).contains(&refilled), "{refilled}");
}

#[test]
fn a_day_that_is_used_up_ends_at_midnight() {
    let limits = Limits { requests_per_day: Some(2), requests_per_minute: Some(100), ..Limits::default() };
    let world = world(Windows::FixedMinute, [limits; 2]);
    let at = |arrival| Request { arrival, model: 0, tokens: 1, estimate: 1, access_key: 0 };
    let before: Vec<Request> = (0..9).map(|_| at(0)).collect();
    // Patience reaches two seconds beyond midnight.
    assert_eq!(bound(&world, &before), 8);
    let after: Vec<Request> = (0..9).map(|_| at(70 * SECOND)).collect();
    assert_eq!(bound(&world, &after), 4);
}

#[test]
fn what_is_larger_than_every_limit_is_nobody_s() {
    let limits = Limits { tokens_per_minute: Some(10), ..Limits::default() };
    let world = world(Windows::Sliding, [limits; 2]);
    let of = |tokens| Request { arrival: 0, model: 0, tokens, estimate: tokens, access_key: 0 };
    assert_eq!(bound(&world, &[of(11), of(10), of(6), of(6)]), 2);
}
