//! Whose access key it is.
//!
//! Access keys come from two places. Those of the environment are few and chosen by people: every one of them is
//! compared, in constant time. Those that are stored are many and random: the digest of what was presented finds one in
//! a table in memory, which is read from the store at the start and after every change; with a PostgreSQL that several
//! instances share, every few seconds too. A request never waits for the store.
//!
//! A session (see [`crate::sessions`]) is as good as the access key that began it, for as long as that is accepted.

pub mod policy;
mod stored;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use gap_store::access_keys::Digest;
use gap_store::usage::sums::{Axis, GroupBy, Period, Question, Sum};
use gap_store::usage::{day_of, month_of};
use gap_store::{Address, Store, StoreError};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use tracing::warn;

pub use self::stored::{State, Stored, StoredKey};
use crate::admission::meter::{Amount, Spent};
use crate::app::App;
use crate::caller::{Caller, Denied, Role, presented};
use crate::clock::Clock;
use crate::config::Auth;
use crate::sessions::{Claims, Sessions, is_token};
use crate::throttle::{Guesses, Throttle};

/// How often a store that others change is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How often what others have spent is summed up anew.
const SUM_EVERY: Duration = Duration::from_secs(20);
/// How often addresses are forgotten that need not be remembered.
const SWEEP_EVERY: Duration = Duration::from_mins(10);
/// Tells administrators of the environment from others.
const ADMIN: &str = "admin";

/// Who may come in.
#[derive(Debug)]
pub struct Access {
    environment: Vec<Entry>,
    stored: ArcSwap<Stored>,
    sessions: Sessions,
    /// Held while the store is read, so that what is older never replaces what is newer.
    reading: tokio::sync::Mutex<()>,
    guesses: Guesses,
    logins: Throttle,
    clock: Clock,
}

/// An access key of the environment.
#[derive(Debug)]
struct Entry {
    digest: Digest,
    /// How sessions name it.
    credential: String,
    caller: Caller,
}

/// Somebody who was recognised.
#[derive(Clone, Debug)]
pub struct Recognised {
    /// Who it is.
    pub caller: Caller,
    /// The session, if that is how they came.
    pub session: Option<Claims>,
}

/// A login, or the refreshing of one.
#[derive(Debug)]
pub struct LoggedIn {
    /// Who it is.
    pub caller: Caller,
    /// What the token says.
    pub claims: Claims,
    /// The token.
    pub token: String,
}

// === impl Access ===

impl Access {
    /// Knows the access keys of the environment; those of the store are still to be read.
    ///
    /// `ADMIN_API_KEY` is the administrator's; passwords are users' then, and administrators' only while it is unset.
    pub fn new(auth: &Auth, store: &Store, clock: Clock) -> Self {
        let sessions = Sessions::new(&store.derive_key("sessions"));
        let mut environment = Vec::new();
        let mut accept = |secrets: &[SecretString], name: &str, role: Role| {
            for (index, secret) in secrets.iter().enumerate() {
                let digest = Digest::of(secret.expose_secret());
                // One that was given twice keeps its first name and role.
                if environment.iter().all(|entry: &Entry| entry.digest != digest) {
                    let name = format!("{name}-{}", index + 1);
                    let credential = sessions.digest_of(&digest);
                    environment.push(Entry {
                        digest,
                        credential,
                        caller: Caller::new(format!("env:{name}"), name, role),
                    });
                }
            }
        };
        let owner = if auth.admin_api_keys.is_empty() { Role::Administrator } else { Role::User };
        accept(&auth.admin_api_keys, ADMIN, Role::Administrator);
        accept(&auth.passwords, "password", owner);
        accept(&auth.users_api_keys, "user", owner);
        Self {
            environment,
            stored: ArcSwap::default(),
            sessions,
            reading: tokio::sync::Mutex::default(),
            guesses: Guesses::default(),
            logins: Throttle::default(),
            clock,
        }
    }

