//! Reading records for resources that are no query themselves: as SOQL of our own making, so that
//! the rights over objects, fields and records are those of every query.

use std::sync::Arc;

use offhook_org::access::Operation;
use offhook_org::schema::{FieldKind, Object};
use offhook_org::soql::result::{ResultRow, ResultValue};
use offhook_org::{UserContext, Value};
use offhook_store::org::query::{BATCH_MAX, QueryOptions, QueryPage};

use super::Call;
use super::body::{no_such_column, shortened};
use crate::error::ApiError;
use crate::{ApiState, now_ms};

/// The object of a path. What the user may not see at all is not there.
pub(crate) fn object_of(
    state: &ApiState,
    call: &Call,
    name: &str,
) -> Result<Arc<Object>, ApiError> {
    let schema = state.store.schema();
    let object = schema.object(name).ok_or_else(ApiError::not_found)?;
    let user = &call.user.user;
    let may = |operation| user.may(object.name.as_str(), operation);
    match may(Operation::Read) || may(Operation::Create) {
        true => Ok(Arc::clone(object)),
        false => Err(ApiError::not_found()),
    }
}

/// Runs a query for the user of the call.
pub(crate) async fn run(
    state: &ApiState,
    call: &Call,
    soql: &str,
    all_rows: bool,
) -> Result<QueryPage, ApiError> {
    run_with(state, call, soql, options(call, BATCH_MAX, all_rows)).await
}

/// The same with options of its own. Within a composite that writes as a whole, it sees what the
/// parts before have written.
pub(crate) async fn run_with(
    state: &ApiState,
    call: &Call,
    soql: &str,
    options: QueryOptions,
) -> Result<QueryPage, ApiError> {
    let user = &call.user.user;
    Ok(match &call.unit {
        Some(unit) => unit.lock().await.query(user, soql, options).await?,
        None => state.store.query(user, soql, options).await?,
    })
}

/// How a query of this call is run.
pub(crate) fn options(call: &Call, batch_size: usize, all_rows: bool) -> QueryOptions {
    QueryOptions {
        all_rows,
        batch_size,
        api_version: call.user.version.major().into(),
        now_ms: now_ms(),
    }
}

/// Every row of a query, page by page, up to so many.
pub(crate) async fn run_to_end(
    state: &ApiState,
    call: &Call,
    soql: &str,
    all_rows: bool,
    rows_max: usize,
) -> Result<Vec<ResultRow>, ApiError> {
    let mut page = run(state, call, soql, all_rows).await?;
    let mut rows = std::mem::take(&mut page.rows);
    while let Some(locator) = page.locator.take() {
        if rows.len() >= rows_max {
            return Err(ApiError::bad(
                "EXCEEDED_ID_LIMIT",
                format!("there are more than {rows_max} records. Ask for a shorter time"),
            ));
        }
        let options = options(call, BATCH_MAX, all_rows);
        let user = &call.user.user;
        page = state.store.query_more(user, &locator, options).await?;
        rows.append(&mut page.rows);
    }
    Ok(rows)
}

/// Names of the fields that the user may read, in the object's order.
pub(crate) fn readable_fields(user: &UserContext, object: &Object) -> Vec<String> {
    let name = object.name.as_str();
    let fields = object.fields.iter();
    fields
        .filter(|field| field.kind != FieldKind::Base64)
        .filter(|field| user.may_read_field(name, field.name.as_str()))
        .map(|field| field.name.as_str().to_owned())
        .collect()
}

/// Fields that a client named, apart by commas; nothing but names and dots comes through.
pub(crate) fn named_fields(object: &Object, text: &str) -> Result<Vec<String>, ApiError> {
    let mut names: Vec<String> = Vec::new();
    for name in text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !starts_well || !name.bytes().all(is_name) {
            return Err(no_such_column(object, name));
        }
        let is_path = name.contains('.');
        if !is_path && object.field(name).is_none() {
            return Err(no_such_column(object, name));
        }
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name.to_owned());
        }
    }
    match names.is_empty() {
        true => Err(ApiError::bad("INVALID_FIELD", "no field is named")),
        false => Ok(names),
    }
}

/// A value of a field as SOQL writes it; `None` where it cannot be one of the field's.
pub(crate) fn literal(object: &Object, field: &str, text: &str) -> Result<String, ApiError> {
    let kind = object.field(field).map(|field| field.kind);
    let misfit = || {
        let text = shortened(text);
        ApiError::bad(
            "INVALID_FIELD",
            format!("{field}: {text} is no value of this field"),
        )
        .with_fields(&[field])
    };
    match kind {
        Some(kind) if kind.is_number() => {
            let number: f64 = text.parse().map_err(|_| misfit())?;
            match number.is_finite() {
                true => Ok(text.trim_start_matches('+').to_owned()),
                false => Err(misfit()),
            }
        }
        Some(FieldKind::Checkbox) => match text {
            "true" | "false" => Ok(text.to_owned()),
            _ => Err(misfit()),
        },
        Some(FieldKind::Date | FieldKind::DateTime | FieldKind::Time) => Err(misfit()),
        _ => Ok(quoted(text)),
    }
}

/// A text in quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("\\'"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// The moment in this field of a row.
pub(crate) fn moment_in(row: &ResultRow, field: &str) -> Option<i64> {
    match row.get(field) {
        Some(ResultValue::Value(Value::DateTime(ms))) => Some(*ms),
        _ => None,
    }
}
