//! Date literals: `TODAY`, `LAST_WEEK`, `NEXT_N_MONTHS:3`. Each is a range of whole days, cut in
//! the user's time zone; weeks begin as the user's locale has it, fiscal years in the org's month
//! (SOQL reference, "Date Formats and Date Literals").

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::limits::DATE_LITERAL_N_MAX;

/// What literals are reckoned by.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
    pub zone: TimeZone,
    pub week_start: Weekday,
    /// First month of the fiscal year, 1 to 12.
    pub fiscal_start: i8,
}

/// A range in days and in moments; ends are not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub first_day: Date,
    pub end_day: Date,
    pub start_ms: i64,
    pub end_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    FiscalQuarter,
    FiscalYear,
}

/// Which units beside the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// The one that is so many away.
    One(i64),
    /// So many days before today, and today until now.
    LastDays(i64),
    /// So many units after the present one.
    Next(i64),
    /// `LAST_N_MONTHS:n`.
    LastN,
    /// `NEXT_N_MONTHS:n`.
    NextN,
    /// `N_MONTHS_AGO:n`.
    NAgo,
}

const LITERALS: &[(&str, Unit, Which)] = &[
    ("YESTERDAY", Unit::Day, Which::One(-1)),
    ("TODAY", Unit::Day, Which::One(0)),
    ("TOMORROW", Unit::Day, Which::One(1)),
    ("LAST_WEEK", Unit::Week, Which::One(-1)),
    ("THIS_WEEK", Unit::Week, Which::One(0)),
    ("NEXT_WEEK", Unit::Week, Which::One(1)),
    ("LAST_MONTH", Unit::Month, Which::One(-1)),
    ("THIS_MONTH", Unit::Month, Which::One(0)),
    ("NEXT_MONTH", Unit::Month, Which::One(1)),
    ("LAST_90_DAYS", Unit::Day, Which::LastDays(90)),
    ("NEXT_90_DAYS", Unit::Day, Which::Next(90)),
    ("LAST_QUARTER", Unit::Quarter, Which::One(-1)),
    ("THIS_QUARTER", Unit::Quarter, Which::One(0)),
    ("NEXT_QUARTER", Unit::Quarter, Which::One(1)),
    ("LAST_YEAR", Unit::Year, Which::One(-1)),
    ("THIS_YEAR", Unit::Year, Which::One(0)),
    ("NEXT_YEAR", Unit::Year, Which::One(1)),
    ("LAST_FISCAL_QUARTER", Unit::FiscalQuarter, Which::One(-1)),
    ("THIS_FISCAL_QUARTER", Unit::FiscalQuarter, Which::One(0)),
    ("NEXT_FISCAL_QUARTER", Unit::FiscalQuarter, Which::One(1)),
    ("LAST_FISCAL_YEAR", Unit::FiscalYear, Which::One(-1)),
    ("THIS_FISCAL_YEAR", Unit::FiscalYear, Which::One(0)),
    ("NEXT_FISCAL_YEAR", Unit::FiscalYear, Which::One(1)),
    ("LAST_N_DAYS", Unit::Day, Which::LastN),
    ("LAST_N_WEEKS", Unit::Week, Which::LastN),
    ("LAST_N_MONTHS", Unit::Month, Which::LastN),
    ("LAST_N_QUARTERS", Unit::Quarter, Which::LastN),
    ("LAST_N_YEARS", Unit::Year, Which::LastN),
    ("LAST_N_FISCAL_QUARTERS", Unit::FiscalQuarter, Which::LastN),
    ("LAST_N_FISCAL_YEARS", Unit::FiscalYear, Which::LastN),
    ("NEXT_N_DAYS", Unit::Day, Which::NextN),
    ("NEXT_N_WEEKS", Unit::Week, Which::NextN),
    ("NEXT_N_MONTHS", Unit::Month, Which::NextN),
    ("NEXT_N_QUARTERS", Unit::Quarter, Which::NextN),
    ("NEXT_N_YEARS", Unit::Year, Which::NextN),
    ("NEXT_N_FISCAL_QUARTERS", Unit::FiscalQuarter, Which::NextN),
    ("NEXT_N_FISCAL_YEARS", Unit::FiscalYear, Which::NextN),
    ("N_DAYS_AGO", Unit::Day, Which::NAgo),
    ("N_WEEKS_AGO", Unit::Week, Which::NAgo),
    ("N_MONTHS_AGO", Unit::Month, Which::NAgo),
    ("N_QUARTERS_AGO", Unit::Quarter, Which::NAgo),
    ("N_YEARS_AGO", Unit::Year, Which::NAgo),
    ("N_FISCAL_QUARTERS_AGO", Unit::FiscalQuarter, Which::NAgo),
    ("N_FISCAL_YEARS_AGO", Unit::FiscalYear, Which::NAgo),
];

