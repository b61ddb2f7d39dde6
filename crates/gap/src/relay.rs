//! The only retry loop.
//!
//! [`Relay::answer`] takes a call, finds a key for it, sends it, looks at what came back, and either has the answer or
//! knows why not. It resolves when the answer is *committed*: the first event of a stream is there, or all of a unary
//! answer that is small enough to hold. Until then nothing has gone to the client, so a broken connection, an
//! overloaded backend or a key that Google refuses costs the client nothing but time.
//!
//! The future it returns owns everything it needs: a streaming handler races it against `server.open_after`, and if
//! the timer wins, the response body goes on polling it (`phases.rs`).

mod attempts;
pub mod chat;
mod judge;
mod kept;
mod pace;
pub mod phases;
mod reading;
pub mod reply;
mod tokens;
mod whole;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gap_pool::verdict::Scope;
use gap_pool::{Affinity, Answered, Fault, Need, ProjectId, TierPolicy, Tried};
use gap_protocol::chain;
use gap_protocol::json::{self, Node};
use gap_protocol::meter::Framing;
use http::{HeaderMap, Method, Response};
use tokio::time::Instant;

use self::attempts::{Attempts, Next};
use self::chat::{Chat, ChatError, ChatReply};
pub use self::judge::Refusal;
use self::judge::Unopened;
use self::kept::Gathered;
use self::reading::{Opened, Reading};
pub use self::reply::Reply;
use self::whole::Whole;
pub use self::whole::WholeAnswer;
use crate::answers::Answers;
use crate::body::{BodyEnded, RequestBody};
use crate::caches::Caches;
use crate::clock::Clock;
use crate::keyring::{Keyring, LeaseGuard, NoLease, Patience};
use crate::prefixes::{Followed, Prefixes};
use crate::receipt::{Receipt, Tries};
use crate::upstream::{Answer, Outgoing, Upstream};

/// How the relay behaves; from `server`, `upstream` and `pool` settings.
#[derive(Clone, Debug)]
pub struct RelayPolicy {
    /// Tries that may fail without blaming a key.
    pub max_attempts: u32,
    /// Keys one request may try.
    pub max_keys: u32,
    /// How long a request may look for an answer, waits included, while nothing is committed.
    pub deadline: Duration,
    /// How long a request may wait for a key.
    pub max_wait: Duration,
    /// Pause before a try that blames no key: at first, and at most.
    pub back_off: (Duration, Duration),
    /// Unary answers up to this many bytes are held until they are complete.
    pub hold_back: usize,
    /// How long the upstream may be silent before and between bytes of an answer.
    pub first_byte_timeout: Duration,
    /// How long the upstream may be silent between two pieces of an answer.
    pub idle_timeout: Duration,
    /// How long a whole model answer may take.
    pub total_timeout: Duration,
    /// How often a quiet stream shows that it lives.
    pub keep_alive: Duration,
    /// When a stream that has no answer yet is opened all the same.
    pub open_after: Duration,
    /// Models that stand in for others; no way leads back.
    pub fallbacks: HashMap<String, String>,
}

/// One request to Gemini, ready to be sent with any key.
#[derive(Clone, Debug)]
pub struct Call {
    /// The HTTP verb.
    pub verb: Method,
    /// The path at Google.
    pub path: String,
    /// The query without credentials.
    pub query: Option<String>,
    /// Headers that may cross.
    pub headers: HeaderMap,
    /// The body.
    pub body: RequestBody,
    /// The model, which with the project names the bucket; none for calls outside any model.
    pub model: Option<String>,
    /// Whether it matters whose key it is.
    pub affinity: Affinity,
    /// How the answer is expected to be framed.
    pub framing: Framing,
    /// Whether sending it twice does no harm beyond its cost.
    pub repeatable: bool,
    /// Whether the answer is whole only with a finish reason: a stream without one was cut (wire 112).
    pub finishes: bool,
    /// How long the client itself is willing to wait.
    pub client_deadline: Option<Duration>,
    /// Whether another model may stand in.
    pub may_fall_back: bool,
}

impl Call {
    /// Whether the client asked for a stream.
    pub fn is_stream(&self) -> bool {
        !matches!(self.framing, Framing::Json)
    }

    /// The input tokens that it will be counted, by estimate.
    pub fn estimated_tokens(&self) -> u64 {
        tokens::of_call(self, None, None)
    }

