//! Every component, built once, in order. The only wiring.

use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gap_pool::Policy;
use gap_store::Store;

use crate::access::{self, Access};
use crate::admission::Admission;
use crate::alerts;
use crate::answers::Answers;
use crate::body::{BodyPolicy, ByteBudget};
use crate::caches::{self, Caches};
use crate::clock::Clock;
use crate::config::{Settings, StorageMode};
use crate::conversations::Conversations;
use crate::database;
use crate::keyring::{Keyring, Terms};
use crate::learned::Learned;
use crate::ledger::Books;
use crate::lifecycle::Lifecycle;
use crate::live::{self, Live};
use crate::media::{MediaFetcher, MediaPolicy};
use crate::models::{List, Models, ModelsError};
use crate::outbound::Outbound;
use crate::owners::{self, Owners};
use crate::pages::Pages;
use crate::prefixes::{PrefixPolicy, Prefixes};
use crate::relay::{Relay, RelayPolicy};
use crate::report;
use crate::responses::background::{Background, BackgroundPolicy};
use crate::responses::dialogues::{DialoguePolicy, Dialogues};
use crate::responses::{KeepPolicy, Responses};
use crate::roster::checks::Checks;
use crate::roster::{Keeping, Roster, RosterError};
use crate::signatures::{Vault, VaultPolicy};
use crate::spans::{Exporter, Spans};
use crate::telemetry::tail::LogTail;
use crate::uploads::Uploads;
use crate::upstream::{self, UnsendableKey, Upstream, UpstreamError};

/// The running gateway. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
#[derive(Debug)]
pub struct Parts {
    /// The settings it was built from.
    pub settings: Settings,
    /// The settings in force, where they may change meanwhile.
    pub live: Live,
    /// What is kept: in a database, or in memory until restart.
    pub store: Store,
    /// Tells the time.
    pub clock: Clock,
    /// Knows every task.
    pub lifecycle: Lifecycle,
    /// Who may ask.
    pub access: Access,
    /// How much they may ask.
    pub admission: Admission,
    /// The upstream keys.
    pub keyring: Keyring,
    /// The upstream keys as people manage them.
    pub roster: Roster,
    /// Looks at many keys.
    pub checks: Checks,
    /// The client to Google.
    pub upstream: Arc<Upstream>,
    /// Gets calls answered.
    pub relay: Arc<Relay>,
    /// Where conversations were served.
    pub prefixes: Prefixes,
    /// Uploads under way.
    pub uploads: Uploads,
    /// Whose pages of lists were given out.
    pub pages: Pages,
    /// Whose the resources at Google are.
    pub owners: Owners,
    /// What models can do, as far as it is known beforehand.
    pub models: Models,
    /// Which models there are.
    pub list: List,
    /// What models were found to refuse.
    pub learned: Learned,
    /// Explicit caches at Google.
    pub caches: Caches,
    /// Answers that are given again.
    pub answers: Answers,
    /// What clients said and were answered.
    pub conversations: Conversations,
    /// The usage ledger.
    pub books: Books,
    /// Calls the operator's own addresses.
    pub outbound: Outbound,
    /// The newest lines of the log, if this process writes one.
    pub logs: OnceLock<LogTail>,
    /// Sends spans, until it runs.
    exporter: Mutex<Option<Exporter>>,
    /// Thought signatures that are kept for clients.
    pub signatures: Vault,
    /// Responses that are kept for those who go on from them.
    pub responses: Responses,
    /// Conversations of the Conversations API.
    pub dialogues: Dialogues,
    /// Responses that are worked on without their clients.
    pub background: Background,
    /// Fetches what clients name by address.
    pub media: MediaFetcher,
    /// How request bodies are kept.
    pub bodies: BodyPolicy,
    /// Whether the upstream is Google or the built-in simulator.
    pub mode: Mode,
}

/// What stands upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The configured address.
    Live,
    /// The built-in simulator: answers are made up.
    Demo,
}

