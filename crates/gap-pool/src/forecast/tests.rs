use super::*;
use crate::{Affinity, KeyId, Limits, Need, NewKey, Outcome, Policy, ProjectId, Tried};

/// Keys of as many projects, at noon in California, with so many requests per day each.
fn pool(keys: usize, per_day: Option<u64>) -> (Pool, Timestamp) {
    let now = "2026-07-15T19:00:00Z".parse().unwrap();
    let mut pool = Pool::new(Policy::default());
    for _ in 0..keys {
        pool.add(NewKey::default(), now);
    }
    let projects: Vec<ProjectId> = pool.keys(now).into_iter().map(|key| key.project).collect();
    for project in projects {
        let limits = Limits { requests_per_day: per_day, ..Limits::default() };
        pool.set_limits(project, Some("m"), limits, now);
    }
    (pool, now)
}

fn send(pool: &mut Pool, requests: usize, now: Timestamp) -> Vec<KeyId> {
    let need = Need { model: Some("m".into()), ..Need::default() };
    let one = |_| {
        let ranking = pool.rank(&need, &Tried::default(), now);
        let lease = pool.reserve(&need, &ranking, now).unwrap();
        let key = lease.key();
        pool.settle(lease, &Outcome::success(), now);
        key
    };
    (0..requests).map(one).collect()
}

fn today(pool: &Pool, now: Timestamp) -> Forecast {
    let mut forecasts = pool.forecast(Timestamp::MIN, now);
    assert_eq!(forecasts.len(), 1);
    forecasts.remove(0)
}

#[test]
fn the_rate_since_midnight_says_what_the_day_needs() {
    // Half of the day is over: 40 requests make 80.
    for per_day in [50, 20, 13, 12, 11] {
        let (mut pool, now) = pool(7, Some(per_day));
        send(&mut pool, 40, now);
        let forecast = today(&pool, now);
        let capacity = 7 * per_day;
        assert_eq!((forecast.used, forecast.capacity, forecast.left), (40, Some(capacity), Some(capacity - 40)));
        let load = forecast.load.unwrap();
        assert!((load - 80.0 / capacity as f64).abs() < 0.01, "{forecast:?}");
        let expected = match load {
            load if load > 0.95 => Advice::AddSurely,
            load if load > 0.8 => Advice::Add,
            load if load < 0.3 => Advice::CouldReduce,
            _ => Advice::Enough,
        };
        assert_eq!(forecast.advice, expected, "{per_day}: {forecast:?}");
        assert_eq!(forecast.dry_at.is_some(), capacity < 80, "{forecast:?}");
    }
}

#[test]
fn so_many_more_projects_make_it_enough() {
    let (mut pool, now) = pool(4, Some(20));
    send(&mut pool, 60, now);
    let forecast = today(&pool, now);
    // 120 are needed, and 4 × 20 are there: 150 leave a fifth to spare.
    assert_eq!((forecast.more_projects, forecast.advice), (4, Advice::AddSurely));
    assert_eq!(forecast.dry_at.unwrap(), now + Duration::from_hours(4));
}

#[test]
fn what_rests_until_midnight_has_nothing_left() {
    let (mut pool, now) = pool(2, Some(100));
    let need = Need { model: Some("m".into()), affinity: Affinity::None, ..Need::default() };
    let ranking = pool.rank(&need, &Tried::default(), now);
    let lease = pool.reserve(&need, &ranking, now).unwrap();
    let fault = crate::Fault::new(crate::verdict::Cause::RequestsPerDay, "");
    pool.settle(lease, &Outcome::Fault(fault), now);
    assert_eq!(today(&pool, now).left, Some(100));
}

#[test]
fn without_a_limit_nobody_knows() {
    let (mut pool, now) = pool(2, None);
    send(&mut pool, 10, now);
    let forecast = today(&pool, now);
    assert_eq!((forecast.capacity, forecast.unlimited, forecast.advice), (None, 2, Advice::Unknown));
    assert_eq!((forecast.dry_at, forecast.more_projects), (None, 0));
}

#[test]
fn a_few_minutes_make_no_rate() {
    let (mut pool, now) = pool(2, Some(1000));
    send(&mut pool, 10, now);
    let forecast = pool.forecast(now, now).remove(0);
    // As if they were spread over a quarter of an hour: 10 + 12 × 40.
    assert!((forecast.load.unwrap() - 490.0 / 2000.0).abs() < 0.001, "{forecast:?}");
}
