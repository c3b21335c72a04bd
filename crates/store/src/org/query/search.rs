//! Searches of SOSL: the records that are wanted, as the SELECT of each object shows them.

use std::collections::BTreeSet;

use offhook_org::schema::Object;
use offhook_org::soql::plan::{Output, SelectPlan, TableId};
use offhook_org::soql::result::ResultRow;
use offhook_org::sosl::parameterized::ParameterizedSearch;
use offhook_org::sosl::{self, plan::SearchPlan};
use offhook_org::{RecordId, Schema, UserContext};

use super::reading::Reading;
use super::{QueryFailure, QueryOptions, plan_options};
use crate::Store;
use crate::org::search_ranked::Search;
use crate::org::search_words::Wanted;

/// Records that are put in order of relevance.
const RANKED_MAX: u32 = 2_000;

/// Records that the index tells before a condition or an order of the search's own.
const TOLD_MAX: u32 = 50_000;

/// Records of one answer (the platform's limit).
const ANSWER_MAX: u64 = 2_000;

impl Store {
    /// Runs a search of SOSL for a user. Records come in the order of RETURNING; those of one
    /// object by its ORDER BY, else by relevance: see `search_ranked.rs`.
    pub async fn search(
        &self,
        user: &UserContext,
        sosl: &str,
        options: QueryOptions,
    ) -> Result<Vec<ResultRow>, QueryFailure> {
        let schema = self.schema();
        let search = sosl::parse(sosl)?;
        let plan = sosl::plan(&schema, user, &search, plan_options(options))?;
        self.run_search(&schema, user, &plan, options).await
    }

    /// Runs a search as the REST resource `parameterizedSearch` asks for it.
    pub async fn search_parameterized(
        &self,
        user: &UserContext,
        search: &ParameterizedSearch,
        options: QueryOptions,
    ) -> Result<Vec<ResultRow>, QueryFailure> {
        let schema = self.schema();
        let plan = sosl::plan(&schema, user, &search.search()?, plan_options(options))?;
        self.run_search(&schema, user, &plan, options).await
    }

    async fn run_search(
        &self,
        schema: &Schema,
        user: &UserContext,
        plan: &SearchPlan,
        options: QueryOptions,
    ) -> Result<Vec<ResultRow>, QueryFailure> {
        let reading = Reading::new(schema, user, options);
        let wanted = Wanted::of_plan(&plan.wanted);
        let most = usize::try_from(plan.limit.min(ANSWER_MAX)).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        for select in &plan.returning {
            let left = most - found.len();
            if let Some(object) = schema.object(select.source.root().object.as_str()) {
                let search = self.search_in(user, object, &wanted, plan.group).await?;
                let rows = self.search_select(&reading, object, &search, select, left);
                found.extend(rows.await?);
            }
        }
        Ok(found)
    }

    async fn search_select(
        &self,
        reading: &Reading<'_>,
        object: &Object,
        search: &Search<'_>,
        select: &SelectPlan,
        left: usize,
    ) -> Result<Vec<ResultRow>, QueryFailure> {
        let Output::Rows(items) = &select.output else {
            return Ok(Vec::new());
        };
        let is_sorted = !select.order.is_empty();
        let is_filtered = is_sorted || select.source.condition.is_some();
        let told = match is_filtered {
            true => TOLD_MAX,
            false => RANKED_MAX,
        };
        let told = self.told(object, search, told).await?;
        let mut ids: Vec<RecordId> = told.into_iter().collect();
        if is_filtered {
            ids = self.filtered(reading, select, &ids).await?;
        }
        let ranked = self.ranked(reading.user, object, search, &ids).await?;
        if is_sorted {
            let wanted: BTreeSet<RecordId> = ranked.into_iter().collect();
            ids.retain(|id| wanted.contains(id));
        } else {
            ids = ranked;
        }
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let limit = select.limit.map_or(left, number).min(left);
        let ids: Vec<RecordId> = ids
            .into_iter()
            .skip(number(select.offset))
            .take(limit)
            .collect();
        let (shape, _, rows) = self.rows_of(reading, select, items, &ids).await?;
        let mut shown = self.shown(reading, &shape, &rows).await?;
        reading.format(select, &mut shown);
        Ok(shown)
    }

    /// Those of the records for which the select's own condition holds, in its own order.
    async fn filtered(
        &self,
        reading: &Reading<'_>,
        select: &SelectPlan,
        ids: &[RecordId],
    ) -> Result<Vec<RecordId>, QueryFailure> {
        let mut writer = reading.writer(self);
        let scope = writer.scope(&select.source, 0)?;
        let id = format!("{}.id", scope.alias(TableId(0)));
        writer.push("SELECT ").push(&id);
        writer.push_from_where(&scope)?;
        writer.push(" AND ");
        writer.push_one_of(&id, ids);
        writer.push_row_order(&scope, &select.order);
        writer.push_limit(u64::from(RANKED_MAX), 0);
        let rows = reading.read(self, &writer.statement).await?;
        Ok(rows
            .iter()
            .map(|row| row.record_id(0))
            .collect::<Result<_, _>>()?)
    }
}