/// The names of all literals.
pub(crate) fn literal_names() -> impl Iterator<Item = &'static str> {
    LITERALS.iter().map(|(name, ..)| *name)
}

/// Is there a literal of this name?
pub(crate) fn is_literal(name: &str) -> bool {
    find(name).is_some()
}

/// A literal as people write it, with blanks and a number among them: `last 7 days` is
/// `LAST_N_DAYS:7`. `None` if it is no literal.
pub fn date_literal(text: &str) -> Option<String> {
    let upper = text.trim().to_ascii_uppercase();
    let (words, mut number) = match upper.split_once(':') {
        Some((words, number)) => (words, Some(number.trim().parse::<i64>().ok()?)),
        None => (upper.as_str(), None),
    };
    let mut name = String::new();
    for word in words.split([' ', '_']).filter(|word| !word.is_empty()) {
        if !name.is_empty() {
            name.push('_');
        }
        match word.parse::<i64>() {
            // `LAST_90_DAYS` is a literal of its own.
            Ok(_) if number.is_some() => name.push_str(word),
            Ok(count) => {
                number = Some(count);
                name.push('N');
            }
            Err(_) => name.push_str(word),
        }
    }
    match number {
        None => is_literal(&name).then_some(name),
        Some(n) if takes_n(&name) && (0..=DATE_LITERAL_N_MAX).contains(&n) => {
            Some(format!("{name}:{n}"))
        }
        Some(_) => None,
    }
}

/// Is it followed by `:n`?
pub(crate) fn takes_n(name: &str) -> bool {
    matches!(
        find(name),
        Some((_, Which::LastN | Which::NextN | Which::NAgo))
    )
}

fn find(name: &str) -> Option<(Unit, Which)> {
    let mut found = LITERALS.iter();
    found
        .find(|(literal, ..)| literal.eq_ignore_ascii_case(name))
        .map(|(_, unit, which)| (*unit, *which))
}

/// The range that a literal names; nothing if there is no such literal, or no such day in any
/// calendar.
pub(crate) fn range(name: &str, n: Option<i64>, calendar: &Calendar) -> Option<Range> {
    let (unit, which) = find(name)?;
    let n = n.unwrap_or(0);
    if n > DATE_LITERAL_N_MAX {
        return None;
    }
    let today = calendar.today()?;
    let present = first_day_of(unit, today, calendar)?;
    let unit_from_now = |count| shifted(unit, present, count);
    match (which, unit) {
        (Which::LastDays(n), _) => until_now(today, n, calendar),
        (Which::LastN, Unit::Day) => until_now(today, n, calendar),
        (Which::One(i), _) => calendar.range(unit_from_now(i)?, unit_from_now(i + 1)?),
        (Which::NAgo, _) => calendar.range(unit_from_now(-n)?, unit_from_now(1 - n)?),
        (Which::LastN, _) => calendar.range(unit_from_now(-n)?, present),
        (Which::Next(n), _) => calendar.range(unit_from_now(1)?, unit_from_now(1 + n)?),
        (Which::NextN, _) => calendar.range(unit_from_now(1)?, unit_from_now(1 + n)?),
    }
}

/// From so many days ago; moments only until now.
fn until_now(today: Date, days: i64, calendar: &Calendar) -> Option<Range> {
    let first = shifted(Unit::Day, today, -days)?;
    let mut range = calendar.range(first, shifted(Unit::Day, today, 1)?)?;
    range.end_ms = calendar.now_ms.checked_add(1)?;
    Some(range)
}

impl Calendar {
    fn today(&self) -> Option<Date> {
        let now = Timestamp::from_millisecond(self.now_ms).ok()?;
        Some(now.to_zoned_datetime(self.zone.clone()).date())
    }

