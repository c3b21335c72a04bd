-- The audit trail as a chain: one link for each row of SetupAuditTrail, in the order of writing,
-- with a hash over the row and the link before.
CREATE TABLE audit_link (
    number BIGINT PRIMARY KEY,
    row_id TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL
);

-- The last link; one row, which whoever adds a link holds.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, number, hash) VALUES (1, 0, '');
