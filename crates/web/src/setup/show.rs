//! Facts of calls as Setup's pages write them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use offhook_calls::{CallState, Direction, EndCause};
use offhook_org::UserContext;

/// `Nov 24, 2026, 9:12:05 AM` in the user's time zone: as records write it, with the seconds that
/// tell calls apart. A moment that cannot be shown is no reason not to show the page.
pub(super) fn moment(at_ms: i64, user: &UserContext) -> String {
    let zone = TimeZone::get(&user.time_zone).unwrap_or(TimeZone::UTC);
    match Timestamp::from_millisecond(at_ms) {
        Ok(at) => at
            .to_zoned_datetime(zone)
            .strftime("%b %-d, %Y, %-I:%M:%S %p")
            .to_string(),
        Err(_) => String::new(),
    }
}

/// When a day like `2026-11-24` begins where the user is; `None` for what is no day.
pub(super) fn day_begins(text: &str, user: &UserContext) -> Option<i64> {
    let day: jiff::civil::Date = text.parse().ok()?;
    let zone = TimeZone::get(&user.time_zone).unwrap_or(TimeZone::UTC);
    Some(
        day.to_zoned_datetime(zone)
            .ok()?
            .timestamp()
            .as_millisecond(),
    )
}

/// The wall clock: milliseconds since 1970, UTC.
pub(super) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// `1,234,567`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0:07`, `12:30`, `1:02:03`; the second that has begun does not count.
pub(super) fn duration(duration_ms: u64) -> String {
    let seconds = duration_ms / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

pub(super) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "Inbound",
        Direction::Outbound => "Outbound",
    }
}

pub(super) fn state(state: CallState) -> &'static str {
    match state {
        CallState::Ringing => "Ringing",
        CallState::Dialling => "Dialling",
        CallState::Talking => "Talking",
        CallState::WrapUp => "Wrap-up",
        CallState::Closed => "Closed",
    }
}

pub(super) fn end_cause(cause: EndCause) -> &'static str {
    match cause {
        EndCause::FarEndHungUp => "Far end hung up",
        EndCause::AgentHungUp => "Agent hung up",
        EndCause::CallerGaveUp => "Caller gave up",
        EndCause::NoAnswer => "No answer",
        EndCause::Declined => "Declined",
        EndCause::Busy => "Busy",
        EndCause::Failed => "Failed",
        EndCause::AgentLost => "Agent's tab was lost",
        EndCause::Refused => "Refused: too many calls",
        EndCause::Interrupted => "Interrupted by a restart",
    }
}

/// `1 user`, `2 users`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {many}")
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_written_as_clocks_show_them() {
        assert_eq!(duration(0), "0:00");
        assert_eq!(duration(7_999), "0:07");
        assert_eq!(duration(750_000), "12:30");
        assert_eq!(duration(3_723_000), "1:02:03");
    }
}
