--
-- PostgreSQL database dump
--

\restrict gQkTPheuMuUIjDx9RTLETTNnAsgUKT5IMFwo6ViF8Y1qTRerbNQdh38vZnvkEpe

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: access_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.access_keys (
    id text NOT NULL,
    digest text NOT NULL,
    previous_digest text,
    previous_until bigint,
    hint text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    limits text NOT NULL,
    expires_at bigint,
    disabled_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);


--
-- Name: audit; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit (
    id text NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    address text NOT NULL,
    detail text
);


--
-- Name: cache_sums; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cache_sums (
    starts_at bigint NOT NULL,
    access_key text NOT NULL,
    kind text NOT NULL,
    hits bigint NOT NULL,
    tokens bigint NOT NULL,
    saved_nanos bigint NOT NULL,
    spent_nanos bigint NOT NULL
);


--
-- Name: caches; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.caches (
    id text NOT NULL,
    name text NOT NULL,
    owner text NOT NULL,
    project text NOT NULL,
    upstream_key text NOT NULL,
    model text NOT NULL,
    kind text NOT NULL,
    prefix text NOT NULL,
    display_name text NOT NULL,
    tokens bigint NOT NULL,
    hits bigint NOT NULL,
    saved_tokens bigint NOT NULL,
    saved_nanos bigint NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    spent_nanos bigint DEFAULT 0 NOT NULL,
    paid_until bigint DEFAULT 0 NOT NULL
);


--
-- Name: conversation_turns; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.conversation_turns (
    conversation text NOT NULL,
    number bigint NOT NULL,
    parent bigint NOT NULL,
    is_models boolean NOT NULL,
    digest text NOT NULL,
    content text NOT NULL,
    calls text,
    results text,
    signed boolean NOT NULL,
    tokens bigint NOT NULL,
    partial boolean NOT NULL,
    at bigint NOT NULL
);


--
-- Name: conversations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.conversations (
    id text NOT NULL,
    owner text NOT NULL,
    name text NOT NULL,
    title text NOT NULL,
    model text NOT NULL,
    system text,
    opening text NOT NULL,
    pinned boolean NOT NULL,
    ttl_ms bigint,
    head bigint NOT NULL,
    turns bigint NOT NULL,
    tokens bigint NOT NULL,
    bytes bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);


--
-- Name: data_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.data_keys (
    id bigint NOT NULL,
    salt text NOT NULL,
    sealed text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT data_keys_id_check CHECK ((id = 1))
);


--
-- Name: deleted_upstream_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.deleted_upstream_keys (
    fingerprint text NOT NULL,
    at bigint NOT NULL
);


--
-- Name: dialogue_items; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.dialogue_items (
    dialogue text NOT NULL,
    number bigint NOT NULL,
    id text NOT NULL,
    item text NOT NULL
);


--
-- Name: dialogues; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.dialogues (
    id text NOT NULL,
    owner text NOT NULL,
    metadata text NOT NULL,
    last_number bigint NOT NULL,
    items bigint NOT NULL,
    bytes bigint NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint NOT NULL
);


--
-- Name: gap_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.gap_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);


--
-- Name: pool_buckets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pool_buckets (
    project text NOT NULL,
    model text NOT NULL,
    version bigint NOT NULL,
    state text NOT NULL,
    resting_until bigint,
    updated_at bigint NOT NULL
);


--
-- Name: pool_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pool_keys (
    upstream_key text NOT NULL,
    version bigint NOT NULL,
    state text NOT NULL,
    resting_until bigint,
    updated_at bigint NOT NULL
);


--
-- Name: projects; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.projects (
    id text NOT NULL,
    google_name text,
    label text NOT NULL,
    tier text,
    limits text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);


--
-- Name: resources; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.resources (
    name text NOT NULL,
    kind text NOT NULL,
    project text NOT NULL,
    upstream_key text NOT NULL,
    owner text NOT NULL,
    detail text,
    created_at bigint NOT NULL,
    expires_at bigint
);


--
-- Name: responses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.responses (
    id text NOT NULL,
    owner text NOT NULL,
    previous text,
    input text NOT NULL,
    output text NOT NULL,
    response text NOT NULL,
    alive_until bigint,
    created_at bigint NOT NULL,
    used_at bigint NOT NULL
);


