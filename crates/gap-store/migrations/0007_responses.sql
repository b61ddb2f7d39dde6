-- Answers of OpenAI's Responses API that are kept, each within one access key.
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
CREATE INDEX responses_used ON responses (used_at, id);
CREATE INDEX responses_alive ON responses (alive_until);

-- What OpenAI calls conversations: lists of items, each within one access key.
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
CREATE INDEX dialogues_used ON dialogues (used_at, id);
CREATE INDEX dialogues_owner ON dialogues (owner, used_at, id);

CREATE TABLE dialogue_items (
    dialogue TEXT NOT NULL REFERENCES dialogues (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    -- What its client calls it.
    id TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (dialogue, number)
);
CREATE INDEX dialogue_items_id ON dialogue_items (dialogue, id);
