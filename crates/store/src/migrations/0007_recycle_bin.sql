-- What lies in the recycle bin, and why: each record with the one whose deletion took it along
-- (itself, where it was the one), and the links that were cut, so that a restored record gets
-- back what it had.

CREATE TABLE recycle_bin (
    record TEXT PRIMARY KEY,
    root TEXT NOT NULL,
    deleted_by TEXT,
    deleted_at_ms BIGINT NOT NULL
);
CREATE INDEX recycle_bin_by_root ON recycle_bin (root);
CREATE INDEX recycle_bin_by_age ON recycle_bin (deleted_at_ms);

CREATE TABLE recycle_link (
    root TEXT NOT NULL,
    record TEXT NOT NULL,
    field TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (root, record, field)
);
