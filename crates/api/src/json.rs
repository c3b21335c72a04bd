//! Moments as clients write them and as headers have them. Records and values as the platform's
//! JSON are written by `offhook_org::soql::json`.

use jiff::Timestamp;
pub(crate) use offhook_org::soql::json::{Rendering, moment, plain_text, value};

/// A moment as clients write it: with `Z`, `+0000` or `+01:00`, with or without fraction or
/// offset; a blank for a plus that was not encoded; a colon too many at the end.
pub(crate) fn read_moment(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches(':').replace(' ', "+");
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let (date_time, offset) = match text.get(10..)?.find(['+', '-']) {
        Some(place) => text.split_at(place + 10),
        None => (text.as_str(), "+0000"),
    };
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let (sign, hours, minutes) = match digits.len() {
        4 => (offset.get(..1)?, digits.get(..2)?, digits.get(2..)?),
        2 => (offset.get(..1)?, digits.as_str(), "00"),
        _ => return None,
    };
    let moment = format!("{date_time}{sign}{hours}:{minutes}");
    Some(moment.parse::<Timestamp>().ok()?.as_millisecond())
}

/// A moment as HTTP headers write it: `Thu, 01 Jan 2026 00:00:00 GMT`.
pub(crate) fn http_date(ms: i64) -> String {
    let moment = Timestamp::from_millisecond(ms).unwrap_or_default();
    let at = jiff::tz::TimeZone::UTC.to_datetime(moment);
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Such a moment, in milliseconds.
pub(crate) fn read_http_date(text: &str) -> Option<i64> {
    let text = text.trim();
    let named = text.strip_suffix(" GMT")?;
    let at = jiff::civil::DateTime::strptime("%a, %d %b %Y %H:%M:%S", named).ok()?;
    let moment = jiff::tz::TimeZone::UTC.to_timestamp(at).ok()?;
    Some(moment.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_clients_write_them() {
        for text in [
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.000Z",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01T00:00:00 00:00",
            "2026-01-01T01:00:00.000+0100",
            "2025-12-31T23:00:00-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00:",
        ] {
            assert_eq!(read_moment(text), Some(1_767_225_600_000), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "ééééééééé",
            "2026-01-01",
        ] {
            assert_eq!(read_moment(text), None, "{text}");
        }
    }

    #[test]
    fn dates_of_headers_go_there_and_back() {
        let text = "Thu, 01 Jan 2026 00:00:00 GMT";
        assert_eq!(read_http_date(text), Some(1_767_225_600_000));
        assert_eq!(http_date(1_767_225_600_999), text);
        assert_eq!(read_http_date("tomorrow"), None);
    }
}
