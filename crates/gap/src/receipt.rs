//! What a call leaves behind.
//!
//! A receipt is made before the first try and rides with the call to its end: inside the relay while keys are tried,
//! inside the response body afterwards. Whatever ends the call (the last byte, an error, the client leaving, a panic)
//! drops it, and the drop settles the lease and writes one line in the log. Nothing is settled twice because nothing
//! else settles.

mod explanation;

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use gap_pool::verdict::{self, Fault, TransportFault};
use gap_pool::waiting::Asker;
use gap_pool::{Answered, ProjectId, Ranking};
use gap_protocol::meter::{Findings, Usage};
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::Instant;
use tracing::{Level, enabled, info};

use self::explanation::Decisions;
use crate::keyring::LeaseGuard;
use crate::middleware::Visit;
use crate::relay::RelayError;
use crate::upstream::Secret;

/// Which upstream key answered, or was tried last, masked.
pub const X_GAP_KEY: HeaderName = HeaderName::from_static("x-gap-key");
/// How many tries the answer took, or its refusal.
pub const X_GAP_ATTEMPTS: HeaderName = HeaderName::from_static("x-gap-attempts");
/// How many milliseconds it waited for a key, if it did.
pub const X_GAP_WAITED: HeaderName = HeaderName::from_static("x-gap-waited");

/// Marks a response whose line in the log is written by its receipt. Only the front door reads it.
#[derive(Clone, Copy, Debug)]
pub struct Receipted;

/// The record of one call; see the module's text.
#[derive(Debug)]
pub struct Receipt {
    facts: Facts,
    lease: Option<LeaseGuard>,
    attempts: Vec<Attempt>,
    decisions: Decisions,
    waited: Duration,
    first_byte: Option<Duration>,
    status: Option<StatusCode>,
    bytes: u64,
    usage: Option<Usage>,
    finish_reason: Option<String>,
    end: End,
    /// Whose fault it is that the answer broke off, where the upstream said so.
    fault: Option<Box<Fault>>,
    /// Whether it is a part of another, which writes the line.
    part: bool,
}

/// Which keys were tried for a call, as headers tell it.
#[derive(Clone, Debug, Default)]
pub struct Tries {
    attempts: usize,
    waited: u64,
    /// The last key, masked.
    key: Option<HeaderValue>,
}

impl Tries {
    /// Names the key and the number of tries in an answer's headers; nothing where no key was tried.
    pub fn name_in(&self, headers: &mut HeaderMap) {
        if self.waited > 0 {
            headers.insert(X_GAP_WAITED, HeaderValue::from(self.waited));
        }
        if let Some(key) = &self.key {
            headers.insert(X_GAP_ATTEMPTS, HeaderValue::from(self.attempts));
            headers.insert(X_GAP_KEY, key.clone());
        }
    }
}

/// What is known of a call before it is tried.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The visit it belongs to.
    pub visit: Visit,
    /// What logs call the caller's access key.
    pub caller: String,
    /// The HTTP verb and path, without the query.
    pub request_line: String,
    /// The model, if the call names one.
    pub model: Option<String>,
}

/// One try.
#[derive(Debug)]
struct Attempt {
    key: Secret,
    began: Instant,
    took: Duration,
    /// The cause of its failure; none for the try that answered or is under way.
    cause: Option<&'static str>,
    /// Whose fault it was, if it failed.
    scope: Option<&'static str>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Not yet; a receipt dropped like this was left by its client.
    Open,
    /// The answer was passed on to its end.
    Completed,
    /// There was no answer.
    Refused,
    /// The answer broke off.
    BrokeOff(&'static str),
}

// === impl Receipt ===

impl Receipt {
    /// Begins the record.
    pub fn begin(facts: Facts) -> Self {
        Self {
            facts,
            lease: None,
            attempts: Vec::new(),
            decisions: Decisions::default(),
            waited: Duration::ZERO,
            first_byte: None,
            status: None,
            bytes: 0,
            usage: None,
            finish_reason: None,
            end: End::Open,
            fault: None,
            part: false,
        }
    }

