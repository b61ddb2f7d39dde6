//! Every component, built once, in order. The only wiring.

use std::ops::Deref;
use std::sync::Arc;

use gap_pool::Policy;
use secrecy::{ExposeSecret, SecretString};

use crate::body::{BodyPolicy, ByteBudget};
use crate::caller::{AccessKeys, Role};
use crate::clock::Clock;
use crate::config::Settings;
use crate::keyring::{Keyring, Terms};
use crate::learned::Learned;
use crate::lifecycle::Lifecycle;
use crate::media::{MediaFetcher, MediaPolicy};
use crate::models::{List, Models, ModelsError};
use crate::owners::Owners;
use crate::pages::Pages;
use crate::relay::{Relay, RelayPolicy};
use crate::signatures::{Vault, VaultPolicy};
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
    /// Tells the time.
    pub clock: Clock,
    /// Knows every task.
    pub lifecycle: Lifecycle,
    /// Who may ask.
    pub access: AccessKeys,
    /// The upstream keys.
    pub keyring: Keyring,
    /// The client to Google.
    pub upstream: Arc<Upstream>,
    /// Gets calls answered.
    pub relay: Arc<Relay>,
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
    /// Thought signatures that are kept for clients.
    pub signatures: Vault,
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
    /// Builds everything. Connects to nothing and starts nothing.
    pub fn build(settings: Settings, mode: Mode, clock: Clock, lifecycle: Lifecycle) -> Result<Self, BuildError> {
        let models = Models::load(settings.models.file.as_deref())?;
        let keyring = Keyring::new(terms(&settings, &models), clock.clone(), lifecycle.clone());
        keyring.add_all(&settings.pool.keys)?;
        let upstream = Arc::new(Upstream::new(&settings.upstream)?);
        let relay = Relay::new(keyring.clone(), Arc::clone(&upstream), clock.clone(), relay_policy(&settings));
        let bodies = BodyPolicy {
            replay_limit: settings.server.replay_limit,
            body_limit: settings.server.body_limit,
            timeout: settings.server.body_timeout,
            budget: ByteBudget::new(settings.server.replay_budget),
        };
        let access = access_keys(&settings);
        let uploads = Uploads::new(&settings, clock.clone());
        let pages = Pages::new(clock.clone());
        let media = MediaFetcher::new(media_policy(&settings), upstream::trusted(&settings.upstream)?);
        let signatures = Vault::new(VaultPolicy {
            bytes: settings.signatures.memory,
            count: settings.signatures.count,
            lifetime: settings.signatures.ttl,
        });
        Ok(Self(Arc::new(Parts {
            settings,
            clock,
            lifecycle,
            access,
            keyring,
            upstream,
            relay,
            uploads,
            pages,
            owners: Owners::default(),
            models,
            list: List::default(),
            learned: Learned::default(),
            signatures,
            media,
            bodies,
            mode,
        })))
    }
}

impl App {
    /// Begins what goes on beside requests, until shutdown.
    pub fn begin_chores(&self) {
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

/// `ADMIN_API_KEY` is the administrator's; passwords are users' then, and administrators' only while it is unset.
fn access_keys(settings: &Settings) -> AccessKeys {
    let auth = &settings.auth;
    let mut keys = AccessKeys::default();
    let mut accept = |secrets: &[SecretString], name: &str, role: Role| {
        for (index, secret) in secrets.iter().enumerate() {
            keys.accept(secret.expose_secret(), format!("{name}-{}", index + 1), role);
        }
    };
    let owner = if auth.admin_api_keys.is_empty() { Role::Administrator } else { Role::User };
    accept(&auth.admin_api_keys, "admin", Role::Administrator);
    accept(&auth.passwords, "password", owner);
    accept(&auth.users_api_keys, "user", owner);
    keys
}
