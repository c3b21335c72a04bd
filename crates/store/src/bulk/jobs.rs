//! Jobs and batches: made, found, moved on, deleted.

use offhook_org::access::Permission;
use offhook_org::bulk::{Batch, BatchState, BulkApi, Counts, Job, JobRequest, JobState};
use offhook_org::{RecordId, UserContext};

use super::BulkFailure;
use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::error::StoreError;
use crate::serial;

/// How much bulk jobs were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkUse {
    /// Batches; a job of Bulk 2.0 is one.
    pub batches: u64,
    /// Query jobs of Bulk 2.0.
    pub query_jobs: u64,
}

/// Jobs on one page of a list.
const JOBS_MAX: u32 = 1_000;

impl Store {
    /// Makes a job. That its object exists and may be written is for the caller to have checked.
    pub async fn create_bulk_job(
        &self,
        user: &UserContext,
        api: BulkApi,
        request: &JobRequest,
        api_version: &str,
        now_ms: i64,
    ) -> Result<Job, BulkFailure> {
        let Some(owner) = user.user.clone() else {
            return Err(BulkFailure::NotFound);
        };
        let mut transaction = self.database().begin().await?;
        let id = RecordId::from_serial("750", serial::take(&mut transaction, "750", 1).await?);
        let job = Job::begin(api, request, id, owner, api_version, now_ms)?;
        let insert = Statement::new(
            "INSERT INTO bulk_job (id, api, owner, state, created_ms, body)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .with(&job.id)
        .with(api.as_str())
        .with(&job.created_by)
        .with(job.state.as_str())
        .with(job.created_ms)
        .with(json(&job));
        transaction.execute(&insert).await?;
        if api != BulkApi::Classic {
            let batch = new_batch(&job, job.id.clone(), now_ms);
            insert_batch(&mut transaction, &batch).await?;
        }
        transaction.commit().await?;
        Ok(job)
    }

    /// Batches and query jobs that were made since this time and are kept.
    pub async fn bulk_use(&self, since_ms: i64) -> Result<BulkUse, StoreError> {
        let number = async |text: &str| {
            let count = Statement::new(text).with(since_ms);
            let row = self.database().read_one(&count).await?;
            let count = row.map_or(Ok(0), |row| row.integer(0))?;
            Ok::<_, DbError>(u64::try_from(count).unwrap_or(0))
        };
        Ok(BulkUse {
            batches: number("SELECT COUNT(*) FROM bulk_batch WHERE created_ms >= $1").await?,
            query_jobs: number(
                "SELECT COUNT(*) FROM bulk_job WHERE api = 'V2Query' AND created_ms >= $1",
            )
            .await?,
        })
    }

    /// The job, if it is the user's own or the user manages all data.
    pub async fn bulk_job(
        &self,
        user: &UserContext,
        api: BulkApi,
        id: &RecordId,
    ) -> Result<Job, BulkFailure> {
        let select = Statement::new("SELECT body FROM bulk_job WHERE id = $1 AND api = $2")
            .with(id)
            .with(api.as_str());
        let row = self.database().read_one(&select).await?;
        seen(user, row.map(|row| row.json(0)).transpose()?)
    }

    /// Jobs that the user may see, newest first; those before `before` where it is given.
    pub async fn bulk_jobs(
        &self,
        user: &UserContext,
        api: BulkApi,
        before: Option<&RecordId>,
        limit: u32,
    ) -> Result<Vec<Job>, BulkFailure> {
        let mut select = Statement::new("SELECT body FROM bulk_job WHERE api = ");
        select.arg(api.as_str());
        if !sees_all(user) {
            let own = user.user.as_ref().map(|id| id.as_str().to_owned());
            select.push(" AND owner = ").arg(own);
        }
        if let Some(before) = before {
            select.push(" AND id < ").arg(before);
        }
        select
            .push(" ORDER BY id DESC LIMIT ")
            .arg(limit.min(JOBS_MAX));
        let rows = self.database().read(&select).await?;
        let jobs: Result<Vec<_>, DbError> = rows.iter().map(|row| row.json(0)).collect();
        Ok(jobs?)
    }

    /// A client asks for another state of its job.
    pub async fn ask_bulk_job(
        &self,
        user: &UserContext,
        api: BulkApi,
        id: &RecordId,
        wanted: JobState,
        now_ms: i64,
    ) -> Result<Job, BulkFailure> {
        let mut transaction = self.database().begin().await?;
        let mut job = seen(user, locked_job(&mut transaction, id).await?)?;
        if job.api != api {
            return Err(BulkFailure::NotFound);
        }
        if job.ask(wanted, now_ms)? {
            put_job(&mut transaction, &job).await?;
            if wanted == JobState::Aborted {
                stop_batches(&mut transaction, id, now_ms).await?;
            }
        }
        transaction.commit().await?;
        Ok(job)
    }

    /// Deletes a job with everything that belongs to it.
    pub async fn delete_bulk_job(
        &self,
        user: &UserContext,
        api: BulkApi,
        id: &RecordId,
    ) -> Result<(), BulkFailure> {
        let job = self.bulk_job(user, api, id).await?;
        job.may_delete()?;
        let delete = Statement::new("DELETE FROM bulk_job WHERE id = $1").with(id);
        self.database().write(&delete).await?;
        Ok(())
    }

    /// Deletes jobs that ended before this time, at most so many; says how many there were.
    pub async fn delete_old_bulk_jobs(&self, before_ms: i64) -> Result<u64, StoreError> {
        let old = Statement::new(
            "SELECT id FROM bulk_job WHERE created_ms < $1 AND state <> 'InProgress' LIMIT 1",
        )
        .with(before_ms);
        if self.database().read_one(&old).await?.is_none() {
            return Ok(0);
        }
        let delete = Statement::new(
            "DELETE FROM bulk_job WHERE id IN (SELECT id FROM bulk_job
             WHERE created_ms < $1 AND state <> 'InProgress' ORDER BY created_ms LIMIT 20)",
        )
        .with(before_ms);
        Ok(self.database().write(&delete).await?)
    }

