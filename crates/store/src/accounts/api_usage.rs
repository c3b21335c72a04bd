//! How many API calls the org made in the last 24 hours, in all and by user and app. Counted in
//! memory, by the hour.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use offhook_org::RecordId;

use crate::Store;

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Hours that count.
const HOURS: i64 = 24;

/// Users and apps counted on their own within an hour; further ones count only in the sum.
const CALLERS_MAX: usize = 10_000;

/// API calls of the last 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiUsage {
    /// Of the whole org, this one included.
    pub org: u64,
    /// Of this user with this app.
    pub caller: u64,
}

/// The counts, hour by hour, the newest last.
#[derive(Debug, Default)]
pub(crate) struct ApiCalls(Mutex<VecDeque<Hour>>);

#[derive(Debug, Default)]
struct Hour {
    number: i64,
    total: u64,
    callers: BTreeMap<(RecordId, String), u64>,
}

impl Store {
    /// Counts one API call and says how many there were in 24 hours.
    pub fn count_api_call(&self, user: &RecordId, app: &str, now_ms: i64) -> ApiUsage {
        self.inner.api_calls.count(user, app, now_ms)
    }

    /// API calls of the org in the last 24 hours.
    pub fn api_calls(&self, now_ms: i64) -> u64 {
        self.inner.api_calls.total(now_ms)
    }
}

impl ApiCalls {
    fn count(&self, user: &RecordId, app: &str, now_ms: i64) -> ApiUsage {
        let number = now_ms.div_euclid(HOUR_MS);
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut hours, number);
        if hours.back().is_none_or(|hour| hour.number < number) {
            hours.push_back(Hour {
                number,
                ..Hour::default()
            });
        }
        let key = (user.clone(), app.to_owned());
        if let Some(hour) = hours.back_mut() {
            hour.total += 1;
            if hour.callers.len() < CALLERS_MAX || hour.callers.contains_key(&key) {
                *hour.callers.entry(key.clone()).or_default() += 1;
            }
        }
        ApiUsage {
            org: hours.iter().map(|hour| hour.total).sum(),
            caller: hours.iter().filter_map(|hour| hour.callers.get(&key)).sum(),
        }
    }

    fn total(&self, now_ms: i64) -> u64 {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut hours, now_ms.div_euclid(HOUR_MS));
        hours.iter().map(|hour| hour.total).sum()
    }
}

/// Drops hours that no longer count.
fn forget(hours: &mut VecDeque<Hour>, number: i64) {
    while hours
        .front()
        .is_some_and(|hour| hour.number <= number - HOURS)
    {
        hours.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_count_for_a_day_by_user_and_app() {
        let calls = ApiCalls::default();
        let (one, two) = (
            RecordId::from_serial("005", 1),
            RecordId::from_serial("005", 2),
        );
        calls.count(&one, "loader", 0);
        let usage = calls.count(&one, "loader", HOUR_MS);
        assert_eq!((usage.org, usage.caller), (2, 2));
        let usage = calls.count(&two, "loader", 2 * HOUR_MS);
        assert_eq!((usage.org, usage.caller), (3, 1));
        assert_eq!(calls.total(24 * HOUR_MS), 2);
        assert_eq!(calls.total(48 * HOUR_MS), 0);
    }
}
