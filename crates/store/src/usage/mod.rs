//! How much the APIs are used: calls of the last 24 hours by user and app, the org's limit, and
//! where it is heading.
//!
//! Calls are counted in memory, by the hour, and added to the database every few seconds and at
//! the end (`rows.rs`); what a crash forgets is those seconds. Pages of people and phone calls
//! are not API calls: they go on at the limit and beyond.

mod counts;
mod forecast;
mod hourly;
mod limits;
mod rows;

pub(crate) use counts::ApiCalls;
pub use forecast::{Forecast, forecast};
pub(crate) use hourly::PublishedEvents;
pub use limits::{API_CALLS_MAX, ApiLimits, UsageLevel};
pub(crate) use rows::start;
pub use rows::{CallerUsage, UsageReport, beside};

use offhook_org::RecordId;

use crate::Store;

/// An hour, in milliseconds: the grain of counting.
pub const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Hours that count against the limit.
pub const HOURS: i64 = 24;

/// API calls of the last 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiUsage {
    /// Of the whole org, this one included.
    pub org: u64,
    /// Of this user with this app.
    pub caller: u64,
    /// The org's limit.
    pub max: u64,
    /// The limit was reached: this call is to be refused, and is not counted.
    pub is_over: bool,
}

impl Store {
    /// Counts one API call, unless the limit is reached, and says how many there were in 24
    /// hours.
    pub fn count_api_call(&self, user: &RecordId, app: &str, now_ms: i64) -> ApiUsage {
        let max = self.api_limits().daily_requests_max;
        self.inner.api_calls.count(user, app, max, now_ms)
    }

    /// Platform events published in the last hour.
    pub fn events_published(&self, now_ms: i64) -> u64 {
        self.inner.published.total(now_ms)
    }

    /// API calls of the org in the last 24 hours.
    pub fn api_calls(&self, now_ms: i64) -> u64 {
        self.inner.api_calls.total(now_ms)
    }
}
