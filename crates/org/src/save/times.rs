//! Dates, moments and times of day as people and clients write them.

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};

/// The platform's calendar begins and ends with these years; another one is a slip.
const YEARS: std::ops::RangeInclusive<i16> = 1700..=4000;

/// A moment as `2026-01-02T03:04:05.000Z`, with an offset (`+01:00`, `+0100`), or without one in
/// the zone given; with or without seconds and fractions; a date alone is its midnight.
/// Milliseconds since 1970.
pub(super) fn date_time(text: &str, zone: &TimeZone) -> Option<i64> {
    let (day, clock) = match text.split_once(['T', 't', ' ']) {
        Some((day, clock)) => (date_only(day)?, Some(clock.trim())),
        None => (date_only(text)?, None),
    };
    let (clock, zone) = match clock {
        None => (Time::midnight(), zone.clone()),
        Some(clock) => {
            let (clock, offset) = split_offset(clock)?;
            (time(clock)?, offset.unwrap_or_else(|| zone.clone()))
        }
    };
    let moment = zone.to_timestamp(day.to_datetime(clock)).ok()?;
    Some(moment.as_millisecond())
}

/// The clock, and the zone behind it if there is one.
fn split_offset(text: &str) -> Option<(&str, Option<TimeZone>)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, Some(TimeZone::UTC)));
    }
    let Some(place) = text.rfind(['+', '-']) else {
        return Some((text, None));
    };
    let (clock, offset) = text.split_at(place);
    let digits: String = offset[1..].chars().filter(|c| *c != ':').collect();
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit());
    let (hours, minutes) = match (is_plain, digits.len()) {
        (true, 2) => (digits.as_str(), "0"),
        (true, 4) => digits.split_at(2),
        _ => return None,
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if hours > 18 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3_600 + minutes * 60;
    let signed = if offset.starts_with('-') {
        -seconds
    } else {
        seconds
    };
    let zone = TimeZone::fixed(Offset::from_seconds(signed).ok()?);
    Some((clock, Some(zone)))
}

/// `2026-01-05`, also not padded (`2026-1-5`) and with a time behind, which is left out.
pub(super) fn date(text: &str) -> Option<Date> {
    date_only(text.split(['T', 't', ' ']).next()?)
}

fn date_only(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let year = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    let date = Date::new(year, month, day).ok()?;
    (parts.next().is_none() && YEARS.contains(&year)).then_some(date)
}

/// `10:00`, `10:00:00`, `10:00:00.000Z`: a time of day has no zone.
pub(super) fn time(text: &str) -> Option<Time> {
    let plain = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let (clock, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let mut parts = clock.split(':');
    let hour = number(parts.next()?)?;
    let minute = number(parts.next()?)?;
    let second = parts.next().map_or(Some(0), number)?;
    if parts.next().is_some() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Milliseconds are what is kept.
    let milliseconds: i32 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Time::new(hour, minute, second, milliseconds * 1_000_000).ok()
}

fn number(text: &str) -> Option<i8> {
    match text.len() {
        1 | 2 if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_clients_write_them() {
        let utc = |text| date_time(text, &TimeZone::UTC);
        let moment = 1_767_323_045_000;
        for text in [
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05.000+0000",
            "2026-01-02T04:04:05+01:00",
            "2026-01-02t04:04:05+01",
            "2026-01-01T22:04:05.000-05:00",
            "2026-01-02 03:04:05",
        ] {
            assert_eq!(utc(text), Some(moment), "{text}");
        }
        assert_eq!(utc("2026-01-02T03:04:05.6789Z"), Some(moment + 678));
        assert_eq!(utc("2026-01-02T03:04"), Some(moment - 5_000));
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(date_time("2026-01-02T04:04:05", &berlin), Some(moment));
        for text in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "2026-01-02T25:00:00Z",
            "26-01-02T03:04:05Z",
            "2026-01-02T03:04:05+1",
            "2026-01-02T03:04:05+01:99",
            "2026-01-02T03:04:05.xZ",
            "2026-01-02T",
            "9999-01-02T00:00:00Z",
            "2026-01-02T03:04:05+é1",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }

    #[test]
    fn times_of_day_have_milliseconds_at_most() {
        let noon = jiff::civil::time(12, 0, 0, 0);
        for text in ["12:00", "12:00:00", "12:00:00.000Z", "12:0:0"] {
            assert_eq!(time(text), Some(noon), "{text}");
        }
        let late = jiff::civil::time(23, 59, 59, 999_000_000);
        assert_eq!(time("23:59:59.9999Z"), Some(late));
        for text in ["", "12", "24:00", "12:60", "12:00:00:00", "-1:00", "012:00"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_them_panic(text in ".{0,40}") {
            let _ = (date_time(&text, &TimeZone::UTC), date(&text), time(&text));
        }
    }
}
