-- Clients of the APIs: registered apps, and what they and users without an app were given. Of
-- everything that opens a door the hash alone is kept; what must be read again is sealed with the
-- master key (secrets.rs).

-- Settings of the org that are no record: one row a subject, JSON.
CREATE TABLE org_setting (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE connected_app (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    name TEXT NOT NULL,
    is_built_in BOOLEAN NOT NULL,
    body TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX connected_app_by_client ON connected_app (client_id);
CREATE UNIQUE INDEX connected_app_by_name ON connected_app (lower(name));

-- The newest secret of an app has no end; one that was rotated away is good until its end.
CREATE TABLE connected_app_secret (
    secret_hash TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES connected_app (id) ON DELETE CASCADE,
    sealed TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    ends_at_ms BIGINT
);
CREATE INDEX connected_app_secret_by_app ON connected_app_secret (app_id);

-- What a user granted to an app: a family of refresh tokens and sessions that end together.
CREATE TABLE oauth_grant (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES connected_app (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    last_used_ms BIGINT NOT NULL,
    use_count BIGINT NOT NULL
);
CREATE INDEX oauth_grant_by_app ON oauth_grant (app_id, user_id);
CREATE INDEX oauth_grant_by_user ON oauth_grant (user_id);

CREATE TABLE api_session (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    app_id TEXT REFERENCES connected_app (id) ON DELETE CASCADE,
    grant_id TEXT REFERENCES oauth_grant (id) ON DELETE CASCADE,
    app_name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    issued_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX api_session_by_user ON api_session (user_id);
CREATE INDEX api_session_by_app ON api_session (app_id);
CREATE INDEX api_session_by_grant ON api_session (grant_id);
CREATE INDEX api_session_by_end ON api_session (expires_at_ms);

-- A token that was replaced by rotation stays, so that its reuse is noticed.
CREATE TABLE refresh_token (
    token_hash TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES oauth_grant (id) ON DELETE CASCADE,
    created_at_ms BIGINT NOT NULL,
    replaced_at_ms BIGINT
);
CREATE INDEX refresh_token_by_grant ON refresh_token (grant_id);

-- A code that was used names what it gave, so that its reuse ends that.
CREATE TABLE authorization_code (
    code_hash TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES connected_app (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    challenge TEXT,
    nonce TEXT,
    expires_at_ms BIGINT NOT NULL,
    grant_id TEXT
);
CREATE INDEX authorization_code_by_app ON authorization_code (app_id);
CREATE INDEX authorization_code_by_end ON authorization_code (expires_at_ms);

-- state: waiting, approved, denied.
CREATE TABLE device_code (
    device_hash TEXT PRIMARY KEY,
    user_code TEXT NOT NULL,
    app_id TEXT NOT NULL REFERENCES connected_app (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    state TEXT NOT NULL,
    user_id TEXT,
    polled_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX device_code_by_user_code ON device_code (user_code);
CREATE INDEX device_code_by_app ON device_code (app_id);

-- The way from a token into the console, once.
CREATE TABLE one_time_login (
    password_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);

-- What a user may have to add to the password where an API takes one.
CREATE TABLE security_token (
    user_id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL
);

-- Keys that the org signs with.
CREATE TABLE org_key (
    id TEXT PRIMARY KEY,
    sealed TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);
