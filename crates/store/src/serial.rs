//! Numbers that are given out once: of record ids, of fields that count (case numbers), of
//! events.

use crate::database::{DbError, Row, Statement, Transaction};

/// Takes the next `count` numbers of a series and gives the first. Of a transaction that is
/// rolled back they may be missing for ever: on PostgreSQL nobody waits for them until it ends,
/// since two that took of two series in opposite order would wait for each other.
pub(crate) async fn take(
    transaction: &mut Transaction,
    series: &str,
    count: u32,
) -> Result<u64, DbError> {
    let row = transaction.fetch_beside(&next(series, count)).await?;
    first_of(row, series, count)
}

/// The same, in the order of the commits and without a gap: the next who wants numbers of the
/// series waits until this transaction has ended. Only as the last step of a transaction.
pub(crate) async fn take_in_order(
    transaction: &mut Transaction,
    series: &str,
    count: u32,
) -> Result<u64, DbError> {
    let row = transaction.fetch_one(&next(series, count)).await?;
    first_of(row, series, count)
}

fn next(series: &str, count: u32) -> Statement {
    Statement::new(
        "INSERT INTO serial (name, last) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET last = serial.last + $2
         RETURNING last",
    )
    .with(series)
    .with(count)
}

fn first_of(row: Option<Row>, series: &str, count: u32) -> Result<u64, DbError> {
    let last = row
        .ok_or_else(|| DbError::Failed("the series gave no number".to_owned()))?
        .integer(0)?;
    let first = last - i64::from(count) + 1;
    u64::try_from(first).map_err(|_| DbError::Corrupt(format!("the series {series} is negative")))
}
