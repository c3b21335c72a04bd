//! The few places where the two engines want different words.

use super::{DbError, Param, Statement, Transaction, folding};
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

    /// The same of rows that stay where they are: records that point to them can be saved
    /// meanwhile ([`Dialect::to_be_there`]).
    pub(crate) fn for_change(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR NO KEY UPDATE",
        }
    }

    /// The same, so that rows stay until the transaction ends: they may be changed, not deleted.
    pub(crate) fn to_be_there(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR KEY SHARE",
        }
    }

    /// The type of a text column that sorts and folds alike on both: by code points, ASCII.
    pub(crate) fn text_type(self) -> &'static str {
        match self {
            Self::Sqlite => "TEXT",
            Self::Postgres => "TEXT COLLATE \"C\"",
        }
    }

    /// Makes what [`Dialect::folded`] needs, where it is not there yet: on PostgreSQL a function,
    /// with the case rules of Unicode if the server has them.
    pub(crate) async fn prepare(self, transaction: &mut Transaction) -> Result<(), DbError> {
        if self == Self::Sqlite {
            return sort_by_these_letters(transaction).await;
        }
        let known = "SELECT count(*) FROM pg_catalog.pg_proc
                     WHERE proname = 'folded' AND pronamespace = current_schema()::regnamespace";
        let unicode = "SELECT count(*) FROM pg_catalog.pg_collation WHERE collname = 'und-x-icu'";
        if is_there(transaction, known).await? {
            return Ok(());
        }
        let collation = match is_there(transaction, unicode).await? {
            true => r#" COLLATE pg_catalog."und-x-icu""#,
            false => "",
        };
        let create = format!(
            r#"CREATE FUNCTION folded(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
               $$ SELECT translate(lower($1{collation}), 'ς', 'σ') COLLATE "C" $$"#
        );
        transaction.execute_script(&create).await
    }

    /// The text of this expression, compared and ordered without regard to case (see
    /// [`super::folding`]). Both sides of a comparison are folded.
    pub(crate) fn folded(self, expression: &str) -> String {
        match self {
            Self::Sqlite => format!("{expression} COLLATE folded"),
            Self::Postgres => format!("folded({expression}) COLLATE \"C\""),
        }
    }

    /// Adds that the text of this expression matches a `LIKE` pattern, escaped with a backslash,
    /// without regard to case.
    pub(crate) fn push_like(self, statement: &mut Statement, expression: &str, pattern: &str) {
        let prefix = folding::prefix(pattern);
        if !prefix.is_empty() {
            // Said as a range too, an index can serve.
            let (folded, param) = (self.folded(expression), Param::from(prefix.as_str()));
            let after = Param::from(format!("{prefix}{}", char::MAX));
            statement.push("(").push(&folded).push(" >= ");
            self.push_folded(statement, param);
            statement.push(" AND ").push(&folded).push(" < ");
            self.push_folded(statement, after);
            statement.push(" AND ");
        }
        self.push_like_start(statement, true);
        statement.push(expression);
        self.push_like_end(statement, pattern, true);
        if !prefix.is_empty() {
            statement.push(")");
        }
    }

    /// A parameter, folded: the other side of a comparison with [`Dialect::folded`].
    pub(crate) fn push_folded(self, statement: &mut Statement, param: Param) {
        match self {
            // The collation of the left side counts.
            Self::Sqlite => statement.arg(param),
            Self::Postgres => statement.push("folded(").arg(param).push(")"),
        };
    }

    /// What stands before the text that is matched with a pattern; without regard to case where
    /// it is folded.
    pub(crate) fn push_like_start(self, statement: &mut Statement, folded: bool) {
        if folded && self == Self::Postgres {
            statement.push("folded(");
        }
    }

    /// What stands behind it.
    pub(crate) fn push_like_end(self, statement: &mut Statement, pattern: &str, folded: bool) {
        match self {
            // SQLite's own LIKE folds ASCII, and nothing else.
            Self::Sqlite if folded && pattern.is_ascii() => {
                statement.push(" LIKE ").arg(pattern).push(" ESCAPE '\\'");
            }
            Self::Sqlite => {
                statement
                    .push(" GLOB ")
                    .arg(folding::glob(pattern, !folded));
            }
            Self::Postgres if folded => {
                statement
                    .push(") LIKE folded(")
                    .arg(pattern)
                    .push(") ESCAPE '\\'");
            }
            Self::Postgres => {
                statement.push(" LIKE ").arg(pattern).push(" ESCAPE '\\'");
            }
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

/// Indexes are in the order of the collation `folded`; a program that knows more letters than the
/// one that wrote them sorts them anew.
async fn sort_by_these_letters(transaction: &mut Transaction) -> Result<(), DbError> {
    let (major, minor, patch) = char::UNICODE_VERSION;
    let ours = i64::from(major) * 10_000 + i64::from(minor) * 100 + i64::from(patch);
    let known = Statement::new("SELECT value FROM offhook_meta WHERE name = 'unicode'");
    let known = match transaction.fetch_one(&known).await? {
        Some(row) => Some(row.integer(0)?),
        None => None,
    };
    if known == Some(ours) {
        return Ok(());
    }
    if known.is_some() {
        transaction.execute_script("REINDEX folded").await?;
    }
    let note = Statement::new(
        "INSERT INTO offhook_meta (name, value) VALUES ('unicode', $1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
    transaction.execute(&note.with(ours)).await?;
    Ok(())
}

async fn is_there(transaction: &mut Transaction, count: &str) -> Result<bool, DbError> {
    let row = transaction.fetch_one(&Statement::new(count)).await?;
    row.map_or(Ok(false), |row| Ok(row.integer(0)? > 0))
}