    /// Who asks, for the pool: those who wait for a key take turns by it.
    pub fn asker(&self) -> Asker {
        let mut hasher = DefaultHasher::new();
        self.facts.caller.hash(&mut hasher);
        hasher.finish()
    }

    /// The pool decided which key is next, or that there is none, after this wait.
    pub fn decided(&mut self, ranking: Ranking, waited: Duration) {
        self.waited += waited;
        self.decisions.add(ranking, waited);
    }

    /// The record of one of several calls that become one answer. It writes no line of its own.
    #[must_use]
    pub fn part(&self) -> Self {
        Self::part_of(self.facts.clone())
    }

    /// The record of a part, where the whole needs none.
    pub fn part_of(facts: Facts) -> Self {
        let mut part = Self::begin(facts);
        part.part = true;
        part
    }

    /// Takes in what a part has noted.
    pub fn absorb(&mut self, mut part: Self) {
        self.attempts.append(&mut part.attempts);
        self.decisions.append(&mut part.decisions);
        self.waited += part.waited;
    }

    /// A try began with this key.
    pub fn attempt_began(&mut self, secret: &Secret) {
        self.attempts.push(Attempt {
            key: secret.clone(),
            began: Instant::now(),
            took: Duration::ZERO,
            cause: None,
            scope: None,
        });
    }

