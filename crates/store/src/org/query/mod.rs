//! Queries: a plan of `offhook_org::soql` becomes one statement, or a few, on either database,
//! and its rows become records with parents and lists of children.
//!
//! The user's rights over records are put on every table of a statement (`source.rs`). An answer
//! that is longer than a page is continued by a locator (`locators.rs`); lists of children are
//! read for a whole page at once (`children.rs`). `writer.rs`, `expressions.rs`, `conditions.rs`,
//! `order.rs`, `dates.rs`, `groups.rs` write SQL, `rows.rs` reads what comes back.

mod activities;
mod children;
mod columns;
mod conditions;
mod dates;
mod explain;
mod expressions;
mod groups;
pub(crate) mod locators;
mod order;
mod paging;
mod reading;
mod recent;
mod rows;
mod search;
mod source;
mod writer;

use offhook_org::soql::plan::{Output, Plan, SelectPlan};
use offhook_org::soql::result::ResultRow;
use offhook_org::soql::{self, PlanOptions, SoqlError};
use offhook_org::{RecordId, Schema, UserContext};

use tokio::sync::Mutex;

use crate::Store;
use crate::database::Transaction;
use crate::error::StoreError;
pub use columns::{QueryColumn, QueryColumns};
pub use explain::{QueryPlan, QueryPlanNote, QueryPlans};
use reading::Reading;

/// Records on a page, at most; and where the asker names no number.
pub const BATCH_MAX: usize = 2_000;

/// A smaller number that is asked for counts as this one.
const BATCH_MIN: usize = 200;

/// Groups of one answer: aggregates have no second page.
const GROUPS_MAX: usize = 2_000;

/// Records that `FOR VIEW` and `FOR REFERENCE` note as seen: more are not remembered of a user.
const VISITS_MAX: usize = 200;

/// How a query is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryOptions {
    /// Are records in the recycle bin among the answer (queryAll)?
    pub all_rows: bool,
    /// Records on a page, 200 to 2,000; others count as the nearest of these.
    pub batch_size: usize,
    /// The platform's version that the client speaks: 58 is 58.0.
    pub api_version: u32,
    /// UTC milliseconds; what `TODAY` and a locator's age are measured by.
    pub now_ms: i64,
}

/// One page of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryPage {
    /// Rows of the whole answer; of `SELECT COUNT()` the count, without any row.
    pub total: u64,
    /// The rows of this page.
    pub rows: Vec<ResultRow>,
    /// `01g…-2000`: by which the next page is asked for; `None` when this is the last.
    pub locator: Option<String>,
}

/// Why a query has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum QueryFailure {
    /// The asker's doing: the platform's error code and its text.
    #[error("{message}")]
    Refused {
        /// `MALFORMED_QUERY`, `INVALID_QUERY_LOCATOR`, `QUERY_TIMEOUT`, …
        code: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// The database's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl QueryFailure {
    fn refused(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Refused { code, message }
    }
}

impl Store {
    /// Runs a query of SOQL for a user and gives its first page.
    pub async fn query(
        &self,
        user: &UserContext,
        soql: &str,
        options: QueryOptions,
    ) -> Result<QueryPage, QueryFailure> {
        let schema = self.schema();
        let plan = planned(&schema, user, soql, options)?;
        if soql.to_ascii_lowercase().contains("definition") {
            // Their rows are made when they are first asked for.
            self.tell_definitions().await?;
        }
        let reading = Reading::new(&schema, user, options);
        let page = self.run(&reading, &plan).await?;
        if let Some(visit) = plan.visit {
            let ids = page.rows.iter().filter_map(|row| row.id.clone());
            let ids: Vec<RecordId> = ids.take(VISITS_MAX).collect();
            self.note_seen(user, &ids, visit).await?;
        }
        Ok(page)
    }

    /// [`Store::query`] within a transaction; nothing is noted.
    pub(super) async fn query_within(
        &self,
        transaction: &Mutex<Transaction>,
        user: &UserContext,
        soql: &str,
        options: QueryOptions,
    ) -> Result<QueryPage, QueryFailure> {
        let schema = self.schema();
        let plan = planned(&schema, user, soql, options)?;
        let reading = Reading::new(&schema, user, options).within(transaction);
        self.run(&reading, &plan).await
    }