    /// Reads anew what the store knows of access keys and sessions.
    pub async fn reload(&self, store: &Store) -> Result<(), StoreError> {
        let _reading = self.reading.lock().await;
        let rows = store.access_keys().list().await?;
        self.sessions.reload(store, self.clock.now()).await?;
        self.stored.store(Arc::new(Stored::new(rows, &self.stored.load())));
        Ok(())
    }

    /// Reads anew how much was spent with each stored access key.
    pub async fn reload_spent(&self, store: &Store) -> Result<(), StoreError> {
        let now = self.clock.now();
        let since = async |start: Timestamp| {
            let question = Question {
                period: Period::Day,
                axis: Axis::AccessKey,
                time: start..Timestamp::MAX,
                name: None,
                model: None,
                group_by: GroupBy::Name,
            };
            store.usage().sum(&question).await
        };
        let (day, month, total) =
            (since(day_of(now)).await?, since(month_of(now)).await?, since(Timestamp::MIN).await?);
        for key in self.stored.load().keys() {
            let spent = Spent { day: amount(&day, key), month: amount(&month, key), total: amount(&total, key) };
            key.meter().learn(&spent, now);
        }
        Ok(())
    }

    /// The stored access keys.
    pub fn stored(&self) -> Arc<Stored> {
        self.stored.load_full()
    }

    /// Recognises the caller.
    pub fn recognise(&self, headers: &HeaderMap, query: Option<&str>, client: IpAddr) -> Result<Caller, Denied> {
        self.identify(headers, query, client).map(|recognised| recognised.caller)
    }

    /// Recognises the caller, and the session by which they come.
    pub fn identify(&self, headers: &HeaderMap, query: Option<&str>, client: IpAddr) -> Result<Recognised, Denied> {
        let presented = presented(headers, query)?;
        // What is no text is nobody's key.
        let presented = str::from_utf8(&presented).unwrap_or_default();
        if is_token(presented) {
            return self.by_session(presented, client);
        }
        let (caller, _) = self.by_key(presented, client)?;
        Ok(Recognised { caller, session: None })
    }

    /// Recognises the administrator by the header `X-Admin-Token`, which takes `ADMIN_API_KEY` alone.
    pub fn administrator(&self, token: &str, client: IpAddr) -> Result<Caller, Denied> {
        let (caller, _) = self.by_environment(&Digest::of(token), client)?;
        let is_theirs = caller.id.strip_prefix("env:").is_some_and(|name| name.starts_with(ADMIN));
        if is_theirs { Ok(caller) } else { Err(Denied::Wrong) }
    }

    /// Begins a session whose token lives for `lifetime`. Errors: nobody has this secret, or how long this client has to wait
    /// until it may try again.
    pub fn log_in(&self, secret: &str, client: IpAddr, lifetime: SignedDuration) -> Result<LoggedIn, Denied> {
        let now = self.clock.now();
        let attempted = self.logins.attempt(client.into(), now, || self.by_key(secret, client));
        let (caller, digest) = attempted.map_err(Denied::Guessing)??;
        let claims = self.sessions.begin(&caller.id, &digest, lifetime, now);
        Ok(LoggedIn { token: self.sessions.write(&claims), caller, claims })
    }

    /// Gives a session its next token, which lives for `lifetime`; none when somebody has done so with this one.
    pub async fn refresh(
        &self,
        store: &Store,
        caller: Caller,
        claims: &Claims,
        lifetime: SignedDuration,
    ) -> Result<Option<LoggedIn>, StoreError> {
        let (claims, mark) = self.sessions.next(claims, lifetime, self.clock.now());
        let first = store.sessions().advance(&mark).await?;
        self.sessions.reload(store, self.clock.now()).await?;
        Ok(first.then(|| LoggedIn { token: self.sessions.write(&claims), caller, claims }))
    }

    /// Ends a session, with all its tokens.
    pub async fn log_out(&self, store: &Store, claims: &Claims) -> Result<(), StoreError> {
        store.sessions().advance(&self.sessions.end(claims, self.clock.now())).await?;
        self.sessions.reload(store, self.clock.now()).await
    }

