-- Upstream keys that somebody deleted, by the keyed digest of their secret: settings that still name one do not bring it
-- back.
CREATE TABLE deleted_upstream_keys (
    fingerprint TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
