//! Pages of records: the first one, and those that a locator leads to.

use std::collections::BTreeMap;

use offhook_org::soql::plan::{Item, Output, SelectPlan, TableId};
use offhook_org::soql::result::ResultRow;
use offhook_org::{FieldName, RecordId, UserContext};

use super::locators::{Held, Ids};
use super::reading::{Budget, Reading, Stop};
use super::rows::Shape;
use super::writer::Writer;
use super::{QueryFailure, QueryOptions, QueryPage};
use crate::Store;
use crate::database::{Dialect, Row};
use crate::error::StoreError;

/// Rows of an answer that has pages.
const ROWS_MAX: u64 = 10_000_000;

impl Store {
    /// The page that a locator names: `01g…-2000` with the place where it begins. A locator that
    /// was released (15 minutes without use, or newer ones in its place) or that is another
    /// user's is `INVALID_QUERY_LOCATOR`.
    pub async fn query_more(
        &self,
        user: &UserContext,
        locator: &str,
        options: QueryOptions,
    ) -> Result<QueryPage, QueryFailure> {
        let found = locator.rsplit_once('-').and_then(|(id, offset)| {
            let offset: usize = offset.parse().ok()?;
            let held = self.inner.locators.find(user, id, options.now_ms)?;
            (offset <= held.ids.len()).then_some((id, held, offset))
        });
        let Some((id, held, offset)) = found else {
            return Err(QueryFailure::refused(
                "INVALID_QUERY_LOCATOR",
                "invalid query locator: it was released, 15 minutes after its last use or by ten \
                 newer ones; run the query again",
            ));
        };
        let schema = self.schema();
        let mut reading = Reading::new(&schema, user, options);
        reading.batch = reading.batch.min(held.batch);
        let mut page = self.held_page(&reading, id, &held, offset).await?;
        reading.format(&held.select, &mut page.rows);
        Ok(page)
    }

    /// The first page. One that holds the whole answer needs no locator.
    pub(super) async fn first_page(
        &self,
        reading: &Reading<'_>,
        select: &SelectPlan,
        items: &[Item],
    ) -> Result<QueryPage, QueryFailure> {
        let mut writer = reading.writer(self);
        let shape = write_page(&mut writer, select, items, reading.batch as u64 + 1)?;
        let rows = reading.read(self, &writer.statement).await?;
        if rows.len() <= reading.batch {
            let shown = self.shown(reading, &shape, &rows).await?;
            if shown.len() == rows.len() {
                return Ok(QueryPage {
                    total: shown.len() as u64,
                    rows: shown,
                    locator: None,
                });
            }
        }
        let ids = self.snapshot(reading, select, None).await?;
        let id = reading.open_locator(self, select.clone(), ids, false);
        match self.inner.locators.find(reading.user, &id, reading.now_ms) {
            Some(held) => self.held_page(reading, &id, &held, 0).await,
            None => Err(QueryFailure::refused(
                "QUERY_TOO_COMPLICATED",
                "more rows than all open queries may hold together: add conditions or a LIMIT",
            )),
        }
    }

    /// The ids of all rows of a select, in order; of a list of children, of one parent.
    pub(super) async fn snapshot(
        &self,
        reading: &Reading<'_>,
        select: &SelectPlan,
        parent: Option<(&FieldName, &RecordId)>,
    ) -> Result<Ids, QueryFailure> {
        let mut writer = reading.writer(self);
        let scope = writer.scope(&select.source, 0)?;
        let root = TableId(0);
        writer.push(match writer.dialect {
            Dialect::Sqlite => "SELECT group_concat(substr(id, 1, 15), '') FROM (SELECT ",
            Dialect::Postgres => "SELECT string_agg(substr(id, 1, 15), '') FROM (SELECT ",
        });
        writer.push(&scope.alias(root)).push(".id AS id");
        writer.push_from_where(&scope)?;
        if let Some((field, id)) = parent {
            let field = scope.field_column(root, field.as_str());
            writer.push(&format!(" AND {field} = ")).arg(id);
        }
        writer.push_row_order(&scope, &select.order);
        let most = select.limit.unwrap_or(u64::MAX).min(ROWS_MAX + 1);
        writer.push_limit(most, select.offset);
        writer.push(") AS w");
        let rows = reading.read(self, &writer.statement).await?;
        let text = rows.first().map_or(Ok(None), |row| row.optional_text(0))?;
        let ids = Ids::packed(text.unwrap_or_default());
        if ids.len() as u64 > ROWS_MAX {
            return Err(QueryFailure::refused(
                "QUERY_TOO_COMPLICATED",
                "more than 10,000,000 rows: add conditions or a LIMIT, and ask in parts",
            ));
        }
        Ok(ids)
    }

