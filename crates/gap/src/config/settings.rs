//! The settings, typed: one struct per section of `config.default.toml`, which says what each of them is for.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use gap_pool::TierPolicy;
use gap_protocol::models::Alias;
use ipnet::IpNet;
use secrecy::SecretString;

use super::kinds::addresses::{Database, DatabaseUrl, HostName, HttpUrl, Networks, Origin, PathPrefix, RedisUrl};
use super::kinds::fallbacks::{Fallback, Fallbacks};
use super::kinds::pool::{LimitsByHand, ModelAlias, ModelLimits, UpstreamKey, UpstreamKeys};
use super::kinds::quantities::{LogFilter, Size, Span};
use super::kinds::secrets::{Secret, SecretUrl, Secrets, SigningSecret};
use super::kinds::{Address, FilePath, ListOf, Maybe, OneOf, Switch, Text, Whole};
use super::reader::Reader;

/// Everything that can be set. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How GAP listens and what it takes from clients.
    pub server: Server,
    /// How GAP talks to Google.
    pub upstream: Upstream,
    /// Media that clients name by address.
    pub media: Media,
    /// What is known of models.
    pub models: Models,
    /// Thought signatures that are kept for clients.
    pub signatures: Signatures,
    /// Responses that are kept for those who go on from them.
    pub responses: Responses,
    /// The upstream keys and how a request finds one.
    pub pool: Pool,
    /// Who may come in.
    pub auth: Auth,
    /// Limits per client address.
    pub limits: Limits,
    /// Explicit caches at Google.
    pub cache: Cache,
    /// Conversations.
    pub context: Context,
    /// Where things are kept.
    pub store: Store,
    /// What is kept of usage, and how long.
    pub usage: Usage,
    /// What the operator is told without looking.
    pub alerts: Alerts,
    /// Logs and reports.
    pub telemetry: Telemetry,
}

/// Section `server`.
#[derive(Clone, Debug)]
pub struct Server {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Prefix that a reverse proxy puts before every path: empty, or `/gap` without a trailing slash.
    pub root_path: String,
    /// GAP's own address in answers, without a trailing slash.
    pub public_url: Option<String>,
    /// Origins whose pages may call GAP, in lower case; `*` is every one.
    pub cors_origins: Vec<String>,
    /// Networks whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether the API's description is served.
    pub docs: bool,
    /// Whether the status page is shown only after login.
    pub protect_status_page: bool,
    /// When a stream without an answer is opened all the same.
    pub open_after: Duration,
    /// How often a quiet stream shows that it lives.
    pub keep_alive: Duration,
    /// Request bodies up to this many bytes are kept for another try.
    pub replay_limit: usize,
    /// What all kept request bodies may take together, in bytes.
    pub replay_budget: usize,
    /// The largest request body, in bytes.
    pub body_limit: u64,
    /// The largest request body of the admin API, in bytes.
    pub admin_body_limit: usize,
    /// Answers in one piece are held back up to this many bytes.
    pub hold_back: usize,
    /// How long a client may take to send the head of a request.
    pub header_timeout: Duration,
    /// How long a connection may lie idle between two requests.
    pub idle_timeout: Duration,
    /// How long a client may be silent while it sends its body.
    pub body_timeout: Duration,
    /// How long a client may leave unread what it is sent.
    pub unread_timeout: Duration,
    /// How long `/readyz` says no at shutdown before connections are refused.
    pub drain_notice: Duration,
    /// How long answers under way may take to finish at shutdown.
    pub drain: Duration,
    /// Connections at a time.
    pub max_connections: usize,
}

/// Section `upstream`.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Address of the Gemini API, without version and trailing slash.
    pub base_url: String,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the upstream may take to begin an answer.
    pub first_byte_timeout: Duration,
    /// How long it may be silent in the middle of one.
    pub idle_timeout: Duration,
    /// How long a whole answer of a model may take.
    pub total_timeout: Duration,
    /// Requests that share a connection before another is opened.
    pub streams_per_connection: usize,
    /// Connections at most.
    pub max_connections: usize,
    /// How long an unused connection is kept.
    pub pool_idle: Duration,
    /// PEM file with further root certificates.
    pub ca_file: Option<PathBuf>,
    /// Whether the most permissive safety settings are set where the client set none.
    pub disable_safety_filtering: bool,
    /// Send on arguments of earlier tool calls that are no JSON object, in place of refusing the request.
    pub keep_broken_arguments: bool,
}

