//! The work on a batch: claimed, done piece by piece, finished.

use offhook_org::bulk::{
    Batch, BatchState, BulkApi, BulkOperation, Counts, Job, JobState, Outcome,
};
use offhook_org::save::SaveError;
use offhook_org::{RecordId, UserContext};

use super::data::{Piece, write_output};
use super::jobs::{json, locked_job, put_batch, put_job};
use crate::Store;
use crate::database::{Attempts, Statement, Transaction};
use crate::error::StoreError;
use crate::org::save::{Write, WriteOptions};

/// A batch whose turn it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Its job.
    pub job: Job,
    /// The batch.
    pub batch: Batch,
    /// The first row without an outcome: not 0 when a crash cut the work.
    pub next_row: u64,
}

/// One row of a batch: a write, or why it cannot be one.
pub type RowWrite = Result<Write, String>;

impl Store {
    /// The oldest batch that waits, or that was being worked on when the process ended. There is
    /// one worker, so that large loads leave room for everybody else.
    pub async fn claim_bulk_batch(&self, now_ms: i64) -> Result<Option<Claim>, StoreError> {
        let next = Statement::new(
            "SELECT b.body, b.job FROM bulk_batch b JOIN bulk_job j ON j.id = b.job
             WHERE b.state IN ('InProgress', 'Queued')
               AND (j.api = 'Classic' OR j.state IN ('UploadComplete', 'InProgress'))
             ORDER BY b.created_ms, b.id LIMIT 1",
        );
        // Asked again and again while nothing waits: that must not take the one writer.
        if self.database().read_one(&next).await?.is_none() {
            return Ok(None);
        }
        let mut transaction = self.database().begin().await?;
        let Some(row) = transaction.fetch_one(&next).await? else {
            return Ok(None);
        };
        let mut batch: Batch = row.json(0)?;
        let Some(mut job) = locked_job(&mut transaction, &row.record_id(1)?).await? else {
            return Ok(None);
        };
        batch.state = BatchState::InProgress;
        put_batch(&mut transaction, &batch).await?;
        if job.api != BulkApi::Classic {
            job.state = JobState::InProgress;
            job.changed_ms = now_ms;
            put_job(&mut transaction, &job).await?;
        }
        let next_row = rows_done(&mut transaction, &batch.id).await?;
        transaction.commit().await?;
        Ok(Some(Claim {
            job,
            batch,
            next_row,
        }))
    }

    /// Writes rows and, in the same transaction, what became of each. False when the job was
    /// aborted in the meantime; then nothing is written.
    pub async fn write_bulk_rows(
        &self,
        user: &UserContext,
        claim: &mut Claim,
        rows: Vec<RowWrite>,
        options: &WriteOptions,
        took_ms: u64,
    ) -> Result<bool, StoreError> {
        let mut attempts = Attempts::default();
        loop {
            let written = self
                .try_bulk_rows(user, claim, &rows, options, (took_ms, &attempts))
                .await;
            match written {
                Err(error) if attempts.again(&error) => {}
                done => return done,
            }
        }
    }

    async fn try_bulk_rows(
        &self,
        user: &UserContext,
        claim: &mut Claim,
        rows: &[RowWrite],
        options: &WriteOptions,
        (took_ms, attempts): (u64, &Attempts),
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database().begin_attempt(attempts).await?;
        let Some((mut job, mut batch)) = still_wanted(&mut transaction, claim).await? else {
            return Ok(false);
        };
        let (places, writes) = good_rows(rows);
        let mut written = self
            .write_in(&mut transaction, user, &writes, options)
            .await?;
        if job.operation == BulkOperation::HardDelete {
            self.purge_deleted(&mut transaction, user, &mut written, options)
                .await?;
        }
        let mut outcomes: Vec<Outcome> = rows
            .iter()
            .map(|row| Outcome::Refused(row.as_ref().err().cloned().unwrap_or_default()))
            .collect();
        for (place, outcome) in places.into_iter().zip(written) {
            outcomes[place] = match outcome {
                Ok(written) => Outcome::Written {
                    id: written.id,
                    created: written.created,
                },
                Err(mut errors) => {
                    SaveError::join_required(&mut errors);
                    Outcome::Refused(in_words(&errors))
                }
            };
        }
        let is_refused = |outcome: &&Outcome| matches!(outcome, Outcome::Refused(_));
        let counts = Counts {
            processed: count(outcomes.len()),
            failed: count(outcomes.iter().filter(is_refused).count()),
        };
        let piece = Piece {
            first_row: claim.next_row,
            row_count: counts.processed,
            body: json(&outcomes),
        };
        write_output(&mut transaction, &batch.id, &piece).await?;
        add(&mut job, &mut batch, counts, took_ms);
        put_job(&mut transaction, &job).await?;
        put_batch(&mut transaction, &batch).await?;
        transaction.commit().await?;
        claim.next_row += counts.processed;
        (claim.job, claim.batch) = (job, batch);
        Ok(true)
    }