--
-- Name: sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sessions (
    id text NOT NULL,
    generation bigint,
    changed_at bigint NOT NULL,
    expires_at bigint NOT NULL
);


--
-- Name: settings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.settings (
    name text NOT NULL,
    value text NOT NULL,
    updated_at bigint NOT NULL,
    updated_by text NOT NULL
);


--
-- Name: upstream_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.upstream_keys (
    id text NOT NULL,
    project_id text,
    label text NOT NULL,
    sealed text NOT NULL,
    fingerprint text NOT NULL,
    tier text,
    weight bigint NOT NULL,
    models text,
    expires_at bigint,
    disabled_at bigint,
    disabled_reason text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    tags text,
    concurrency bigint
);


--
-- Name: usage_records; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_records (
    id text NOT NULL,
    at bigint NOT NULL,
    access_key text NOT NULL,
    address text NOT NULL,
    dialect text NOT NULL,
    method text NOT NULL,
    model text NOT NULL,
    project text NOT NULL,
    upstream_key text NOT NULL,
    attempts bigint NOT NULL,
    status bigint NOT NULL,
    outcome text NOT NULL,
    error_scope text NOT NULL,
    streamed boolean NOT NULL,
    prompt_tokens bigint NOT NULL,
    cached_tokens bigint NOT NULL,
    thought_tokens bigint NOT NULL,
    tool_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost_nanos bigint NOT NULL,
    saved_nanos bigint NOT NULL,
    waited_ms bigint NOT NULL,
    first_token_ms bigint,
    duration_ms bigint NOT NULL,
    by_modality text,
    explanation text
);


--
-- Name: usage_sums; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_sums (
    period text NOT NULL,
    axis text NOT NULL,
    starts_at bigint NOT NULL,
    name text NOT NULL,
    model text NOT NULL,
    requests bigint NOT NULL,
    failed bigint NOT NULL,
    cancelled bigint NOT NULL,
    attempts bigint NOT NULL,
    prompt_tokens bigint NOT NULL,
    cached_tokens bigint NOT NULL,
    thought_tokens bigint NOT NULL,
    tool_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost_nanos bigint NOT NULL,
    saved_nanos bigint NOT NULL,
    cache_hits bigint NOT NULL,
    waited_ms bigint NOT NULL,
    duration_ms bigint NOT NULL,
    first_tokens bigint NOT NULL,
    first_token_ms bigint NOT NULL
);


--
-- Data for Name: access_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.access_keys VALUES ('04040404-0404-0404-0404-040404040404', 'f620d5130fa6537b4d56b4ad9e12af04c98fd28653de7c95762df1cd3ad361d4', '9d6aabf7956f8d074c6ed3e2b9238cf2f7abed6cb1c99e9dab3bb6196a4100ab', 1782914400000, 'gap-n', 'alice', 'user', '{"rpm":10}', NULL, NULL, 1782907200000, 1782907200000);


--
-- Data for Name: audit; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit VALUES ('05050505-0505-0505-0505-050505050505', 1782907200000, 'alice', 'key.created', 'it''s', '192.0.2.1', '{"label":"ours"}');


--
-- Data for Name: cache_sums; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.cache_sums VALUES (1782907200000, 'alice', 'automatic', 3, 6000, 500, 40);


--
-- Data for Name: caches; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.caches VALUES ('0b0b0b0b-0b0b-0b0b-0b0b-0b0b0b0b0b0b', 'cachedContents/abc', 'alice', 'p1', 'k1', 'gemini-2.5-flash', 'user', '', 'it''s', 2048, 0, 0, 0, 1782907200000, 1782907200000, 1818903600000, 0, 1782907200000);


--
-- Data for Name: conversation_turns; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.conversation_turns VALUES ('01a2132f-f2f8-74ca-8325-0d27b3e094d3', 1, 0, false, '486920e4bda0e5a5bd00000000000000', '{"parts":[{"text":"Hi 你好"}]}', NULL, NULL, false, 10, false, 1782907200000);
INSERT INTO public.conversation_turns VALUES ('01a2132f-f2f8-74ca-8325-0d27b3e094d3', 2, 1, true, '48656c6c6f2e00000000000000000000', '{"parts":[{"text":"Hello."}]}', NULL, NULL, true, 10, false, 1782907200000);


