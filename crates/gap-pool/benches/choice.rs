//! What choosing a key costs. The budget: below 2 µs for rank, reserve and settle with 100,000 keys, most of a model's
//! buckets resting or not.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gap_pool::verdict::{Cause, Rest};
use gap_pool::{Answered, Fault, Limits, Need, NewKey, Outcome, Policy, Pool, ProjectId, Tried};
use jiff::Timestamp;

const MODEL: &str = "gemini-2.5-flash";
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn need() -> Need {
    Need { model: Some(MODEL.into()), tokens: 700, ..Need::default() }
}

/// `keys` keys, ten to a project where there are many.
fn pool(keys: usize) -> Pool {
    let mut pool = Pool::new(Policy::default());
    for at in 0..keys {
        let project = (keys > 10).then(|| (at / 10).to_string());
        pool.add(NewKey { label: format!("AIza…{at}"), project, ..NewKey::default() }, NOW);
    }
    pool
}

fn call(pool: &mut Pool, need: &Need, outcome: &Outcome) {
    call_at(pool, need, outcome, NOW);
}

fn call_at(pool: &mut Pool, need: &Need, outcome: &Outcome, now: Timestamp) {
    let ranking = pool.rank(black_box(need), &Tried::default(), now);
    if let Some(lease) = pool.reserve(need, &ranking, now) {
        pool.settle(lease, outcome, now);
    }
}

/// Every bucket has limits for each quota, and has been used within the last minute.
fn limit(pool: &mut Pool) {
    let limits = Limits {
        requests_per_minute: Some(100_000),
        tokens_per_minute: Some(100_000_000),
        requests_per_day: Some(100_000_000),
        tokens_per_day: Some(100_000_000_000),
    };
    let mut projects: Vec<ProjectId> = pool.keys(NOW).iter().map(|key| key.project).collect();
    projects.dedup();
    for project in &projects {
        pool.set_limits(*project, Some(MODEL), limits, NOW);
    }
    for _ in 0..2 * projects.len() {
        call(pool, &need(), &Outcome::success());
    }
}

/// The buckets of all projects but a tenth have used up their day.
fn tire(pool: &mut Pool, need: &Need) {
    let mut fault = Fault::new(Cause::RequestsPerDay, "");
    fault.rest = Rest::For(Duration::from_hours(10));
    let projects = pool.rank(need, &Tried::default(), NOW).candidates.len().max(pool.keys(NOW).len() / 10);
    for _ in 0..projects * 9 / 10 {
        call(pool, need, &Outcome::Fault(fault.clone()));
    }
}

fn choice(c: &mut Criterion) {
    let mut group = c.benchmark_group("rank, reserve, settle");
    for keys in [10, 1_000, 100_000] {
        let need = need();
        let answered = Outcome::Success(Answered { input_tokens: Some(700), ..Answered::default() });
        let mut fresh = pool(keys);
        group.bench_function(BenchmarkId::new("all in play", keys), |b| {
            b.iter(|| call(&mut fresh, &need, &Outcome::success()));
        });
        let mut limited = pool(keys);
        limit(&mut limited);
        group.bench_function(BenchmarkId::new("every bucket has limits and windows", keys), |b| {
            let mut now = NOW;
            b.iter(|| {
                now += Duration::from_millis(1);
                call_at(&mut limited, &need, &answered, now);
            });
        });
        let mut tired = pool(keys);
        tire(&mut tired, &need);
        group.bench_function(BenchmarkId::new("nine of ten buckets rest", keys), |b| {
            b.iter(|| call(&mut tired, &need, &Outcome::success()));
        });
        let mut empty = pool(keys);
        while !empty.rank(&need, &Tried::default(), NOW).candidates.is_empty() {
            let mut fault = Fault::new(Cause::RequestsPerDay, "");
            fault.rest = Rest::For(Duration::from_hours(10));
            call(&mut empty, &need, &Outcome::Fault(fault));
        }
        group.bench_function(BenchmarkId::new("none in play", keys), |b| {
            b.iter(|| black_box(empty.rank(&need, &Tried::default(), NOW)));
        });
    }
    group.finish();
}

criterion_group!(benches, choice);
criterion_main!(benches);
