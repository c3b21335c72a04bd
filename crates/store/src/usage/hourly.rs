//! Platform events published within the last hour, minute by minute, in memory: a restart begins
//! with none. Those of a request that was taken back count too.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

const MINUTE_MS: i64 = 60 * 1_000;

/// Minutes that count.
const MINUTES: i64 = 60;

/// Events by the minute, the newest last.
#[derive(Debug, Default)]
pub(crate) struct PublishedEvents(Mutex<VecDeque<(i64, u64)>>);

impl PublishedEvents {
    /// Counts so many events, or as many as the limit has room for, and says how many.
    pub(crate) fn take(&self, wanted: u64, max: u64, now_ms: i64) -> u64 {
        let minute = now_ms.div_euclid(MINUTE_MS);
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        minutes.retain(|(at, _)| *at > minute - MINUTES);
        let published: u64 = minutes.iter().map(|(_, count)| count).sum();
        let taken = wanted.min(max.saturating_sub(published));
        match minutes.back_mut() {
            Some((at, count)) if *at == minute => *count += taken,
            _ => minutes.push_back((minute, taken)),
        }
        taken
    }

    /// Events of the last hour.
    pub(super) fn total(&self, now_ms: i64) -> u64 {
        let minute = now_ms.div_euclid(MINUTE_MS);
        let minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = minutes.iter().filter(|(at, _)| *at > minute - MINUTES);
        counted.map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_has_room_for_so_many_events_and_frees_itself() {
        let published = PublishedEvents::default();
        assert_eq!(published.take(3, 5, 0), 3);
        assert_eq!(published.take(3, 5, MINUTE_MS), 2);
        assert_eq!(published.take(1, 5, 2 * MINUTE_MS), 0);
        assert_eq!(published.total(59 * MINUTE_MS), 5);
        assert_eq!(published.total(60 * MINUTE_MS), 2);
        assert_eq!(published.take(9, 5, 60 * MINUTE_MS), 3);
    }
}
