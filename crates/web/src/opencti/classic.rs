//! What the Classic API and the Console Toolkit ask of the server beside the methods that they
//! share with Lightning: the org's objects in words, the telephone directory, and which records
//! changed.

use offhook_org::Value;
use offhook_org::access::Operation;
use offhook_org::cti::contract::ContractError;
use offhook_org::soql::result::{ResultRow, ResultValue};
use offhook_org::{RecordId, UserContext};
use offhook_store::cti::StoredCallCenter;
use offhook_store::org::query::{QueryFailure, QueryOptions, QueryPage};
use serde_json::{Map, Value as Json, json};

use super::host::{Answer, store_fault};
use super::save_log::found;
use crate::session::SignedIn;
use crate::{AppState, now_ms};

/// Entries of the directory on a page when none is asked for, and at most (the platform's own).
const DIRECTORY_PAGE: (usize, usize) = (5_000, 10_000);

/// Objects that one listener of changes may name.
const CHANGED_OBJECTS_MAX: usize = 20;

/// Changed records of an object that are told at a time, the newest.
const CHANGES_MAX: usize = 100;

/// Rows that the database gives at a time.
const BATCH: usize = 2_000;

/// Answers one of these methods; the caller has seen to it that the user is in a call center.
pub(super) async fn answer(
    state: &AppState,
    who: &SignedIn,
    center: &StoredCallCenter,
    method: &str,
    args: &Map<String, Json>,
) -> Result<Answer, ContractError> {
    match method {
        "classic.objects" => Ok(Answer::giving(objects(state, &who.user))),
        "classic.getDirectoryNumbers" => directory(state, &who.user, &center.id, args).await,
        "classic.getChanges" => changes(state, &who.user, args).await,
        other => Err(ContractError::not_built_yet(other)),
    }
}

/// Label and key prefix of every object that the user may read, by its name.
fn objects(state: &AppState, user: &UserContext) -> Json {
    let schema = state.store.schema();
    let readable = schema.objects().iter();
    let readable = readable.filter(|object| user.may(object.name.as_str(), Operation::Read));
    let named = readable.map(|object| {
        let words = json!({ "label": object.label, "prefix": object.key_prefix });
        (object.name.to_string(), words)
    });
    Json::Object(named.collect())
}

/// `getDirectoryNumbers`: the additional numbers of the user's call center and those of the whole
/// org; of all call centers, or of the one named, when `isGlobal` says so.
async fn directory(
    state: &AppState,
    user: &UserContext,
    center: &RecordId,
    args: &Map<String, Json>,
) -> Result<Answer, ContractError> {
    let page = whole(args, "resultSetPage", 0, usize::MAX)?;
    let size = whole(
        args,
        "resultSetPageSize",
        DIRECTORY_PAGE.0,
        DIRECTORY_PAGE.1,
    )?;
    let named = args.get("callCenterName").and_then(Json::as_str);
    let named = named.filter(|name| !name.is_empty());
    let condition = match (args.get("isGlobal") == Some(&Json::Bool(true)), named) {
        (_, Some(name)) => format!("WHERE CallCenter.Name = '{}'", escaped(name)),
        (true, None) => String::new(),
        (false, None) => format!("WHERE CallCenterId = '{center}' OR CallCenterId = null"),
    };
    let soql = format!(
        "SELECT Name, Phone, Description, CallCenter.Name FROM AdditionalNumber {condition} \
         ORDER BY Name, Id"
    );
    let first = page.saturating_mul(size);
    let mut asked = run(state, user, &soql).await?;
    let mut rows = std::mem::take(&mut asked.rows);
    while let Some(locator) = asked.locator.take().filter(|_| rows.len() <= first + size) {
        let more = state.store.query_more(user, &locator, options()).await;
        asked = more.map_err(|failure| refused(&failure))?;
        rows.append(&mut asked.rows);
    }
    let has_next = rows.len() > first.saturating_add(size);
    let shown = rows.iter().skip(first).take(size).map(directory_number);
    Ok(Answer::giving(json!({
        "directoryNumbers": shown.collect::<Vec<_>>(),
        "hasNext": has_next,
    })))
}

fn directory_number(row: &ResultRow) -> Json {
    let center = match row.get("CallCenter") {
        Some(ResultValue::Parent(Some(center))) => text(center, "Name"),
        _ => Json::Null,
    };
    json!({
        "callCenterName": center,
        "name": text(row, "Name"),
        "phone": text(row, "Phone"),
        "description": text(row, "Description"),
    })
}

