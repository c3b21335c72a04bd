//! Parts of dates and moments in SQL. A moment is read in a zone through the zone's own table of
//! offsets, so that both engines agree, whatever they know of zones.

use std::fmt::Write;

use offhook_org::schema::FieldKind;
use offhook_org::soql::plan::{DatePart, Zone};

use crate::database::Dialect;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

impl Dialect {
    /// A part of a date or moment that this column holds.
    pub(super) fn date_part(
        self,
        part: DatePart,
        column: &str,
        kind: FieldKind,
        zone: Option<&Zone>,
    ) -> String {
        let is_moment = kind == FieldKind::DateTime;
        let local = match zone {
            Some(zone) if is_moment => local_ms(column, zone),
            _ => column.to_owned(),
        };
        let day = match is_moment {
            true => self.day_of(&local),
            false => column.to_owned(),
        };
        let year = format!("CAST(substr({day}, 1, 4) AS INTEGER)");
        let month = format!("CAST(substr({day}, 6, 2) AS INTEGER)");
        let day_in_month = format!("CAST(substr({day}, 9, 2) AS INTEGER)");
        match part {
            DatePart::CalendarYear => year,
            DatePart::CalendarMonth => month,
            DatePart::CalendarQuarter => format!("(({month} + 2) / 3)"),
            DatePart::FiscalMonth(first) => fiscal_month(&month, first),
            DatePart::FiscalQuarter(first) => {
                format!("(({} + 2) / 3)", fiscal_month(&month, first))
            }
            DatePart::FiscalYear(first) if first <= 1 => year,
            DatePart::FiscalYear(first) => {
                format!("({year} + CASE WHEN {month} >= {first} THEN 1 ELSE 0 END)")
            }
            DatePart::DayInMonth => day_in_month,
            DatePart::WeekInMonth => format!("(({day_in_month} + 6) / 7)"),
            DatePart::DayInYear => self.day_in_year(&day),
            DatePart::WeekInYear => format!("(({} + 6) / 7)", self.day_in_year(&day)),
            DatePart::DayInWeek => match self {
                Self::Sqlite => format!("(CAST(strftime('%w', {day}) AS INTEGER) + 1)"),
                Self::Postgres => {
                    format!("(CAST(EXTRACT(DOW FROM CAST({day} AS DATE)) AS INTEGER) + 1)")
                }
            },
            DatePart::DayOnly => day,
            // The remainder of a moment before 1970 is negative.
            DatePart::HourInDay => {
                format!("((({local} % {DAY_MS}) + {DAY_MS}) % {DAY_MS} / {HOUR_MS})")
            }
        }
    }

    /// `2026-11-24`, of milliseconds since 1970.
    fn day_of(self, ms: &str) -> String {
        match self {
            Self::Sqlite => format!("date({ms} / 1000.0, 'unixepoch')"),
            Self::Postgres => {
                format!("to_char(to_timestamp({ms} / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD')")
            }
        }
    }

    fn day_in_year(self, day: &str) -> String {
        match self {
            Self::Sqlite => format!("CAST(strftime('%j', {day}) AS INTEGER)"),
            Self::Postgres => {
                format!("CAST(EXTRACT(DOY FROM CAST({day} AS DATE)) AS INTEGER)")
            }
        }
    }
}

fn fiscal_month(month: &str, first: u8) -> String {
    format!("(({month} + 12 - {first}) % 12 + 1)")
}

/// What the clock of the zone shows, as milliseconds that begin in 1970 there.
fn local_ms(column: &str, zone: &Zone) -> String {
    let mut sql = format!("({column} + 1000 * ");
    push_offset(&mut sql, column, &zone.offsets);
    sql.push(')');
    sql
}

/// Halves the table again and again, so that each row makes few comparisons.
fn push_offset(sql: &mut String, column: &str, offsets: &[(i64, i32)]) {
    let middle = offsets.len() / 2;
    match (offsets, offsets.get(middle)) {
        ([(_, offset)], _) => {
            // Writing to a String cannot fail.
            let _ = write!(sql, "{offset}");
        }
        (_, Some((from, _))) => {
            let _ = write!(sql, "CASE WHEN {column} < {from} THEN ");
            push_offset(sql, column, &offsets[..middle]);
            sql.push_str(" ELSE ");
            push_offset(sql, column, &offsets[middle..]);
            sql.push_str(" END");
        }
        (_, None) => sql.push('0'),
    }
}
