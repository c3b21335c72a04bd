//! Pages of list views: the conditions that people wrote become a query of SOQL with the user's
//! rights, like everybody's.

use offhook_org::schema::{ListView, Object};
use offhook_org::{FieldName, Record, RecordId, UserContext};

use super::query::{QueryFailure, QueryOptions};
use super::{Order, Page};
use crate::Store;

/// Nobody leafs further, and counting on costs time.
const COUNT_MAX: u32 = 2_000;

/// Records on one page.
const PAGE_MAX: u32 = 200;

/// Which part of a list view is wanted.
#[derive(Debug, Clone, Default)]
pub struct ListViewPage {
    /// Only records that have this text in the field.
    pub text: Option<(FieldName, String)>,
    /// The order; without it the list view's own.
    pub order: Option<(FieldName, Order)>,
    /// Records before the page.
    pub offset: u32,
    /// Records on the page, 200 at most.
    pub limit: u32,
    /// UTC milliseconds; what `TODAY` is measured by.
    pub now_ms: i64,
}

impl Store {
    /// A page of the list view's records that the user may see. Conditions that cannot be read
    /// (any more) are [`QueryFailure::Refused`].
    pub async fn list_view_page(
        &self,
        user: &UserContext,
        object: &Object,
        view: &ListView,
        wanted: &ListViewPage,
    ) -> Result<Page, QueryFailure> {
        let condition = view
            .condition(&self.schema(), object, user)
            .map_err(|error| QueryFailure::Refused {
                code: "INVALID_FIELD",
                message: error.to_string(),
            })?;
        let mut conditions: Vec<String> = condition.map(|c| format!("({c})")).into_iter().collect();
        if let Some((field, text)) = &wanted.text {
            conditions.push(format!("{field} LIKE '%{}%'", literal(text)));
        }
        let conditions = match conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", conditions.join(" AND ")),
        };
        let order = match (&wanted.order, view.order()) {
            (Some((field, Order::Ascending)), _) => format!("{field} ASC NULLS LAST, Id ASC"),
            (Some((field, Order::Descending)), _) => format!("{field} DESC NULLS LAST, Id DESC"),
            (None, Some(own)) => own,
            (None, None) => "Id ASC".to_owned(),
        };
        let options = QueryOptions {
            all_rows: false,
            batch_size: PAGE_MAX as usize,
            api_version: 60,
            now_ms: wanted.now_ms,
        };
        let (from, limit) = (&object.name, wanted.limit.min(PAGE_MAX));
        let offset = wanted.offset.min(COUNT_MAX);
        let select = format!(
            "SELECT Id FROM {from}{conditions} ORDER BY {order} LIMIT {limit} OFFSET {offset}"
        );
        let count = format!("SELECT COUNT() FROM {from}{conditions} LIMIT {COUNT_MAX}");
        let rows = self.query(user, &select, options).await?.rows;
        let ids: Vec<RecordId> = rows.into_iter().filter_map(|row| row.id).collect();
        let mut known = self.records(user, &ids).await?;
        let records: Vec<Record> = ids.iter().filter_map(|id| known.remove(id)).collect();
        let total = self.query(user, &count, options).await?.total;
        Ok(Page {
            records,
            total: u32::try_from(total).map_or(COUNT_MAX, |total| total.min(COUNT_MAX)),
        })
    }
}

/// A text in a literal of a `LIKE`, where it stands for itself.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '\\' | '\'' | '%' | '_') {
            literal.push('\\');
        }
        match c {
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            c => literal.push(c),
        }
    }
    literal
}