    fn by_session(&self, token: &str, client: IpAddr) -> Result<Recognised, Denied> {
        let claims = self.sessions.read(token, self.clock.now())?;
        let session = |caller: &Caller, claims| Recognised { caller: caller.clone(), session: Some(claims) };
        if let Some(entry) = self.environment.iter().find(|entry| *entry.caller.id == *claims.sub) {
            return if entry.credential == claims.cred {
                Ok(session(&entry.caller, claims))
            } else {
                Err(Denied::SessionOver)
            };
        }
        let stored = self.stored.load();
        let key = stored.find(&claims.sub).ok_or(Denied::SessionOver)?;
        let now = self.clock.now();
        if !key.digests(now).any(|digest| self.sessions.digest_of(digest) == claims.cred) {
            return Err(Denied::SessionOver);
        }
        key.check(client, now)?;
        Ok(session(key.caller(), claims))
    }

    /// Whose key it is, and its digest.
    fn by_key(&self, presented: &str, client: IpAddr) -> Result<(Caller, Digest), Denied> {
        let digest = Digest::of(presented);
        let stored = self.stored.load();
        let now = self.clock.now();
        if let Some(key) = stored.open(&digest, now) {
            key.check(client, now)?;
            return Ok((key.caller().clone(), digest));
        }
        self.by_environment(&digest, client)
    }

    /// Every key is compared, so that the time of an answer tells nothing about any of them.
    fn by_environment(&self, digest: &Digest, client: IpAddr) -> Result<(Caller, Digest), Denied> {
        let now = self.clock.now();
        if let Some(wait) = self.guesses.wait(client.into(), now) {
            return Err(Denied::Guessing(wait));
        }
        let mut found = None;
        for entry in &self.environment {
            if entry.digest == *digest {
                found = Some(&entry.caller);
            }
        }
        let Some(caller) = found else {
            self.guesses.note(client.into(), now);
            return Err(Denied::Wrong);
        };
        Ok((caller.clone(), *digest))
    }

    fn sweep(&self) {
        let now = self.clock.now();
        self.guesses.sweep(now);
        self.logins.sweep(now);
    }
}

/// Reads what the store knows of those who may come in. To be done before the first request.
pub async fn load(app: &App) -> Result<(), StoreError> {
    app.access.reload(&app.store).await?;
    app.access.reload_spent(&app.store).await
}

/// Follows a store that others change, and forgets whom nobody needs to remember, until shutdown.
pub fn begin_chores(app: &App) {
    let swept = app.clone();
    app.lifecycle.every(SWEEP_EVERY, move || {
        swept.access.sweep();
        swept.admission.sweep();
        std::future::ready(())
    });
    if !matches!(app.store.address(), Address::Postgres(_)) {
        return;
    }
    let shared = app.clone();
    app.lifecycle.every(LOOK_EVERY, move || {
        let app = shared.clone();
        async move {
            if let Err(error) = app.access.reload(&app.store).await {
                warn!("Access keys cannot be read from the database and stay as they are: {error}");
            }
        }
    });
    let shared = app.clone();
    app.lifecycle.every(SUM_EVERY, move || {
        let app = shared.clone();
        async move {
            if let Err(error) = app.access.reload_spent(&app.store).await {
                warn!("What other instances have spent cannot be read from the database: {error}");
            }
        }
    });
}

fn amount(sums: &[Sum], key: &StoredKey) -> Amount {
    let found = sums.iter().find(|sum| sum.name.as_deref() == Some(&*key.caller().id));
    let totals = found.map(|sum| sum.totals).unwrap_or_default();
    let tokens = totals.prompt_tokens + totals.thought_tokens + totals.tool_tokens + totals.output_tokens;
    Amount {
        tokens: u64::try_from(tokens).unwrap_or_default(),
        nanos: u64::try_from(totals.cost_nanos).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
