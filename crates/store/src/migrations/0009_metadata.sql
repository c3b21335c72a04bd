-- What admins made: objects, fields, changes of fields that were there, record types, pages.
-- kind: object, field, change, record_type, pages. name: of the field, id of the record type,
-- empty otherwise. place: the order of their making.
CREATE TABLE metadata (
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    name TEXT NOT NULL,
    place BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, object, name)
);

-- What was deleted and can come back for a while: its table or column lies under another name.
CREATE TABLE deleted_metadata (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    body TEXT NOT NULL,
    deleted_at_ms BIGINT NOT NULL,
    deleted_by TEXT NOT NULL
);