/// Section `media`.
#[derive(Clone, Debug)]
pub struct Media {
    /// Whether media are fetched.
    pub fetch: bool,
    /// The largest one, in bytes.
    pub limit: usize,
    /// How long one may take.
    pub timeout: Duration,
    /// How many a request may name.
    pub per_request: usize,
    /// How many are fetched at a time.
    pub at_once: usize,
    /// Hosts at private addresses that may be fetched from, in lower case.
    pub allow_hosts: Vec<String>,
}

/// Section `models`.
#[derive(Clone, Debug)]
pub struct Models {
    /// Changes to the built-in table.
    pub file: Option<PathBuf>,
    /// How long a list of Google's is believed.
    pub list_ttl: Duration,
    /// The operator's own names for models.
    pub aliases: Vec<Alias>,
}

/// Section `signatures`.
#[derive(Clone, Debug)]
pub struct Signatures {
    /// What they may take together, in bytes.
    pub memory: usize,
    /// How many are kept.
    pub count: usize,
    /// How long one is kept.
    pub ttl: Duration,
}

/// Section `responses`.
#[derive(Clone, Debug)]
pub struct Responses {
    /// What they may take together, in bytes.
    pub memory: usize,
    /// How many are kept.
    pub count: usize,
    /// How long one is kept after its last use.
    pub ttl: Duration,
    /// How many conversations of the Conversations API one access key may have.
    pub conversations_per_access_key: u32,
    /// How many items one of them takes.
    pub conversation_items: u32,
    /// How much the items of one may take, in bytes.
    pub conversation_bytes: usize,
    /// How many days one is kept after its last use.
    pub conversation_ttl_days: u32,
    /// How many responses may be worked on without their clients at a time.
    pub background: usize,
    /// How many of these one access key may have at a time.
    pub background_per_access_key: usize,
    /// What their events may take together, in bytes.
    pub background_events: usize,
}

/// Section `pool`.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Upstream keys, each once.
    pub keys: Vec<UpstreamKey>,
    /// Projects that pay.
    pub paid_projects: Vec<String>,
    /// Which projects may serve, and in which order.
    pub tiers: TierPolicy,
    /// Limits that the operator knows.
    pub limits: Vec<LimitsByHand>,
    /// Requests that one key may carry at a time; 0 is no limit.
    pub key_concurrency: u32,
    /// Tries of one request that may fail without blaming a key.
    pub max_attempts: u32,
    /// Keys that one request may try.
    pub max_keys: u32,
    /// How long a request may look for an answer.
    pub deadline: Duration,
    /// How long a request may wait for a key.
    pub max_wait: Duration,
    /// Requests that may wait at a time.
    pub max_waiting: usize,
    /// The first pause before a further try that blames no key.
    pub back_off_min: Duration,
    /// The longest such pause.
    pub back_off_max: Duration,
    /// Models that stand in for others; no model has two, and no way leads back.
    pub fallback_models: Vec<Fallback>,
    /// Beginnings of conversations whose project is remembered; 0: none.
    pub affinity_count: usize,
    /// How long such a beginning is remembered.
    pub affinity_ttl: Duration,
}

/// Section `auth`.
#[derive(Clone, Debug)]
pub struct Auth {
    /// Signs sessions and opens sealed secrets.
    pub secret_key: Option<SecretString>,
    /// The one before, while it is being replaced.
    pub secret_key_previous: Option<SecretString>,
    /// Passwords of the web login; access keys, too.
    pub passwords: Vec<SecretString>,
    /// Further access keys.
    pub users_api_keys: Vec<SecretString>,
    /// Access keys of the administrator.
    pub admin_api_keys: Vec<SecretString>,
    /// How long a login lasts, in minutes.
    pub access_token_expire_minutes: u32,
}

/// Section `limits`. All count per client address; 0 is no limit.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Model requests per minute.
    pub requests_per_minute: u64,
    /// Model requests per day.
    pub requests_per_day_per_ip: u64,
    /// Input tokens per day.
    pub input_tokens_per_day_per_ip: u64,
}

