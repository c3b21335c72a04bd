//! The counts in memory: hour by hour, by user and app.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use offhook_org::RecordId;

use super::{ApiUsage, HOUR_MS, HOURS};

/// Users and apps counted on their own within an hour; further ones are counted together.
const CALLERS_MAX: usize = 10_000;

/// Characters of an app's name that are kept: clients choose it.
const APP_LENGTH_MAX: usize = 80;

/// Who called: a user's id and an app's name. Both empty for those counted together.
pub(super) type Caller = (String, String);

/// The counts, the newest hour last.
#[derive(Debug, Default)]
pub(crate) struct ApiCalls(Mutex<VecDeque<Hour>>);

#[derive(Debug, Default)]
struct Hour {
    number: i64,
    total: u64,
    callers: BTreeMap<Caller, Count>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    calls: u64,
    /// Of these, not in the database yet.
    unsaved: u64,
}

/// Calls of one caller in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) hour: i64,
    pub(super) caller: Caller,
    pub(super) calls: u64,
}

impl ApiCalls {
    /// Counts a call, unless `max` of them were counted.
    pub(super) fn count(&self, user: &RecordId, app: &str, max: u64, now_ms: i64) -> ApiUsage {
        let number = now_ms.div_euclid(HOUR_MS);
        let app = app.chars().take(APP_LENGTH_MAX).collect();
        let caller = (user.as_str().to_owned(), app);
        let mut hours = self.lock(number);
        let before: u64 = hours.iter().map(|hour| hour.total).sum();
        let is_over = before >= max;
        if !is_over {
            add(&mut hours, number, caller.clone(), Count::of(1, 1));
        }
        let of_caller = hours.iter().filter_map(|hour| hour.callers.get(&caller));
        ApiUsage {
            org: before + u64::from(!is_over),
            caller: of_caller.map(|count| count.calls).sum(),
            max,
            is_over,
        }
    }

    pub(super) fn total(&self, now_ms: i64) -> u64 {
        let hours = self.lock(now_ms.div_euclid(HOUR_MS));
        hours.iter().map(|hour| hour.total).sum()
    }

    /// Calls of each of the 24 hours, the present one last.
    pub(super) fn by_hour(&self, now_ms: i64) -> Vec<u64> {
        let number = now_ms.div_euclid(HOUR_MS);
        let hours = self.lock(number);
        let of = |number: i64| {
            let hour = hours.iter().find(|hour| hour.number == number);
            hour.map_or(0, |hour| hour.total)
        };
        (number - HOURS + 1..=number).map(of).collect()
    }

    /// Takes over what the database has.
    pub(super) fn load(&self, buckets: Vec<Bucket>, now_ms: i64) {
        let mut hours = self.lock(now_ms.div_euclid(HOUR_MS));
        for bucket in buckets {
            let count = Count::of(bucket.calls, 0);
            add(&mut hours, bucket.hour, bucket.caller, count);
        }
    }

    /// Takes what is not in the database yet; give back what could not be written.
    pub(super) fn take_unsaved(&self) -> Vec<Bucket> {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unsaved = Vec::new();
        for hour in hours.iter_mut() {
            let number = hour.number;
            for (caller, count) in hour.callers.iter_mut().filter(|(_, c)| c.unsaved > 0) {
                unsaved.push(Bucket {
                    hour: number,
                    caller: caller.clone(),
                    calls: std::mem::take(&mut count.unsaved),
                });
            }
        }
        unsaved
    }

    pub(super) fn give_back(&self, unsaved: &[Bucket]) {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for bucket in unsaved {
            let hour = hours.iter_mut().find(|hour| hour.number == bucket.hour);
            if let Some(count) = hour.and_then(|hour| hour.callers.get_mut(&bucket.caller)) {
                count.unsaved += bucket.calls;
            }
        }
    }

    /// The hours, without those that no longer count. One that is not saved yet stays.
    fn lock(&self, number: i64) -> MutexGuard<'_, VecDeque<Hour>> {
        let mut hours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while hours
            .front()
            .is_some_and(|hour| hour.number <= number - HOURS)
        {
            hours.pop_front();
        }
        hours
    }
}

impl Count {
    fn of(calls: u64, unsaved: u64) -> Self {
        Self { calls, unsaved }
    }
}

fn add(hours: &mut VecDeque<Hour>, number: i64, caller: Caller, more: Count) {
    let at = hours.partition_point(|hour| hour.number < number);
    if hours.get(at).is_none_or(|hour| hour.number != number) {
        let hour = Hour {
            number,
            ..Hour::default()
        };
        hours.insert(at, hour);
    }
    let Some(hour) = hours.get_mut(at) else {
        return;
    };
    let is_counted_alone = hour.callers.len() < CALLERS_MAX || hour.callers.contains_key(&caller);
    let key = match is_counted_alone {
        true => caller,
        false => Caller::default(),
    };
    let count = hour.callers.entry(key).or_default();
    count.calls += more.calls;
    count.unsaved += more.unsaved;
    hour.total += more.calls;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(serial: u64) -> RecordId {
        RecordId::from_serial("005", serial)
    }

    #[test]
    fn calls_count_for_a_day_by_user_and_app() {
        let calls = ApiCalls::default();
        let (one, two) = (user(1), user(2));
        calls.count(&one, "loader", 100, 0);
        let usage = calls.count(&one, "loader", 100, HOUR_MS);
        assert_eq!((usage.org, usage.caller), (2, 2));
        let usage = calls.count(&two, "loader", 100, 2 * HOUR_MS);
        assert_eq!((usage.org, usage.caller), (3, 1));
        assert_eq!(calls.total(24 * HOUR_MS), 2);
        assert_eq!(calls.by_hour(24 * HOUR_MS)[0..3], [1, 1, 0]);
        assert_eq!(calls.total(48 * HOUR_MS), 0);
    }

    #[test]
    fn what_is_over_the_limit_is_not_counted_and_the_limit_frees_itself() {
        let calls = ApiCalls::default();
        for _ in 0..2 {
            assert!(!calls.count(&user(1), "a", 2, 0).is_over);
        }
        let usage = calls.count(&user(1), "a", 2, 5);
        assert_eq!((usage.org, usage.is_over), (2, true));
        assert!(!calls.count(&user(1), "a", 2, 24 * HOUR_MS).is_over);
    }

    #[test]
    fn what_was_taken_to_be_saved_is_taken_once_or_given_back() {
        let calls = ApiCalls::default();
        calls.count(&user(1), "a", 9, 0);
        calls.count(&user(1), "a", 9, 0);
        let taken = calls.take_unsaved();
        assert_eq!(taken[0].calls, 2);
        assert_eq!(calls.take_unsaved(), []);
        calls.give_back(&taken);
        calls.count(&user(1), "a", 9, 0);
        assert_eq!(calls.take_unsaved()[0].calls, 3);
        assert_eq!(calls.total(0), 3);
    }

    #[test]
    fn callers_beyond_the_limit_are_counted_together() {
        let calls = ApiCalls::default();
        for serial in 0..u64::try_from(CALLERS_MAX).unwrap() + 5 {
            calls.count(&user(serial), "a", u64::MAX, 0);
        }
        let unsaved = calls.take_unsaved();
        assert_eq!(unsaved.len(), CALLERS_MAX + 1);
        assert_eq!(unsaved[0].caller, Caller::default());
        assert_eq!(unsaved[0].calls, 5);
        let name = "x".repeat(1_000);
        calls.count(&user(0), &name, u64::MAX, HOUR_MS);
        assert_eq!(calls.take_unsaved()[0].caller.1.len(), APP_LENGTH_MAX);
    }
}
