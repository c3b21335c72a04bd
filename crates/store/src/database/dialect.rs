//! The few places where the two engines want different words.

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// At the end of a `SELECT` in a transaction: nobody else changes the rows until it ends.
    /// SQLite's writer is alone anyway.
    pub(crate) fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }

    /// The type of a text column that sorts and folds alike on both: by code points, ASCII.
    pub(crate) fn text_type(self) -> &'static str {
        match self {
            Self::Sqlite => "TEXT",
            Self::Postgres => "TEXT COLLATE \"C\"",
        }
    }

    /// Counts the tables of ours with this name that are there.
    pub(crate) fn count_tables(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name LIKE $1"
            }
            Self::Postgres => {
                "SELECT count(*) FROM pg_catalog.pg_tables
                 WHERE schemaname = current_schema() AND tablename LIKE $1"
            }
        }
    }
}
