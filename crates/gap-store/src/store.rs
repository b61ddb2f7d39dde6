//! Opening and closing.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use sqlx::postgres::PgPoolOptions;
use zeroize::Zeroizing;

use crate::access_keys::AccessKeys;
use crate::audit::Audit;
use crate::caches::Caches;
use crate::conversations::Conversations;
use crate::db::Db;
use crate::dialogues::Dialogues;
use crate::pool_state::PoolState;
use crate::projects::Projects;
use crate::resources::Resources;
use crate::responses::Responses;
use crate::secret::{KeyBytes, SecretKeys, Vault};
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::sqlite::{self, Lock};
use crate::upstream_keys::UpstreamKeys;
use crate::usage::Usage;
use crate::{Address, StoreError, data_key, migrations};

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it is.
    pub address: Address,
    /// What opens its secrets.
    pub secrets: SecretKeys,
    /// How many connections read at the same time (with PostgreSQL: read and write).
    pub connections: u32,
    /// How long a server may take to let us in, at the start and whenever a connection is needed.
    pub connect_timeout: Duration,
}

/// Everything that is remembered. Cheap to clone; all clones are one store.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    address: Address,
    /// What writes pass through; on SQLite a single connection.
    write: Db,
    /// What reads pass through; in memory the same connection.
    read: Db,
    vault: Vault,
    data_key: KeyBytes,
    /// Held while the store is open, so that nobody replaces the file below it.
    _lock: Option<Lock>,
}

// === impl Options ===

impl Options {
    /// With the numbers that fit most.
    pub fn new(address: Address, secrets: SecretKeys) -> Self {
        Self { address, secrets, connections: 8, connect_timeout: Duration::from_secs(10) }
    }
}

// === impl Store ===

impl Store {
    /// Opens the store: creates what is missing, brings the schema forward, opens the secrets.
    pub async fn open(options: Options, now: Timestamp) -> Result<Self, StoreError> {
        let Options { address, secrets, connections, connect_timeout } = options;
        let (write, read, lock) = match &address {
            Address::Memory => {
                let pool = sqlite::open_memory().await?;
                (Db::Sqlite(pool.clone()), Db::Sqlite(pool), None)
            }
            Address::File(path) => {
                let pools = sqlite::open(path, connections).await?;
                (Db::Sqlite(pools.write), Db::Sqlite(pools.read), Some(pools.lock))
            }
            Address::Postgres(server) => {
                let pool = PgPoolOptions::new()
                    .max_connections(connections.max(2))
                    .acquire_timeout(connect_timeout)
                    .connect_with(server.as_ref().clone())
                    .await?;
                (Db::Postgres(pool.clone()), Db::Postgres(pool), None)
            }
        };
        let opened = async {
            migrations::run(&write).await?;
            data_key::open(&write, &secrets, now).await
        };
        match opened.await {
            Ok(data_key) => {
                let vault = Vault::of_data_key(&data_key);
                Ok(Self { inner: Arc::new(Inner { address, write, read, vault, data_key, _lock: lock }) })
            }
            Err(error) => {
                read.close().await;
                write.close().await;
                Err(error)
            }
        }
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.inner.address
    }

    /// Whether the database answers: for health checks.
    pub async fn check(&self) -> Result<(), StoreError> {
        const SQL: &str = "SELECT id FROM data_keys WHERE id = 1";
        let _: i64 = on!(self.read(), |pool| sqlx::query_scalar(SQL).fetch_one(pool).await?);
        Ok(())
    }

    /// A key that outlives restarts and changes of `SECRET_KEY`, the same on all instances and different for each label.
    pub fn derive_key(&self, label: &str) -> Zeroizing<[u8; 32]> {
        self.vault().derive(label)
    }

    /// Seals the store by another `SECRET_KEY`. Instances that run go on; from their next start they need the new one.
    pub async fn change_secret(&self, secret_key: &SecretString, now: Timestamp) -> Result<(), StoreError> {
        data_key::seal(self.write(), &self.inner.data_key, secret_key, now).await
    }

    /// Waits for what is under way and ends all connections. On SQLite the log is folded into the file.
    pub async fn close(&self) {
        self.read().close().await;
        self.write().close().await;
    }

    /// Upstream keys, sealed.
    pub fn upstream_keys(&self) -> UpstreamKeys<'_> {
        UpstreamKeys { store: self }
    }

    /// The projects that own upstream keys.
    pub fn projects(&self) -> Projects<'_> {
        Projects { store: self }
    }

    /// What the pool must not forget in a restart.
    pub fn pool_state(&self) -> PoolState<'_> {
        PoolState { store: self }
    }

    /// What clients present, hashed.
    pub fn access_keys(&self) -> AccessKeys<'_> {
        AccessKeys { store: self }
    }

    /// Sessions of the web login that were refreshed or ended.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions { store: self }
    }

    /// What was changed at run time.
    pub fn settings(&self) -> Settings<'_> {
        Settings { store: self }
    }

    /// Who did what.
    pub fn audit(&self) -> Audit<'_> {
        Audit { store: self }
    }

    /// Who owns a name that Google gave.
    pub fn resources(&self) -> Resources<'_> {
        Resources { store: self }
    }

    /// What clients said and were answered.
    pub fn conversations(&self) -> Conversations<'_> {
        Conversations { store: self }
    }

    /// Answers that are kept for those who go on from them.
    pub fn responses(&self) -> Responses<'_> {
        Responses { store: self }
    }

    /// What OpenAI calls conversations.
    pub fn dialogues(&self) -> Dialogues<'_> {
        Dialogues { store: self }
    }

    /// Explicit caches at Google.
    pub fn caches(&self) -> Caches<'_> {
        Caches { store: self }
    }

    /// The request log and its sums.
    pub fn usage(&self) -> Usage<'_> {
        Usage { store: self }
    }

    pub(crate) fn write(&self) -> &Db {
        &self.inner.write
    }

    pub(crate) fn read(&self) -> &Db {
        &self.inner.read
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.inner.vault
    }
}
