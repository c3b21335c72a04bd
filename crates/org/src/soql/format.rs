//! `format()`: numbers, dates and moments as people of a locale write them, in the user's zone.
//!
//! Done after a query has run, on its rows. Money has no sign, since the org has no currency.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::plan::{Content, Expr, Item, Output, SelectPlan};
use super::result::{ResultRow, ResultValue};
use crate::Value;
use crate::schema::FieldKind;

/// How values are written.
#[derive(Debug, Clone)]
pub struct Formatting {
    signs: Signs,
    zone: TimeZone,
}

/// What differs between locales, as the Unicode locale data has it for the locales that users can
/// choose; elsewhere dates are written as ISO 8601 has them.
#[derive(Debug, Clone, Copy)]
struct Signs {
    thousands: char,
    decimal: char,
    /// Dates in digits, as `format()` writes them.
    date: &'static str,
    time: &'static str,
    /// Dates on pages: with the name of the month where that is English.
    page_date: &'static str,
    /// Does the sign of money stand before the amount?
    money_first: bool,
}

const NO_BREAK: char = '\u{a0}';
const NARROW_NO_BREAK: char = '\u{202f}';

impl Formatting {
    /// For a locale (`en_US`) and a zone (IANA name; UTC if it is none).
    pub fn new(locale: &str, zone: &str) -> Self {
        let (language, territory) = locale.split_once('_').unwrap_or((locale, ""));
        let signs = |thousands, decimal, date, time| Signs {
            thousands,
            decimal,
            date,
            time,
            page_date: date,
            money_first: false,
        };
        let english = |date, time, page_date| Signs {
            page_date,
            money_first: true,
            ..signs(',', '.', date, time)
        };
        let (digits, clock) = ("%d/%m/%Y", "%H:%M");
        Self {
            signs: match (language, territory) {
                ("en", "US" | "") => english("%-m/%-d/%Y", "%-I:%M %p", "%b %-d, %Y"),
                ("en", "CA") => english("%Y-%m-%d", "%-I:%M %p", "%b %-d, %Y"),
                ("en", "AU" | "NZ") => english(digits, clock, "%-d %b %Y"),
                ("en", "GB" | "IE") => english(digits, clock, "%-d %b %Y"),
                ("de", "CH") => signs('’', '.', "%d.%m.%Y", clock),
                ("de", "AT") => signs(NO_BREAK, ',', "%d.%m.%Y", clock),
                ("de", _) => signs('.', ',', "%d.%m.%Y", clock),
                ("fr", _) => signs(NARROW_NO_BREAK, ',', digits, clock),
                ("es" | "it" | "pt", _) => signs('.', ',', digits, clock),
                ("nl", _) => signs('.', ',', "%d-%m-%Y", clock),
                ("pl", _) => signs(NO_BREAK, ',', "%-d.%m.%Y", clock),
                ("ja", _) => Signs {
                    money_first: true,
                    page_date: "%Y/%m/%d",
                    ..signs(',', '.', "%Y-%m-%d", clock)
                },
                _ => signs(',', '.', "%Y-%m-%d", clock),
            },
            zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC),
        }
    }

    /// Writes the values of these rows that the plan says are to be formatted.
    pub fn apply(&self, plan: &SelectPlan, rows: &mut [ResultRow]) {
        match &plan.output {
            Output::Count => {}
            Output::Rows(items) => rows.iter_mut().for_each(|row| self.row(items, row)),
            Output::Groups(groups) => {
                for row in rows {
                    for (item, (_, value)) in groups.items.iter().zip(&mut row.fields) {
                        if item.formatted {
                            self.value(kind(&item.value), value);
                        }
                    }
                }
            }
        }
    }

    fn row(&self, items: &[Item], row: &mut ResultRow) {
        for (item, (_, value)) in items.iter().zip(&mut row.fields) {
            match (&item.content, value) {
                (
                    Content::Value {
                        value: expr,
                        formatted: true,
                    },
                    value,
                ) => self.value(kind(expr), value),
                (Content::Parent { branches }, ResultValue::Parent(Some(parent))) => {
                    // Branches of a path have the same names, and TYPEOF formats nothing.
                    if let Some(branch) = branches.first() {
                        self.row(&branch.items, parent);
                    }
                }
                (Content::Children(children), ResultValue::Children(Some(list))) => {
                    self.apply(&children.select, &mut list.rows);
                }
                _ => {}
            }
        }
    }

    fn value(&self, kind: Option<FieldKind>, value: &mut ResultValue) {
        let ResultValue::Value(value) = value else {
            return;
        };
        let text = match &*value {
            Value::Null | Value::Text(_) | Value::Boolean(_) | Value::Reference(_) => return,
            Value::Integer(number) => self.number(&number.to_string()),
            Value::Number(number) if kind == Some(FieldKind::Currency) => {
                self.number(&format!("{number:.2}"))
            }
            Value::Number(number) if kind == Some(FieldKind::Percent) => {
                format!("{}%", self.number(&number.to_string()))
            }
            Value::Number(number) => self.number(&number.to_string()),
            Value::Date(date) => self.date(*date),
            Value::Time(time) => self.time(*time),
            Value::DateTime(ms) => self.moment(*ms),
        };
        *value = Value::Text(text);
    }

    /// A number as Rust writes it (`-1234.5`), with the locale's signs.
    pub fn number(&self, written: &str) -> String {
        let (sign, digits) = match written.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", written),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let mut text = sign.to_owned();
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                text.push(self.signs.thousands);
            }
            text.push(digit);
        }
        if let Some(fraction) = fraction {
            text.push(self.signs.decimal);
            text.push_str(fraction);
        }
        text
    }

    fn date(&self, date: Date) -> String {
        date.strftime(self.signs.date).to_string()
    }

    fn time(&self, time: Time) -> String {
        time.strftime(self.signs.time).to_string()
    }

    fn moment(&self, ms: i64) -> String {
        let Ok(moment) = Timestamp::from_millisecond(ms) else {
            return ms.to_string();
        };
        let local = self.zone.to_datetime(moment);
        format!("{} {}", self.date(local.date()), self.time(local.time()))
    }

    /// Money on a page, with two decimals and the dollar's sign.
    pub fn page_money(&self, amount: f64) -> String {
        let written = format!("{:.2}", amount.abs());
        let sign = if amount < 0.0 && written != "0.00" {
            "-"
        } else {
            ""
        };
        let number = self.number(&written);
        match self.signs.money_first {
            true => format!("{sign}${number}"),
            false => format!("{sign}{number}{NO_BREAK}$"),
        }
    }

    /// A date on a page: `Nov 24, 2026`, `24.11.2026`.
    pub fn page_date(&self, date: Date) -> String {
        date.strftime(self.signs.page_date).to_string()
    }

    /// A time of day: `9:05 AM`, `09:05`.
    pub fn page_time(&self, time: Time) -> String {
        self.time(time)
    }

    /// A moment on a page, in the zone: `Nov 24, 2026, 9:05 AM`; empty where there is no such.
    pub fn page_moment(&self, ms: i64) -> String {
        let Ok(moment) = Timestamp::from_millisecond(ms) else {
            return String::new();
        };
        let local = self.zone.to_datetime(moment);
        format!(
            "{}, {}",
            self.page_date(local.date()),
            self.time(local.time())
        )
    }
}

