//! What a call leaves behind.
//!
//! A receipt is made before the first try and rides with the call to its end: inside the relay while keys are tried,
//! inside the response body afterwards. Whatever ends the call (the last byte, an error, the client leaving, a panic)
//! drops it, and the drop settles the lease, writes one line in the log and one record in the usage ledger. Nothing is settled twice because nothing
//! else settles.

mod explanation;

use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use gap_pool::verdict::{self, Fault, TransportFault};
use gap_pool::waiting::Asker;
use gap_pool::{Answered, ProjectId, Ranking, TierPolicy};
use gap_protocol::call::{CacheHint, Warnings};
use gap_protocol::meter::{Findings, Usage};
use gap_store::usage::Outcome;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::Instant;
use tracing::{Level, enabled, info};

use self::explanation::Decisions;
use crate::admission::Permit;
use crate::answers::{Wish, X_GAP_CACHE};
use crate::caches::automatic::{Ride, Story};
use crate::caches::{BY_CLIENT, Caches};
use crate::caller::Caller;
use crate::keyring::{LeaseGuard, Served};
use crate::ledger::price::Bill;
use crate::ledger::{self, Closing};
use crate::middleware::Visit;
use crate::prefixes::Followed;
use crate::relay::RelayError;
use crate::upstream::Secret;

/// Which upstream key answered, or was tried last, masked.
pub const X_GAP_KEY: HeaderName = HeaderName::from_static("x-gap-key");
/// How many tries the answer took, or its refusal.
pub const X_GAP_ATTEMPTS: HeaderName = HeaderName::from_static("x-gap-attempts");
/// How many milliseconds it waited for a key, if it did.
pub const X_GAP_WAITED: HeaderName = HeaderName::from_static("x-gap-waited");

/// What could not be done as asked.
pub const X_GAP_WARNINGS: HeaderName = HeaderName::from_static("x-gap-warnings");
/// The model that answered, when it is not the one that was asked for.
pub const X_GAP_MODEL: HeaderName = HeaderName::from_static("x-gap-model");

/// Marks a response whose line in the log is written by its receipt. Only the front door reads it.
#[derive(Clone, Copy, Debug)]
pub struct Receipted;

/// The record of one call; see the module's text.
#[derive(Debug)]
pub struct Receipt(Box<Account>);

/// What a receipt notes. On the heap: receipts change hands a dozen times in a request, and would be the largest part of
/// every future that holds one.
#[derive(Debug)]
struct Account {
    facts: Facts,
    lease: Option<LeaseGuard>,
    attempts: Vec<Attempt>,
    decisions: Decisions,
    waited: Duration,
    /// How long the answer took to begin, from the try that brought it.
    latency: Option<Duration>,
    first_byte: Option<Duration>,
    status: Option<StatusCode>,
    bytes: u64,
    usage: Option<Usage>,
    finish_reason: Option<String>,
    end: End,
    /// Whose fault it is that the answer broke off, where the upstream said so.
    fault: Option<Box<Fault>>,
    /// Whether the client gets a stream.
    streamed: bool,
    /// Who was asked last.
    served: Option<Served>,
    /// Whose fault it is that there is no answer, where it is not the last try's.
    scope: Option<&'static str>,
    permit: Permit,
    /// Whether it is a part of another, which writes the line.
    part: bool,
    /// The conversation, so that it is known who has served it.
    followed: Option<Followed>,
    /// The model that was asked for, when another stood in.
    model_asked: Option<String>,
    /// What could not be done as asked.
    warnings: Warnings,
    /// What the client says of requests to come.
    hint: Option<CacheHint>,
    /// The cache that it rides on, or may be worth one.
    ride: Option<Box<Ride>>,
    /// The cache that the client has named.
    named: Option<(Caches, String)>,
    /// What became of its beginning.
    story: Option<Story>,
    /// What the client says about answers that were kept; none where none may be given.
    wish: Option<Wish>,
    /// Whether the answer was kept from an earlier request.
    again: bool,
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
    /// Who asks.
    pub caller: Caller,
    /// The HTTP verb and path, without the query.
    pub request_line: String,
    /// The model, if the call names one.
    pub model: Option<String>,
}

