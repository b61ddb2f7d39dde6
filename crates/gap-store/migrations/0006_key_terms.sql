-- What people group upstream keys by (a JSON list; NULL is none), and how many requests one may carry at a time.
ALTER TABLE upstream_keys ADD COLUMN tags TEXT;
ALTER TABLE upstream_keys ADD COLUMN concurrency BIGINT;