    /// What it needs from a key. A project that has served its beginning is preferred.
    fn need(&self, document: Option<&Node<'_>>, followed: Option<&Followed>, tiers: Option<TierPolicy>) -> Need {
        let preferred = followed.and_then(Followed::project).map(Affinity::Should);
        Need {
            model: self.model.as_deref().map(Into::into),
            affinity: preferred.unwrap_or(self.affinity),
            tokens: tokens::of_call(self, document, followed),
            tiers,
        }
    }

    /// Whether a model says something in answer to it.
    pub(crate) fn generates(&self) -> bool {
        self.path.ends_with(":generateContent") || self.path.ends_with(":streamGenerateContent")
    }

    /// The same for another model; none when its path does not say which it is for.
    fn for_model(&self, model: &str) -> Option<Self> {
        let (before, after) = self.path.split_once(&format!("/models/{}:", self.model.as_deref()?))?;
        let path = format!("{before}/models/{model}:{after}");
        Some(Self { path, model: Some(model.to_owned()), ..self.clone() })
    }
}

/// The input tokens of a request, or of a part of one, by estimate.
pub(crate) fn estimated_tokens_of(json: &[u8]) -> u64 {
    tokens::of_json(json)
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// Every key rests, is disabled, or does not serve the model.
    #[error("no upstream key can serve this now")]
    NoKey(Box<NoLease>),
    /// Google's own answer is the truth about the request.
    #[error("the upstream refused the request: {}", .0.fault.message)]
    Refused(Box<Refusal>),
    /// Tries are used up; the last fault says why.
    #[error("no try succeeded: {}", .0.cause)]
    Exhausted(Box<Fault>),
    /// The deadline passed.
    #[error("no answer within the deadline")]
    TimedOut,
    /// Another key might serve, but the body was too large to be kept for it.
    #[error("the request body could not be sent again")]
    BodyGone,
    /// The model answered with nothing, each time (wire 114).
    #[error("the model answered with nothing")]
    Empty,
    /// The client did not send its body to the end.
    #[error("the request body ended early: {0}")]
    BodyEnded(BodyEnded),
}

/// A call has no answer.
#[derive(Debug)]
pub struct Unanswered {
    /// Why.
    pub error: RelayError,
    /// Which keys were tried for it.
    pub tries: Tries,
}

/// Finds a key for each call and gets it answered.
#[derive(Debug)]
pub struct Relay {
    keyring: Keyring,
    upstream: Arc<Upstream>,
    prefixes: Prefixes,
    caches: Caches,
    answers: Answers,
    clock: Clock,
    policy: RelayPolicy,
}

// === impl RelayError ===

impl RelayError {
    /// Whether another model may do better: nobody can serve this one, or it is overloaded for everybody.
    fn is_of_the_model(&self) -> bool {
        match self {
            Self::NoKey(refused) => !refused.crowded,
            Self::Exhausted(fault) => matches!(fault.scope, Scope::Model | Scope::Bucket),
            Self::Refused(_) | Self::TimedOut | Self::BodyGone | Self::Empty | Self::BodyEnded(_) => false,
        }
    }
}

// === impl Relay ===

impl Relay {
    /// Puts the parts together.
    pub fn new(
        keyring: Keyring,
        upstream: Arc<Upstream>,
        (prefixes, caches, answers): (Prefixes, Caches, Answers),
        clock: Clock,
        policy: RelayPolicy,
    ) -> Arc<Self> {
        Arc::new(Self { keyring, upstream, prefixes, caches, answers, clock, policy })
    }

    /// The policy in force.
    pub fn policy(&self) -> &RelayPolicy {
        &self.policy
    }

    /// Gets `call` answered in Google's own words. `receipt` follows the call to its end, whatever the end is.
    pub async fn answer(self: Arc<Self>, mut call: Call, mut receipt: Receipt) -> Result<Reply, Unanswered> {
        loop {
            let error = match self.try_keys(&call, &Native, &mut receipt).await {
                Ok(opened) => return Ok(Reply::commit(opened, receipt, &self.policy, &self.clock)),
                Err(error) => error,
            };
            let Some(other) = self.instead_of(&call, &error, &receipt).and_then(|model| call.for_model(model)) else {
                receipt.refused(&error);
                return Err(Unanswered { error, tries: receipt.tries() });
            };
            receipt.fell_back(other.model.as_deref().unwrap_or_default());
            call = other;
        }
    }

