//! The few places where the two engines want different words.

use crate::org::Order;

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The script as this engine is to read it: SQLite keeps a table without row numbers in the
    /// order of its primary key, which saves it an index.
    pub(crate) fn script(self, script: &str) -> String {
        match self {
            Self::Sqlite => script.replace("/* WITHOUT ROWID on SQLite */", "WITHOUT ROWID"),
            Self::Postgres => script.to_owned(),
        }
    }

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

    /// Behind an `ORDER BY` term, that empty values come last. SQLite takes nothing as the
    /// smallest value and PostgreSQL as the largest; where that is right, nothing is said, since
    /// an index then serves.
    pub(crate) fn empty_last(self, order: Order) -> &'static str {
        match (self, order) {
            (Self::Sqlite, Order::Ascending) | (Self::Postgres, Order::Descending) => " NULLS LAST",
            (Self::Sqlite, Order::Descending) | (Self::Postgres, Order::Ascending) => "",
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
