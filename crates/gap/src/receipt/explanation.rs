//! Why which keys were tried, in the line of the log.

use std::io::Write as _;
use std::time::Duration;

use gap_pool::{Candidate, Ranking};
use gap_protocol::json::ObjectWriter;
use tokio::time::Instant;

use super::{Attempt, millis};

/// So many decisions are told: the record has room for them, and those after them say nothing new.
const MOST: usize = 16;

/// What the pool decided for one request, in order: one decision for each try, and perhaps one more, that there is no key.
#[derive(Debug, Default)]
pub(super) struct Decisions(Vec<Decision>);

#[derive(Debug)]
struct Decision {
    ranking: Ranking,
    waited: Duration,
}

// === impl Decisions ===

impl Decisions {
    pub(super) fn add(&mut self, ranking: Ranking, waited: Duration) {
        self.0.push(Decision { ranking, waited });
    }

    /// Adds those of another request that is a part of this one.
    pub(super) fn append(&mut self, part: &mut Self) {
        self.0.append(&mut part.0);
    }

    /// Whether the pool had no key at least once.
    pub(super) fn has_refusal(&self) -> bool {
        self.0.iter().any(|decision| decision.ranking.candidates.is_empty())
    }

    /// A JSON array; an element for each decision on a request that came at `began`.
    ///
    /// Written by hand: every request pays for it, and derived it took three times as long.
    pub(super) fn to_json(&self, attempts: &[Attempt], began: Instant) -> String {
        let mut out = Vec::with_capacity(1024);
        out.push(b'[');
        for (at, Decision { ranking, waited }) in self.0.iter().enumerate().take(MOST) {
            separate(&mut out, at);
            let mut decision = ObjectWriter::open(&mut out);
            let attempt = attempts.get(at);
            if let Some(attempt) = attempt {
                decision.text("key", attempt.key.masked());
            }
            if millis(*waited) > 0 {
                write_number(decision.key("waited_ms"), millis(*waited));
            }
            if let Some(attempt) = attempt {
                write_number(decision.key("after_ms"), millis(attempt.began.saturating_duration_since(began)));
                write_number(decision.key("took_ms"), millis(attempt.took));
            }
            decision.text("outcome", attempt.map_or("no_key", |attempt| attempt.cause.unwrap_or("answered")));
            if let Some(scope) = attempt.and_then(|attempt| attempt.scope) {
                decision.text("scope", scope);
            }
            write_choice(&mut decision, ranking);
            decision.close();
        }
        out.push(b']');
        String::from_utf8(out).unwrap_or_default()
    }
}

/// What the pool decided, and why.
fn write_choice(decision: &mut ObjectWriter<'_>, ranking: &Ranking) {
    write_number(decision.key("in_play"), ranking.in_play as u64);
    write_number(decision.key("looked_at"), ranking.looked_at as u64);
    let best = decision.key("best");
    best.push(b'[');
    for (at, candidate) in ranking.candidates.iter().enumerate() {
        separate(best, at);
        write_candidate(best, candidate);
    }
    best.push(b']');
    let mut rejected = ObjectWriter::open(decision.key("rejected"));
    for (reason, count) in ranking.rejected.by_name() {
        write_number(rejected.key(reason), count as u64);
    }
    rejected.close();
    if let Some(returns_at) = ranking.returns_at {
        decision.text("returns_at", &returns_at.to_string());
    }
}

fn write_candidate(out: &mut Vec<u8>, Candidate { key, project, why, score }: &Candidate) {
    let mut candidate = ObjectWriter::open(out);
    write_number(candidate.key("key"), key.number());
    write_number(candidate.key("project"), project.number());
    candidate.text("why", why.name());
    write_share(candidate.key("score"), score.total());
    write_share(candidate.key("headroom"), score.headroom);
    write_share(candidate.key("health"), score.health);
    candidate.close();
}

fn separate(out: &mut Vec<u8>, at: usize) {
    if at > 0 {
        out.push(b',');
    }
}

fn write_number(out: &mut Vec<u8>, number: u64) {
    // Writing to memory never fails.
    let _ = write!(out, "{number}");
}

/// A share of one, with four digits: more would say nothing.
fn write_share(out: &mut Vec<u8>, share: f32) {
    const WHOLE: f32 = 10_000.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between nothing and the whole")]
    let parts = (share * WHOLE).clamp(0.0, WHOLE).round() as u32;
    // Writing to memory never fails.
    let _ = match parts {
        10_000 => write!(out, "1.0"),
        parts => write!(out, "0.{parts:04}"),
    };
}

#[cfg(test)]
mod tests {
    use gap_pool::verdict::Cause;
    use gap_pool::{Fault, Need, NewKey, Outcome, Policy, Pool, Tried};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    /// What is told of a request that `pool` has decided on, and that no key was tried for.
    fn told(pool: &mut Pool) -> Value {
        let ranking = pool.rank(&Need::default(), &Tried::default(), Timestamp::UNIX_EPOCH);
        let mut decisions = Decisions::default();
        decisions.add(ranking, Duration::from_millis(1_500));
        serde_json::from_str(&decisions.to_json(&[], Instant::now())).unwrap()
    }

    #[test]
    fn a_decision_says_who_and_why_not() {
        let mut pool = Pool::new(Policy::default());
        for label in ["one", "two", "three"] {
            pool.add(NewKey { label: label.to_owned(), ..NewKey::default() }, Timestamp::UNIX_EPOCH);
        }
        let ranking = pool.rank(&Need::default(), &Tried::default(), Timestamp::UNIX_EPOCH);
        let lease = pool.reserve(&Need::default(), &ranking, Timestamp::UNIX_EPOCH).unwrap();
        pool.settle(lease, &Outcome::Fault(Fault::new(Cause::KeyInvalid, "no")), Timestamp::UNIX_EPOCH);
        let told = told(&mut pool);
        assert_eq!(told[0]["outcome"], "no_key");
        assert_eq!((&told[0]["waited_ms"], &told[0]["in_play"]), (&json!(1500), &json!(2)));
        assert_eq!(told[0]["rejected"], json!({ "key_invalid": 1 }));
        let best = &told[0]["best"][1];
        assert_eq!(
            (&best["why"], &best["score"], &best["headroom"]),
            (&json!("least_recently_used"), &json!(1.0), &json!(1.0))
        );
        assert_eq!(told[0]["best"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn without_a_key_there_is_nobody_to_be_told_of() {
        let told = told(&mut Pool::new(Policy::default()));
        assert_eq!(
            told,
            json!([{ "waited_ms": 1500, "outcome": "no_key", "in_play": 0, "looked_at": 0, "best": [], "rejected": {} }])
        );
    }

    #[test]
    fn a_share_has_four_digits() {
        let share = |share| {
            let mut out = Vec::new();
            write_share(&mut out, share);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            [0.0, 0.00004, 0.05, 0.99999, 1.0, 7.0, f32::NAN].map(share),
            ["0.0000", "0.0000", "0.0500", "1.0", "1.0", "1.0", "0.0000"]
        );
    }
}
