-- The first schema. One text for SQLite and PostgreSQL: identifiers are TEXT (lower-case UUIDs), points in time are
-- BIGINT milliseconds since 1970 UTC, JSON and sealed secrets are TEXT, money is BIGINT billionths of a dollar.

-- The key that seals all other secrets, itself sealed by SECRET_KEY. One row.
CREATE TABLE data_keys (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    salt TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    -- Google's number or name of it, once known.
    google_name TEXT UNIQUE,
    label TEXT NOT NULL,
    tier TEXT,
    -- Limits set by hand.
    limits TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE upstream_keys (
    id TEXT PRIMARY KEY,
    project_id TEXT REFERENCES projects (id) ON DELETE SET NULL,
    label TEXT NOT NULL,
    sealed TEXT NOT NULL,
    -- A keyed digest of the secret: finds duplicates without opening anything.
    fingerprint TEXT NOT NULL UNIQUE,
    tier TEXT,
    weight BIGINT NOT NULL,
    models TEXT,
    expires_at BIGINT,
    disabled_at BIGINT,
    disabled_reason TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX upstream_keys_project ON upstream_keys (project_id);

-- What the pool must not forget in a restart. `state` is the pool's own JSON, of the given version; the other columns
-- are what the clean-up asks.
CREATE TABLE pool_buckets (
    project TEXT NOT NULL,
    model TEXT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    resting_until BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project, model)
);
CREATE INDEX pool_buckets_updated ON pool_buckets (updated_at);

CREATE TABLE pool_keys (
    upstream_key TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    resting_until BIGINT,
    updated_at BIGINT NOT NULL
);
CREATE INDEX pool_keys_updated ON pool_keys (updated_at);

CREATE TABLE access_keys (
    id TEXT PRIMARY KEY,
    -- SHA-256 of the key: the key itself is shown once and kept nowhere.
    digest TEXT NOT NULL UNIQUE,
    -- The digest before a rotation, and how long it still opens the door.
    previous_digest TEXT UNIQUE,
    previous_until BIGINT,
    -- The first characters, so that people can tell keys apart.
    hint TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    limits TEXT NOT NULL,
    expires_at BIGINT,
    disabled_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL
);

CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    address TEXT NOT NULL,
    detail TEXT
);
CREATE INDEX audit_at ON audit (at, id);

-- Who owns a name that Google gave: a file, a cache, a batch, an operation.
CREATE TABLE resources (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    project TEXT NOT NULL,
    upstream_key TEXT NOT NULL,
    owner TEXT NOT NULL,
    detail TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX resources_owner ON resources (owner, kind, name);
CREATE INDEX resources_expiry ON resources (expires_at);

-- The request log: one row per request. Empty text means nobody or none, so that every index holds every row.
CREATE TABLE usage_records (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    access_key TEXT NOT NULL,
    address TEXT NOT NULL,
    dialect TEXT NOT NULL,
    method TEXT NOT NULL,
    model TEXT NOT NULL,
    project TEXT NOT NULL,
    upstream_key TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    status BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    error_scope TEXT NOT NULL,
    streamed BOOLEAN NOT NULL,
    prompt_tokens BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    thought_tokens BIGINT NOT NULL,
    tool_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost_nanos BIGINT NOT NULL,
    saved_nanos BIGINT NOT NULL,
    waited_ms BIGINT NOT NULL,
    first_token_ms BIGINT,
    duration_ms BIGINT NOT NULL,
    by_modality TEXT,
    explanation TEXT
);
CREATE INDEX usage_records_at ON usage_records (at, id);
CREATE INDEX usage_records_access_key ON usage_records (access_key, at, id);
CREATE INDEX usage_records_upstream_key ON usage_records (upstream_key, at, id);

-- Sums of the log, written in the transaction of the records they sum: one row per period (hour, day), axis (what the
-- name names), name and model. Sums by every axis at once would be as long as the log itself.
CREATE TABLE usage_sums (
    period TEXT NOT NULL,
    axis TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    name TEXT NOT NULL,
    model TEXT NOT NULL,
    requests BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    prompt_tokens BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    thought_tokens BIGINT NOT NULL,
    tool_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost_nanos BIGINT NOT NULL,
    saved_nanos BIGINT NOT NULL,
    cache_hits BIGINT NOT NULL,
    waited_ms BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    first_tokens BIGINT NOT NULL,
    first_token_ms BIGINT NOT NULL,
    PRIMARY KEY (period, axis, starts_at, name, model)
);
