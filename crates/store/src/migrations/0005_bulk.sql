-- Bulk jobs. A job of Bulk 2.0 has one batch, with the job's id.
CREATE TABLE bulk_job (
    id TEXT PRIMARY KEY,
    api TEXT NOT NULL,
    owner TEXT NOT NULL,
    state TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX bulk_job_by_state ON bulk_job (state, created_ms);
CREATE INDEX bulk_job_by_time ON bulk_job (api, created_ms, id);

CREATE TABLE bulk_batch (
    id TEXT PRIMARY KEY,
    job TEXT NOT NULL REFERENCES bulk_job (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX bulk_batch_by_job ON bulk_batch (job, created_ms, id);
CREATE INDEX bulk_batch_by_state ON bulk_batch (state, created_ms, id);

-- What a client sent, in pieces.
CREATE TABLE bulk_input (
    batch TEXT NOT NULL REFERENCES bulk_batch (id) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (batch, place)
);

-- What became of rows, and what queries found: a piece begins with this row and has so many.
CREATE TABLE bulk_output (
    batch TEXT NOT NULL REFERENCES bulk_batch (id) ON DELETE CASCADE,
    first_row BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (batch, first_row)
);
