PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE gap_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO gap_migrations VALUES(1,'first','2026-11-25 14:50:38',1,X'd3c501c6094d6333938b611ce687bac4c3014fe03cfe18d948f38cfbb0951b736e17e19ad6561f2fe7090cc35a85e1c6',2024549);
INSERT INTO gap_migrations VALUES(2,'deleted_keys','2026-11-25 14:50:38',1,X'f6f2aed813ffb6c77a0d56d0a2d16eba67a1f79346b14c58659553b1f1840beeeabe20cf95913454df2cb1e37e24c534',279547);
INSERT INTO gap_migrations VALUES(3,'sessions','2026-11-25 14:50:38',1,X'34d18d06c268a4aab59d6788d7598db36021cab8bf9e89cc58ff6bd846867741e2c8e9f77afa089f198030830b94bdbb',346768);
INSERT INTO gap_migrations VALUES(4,'conversations','2026-11-25 14:50:38',1,X'2d52ad1615514d697efdaa2d36e240ef9510a0ddf99f736a70afd0fee0c578252757b6bff76745fdb90bc9d75f46d352',980566);
INSERT INTO gap_migrations VALUES(5,'cache_sums','2026-11-25 14:50:38',1,X'aa8207a9638a6da26115e3d317779aef071b691c4db0aeb8fa9fe593da42978f55d5ad40b178606a185d9093fa827671',1222618);
INSERT INTO gap_migrations VALUES(6,'key_terms','2026-11-25 14:50:38',1,X'd8e06bc99228e10f4c4e267e79e54cae7ba09da45b22216973f5640c3263a968483845356089ce5d407dd55b386e473e',1028906);
INSERT INTO gap_migrations VALUES(7,'responses','2026-11-25 18:10:00',1,X'49191fdb4d934922c30fae0ee77db4ce901c83fdca018fee1b89320c6d4ef2b6c7cb3409cb85aebadfa91b8b160269eb',1100000);
CREATE TABLE data_keys (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    salt TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
INSERT INTO data_keys VALUES(1,'c6QXqyaSIVBN5kjfu0A5Bw','1.hNll6+n8/NeJJgnmAmbhZr/hA651vD1gYN9XjloGK55Dp+Sg7+57+HkUfPobsQC48udq85DR4Pbrz/OV',1782907200000,1782907200000);
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
INSERT INTO projects VALUES('01010101-0101-0101-0101-010101010101','123456789','naïve 项目','free','{"gemini-2.5-flash":{"rpm":10}}',1782907200000,1782907200000);
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
, tags TEXT, concurrency BIGINT);
INSERT INTO upstream_keys VALUES('02020202-0202-0202-0202-020202020202','01010101-0101-0101-0101-010101010101','it''s "ours"','1.WEpCVe7+KDXXGSyQeahqix0gMvUVWw1rDfVLE7QHKoXzZD3jEaZA+jcx2g','km6EW5bv0GpOuVdum6GWM1e45wgQlzZ2ds4p2dfkQLg','paid',250,'["gemini-2.5-pro"]',1782993600000,1782910800000,'reported as leaked',1782907200000,1782907200000,NULL,NULL);
INSERT INTO upstream_keys VALUES('03030303-0303-0303-0303-030303030303',NULL,'','1.hgJqNPpBhemzcgNyV8vhoRyUPUwZEd7zky5odF3evEnhCyw9isEZ','0P7jZu52w+jcejVA28I4mfOvYYQdszttEPsb1aqi/SY',NULL,100,NULL,NULL,NULL,NULL,1782907200000,1782907200000,NULL,NULL);
INSERT INTO upstream_keys VALUES('0b0b0b0b-0b0b-0b0b-0b0b-0b0b0b0b0b0b',NULL,'','1.yes7ZG/+njYuUm+2lemSyj0gFxEDa2NifSyKeKuMlr6BBZA8xGpPMQ','rLR/HrpdApYXtXCnAT/KCoUML5omr5+0miQI4HVjPts',NULL,100,NULL,NULL,NULL,NULL,1782907200000,1782907200000,'["eu","团队"]',3);
CREATE TABLE pool_buckets (
    project TEXT NOT NULL,
    model TEXT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    resting_until BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project, model)
);
INSERT INTO pool_buckets VALUES('p1','gemini-2.5-pro',1,'{"day":{"requests":7}}',1782939600000,1782907200000);
CREATE TABLE pool_keys (
    upstream_key TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    resting_until BIGINT,
    updated_at BIGINT NOT NULL
);
INSERT INTO pool_keys VALUES('02020202-0202-0202-0202-020202020202',1,'{"day":{"requests":7}}',NULL,1782907200000);
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
INSERT INTO access_keys VALUES('04040404-0404-0404-0404-040404040404','f620d5130fa6537b4d56b4ad9e12af04c98fd28653de7c95762df1cd3ad361d4','9d6aabf7956f8d074c6ed3e2b9238cf2f7abed6cb1c99e9dab3bb6196a4100ab',1782914400000,'gap-n','alice','user','{"rpm":10}',NULL,NULL,1782907200000,1782907200000);
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL
);
INSERT INTO settings VALUES('max_requests_per_minute','60',1782907200000,'alice');
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    address TEXT NOT NULL,
    detail TEXT
);
INSERT INTO audit VALUES('05050505-0505-0505-0505-050505050505',1782907200000,'alice','key.created','it''s','192.0.2.1','{"label":"ours"}');
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
INSERT INTO resources VALUES('files/abc','file','p1','02020202-0202-0202-0202-020202020202','alice',NULL,1782907200000,1783080000000);
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
INSERT INTO usage_records VALUES('06060606-0606-0606-0606-060606060606',1782907200000,'alice','192.0.2.7','openai','generateContent','gemini-2.5-flash','p1','k1',2,200,'answered','',1,1000,300,20,1,50,123456,1000,3,410,2300,'{"prompt/image":100,"prompt/text":900}','{"candidates":3}');
INSERT INTO usage_records VALUES('07070707-0707-0707-0707-070707070707',1782910800000,'alice','192.0.2.7','openai','generateContent','gemini-2.5-flash','p1','k1',2,200,'failed','',1,1000,300,20,1,50,123456,1000,3,NULL,2300,NULL,NULL);
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
INSERT INTO usage_sums VALUES('hour','project',1782907200000,'p1','gemini-2.5-flash',1,0,0,2,1000,300,20,1,50,123456,1000,1,3,2300,1,410);
INSERT INTO usage_sums VALUES('hour','project',1782910800000,'p1','gemini-2.5-flash',1,1,0,2,1000,300,20,1,50,123456,1000,1,3,2300,0,0);
INSERT INTO usage_sums VALUES('hour','upstream_key',1782907200000,'k1','gemini-2.5-flash',1,0,0,2,1000,300,20,1,50,123456,1000,1,3,2300,1,410);
INSERT INTO usage_sums VALUES('hour','upstream_key',1782910800000,'k1','gemini-2.5-flash',1,1,0,2,1000,300,20,1,50,123456,1000,1,3,2300,0,0);
INSERT INTO usage_sums VALUES('hour','access_key',1782907200000,'alice','gemini-2.5-flash',1,0,0,2,1000,300,20,1,50,123456,1000,1,3,2300,1,410);
INSERT INTO usage_sums VALUES('hour','access_key',1782910800000,'alice','gemini-2.5-flash',1,1,0,2,1000,300,20,1,50,123456,1000,1,3,2300,0,0);
INSERT INTO usage_sums VALUES('day','project',1782889200000,'p1','gemini-2.5-flash',2,1,0,4,2000,600,40,2,100,246912,2000,2,6,4600,1,410);
INSERT INTO usage_sums VALUES('day','upstream_key',1782889200000,'k1','gemini-2.5-flash',2,1,0,4,2000,600,40,2,100,246912,2000,2,6,4600,1,410);
INSERT INTO usage_sums VALUES('day','access_key',1782889200000,'alice','gemini-2.5-flash',2,1,0,4,2000,600,40,2,100,246912,2000,2,6,4600,1,410);
INSERT INTO usage_sums VALUES('day','address',1782889200000,'192.0.2.7','',2,1,0,4,2000,600,40,2,100,246912,2000,2,6,4600,1,410);
CREATE TABLE deleted_upstream_keys (
    fingerprint TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
INSERT INTO deleted_upstream_keys VALUES('teeA6fgo0KOWoDsWkggkzLcdg/s/xFsgE1PsiFg6wd4',1782907200000);
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    -- Tokens of earlier generations are over; NULL: all of them.
    generation BIGINT,
    changed_at BIGINT NOT NULL,
    -- When the last of its tokens is over anyway.
    expires_at BIGINT NOT NULL
);
INSERT INTO sessions VALUES('0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a',3,1782907200000,1818903600000);
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
INSERT INTO conversations VALUES('01a2132f-ef27-7358-b4f3-3ea129bfe566','alice','talk','Hi 你好','gemini-2.5-flash',NULL,'486920e4bda0e5a5bd00000000000000',0,NULL,2,2,20,57,1782907200000,1782907200000);
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
INSERT INTO conversation_turns VALUES('01a2132f-ef27-7358-b4f3-3ea129bfe566',1,0,0,'486920e4bda0e5a5bd00000000000000','{"parts":[{"text":"Hi 你好"}]}',NULL,NULL,0,10,0,1782907200000);
INSERT INTO conversation_turns VALUES('01a2132f-ef27-7358-b4f3-3ea129bfe566',2,1,1,'48656c6c6f2e00000000000000000000','{"parts":[{"text":"Hello."}]}',NULL,NULL,1,10,0,1782907200000);
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
, spent_nanos BIGINT NOT NULL DEFAULT 0, paid_until BIGINT NOT NULL DEFAULT 0);
INSERT INTO caches VALUES('0b0b0b0b-0b0b-0b0b-0b0b-0b0b0b0b0b0b','cachedContents/abc','alice','p1','k1','gemini-2.5-flash','user','','it''s',2048,0,0,0,1782907200000,1782907200000,1818903600000,0,1782907200000);
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
INSERT INTO cache_sums VALUES(1782907200000,'alice','automatic',3,6000,500,40);
CREATE TABLE responses (
    id TEXT PRIMARY KEY,
    -- The access key whose it is.
    owner TEXT NOT NULL,
    -- The response that it goes on from; NULL: none.
    previous TEXT,
    -- The items of its request and its own, as JSON lists, and the response itself.
    input TEXT NOT NULL,
    output TEXT NOT NULL,
    response TEXT NOT NULL,
    -- Until when whoever works on it is believed to be alive; NULL: it has ended.
    alive_until BIGINT,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
INSERT INTO responses VALUES('resp_2','alice','resp_1','[{"id":"msg_resp_2_i0"}]','[]','{"status":"queued"}',1782910800000,1782907200000,1782907200000);
CREATE TABLE dialogues (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    -- What its client notes about it, as JSON.
    metadata TEXT NOT NULL,
    -- The number of its last item; numbers are never given twice.
    last_number BIGINT NOT NULL,
    items BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
INSERT INTO dialogues VALUES('conv_1','alice','{"topic":"猫"}',2,2,30,1782907200000,1782907200000);
CREATE TABLE dialogue_items (
    dialogue TEXT NOT NULL REFERENCES dialogues (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    -- What its client calls it.
    id TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (dialogue, number)
);
INSERT INTO dialogue_items VALUES('conv_1',1,'one','{"id":"one"}');
INSERT INTO dialogue_items VALUES('conv_1',2,'两','{"id":"两"}');
CREATE INDEX upstream_keys_project ON upstream_keys (project_id);
CREATE INDEX pool_buckets_updated ON pool_buckets (updated_at);
CREATE INDEX pool_keys_updated ON pool_keys (updated_at);
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX resources_owner ON resources (owner, kind, name);
CREATE INDEX resources_expiry ON resources (expires_at);
CREATE INDEX usage_records_at ON usage_records (at, id);
CREATE INDEX usage_records_access_key ON usage_records (access_key, at, id);
CREATE INDEX usage_records_upstream_key ON usage_records (upstream_key, at, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX conversations_updated ON conversations (updated_at, id);
CREATE INDEX conversations_owner ON conversations (owner, updated_at, id);
CREATE INDEX conversations_opening ON conversations (owner, opening, updated_at);
CREATE INDEX caches_owner ON caches (owner, created_at, id);
CREATE INDEX caches_prefix ON caches (owner, model, prefix);
CREATE INDEX caches_expiry ON caches (expires_at);
CREATE INDEX responses_used ON responses (used_at, id);
CREATE INDEX responses_alive ON responses (alive_until);
CREATE INDEX dialogues_used ON dialogues (used_at, id);
CREATE INDEX dialogues_owner ON dialogues (owner, used_at, id);
CREATE INDEX dialogue_items_id ON dialogue_items (dialogue, id);
COMMIT;
