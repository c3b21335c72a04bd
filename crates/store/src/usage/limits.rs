//! The org's limit of API calls, and how near it is.

use serde::{Deserialize, Serialize};

use crate::Store;
use crate::accounts::to_json;
use crate::database::{Database, DbError, Statement};
use crate::error::StoreError;

/// Its row in `org_setting`.
const NAME: &str = "api_limits";

/// The highest limit that can be set.
pub const API_CALLS_MAX: u64 = 1_000_000_000;

/// The org's limits for API clients. Stored as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApiLimits {
    /// API calls of the whole org in 24 hours; one more is refused.
    pub daily_requests_max: u64,
    /// Batches of bulk jobs in 24 hours; a job of Bulk 2.0 is one.
    pub daily_bulk_batches_max: u64,
    /// Query jobs of Bulk 2.0 in 24 hours.
    pub daily_query_jobs_max: u64,
    /// Platform events published in an hour.
    pub hourly_events_max: u64,
}

impl Default for ApiLimits {
    /// High: the machine is the org's own. It is there to stop a client that runs wild.
    fn default() -> Self {
        Self {
            daily_requests_max: 1_000_000,
            daily_bulk_batches_max: 15_000,
            daily_query_jobs_max: 10_000,
            hourly_events_max: 250_000,
        }
    }
}

/// How near the limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UsageLevel {
    /// Below 70 %.
    Fine,
    /// 70 % and more.
    Warning,
    /// 90 % and more.
    Critical,
    /// API clients are refused.
    Full,
}

impl UsageLevel {
    /// The level of so many calls.
    pub fn of(calls: u64, max: u64) -> Self {
        let percent = u128::from(calls) * 100 / u128::from(max.max(1));
        match percent {
            _ if calls >= max => Self::Full,
            90.. => Self::Critical,
            70.. => Self::Warning,
            _ => Self::Fine,
        }
    }
}

impl Store {
    /// The org's limits for API clients.
    pub fn api_limits(&self) -> ApiLimits {
        let held = self.inner.api_limits.read();
        held.map_or_else(|poisoned| *poisoned.into_inner(), |held| *held)
    }

    /// Sets the org's limits; refused outside 1 to [`API_CALLS_MAX`].
    pub async fn put_api_limits(&self, limits: ApiLimits) -> Result<(), StoreError> {
        if !(1..=API_CALLS_MAX).contains(&limits.daily_requests_max) {
            return Err(StoreError::BadQuery(format!(
                "the limit of API calls must be between 1 and {API_CALLS_MAX}"
            )));
        }
        let put = Statement::new(
            "INSERT INTO org_setting (name, body) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        )
        .with(NAME)
        .with(to_json(&limits)?);
        self.database().write(&put).await?;
        match self.inner.api_limits.write() {
            Ok(mut held) => *held = limits,
            Err(poisoned) => *poisoned.into_inner() = limits,
        }
        Ok(())
    }
}

/// The limits that an opened database has.
pub(super) async fn read(database: &Database) -> Result<ApiLimits, DbError> {
    let statement = Statement::new("SELECT body FROM org_setting WHERE name = $1").with(NAME);
    match database.read_one(&statement).await? {
        Some(row) => row.json(0),
        None => Ok(ApiLimits::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::UsageLevel;

    #[test]
    fn alerts_begin_at_seventy_and_ninety_percent() {
        for (calls, level) in [
            (0, UsageLevel::Fine),
            (699, UsageLevel::Fine),
            (700, UsageLevel::Warning),
            (899, UsageLevel::Warning),
            (900, UsageLevel::Critical),
            (999, UsageLevel::Critical),
            (1_000, UsageLevel::Full),
            (u64::MAX, UsageLevel::Full),
        ] {
            assert_eq!(UsageLevel::of(calls, 1_000), level, "{calls}");
        }
        assert_eq!(UsageLevel::of(0, 0), UsageLevel::Full);
    }
}