/// Records of some objects that were saved after a moment, as far as the user may see them.
async fn changes(
    state: &AppState,
    user: &UserContext,
    args: &Map<String, Json>,
) -> Result<Answer, ContractError> {
    let now = now_ms();
    let since = args.get("since").and_then(Json::as_i64).unwrap_or(now);
    let since = jiff::Timestamp::from_millisecond(since.clamp(0, now));
    let since = since.map_err(|_| ContractError::invalid_param("since", "A time", "another"))?;
    let names = args.get("objects").and_then(Json::as_array);
    let Some(names) = names.filter(|names| names.len() <= CHANGED_OBJECTS_MAX) else {
        let expected = format!("A list of {CHANGED_OBJECTS_MAX} objects at most");
        let found = found(args.get("objects"));
        return Err(ContractError::invalid_param("objects", &expected, &found));
    };
    let mut changed = Vec::new();
    for name in names {
        let schema = state.store.schema();
        let object = name.as_str().and_then(|name| schema.object(name));
        let object = object.filter(|object| user.may(object.name.as_str(), Operation::Read));
        let object = object.ok_or_else(|| {
            let expected = "API names of objects that you may read";
            ContractError::invalid_param("objects", expected, &found(Some(name)))
        })?;
        let soql = format!(
            "SELECT Id, CreatedDate, LastModifiedDate, LastModifiedById FROM {} \
             WHERE LastModifiedDate > {since} ORDER BY LastModifiedDate DESC LIMIT {CHANGES_MAX}",
            object.name
        );
        let page = run(state, user, &soql).await?;
        changed.extend(
            page.rows
                .iter()
                .map(|row| change(object.name.as_str(), row)),
        );
    }
    Ok(Answer::giving(json!({ "now": now, "changes": changed })))
}

fn change(object: &str, row: &ResultRow) -> Json {
    let modified = moment(row, "LastModifiedDate");
    let is_new = moment(row, "CreatedDate") == modified;
    json!({
        "id": row.id,
        "entityType": object,
        "Type": if is_new { "create" } else { "update" },
        "LastModifiedById": match row.get("LastModifiedById") {
            Some(ResultValue::Value(Value::Reference(id))) => json!(id),
            _ => Json::Null,
        },
        "modified": modified,
    })
}

fn moment(row: &ResultRow, field: &str) -> Option<i64> {
    match row.get(field) {
        Some(ResultValue::Value(Value::DateTime(ms))) => Some(*ms),
        _ => None,
    }
}

fn text(row: &ResultRow, field: &str) -> Json {
    match row.get(field) {
        Some(ResultValue::Value(value)) => json!(value.as_text()),
        _ => Json::Null,
    }
}

/// A whole number among the arguments, which come as numbers or as digits.
fn whole(
    args: &Map<String, Json>,
    name: &str,
    default: usize,
    max: usize,
) -> Result<usize, ContractError> {
    let given = match args.get(name) {
        None | Some(Json::Null) => return Ok(default),
        Some(Json::String(text)) if text.is_empty() => return Ok(default),
        Some(Json::String(text)) => text.parse().ok(),
        Some(other) => other
            .as_u64()
            .and_then(|number| usize::try_from(number).ok()),
    };
    given.filter(|number| *number <= max).ok_or_else(|| {
        let expected = match max {
            usize::MAX => "A whole number from 0".to_owned(),
            _ => format!("A whole number from 0 to {max}"),
        };
        ContractError::invalid_param(name, &expected, &found(args.get(name)))
    })
}

async fn run(state: &AppState, user: &UserContext, soql: &str) -> Result<QueryPage, ContractError> {
    let page = state.store.query(user, soql, options()).await;
    page.map_err(|failure| refused(&failure))
}

fn options() -> QueryOptions {
    QueryOptions {
        all_rows: false,
        batch_size: BATCH,
        api_version: 66,
        now_ms: now_ms(),
    }
}

fn refused(failure: &QueryFailure) -> ContractError {
    match failure {
        QueryFailure::Store(error) => store_fault(error),
        QueryFailure::Refused { message, .. } => ContractError::server_error(message),
    }
}

/// A text between the quotes of a query.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_come_as_numbers_or_digits_and_stay_in_their_range() {
        let args = json!({"a": "12", "b": 7, "c": "", "d": -1, "e": 10_001});
        let args = args.as_object().unwrap();
        let read = |name| whole(args, name, 5, 10_000).ok();
        assert_eq!(read("a"), Some(12));
        assert_eq!(read("b"), Some(7));
        assert_eq!((read("c"), read("absent")), (Some(5), Some(5)));
        assert_eq!((read("d"), read("e")), (None, None));
    }

    #[test]
    fn a_quote_in_a_name_stays_in_the_name() {
        assert_eq!(escaped("O'Hara \\ Sons"), "O\\'Hara \\\\ Sons");
    }
}