    /// The model that is to be asked after `call` has no answer, if one may stand in.
    pub fn instead_of(&self, call: &Call, error: &RelayError, receipt: &Receipt) -> Option<&str> {
        let may = error.is_of_the_model() && call.body.is_sendable();
        self.stand_in(call, receipt).filter(|_| may)
    }

    /// The next model that stands in for the one of `call` and that the caller may use.
    fn stand_in(&self, call: &Call, receipt: &Receipt) -> Option<&str> {
        if !call.may_fall_back || !call.generates() || matches!(call.affinity, Affinity::Must(_)) {
            return None;
        }
        let next = |model: &str| self.policy.fallbacks.get(model).map(String::as_str);
        // No way leads back, so that there is an end to it.
        std::iter::successors(next(call.model.as_deref()?), |model| next(model)).find(|model| receipt.may_use(model))
    }

    /// Gets `call` answered as a chat completion; the same in all else.
    pub async fn answer_chat(
        self: Arc<Self>,
        call: Call,
        chat: Chat,
        mut receipt: Receipt,
    ) -> Result<ChatReply, Box<ChatError>> {
        match self.try_keys(&call, &chat, &mut receipt).await {
            Ok(opened) => ChatReply::commit(opened, chat, receipt, &self.policy),
            Err(error) => Err(Box::new(ChatError { error, receipt })),
        }
    }

    /// Gets `call` answered for GAP itself, or for an answer that is put together of several.
    pub async fn ask(&self, call: &Call, receipt: &mut Receipt) -> Result<WholeAnswer, RelayError> {
        let answer = self.try_keys(call, &Whole, receipt).await?;
        receipt.answer_read(&answer.findings);
        Ok(answer)
    }

    /// The same, and which project has answered.
    pub async fn ask_where(&self, call: &Call, receipt: &mut Receipt) -> Result<(WholeAnswer, ProjectId), RelayError> {
        let answer = self.try_keys(call, &Whole, receipt).await?;
        let project = receipt.project();
        receipt.answer_read(&answer.findings);
        // Whoever has answered is known; a key that was removed meanwhile has no project any more.
        project.map(|project| (answer, project)).ok_or(RelayError::Empty)
    }