--
-- Data for Name: conversations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.conversations VALUES ('01a2132f-f2f8-74ca-8325-0d27b3e094d3', 'alice', 'talk', 'Hi 你好', 'gemini-2.5-flash', NULL, '486920e4bda0e5a5bd00000000000000', false, NULL, 2, 2, 20, 57, 1782907200000, 1782907200000);


--
-- Data for Name: data_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.data_keys VALUES (1, 'PGJR6axvzq957nsZV755Ow', '1.Vhfrw01SkeUQY0ELHk8ciAkKpm6R87rnQzq3Og2md0YQzlmRwdu8U+utp+W+5RIZ5XJM4Qbpq5DuZqGX', 1782907200000, 1782907200000);


--
-- Data for Name: deleted_upstream_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.deleted_upstream_keys VALUES ('WJxEqmu+yh//3AzQeWNruwXdyGPUeV0Y9ZoMvs8BpX4', 1782907200000);


--
-- Data for Name: dialogue_items; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.dialogue_items VALUES ('conv_1', 1, 'one', '{"id":"one"}');
INSERT INTO public.dialogue_items VALUES ('conv_1', 2, '两', '{"id":"两"}');


--
-- Data for Name: dialogues; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.dialogues VALUES ('conv_1', 'alice', '{"topic":"猫"}', 2, 2, 30, 1782907200000, 1782907200000);


--
-- Data for Name: gap_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.gap_migrations VALUES (1, 'first', '2026-11-25 14:50:39.074301+00', true, '\xd3c501c6094d6333938b611ce687bac4c3014fe03cfe18d948f38cfbb0951b736e17e19ad6561f2fe7090cc35a85e1c6', 27776292);
INSERT INTO public.gap_migrations VALUES (2, 'deleted_keys', '2026-11-25 14:50:39.074301+00', true, '\xf6f2aed813ffb6c77a0d56d0a2d16eba67a1f79346b14c58659553b1f1840beeeabe20cf95913454df2cb1e37e24c534', 1145868);
INSERT INTO public.gap_migrations VALUES (3, 'sessions', '2026-11-25 14:50:39.074301+00', true, '\x34d18d06c268a4aab59d6788d7598db36021cab8bf9e89cc58ff6bd846867741e2c8e9f77afa089f198030830b94bdbb', 3842067);
INSERT INTO public.gap_migrations VALUES (4, 'conversations', '2026-11-25 14:50:39.074301+00', true, '\x2d52ad1615514d697efdaa2d36e240ef9510a0ddf99f736a70afd0fee0c578252757b6bff76745fdb90bc9d75f46d352', 4971024);
INSERT INTO public.gap_migrations VALUES (5, 'cache_sums', '2026-11-25 14:50:39.074301+00', true, '\xaa8207a9638a6da26115e3d317779aef071b691c4db0aeb8fa9fe593da42978f55d5ad40b178606a185d9093fa827671', 2974663);
INSERT INTO public.gap_migrations VALUES (6, 'key_terms', '2026-11-25 14:50:39.074301+00', true, '\xd8e06bc99228e10f4c4e267e79e54cae7ba09da45b22216973f5640c3263a968483845356089ce5d407dd55b386e473e', 6738500);
INSERT INTO public.gap_migrations VALUES (7, 'responses', '2026-11-25 18:10:01.495411+00', true, '\x49191fdb4d934922c30fae0ee77db4ce901c83fdca018fee1b89320c6d4ef2b6c7cb3409cb85aebadfa91b8b160269eb', 5200000);


--
-- Data for Name: pool_buckets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pool_buckets VALUES ('p1', 'gemini-2.5-pro', 1, '{"day":{"requests":7}}', 1782939600000, 1782907200000);


--
-- Data for Name: pool_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pool_keys VALUES ('02020202-0202-0202-0202-020202020202', 1, '{"day":{"requests":7}}', NULL, 1782907200000);


