//! The counts in the database, for restarts and for the page of the last week.

use std::collections::BTreeMap;
use std::path::Path;

use offhook_org::RecordId;

use super::counts::Bucket;
use super::{ApiCalls, ApiLimits, Forecast, HOUR_MS, HOURS, forecast, limits};
use crate::Store;
use crate::backup::BackupError;
use crate::database::{Database, DbError, Statement, sqlite_copy};
use crate::error::StoreError;

/// Rows in one statement.
const ROWS_MAX: usize = 100;

/// Counts are kept so many hours: a month.
const KEPT_HOURS: i64 = 31 * 24;

/// Callers in a report.
const CALLERS_MAX: i64 = 100;

/// How much the APIs were used.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageReport {
    /// When the first hour began, UTC milliseconds.
    pub begins_ms: i64,
    /// Calls by the hour, the present one last.
    pub by_hour: Vec<u64>,
    /// By user and app, the busiest first; 100 at most.
    pub callers: Vec<CallerUsage>,
    /// Calls in the last 24 hours.
    pub day: u64,
    /// The limits in force.
    pub limits: ApiLimits,
    /// Where it is heading.
    pub forecast: Forecast,
}

/// Calls of one user with one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerUsage {
    /// The user; `None` for those counted together.
    pub user: Option<RecordId>,
    /// What the client calls itself.
    pub app: String,
    /// Its calls.
    pub calls: u64,
}

impl Store {
    /// Adds what was counted since the last time to the database.
    pub async fn flush_api_usage(&self) -> Result<(), StoreError> {
        let unsaved = self.inner.api_calls.take_unsaved();
        let written = self.add_to_rows(&unsaved).await;
        if written.is_err() {
            self.inner.api_calls.give_back(&unsaved);
        }
        written
    }

    async fn add_to_rows(&self, unsaved: &[Bucket]) -> Result<(), StoreError> {
        if unsaved.is_empty() {
            return Ok(());
        }
        let mut transaction = self.database().begin().await?;
        for buckets in unsaved.chunks(ROWS_MAX) {
            let mut insert =
                Statement::new("INSERT INTO api_usage (hour, user_id, app, calls) VALUES ");
            let mut separator = "(";
            for bucket in buckets {
                insert.push(separator).arg(bucket.hour);
                insert.push(", ").arg(bucket.caller.0.as_str());
                insert.push(", ").arg(bucket.caller.1.as_str());
                insert.push(", ").arg(number(bucket.calls));
                separator = "), (";
            }
            insert.push(
                ") ON CONFLICT (hour, user_id, app)
                 DO UPDATE SET calls = api_usage.calls + excluded.calls",
            );
            transaction.execute(&insert).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Forgets the oldest hour, if it is older than a month; says how many rows went.
    pub async fn prune_api_usage(&self, now_ms: i64) -> Result<u64, StoreError> {
        let before = now_ms.div_euclid(HOUR_MS) - KEPT_HOURS;
        let delete = Statement::new(
            "DELETE FROM api_usage
             WHERE hour < $1 AND hour = (SELECT min(hour) FROM api_usage)",
        );
        Ok(self.database().write(&delete.with(before)).await?)
    }

    /// How much the APIs were used in so many hours, the present one among them.
    pub async fn api_usage_report(
        &self,
        hours: i64,
        now_ms: i64,
    ) -> Result<UsageReport, StoreError> {
        self.flush_api_usage().await?;
        let present = now_ms.div_euclid(HOUR_MS);
        let first = present - hours + 1;
        let totals = Statement::new(
            "SELECT hour, CAST(sum(calls) AS BIGINT) FROM api_usage
             WHERE hour >= $1 AND hour <= $2 GROUP BY hour",
        );
        let mut by_hour = BTreeMap::new();
        let totals = totals.with(first).with(present);
        for row in self.database().read(&totals).await? {
            by_hour.insert(row.integer(0)?, count(row.integer(1)?));
        }
        let callers = Statement::new(
            "SELECT user_id, app, CAST(sum(calls) AS BIGINT) AS total FROM api_usage
             WHERE hour >= $1 AND hour <= $2 GROUP BY user_id, app
             ORDER BY total DESC, user_id, app LIMIT $3",
        );
        let callers = callers.with(first).with(present).with(CALLERS_MAX);
        let callers = self.database().read(&callers).await?;
        let callers = callers.iter().map(|row| {
            Ok(CallerUsage {
                user: RecordId::parse(row.text(0)?).ok(),
                app: row.text(1)?.to_owned(),
                calls: count(row.integer(2)?),
            })
        });
        let limits = self.api_limits();
        let day = self.inner.api_calls.by_hour(now_ms);
        Ok(UsageReport {
            begins_ms: first * HOUR_MS,
            by_hour: (first..=present)
                .map(|hour| by_hour.get(&hour).copied().unwrap_or(0))
                .collect(),
            callers: callers.collect::<Result<_, DbError>>()?,
            day: day.iter().sum(),
            limits,
            forecast: forecast(&day, limits.daily_requests_max, now_ms),
        })
    }
}

/// API calls of the last 24 hours and their limit, read from an embedded database beside the
/// server that runs on it.
pub async fn beside(database: &Path, now_ms: i64) -> Result<(u64, u64), BackupError> {
    let first = now_ms.div_euclid(HOUR_MS) - HOURS + 1;
    let (calls, limits) = sqlite_copy::api_usage(database, first).await?;
    let limits: Option<ApiLimits> = limits.and_then(|body| serde_json::from_str(&body).ok());
    Ok((count(calls), limits.unwrap_or_default().daily_requests_max))
}

/// What an opened database knows of the last 24 hours, and its limits.
pub(crate) async fn start(database: &Database) -> Result<(ApiCalls, ApiLimits), DbError> {
    let now_ms = crate::now_ms();
    let first = now_ms.div_euclid(HOUR_MS) - HOURS + 1;
    let select = Statement::new("SELECT hour, user_id, app, calls FROM api_usage WHERE hour >= $1");
    let rows = database.read(&select.with(first)).await?;
    let buckets = rows.iter().map(|row| {
        Ok(Bucket {
            hour: row.integer(0)?,
            caller: (row.text(1)?.to_owned(), row.text(2)?.to_owned()),
            calls: count(row.integer(3)?),
        })
    });
    let calls = ApiCalls::default();
    calls.load(buckets.collect::<Result<_, DbError>>()?, now_ms);
    Ok((calls, limits::read(database).await?))
}

fn number(calls: u64) -> i64 {
    i64::try_from(calls).unwrap_or(i64::MAX)
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