    fn range(&self, first_day: Date, end_day: Date) -> Option<Range> {
        Some(Range {
            first_day,
            end_day,
            start_ms: self.midnight_ms(first_day)?,
            end_ms: self.midnight_ms(end_day)?,
        })
    }

    /// When a day begins here.
    fn midnight_ms(&self, day: Date) -> Option<i64> {
        let midnight = day.to_zoned_datetime(self.zone.clone()).ok()?;
        Some(midnight.timestamp().as_millisecond())
    }
}

/// The first day of the unit that a day is in.
fn first_day_of(unit: Unit, day: Date, calendar: &Calendar) -> Option<Date> {
    let into_year = |start: i8| i64::from((day.month() - start).rem_euclid(12));
    let first_of_month =
        |months_back: i64| shifted(Unit::Month, day.first_of_month(), -months_back);
    match unit {
        Unit::Day => Some(day),
        Unit::Week => {
            let back = day.weekday().since(calendar.week_start);
            shifted(Unit::Day, day, -i64::from(back))
        }
        Unit::Month => first_of_month(0),
        Unit::Quarter => first_of_month(into_year(1) % 3),
        Unit::Year => first_of_month(into_year(1)),
        Unit::FiscalQuarter => first_of_month(into_year(calendar.fiscal_start) % 3),
        Unit::FiscalYear => first_of_month(into_year(calendar.fiscal_start)),
    }
}

/// So many units later (or earlier).
fn shifted(unit: Unit, day: Date, count: i64) -> Option<Date> {
    let span = Span::new();
    let span = match unit {
        Unit::Day => span.try_days(count),
        Unit::Week => span.try_weeks(count),
        Unit::Month => span.try_months(count),
        Unit::Quarter | Unit::FiscalQuarter => span.try_months(count.checked_mul(3)?),
        Unit::Year | Unit::FiscalYear => span.try_years(count),
    };
    day.checked_add(span.ok()?).ok()
}

/// Territories whose weeks begin on Sunday (Unicode CLDR, weekData).
const SUNDAY_FIRST: &[&str] = &[
    "US", "CA", "MX", "BR", "CO", "PE", "VE", "GT", "HN", "SV", "NI", "PA", "DO", "PR", "PY", "JP",
    "KR", "TW", "HK", "MO", "TH", "PH", "ID", "IN", "PK", "BD", "NP", "IL", "ZA", "KE", "SA", "YE",
    "SG", "JM", "TT", "PT",
];
/// Territories whose weeks begin on Saturday.
const SATURDAY_FIRST: &[&str] = &[
    "EG", "AE", "BH", "DZ", "IQ", "IR", "JO", "KW", "LY", "OM", "QA", "SD", "SY", "AF", "DJ",
];

