-- The states that the definition of a call center had; the first is the import.
CREATE TABLE call_center_version (
    call_center_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    reason TEXT NOT NULL,
    made_by TEXT,
    made_at_ms BIGINT NOT NULL,
    PRIMARY KEY (call_center_id, version)
);
INSERT INTO call_center_version (call_center_id, version, body, reason, made_by, made_at_ms)
SELECT id, 1, body, 'Imported', NULL, created_at_ms FROM call_center;

-- Deleted call centers with the users and the groups that they had, to be restored.
CREATE TABLE call_center_deleted (
    call_center_id TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    users TEXT NOT NULL,
    user_groups TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    deleted_by TEXT,
    deleted_at_ms BIGINT NOT NULL
);

-- Public groups whose members are in a call center.
CREATE TABLE call_center_group (
    group_id TEXT PRIMARY KEY,
    call_center_id TEXT NOT NULL
);
CREATE INDEX call_center_group_by_center ON call_center_group (call_center_id);

-- Users that are in a call center because of a group: they leave with it.
CREATE TABLE call_center_member_by_group (
    user_id TEXT PRIMARY KEY,
    call_center_id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    since_ms BIGINT NOT NULL
);

-- The softphone layout of a profile that has not the default.
CREATE TABLE softphone_layout_assignment (
    profile_id TEXT PRIMARY KEY,
    layout TEXT NOT NULL
);