--
-- Data for Name: projects; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.projects VALUES ('01010101-0101-0101-0101-010101010101', '123456789', 'naïve 项目', 'free', '{"gemini-2.5-flash":{"rpm":10}}', 1782907200000, 1782907200000);


--
-- Data for Name: resources; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.resources VALUES ('files/abc', 'file', 'p1', '02020202-0202-0202-0202-020202020202', 'alice', NULL, 1782907200000, 1783080000000);


--
-- Data for Name: responses; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.responses VALUES ('resp_2', 'alice', 'resp_1', '[{"id":"msg_resp_2_i0"}]', '[]', '{"status":"queued"}', 1782910800000, 1782907200000, 1782907200000);


--
-- Data for Name: sessions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sessions VALUES ('0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a', 3, 1782907200000, 1818903600000);


--
-- Data for Name: settings; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.settings VALUES ('max_requests_per_minute', '60', 1782907200000, 'alice');


--
-- Data for Name: upstream_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.upstream_keys VALUES ('03030303-0303-0303-0303-030303030303', NULL, '', '1.5I6eGd+Fz21Jba4xax8+iGaxL4qFqzFw/fbZs203K6RX9Pj5UTQK', 'G3m/9USDKFRFe9KZqiNOtVB9t4+QiDgDOlCS7LbD/dA', NULL, 100, NULL, NULL, NULL, NULL, 1782907200000, 1782907200000, NULL, NULL);
INSERT INTO public.upstream_keys VALUES ('0b0b0b0b-0b0b-0b0b-0b0b-0b0b0b0b0b0b', NULL, '', '1.A2Us58Ctafc9ABSIoG6g3nk9xNTX59L6q1EMv/nJ9b/TH1L4FOYN2w', '6Td4xfhb3yNvHp3yqf8y1iR2QG+UERY+ULLfFhX22u4', NULL, 100, NULL, NULL, NULL, NULL, 1782907200000, 1782907200000, '["eu","团队"]', 3);
INSERT INTO public.upstream_keys VALUES ('02020202-0202-0202-0202-020202020202', '01010101-0101-0101-0101-010101010101', 'it''s "ours"', '1.EMrL8reKccHER/tIZcOsdhaiBX/bDVZ0TywAwTcLpJYtf3iM+2zAN7CBEg', 'eYa8HiJA5R+/7/4sTn0a1z3UaAeHm4D7xCOK7Ia0t7c', 'paid', 250, '["gemini-2.5-pro"]', 1782993600000, 1782910800000, 'reported as leaked', 1782907200000, 1782907200000, NULL, NULL);


--
-- Data for Name: usage_records; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.usage_records VALUES ('06060606-0606-0606-0606-060606060606', 1782907200000, 'alice', '192.0.2.7', 'openai', 'generateContent', 'gemini-2.5-flash', 'p1', 'k1', 2, 200, 'answered', '', true, 1000, 300, 20, 1, 50, 123456, 1000, 3, 410, 2300, '{"prompt/image":100,"prompt/text":900}', '{"candidates":3}');
INSERT INTO public.usage_records VALUES ('07070707-0707-0707-0707-070707070707', 1782910800000, 'alice', '192.0.2.7', 'openai', 'generateContent', 'gemini-2.5-flash', 'p1', 'k1', 2, 200, 'failed', '', true, 1000, 300, 20, 1, 50, 123456, 1000, 3, NULL, 2300, NULL, NULL);


