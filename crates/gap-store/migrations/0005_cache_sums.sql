-- What explicit caches cost and save: of each one up to when it is paid for, and in sums by hour and access key.
ALTER TABLE caches ADD COLUMN spent_nanos BIGINT NOT NULL DEFAULT 0;
-- Until when its storage is counted in; 0: from its beginning.
ALTER TABLE caches ADD COLUMN paid_until BIGINT NOT NULL DEFAULT 0;

CREATE TABLE cache_sums (
    -- When its hour began.
    starts_at BIGINT NOT NULL,
    access_key TEXT NOT NULL,
    -- Who made the caches: `user`, `automatic`; `answers` are exact answers that were given again.
    kind TEXT NOT NULL,
    hits BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    saved_nanos BIGINT NOT NULL,
    spent_nanos BIGINT NOT NULL,
    PRIMARY KEY (starts_at, access_key, kind)
);