/// Section `cache`.
#[derive(Clone, Debug)]
pub struct Cache {
    /// Whether explicit caches are managed automatically.
    pub native: bool,
    /// Beginnings that are watched at a time.
    pub watched: usize,
    /// Automatic caches at a time.
    pub held: usize,
    /// Access keys whose answers are kept and given again.
    pub answers: Vec<String>,
    /// What answers may take together, in bytes.
    pub answers_bytes: usize,
    /// How long an answer is given again.
    pub answers_ttl: Duration,
}

/// Section `context`.
#[derive(Clone, Debug)]
pub struct Context {
    /// Whether conversations continued by id are completed.
    pub completion: bool,
    /// Where conversations are kept.
    pub storage_mode: StorageMode,
    /// Tokens of history that are added at most.
    pub max_tokens: u64,
    /// Tokens that stay free below a model's window.
    pub safety_margin: u64,
    /// How long a conversation is kept after its last turn, in days.
    pub ttl_days: u32,
    /// Conversations kept at a time in memory.
    pub max_records_memory: usize,
    /// Which conversations are kept.
    pub recording: Recording,
    /// Conversations kept at a time for one access key.
    pub max_records_per_access_key: u32,
    /// What the words of one conversation may take, in bytes.
    pub max_bytes: usize,
    /// Whether the answers of streams are kept.
    pub save_streamed: bool,
}

/// Section `store`.
#[derive(Clone, Debug)]
pub struct Store {
    /// Where the database is.
    pub database_url: DatabaseUrl,
    /// Whether somebody set `database_url`, which opens it.
    pub database_configured: bool,
    /// Where upstream keys are kept.
    pub key_storage_mode: StorageMode,
    /// Redis that several instances share.
    pub redis_url: Option<SecretString>,
    /// Folder for what GAP keeps itself.
    pub data_dir: PathBuf,
}

/// Section `usage`. Bodies of requests are never kept.
#[derive(Clone, Debug)]
pub struct Usage {
    /// Days that records of single requests are kept.
    pub retention_days: u32,
    /// Days that sums by hour are kept.
    pub hourly_retention_days: u32,
    /// Days that sums by day are kept.
    pub daily_retention_days: u32,
    /// Days that sums by client address are kept.
    pub address_retention_days: u32,
    /// Days that the audit log is kept.
    pub audit_retention_days: u32,
    /// Records of single requests kept at a time in memory.
    pub max_records_memory: u64,
}

/// Section `alerts`.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// Where they are posted; it may hold a secret, so it is one.
    pub url: Option<SecretString>,
    /// Signs them.
    pub secret: Option<SecretString>,
    /// Percent of requests that may fail; 0 is no limit.
    pub error_rate: u32,
    /// Fewer requests say nothing about a rate.
    pub min_requests: u64,
    /// The time of which the rate is.
    pub window: Duration,
    /// How long the same alert is not sent again.
    pub cool_down: Duration,
}

/// Section `telemetry`.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// What is logged, as a filter of `tracing`.
    pub log_level: String,
    /// How lines look.
    pub format: LogFormat,
    /// Folder for log files.
    pub log_dir: Option<PathBuf>,
    /// Days that rotated log files are kept.
    pub log_cleanup_days: u32,
    /// Whether GAP's own steps are logged.
    pub debug: bool,
    /// Minutes between two reports of usage; 0 is off.
    pub usage_report_interval_minutes: u32,
    /// Who may read `/metrics`.
    pub metrics: MetricsAccess,
    /// Collector of traces, without a trailing slash.
    pub otlp_endpoint: Option<String>,
}

/// Who may read `/metrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsAccess {
    /// Nobody: it is not there.
    Off,
    /// Administrators.
    Admin,
    /// Everybody who reaches it.
    Open,
}

/// Which conversations are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// None.
    Off,
    /// Those that their clients name.
    WithId,
    /// All.
    All,
}

/// Where something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageMode {
    /// In memory, until restart.
    Memory,
    /// In the database.
    Database,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

const STORAGE_MODES: OneOf<StorageMode> =
    OneOf(&[("memory", StorageMode::Memory), ("database", StorageMode::Database)]);
const RECORDING: OneOf<Recording> =
    OneOf(&[("with_id", Recording::WithId), ("all", Recording::All), ("off", Recording::Off)]);
