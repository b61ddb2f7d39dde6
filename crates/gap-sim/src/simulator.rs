//! From a request to its answer: who asks, what goes wrong by script, what the endpoint says.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::account::Accounts;
use crate::body::Body;
use crate::clock::Clock;
use crate::control::Control;
use crate::dice::Dice;
use crate::directive::Directives;
use crate::endpoint::{self, Ask};
use crate::error::ApiError;
use crate::fault::{Action, Asked, Faults, PresetAnswer, PresetError, Script, StallBefore, millis};
use crate::implicit::Beginnings;
use crate::incoming::{Credentials, Query};
use crate::journal::{Fate, Journal, Received};
use crate::options::{Limits, Options, SimKey, Tier};
use crate::outgoing;
use crate::quota::Quotas;
use crate::refusal::{self, Caller};
use crate::route::{Call, Target};
use crate::store::Store;
use crate::{lock, misshape, wire};

/// A simulated Gemini. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Simulator(Arc<World>);

/// Everything a simulator is made of.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) keys: Mutex<HashMap<String, SimKey>>,
    pub(crate) limits: Mutex<Limits>,
    pub(crate) quotas: Mutex<Quotas>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) journal: Mutex<Journal>,
    pub(crate) store: Mutex<Store>,
    /// Locked after the store, if both are.
    pub(crate) accounts: Mutex<Accounts>,
    pub(crate) beginnings: Mutex<Beginnings>,
    /// How many ids were given out.
    serial: AtomicU64,
}

/// The connection ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hangup {
    /// By a reset.
    Reset,
    /// In an orderly way.
    Close,
}

// === impl Simulator ===

impl Simulator {
    /// A simulator that has been asked nothing yet.
    pub fn new(options: Options) -> Self {
        let world = World {
            clock: Clock::new(options.start),
            keys: Mutex::new(by_name(&options.keys)),
            limits: Mutex::new(options.limits.clone()),
            quotas: Mutex::default(),
            faults: Mutex::default(),
            journal: Mutex::new(Journal::new(options.remember_requests, options.remember_bytes)),
            store: Mutex::default(),
            accounts: Mutex::default(),
            beginnings: Mutex::default(),
            serial: AtomicU64::new(0),
            options,
        };
        Self(Arc::new(world))
    }

    /// A handle to script it with.
    pub fn control(&self) -> Control {
        Control(self.clone())
    }

