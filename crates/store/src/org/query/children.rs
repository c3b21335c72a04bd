//! Lists of children: one statement for the rows of a page, which numbers the children of each
//! parent and counts them, so that limits are each parent's own.

use std::collections::BTreeMap;

use offhook_org::RecordId;
use offhook_org::soql::plan::{Children, Item, Output, SelectPlan, TableId};
use offhook_org::soql::result::ResultList;

use super::reading::{Budget, Reading, Stop};
use super::rows::{Families, Shape};
use super::writer::Writer;
use super::{BATCH_MAX, QueryFailure};
use crate::Store;
use crate::database::Param;
use crate::error::StoreError;

/// Columns before those of the record: the parent, the number of all its children.
const BEFORE: usize = 2;

impl Store {
    /// The lists of children of these rows.
    pub(super) async fn families(
        &self,
        reading: &Reading<'_>,
        children: &[&Children],
        parents: &[RecordId],
        budget: &mut Budget,
    ) -> Result<Families, Stop> {
        let mut families = Families::new();
        for list in children {
            let lists = match parents.is_empty() {
                true => BTreeMap::new(),
                false => Box::pin(self.family(reading, list, parents, budget)).await?,
            };
            families.push(lists);
        }
        Ok(families)
    }

    async fn family(
        &self,
        reading: &Reading<'_>,
        children: &Children,
        parents: &[RecordId],
        budget: &mut Budget,
    ) -> Result<BTreeMap<RecordId, ResultList>, Stop> {
        let select = &children.select;
        let Output::Rows(items) = &select.output else {
            return Ok(BTreeMap::new());
        };
        let mut writer = reading.writer(self);
        let most = select.limit.unwrap_or(u64::MAX).min(BATCH_MAX as u64);
        let shape = write_family(&mut writer, children, items, parents, most, budget.left())?;
        let rows = reading.read(self, &writer.statement).await?;
        budget.take(rows.len())?;
        let ids = rows.iter().map(|row| row.record_id(BEFORE));
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        let mut grandchildren = self
            .families(reading, &shape.children, &ids, budget)
            .await?;
        let mut lists: BTreeMap<RecordId, ResultList> = BTreeMap::new();
        for row in &rows {
            let record = shape.record(row, BEFORE, &mut grandchildren)?;
            let all = u64::try_from(row.integer(1)?).unwrap_or_default();
            let list = lists.entry(row.record_id(0)?).or_default();
            list.total = all
                .saturating_sub(select.offset)
                .min(select.limit.unwrap_or(u64::MAX));
            list.rows.push(record);
        }
        for (parent, list) in &mut lists {
            if list.total > list.rows.len() as u64 {
                self.continue_list(reading, children, parent, list).await?;
            }
        }
        Ok(lists)
    }

    /// Opens a locator for the rest of a list that is longer than a page.
    async fn continue_list(
        &self,
        reading: &Reading<'_>,
        children: &Children,
        parent: &RecordId,
        list: &mut ResultList,
    ) -> Result<(), QueryFailure> {
        let ids = self
            .snapshot(reading, &children.select, Some((&children.field, parent)))
            .await?;
        list.total = ids.len() as u64;
        let locator = reading.open_locator(self, (*children.select).clone(), ids, true);
        list.locator = Some(format!("{locator}-{}", list.rows.len()));
        Ok(())
    }
}

/// `SELECT parent, total, id, … ` of each parent's first `most` children.
fn write_family<'p>(
    writer: &mut Writer<'_>,
    children: &'p Children,
    items: &'p [Item],
    parents: &[RecordId],
    most: u64,
    rows_max: usize,
) -> Result<Shape<'p>, StoreError> {
    let select: &'p SelectPlan = &children.select;
    let scope = writer.scope(&select.source, 0)?;
    let root = TableId(0);
    let parent = scope.field_column(root, children.field.as_str());
    writer.push(&format!(
        "SELECT * FROM (SELECT {parent} AS parent, count(*) OVER (PARTITION BY {parent}) AS total, "
    ));
    let shape = writer.push_columns(&scope, items);
    writer.push(&format!(
        ", row_number() OVER (PARTITION BY {parent} ORDER BY "
    ));
    writer.push_row_keys(&scope, &select.order);
    writer.push(") AS place");
    writer.push_from_where(&scope)?;
    writer.push(" AND ");
    writer.push_one_of(&parent, parents);
    let number = |number: u64| Param::Integer(Some(i64::try_from(number).unwrap_or(i64::MAX)));
    writer
        .push(") AS w WHERE place > ")
        .arg(number(select.offset));
    writer.push(" AND place <= ");
    writer.arg(number(select.offset.saturating_add(most)));
    writer.push(" ORDER BY parent, place LIMIT ");
    writer.arg(number(rows_max as u64 + 1));
    Ok(shape)
}
