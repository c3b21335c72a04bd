//! SQL text with typed parameters, and rows of values.

use std::borrow::Cow;
use std::fmt::Write;

use sqlx::{Column, Row as _, TypeInfo, ValueRef};

use super::DbError;

/// A statement with this many parameters is given to SQLite without their numbers.
const PARAMS_WITH_NUMBERS_MAX: usize = 50;

/// A parameter. A null has a type too, since PostgreSQL refuses one without.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Param {
    Text(Option<String>),
    Integer(Option<i64>),
    Real(Option<f64>),
    Boolean(Option<bool>),
}

/// SQL text with `$1` to `$n`, and its parameters in that order.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    sql: String,
    params: Vec<Param>,
    /// Does the text name each parameter once, in order?
    is_in_order: bool,
}

impl Statement {
    pub(crate) fn new(sql: impl Into<String>) -> Self {
        let sql = sql.into();
        Self {
            sql,
            params: Vec::new(),
            is_in_order: true,
        }
    }

    /// The next parameter of a text that names it itself.
    pub(crate) fn with(mut self, param: impl Into<Param>) -> Self {
        self.params.push(param.into());
        self.is_in_order = false;
        self
    }

    /// More text.
    pub(crate) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// A parameter, and `$n` for it in the text.
    pub(crate) fn arg(&mut self, param: impl Into<Param>) -> &mut Self {
        self.params.push(param.into());
        // Writing to a String cannot fail.
        let _ = write!(self.sql, "${}", self.params.len());
        self
    }

    /// Parameters in parentheses, parted by commas; for an empty list, one that no value equals.
    pub(crate) fn arg_list(&mut self, params: impl IntoIterator<Item = Param>) -> &mut Self {
        let mut separator = "(";
        for param in params {
            self.push(separator).arg(param);
            separator = ", ";
        }
        if separator == "(" {
            self.push("(NULL");
        }
        self.push(")")
    }

    /// The same statement with a word before it.
    #[cfg(test)]
    pub(crate) fn explain(&mut self, word: &str) {
        self.sql.insert_str(0, word);
    }

    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    /// The text for SQLite, which looks each `$n` up in a list: a statement with thousands of
    /// them takes seconds. A bare `?` is found by its place.
    pub(super) fn sql_for_sqlite(&self) -> Cow<'_, str> {
        if !self.is_in_order || self.params.len() < PARAMS_WITH_NUMBERS_MAX {
            return Cow::Borrowed(&self.sql);
        }
        let mut parts = self.sql.split('$');
        let mut sql = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            sql.push('?');
            sql.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
        }
        Cow::Owned(sql)
    }
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Param {
    /// PostgreSQL takes no NUL character in a text, so no text has one.
    fn from(text: String) -> Self {
        if text.contains('\0') {
            return Self::Text(Some(text.replace('\0', "\u{fffd}")));
        }
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Param {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Text(None), Self::from)
    }
}

impl From<i64> for Param {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<u32> for Param {
    fn from(number: u32) -> Self {
        Self::Integer(Some(i64::from(number)))
    }
}

impl From<Option<i64>> for Param {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Param {
    fn from(value: bool) -> Self {
        Self::Boolean(Some(value))
    }
}

impl From<&offhook_org::RecordId> for Param {
    fn from(id: &offhook_org::RecordId) -> Self {
        Self::Text(Some(id.as_str().to_owned()))
    }
}

/// Binds the parameters of a statement to a query of either engine.
pub(super) fn bind<'q, DB>(
    mut query: sqlx::query::Query<'q, DB, <DB as sqlx::Database>::Arguments>,
    statement: &'q Statement,
) -> sqlx::query::Query<'q, DB, <DB as sqlx::Database>::Arguments>
where
    DB: sqlx::Database,
    Option<&'q str>: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    Option<i64>: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    Option<f64>: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    Option<bool>: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    for param in &statement.params {
        query = match param {
            Param::Text(value) => query.bind(value.as_deref()),
            Param::Integer(value) => query.bind(*value),
            Param::Real(value) => query.bind(*value),
            Param::Boolean(value) => query.bind(*value),
        };
    }
    query
}

/// A value in a row.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Null,
    Text(String),
    Integer(i64),
    Real(f64),
    Boolean(bool),
}

/// One row of an answer; columns count from 0.
#[derive(Debug, Clone)]
pub(crate) struct Row(Vec<Cell>);