/// What kind of value an expression gives, where it matters for its form.
fn kind(expr: &Expr) -> Option<FieldKind> {
    match expr {
        Expr::Column(column) => Some(column.kind),
        Expr::FirstOf(columns) => columns.first().map(|column| column.kind),
        Expr::Aggregate {
            argument: Some(argument),
            ..
        } => kind(argument),
        Expr::Aggregate { argument: None, .. }
        | Expr::ObjectName(_)
        | Expr::Label { .. }
        | Expr::DatePart { .. }
        | Expr::Key(_)
        | Expr::Grouping(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soql::{PlanOptions, parse, plan};
    use crate::{Schema, UserContext};

    /// The first row of a query whose values would be these.
    fn formatted(locale: &str, text: &str, values: &[Value]) -> Vec<String> {
        let query = parse(text).unwrap();
        let schema = Schema::standard();
        let plan = plan(&schema, &UserContext::system(), &query, PlanOptions::at(0)).unwrap();
        let values = values.iter().cloned().map(ResultValue::Value);
        let mut rows = [ResultRow {
            object: None,
            id: None,
            fields: values.map(|value| (String::new(), value)).collect(),
        }];
        Formatting::new(locale, "Europe/Berlin").apply(&plan.select, &mut rows);
        let [row] = rows;
        let text = |value: ResultValue| match value {
            ResultValue::Value(Value::Text(text)) => text,
            other => format!("{other:?}"),
        };
        row.fields
            .into_iter()
            .map(|(_, value)| text(value))
            .collect()
    }

    #[test]
    fn values_are_written_as_the_locale_writes_them() {
        let text = "SELECT FORMAT(CreatedDate) a, FORMAT(AnnualRevenue) b, FORMAT(Name) c, \
                    FORMAT(NumberOfEmployees) d FROM Account";
        let values = [
            Value::DateTime(1_795_518_000_000),
            Value::Number(-1_234_567.5),
            Value::Text("Acme".to_owned()),
            Value::Integer(1_234),
        ];
        assert_eq!(
            formatted("en_US", text, &values),
            ["11/24/2026 12:00 PM", "-1,234,567.50", "Acme", "1,234"]
        );
        assert_eq!(
            formatted("de_DE", text, &values),
            ["24.11.2026 12:00", "-1.234.567,50", "Acme", "1.234"]
        );
        assert_eq!(formatted("ja_JP", text, &values)[0], "2026-11-24 12:00");
    }

    #[test]
    fn pages_write_as_the_locale_writes_too() {
        let written = |locale: &str| {
            let forms = Formatting::new(locale, "Europe/Berlin");
            let date = forms.page_date(Date::constant(2026, 3, 4));
            let moment = forms.page_moment(1_795_518_000_000);
            [
                date,
                moment,
                forms.number("1234567.5"),
                forms.page_money(-1_234.5),
            ]
        };
        for (locale, wanted) in [
            (
                "en_US",
                [
                    "Mar 4, 2026",
                    "Nov 24, 2026, 12:00 PM",
                    "1,234,567.5",
                    "-$1,234.50",
                ],
            ),
            (
                "en_GB",
                [
                    "4 Mar 2026",
                    "24 Nov 2026, 12:00",
                    "1,234,567.5",
                    "-$1,234.50",
                ],
            ),
            (
                "de_DE",
                [
                    "04.03.2026",
                    "24.11.2026, 12:00",
                    "1.234.567,5",
                    "-1.234,50\u{a0}$",
                ],
            ),
            (
                "pl_PL",
                [
                    "4.03.2026",
                    "24.11.2026, 12:00",
                    "1\u{a0}234\u{a0}567,5",
                    "-1\u{a0}234,50\u{a0}$",
                ],
            ),
            (
                "ja_JP",
                [
                    "2026/03/04",
                    "2026/11/24, 12:00",
                    "1,234,567.5",
                    "-$1,234.50",
                ],
            ),
        ] {
            assert_eq!(written(locale), wanted, "{locale}");
        }
        let forms = Formatting::new("en_US", "UTC");
        assert_eq!(forms.page_money(-0.001), "$0.00");
        assert_eq!(forms.page_money(120_000.0), "$120,000.00");
        for (plain, shown) in [("0", "0"), ("999", "999"), ("1000", "1,000")] {
            assert_eq!(forms.number(plain), shown);
        }
    }

    #[test]
    fn only_what_is_to_be_formatted_is() {
        let values = [Value::Integer(1_234), Value::Integer(1_234)];
        assert_eq!(
            formatted(
                "en_US",
                "SELECT MAX(NumberOfEmployees), FORMAT(COUNT(Id)) n FROM Account",
                &values
            ),
            ["Value(Integer(1234))", "1,234"]
        );
    }
}