    /// Takes records that were just moved to the recycle bin out of the org. One that went there
    /// with another goes with it.
    async fn purge_deleted(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        deleted: &mut [crate::org::save::Outcome],
        options: &WriteOptions,
    ) -> Result<(), StoreError> {
        let purges: Vec<Write> = deleted
            .iter()
            .filter_map(|outcome| outcome.as_ref().ok())
            .map(|written| Write::Purge {
                id: written.id.clone(),
            })
            .collect();
        let purged = self.write_in(transaction, user, &purges, options).await?;
        let mut purged = purged.into_iter();
        for outcome in deleted.iter_mut() {
            let Ok(written) = outcome else { continue };
            let Some(Err(errors)) = purged.next() else {
                continue;
            };
            let in_bin = Statement::new("SELECT record FROM recycle_bin WHERE record = $1");
            let in_bin = in_bin.with(&written.id);
            if transaction.fetch_one(&in_bin).await?.is_some() {
                *outcome = Err(errors);
            }
        }
        Ok(())
    }

    /// Keeps a page of what a query found. False when the job was aborted in the meantime.
    pub async fn put_bulk_page(
        &self,
        claim: &mut Claim,
        body: String,
        row_count: u64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database().begin().await?;
        let Some((mut job, mut batch)) = still_wanted(&mut transaction, claim).await? else {
            return Ok(false);
        };
        let piece = Piece {
            first_row: claim.next_row,
            row_count,
            body,
        };
        write_output(&mut transaction, &batch.id, &piece).await?;
        let counts = Counts {
            processed: row_count,
            failed: 0,
        };
        add(&mut job, &mut batch, counts, 0);
        put_job(&mut transaction, &job).await?;
        put_batch(&mut transaction, &batch).await?;
        transaction.commit().await?;
        claim.next_row += row_count;
        (claim.job, claim.batch) = (job, batch);
        Ok(true)
    }

    /// Forgets what an interrupted query found: it is asked anew, so that its rows are of one
    /// moment.
    pub async fn restart_bulk_query(&self, claim: &mut Claim) -> Result<(), StoreError> {
        let mut transaction = self.database().begin().await?;
        let clear =
            Statement::new("DELETE FROM bulk_output WHERE batch = $1").with(&claim.batch.id);
        transaction.execute(&clear).await?;
        claim.next_row = 0;
        claim.job.counts = Counts::default();
        claim.batch.counts = Counts::default();
        put_job(&mut transaction, &claim.job).await?;
        put_batch(&mut transaction, &claim.batch).await?;
        Ok(transaction.commit().await?)
    }

    /// The batch is done, or failed for this reason; rows that were written stay.
    pub async fn finish_bulk_batch(
        &self,
        claim: &Claim,
        error: Option<&str>,
        took_ms: u64,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database().begin().await?;
        let Some((mut job, mut batch)) = still_wanted(&mut transaction, claim).await? else {
            return Ok(());
        };
        batch.state = match error {
            None => BatchState::Completed,
            Some(_) => BatchState::Failed,
        };
        batch.error = error.map(str::to_owned);
        batch.changed_ms = now_ms;
        put_batch(&mut transaction, &batch).await?;
        job.changed_ms = now_ms;
        job.processing_ms += took_ms;
        if job.api != BulkApi::Classic {
            job.error = error.map(str::to_owned);
            job.state = match error {
                None => JobState::JobComplete,
                Some(_) => JobState::Failed,
            };
        }
        put_job(&mut transaction, &job).await?;
        Ok(transaction.commit().await?)
    }
}

/// The job and batch as they are now, locked; none when the job was aborted or deleted.
async fn still_wanted(
    transaction: &mut Transaction,
    claim: &Claim,
) -> Result<Option<(Job, Batch)>, StoreError> {
    let job = locked_job(transaction, &claim.job.id).await?;
    let select = Statement::new("SELECT body FROM bulk_batch WHERE id = $1").with(&claim.batch.id);
    let row = transaction.fetch_one(&select).await?;
    let batch = row.map(|row| row.json(0)).transpose()?;
    let wanted = job.filter(|job| job.state != JobState::Aborted);
    Ok(wanted.zip(batch))
}

async fn rows_done(transaction: &mut Transaction, batch: &RecordId) -> Result<u64, StoreError> {
    let select = Statement::new(
        "SELECT first_row + row_count FROM bulk_output WHERE batch = $1
         ORDER BY first_row DESC LIMIT 1",
    )
    .with(batch);
    let row = transaction.fetch_one(&select).await?;
    let rows = row.map_or(Ok(0), |row| row.integer(0))?;
    Ok(u64::try_from(rows).unwrap_or(0))
}

/// The rows that can be written, each with its place.
fn good_rows(rows: &[RowWrite]) -> (Vec<usize>, Vec<Write>) {
    let good = rows.iter().enumerate();
    good.filter_map(|(place, row)| row.as_ref().ok().map(|write| (place, write.clone())))
        .unzip()
}

/// `REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --`.
fn in_words(errors: &[SaveError]) -> String {
    let one = |error: &SaveError| {
        let code = serde_json::to_value(error.status_code).unwrap_or_default();
        let code = code.as_str().unwrap_or("UNKNOWN_EXCEPTION").to_owned();
        let fields = error.fields.join(", ");
        format!("{code}:{}:{fields} --", error.message)
    };
    errors.iter().map(one).collect::<Vec<_>>().join(";")
}

fn add(job: &mut Job, batch: &mut Batch, counts: Counts, took_ms: u64) {
    for sum in [&mut job.counts, &mut batch.counts] {
        sum.processed += counts.processed;
        sum.failed += counts.failed;
    }
    job.processing_ms += took_ms;
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
