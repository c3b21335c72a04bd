-- Rights beside the rows of the org's objects.

-- Users who may not sign in for the time being; their sessions are over too.
CREATE TABLE user_freeze (
    user_id TEXT PRIMARY KEY,
    at_ms BIGINT NOT NULL
);

-- Organisation-wide defaults that differ from the schema's. sharing: private, public_read,
-- public_read_write, controlled_by_parent.
CREATE TABLE sharing_default (
    object TEXT PRIMARY KEY,
    sharing TEXT NOT NULL
);

-- Rules by which records are shared with groups, beside the defaults.
CREATE TABLE sharing_rule (
    id BIGINT PRIMARY KEY,
    object TEXT NOT NULL,
    body TEXT NOT NULL
);
