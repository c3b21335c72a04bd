-- Offhook's own tables. Portable types only: TEXT, BIGINT, DOUBLE PRECISION, BOOLEAN; times in
-- milliseconds since 1970 UTC; JSON as text that SQL never looks into. The tables of the org's
-- objects are made from its schema, see tables.rs. What one engine alone has to know stands in
-- a comment that dialect.rs opens for it.

-- The last number given out: record ids by key prefix, auto-numbers by object and field.
CREATE TABLE serial (
    name TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);

-- The columns that the org's tables have.
CREATE TABLE org_field (
    object TEXT NOT NULL,
    field TEXT NOT NULL,
    PRIMARY KEY (object, field)
);

-- The keys by which a caller's number finds records. Strength 0 is the strongest.
CREATE TABLE phone_key (
    record TEXT NOT NULL,
    field TEXT NOT NULL,
    key TEXT NOT NULL,
    strength BIGINT NOT NULL,
    PRIMARY KEY (record, field, key)
) /* WITHOUT ROWID on SQLite */;
CREATE INDEX phone_key_by_key ON phone_key (key, strength);

CREATE TABLE recent_view (
    user_id TEXT NOT NULL,
    record TEXT NOT NULL,
    object TEXT NOT NULL,
    viewed_at_ms BIGINT NOT NULL,
    PRIMARY KEY (user_id, record)
);
CREATE INDEX recent_view_by_time ON recent_view (user_id, viewed_at_ms);

CREATE TABLE profile (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE password (
    user_id TEXT PRIMARY KEY,
    hash TEXT NOT NULL
);

-- Counted by the hash of what was typed as user name, whether there is such a user or not.
CREATE TABLE sign_in_failure (
    name_hash TEXT PRIMARY KEY,
    failed_count BIGINT NOT NULL,
    last_ms BIGINT NOT NULL
);
CREATE INDEX sign_in_failure_by_time ON sign_in_failure (last_ms);

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_by_end ON session (expires_at_ms);

CREATE TABLE softphone_token (
    token_hash TEXT PRIMARY KEY,
    session_hash TEXT NOT NULL REFERENCES session (token_hash) ON DELETE CASCADE,
    call_center TEXT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX softphone_token_by_session ON softphone_token (session_hash);

CREATE TABLE softphone_ticket (
    ticket_hash TEXT PRIMARY KEY,
    session_hash TEXT NOT NULL REFERENCES session (token_hash) ON DELETE CASCADE,
    call_center TEXT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX softphone_ticket_by_session ON softphone_ticket (session_hash);

CREATE TABLE call_center (
    id TEXT PRIMARY KEY,
    internal_name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX call_center_by_name ON call_center (lower(internal_name));

CREATE TABLE softphone_layout (
    name TEXT PRIMARY KEY,
    is_default BOOLEAN NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE pop_trace (
    id BIGINT PRIMARY KEY,
    body TEXT NOT NULL
);

-- One row a call, from its first INVITE or click.
CREATE TABLE call (
    call_id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    is_open BOOLEAN NOT NULL,
    agent TEXT,
    started_at_ms BIGINT NOT NULL,
    task TEXT,
    body TEXT NOT NULL
);
CREATE INDEX call_open ON call (started_at_ms) WHERE is_open;
CREATE INDEX call_by_agent ON call (agent, started_at_ms);
CREATE INDEX call_by_time ON call (started_at_ms);

-- Call logs on their way to the CRM; the only writer of call logs. state: due, parked, done.
CREATE TABLE outbox (
    log_key TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_ms BIGINT NOT NULL,
    last_error TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX outbox_by_state ON outbox (state, next_ms, log_key);