/// The first day of the week in a locale: `en_US` Sunday, `de_DE` Monday.
pub(crate) fn week_start(locale: &str) -> Weekday {
    let territory = locale.split(['_', '-']).rfind(|part| part.len() == 2);
    let territory = territory.unwrap_or("").to_ascii_uppercase();
    if SUNDAY_FIRST.contains(&territory.as_str()) {
        Weekday::Sunday
    } else if SATURDAY_FIRST.contains(&territory.as_str()) {
        Weekday::Saturday
    } else {
        Weekday::Monday
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tuesday, 24 November 2026, 01:30 in Berlin, still Monday in UTC.
    fn berlin() -> Calendar {
        Calendar {
            now_ms: "2026-11-24T00:30:00Z"
                .parse::<Timestamp>()
                .unwrap()
                .as_millisecond()
                - 1000,
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            week_start: week_start("de_DE"),
            fiscal_start: 1,
        }
    }

    #[track_caller]
    fn check(literal: &str, calendar: &Calendar, days: &str) {
        let (name, n) = match literal.split_once(':') {
            Some((name, n)) => (name, Some(n.parse().unwrap())),
            None => (literal, None),
        };
        let range = range(name, n, calendar).unwrap();
        assert_eq!(
            format!("{}..{}", range.first_day, range.end_day),
            days,
            "{literal}"
        );
    }

    #[test]
    fn days_and_weeks_are_those_of_the_user() {
        let calendar = berlin();
        for (literal, days) in [
            ("YESTERDAY", "2026-11-23..2026-11-24"),
            ("today", "2026-11-24..2026-11-25"),
            ("TOMORROW", "2026-11-25..2026-11-26"),
            ("THIS_WEEK", "2026-11-23..2026-11-30"),
            ("LAST_WEEK", "2026-11-16..2026-11-23"),
            ("NEXT_WEEK", "2026-11-30..2026-12-07"),
            ("LAST_N_DAYS:3", "2026-11-21..2026-11-25"),
            ("NEXT_N_DAYS:3", "2026-11-25..2026-11-28"),
            ("LAST_90_DAYS", "2026-08-26..2026-11-25"),
            ("NEXT_90_DAYS", "2026-11-25..2027-02-23"),
            ("N_DAYS_AGO:2", "2026-11-22..2026-11-23"),
            ("LAST_N_WEEKS:2", "2026-11-09..2026-11-23"),
            ("N_WEEKS_AGO:2", "2026-11-09..2026-11-16"),
        ] {
            check(literal, &calendar, days);
        }
    }

    #[test]
    fn months_quarters_and_years_are_whole() {
        let calendar = berlin();
        for (literal, days) in [
            ("THIS_MONTH", "2026-11-01..2026-12-01"),
            ("LAST_N_MONTHS:2", "2026-09-01..2026-11-01"),
            ("NEXT_N_MONTHS:2", "2026-12-01..2027-02-01"),
            ("THIS_QUARTER", "2026-10-01..2027-01-01"),
            ("LAST_QUARTER", "2026-07-01..2026-10-01"),
            ("N_QUARTERS_AGO:4", "2025-10-01..2026-01-01"),
            ("THIS_YEAR", "2026-01-01..2027-01-01"),
            ("LAST_N_YEARS:2", "2024-01-01..2026-01-01"),
            ("NEXT_N_YEARS:2", "2027-01-01..2029-01-01"),
            ("N_YEARS_AGO:1", "2025-01-01..2026-01-01"),
            ("THIS_FISCAL_YEAR", "2026-01-01..2027-01-01"),
        ] {
            check(literal, &calendar, days);
        }
    }

    #[test]
    fn fiscal_years_begin_in_the_month_of_the_org() {
        let mut calendar = berlin();
        calendar.fiscal_start = 9;
        for (literal, days) in [
            ("THIS_FISCAL_YEAR", "2026-09-01..2027-09-01"),
            ("LAST_FISCAL_YEAR", "2025-09-01..2026-09-01"),
            ("THIS_FISCAL_QUARTER", "2026-09-01..2026-12-01"),
            ("NEXT_FISCAL_QUARTER", "2026-12-01..2027-03-01"),
            ("N_FISCAL_YEARS_AGO:2", "2024-09-01..2025-09-01"),
        ] {
            check(literal, &calendar, days);
        }
    }

    #[test]
    fn weeks_begin_on_sunday_in_america() {
        let mut calendar = berlin();
        calendar.week_start = week_start("en_US");
        check("THIS_WEEK", &calendar, "2026-11-22..2026-11-29");
        calendar.week_start = week_start("ar_EG");
        check("THIS_WEEK", &calendar, "2026-11-21..2026-11-28");
    }

    #[test]
    fn moments_are_cut_at_the_users_midnight_and_the_last_days_end_now() {
        let calendar = berlin();
        let today = range("TODAY", None, &calendar).unwrap();
        let text = |ms| Timestamp::from_millisecond(ms).unwrap().to_string();
        assert_eq!(text(today.start_ms), "2026-11-23T23:00:00Z");
        assert_eq!(text(today.end_ms), "2026-11-24T23:00:00Z");
        let last = range("LAST_N_DAYS", Some(1), &calendar).unwrap();
        assert_eq!(text(last.start_ms), "2026-11-22T23:00:00Z");
        assert_eq!(last.end_ms, calendar.now_ms + 1);
    }

    #[test]
    fn a_day_that_no_calendar_has_is_refused() {
        let calendar = berlin();
        assert_eq!(range("LAST_N_YEARS", Some(20_000), &calendar), None);
        assert_eq!(range("NEXT_N_DAYS", Some(i64::MAX), &calendar), None);
        assert_eq!(range("N_YEARS_AGO", Some(100_000), &calendar), None);
    }
}