    async fn try_keys<O: Opening>(
        &self,
        call: &Call,
        opening: &O,
        receipt: &mut Receipt,
    ) -> Result<O::Opened, RelayError> {
        let began = Instant::now();
        if call.is_stream() {
            receipt.is_stream();
        }
        let question = self.question(call, receipt);
        if let Some(opened) = self.give_again(call, opening, question.as_ref(), began).await {
            receipt.answered_again();
            return Ok(opened);
        }
        let opening = &Gathered { opening, question };
        let (mut need, followed) = self.study(call, receipt.tiers());
        receipt.follows(followed);
        if let Some(mut ride) = self.caches.board(call, receipt.facts(), receipt.cache_hint()) {
            if let Some(short) = ride.shortened(call) {
                // What its cache holds counts as if it were sent. On the heap: few requests ride, and all would be larger.
                let pinned = Need { affinity: short.affinity, ..need.clone() };
                match Box::pin(self.try_for(&short, &pinned, opening, receipt, (began, true))).await {
                    Ok(opened) => {
                        receipt.rides(ride);
                        return Ok(opened);
                    }
                    Err(error) if ride.gets_off(&error) => {
                        // Whoever had the cache has the key that was just asked.
                        if need.affinity == Affinity::None && matches!(error, RelayError::Refused(_)) {
                            need.affinity = match pinned.affinity {
                                Affinity::Must(project) => Affinity::Should(project),
                                other => other,
                            };
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            receipt.rides(ride);
        }
        // While nobody is asked for a model, there is nothing to wait for where another can stand in.
        let in_a_hurry = self.stand_in(call, receipt).is_some() && self.keyring.is_paused(call.model.as_deref());
        self.try_for(call, &need, opening, receipt, (began, in_a_hurry)).await
    }

    /// Gets `call` answered by a key that `need` allows. Who is in a hurry waits for none.
    async fn try_for<O: Opening>(
        &self,
        call: &Call,
        need: &Need,
        opening: &O,
        receipt: &mut Receipt,
        (began, in_a_hurry): (Instant, bool),
    ) -> Result<O::Opened, RelayError> {
        let mut attempts = Attempts::new(&self.policy, call, began);
        let mut tried = Tried::default();
        loop {
            let asked = Instant::now();
            let until = if in_a_hurry { asked } else { attempts.wait_until(asked) };
            let patience = Patience { asker: receipt.asker(), until };
            let mut lease = match self.keyring.lease(need, &tried, patience).await {
                Ok(lease) => lease,
                Err(refused) => {
                    let waited = Duration::from_millis(refused.waited_ms.into());
                    receipt.decided(refused.ranking.clone(), waited);
                    return Err(attempts.without_key(refused));
                }
            };
            receipt.decided(lease.take_ranking(), lease.waited());
            receipt.attempt_began(&lease);
            let unopened = match self.try_once(call, opening, &lease, attempts.deadline()).await {
                Ok(opened) if O::is_empty(&opened) && attempts.may_ask_again(call, Instant::now()) => {
                    receipt.attempt_empty();
                    tried.put_last(lease.key());
                    lease.answered(Answered { empty: true, ..Answered::default() });
                    continue;
                }
                Ok(opened) => {
                    receipt.attempt_answered(lease);
                    return Ok(opened);
                }
                Err(unopened) => unopened,
            };
            receipt.attempt_failed(unopened.fault());
            tried.note(lease.key(), unopened.fault());
            lease.failed(unopened.fault().clone());
            match attempts.after(unopened, call, Instant::now()) {
                Next::Again { pause } if pause.is_zero() => {}
                Next::Again { pause } => tokio::time::sleep(pause).await,
                Next::Stop(error) => return Err(error),
            }
        }
    }

    /// What `call` needs from a key, and who has served the beginning of its conversation, if it is one and anybody may
    /// serve it. Both are found in one reading of its body.
    fn study(&self, call: &Call, tiers: Option<TierPolicy>) -> (Need, Option<Followed>) {
        let model = call.model.as_deref().filter(|_| call.affinity == Affinity::None && call.generates());
        let body = match &call.body {
            RequestBody::Kept(kept) if model.is_some() && kept.length() <= chain::MOST as u64 => Some(kept.to_bytes()),
            RequestBody::Kept(_) | RequestBody::Once(_) => None,
        };
        let read = body.as_ref().and_then(|body| Some((body, json::parse(body).ok()?)));
        let followed =
            read.as_ref().zip(model).and_then(|((body, document), model)| self.prefixes.follow(model, body, document));
        let document = read.as_ref().map(|(_, document)| document);
        (call.need(document, followed.as_ref(), tiers), followed)
    }

    /// One try: sent with one key, and read up to the point where the answer may be committed.
    async fn try_once<O: Opening>(
        &self,
        call: &Call,
        opening: &O,
        lease: &LeaseGuard,
        deadline: Instant,
    ) -> Result<O::Opened, Unopened> {
        let outgoing = Outgoing {
            verb: &call.verb,
            path: &call.path,
            query: call.query.as_deref(),
            headers: &call.headers,
            body: call.body.to_send(),
            patience: deadline.saturating_duration_since(Instant::now()),
        };
        let answer = self.upstream.send(lease.secret(), outgoing).await.map_err(Unopened::transport)?;
        let reading =
            Reading { call, secret: Some(lease.secret()), policy: &self.policy, clock: &self.clock, until: deadline };
        opening.open(&reading, answer).await
    }
}

/// How an answer is read up to the point where it may be committed: the one thing in which dialects differ here.
trait Opening: Sync {
    /// An answer that may be committed.
    type Opened: Send;

    /// Reads `answer`, or says why it may not be committed.
    fn open(
        &self,
        reading: &Reading<'_>,
        answer: Response<Answer>,
    ) -> impl Future<Output = Result<Self::Opened, Unopened>> + Send;

    /// Whether it says nothing that the client can use, so that asking again is better (wire 114).
    fn is_empty(opened: &Self::Opened) -> bool;
}

/// Google's own words: the bytes as they are.
struct Native;

impl Opening for Native {
    type Opened = Opened;

    async fn open(&self, reading: &Reading<'_>, answer: Response<Answer>) -> Result<Opened, Unopened> {
        reading.open(answer).await
    }

    fn is_empty(_: &Opened) -> bool {
        // What is inside is none of GAP's business.
        false
    }
}