    async fn run(&self, reading: &Reading<'_>, plan: &Plan) -> Result<QueryPage, QueryFailure> {
        let select = &plan.select;
        let mut page = match &select.output {
            Output::Count => self.count(reading, select).await?,
            Output::Groups(_) => self.groups(reading, select).await?,
            Output::Rows(items) => self.first_page(reading, select, items).await?,
        };
        reading.format(select, &mut page.rows);
        Ok(page)
    }

    async fn count(
        &self,
        reading: &Reading<'_>,
        select: &SelectPlan,
    ) -> Result<QueryPage, QueryFailure> {
        let mut writer = reading.writer(self);
        let is_limited = select.limit.is_some() || select.offset > 0;
        writer.push(match is_limited {
            true => "SELECT count(*) FROM (SELECT 1 AS one",
            false => "SELECT count(*)",
        });
        let scope = writer.scope(&select.source, 0)?;
        writer.push_from_where(&scope)?;
        if is_limited {
            writer.push_limit(select.limit.unwrap_or(u64::MAX), select.offset);
            writer.push(") AS counted");
        }
        let rows = reading.read(self, &writer.statement).await?;
        let count = rows.first().map_or(Ok(0), |row| row.integer(0))?;
        Ok(QueryPage {
            total: u64::try_from(count).unwrap_or_default(),
            rows: Vec::new(),
            locator: None,
        })
    }

    async fn groups(
        &self,
        reading: &Reading<'_>,
        select: &SelectPlan,
    ) -> Result<QueryPage, QueryFailure> {
        let Output::Groups(plan) = &select.output else {
            return Err(StoreError::BadQuery("the select has no groups".to_owned()).into());
        };
        let limit = select.limit.unwrap_or(u64::MAX).min(GROUPS_MAX as u64 + 1);
        let mut writer = reading.writer(self);
        writer.write_groups(select, plan, limit)?;
        let rows = reading.read(self, &writer.statement).await?;
        if rows.len() > GROUPS_MAX {
            return Err(QueryFailure::refused(
                "EXCEEDED_ID_LIMIT",
                "Aggregate query does not support queryMore(), use LIMIT to restrict the results \
                 to a single batch: there are more than 2,000 groups",
            ));
        }
        let scales = groups::scales(reading.schema, &select.source, plan);
        let rows = rows.iter().map(|row| groups::group(plan, &scales, row));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(QueryPage {
            total: rows.len() as u64,
            rows,
            locator: None,
        })
    }
}

/// The statement of a query's first page, for the test of its plan.
#[cfg(test)]
pub(super) fn page_statement(
    schema: &Schema,
    user: &UserContext,
    dialect: crate::database::Dialect,
    text: &str,
) -> crate::database::Statement {
    let options = QueryOptions {
        all_rows: false,
        batch_size: BATCH_MAX,
        api_version: 60,
        now_ms: 0,
    };
    let plan = planned(schema, user, text, options).unwrap();
    let mut writer = writer::Writer::new(schema, user, dialect);
    match &plan.select.output {
        Output::Rows(items) => {
            drop(paging::write_page(&mut writer, &plan.select, items, 2_001).unwrap());
        }
        Output::Groups(groups) => writer.write_groups(&plan.select, groups, 2_001).unwrap(),
        Output::Count => panic!("a count has no page"),
    }
    writer.statement
}

/// The plan of a query, with the user's rights over objects and fields.
fn planned(
    schema: &Schema,
    user: &UserContext,
    text: &str,
    options: QueryOptions,
) -> Result<Plan, QueryFailure> {
    let query = soql::parse(text)?;
    Ok(soql::plan(schema, user, &query, plan_options(options))?)
}

fn plan_options(options: QueryOptions) -> PlanOptions {
    PlanOptions {
        all_rows: options.all_rows,
        api_version: options.api_version,
        ..PlanOptions::at(options.now_ms)
    }
}

impl From<SoqlError> for QueryFailure {
    fn from(error: SoqlError) -> Self {
        Self::refused(error.code, error.message)
    }
}

impl From<crate::database::DbError> for QueryFailure {
    fn from(error: crate::database::DbError) -> Self {
        match error {
            crate::database::DbError::TimedOut => Self::refused(
                "QUERY_TIMEOUT",
                "Your query request was running for too long: narrow its WHERE to fields with an \
                 index (Id, Name, references, unique and external id fields), or add a LIMIT",
            ),
            other => Self::Store(other.into()),
        }
    }
}
