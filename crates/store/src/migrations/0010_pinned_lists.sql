-- The list view of an object that opens first for a user: its id, or the word of one that every
-- object has.
CREATE TABLE pinned_list (
    user_id TEXT NOT NULL,
    object TEXT NOT NULL,
    list TEXT NOT NULL,
    PRIMARY KEY (user_id, object)
);
