//! The statement that is being written for a plan: names of tables, and how values become
//! parameters.

use offhook_org::schema::{Object, Schema};
use offhook_org::soql::plan::{Source, TableId};
use offhook_org::{RecordId, UserContext, Value};

use crate::database::{Dialect, Param, Statement};
use crate::error::StoreError;
use crate::org::columns;
use crate::org::visibility::Asker;

/// Longer lists of values are sent as one parameter: engines limit how many there may be.
const VALUES_AS_PARAMS_MAX: usize = 40;

/// What a statement is written with.
pub(super) struct Writer<'a> {
    pub(super) schema: &'a Schema,
    pub(super) user: &'a UserContext,
    pub(super) dialect: Dialect,
    pub(super) statement: Statement,
    pub(super) now: Now,
}

/// When the query is asked, for fields that change with the time.
#[derive(Clone, Default)]
pub(super) struct Now {
    /// UTC milliseconds.
    pub(super) at_ms: i64,
    /// The day of the user who asks, `2026-11-24`.
    pub(super) today: String,
}

impl Now {
    pub(super) fn of(user: &UserContext, at_ms: i64) -> Self {
        let zone = jiff::tz::TimeZone::get(&user.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
        let today = zone.to_datetime(at).date().to_string();
        Self { at_ms, today }
    }
}

/// The tables of one [`Source`] under the names that they have in the statement.
pub(super) struct Scope<'a> {
    pub(super) source: &'a Source,
    objects: Vec<&'a Object>,
    /// Selects within selects, from 0: inner tables have other names than outer ones.
    depth: usize,
    /// Who asks; `None`: the system.
    viewer: Option<&'a RecordId>,
    now: Now,
}

impl<'a> Writer<'a> {
    pub(super) fn new(schema: &'a Schema, user: &'a UserContext, dialect: Dialect) -> Self {
        Self {
            schema,
            user,
            dialect,
            statement: Statement::new(""),
            now: Now::default(),
        }
    }

    /// Who asks, for conditions of rights.
    pub(super) fn asker(&self) -> Asker<'a> {
        Asker {
            user: self.user,
            dialect: self.dialect,
        }
    }

    pub(super) fn push(&mut self, sql: &str) -> &mut Self {
        self.statement.push(sql);
        self
    }

    pub(super) fn arg(&mut self, param: impl Into<Param>) -> &mut Self {
        self.statement.arg(param);
        self
    }

    /// The tables of a source; a plan is made from the same schema, so they are there.
    pub(super) fn scope(&self, source: &'a Source, depth: usize) -> Result<Scope<'a>, StoreError> {
        let objects = source.tables.iter().map(|table| {
            let object = self.schema.object(table.object.as_str());
            object.map(AsRef::as_ref).ok_or_else(|| {
                StoreError::BadQuery(format!("{} is no object any more", table.object))
            })
        });
        Ok(Scope {
            source,
            objects: objects.collect::<Result<_, _>>()?,
            depth,
            viewer: self.user.user.as_ref(),
            now: self.now.clone(),
        })
    }

    /// Adds ` IN (…)` or, for many values, the same from one parameter. `folded` says that the
    /// left side is.
    pub(super) fn push_in(&mut self, values: &[Value], folded: bool) {
        if values.len() > VALUES_AS_PARAMS_MAX {
            return self.push_in_json(values, folded);
        }
        let mut separator = " IN (";
        for value in values {
            self.push(separator);
            self.push_value(value, folded);
            separator = ", ";
        }
        self.push(")");
    }

    fn push_in_json(&mut self, values: &[Value], folded: bool) {
        let list = serde_json::Value::Array(values.iter().map(json).collect()).to_string();
        match self.dialect {
            Dialect::Sqlite => {
                self.push(" IN (SELECT value FROM json_each(")
                    .arg(list)
                    .push("))");
            }
            Dialect::Postgres => {
                let element = match values.first() {
                    _ if folded => "folded(value)",
                    Some(Value::Text(_) | Value::Reference(_) | Value::Date(_)) => "value",
                    Some(Value::Boolean(_)) => "CAST(value AS BOOLEAN)",
                    _ if values.iter().all(is_whole) => "CAST(value AS BIGINT)",
                    _ => "CAST(value AS DOUBLE PRECISION)",
                };
                self.push(&format!(
                    " = ANY(ARRAY(SELECT {element} FROM json_array_elements_text(CAST("
                ))
                .arg(list)
                .push(" AS json))))");
            }
        }
    }

    /// A value as a parameter; text folded where the other side is.
    pub(super) fn push_value(&mut self, value: &Value, folded: bool) {
        let param = param(value);
        if folded {
            self.dialect.push_folded(&mut self.statement, param);
        } else {
            self.statement.arg(param);
        }
    }
}

impl Scope<'_> {
    /// `t0`: the name of a table in the statement.
    pub(super) fn alias(&self, table: TableId) -> String {
        match self.depth {
            0 => format!("t{}", table.0),
            depth => format!("s{depth}t{}", table.0),
        }
    }

    /// The object of a table.
    pub(super) fn object(&self, table: TableId) -> &Object {
        self.objects[table.0]
    }

    pub(super) fn viewer(&self) -> Option<&RecordId> {
        self.viewer
    }

    pub(super) fn now(&self) -> &Now {
        &self.now
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }
}

/// A value that is compared.
pub(super) fn param(value: &Value) -> Param {
    match value {
        Value::Null => Param::Text(None),
        Value::Text(text) => text.as_str().into(),
        Value::Number(number) => Param::Real(Some(*number)),
        Value::Integer(number) | Value::DateTime(number) => (*number).into(),
        Value::Boolean(flag) => (*flag).into(),
        Value::Date(date) => date.to_string().into(),
        Value::Time(time) => columns::milliseconds(*time).into(),
        Value::Reference(id) => id.into(),
    }
}

fn is_whole(value: &Value) -> bool {
    matches!(
        value,
        Value::Integer(_) | Value::DateTime(_) | Value::Time(_)
    )
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Text(text) => text.replace('\0', "\u{fffd}").into(),
        Value::Number(number) => (*number).into(),
        Value::Integer(number) | Value::DateTime(number) => (*number).into(),
        Value::Boolean(flag) => (*flag).into(),
        Value::Date(date) => date.to_string().into(),
        Value::Time(time) => columns::milliseconds(*time).into(),
        Value::Reference(id) => id.as_str().into(),
    }
}