impl Row {
    pub(crate) fn is_null(&self, column: usize) -> bool {
        self.0.get(column) == Some(&Cell::Null)
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, DbError> {
        match self.0.get(column) {
            Some(Cell::Text(text)) => Ok(text),
            other => Err(unexpected(column, "text", other)),
        }
    }

    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<&str>, DbError> {
        match self.is_null(column) {
            true => Ok(None),
            false => self.text(column).map(Some),
        }
    }

    pub(crate) fn integer(&self, column: usize) -> Result<i64, DbError> {
        match self.0.get(column) {
            Some(Cell::Integer(number)) => Ok(*number),
            other => Err(unexpected(column, "a whole number", other)),
        }
    }

    pub(crate) fn real(&self, column: usize) -> Result<f64, DbError> {
        match self.0.get(column) {
            Some(Cell::Real(number)) => Ok(*number),
            #[expect(clippy::cast_precision_loss, reason = "SQLite keeps 2.0 as 2")]
            Some(Cell::Integer(number)) => Ok(*number as f64),
            other => Err(unexpected(column, "a number", other)),
        }
    }

    /// SQLite knows 0 and 1 only.
    pub(crate) fn boolean(&self, column: usize) -> Result<bool, DbError> {
        match self.0.get(column) {
            Some(Cell::Boolean(value)) => Ok(*value),
            Some(Cell::Integer(number)) => Ok(*number != 0),
            other => Err(unexpected(column, "true or false", other)),
        }
    }

    pub(crate) fn record_id(&self, column: usize) -> Result<offhook_org::RecordId, DbError> {
        let text = self.text(column)?;
        offhook_org::RecordId::parse(text).map_err(|e| DbError::Corrupt(e.to_string()))
    }

    /// Text that holds JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T, DbError> {
        let text = self.text(column)?;
        serde_json::from_str(text).map_err(|e| DbError::Corrupt(format!("stored JSON: {e}")))
    }
}

fn unexpected(column: usize, wanted: &str, found: Option<&Cell>) -> DbError {
    let found = match found {
        None => "no such column",
        Some(Cell::Null) => "nothing",
        Some(Cell::Text(_)) => "text",
        Some(Cell::Integer(_)) => "a whole number",
        Some(Cell::Real(_)) => "a number",
        Some(Cell::Boolean(_)) => "true or false",
    };
    DbError::Corrupt(format!(
        "column {column} should hold {wanted}, and has {found}"
    ))
}

pub(super) fn sqlite_row(row: &sqlx::sqlite::SqliteRow) -> Result<Row, DbError> {
    let cells = (0..row.len()).map(|i| {
        let value = row.try_get_raw(i)?;
        if value.is_null() {
            return Ok(Cell::Null);
        }
        let kind = value.type_info();
        match kind.name() {
            "TEXT" => Ok(Cell::Text(row.try_get_unchecked(i)?)),
            "INTEGER" | "BOOLEAN" => Ok(Cell::Integer(row.try_get_unchecked(i)?)),
            "REAL" => Ok(Cell::Real(row.try_get_unchecked(i)?)),
            other => Err(unknown_type(row.column(i).name(), other)),
        }
    });
    cells.collect::<Result<_, _>>().map(Row)
}

pub(super) fn postgres_row(row: &sqlx::postgres::PgRow) -> Result<Row, DbError> {
    let cells = (0..row.len()).map(|i| {
        let value = row.try_get_raw(i)?;
        if value.is_null() {
            return Ok(Cell::Null);
        }
        let kind = value.type_info();
        match kind.name() {
            "TEXT" | "VARCHAR" | "NAME" => Ok(Cell::Text(row.try_get_unchecked(i)?)),
            "INT8" => Ok(Cell::Integer(row.try_get_unchecked(i)?)),
            "INT4" => Ok(Cell::Integer(i64::from(
                row.try_get_unchecked::<i32, _>(i)?,
            ))),
            "FLOAT8" => Ok(Cell::Real(row.try_get_unchecked(i)?)),
            "BOOL" => Ok(Cell::Boolean(row.try_get_unchecked(i)?)),
            other => Err(unknown_type(row.column(i).name(), other)),
        }
    });
    cells.collect::<Result<_, _>>().map(Row)
}

fn unknown_type(column: &str, kind: &str) -> DbError {
    DbError::Corrupt(format!(
        "column {column} is of the type {kind}, which Offhook never uses"
    ))
}