--
-- Data for Name: usage_sums; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.usage_sums VALUES ('hour', 'project', 1782907200000, 'p1', 'gemini-2.5-flash', 1, 0, 0, 2, 1000, 300, 20, 1, 50, 123456, 1000, 1, 3, 2300, 1, 410);
INSERT INTO public.usage_sums VALUES ('hour', 'project', 1782910800000, 'p1', 'gemini-2.5-flash', 1, 1, 0, 2, 1000, 300, 20, 1, 50, 123456, 1000, 1, 3, 2300, 0, 0);
INSERT INTO public.usage_sums VALUES ('hour', 'upstream_key', 1782907200000, 'k1', 'gemini-2.5-flash', 1, 0, 0, 2, 1000, 300, 20, 1, 50, 123456, 1000, 1, 3, 2300, 1, 410);
INSERT INTO public.usage_sums VALUES ('hour', 'upstream_key', 1782910800000, 'k1', 'gemini-2.5-flash', 1, 1, 0, 2, 1000, 300, 20, 1, 50, 123456, 1000, 1, 3, 2300, 0, 0);
INSERT INTO public.usage_sums VALUES ('hour', 'access_key', 1782907200000, 'alice', 'gemini-2.5-flash', 1, 0, 0, 2, 1000, 300, 20, 1, 50, 123456, 1000, 1, 3, 2300, 1, 410);
INSERT INTO public.usage_sums VALUES ('hour', 'access_key', 1782910800000, 'alice', 'gemini-2.5-flash', 1, 1, 0, 2, 1000, 300, 20, 1, 50, 123456, 1000, 1, 3, 2300, 0, 0);
INSERT INTO public.usage_sums VALUES ('day', 'project', 1782889200000, 'p1', 'gemini-2.5-flash', 2, 1, 0, 4, 2000, 600, 40, 2, 100, 246912, 2000, 2, 6, 4600, 1, 410);
INSERT INTO public.usage_sums VALUES ('day', 'upstream_key', 1782889200000, 'k1', 'gemini-2.5-flash', 2, 1, 0, 4, 2000, 600, 40, 2, 100, 246912, 2000, 2, 6, 4600, 1, 410);
INSERT INTO public.usage_sums VALUES ('day', 'access_key', 1782889200000, 'alice', 'gemini-2.5-flash', 2, 1, 0, 4, 2000, 600, 40, 2, 100, 246912, 2000, 2, 6, 4600, 1, 410);
INSERT INTO public.usage_sums VALUES ('day', 'address', 1782889200000, '192.0.2.7', '', 2, 1, 0, 4, 2000, 600, 40, 2, 100, 246912, 2000, 2, 6, 4600, 1, 410);


--
-- Name: access_keys access_keys_digest_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.access_keys
    ADD CONSTRAINT access_keys_digest_key UNIQUE (digest);


--
-- Name: access_keys access_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.access_keys
    ADD CONSTRAINT access_keys_pkey PRIMARY KEY (id);


--
-- Name: access_keys access_keys_previous_digest_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.access_keys
    ADD CONSTRAINT access_keys_previous_digest_key UNIQUE (previous_digest);


--
-- Name: audit audit_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);


--
-- Name: cache_sums cache_sums_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cache_sums
    ADD CONSTRAINT cache_sums_pkey PRIMARY KEY (starts_at, access_key, kind);


--
-- Name: caches caches_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.caches
    ADD CONSTRAINT caches_name_key UNIQUE (name);


--
-- Name: caches caches_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.caches
    ADD CONSTRAINT caches_pkey PRIMARY KEY (id);


--
-- Name: conversation_turns conversation_turns_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversation_turns
    ADD CONSTRAINT conversation_turns_pkey PRIMARY KEY (conversation, number);


--
-- Name: conversations conversations_owner_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_owner_name_key UNIQUE (owner, name);


--
-- Name: conversations conversations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);


--
-- Name: data_keys data_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.data_keys
    ADD CONSTRAINT data_keys_pkey PRIMARY KEY (id);


--
-- Name: deleted_upstream_keys deleted_upstream_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deleted_upstream_keys
    ADD CONSTRAINT deleted_upstream_keys_pkey PRIMARY KEY (fingerprint);


--
-- Name: dialogue_items dialogue_items_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dialogue_items
    ADD CONSTRAINT dialogue_items_pkey PRIMARY KEY (dialogue, number);


--
-- Name: dialogues dialogues_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dialogues
    ADD CONSTRAINT dialogues_pkey PRIMARY KEY (id);


--
-- Name: gap_migrations gap_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.gap_migrations
    ADD CONSTRAINT gap_migrations_pkey PRIMARY KEY (version);


--
-- Name: pool_buckets pool_buckets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pool_buckets
    ADD CONSTRAINT pool_buckets_pkey PRIMARY KEY (project, model);


--
-- Name: pool_keys pool_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pool_keys
    ADD CONSTRAINT pool_keys_pkey PRIMARY KEY (upstream_key);


