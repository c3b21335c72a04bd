-- What admins write and what runs here: classes of server scripts, and pages. `kind` is `class` or
-- `page`; names are told apart by `name_key`, in which case and notation do not count.
CREATE TABLE source (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    version BIGINT NOT NULL,
    settings TEXT NOT NULL,
    UNIQUE (kind, name_key)
);

-- Each text that one had, the one in force among them.
CREATE TABLE source_version (
    source_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    note TEXT NOT NULL,
    author_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (source_id, version)
);

-- The newest runs of scripts.
CREATE TABLE script_run (
    id BIGINT PRIMARY KEY,
    class_key TEXT NOT NULL,
    is_ok BOOLEAN NOT NULL,
    body TEXT NOT NULL
);

-- Files that pages load, as base64. The key stands in their address and cannot be guessed.
CREATE TABLE static_resource (
    name_key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    secret_key TEXT NOT NULL UNIQUE,
    media_type TEXT NOT NULL,
    description TEXT NOT NULL,
    size BIGINT NOT NULL,
    author_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    body TEXT NOT NULL
);

-- For whom a page is rendered; it ends with the console's session.
CREATE TABLE page_ticket (
    ticket_hash TEXT PRIMARY KEY,
    session_hash TEXT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
