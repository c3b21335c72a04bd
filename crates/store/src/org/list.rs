//! Lists: a page of the records that a user may see, filtered and in order.

use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{UserContext, Value};

use super::visibility::{Asker, push_visible, readable_field, readable_fields};
use super::{Filter, ListQuery, Order, Page, columns};
use crate::Store;
use crate::database::{Dialect, Param, Statement};
use crate::error::StoreError;
use crate::tables;

/// Records on one page.
const PAGE_MAX: u32 = 200;

/// Nobody leafs further, and counting on costs time.
const COUNT_MAX: u32 = 2_000;

impl Store {
    /// A page of records that the user may see. A filter or an order by a field that is not
    /// there or that the user may not read is [`StoreError::BadQuery`].
    pub async fn list(&self, user: &UserContext, query: &ListQuery) -> Result<Page, StoreError> {
        let Some(object) = self.readable_object(user, &query.object) else {
            return Ok(Page {
                records: Vec::new(),
                total: 0,
            });
        };
        let fields = readable_fields(user, &object);
        let dialect = self.database().dialect();
        let page = page_statement(user, &object, &fields, query, dialect)?;
        let mut count = Statement::new("SELECT count(*) FROM (");
        let from = format!("SELECT id FROM {} WHERE TRUE", tables::table(&object));
        count.push(&from);
        push_conditions(&mut count, user, &object, &query.filters, dialect)?;
        count.push(" LIMIT ").arg(COUNT_MAX).push(") AS counted");

        let rows = self.database().read(&page).await?;
        let records = rows
            .iter()
            .map(|row| columns::record(&object, &fields, row));
        let counted = self.database().read_one(&count).await?;
        let total = counted.map_or(Ok(0), |row| row.integer(0))?;
        Ok(Page {
            records: records.collect::<Result<_, _>>()?,
            total: u32::try_from(total).unwrap_or(COUNT_MAX),
        })
    }
}

/// Which records are on the page is found first, from the columns that decide it alone; their
/// other columns are read then. Also run by the test of its plan.
pub(super) fn page_statement(
    user: &UserContext,
    object: &Object,
    fields: &[&Field],
    query: &ListQuery,
    dialect: Dialect,
) -> Result<Statement, StoreError> {
    let (table, order) = (
        tables::table(object),
        order_by(user, object, query, dialect)?,
    );
    let mut page = Statement::new("SELECT id");
    for field in fields {
        page.push(", ").push(&tables::column(field));
    }
    page.push(&format!(
        " FROM (SELECT id AS page_id FROM {table} WHERE TRUE"
    ));
    push_conditions(&mut page, user, object, &query.filters, dialect)?;
    page.push(&order)
        .push(" LIMIT ")
        .arg(query.limit.min(PAGE_MAX))
        .push(" OFFSET ")
        .arg(query.offset);
    // SQLite keeps to the order of a CROSS JOIN.
    page.push(&format!(
        ") AS page CROSS JOIN {table} WHERE id = page_id{order}"
    ));
    Ok(page)
}

fn push_conditions(
    statement: &mut Statement,
    user: &UserContext,
    object: &Object,
    filters: &[Filter],
    dialect: Dialect,
) -> Result<(), StoreError> {
    for filter in filters {
        statement.push(" AND ");
        push_filter(statement, user, object, filter, dialect)?;
    }
    push_visible(statement, Asker { user, dialect }, object);
    Ok(())
}

fn push_filter(
    statement: &mut Statement,
    user: &UserContext,
    object: &Object,
    filter: &Filter,
    dialect: Dialect,
) -> Result<(), StoreError> {
    let field = readable_field(user, object, filter.field().as_str())?;
    let column = match field.kind {
        FieldKind::Checkbox => format!("coalesce({}, FALSE)", tables::column(field)),
        _ => tables::column(field),
    };
    match filter {
        Filter::Equals(_, Value::Null) | Filter::IsNull(_) => {
            statement.push(&format!("{column} IS NULL"));
        }
        Filter::NotEquals(_, Value::Null) => {
            statement.push(&format!("{column} IS NOT NULL"));
        }
        Filter::Equals(_, value) => {
            let value = comparable(object, field, value)?;
            statement.push(&format!("{column} = ")).arg(value);
        }
        Filter::NotEquals(_, value) => {
            let value = comparable(object, field, value)?;
            statement.push(&format!("({column} IS NULL OR {column} <> "));
            statement.arg(value).push(")");
        }
        Filter::In(_, values) => {
            let values = values.iter().map(|value| comparable(object, field, value));
            let values = values.collect::<Result<Vec<_>, _>>()?;
            statement.push(&format!("{column} IN ")).arg_list(values);
        }
        Filter::Contains(_, text) => push_contains(statement, object, field, text, dialect)?,
        Filter::LessThan(_, value) => {
            let value = comparable(object, field, value)?;
            statement.push(&format!("{column} < ")).arg(value);
        }
        Filter::AtLeast(_, value) => {
            let value = comparable(object, field, value)?;
            statement.push(&format!("{column} >= ")).arg(value);
        }
    }
    Ok(())
}

impl Filter {
    fn field(&self) -> &offhook_org::FieldName {
        match self {
            Self::Equals(field, _)
            | Self::NotEquals(field, _)
            | Self::In(field, _)
            | Self::Contains(field, _)
            | Self::IsNull(field)
            | Self::LessThan(field, _)
            | Self::AtLeast(field, _) => field,
        }
    }
}

fn comparable(object: &Object, field: &Field, value: &Value) -> Result<Param, StoreError> {
    columns::param(field, value).ok_or_else(|| {
        StoreError::BadQuery(format!(
            "{}.{} cannot be compared with this value",
            object.name, field.name
        ))
    })
}

fn push_contains(
    statement: &mut Statement,
    object: &Object,
    field: &Field,
    text: &str,
    dialect: Dialect,
) -> Result<(), StoreError> {
    if !tables::is_text(field) {
        let (object, field) = (&object.name, &field.name);
        return Err(StoreError::BadQuery(format!("{object}.{field} is no text")));
    }
    dialect.push_like(statement, &tables::column(field), &containing(text));
    Ok(())
}

/// A `LIKE` pattern, escaped with a backslash, for what contains this text.
pub(crate) fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Text is sorted without regard to case. Empty values come last; where there can be none, it is
/// not said, since the order of the index serves then.
fn order_by(
    user: &UserContext,
    object: &Object,
    query: &ListQuery,
    dialect: Dialect,
) -> Result<String, StoreError> {
    let Some((name, order)) = &query.order else {
        return Ok(" ORDER BY id".to_owned());
    };
    let field = readable_field(user, object, name.as_str())?;
    let key = match tables::is_text(field) {
        true => dialect.folded(&tables::column(field)),
        false => tables::column(field),
    };
    let direction = match order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    };
    let nulls = match field.kind {
        _ if is_never_empty(object, field) => "",
        _ => dialect.empty_last(*order),
    };
    Ok(format!(
        " ORDER BY {key} {direction}{nulls}, id {direction}"
    ))
}

/// Every record has an id and the times of its making; people and cases always have a name.
pub(super) fn is_never_empty(object: &Object, field: &Field) -> bool {
    let is_name = field.name == object.name_field && field.name.as_str() != "Subject";
    let standing = ["Id", "CreatedDate", "LastModifiedDate"];
    is_name || standing.contains(&field.name.as_str())
}
