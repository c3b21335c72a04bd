//! What clients send, and what they fetch.

use offhook_org::RecordId;
use offhook_org::UserContext;
use offhook_org::bulk::{Batch, BatchState, BulkApi, BulkRefusal};

use super::BulkFailure;
use super::jobs::{insert_batch, locked_job, new_batch};
use crate::Store;
use crate::database::{Statement, Transaction};
use crate::error::StoreError;
use crate::serial;

/// Bytes of one stored piece of what a client sent.
const PIECE_MAX: usize = 1 << 20;

/// Batches of one job.
const BATCHES_MAX: i64 = 5_000;

/// Rows of output that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The first row, from 0.
    pub first_row: u64,
    /// So many rows.
    pub row_count: u64,
    /// What became of them, or what a query found.
    pub body: String,
}

impl Store {
    /// Takes the rows of a job of Bulk 2.0, in place of any that it had: a client that repeats
    /// its upload changes nothing.
    pub async fn put_bulk_input(
        &self,
        user: &UserContext,
        job: &RecordId,
        text: &str,
    ) -> Result<(), BulkFailure> {
        self.bulk_job(user, BulkApi::V2Ingest, job).await?;
        let mut transaction = self.database().begin().await?;
        let now = locked_job(&mut transaction, job).await?;
        now.ok_or(BulkFailure::NotFound)?.takes_data()?;
        write_input(&mut transaction, job, text).await?;
        Ok(transaction.commit().await?)
    }

    /// Adds a batch to a job of Bulk 1.0.
    pub async fn add_bulk_batch(
        &self,
        user: &UserContext,
        job: &RecordId,
        text: &str,
        now_ms: i64,
    ) -> Result<Batch, BulkFailure> {
        self.bulk_job(user, BulkApi::Classic, job).await?;
        let mut transaction = self.database().begin().await?;
        let job = locked_job(&mut transaction, job).await?;
        let job = job.ok_or(BulkFailure::NotFound)?;
        job.takes_data()?;
        let count = Statement::new("SELECT COUNT(*) FROM bulk_batch WHERE job = $1").with(&job.id);
        let row = transaction.fetch_one(&count).await?;
        if row.map_or(Ok(0), |row| row.integer(0))? >= BATCHES_MAX {
            return Err(too_many().into());
        }
        let id = RecordId::from_serial("751", serial::take(&mut transaction, "751", 1).await?);
        let batch = new_batch(&job, id, now_ms);
        insert_batch(&mut transaction, &batch).await?;
        write_input(&mut transaction, &batch.id, text).await?;
        transaction.commit().await?;
        Ok(batch)
    }

    /// Adds a query to a job of Bulk 1.0 that was cut into chunks: the batch that was sent, which
    /// is not worked on, and one for each chunk.
    pub async fn add_bulk_chunks(
        &self,
        user: &UserContext,
        job: &RecordId,
        text: &str,
        chunks: &[String],
        now_ms: i64,
    ) -> Result<Batch, BulkFailure> {
        self.bulk_job(user, BulkApi::Classic, job).await?;
        let mut transaction = self.database().begin().await?;
        let job = locked_job(&mut transaction, job).await?;
        let job = job.ok_or(BulkFailure::NotFound)?;
        job.takes_data()?;
        let count = Statement::new("SELECT COUNT(*) FROM bulk_batch WHERE job = $1").with(&job.id);
        let row = transaction.fetch_one(&count).await?;
        let before = row.map_or(Ok(0), |row| row.integer(0))?;
        let more = u32::try_from(chunks.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        if before.saturating_add(i64::from(more)) > BATCHES_MAX {
            return Err(too_many().into());
        }
        let first = serial::take(&mut transaction, "751", more).await?;
        let sent = RecordId::from_serial("751", first);
        let mut sent = new_batch(&job, sent, now_ms);
        sent.state = BatchState::NotProcessed;
        insert_batch(&mut transaction, &sent).await?;
        write_input(&mut transaction, &sent.id, text).await?;
        for (number, chunk) in (first + 1..).zip(chunks) {
            let id = RecordId::from_serial("751", number);
            let batch = new_batch(&job, id, now_ms);
            insert_batch(&mut transaction, &batch).await?;
            write_input(&mut transaction, &batch.id, chunk).await?;
        }
        transaction.commit().await?;
        Ok(sent)
    }

    /// What a client sent for a batch.
    pub async fn bulk_input(&self, batch: &RecordId) -> Result<String, StoreError> {
        let select = Statement::new("SELECT body FROM bulk_input WHERE batch = $1 ORDER BY place")
            .with(batch);
        let mut text = String::new();
        for row in self.database().read(&select).await? {
            text.push_str(row.text(0)?);
        }
        Ok(text)
    }

    /// The piece of output that holds this row, or the next that there is. A query that found
    /// nothing has one piece without rows.
    pub async fn bulk_output(
        &self,
        batch: &RecordId,
        row: u64,
    ) -> Result<Option<Piece>, StoreError> {
        let row = i64::try_from(row).unwrap_or(i64::MAX);
        let select = Statement::new(
            "SELECT first_row, row_count, body FROM bulk_output
             WHERE batch = $1 AND (first_row + row_count > $2 OR row_count = 0)
             ORDER BY first_row LIMIT 1",
        )
        .with(batch)
        .with(row);
        let found = self.database().read_one(&select).await?;
        let piece = found.map(|row| {
            Ok(Piece {
                first_row: u64::try_from(row.integer(0)?).unwrap_or(0),
                row_count: u64::try_from(row.integer(1)?).unwrap_or(0),
                body: row.text(2)?.to_owned(),
            })
        });
        piece.transpose()
    }
}

fn too_many() -> BulkRefusal {
    BulkRefusal::new(
        "EXCEEDEDQUOTA",
        format!("A job takes {BATCHES_MAX} batches; close this one and make another"),
    )
}

async fn write_input(
    transaction: &mut Transaction,
    batch: &RecordId,
    text: &str,
) -> Result<(), BulkFailure> {
    let clear = Statement::new("DELETE FROM bulk_input WHERE batch = $1").with(batch);
    transaction.execute(&clear).await?;
    // No field keeps NUL, and PostgreSQL no text with it.
    let text = text.replace('\0', "");
    let mut rest = text.as_str();
    let mut place = 0_i64;
    while !rest.is_empty() {
        let end = rest.floor_char_boundary(PIECE_MAX);
        let (piece, after) = rest.split_at(end);
        let insert =
            Statement::new("INSERT INTO bulk_input (batch, place, body) VALUES ($1, $2, $3)")
                .with(batch)
                .with(place)
                .with(piece);
        transaction.execute(&insert).await?;
        (rest, place) = (after, place + 1);
    }
    Ok(())
}

pub(super) async fn write_output(
    transaction: &mut Transaction,
    batch: &RecordId,
    piece: &Piece,
) -> Result<(), StoreError> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let insert = Statement::new(
        "INSERT INTO bulk_output (batch, first_row, row_count, body) VALUES ($1, $2, $3, $4)",
    )
    .with(batch)
    .with(number(piece.first_row))
    .with(number(piece.row_count))
    .with(piece.body.as_str());
    transaction.execute(&insert).await?;
    Ok(())
}