const TIERS: OneOf<TierPolicy> = OneOf(&[
    ("any", TierPolicy::Any),
    ("free_first", TierPolicy::FreeFirst),
    ("paid_first", TierPolicy::PaidFirst),
    ("only_paid", TierPolicy::OnlyPaid),
]);
const METRICS: OneOf<MetricsAccess> =
    OneOf(&[("off", MetricsAccess::Off), ("admin", MetricsAccess::Admin), ("open", MetricsAccess::Open)]);
const LOG_FORMATS: OneOf<LogFormat> = OneOf(&[("pretty", LogFormat::Pretty), ("json", LogFormat::Json)]);

const MIB: usize = 1024 * 1024;
const TIB: u64 = 1 << 40;
/// More would be a slip, and sums of several must not overflow.
const MOST: u64 = 1_000_000_000_000;

// === reading ===

impl Settings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            server: Server::read(reader),
            upstream: Upstream::read(reader),
            media: Media::read(reader),
            models: Models {
                file: reader.take("models.file", &Maybe(FilePath)),
                list_ttl: reader.take("models.list_ttl", &Span::some()),
                aliases: reader.take("models.aliases", &ListOf(ModelAlias)),
            },
            signatures: Signatures {
                memory: reader.take("signatures.memory", &Size(0..=64 * 1024 * MIB)),
                count: reader.take("signatures.count", &Whole(0..=100_000_000)),
                ttl: reader.take("signatures.ttl", &Span::some()),
            },
            responses: Responses {
                memory: reader.take("responses.memory", &Size(0..=64 * 1024 * MIB)),
                count: reader.take("responses.count", &Whole(0..=100_000_000)),
                ttl: reader.take("responses.ttl", &Span::some()),
                conversations_per_access_key: reader
                    .take("responses.conversations_per_access_key", &Whole(0..=1_000_000)),
                conversation_items: reader.take("responses.conversation_items", &Whole(1..=1_000_000)),
                conversation_bytes: reader.take("responses.conversation_bytes", &Size(1024..=1024 * MIB)),
                conversation_ttl_days: reader.take("responses.conversation_ttl_days", &Whole(1..=3_650)),
                background: reader.take("responses.background", &Whole(0..=100_000)),
                background_per_access_key: reader.take("responses.background_per_access_key", &Whole(1..=100_000)),
                background_events: reader.take("responses.background_events", &Size(MIB..=64 * 1024 * MIB)),
            },
            pool: Pool::read(reader),
            auth: Auth::read(reader),
            limits: Limits::read(reader),
            cache: Cache {
                native: reader.take("cache.native", &Switch),
                watched: reader.take("cache.watched", &Whole(0..=10_000_000)),
                held: reader.take("cache.held", &Whole(0..=100_000)),
                answers: reader.take("cache.answers", &ListOf(Text)),
                answers_bytes: reader.take("cache.answers_bytes", &Size(0..=64 * 1024 * MIB)),
                answers_ttl: reader.take("cache.answers_ttl", &Span::some()),
            },
            context: Context::read(reader),
            store: Store::read(reader),
            usage: Usage::read(reader),
            alerts: Alerts::read(reader),
            telemetry: Telemetry::read(reader),
        }
    }

    /// Whether a database is opened; else everything is in memory.
    pub fn wants_database(&self) -> bool {
        self.store.database_configured
            || self.store.key_storage_mode == StorageMode::Database
            || self.context.storage_mode == StorageMode::Database
    }
}

impl Server {
    fn read(reader: &mut Reader) -> Self {
        Self {
            host: reader.take("server.host", &Address),
            port: reader.take("server.port", &Whole(0..=u16::MAX)),
            root_path: reader.take("server.root_path", &PathPrefix),
            public_url: reader.take("server.public_url", &Maybe(HttpUrl { unversioned: false })),
            cors_origins: reader.take("server.cors_origins", &ListOf(Origin)),
            trusted_proxies: reader.take("server.trusted_proxies", &Networks),
            docs: reader.take("server.docs", &Switch),
            protect_status_page: reader.take("server.protect_status_page", &Switch),
            open_after: reader.take("server.open_after", &Span::or_zero()),
            keep_alive: reader.take("server.keep_alive", &Span::some()),
            replay_limit: reader.take("server.replay_limit", &Size(0..=1024 * MIB)),
            replay_budget: reader.take("server.replay_budget", &Size(0..=usize::MAX)),
            body_limit: reader.take("server.body_limit", &Size(1..=TIB)),
            admin_body_limit: reader.take("server.admin_body_limit", &Size(1024..=1024 * MIB)),
            hold_back: reader.take("server.hold_back", &Size(0..=64 * MIB)),
            header_timeout: reader.take("server.header_timeout", &Span::some()),
            idle_timeout: reader.take("server.idle_timeout", &Span::some()),
            body_timeout: reader.take("server.body_timeout", &Span::some()),
            unread_timeout: reader.take("server.unread_timeout", &Span::some()),
            drain_notice: reader.take("server.drain_notice", &Span::or_zero()),
            drain: reader.take("server.drain", &Span::or_zero()),
            max_connections: reader.take("server.max_connections", &Whole(1..=1_000_000)),
        }
    }
}