    /// The batches of a job of Bulk 1.0, oldest first.
    pub async fn bulk_batches(
        &self,
        user: &UserContext,
        job: &RecordId,
    ) -> Result<Vec<Batch>, BulkFailure> {
        self.bulk_job(user, BulkApi::Classic, job).await?;
        let select =
            Statement::new("SELECT body FROM bulk_batch WHERE job = $1 ORDER BY created_ms, id")
                .with(job);
        let rows = self.database().read(&select).await?;
        let batches: Result<Vec<_>, DbError> = rows.iter().map(|row| row.json(0)).collect();
        Ok(batches?)
    }

    /// One batch of a job.
    pub async fn bulk_batch(
        &self,
        user: &UserContext,
        job: &RecordId,
        id: &RecordId,
    ) -> Result<Batch, BulkFailure> {
        let batches = self.bulk_batches(user, job).await?;
        let batch = batches.into_iter().find(|batch| batch.id == *id);
        batch.ok_or(BulkFailure::NotFound)
    }
}

/// Batches of an aborted job that are not done will not be.
async fn stop_batches(
    transaction: &mut Transaction,
    job: &RecordId,
    now_ms: i64,
) -> Result<(), DbError> {
    let select = Statement::new(
        "SELECT body FROM bulk_batch WHERE job = $1 AND state IN ('Queued', 'InProgress')",
    );
    for row in transaction.fetch(&select.with(job)).await? {
        let mut batch: Batch = row.json(0)?;
        batch.state = BatchState::NotProcessed;
        batch.changed_ms = now_ms;
        put_batch(transaction, &batch).await?;
    }
    Ok(())
}

pub(super) fn new_batch(job: &Job, id: RecordId, now_ms: i64) -> Batch {
    Batch {
        id,
        job: job.id.clone(),
        state: BatchState::Queued,
        error: None,
        counts: Counts::default(),
        created_ms: now_ms,
        changed_ms: now_ms,
    }
}

pub(super) async fn insert_batch(
    transaction: &mut Transaction,
    batch: &Batch,
) -> Result<(), DbError> {
    let insert = Statement::new(
        "INSERT INTO bulk_batch (id, job, state, created_ms, body) VALUES ($1, $2, $3, $4, $5)",
    )
    .with(&batch.id)
    .with(&batch.job)
    .with(batch.state.as_str())
    .with(batch.created_ms)
    .with(json(batch));
    transaction.execute(&insert).await.map(drop)
}

pub(super) async fn locked_job(
    transaction: &mut Transaction,
    id: &RecordId,
) -> Result<Option<Job>, DbError> {
    // The write takes the row's lock on PostgreSQL; SQLite has one writer.
    let lock = Statement::new("UPDATE bulk_job SET state = state WHERE id = $1 RETURNING body");
    let row = transaction.fetch_one(&lock.with(id)).await?;
    row.map(|row| row.json(0)).transpose()
}

pub(super) async fn put_job(transaction: &mut Transaction, job: &Job) -> Result<(), DbError> {
    let update = Statement::new("UPDATE bulk_job SET state = $2, body = $3 WHERE id = $1")
        .with(&job.id)
        .with(job.state.as_str())
        .with(json(job));
    transaction.execute(&update).await.map(drop)
}

pub(super) async fn put_batch(transaction: &mut Transaction, batch: &Batch) -> Result<(), DbError> {
    let update = Statement::new("UPDATE bulk_batch SET state = $2, body = $3 WHERE id = $1")
        .with(&batch.id)
        .with(batch.state.as_str())
        .with(json(batch));
    transaction.execute(&update).await.map(drop)
}

pub(super) fn json(value: &impl serde::Serialize) -> String {
    // Jobs and batches are plain data, which JSON can always say.
    serde_json::to_string(value).unwrap_or_default()
}

fn seen(user: &UserContext, job: Option<Job>) -> Result<Job, BulkFailure> {
    let may = |job: &Job| sees_all(user) || user.user.as_ref() == Some(&job.created_by);
    job.filter(may).ok_or(BulkFailure::NotFound)
}

fn sees_all(user: &UserContext) -> bool {
    user.holds(Permission::ModifyAllData)
}
