use proptest::prelude::*;

use super::*;

const NOON: Millis = 1_784_142_000_000;
const MIDNIGHT: Millis = NOON + 12 * 60 * MINUTE;
const RULE: Rule = Rule { guard: 1_000 };

fn rpm(cap: u64) -> Caps {
    [cap, UNLIMITED, UNLIMITED, UNLIMITED]
}

fn fits(usage: &Usage, now: Millis, caps: &Caps) -> bool {
    usage.fits(1, now, MIDNIGHT, RULE, caps).is_ok()
}

#[test]
fn a_minute_forgets_by_time_alone() {
    let mut usage = Usage::default();
    for second in 0..10 {
        usage.book(5, NOON + second * 1000, MIDNIGHT, RULE);
    }
    let now = NOON + 9_000;
    let full = usage.fits(1, now, MIDNIGHT, RULE, &rpm(10)).unwrap_err();
    assert_eq!(full, Full { quota: Quota::RequestsPerMinute, until: Some(NOON + 61_000) });
    assert!(!fits(&usage, NOON + 60_999, &rpm(10)));
    assert!(fits(&usage, NOON + 61_000, &rpm(10)));
    assert_eq!(usage.minute(NOON + 65_000, RULE).requests, 5);
    assert_eq!(usage.minute(NOON + 70_000, RULE), Amount::default());
    usage.advance(NOON + 70_000, MIDNIGHT, RULE);
    assert_eq!(usage.cells.capacity(), 0, "an idle bucket holds no memory");
}

#[test]
fn a_busy_second_is_one_cell_and_ends_with_its_last_request() {
    let mut usage = Usage::default();
    for milli in 0..999 {
        usage.book(1, NOON + milli, MIDNIGHT, RULE);
    }
    assert_eq!(usage.cells.len(), 1);
    assert!(!fits(&usage, NOON + 61_997, &rpm(999)));
    assert!(fits(&usage, NOON + 61_998, &rpm(999)));
}

#[test]
fn what_may_arrive_after_midnight_counts_on_both_days() {
    let mut usage = Usage::default();
    usage.book(7, MIDNIGHT - 60_000, MIDNIGHT, RULE);
    usage.book(7, MIDNIGHT - 900, MIDNIGHT, RULE);
    let tomorrow = MIDNIGHT + 24 * 60 * MINUTE;
    assert_eq!(usage.day(MIDNIGHT, tomorrow, RULE), Amount { requests: 1, tokens: 7 });
    usage.book(7, MIDNIGHT, tomorrow, RULE);
    assert_eq!(usage.day(MIDNIGHT, tomorrow, RULE), Amount { requests: 2, tokens: 14 });
}

#[test]
fn an_estimate_slightly_above_the_limit_is_given_the_benefit_of_the_doubt() {
    let usage = Usage::default();
    let caps = [UNLIMITED, 1000, UNLIMITED, UNLIMITED];
    assert!(usage.fits(1200, NOON, MIDNIGHT, RULE, &caps).is_ok());
    let full = usage.fits(1300, NOON, MIDNIGHT, RULE, &caps).unwrap_err();
    assert_eq!(full, Full { quota: Quota::TokensPerMinute, until: None });
}

/// How Google may count.
#[derive(Clone, Copy, Debug)]
enum Counting {
    Sliding,
    FixedMinute,
    TokenBucket,
}

/// Google, kept as simply as can be.
struct Upstream {
    counting: Counting,
    arrivals: Vec<(Millis, u64)>,
}