impl Upstream {
    fn read(reader: &mut Reader) -> Self {
        Self {
            base_url: reader.take("upstream.base_url", &HttpUrl { unversioned: true }),
            connect_timeout: reader.take("upstream.connect_timeout", &Span::some()),
            first_byte_timeout: reader.take("upstream.first_byte_timeout", &Span::some()),
            idle_timeout: reader.take("upstream.idle_timeout", &Span::some()),
            total_timeout: reader.take("upstream.total_timeout", &Span::some()),
            streams_per_connection: reader.take("upstream.streams_per_connection", &Whole(1..=10_000)),
            max_connections: reader.take("upstream.max_connections", &Whole(1..=1_000)),
            pool_idle: reader.take("upstream.pool_idle", &Span::some()),
            ca_file: reader.take("upstream.ca_file", &Maybe(FilePath)),
            disable_safety_filtering: reader.take("upstream.disable_safety_filtering", &Switch),
            keep_broken_arguments: reader.take("upstream.keep_broken_arguments", &Switch),
        }
    }
}

impl Media {
    fn read(reader: &mut Reader) -> Self {
        Self {
            fetch: reader.take("media.fetch", &Switch),
            limit: reader.take("media.limit", &Size(1..=1024 * MIB)),
            timeout: reader.take("media.timeout", &Span::some()),
            per_request: reader.take("media.per_request", &Whole(0..=10_000)),
            at_once: reader.take("media.at_once", &Whole(1..=10_000)),
            allow_hosts: reader.take("media.allow_hosts", &ListOf(HostName)),
        }
    }
}

impl Pool {
    fn read(reader: &mut Reader) -> Self {
        Self {
            keys: reader.take("pool.keys", &UpstreamKeys),
            paid_projects: reader.take("pool.paid_projects", &ListOf(Text)),
            tiers: reader.take("pool.tiers", &TIERS),
            limits: reader.take("pool.limits", &ListOf(ModelLimits)),
            key_concurrency: reader.take("pool.key_concurrency", &Whole(0..=100_000)),
            max_attempts: reader.take("pool.max_attempts", &Whole(1..=100)),
            max_keys: reader.take("pool.max_keys", &Whole(1..=10_000)),
            deadline: reader.take("pool.deadline", &Span::some()),
            max_wait: reader.take("pool.max_wait", &Span::or_zero()),
            max_waiting: reader.take("pool.max_waiting", &Whole(0..=1_000_000)),
            back_off_min: reader.take("pool.back_off_min", &Span::or_zero()),
            back_off_max: reader.take("pool.back_off_max", &Span::or_zero()),
            fallback_models: reader.take("pool.fallback_models", &ListOf(Fallbacks)),
            affinity_count: reader.take("pool.affinity_count", &Whole(0..=10_000_000)),
            affinity_ttl: reader.take("pool.affinity_ttl", &Span::some()),
        }
    }
}

impl Auth {
    fn read(reader: &mut Reader) -> Self {
        Self {
            secret_key: reader.take("auth.secret_key", &Maybe(SigningSecret)),
            secret_key_previous: reader.take("auth.secret_key_previous", &Maybe(Secret)),
            passwords: reader.take("auth.passwords", &Secrets),
            users_api_keys: reader.take("auth.users_api_keys", &Secrets),
            admin_api_keys: reader.take("auth.admin_api_keys", &Secrets),
            access_token_expire_minutes: reader.take("auth.access_token_expire_minutes", &Whole(1..=525_600)),
        }
    }
}