--
-- Name: projects projects_google_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_google_name_key UNIQUE (google_name);


--
-- Name: projects projects_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (id);


--
-- Name: resources resources_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.resources
    ADD CONSTRAINT resources_pkey PRIMARY KEY (name);


--
-- Name: responses responses_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.responses
    ADD CONSTRAINT responses_pkey PRIMARY KEY (id);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);


--
-- Name: settings settings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);


--
-- Name: upstream_keys upstream_keys_fingerprint_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upstream_keys
    ADD CONSTRAINT upstream_keys_fingerprint_key UNIQUE (fingerprint);


--
-- Name: upstream_keys upstream_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upstream_keys
    ADD CONSTRAINT upstream_keys_pkey PRIMARY KEY (id);


--
-- Name: usage_records usage_records_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_records
    ADD CONSTRAINT usage_records_pkey PRIMARY KEY (id);


--
-- Name: usage_sums usage_sums_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_sums
    ADD CONSTRAINT usage_sums_pkey PRIMARY KEY (period, axis, starts_at, name, model);


--
-- Name: audit_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_at ON public.audit USING btree (at, id);


--
-- Name: caches_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX caches_expiry ON public.caches USING btree (expires_at);


--
-- Name: caches_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX caches_owner ON public.caches USING btree (owner, created_at, id);


--
-- Name: caches_prefix; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX caches_prefix ON public.caches USING btree (owner, model, prefix);


--
-- Name: conversations_opening; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversations_opening ON public.conversations USING btree (owner, opening, updated_at);


--
-- Name: conversations_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversations_owner ON public.conversations USING btree (owner, updated_at, id);


--
-- Name: conversations_updated; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX conversations_updated ON public.conversations USING btree (updated_at, id);


--
-- Name: dialogue_items_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX dialogue_items_id ON public.dialogue_items USING btree (dialogue, id);


--
-- Name: dialogues_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX dialogues_owner ON public.dialogues USING btree (owner, used_at, id);


--
-- Name: dialogues_used; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX dialogues_used ON public.dialogues USING btree (used_at, id);


--
-- Name: pool_buckets_updated; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pool_buckets_updated ON public.pool_buckets USING btree (updated_at);


--
-- Name: pool_keys_updated; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pool_keys_updated ON public.pool_keys USING btree (updated_at);


--
-- Name: resources_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX resources_expiry ON public.resources USING btree (expires_at);


--
-- Name: resources_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX resources_owner ON public.resources USING btree (owner, kind, name);


--
-- Name: responses_alive; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX responses_alive ON public.responses USING btree (alive_until);


--
-- Name: responses_used; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX responses_used ON public.responses USING btree (used_at, id);


--
-- Name: sessions_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_expiry ON public.sessions USING btree (expires_at);


--
-- Name: upstream_keys_project; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX upstream_keys_project ON public.upstream_keys USING btree (project_id);


--
-- Name: usage_records_access_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX usage_records_access_key ON public.usage_records USING btree (access_key, at, id);


--
-- Name: usage_records_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX usage_records_at ON public.usage_records USING btree (at, id);


--
-- Name: usage_records_upstream_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX usage_records_upstream_key ON public.usage_records USING btree (upstream_key, at, id);


--
-- Name: conversation_turns conversation_turns_conversation_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversation_turns
    ADD CONSTRAINT conversation_turns_conversation_fkey FOREIGN KEY (conversation) REFERENCES public.conversations(id) ON DELETE CASCADE;


--
-- Name: dialogue_items dialogue_items_dialogue_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dialogue_items
    ADD CONSTRAINT dialogue_items_dialogue_fkey FOREIGN KEY (dialogue) REFERENCES public.dialogues(id) ON DELETE CASCADE;


--
-- Name: upstream_keys upstream_keys_project_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upstream_keys
    ADD CONSTRAINT upstream_keys_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(id) ON DELETE SET NULL;


--
-- PostgreSQL database dump complete
--

\unrestrict gQkTPheuMuUIjDx9RTLETTNnAsgUKT5IMFwo6ViF8Y1qTRerbNQdh38vZnvkEpe

