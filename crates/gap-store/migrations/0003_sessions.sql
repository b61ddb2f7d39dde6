-- Sessions of the web login that were refreshed or ended. One that was neither has no row: what it may is in its token.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    -- Tokens of earlier generations are over; NULL: all of them.
    generation BIGINT,
    changed_at BIGINT NOT NULL,
    -- When the last of its tokens is over anyway.
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);
