//! Numbers that are given out once: of record ids, and of fields that count (case numbers).

use crate::database::{DbError, Statement, Transaction};

/// Takes the next `count` numbers of a series and gives the first. A number that a rolled-back
/// transaction took is taken again by the next.
pub(crate) async fn take(
    transaction: &mut Transaction,
    series: &str,
    count: u32,
) -> Result<u64, DbError> {
    let statement = Statement::new(
        "INSERT INTO serial (name, last) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET last = serial.last + $2
         RETURNING last",
    )
    .with(series)
    .with(count);
    let row = transaction.fetch_one(&statement).await?;
    let last = row
        .ok_or_else(|| DbError::Failed("the series gave no number".to_owned()))?
        .integer(0)?;
    let first = last - i64::from(count) + 1;
    u64::try_from(first).map_err(|_| DbError::Corrupt(format!("the series {series} is negative")))
}