    /// The try failed.
    pub fn attempt_failed(&mut self, fault: &Fault) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.took = attempt.began.elapsed();
            attempt.cause = Some(fault.cause.name());
            attempt.scope = Some(fault.scope.name());
        }
    }

    /// The try answered with nothing that can be used.
    pub fn attempt_empty(&mut self) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.took = attempt.began.elapsed();
            attempt.cause = Some("empty_answer");
        }
    }

    /// The try answered; its lease is settled when the answer has ended.
    pub fn attempt_answered(&mut self, mut lease: LeaseGuard) {
        lease.answer_began();
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.took = attempt.began.elapsed();
        }
        self.lease = Some(lease);
    }

    /// All of the answer has been read: nothing more depends on its key.
    pub fn answer_read(&mut self, findings: &Findings) {
        self.read(findings);
        if let Some(lease) = self.lease.take() {
            lease.answered(self.answer());
        }
    }

    /// The answer is certain and goes out with this status.
    pub fn committed(&mut self, status: StatusCode) {
        self.status = Some(status);
        self.first_byte = Some(self.facts.visit.began.elapsed());
    }

    /// Bytes of the answer were passed on.
    pub fn passed(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// The answer was passed on to its end.
    pub fn completed(&mut self, findings: &Findings) {
        if self.end == End::Open {
            self.end = End::Completed;
            self.read(findings);
        }
    }

    /// The answer broke off on the upstream's side.
    pub fn broke_off(&mut self, why: &'static str, findings: &Findings) {
        self.end = End::BrokeOff(why);
        self.read(findings);
    }

    /// There is no answer; the client gets an error.
    pub fn refused(&mut self, error: &RelayError) {
        self.refused_with(error.status());
    }

    /// There is no answer; the client gets an error with this status.
    pub fn refused_with(&mut self, status: StatusCode) {
        self.end = End::Refused;
        self.status = Some(status);
    }

    /// The project whose key answered, while the answer is under way.
    pub fn project(&self) -> Option<ProjectId> {
        self.lease.as_ref().and_then(LeaseGuard::project)
    }

    /// The key of the try that answered, while the answer is under way.
    pub fn secret(&self) -> Option<&Secret> {
        self.lease.as_ref().map(LeaseGuard::secret)
    }

    /// The upstream said within its answer why it does not go on.
    pub fn failed_in_stream(&mut self, fault: Fault) {
        self.fault = Some(Box::new(fault));
    }

    /// Which keys were tried so far.
    pub fn tries(&self) -> Tries {
        let key = self.attempts.last().map(|last| last.key.masked_header());
        Tries { attempts: self.attempts.len(), waited: millis(self.waited), key }
    }

    /// Names the key and the number of tries in an answer's headers.
    pub fn name_in(&self, headers: &mut HeaderMap) {
        self.tries().name_in(headers);
    }

    fn read(&mut self, findings: &Findings) {
        self.usage.clone_from(&findings.usage);
        self.finish_reason = findings.finish_reason.as_ref().map(ToString::to_string);
    }

    /// Tells the pool how the try that answered really went.
    fn settle(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        match self.end {
            End::BrokeOff(_) => {
                let said = self.fault.take().map(|fault| *fault);
                lease.failed(said.unwrap_or_else(|| verdict::of_transport(TransportFault::Reset)));
            }
            // A client that left in the middle has seen that the key does answer.
            End::Completed | End::Open | End::Refused => lease.answered(self.answer()),
        }
    }

    /// What the answer was like, as far as the pool needs to know.
    fn answer(&self) -> Answered {
        let input_tokens = self.usage.as_ref().map(|usage| usage.prompt).filter(|tokens| *tokens > 0);
        let latency = self.attempts.last().map(|attempt| attempt.took);
        Answered { input_tokens, latency, empty: false }
    }

    /// Why which keys were tried: when there is something to explain, or somebody is curious.
    fn explanation(&self) -> Option<String> {
        let noteworthy = self.attempts.len() > 1 || self.decisions.has_refusal() || millis(self.waited) > 0;
        (noteworthy || enabled!(Level::DEBUG)).then(|| self.decisions.to_json(&self.attempts))
    }

    fn write_line(&self) {
        let Facts { visit, caller, request_line, model } = &self.facts;
        let status = self.status.map_or(0, |status| status.as_u16());
        let tried: Vec<&str> = self.attempts.iter().filter_map(|attempt| attempt.cause).collect();
        let usage = self.usage.as_ref();
        info!(
            request.id = visit.id_text(),
            dialect = visit.dialect.name(),
            caller,
            model = model.as_deref(),
            status,
            duration_ms = millis(visit.began.elapsed()),
            first_byte_ms = self.first_byte.map(millis),
            waited_ms = some(millis(self.waited)),
            bytes = self.bytes,
            attempts = self.attempts.len(),
            failed_attempts = (!tried.is_empty()).then(|| tried.join(",")),
            key.label = self.attempts.last().map_or("", |attempt| attempt.key.masked()),
            pool.explanation = self.explanation(),
            finish_reason = self.finish_reason.as_deref(),
            usage.prompt_tokens = usage.map(|usage| usage.prompt),
            usage.cached_tokens = usage.and_then(|usage| some(usage.cached)),
            usage.output_tokens = usage.map(|usage| usage.candidates),
            usage.thought_tokens = usage.and_then(|usage| some(usage.thoughts)),
            usage.total_tokens = usage.map(|usage| usage.total),
            "{request_line} {}",
            Ended { end: self.end, status },
        );
    }
}

impl Drop for Receipt {
    /// Settles even if the client hung up: half an answer was still paid for.
    fn drop(&mut self) {
        self.settle();
        if !self.part {
            self.write_line();
        }
    }
}

/// How a call ended, as its line says it.
struct Ended {
    end: End,
    status: u16,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status;
        match self.end {
            End::Completed => write!(f, "answered {status}"),
            End::Refused => write!(f, "refused with {status}"),
            End::BrokeOff(why) => write!(f, "broke off: {why}"),
            End::Open => f.write_str("was left by its client"),
        }
    }
}

/// What there is none of is left out of the line.
fn some(count: u64) -> Option<u64> {
    (count > 0).then_some(count)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