impl Upstream {
    /// Whether all that has arrived was within the limits.
    fn is_content(&self, requests: u64, tokens: u64) -> bool {
        let mut arrivals = self.arrivals.clone();
        arrivals.sort_unstable();
        let within = |from: Millis, to: Millis| {
            let some = arrivals.iter().filter(|(at, _)| from < *at && *at <= to);
            let (count, sum) = some.fold((0, 0), |(count, sum), (_, tokens)| (count + 1, sum + tokens));
            count <= requests && sum <= tokens
        };
        match self.counting {
            Counting::Sliding => arrivals.iter().all(|(at, _)| within(at - MINUTE, *at)),
            Counting::FixedMinute => arrivals.iter().all(|(at, _)| {
                let start = at - at.rem_euclid(MINUTE);
                within(start - 1, start + MINUTE - 1)
            }),
            Counting::TokenBucket => {
                let (mut left, mut last) = ((requests as f64, tokens as f64), 0);
                arrivals.iter().all(|(at, cost)| {
                    let share = (at - last) as f64 / MINUTE as f64;
                    last = *at;
                    left.0 = (left.0 + share * requests as f64).min(requests as f64) - 1.0;
                    left.1 = (left.1 + share * tokens as f64).min(tokens as f64) - *cost as f64;
                    left.0 > -1e-6 && left.1 > -1e-6
                })
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8_000))]

    /// Whichever way Google counts, and however long requests travel (below the guard), no limit is overshot; and
    /// whenever there is no room, there is at the time that was named.
    #[test]
    fn no_limit_is_overshot_at_any_instant(
        counting in prop::sample::select(vec![Counting::Sliding, Counting::FixedMinute, Counting::TokenBucket]),
        requests in 1_u64..8,
        tokens in 50_u64..500,
        steps in prop::collection::vec((0_i64..20_000, 1_u64..120, 0_i64..1_000, any::<bool>()), 1..40),
    ) {
        let caps = [requests, tokens, UNLIMITED, UNLIMITED];
        let mut usage = Usage::default();
        let mut upstream = Upstream { counting, arrivals: Vec::new() };
        let mut now = NOON;
        for (pause, need, travel, patient) in steps {
            now += pause;
            if let Err(full) = usage.fits(need, now, MIDNIGHT, RULE, &caps) {
                match full.until {
                    Some(until) if patient => {
                        prop_assert!(until > now && until - now <= MINUTE + RULE.guard);
                        prop_assert!(usage.fits(need, until - 1, MIDNIGHT, RULE, &caps).is_err());
                        now = until;
                    }
                    _ => continue,
                }
            }
            prop_assert!(usage.fits(need, now, MIDNIGHT, RULE, &caps).is_ok());
            // The benefit of the doubt is the caller's risk.
            if need <= tokens {
                usage.book(need, now, MIDNIGHT, RULE);
                upstream.arrivals.push((now + travel, need));
            }
        }
        prop_assert!(upstream.is_content(requests, tokens), "{:?}", upstream.arrivals);
        // And a minute of idleness later everything is free.
        prop_assert_eq!(usage.minute(now + MINUTE + RULE.guard, RULE), Amount::default());
        prop_assert!(usage.fits(tokens, now + MINUTE + RULE.guard, MIDNIGHT, RULE, &caps).is_ok());
    }

    /// What is booked and taken back leaves nothing behind; counts never go below zero.
    #[test]
    fn corrections_add_up(steps in prop::collection::vec((0_i64..5_000, 0_u64..1000, 0_u64..1000, 0_u8..3), 1..50)) {
        let (mut usage, mut now, mut day) = (Usage::default(), NOON, Amount::default());
        for (pause, estimate, real, what) in steps {
            now += pause;
            usage.book(estimate, now, MIDNIGHT, RULE);
            match what {
                0 => {
                    usage.correct(now, estimate, real, MIDNIGHT);
                    day.add(Amount { requests: 1, tokens: real });
                }
                1 => usage.take_back(now, estimate, MIDNIGHT, Charged { minute: false, day: false }),
                _ => day.add(Amount { requests: 1, tokens: estimate }),
            }
        }
        prop_assert_eq!(usage.day(now, MIDNIGHT, RULE), day);
        let sum = usage.sum(|_| true);
        prop_assert_eq!(usage.minute, sum);
        usage.advance(now + 2 * MINUTE, MIDNIGHT, RULE);
        prop_assert_eq!(usage.minute, Amount::default());
    }
}
