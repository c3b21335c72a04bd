-- Records that a user referred to without looking at them (FOR REFERENCE).
CREATE TABLE recent_reference (
    user_id TEXT NOT NULL,
    record TEXT NOT NULL,
    object TEXT NOT NULL,
    referenced_at_ms BIGINT NOT NULL,
    PRIMARY KEY (user_id, record)
);
