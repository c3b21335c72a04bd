//! One answer in the making: for whom, until when, and how much of it fits on a page.

use std::time::{Duration, Instant};

use offhook_org::soql::format::Formatting;
use offhook_org::soql::plan::SelectPlan;
use offhook_org::soql::result::ResultRow;
use offhook_org::{Schema, UserContext};
use tokio::sync::Mutex;

use super::locators::Ids;
use super::writer::{Now, Writer};
use super::{BATCH_MAX, BATCH_MIN, QueryFailure, QueryOptions};
use crate::Store;
use crate::database::{DbError, Row, Statement, Transaction};
use crate::error::StoreError;

/// The time that all statements of an answer have together (the platform's figure for one
/// statement).
const TIME_MAX: Duration = Duration::from_secs(120);

/// The same of an answer within a transaction that writes: others wait for it.
const TIME_WITHIN_MAX: Duration = Duration::from_secs(5);

/// Rows of child lists on one page. Then the page ends before its batch is full.
const CHILD_ROWS_MAX: usize = 50_000;

/// For whom and how.
pub(super) struct Reading<'a> {
    pub(super) schema: &'a Schema,
    pub(super) user: &'a UserContext,
    pub(super) batch: usize,
    pub(super) now_ms: i64,
    /// The transaction that is read in, with what it has written; `None`: what is committed.
    within: Option<&'a Mutex<Transaction>>,
    until: Instant,
}

impl<'a> Reading<'a> {
    pub(super) fn new(schema: &'a Schema, user: &'a UserContext, options: QueryOptions) -> Self {
        Self {
            schema,
            user,
            batch: options.batch_size.clamp(BATCH_MIN, BATCH_MAX),
            now_ms: options.now_ms,
            within: None,
            until: Instant::now() + TIME_MAX,
        }
    }

    /// The same within a transaction.
    pub(super) fn within(mut self, transaction: &'a Mutex<Transaction>) -> Self {
        self.within = Some(transaction);
        self.until = Instant::now() + TIME_WITHIN_MAX;
        self
    }

    /// Writes what the select says is to be formatted as the user's locale does.
    pub(super) fn format(&self, select: &SelectPlan, rows: &mut [ResultRow]) {
        Formatting::new(&self.user.locale, &self.user.time_zone).apply(select, rows);
    }

    pub(super) fn writer(&self, store: &Store) -> Writer<'a> {
        let mut writer = Writer::new(self.schema, self.user, store.database().dialect());
        writer.now = Now::of(self.user, self.now_ms);
        writer
    }

    pub(super) async fn read(
        &self,
        store: &Store,
        statement: &Statement,
    ) -> Result<Vec<Row>, DbError> {
        match self.within {
            None => store.database().read_until(statement, self.until).await,
            Some(transaction) => {
                let mut transaction = transaction.lock().await;
                transaction.fetch_until(statement, self.until).await
            }
        }
    }

    pub(super) fn open_locator(
        &self,
        store: &Store,
        select: SelectPlan,
        ids: Ids,
        is_child_list: bool,
    ) -> String {
        let locators = &store.inner.locators;
        locators.open(
            self.user,
            select,
            ids,
            is_child_list,
            self.batch,
            self.now_ms,
        )
    }
}

/// How many rows of child lists still fit on the page.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn new() -> Self {
        Self(CHILD_ROWS_MAX)
    }

    pub(super) fn left(&self) -> usize {
        self.0
    }

    pub(super) fn take(&mut self, rows: usize) -> Result<(), Stop> {
        self.0 = self.0.checked_sub(rows).ok_or(Stop::TooManyRows)?;
        Ok(())
    }
}

/// Why a page was not made.
pub(super) enum Stop {
    /// With fewer records on it there is hope.
    TooManyRows,
    Failed(QueryFailure),
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<QueryFailure> for Stop {
    fn from(failure: QueryFailure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Stop> for QueryFailure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::TooManyRows => Self::refused(
                "QUERY_TOO_COMPLICATED",
                "Query is either selecting too many fields or the filter conditions are too \
                 complicated: one record has too many rows in its lists of children; add LIMIT \
                 to the subqueries",
            ),
            Stop::Failed(failure) => failure,
        }
    }
}