    async fn held_page(
        &self,
        reading: &Reading<'_>,
        locator: &str,
        held: &Held,
        offset: usize,
    ) -> Result<QueryPage, QueryFailure> {
        let ids = held.ids.page(offset, reading.batch);
        let Output::Rows(items) = &held.select.output else {
            return Err(QueryFailure::refused(
                "INVALID_QUERY_LOCATOR",
                "it has no records",
            ));
        };
        let found = self.rows_of(reading, &held.select, items, &ids).await?;
        let (shape, places, rows) = found;
        let shown = self.shown(reading, &shape, &rows).await?;
        let taken = places.get(shown.len()).copied().unwrap_or(ids.len());
        let next = offset + taken;
        Ok(QueryPage {
            total: held.ids.len() as u64,
            rows: shown,
            locator: (next < held.ids.len()).then(|| format!("{locator}-{next}")),
        })
    }

    /// The rows of these ids, in their order, and the place of each: the user may see them no
    /// more, or they went meanwhile, where one is left out. The select's condition is not asked.
    pub(super) async fn rows_of<'p>(
        &self,
        reading: &Reading<'_>,
        select: &'p SelectPlan,
        items: &'p [Item],
        ids: &[RecordId],
    ) -> Result<(Shape<'p>, Vec<usize>, Vec<Row>), QueryFailure> {
        let mut writer = reading.writer(self);
        let scope = writer.scope(&select.source, 0)?;
        writer.push("SELECT ");
        let shape = writer.push_columns(&scope, items);
        writer.push_from_ids(&scope, ids)?;
        let mut found = BTreeMap::new();
        for row in reading.read(self, &writer.statement).await? {
            found.insert(row.record_id(0)?, row);
        }
        let places = ids.iter().enumerate();
        let rows = places.filter_map(|(place, id)| Some((place, found.remove(id)?)));
        let (places, rows) = rows.unzip();
        Ok((shape, places, rows))
    }

    /// The records of these rows with their lists of children: as many as fit on a page, at least
    /// one.
    pub(super) async fn shown(
        &self,
        reading: &Reading<'_>,
        shape: &Shape<'_>,
        rows: &[Row],
    ) -> Result<Vec<ResultRow>, QueryFailure> {
        if shape.children.is_empty() {
            let mut none = Vec::new();
            let rows = rows.iter().map(|row| shape.record(row, 0, &mut none));
            return Ok(rows.collect::<Result<_, _>>()?);
        }
        let ids = rows.iter().map(|row| row.record_id(0));
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        let mut count = rows.len();
        loop {
            let mut budget = Budget::new();
            let lists = self.families(reading, &shape.children, &ids[..count], &mut budget);
            match lists.await {
                Ok(mut families) => {
                    let rows = rows[..count].iter();
                    let rows = rows.map(|row| shape.record(row, 0, &mut families));
                    return Ok(rows.collect::<Result<_, _>>()?);
                }
                Err(Stop::TooManyRows) if count > 1 => count = (count / 4).max(1),
                Err(stop) => return Err(stop.into()),
            }
        }
    }
}

/// The first rows of a select; also run by the test of its plan.
pub(super) fn write_page<'p>(
    writer: &mut Writer<'_>,
    select: &'p SelectPlan,
    items: &'p [Item],
    most: u64,
) -> Result<Shape<'p>, StoreError> {
    let scope = writer.scope(&select.source, 0)?;
    writer.push("SELECT ");
    let shape = writer.push_columns(&scope, items);
    writer.push_from_where(&scope)?;
    writer.push_row_order(&scope, &select.order);
    writer.push_limit(most.min(select.limit.unwrap_or(u64::MAX)), select.offset);
    Ok(shape)
}
