//! The one task that works on bulk jobs: batch by batch, in small pieces, so that calls and pages
//! never wait long for the database. Its work survives a restart: a batch that was cut goes on at
//! its next row.

use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_org::UserContext;
use offhook_org::access::Permission;
use offhook_org::bulk::{BulkApi, BulkOperation, Job};
use offhook_org::soql::{self, PlanOptions};
use offhook_store::bulk::Claim;
use offhook_store::org::WriteOptions;
use offhook_store::org::query::{QueryFailure, QueryOptions, QueryPage};
use offhook_store::{Store, StoreError};
use tokio::sync::Notify;

use super::columns::{cells, columns};
use super::lines::Lines;
use super::rows::Rows;
use super::v2::plan_options;
use crate::now_ms;

/// Why a job ends whose user was deactivated or frozen, also in the middle of it.
const GONE: &str = "InvalidUser : the user of the job is not active any more";

/// Rows in one transaction.
const PIECE_ROWS: usize = 500;

/// Rows that a query brings at once.
const PAGE_ROWS: usize = 2_000;

/// Looks for work this often even if nobody called: a job may have been put back.
const IDLE: Duration = Duration::from_secs(5);

/// Waits so long after the database did not answer.
const AFTER_TROUBLE: Duration = Duration::from_secs(1);

/// Jobs are kept for seven days after they were made.
const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Wakes the worker.
#[derive(Clone)]
pub(crate) struct Worker(Arc<Notify>);

impl Worker {
    /// There may be work.
    pub(crate) fn wake(&self) {
        self.0.notify_one();
    }
}

/// Starts the worker; it ends with the runtime.
pub(crate) fn start(store: Store) -> Worker {
    let wake = Arc::new(Notify::new());
    let worker = Worker(wake.clone());
    tokio::spawn(async move {
        loop {
            match turn(&store).await {
                Ok(true) => {}
                Ok(false) => {
                    let _ = tokio::time::timeout(IDLE, wake.notified()).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "a bulk job waits for the database");
                    tokio::time::sleep(AFTER_TROUBLE).await;
                }
            }
        }
    });
    worker
}

/// One batch, if there is one. An error of the store leaves it where it is.
async fn turn(store: &Store) -> Result<bool, StoreError> {
    let Some(mut claim) = store.claim_bulk_batch(now_ms()).await? else {
        store.delete_old_bulk_jobs(now_ms() - KEPT_MS).await?;
        return Ok(false);
    };
    let began = Instant::now();
    let error = match store.user_context(&claim.job.created_by).await? {
        None => Some(GONE.to_owned()),
        Some(user) if claim.job.operation.is_query() => query(store, &user, &mut claim).await?,
        Some(user) => write(store, &user, &mut claim).await?,
    };
    let took_ms = match claim.job.operation.is_query() {
        true => millis(began),
        false => 0,
    };
    store
        .finish_bulk_batch(&claim, error.as_deref(), took_ms, now_ms())
        .await?;
    Ok(true)
}

/// Writes the rows of a batch. The answer is why all of it failed, if it did.
async fn write(
    store: &Store,
    user: &UserContext,
    claim: &mut Claim,
) -> Result<Option<String>, StoreError> {
    let schema = store.schema();
    let Some(object) = schema.object(&claim.job.object) else {
        return Ok(Some(format!(
            "InvalidBatch : the object {} is gone",
            claim.job.object
        )));
    };
    let is_final = claim.job.operation == BulkOperation::HardDelete;
    if is_final && !user.holds(Permission::BulkApiHardDelete) {
        let why = "FeatureNotEnabled : hardDelete is not enabled for this user any more";
        return Ok(Some(why.to_owned()));
    }
    let text = store.bulk_input(&claim.batch.id).await?;
    let job = claim.job.clone();
    let mut rows = match Rows::open(&schema, &job, object, &text) {
        Ok(rows) => rows,
        Err(refusal) => return Ok(Some(refusal.message)),
    };
    rows.skip(claim.next_row);
    let options = WriteOptions {
        client: "bulk".to_owned(),
        ..WriteOptions::default()
    };
    loop {
        let began = Instant::now();
        let piece = rows.next(&schema, &job, object, PIECE_ROWS);
        if piece.is_empty() {
            return Ok(None);
        }
        let goes_on = store
            .write_bulk_rows(user, claim, piece, &options, millis(began))
            .await?;
        if !goes_on {
            return Ok(None);
        }
        if store.user_context(&job.created_by).await?.is_none() {
            return Ok(Some(GONE.to_owned()));
        }
        // Everybody else who waits to write has a turn in between.
        tokio::task::yield_now().await;
    }
}

/// Runs a query and keeps what it finds as CSV.
async fn query(
    store: &Store,
    user: &UserContext,
    claim: &mut Claim,
) -> Result<Option<String>, StoreError> {
    if claim.next_row > 0 {
        store.restart_bulk_query(claim).await?;
    }
    let job = claim.job.clone();
    let soql = match job.api {
        BulkApi::Classic => store.bulk_input(&claim.batch.id).await?,
        BulkApi::V2Ingest | BulkApi::V2Query => job.query.clone().unwrap_or_default(),
    };
    let all_rows = job.operation == BulkOperation::QueryAll;
    let plan_options = PlanOptions {
        all_rows,
        ..plan_options(version_of(&job))
    };
    let schema = store.schema();
    let plan = soql::parse(&soql).and_then(|q| soql::plan(&schema, user, &q, plan_options));
    let names = match plan.as_ref().map_err(ToString::to_string).and_then(columns) {
        Ok(names) => names,
        Err(why) => return Ok(Some(format!("InvalidBatch : {why}"))),
    };
    let options = QueryOptions {
        all_rows,
        batch_size: PAGE_ROWS,
        api_version: version_of(&job),
        now_ms: now_ms(),
    };
    let mut page = store.query(user, &soql, options).await;
    loop {
        let found = match page {
            Ok(found) => found,
            Err(QueryFailure::Store(error)) => return Err(error),
            Err(failure) => return Ok(Some(format!("InvalidBatch : {failure}"))),
        };
        let row_count = u64::try_from(found.rows.len()).unwrap_or(0);
        let body = as_csv(&job, &names, &found);
        let goes_on = store.put_bulk_page(claim, body, row_count).await?;
        match found.locator {
            Some(_) if store.user_context(&job.created_by).await?.is_none() => {
                return Ok(Some(GONE.to_owned()));
            }
            Some(locator) if goes_on => {
                page = store.query_more(user, &locator, options).await;
            }
            _ => return Ok(None),
        }
    }
}

/// A header, then the rows.
fn as_csv(job: &Job, names: &[String], page: &QueryPage) -> String {
    let mut lines = Lines::new(job.delimiter, job.line_ending);
    lines.push(names.iter().map(String::as_str));
    for row in &page.rows {
        let cells = cells(row);
        let values = names.iter().map(|name| {
            let cell = cells.iter().find(|(column, _)| column == name);
            cell.map_or("", |(_, value)| value.as_str())
        });
        lines.push(values);
    }
    lines.text()
}

fn version_of(job: &Job) -> u32 {
    let major = job.api_version.split('.').next();
    major.and_then(|text| text.parse().ok()).unwrap_or(64)
}

fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