    /// What it was started with.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn world(&self) -> &World {
        &self.0
    }

    /// Answers one request, or hangs up. For use without a socket; [`serve`](crate::serve) calls nothing else.
    pub async fn answer<B>(&self, request: Request<B>) -> Result<Response<Body>, Hangup>
    where
        B: http_body::Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let body = match Limited::new(body, self.0.options.body_limit).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Ok(too_large()),
            // The client is gone, or broke HTTP.
            Err(_) => return Err(Hangup::Close),
        };
        if self.0.options.control && head.uri.path().starts_with("/_sim/") {
            return Ok(crate::control::http::answer(&self.control(), &head, &body));
        }
        let query = Query::of(&head);
        let credentials = Credentials::of(&head, &query);
        let key = credentials.first_key().map(str::to_owned);
        let received = Received::new(&head.method, &head.uri, &head.headers, body.clone(), key);
        let watch = Watch(Some(received.fate().clone()));
        lock(&self.0.journal).add(received);
        let answer = self.answer_received(&head, &query, &credentials, &body).await;
        let Some(fate) = watch.end() else { return answer };
        match answer {
            Ok(response) => {
                fate.answered(response.status().as_u16());
                Ok(response.map(|body| body.told_to(fate)))
            }
            Err(hangup) => {
                fate.done();
                Err(hangup)
            }
        }
    }

    /// The scripted fault first: it is stronger than everything a request may have wrong by itself.
    async fn answer_received(
        &self,
        head: &Parts,
        query: &Query,
        credentials: &Credentials,
        body: &Bytes,
    ) -> Result<Response<Body>, Hangup> {
        let target = Target::parse(&head.method, head.uri.path());
        let asked = Asked {
            key: credentials.first_key(),
            model: target.as_ref().and_then(Target::model),
            call: target.as_ref().map(Target::method_name),
            verb: head.method.as_str(),
            path: head.uri.path(),
        };
        let mut action = lock(&self.0.faults).take(asked);
        let mut after_headers = Vec::new();
        let ask = Incoming { head, query, credentials, body, target: target.as_ref() };
        let response = loop {
            let script = match action {
                None => break self.answer_as_google(&ask, Directives::default()).await,
                Some(Action::Preset(error)) => break self.refuse(&ask, &error),
                Some(Action::Script(script)) => script,
            };
            match script {
                Script::ResetBeforeHeaders => return Err(Hangup::Reset),
                Script::CloseBeforeHeaders => return Err(Hangup::Close),
                Script::StallBeforeHeaders(StallBefore { ms, then }) => {
                    tokio::time::sleep(millis(ms)).await;
                    action = then.map(|then| *then);
                }
                Script::StallAfterHeaders(StallBefore { ms, then }) => {
                    after_headers.push(millis(ms));
                    action = then.map(|then| *then);
                }
                Script::Answer(directives) => break self.answer_as_google(&ask, *directives).await,
                Script::Reply(reply) => break misshape::reply(&reply),
                script => {
                    let answer = self.answer_as_google(&ask, Directives::default()).await;
                    break misshape::answer(answer, &script, |preset, after| {
                        let error = self.error_event(&ask, preset);
                        ask.frame_of_error(&error, after)
                    });
                }
            }
        };
        Ok(after_headers.into_iter().fold(response, misshape::stalled))
    }

    async fn answer_as_google(&self, ask: &Incoming<'_>, directives: Directives) -> Response<Body> {
        let known = ask.target.filter(|target| target.call != Call::Echo || self.0.options.control);
        let Some(target) = known else { return outgoing::no_such_path() };
        let caller = match self.caller(ask, target) {
            Ok(caller) => caller,
            Err(error) => return outgoing::error(&error, ask.wants_events()),
        };
        let known =
            Ask { world: &self.0, head: ask.head, query: ask.query, body: ask.body, target, caller, directives };
        match endpoint::answer(&known).await {
            Ok(response) => response,
            Err(error) => outgoing::error(&error, ask.wants_events()),
        }
    }

    /// Who asks, if that one may.
    fn caller(&self, ask: &Incoming<'_>, target: &Target) -> Result<Caller, ApiError> {
        let rpc = target.rpc();
        // An upload goes on by the id in its address, and a download by the one it was sent to; neither needs the key again.
        let key = match ask.credentials.key(&rpc) {
            Err(_) if ask.goes_on_with_upload(target) => "",
            other => other?,
        };
        let known = if key.is_empty() { None } else { lock(&self.0.keys).get(key).cloned() };
        let known = known.or_else(|| {
            let tier = if key.is_empty() { Some(Tier::Paid) } else { self.0.options.accept_any_key };
            tier.map(|tier| SimKey { tier, ..SimKey::good(key, stranger(key)) })
        });
        let known = known.ok_or_else(refusal::invalid_key)?;
        let caller = Caller { key: known.key, project: known.project, tier: known.tier, rpc, embeds: target.embeds() };
        match refusal::of_state(known.state, &caller) {
            Some(error) => Err(error),
            None => Ok(caller),
        }
    }

    fn refuse(&self, ask: &Incoming<'_>, error: &PresetError) -> Response<Body> {
        match self.preset(ask, error) {
            PresetAnswer::Error(given) => outgoing::error_body(given.code, &error.body(&given), ask.wants_events()),
            PresetAnswer::Page { status, title } => outgoing::page(status, title),
        }
    }

    /// An error as one event of a stream.
    fn error_event(&self, ask: &Incoming<'_>, error: &PresetError) -> serde_json::Value {
        match self.preset(ask, error) {
            PresetAnswer::Error(given) => error.body(&given),
            PresetAnswer::Page { status, title } => ApiError::new(status, "UNKNOWN", title).to_value(),
        }
    }

    fn preset(&self, ask: &Incoming<'_>, error: &PresetError) -> PresetAnswer {
        let key = ask.credentials.first_key().unwrap_or_default();
        let known = lock(&self.0.keys).get(key).cloned().unwrap_or_else(|| SimKey::good(key, stranger(key)));
        let rpc = ask.target.map(Target::rpc).unwrap_or_default();
        let embeds = ask.target.is_some_and(Target::embeds);
        let caller = Caller { key: known.key, project: known.project, tier: known.tier, rpc, embeds };
        let model = ask.target.and_then(Target::model).unwrap_or("gemini-2.5-flash");
        error.answer(&caller, model, ask.target.map_or("v1beta", |target| &target.version))
    }
}