/// Why the app could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The upstream client could not be built.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// `GEMINI_API_KEYS` holds something that cannot be a key.
    #[error("GEMINI_API_KEYS: {0}")]
    Key(#[from] UnsendableKey),
    /// The table of models cannot be used.
    #[error("models.file: {0}")]
    Models(#[from] ModelsError),
}

impl App {
    /// Builds everything around an open store. Connects to nothing and starts nothing.
    pub fn build(live: Live, store: Store, mode: Mode, clock: Clock, lifecycle: Lifecycle) -> Result<Self, BuildError> {
        let settings = live.loaded().settings.clone();
        let models = Models::load(settings.models.file.as_deref(), &settings.models.aliases)?;
        let keyring = Keyring::new(terms(&settings, &models), clock.clone(), lifecycle.clone());
        let keeping = match settings.store.key_storage_mode {
            StorageMode::Memory => Keeping::Memory,
            StorageMode::Database => Keeping::Database,
        };
        if settings.wants_database() {
            keyring.track_changes();
        }
        let roster = Roster::new(keyring.clone(), store.clone(), clock.clone(), keeping);
        if keeping == Keeping::Memory {
            roster.adopt(&settings.pool.keys)?;
        }
        let upstream = Arc::new(Upstream::new(&settings.upstream)?);
        let prefixes = PrefixPolicy { count: settings.pool.affinity_count, lifetime: settings.pool.affinity_ttl };
        let prefixes = Prefixes::new(prefixes, rand::random(), clock.clone());
        let bodies = BodyPolicy {
            replay_limit: settings.server.replay_limit,
            body_limit: settings.server.body_limit,
            timeout: settings.server.body_timeout,
            budget: ByteBudget::new(settings.server.replay_budget),
        };
        let caches = Caches::new(&settings, live.clone(), store.clone(), models.clone(), clock.clone(), bodies.clone());
        let answers = Answers::new(live.clone(), clock.clone());
        let known = (prefixes.clone(), caches.clone(), answers.clone());
        let policy = relay_policy(&settings);
        let relay = Relay::new(keyring.clone(), Arc::clone(&upstream), known, clock.clone(), policy);
        let outbound = Outbound::new(upstream::trusted(&settings.upstream)?);
        let endpoint = settings.telemetry.otlp_endpoint.as_deref();
        let (spans, exporter) = endpoint.map(|endpoint| Spans::new(endpoint, outbound.clone())).unzip();
        let kept = settings.usage.max_records_memory;
        let books = Books::new(&store, models.clone(), clock.clone(), kept, spans);
        keyring.announce_to(books.events().clone());
        let checks = Checks::new(clock.clone(), lifecycle.clone(), books.events().clone());
        let access = Access::new(&settings.auth, &store, clock.clone());
        let admission = Admission::new(clock.clone());
        let conversations =
            Conversations::new(live.clone(), store.clone(), models.clone(), clock.clone(), lifecycle.clone());
        let uploads = Uploads::new(&settings, clock.clone());
        let pages = Pages::new(clock.clone());
        let media = MediaFetcher::new(media_policy(&settings), upstream::trusted(&settings.upstream)?);
        let signatures = Vault::new(VaultPolicy {
            bytes: settings.signatures.memory,
            count: settings.signatures.count,
            lifetime: settings.signatures.ttl,
        });
        let policy = KeepPolicy {
            bytes: settings.responses.memory,
            count: settings.responses.count,
            lifetime: settings.responses.ttl,
        };
        let responses = Responses::new(policy, conversations.clone(), clock.clone());
        let dialogues = Dialogues::new(DialoguePolicy::of(&settings.responses), conversations.clone(), clock.clone());
        let background =
            Background::new(BackgroundPolicy::of(&settings.responses), responses.clone(), lifecycle.clone());
        Ok(Self(Arc::new(Parts {
            settings,
            live,
            store,
            clock,
            lifecycle,
            access,
            admission,
            keyring,
            roster,
            checks,
            upstream,
            relay,
            prefixes,
            uploads,
            pages,
            owners: Owners::default(),
            models,
            list: List::default(),
            learned: Learned::default(),
            caches,
            answers,
            conversations,
            books,
            outbound,
            logs: OnceLock::new(),
            exporter: Mutex::new(exporter),
            signatures,
            responses,
            dialogues,
            background,
            media,
            bodies,
            mode,
        })))
    }
}

impl App {
    /// Reads what the store knows: access keys, and upstream keys with what is remembered of them. To be called once,
    /// before the first request.
    pub async fn open(&self) -> Result<(), RosterError> {
        self.conversations.open().await?;
        self.background.sweep(true).await;
        access::load(self).await?;
        self.roster.open(&self.settings.pool.keys, &self.lifecycle).await?;
        owners::kept::load(self).await;
        self.caches.open(self).await?;
        Ok(())
    }

    /// Begins what goes on beside requests, until shutdown.
    pub fn begin_chores(&self) {
        self.books.begin(&self.lifecycle);
        access::begin_chores(self);
        database::begin_chores(self);
        self.conversations.begin_chores();
        self.responses.begin_chores(&self.lifecycle);
        self.dialogues.begin_chores(&self.lifecycle);
        self.background.begin_chores();
        caches::begin_chores(self);
        live::begin_chores(self);
        self.roster.begin_chores(&self.lifecycle);
        report::text::begin(self);
        alerts::begin(self, &self.outbound);
        if let Some(exporter) = self.exporter.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.lifecycle.spawn_last(exporter.run(self.lifecycle.clone()));
        }
        self.models.follow(&self.lifecycle);
        self.keyring.begin_chores(Arc::clone(&self.upstream));
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

fn terms(settings: &Settings, models: &Models) -> Terms {
    let pool = &settings.pool;
    Terms {
        policy: Policy { tiers: pool.tiers, seed: rand::random(), ..Policy::default() },
        max_waiting: pool.max_waiting,
        concurrency: (pool.key_concurrency > 0).then_some(pool.key_concurrency),
        paid_projects: pool.paid_projects.clone(),
        limits: pool.limits.clone(),
        models: Some(models.clone()),
    }
}

fn relay_policy(settings: &Settings) -> RelayPolicy {
    let (server, upstream, pool) = (&settings.server, &settings.upstream, &settings.pool);
    RelayPolicy {
        max_attempts: pool.max_attempts,
        max_keys: pool.max_keys,
        deadline: pool.deadline,
        max_wait: pool.max_wait,
        back_off: (pool.back_off_min, pool.back_off_max),
        hold_back: server.hold_back,
        first_byte_timeout: upstream.first_byte_timeout,
        idle_timeout: upstream.idle_timeout,
        total_timeout: upstream.total_timeout,
        keep_alive: server.keep_alive,
        open_after: server.open_after,
        fallbacks: pool.fallback_models.iter().map(|one| (one.model.clone(), one.instead.clone())).collect(),
    }
}

fn media_policy(settings: &Settings) -> MediaPolicy {
    let media = &settings.media;
    MediaPolicy {
        fetch: media.fetch,
        limit: media.limit,
        timeout: media.timeout,
        per_request: media.per_request,
        at_once: media.at_once,
        allow_hosts: media.allow_hosts.iter().cloned().collect(),
    }
}