impl Limits {
    fn read(reader: &mut Reader) -> Self {
        Self {
            requests_per_minute: reader.take("limits.requests_per_minute", &Whole(0..=MOST)),
            requests_per_day_per_ip: reader.take("limits.requests_per_day_per_ip", &Whole(0..=MOST)),
            input_tokens_per_day_per_ip: reader.take("limits.input_tokens_per_day_per_ip", &Whole(0..=MOST)),
        }
    }
}

impl Context {
    fn read(reader: &mut Reader) -> Self {
        Self {
            completion: reader.take("context.completion", &Switch),
            storage_mode: reader.take("context.storage_mode", &STORAGE_MODES),
            max_tokens: reader.take("context.max_tokens", &Whole(1..=MOST)),
            safety_margin: reader.take("context.safety_margin", &Whole(0..=MOST)),
            ttl_days: reader.take("context.ttl_days", &Whole(1..=36_500)),
            max_records_memory: reader.take("context.max_records_memory", &Whole(1..=100_000_000)),
            recording: reader.take("context.recording", &RECORDING),
            max_records_per_access_key: reader.take("context.max_records_per_access_key", &Whole(1..=100_000_000)),
            max_bytes: reader.take("context.max_bytes", &Size(1024..=1024 * MIB)),
            save_streamed: reader.take("context.save_streamed", &Switch),
        }
    }
}

impl Store {
    fn read(reader: &mut Reader) -> Self {
        let mut store = Self {
            database_url: reader.take("store.database_url", &Database),
            database_configured: reader.is_explicit("store.database_url"),
            key_storage_mode: reader.take("store.key_storage_mode", &STORAGE_MODES),
            redis_url: reader.take("store.redis_url", &Maybe(RedisUrl)),
            data_dir: reader.take("store.data_dir", &FilePath),
        };
        if !store.database_configured && reader.is_explicit("store.data_dir") {
            let file = store.data_dir.join("gap.db");
            reader.follow("store.database_url", &format!("sqlite://{}", file.display()), "store.data_dir");
            store.database_url = DatabaseUrl::SqliteFile(file);
        }
        store
    }
}

impl Usage {
    fn read(reader: &mut Reader) -> Self {
        let days = Whole(1..=36_500);
        Self {
            retention_days: reader.take("usage.retention_days", &days),
            hourly_retention_days: reader.take("usage.hourly_retention_days", &days),
            daily_retention_days: reader.take("usage.daily_retention_days", &days),
            address_retention_days: reader.take("usage.address_retention_days", &days),
            audit_retention_days: reader.take("usage.audit_retention_days", &days),
            max_records_memory: reader.take("usage.max_records_memory", &Whole(1..=100_000_000)),
        }
    }
}

impl Alerts {
    fn read(reader: &mut Reader) -> Self {
        Self {
            url: reader.take("alerts.url", &Maybe(SecretUrl)),
            secret: reader.take("alerts.secret", &Maybe(Secret)),
            error_rate: reader.take("alerts.error_rate", &Whole(0..=100)),
            min_requests: reader.take("alerts.min_requests", &Whole(1..=MOST)),
            window: reader.take("alerts.window", &Span::some()),
            cool_down: reader.take("alerts.cool_down", &Span::some()),
        }
    }
}

impl Telemetry {
    fn read(reader: &mut Reader) -> Self {
        let mut telemetry = Self {
            log_level: reader.take("telemetry.log_level", &LogFilter),
            format: reader.take("telemetry.format", &LOG_FORMATS),
            log_dir: reader.take("telemetry.log_dir", &Maybe(FilePath)),
            log_cleanup_days: reader.take("telemetry.log_cleanup_days", &Whole(1..=3650)),
            debug: reader.take("telemetry.debug", &Switch),
            usage_report_interval_minutes: reader.take("telemetry.usage_report_interval_minutes", &Whole(0..=525_600)),
            metrics: reader.take("telemetry.metrics", &METRICS),
            otlp_endpoint: reader.take("telemetry.otlp_endpoint", &Maybe(HttpUrl { unversioned: false })),
        };
        if telemetry.debug && !reader.is_explicit("telemetry.log_level") {
            // Not everybody's steps: those of HTTP/2 alone would bury ours.
            "info,gap=debug".clone_into(&mut telemetry.log_level);
            reader.follow("telemetry.log_level", &telemetry.log_level, "telemetry.debug");
        }
        telemetry
    }
}