/// A request before it is known who asks.
struct Incoming<'a> {
    head: &'a Parts,
    query: &'a Query,
    credentials: &'a Credentials,
    body: &'a Bytes,
    target: Option<&'a Target>,
}

impl Incoming<'_> {
    /// An error in the place of a stream's next event; in an answer of one piece it is nonsense.
    fn frame_of_error(&self, error: &serde_json::Value, after: u64) -> Vec<u8> {
        let is_array = !self.wants_events() && self.target.is_some_and(Target::streams);
        if is_array { wire::last_element(error, after > 0) } else { wire::event(error) }
    }

    fn wants_events(&self) -> bool {
        self.query.wants_events()
    }

    fn goes_on_with_upload(&self, target: &Target) -> bool {
        target.call == Call::UploadFile && self.query.get("upload_id").is_some()
    }
}

// === impl World ===

impl World {
    /// The next number, for ids.
    pub(crate) fn serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    /// Dice for something that must be unlike all before.
    pub(crate) fn fresh_dice(&self, what: &str) -> Dice {
        Dice::new(self.options.seed, &[what, &self.serial().to_string()])
    }

    pub(crate) fn reset(&self) {
        *lock(&self.keys) = by_name(&self.options.keys);
        *lock(&self.limits) = self.options.limits.clone();
        *lock(&self.quotas) = Quotas::default();
        *lock(&self.store) = Store::default();
        *lock(&self.accounts) = Accounts::default();
        *lock(&self.beginnings) = Beginnings::default();
        lock(&self.faults).clear();
        lock(&self.journal).clear();
        self.serial.store(0, Ordering::Relaxed);
    }

    /// A pause from a span, by dice.
    pub(crate) fn pause(dice: &mut Dice, span: crate::options::Millis) -> Duration {
        millis(dice.between(span.min, span.max))
    }
}

fn by_name(keys: &[SimKey]) -> HashMap<String, SimKey> {
    keys.iter().map(|key| (key.key.clone(), key.clone())).collect()
}

/// The project of a key that nobody announced: its own.
fn stranger(key: &str) -> u64 {
    1_000_000_000 + crate::dice::hash(key.as_bytes()) % 1_000_000_000
}

fn too_large() -> Response<Body> {
    let message = "Request payload size exceeds the limit.";
    let mut response = outgoing::error(&ApiError::invalid(message), false);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

/// Notices when the client leaves while there is no answer yet: then the future is dropped.
struct Watch(Option<Arc<Fate>>);

impl Watch {
    fn end(mut self) -> Option<Arc<Fate>> {
        self.0.take()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(fate) = self.0.take() {
            fate.dropped();
        }
    }
}

impl fmt::Display for Hangup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("hung up on purpose")
    }
}

impl std::error::Error for Hangup {}
