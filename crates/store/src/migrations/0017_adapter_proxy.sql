-- Call centers whose adapter's page is served through us, under an address that nobody guesses.
-- The row goes with its call center.
CREATE TABLE adapter_proxy (
    call_center_id TEXT PRIMARY KEY REFERENCES call_center (id) ON DELETE CASCADE,
    secret TEXT NOT NULL UNIQUE
);