/// One try.
#[derive(Debug)]
pub struct Attempt {
    /// The key that it was made with.
    pub key: Secret,
    /// When it began.
    pub began: Instant,
    /// How long it took; until its answer began, if there was one.
    pub took: Duration,
    /// The cause of its failure; none for the try that answered or is under way.
    pub cause: Option<&'static str>,
    /// Whose fault it was, if it failed.
    pub scope: Option<&'static str>,
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
        Self(Box::new(Account {
            facts,
            lease: None,
            attempts: Vec::new(),
            decisions: Decisions::default(),
            waited: Duration::ZERO,
            latency: None,
            first_byte: None,
            status: None,
            bytes: 0,
            usage: None,
            finish_reason: None,
            end: End::Open,
            fault: None,
            streamed: false,
            served: None,
            scope: None,
            permit: Permit::default(),
            part: false,
            followed: None,
            model_asked: None,
            warnings: Warnings::default(),
            hint: None,
            ride: None,
            named: None,
            story: None,
            wish: None,
            again: false,
        }))
    }

    /// What is known of the call beforehand.
    pub fn facts(&self) -> &Facts {
        &self.0.facts
    }

    /// The client has said this of requests to come.
    pub fn hinted(&mut self, hint: Option<CacheHint>) {
        self.0.hint = hint;
    }

    /// What the client has said of requests to come.
    pub fn cache_hint(&self) -> Option<CacheHint> {
        self.0.hint
    }

    /// An answer that was kept may be given, and this one may be kept, as the client wishes.
    #[must_use]
    pub fn may_repeat(mut self, wish: Wish) -> Self {
        self.0.wish = Some(wish);
        self
    }

    /// What the client says about answers that were kept; none where none may be given.
    pub fn wish(&self) -> Option<Wish> {
        self.0.wish
    }

    /// The answer was kept from an earlier request: nobody is asked, and nothing is paid.
    pub fn answered_again(&mut self) {
        self.0.again = true;
    }

    /// The call rides on a cache, or shows what may be worth one.
    pub fn rides(&mut self, ride: Ride) {
        self.0.ride = Some(Box::new(ride));
    }

    /// The cache of its own that the client has named, if any.
    pub fn names_cache(&mut self, caches: &Caches, name: Option<&str>) {
        self.0.named = name.map(|name| (caches.clone(), name.to_owned()));
    }

    /// The call continues this conversation, or begins one.
    pub fn follows(&mut self, followed: Option<Followed>) {
        self.0.followed = followed;
    }

    /// No key could serve the model, so another is asked.
    pub fn fell_back(&mut self, model: &str) {
        let before = self.0.facts.model.replace(model.to_owned());
        self.0.model_asked = self.0.model_asked.take().or(before);
    }

    /// What the client is to know of it, if another model stood in.
    pub fn substitution(&self) -> Option<String> {
        let (asked, model) = (self.0.model_asked.as_ref()?, self.0.facts.model.as_ref()?);
        Some(format!("{asked} could not be had; {model} answered in its place"))
    }

    /// This could not be done as asked. The record says so as well as the answer's headers.
    pub fn warned(&mut self, warnings: &Warnings) {
        self.0.warnings.clone_from(warnings);
    }

    /// Keeps the permit of the call, which is settled when the receipt is.
    #[must_use]
    pub fn with_permit(mut self, permit: Permit) -> Self {
        self.0.permit = permit;
        self
    }

    /// Whether the caller may use this model.
    pub fn may_use(&self, model: &str) -> bool {
        self.0.facts.caller.policy.allows_model(model)
    }

    /// Which tiers may serve the caller; none: as the pool's policy says.
    pub fn tiers(&self) -> Option<TierPolicy> {
        self.0.facts.caller.policy.paid_keys_only.then_some(TierPolicy::OnlyPaid)
    }

    /// Who asks, for the pool: those who wait for a key take turns by it.
    pub fn asker(&self) -> Asker {
        let mut hasher = DefaultHasher::new();
        self.0.facts.caller.id.hash(&mut hasher);
        hasher.finish()
    }

    /// The pool decided which key is next, or that there is none, after this wait.
    pub fn decided(&mut self, ranking: Ranking, waited: Duration) {
        self.0.waited += waited;
        self.0.facts.visit.entry.chose(&ranking);
        self.0.decisions.add(ranking, waited);
    }

    /// The record of one of several calls that become one answer. It writes no line of its own.
    #[must_use]
    pub fn part(&self) -> Self {
        let mut part = Self::part_of(self.0.facts.clone());
        (part.0.hint, part.0.named) = (self.0.hint, self.0.named.clone());
        part
    }

    /// The record of a part, where the whole needs none.
    pub fn part_of(facts: Facts) -> Self {
        let mut part = Self::begin(facts);
        part.0.part = true;
        part
    }

    /// Takes in what a part has noted.
    pub fn absorb(&mut self, mut part: Self) {
        self.take_tries(&mut part);
    }

    /// Takes over which keys a part has tried; the part itself follows its answer to the end.
    pub fn take_tries(&mut self, part: &mut Self) {
        self.0.attempts.append(&mut part.0.attempts);
        self.0.decisions.append(&mut part.0.decisions);
        self.0.waited += part.0.waited;
        self.0.story = part.0.story.take().or(self.0.story.take());
        self.0.served = part.0.served.take().or(self.0.served.take());
    }

    /// The client gets a stream.
    pub fn is_stream(&mut self) {
        self.0.streamed = true;
    }

    /// A try began with this key.
    pub fn attempt_began(&mut self, lease: &LeaseGuard) {
        self.0.served = Some(lease.served());
        self.0.attempts.push(Attempt {
            key: lease.secret().clone(),
            began: Instant::now(),
            took: Duration::ZERO,
            cause: None,
            scope: None,
        });
    }

    /// The try failed.
    pub fn attempt_failed(&mut self, fault: &Fault) {
        if let Some(attempt) = self.0.attempts.last_mut() {
            attempt.took = attempt.began.elapsed();
            attempt.cause = Some(fault.cause.name());
            attempt.scope = Some(fault.scope.name());
            self.0.facts.visit.entry.key_refused(self.0.served.as_ref(), attempt.key.masked(), fault);
        }
    }

    /// The try answered with nothing that can be used.
    pub fn attempt_empty(&mut self) {
        if let Some(attempt) = self.0.attempts.last_mut() {
            attempt.took = attempt.began.elapsed();
            attempt.cause = Some("empty_answer");
        }
    }

    /// The try answered; its lease is settled when the answer has ended.
    pub fn attempt_answered(&mut self, mut lease: LeaseGuard) {
        lease.answer_began();
        if let Some(attempt) = self.0.attempts.last_mut() {
            attempt.took = attempt.began.elapsed();
            self.0.latency = Some(attempt.took);
        }
        self.0.lease = Some(lease);
    }

    /// All of the answer has been read: nothing more depends on its key.
    pub fn answer_read(&mut self, findings: &Findings) {
        self.read(findings);
        self.note_conversation();
        if let Some(lease) = self.0.lease.take() {
            lease.answered(self.answer());
        }
    }

    /// The answer is certain and goes out with this status.
    pub fn committed(&mut self, status: StatusCode) {
        self.0.status = Some(status);
        self.0.first_byte = Some(self.0.facts.visit.began.elapsed());
    }

    /// Bytes of the answer were passed on.
    pub fn passed(&mut self, bytes: usize) {
        self.0.bytes += bytes as u64;
    }

    /// The answer was passed on to its end.
    pub fn completed(&mut self, findings: &Findings) {
        if self.0.end == End::Open {
            self.0.end = End::Completed;
            self.read(findings);
        }
    }

    /// The answer broke off on the upstream's side.
    pub fn broke_off(&mut self, why: &'static str, findings: &Findings) {
        self.0.end = End::BrokeOff(why);
        self.read(findings);
    }

    /// The client may be about to leave: what the answer has said so far was paid for.
    pub fn left(&mut self, findings: &Findings) {
        if self.0.end == End::Open {
            self.read(findings);
        }
    }

    /// There is no answer; the client gets an error.
    pub fn refused(&mut self, error: &RelayError) {
        self.0.scope = error.scope();
        self.refused_with(error.status());
    }

    /// There is no answer; the client gets an error with this status.
    pub fn refused_with(&mut self, status: StatusCode) {
        self.0.end = End::Refused;
        self.0.status = Some(status);
    }

    /// The project whose key answered, while the answer is under way.
    pub fn project(&self) -> Option<ProjectId> {
        self.0.lease.as_ref().and_then(LeaseGuard::project)
    }

    /// The key of the try that answered, while the answer is under way.
    pub fn secret(&self) -> Option<&Secret> {
        self.0.lease.as_ref().map(LeaseGuard::secret)
    }

    /// The upstream said within its answer why it does not go on.
    pub fn failed_in_stream(&mut self, fault: Fault) {
        self.0.fault = Some(Box::new(fault));
    }

    /// Which keys were tried so far.
    pub fn tries(&self) -> Tries {
        let key = self.0.attempts.last().map(|last| last.key.masked_header());
        Tries { attempts: self.0.attempts.len(), waited: millis(self.0.waited), key }
    }

    /// Names the key and the number of tries in an answer's headers.
    pub fn name_in(&self, headers: &mut HeaderMap) {
        self.tries().name_in(headers);
        if self.0.again {
            headers.insert(X_GAP_CACHE, HeaderValue::from_static("hit"));
        }
        if self.0.model_asked.is_some()
            && let Some(model) = self.0.facts.model.as_ref().and_then(|model| HeaderValue::from_str(model).ok())
        {
            headers.insert(X_GAP_MODEL, model);
        }
    }

    fn read(&mut self, findings: &Findings) {
        self.0.usage.clone_from(&findings.usage);
        self.0.finish_reason = findings.finish_reason.as_ref().map(ToString::to_string);
    }

    /// Notes who has served the conversation, and what its prompt costs.
    fn note_conversation(&mut self) {
        let followed = self.0.followed.take();
        let (Some(lease), Some(usage)) = (&self.0.lease, &self.0.usage) else { return };
        let Some(project) = lease.project() else { return };
        if let Some(followed) = followed {
            followed.note(lease.key(), project, usage.prompt);
        }
        if self.0.ride.is_none() && self.0.named.is_none() {
            return;
        }
        let saved = self.bill().saved_nanos;
        if let Some((caches, name)) = self.0.named.take() {
            caches.note_use(&name, &self.0.facts.caller.id, BY_CLIENT, usage.cached, saved);
        }
        if let Some(ride) = self.0.ride.take() {
            let free = self.0.served.as_ref().is_some_and(|served| served.free);
            self.0.story = ride.arrive(&self.0.facts, (project, free), usage, saved);
        }
    }

    /// What an answer that was kept says of its cost was paid for the first time it was given.
    fn forgo(&mut self) {
        let saved = self.bill().cost_nanos;
        if let Some(usage) = self.0.usage.take() {
            self.0.story = Some(Story::of_answer(usage.total.max(usage.prompt), saved));
        }
    }

    /// Tells the pool how the try that answered really went.
    fn settle(&mut self) {
        self.note_conversation();
        let Some(lease) = self.0.lease.take() else { return };
        match self.0.end {
            End::BrokeOff(_) => {
                let said = self.0.fault.take().map(|fault| *fault);
                lease.failed(said.unwrap_or_else(|| verdict::of_transport(TransportFault::Reset)));
            }
            // A client that left in the middle has seen that the key does answer.
            End::Completed | End::Open | End::Refused => lease.answered(self.answer()),
        }
    }

    /// What the answer was like, as far as the pool needs to know.
    fn answer(&self) -> Answered {
        let input_tokens = self.0.usage.as_ref().map(|usage| usage.prompt).filter(|tokens| *tokens > 0);
        Answered { input_tokens, latency: self.0.latency, empty: false }
    }

    /// Whether the line in the log says why which keys were tried: there is something to explain, or somebody is curious.
    fn is_noteworthy(&self) -> bool {
        let noteworthy = self.0.attempts.len() > 1 || self.0.decisions.has_refusal() || millis(self.0.waited) > 0;
        noteworthy || enabled!(Level::DEBUG)
    }

    /// What it costs by list prices.
    fn bill(&self) -> Bill {
        let Facts { visit, model, .. } = &self.0.facts;
        let Some((model, usage)) = model.as_deref().zip(self.0.usage.as_ref()) else { return Bill::default() };
        visit.entry.bill(model, usage, self.0.served.as_ref().is_some_and(|served| served.free))
    }

    /// Writes the record, with all that is known.
    fn close_entry(&self, decisions: &str, bill: Bill) {
        let Facts { visit, request_line, model, .. } = &self.0.facts;
        let outcome = match self.0.end {
            End::Completed if self.0.status.is_some_and(|status| status.as_u16() >= 400) => Outcome::Failed,
            End::Completed => Outcome::Answered,
            End::Refused | End::BrokeOff(_) => Outcome::Failed,
            End::Open => Outcome::Cancelled,
        };
        let last = self.0.attempts.last().and_then(|attempt| attempt.scope);
        let scope = if outcome == Outcome::Failed { self.0.scope.or(last).unwrap_or_default() } else { "" };
        visit.entry.close(Closing {
            visit,
            request_line,
            model: model.as_deref(),
            served: self.0.served.as_ref(),
            tries: &self.0.attempts,
            status: self.0.status.map_or(0, |status| status.as_u16()),
            outcome,
            scope,
            streamed: self.0.streamed,
            usage: self.0.usage.as_ref(),
            bill,
            waited: self.0.waited,
            first_token: self.0.first_byte.filter(|_| self.0.streamed),
            explanation: Some(self.explain(decisions)),
        });
    }

    /// What the record says beyond its columns, as a JSON object.
    fn explain(&self, decisions: &str) -> String {
        let status = self.0.status.map_or(0, |status| status.as_u16());
        let visit = &self.0.facts.visit;
        let own_name = visit.entry.id().and_then(|id| ledger::own_name(visit, id));
        let ended = Ended { end: self.0.end, status }.to_string();
        let mut json = String::with_capacity(decisions.len() + 128);
        // These three texts are ours, Google's enumeration and a header that was looked at: Debug quotes them as JSON does.
        let _ = write!(json, "{{\"ended\":{ended:?}");
        if let Some(reason) = &self.0.finish_reason {
            let _ = write!(json, ",\"finish_reason\":{}", serde_json::Value::from(reason.as_str()));
        }
        if let Some(name) = own_name {
            let _ = write!(json, ",\"request_id\":{name:?}");
        }
        if let Some(model) = &self.0.model_asked {
            let _ = write!(json, ",\"model_asked\":{}", serde_json::Value::from(model.as_str()));
        }
        if !self.0.warnings.is_empty() {
            let warnings: Vec<String> = self.0.warnings.iter().map(ToString::to_string).collect();
            let _ = write!(json, ",\"warnings\":{}", serde_json::Value::from(warnings));
        }
        if let Some(story) = self.0.story.as_ref().and_then(|story| serde_json::to_string(story).ok()) {
            let _ = write!(json, ",\"cache\":{story}");
        }
        json.push_str(",\"decisions\":");
        json.push_str(decisions);
        json.push('}');
        json
    }

    fn write_line(&self, decisions: Option<&str>) {
        let Facts { visit, caller, request_line, model } = &self.0.facts;
        let status = self.0.status.map_or(0, |status| status.as_u16());
        let tried: Vec<&str> = self.0.attempts.iter().filter_map(|attempt| attempt.cause).collect();
        let usage = self.0.usage.as_ref();
        info!(
            request.id = visit.id_text(),
            dialect = visit.dialect.name(),
            caller = &*caller.name,
            model = model.as_deref(),
            model.asked = self.0.model_asked.as_deref(),
            status,
            duration_ms = millis(visit.began.elapsed()),
            first_byte_ms = self.0.first_byte.map(millis),
            waited_ms = some(millis(self.0.waited)),
            bytes = self.0.bytes,
            attempts = self.0.attempts.len(),
            answer_cache = self.0.again.then_some("hit"),
            failed_attempts = (!tried.is_empty()).then(|| tried.join(",")),
            key.label = self.0.attempts.last().map_or("", |attempt| attempt.key.masked()),
            pool.explanation = decisions,
            finish_reason = self.0.finish_reason.as_deref(),
            usage.prompt_tokens = usage.map(|usage| usage.prompt),
            usage.cached_tokens = usage.and_then(|usage| some(usage.cached)),
            usage.output_tokens = usage.map(|usage| usage.candidates),
            usage.thought_tokens = usage.and_then(|usage| some(usage.thoughts)),
            usage.total_tokens = usage.map(|usage| usage.total),
            "{request_line} {}",
            Ended { end: self.0.end, status },
        );
    }
}

impl Drop for Receipt {
    /// Settles even if the client hung up: half an answer was still paid for.
    fn drop(&mut self) {
        if self.0.end == End::Open && std::thread::panicking() {
            // The client is told so by the front door, or by the end of its stream.
            self.refused_with(StatusCode::INTERNAL_SERVER_ERROR);
        }
        if self.0.again {
            self.forgo();
        }
        self.settle();
        let bill = self.bill();
        self.0.permit.settle(self.0.usage.as_ref(), bill.cost_nanos);
        if !self.0.part {
            let entry = &self.0.facts.visit.entry;
            let noteworthy = self.is_noteworthy();
            let decisions = if noteworthy || entry.is_open() {
                self.0.decisions.to_json(&self.0.attempts, self.0.facts.visit.began)
            } else {
                String::new()
            };
            self.write_line(noteworthy.then_some(&decisions));
            self.close_entry(&decisions, bill);
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
