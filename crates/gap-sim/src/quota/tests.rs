use proptest::prelude::*;

use super::*;

fn day() -> Date {
    Date::constant(2026, 7, 1)
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(1_782_907_200 + second).unwrap()
}

/// The sum of what was admitted in the minute that ends at `now`.
fn in_minute(admitted: &[(i64, Cost)], now: i64) -> Cost {
    let recent = admitted.iter().filter(|(at, _)| now - at < 60);
    recent.fold(Cost::NOTHING, |sum, (_, cost)| sum.plus(*cost))
}

proptest! {
    /// Never beyond the limit in any minute, never refused while there is room, and the delay that is named is enough.
    #[test]
    fn a_minute_holds_what_it_may_and_no_more(
        calls in prop::collection::vec((0_i64..30, 1_u64..4, 0_u64..50), 1..80),
        rpm in 4_u64..12,
        tpm in 50_u64..150,
    ) {
        let limit = Limit { rpm: Some(rpm), tpm: Some(tpm), ..Limit::default() };
        let mut quotas = Quotas::default();
        let mut admitted = Vec::new();
        let mut now = 0;
        for (pause, requests, tokens) in calls {
            now += pause;
            let cost = Cost { requests, tokens };
            let would = in_minute(&admitted, now).plus(cost);
            let fits = would.requests <= rpm && would.tokens <= tpm;
            match quotas.admit((1, "m"), limit, cost, (second(now), day())) {
                Ok(()) => {
                    prop_assert!(fits);
                    admitted.push((now, cost));
                }
                Err(refusal) => {
                    prop_assert!(!fits);
                    let later = now + refusal.retry.as_secs();
                    let would = in_minute(&admitted, later).plus(cost);
                    prop_assert!(would.requests <= rpm && would.tokens <= tpm, "after {:?}", refusal.retry);
                    prop_assert!(refusal.retry <= MINUTE);
                }
            }
        }
        let sum = in_minute(&admitted, now);
        let used = quotas.used(second(now), day());
        for (_, _, used) in used {
            prop_assert_eq!((used.requests_per_minute, used.tokens_per_minute), (sum.requests, sum.tokens));
        }
    }
}

#[test]
fn projects_that_are_idle_are_forgotten() {
    let mut quotas = Quotas::default();
    let cost = Cost { requests: 1, tokens: 1 };
    for project in 0..ROOM as u64 {
        quotas.admit((project, "m"), Limit::default(), cost, (second(0), day())).unwrap();
    }
    quotas.admit((u64::MAX, "m"), Limit::default(), cost, (second(86_400), day().tomorrow().unwrap())).unwrap();
    assert_eq!(quotas.buckets.len(), 1);
}
