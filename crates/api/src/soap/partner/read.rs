//! Queries, search and records by their ids.

use offhook_org::RecordId;
use offhook_store::org::query::{QueryOptions, QueryPage};

use super::sobject::{list_of, nil, row};
use super::{Ask, contents};
use crate::error::ApiError;
use crate::now_ms;
use crate::rest::body;
use crate::xml::Element;

/// Records of one retrieve.
const IDS_MAX: usize = 2_000;

/// `query`, `queryAll`.
pub(super) async fn query(ask: &Ask<'_>) -> Result<Vec<Element>, ApiError> {
    let soql = ask.operation.value("queryString");
    let user = &ask.user.user;
    let mut page = ask.state.store.query(user, soql, options(ask)).await?;
    contents::fill(ask, &mut page.rows).await?;
    Ok(vec![result(&page)])
}

/// `queryMore`.
pub(super) async fn query_more(ask: &Ask<'_>) -> Result<Vec<Element>, ApiError> {
    let locator = ask.operation.value("queryLocator");
    let user = &ask.user.user;
    let mut page = ask
        .state
        .store
        .query_more(user, locator, options(ask))
        .await?;
    contents::fill(ask, &mut page.rows).await?;
    Ok(vec![result(&page)])
}

fn options(ask: &Ask<'_>) -> QueryOptions {
    QueryOptions {
        all_rows: ask.operation.name == "queryAll",
        batch_size: ask.options.batch_size.unwrap_or(2_000),
        api_version: ask.user.version.major().into(),
        now_ms: now_ms(),
    }
}

fn result(page: &QueryPage) -> Element {
    list_of("result", page.total, page.locator.as_deref(), &page.rows)
}

/// `retrieve`: in the order of the ids; nothing for one that is not there.
pub(super) async fn retrieve(ask: &Ask<'_>) -> Result<Vec<Element>, ApiError> {
    let object = ask.operation.value("sObjectType");
    let schema = ask.state.store.schema();
    let Some(object) = schema.object(object) else {
        return Err(body::no_such_type(object));
    };
    let ids: Result<Vec<RecordId>, ApiError> = ask
        .operation
        .all("ids")
        .map(|id| body::read_id(id.text.trim()))
        .collect();
    let ids = ids?;
    if ids.len() > IDS_MAX {
        return Err(ApiError::bad(
            "MALFORMED_ID",
            format!("at most {IDS_MAX} ids in one retrieve"),
        ));
    }
    let mut fields = Vec::new();
    for name in ask.operation.value("fieldList").split(',').map(str::trim) {
        let field = object.field(name);
        let field = field.ok_or_else(|| body::no_such_column(object, name))?;
        fields.push(field.name.as_str());
    }
    let quoted: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    if quoted.is_empty() {
        return Ok(Vec::new());
    }
    let soql = format!(
        "SELECT {} FROM {} WHERE Id IN ({})",
        fields.join(","),
        object.name,
        quoted.join(",")
    );
    let user = &ask.user.user;
    let mut page = ask.state.store.query(user, &soql, options(ask)).await?;
    contents::fill(ask, &mut page.rows).await?;
    let rows = &page.rows;
    Ok(ids
        .iter()
        .map(|id| {
            let found = rows.iter().find(|row| row.id.as_ref() == Some(id));
            found.map_or_else(|| nil("result"), |found| row("result", found))
        })
        .collect())
}

/// `search`.
pub(super) async fn search(ask: &Ask<'_>) -> Result<Vec<Element>, ApiError> {
    let sosl = ask.operation.value("searchString");
    let user = &ask.user.user;
    let found = ask.state.store.search(user, sosl, options(ask)).await?;
    let records = found.iter().map(|one| {
        let record = row("record", one);
        Element::new("searchRecords").child(record)
    });
    Ok(vec![Element::new("result").children(records)])
}
