-- Calls of API clients by the hour (milliseconds since 1970 divided by an hour), user and app.
-- Those of callers beyond the first 10,000 of an hour have neither.
CREATE TABLE api_usage (
    hour BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    app TEXT NOT NULL,
    calls BIGINT NOT NULL,
    PRIMARY KEY (hour, user_id, app)
) /* WITHOUT ROWID on SQLite */;
