-- Conversations that are kept for clients, each within one access key. They are trees: clients edit.
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    -- The access key whose it is.
    owner TEXT NOT NULL,
    -- What the client calls it.
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    model TEXT NOT NULL,
    -- The system instruction that was sent last, as JSON.
    system TEXT,
    -- The digest of its first turn.
    opening TEXT NOT NULL,
    pinned BOOLEAN NOT NULL,
    -- How long it is kept after its last turn; NULL: as long as the settings say.
    ttl_ms BIGINT,
    -- The turn at which it goes on; turns are numbered from 1.
    head BIGINT NOT NULL,
    turns BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (owner, name)
);
CREATE INDEX conversations_updated ON conversations (updated_at, id);
CREATE INDEX conversations_owner ON conversations (owner, updated_at, id);
CREATE INDEX conversations_opening ON conversations (owner, opening, updated_at);

CREATE TABLE conversation_turns (
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    -- The turn that it follows; 0 is the beginning.
    parent BIGINT NOT NULL,
    is_models BOOLEAN NOT NULL,
    digest TEXT NOT NULL,
    -- A Content of Gemini's, as JSON; empty when the conversation has grown too large for it.
    content TEXT NOT NULL,
    -- Names of functions called and answered, as JSON lists; NULL: none.
    calls TEXT,
    results TEXT,
    signed BOOLEAN NOT NULL,
    tokens BIGINT NOT NULL,
    -- Whether the answer broke off.
    partial BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (conversation, number)
);

-- Explicit caches at Google.
CREATE TABLE caches (
    id TEXT PRIMARY KEY,
    -- Google's name for it.
    name TEXT NOT NULL UNIQUE,
    -- The access key whose it is.
    owner TEXT NOT NULL,
    project TEXT NOT NULL,
    upstream_key TEXT NOT NULL,
    model TEXT NOT NULL,
    -- Who made it: `user`, `automatic`.
    kind TEXT NOT NULL,
    -- What it holds: the name of a prefix.
    prefix TEXT NOT NULL,
    display_name TEXT NOT NULL,
    tokens BIGINT NOT NULL,
    hits BIGINT NOT NULL,
    saved_tokens BIGINT NOT NULL,
    saved_nanos BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX caches_owner ON caches (owner, created_at, id);
CREATE INDEX caches_prefix ON caches (owner, model, prefix);
CREATE INDEX caches_expiry ON caches (expires_at);
