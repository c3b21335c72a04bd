//! Where the use of the APIs is heading: the pace of the last hours, carried on for a day.

use super::{HOUR_MS, HOURS};

/// Hours whose pace is carried on, the present one not among them unless it is all there is.
const PACE_HOURS: usize = 3;

/// What will be if the pace stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// Calls an hour that are expected.
    pub pace: u64,
    /// The most calls within any 24 hours of the coming day.
    pub peak: u64,
    /// When the limit will be reached, UTC milliseconds, on the hour; `None` if it will not be
    /// within a day.
    pub full_at_ms: Option<i64>,
}

/// The forecast from the calls of the last 24 hours, the present one last. An hour that is under
/// way counts as if it went on as it began, once a tenth of it is over.
pub fn forecast(by_hour: &[u64], max: u64, now_ms: i64) -> Forecast {
    let mut hours: Vec<u64> = by_hour.to_vec();
    let Some(present) = hours.pop() else {
        return Forecast {
            pace: 0,
            peak: 0,
            full_at_ms: None,
        };
    };
    let gone_ms = u64::try_from(now_ms.rem_euclid(HOUR_MS)).unwrap_or(0);
    let hour_ms = u64::try_from(HOUR_MS).unwrap_or(1);
    let running = present.saturating_mul(hour_ms) / gone_ms.max(1);
    let recent = hours.iter().rev().take(PACE_HOURS - 1);
    let pace = match gone_ms >= hour_ms / 10 {
        true => mean(recent.chain([&running])),
        false => mean(hours.iter().rev().take(PACE_HOURS)),
    };
    let rest_of_hour = pace.max(present) - present;
    let rest_of_hour = rest_of_hour.saturating_mul(hour_ms - gone_ms.min(hour_ms)) / hour_ms;
    let hour_start = now_ms - now_ms.rem_euclid(HOUR_MS);
    let mut window: u64 = hours.iter().sum::<u64>() + present + rest_of_hour;
    let mut peak = window;
    let mut full_at_ms = (window >= max).then_some(hour_start + HOUR_MS);
    for (ahead, leaving) in (1..HOURS).zip(hours.iter()) {
        window = (window + pace).saturating_sub(*leaving);
        peak = peak.max(window);
        if window >= max && full_at_ms.is_none() {
            full_at_ms = Some(hour_start + (ahead + 1) * HOUR_MS);
        }
    }
    Forecast {
        pace,
        peak,
        full_at_ms,
    }
}

fn mean<'a>(hours: impl Iterator<Item = &'a u64>) -> u64 {
    let (sum, count) = hours.fold((0_u64, 0_u64), |(sum, count), hour| {
        (sum.saturating_add(*hour), count + 1)
    });
    sum / count.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last hour of the day is half over.
    const NOW: i64 = 23 * HOUR_MS + HOUR_MS / 2;

    #[test]
    fn a_steady_pace_stays_where_it_is() {
        let mut hours = vec![100; 24];
        hours[23] = 50;
        let forecast = forecast(&hours, 10_000, NOW);
        assert_eq!(forecast.pace, 100);
        assert_eq!(forecast.full_at_ms, None);
        assert!((2_350..=2_425).contains(&forecast.peak), "{forecast:?}");
    }

    #[test]
    fn a_client_that_runs_wild_is_seen_hours_before_the_limit() {
        let mut hours = vec![10; 24];
        hours[21] = 1_000;
        hours[22] = 1_000;
        hours[23] = 500;
        let forecast = forecast(&hours, 10_000, NOW);
        assert_eq!(forecast.pace, 1_000);
        let full_at = forecast.full_at_ms.unwrap();
        let hours_ahead = (full_at - NOW) / HOUR_MS;
        assert!((6..=8).contains(&hours_ahead), "{hours_ahead}");
        assert!(forecast.peak > 10_000);
    }

    #[test]
    fn a_burst_that_is_over_is_not_carried_on() {
        let mut hours = vec![0; 24];
        hours[2] = 9_000;
        let forecast = forecast(&hours, 10_000, NOW);
        assert_eq!((forecast.pace, forecast.full_at_ms), (0, None));
        assert_eq!(forecast.peak, 9_000);
    }

    #[test]
    fn an_hour_that_has_just_begun_says_nothing_yet() {
        let mut hours = vec![100; 24];
        hours[23] = 30;
        let forecast = forecast(&hours, 10_000, 23 * HOUR_MS + 1_000);
        assert_eq!(forecast.pace, 100);
    }

    #[test]
    fn no_number_overflows() {
        let forecast = forecast(&[u64::MAX / 32; 24], u64::MAX, NOW);
        assert!(forecast.peak > 0);
        assert_eq!(super::forecast(&[], 1, 0).peak, 0);
    }
}
