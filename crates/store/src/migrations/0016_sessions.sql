-- Where a session of the pages began, for its user to tell it from others.
ALTER TABLE session ADD COLUMN began_at_ms BIGINT;
ALTER TABLE session ADD COLUMN source TEXT;
ALTER TABLE session ADD COLUMN program TEXT;
