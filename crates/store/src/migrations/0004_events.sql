-- Events that clients replay: changes of records and published platform events, numbered in the
-- order of their commits. Written in the transaction of the change that they tell of.
CREATE TABLE event_log (
    replay BIGINT PRIMARY KEY,
    object TEXT NOT NULL,
    is_change BOOLEAN NOT NULL,
    created_at_ms BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX event_log_by_object ON event_log (object, is_change, replay);

-- The last event of a kind that is kept no more: who asks for what came before it missed some.
CREATE TABLE event_gone (
    object TEXT NOT NULL,
    is_change BOOLEAN NOT NULL,
    replay BIGINT NOT NULL,
    PRIMARY KEY (object, is_change)
);
