//! Fields and functions as values: of rows, and of groups.

use super::super::ast::{At, Call, Expr as AstExpr, Path};
use super::super::error::{Fault, nearest};
use super::super::parse::Read;
use super::super::plan::{Aggregate, Column, DatePart, Expr, Zone};
use super::names::{Found, Names};
use crate::schema::{Field, FieldKind};

const AGGREGATES: [(&str, Aggregate); 6] = [
    ("COUNT", Aggregate::Count),
    ("COUNT_DISTINCT", Aggregate::CountDistinct),
    ("SUM", Aggregate::Sum),
    ("AVG", Aggregate::Avg),
    ("MIN", Aggregate::Min),
    ("MAX", Aggregate::Max),
];

/// Functions that are neither aggregates nor parts of dates.
pub(super) const OTHERS: [&str; 6] = [
    "GROUPING",
    "toLabel",
    "format",
    "convertCurrency",
    "convertTimezone",
    "FIELDS",
];

const DATE_PARTS: [&str; 13] = [
    "CALENDAR_YEAR",
    "CALENDAR_QUARTER",
    "CALENDAR_MONTH",
    "FISCAL_YEAR",
    "FISCAL_QUARTER",
    "FISCAL_MONTH",
    "DAY_IN_WEEK",
    "DAY_IN_MONTH",
    "DAY_IN_YEAR",
    "WEEK_IN_MONTH",
    "WEEK_IN_YEAR",
    "HOUR_IN_DAY",
    "DAY_ONLY",
];

/// A value that can be compared, grouped and sorted.
pub(super) struct Operand<'a> {
    pub at: At,
    pub expr: Expr,
    pub kind: FieldKind,
    /// What errors call it.
    pub name: String,
    /// The field that it comes from.
    pub field: Option<&'a Field>,
    /// The values that its text is compared with come from the schema: `toLabel()` compares
    /// labels, which are text whatever the kind.
    pub is_label: bool,
}

/// Is it called so, in any case of its letters?
pub(super) fn is_call(call: &Call, name: &str) -> bool {
    call.name.text.eq_ignore_ascii_case(name)
}

pub(super) fn aggregate_of(call: &Call) -> Option<Aggregate> {
    let mut known = AGGREGATES.iter();
    known
        .find(|(name, _)| is_call(call, name))
        .map(|(_, function)| *function)
}

/// `COUNT()`.
pub(super) fn is_bare_count(expr: &AstExpr) -> bool {
    matches!(expr, AstExpr::Call(call) if is_call(call, "COUNT") && call.argument.is_none())
}

/// Does it compute something of a group?
pub(super) fn has_aggregate(expr: &AstExpr) -> bool {
    match expr {
        AstExpr::Field(_) => false,
        AstExpr::Call(call) => {
            let inner = call.argument.as_deref();
            aggregate_of(call).is_some()
                || is_call(call, "GROUPING")
                || inner.is_some_and(has_aggregate)
        }
    }
}

impl<'a> Names<'_, 'a> {
    /// A value of a row: a field, `toLabel(field)`, a part of a date.
    pub(super) fn operand(&mut self, expr: &AstExpr) -> Read<Operand<'a>> {
        match expr {
            AstExpr::Field(path) => self.find(path).and_then(operand_of),
            AstExpr::Call(call) if is_call(call, "toLabel") => self.label(call),
            AstExpr::Call(call) if is_call(call, "convertCurrency") => {
                self.find(only_field(call)?).and_then(operand_of)
            }
            AstExpr::Call(call) => match self.date_part(call) {
                Some(part) => self.part_of_date(call, part),
                None => Err(not_here(call)),
            },
        }
    }

    fn label(&mut self, call: &Call) -> Read<Operand<'a>> {
        let mut operand = operand_of(self.find(only_field(call)?)?)?;
        if let (Expr::Column(column), Some(field)) = (&operand.expr, operand.field) {
            operand.expr = labelled(column.clone(), field);
        }
        operand.is_label = true;
        Ok(operand)
    }

    fn date_part(&self, call: &Call) -> Option<DatePart> {
        let known = DATE_PARTS.iter().find(|name| is_call(call, name))?;
        let fiscal_start = self.planner.calendar.fiscal_start.unsigned_abs();
        Some(match *known {
            "CALENDAR_YEAR" => DatePart::CalendarYear,
            "CALENDAR_QUARTER" => DatePart::CalendarQuarter,
            "CALENDAR_MONTH" => DatePart::CalendarMonth,
            "FISCAL_YEAR" => DatePart::FiscalYear(fiscal_start),
            "FISCAL_QUARTER" => DatePart::FiscalQuarter(fiscal_start),
            "FISCAL_MONTH" => DatePart::FiscalMonth(fiscal_start),
            "DAY_IN_WEEK" => DatePart::DayInWeek,
            "DAY_IN_MONTH" => DatePart::DayInMonth,
            "DAY_IN_YEAR" => DatePart::DayInYear,
            "WEEK_IN_MONTH" => DatePart::WeekInMonth,
            "WEEK_IN_YEAR" => DatePart::WeekInYear,
            "HOUR_IN_DAY" => DatePart::HourInDay,
            _ => DatePart::DayOnly,
        })
    }

    fn part_of_date(&mut self, call: &Call, part: DatePart) -> Read<Operand<'a>> {
        let (path, is_converted) = match call.argument.as_deref() {
            Some(AstExpr::Call(inner)) if is_call(inner, "convertTimezone") => {
                (only_field(inner)?, true)
            }
            _ => (only_field(call)?, false),
        };
        let found = self.find(path)?;
        let is_moment_only = matches!(part, DatePart::HourInDay | DatePart::DayOnly);
        let fits = match found.kind {
            FieldKind::DateTime => true,
            FieldKind::Date => !is_moment_only && !is_converted,
            _ => false,
        };
        let (true, Some(column)) = (fits, found.columns.first()) else {
            let wanted = if is_moment_only {
                "dateTime"
            } else {
                "date or dateTime"
            };
            let fact = format!(
                "{}({}) needs a field of type {wanted}",
                call.name.text, found.name
            );
            return Err((call.name.at, Fault::malformed(fact)));
        };
        let zone = match is_converted {
            true => Some(zone(
                &self.planner.user.time_zone,
                &self.planner.calendar.zone,
            )),
            false => None,
        };
        Ok(Operand {
            at: call.name.at,
            expr: Expr::DatePart {
                part,
                column: column.clone(),
                zone,
            },
            kind: match part {
                DatePart::DayOnly => FieldKind::Date,
                _ => FieldKind::Integer,
            },
            name: found.name.clone(),
            field: None,
            is_label: false,
        })
    }

    /// An aggregate over the rows of a group.
    pub(super) fn aggregate(&mut self, call: &Call, function: Aggregate) -> Read<Operand<'a>> {
        let Some(argument) = call.argument.as_deref() else {
            return Err((
                call.name.at,
                Fault::malformed("unexpected token: ')'")
                    .hint(format!("{} takes a field.", call.name.text)),
            ));
        };
        let operand = self.operand(argument)?;
        let can = operand
            .field
            .is_none_or(|field| can_aggregate(function, field));
        if !can {
            let word = call.name.text.to_ascii_uppercase();
            let fact = format!(
                "field {} does not support aggregate operator {word}",
                operand.name
            );
            return Err((operand.at, Fault::malformed(fact)));
        }
        Ok(Operand {
            at: call.name.at,
            kind: match function {
                Aggregate::Count | Aggregate::CountDistinct => FieldKind::Integer,
                Aggregate::Avg => FieldKind::Number,
                Aggregate::Sum | Aggregate::Min | Aggregate::Max => operand.kind,
            },
            expr: Expr::Aggregate {
                function,
                argument: Some(Box::new(operand.expr)),
            },
            ..operand
        })
    }
}

fn can_aggregate(function: Aggregate, field: &Field) -> bool {
    match function {
        Aggregate::Count | Aggregate::CountDistinct => is_filterable(field),
        Aggregate::Sum | Aggregate::Avg => field.kind.is_number(),
        Aggregate::Min | Aggregate::Max => field.is_aggregatable(),
    }
}

pub(super) fn is_filterable(field: &Field) -> bool {
    field.has_column() && field.is_filterable()
}

/// A field as a value; one without a column is none.
fn operand_of(found: Found<'_>) -> Read<Operand<'_>> {
    if found.field.is_some() && found.columns.is_empty() {
        let fact = format!("field '{}' can not be filtered in a query call", found.name);
        let fault = Fault::new("INVALID_FIELD", fact);
        return Err((
            found.at,
            fault.hint("It is made of other fields: name one of them."),
        ));
    }
    Ok(Operand {
        at: found.at,
        expr: found.expr(),
        kind: found.kind,
        name: found.name,
        field: found.field,
        is_label: false,
    })
}

/// A picklist's value by its label.
pub(super) fn labelled(column: Column, field: &Field) -> Expr {
    let differing = field
        .values
        .iter()
        .filter(|value| value.label != value.value);
    let labels = differing.map(|value| (value.value.clone(), value.label.clone()));
    Expr::Label {
        labels: labels.collect(),
        column,
    }
}

/// The one field that a function is called with.
pub(super) fn only_field(call: &Call) -> Read<&Path> {
    match call.argument.as_deref() {
        Some(AstExpr::Field(path)) => Ok(path),
        Some(AstExpr::Call(inner)) => Err(not_here(inner)),
        None => {
            let fault = Fault::malformed("unexpected token: ')'");
            Err((
                call.name.at,
                fault.hint(format!("{} takes a field.", call.name.text)),
            ))
        }
    }
}

/// A function that cannot stand where it stands, or that is none.
pub(super) fn not_here(call: &Call) -> (At, Fault) {
    let name = call.name.text.as_str();
    let aggregates = AGGREGATES.iter().map(|(name, _)| *name);
    let known: Vec<&str> = aggregates.chain(DATE_PARTS).chain(OTHERS).collect();
    if known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        let fault = Fault::malformed(format!("{name} is not allowed here"));
        return (call.name.at, fault.hint(where_allowed(call)));
    }
    let fault = Fault::malformed(format!("unknown function: '{name}'"));
    let hint = nearest(name, known.into_iter()).map(|near| format!("Did you mean {near}?"));
    (call.name.at, fault.hint(hint.unwrap_or_default()))
}

fn where_allowed(call: &Call) -> &'static str {
    if aggregate_of(call).is_some() {
        "Aggregates stand in SELECT, HAVING and ORDER BY, not in WHERE or GROUP BY."
    } else if is_call(call, "convertTimezone") {
        "It stands inside a date function only: HOUR_IN_DAY(convertTimezone(CreatedDate))."
    } else if DATE_PARTS.iter().any(|part| is_call(call, part)) {
        "A date function in SELECT stands in GROUP BY too."
    } else {
        "It stands in SELECT."
    }
}

/// Milliseconds of 1 January 1970 and 2050, between which offsets are written out.
const ZONE_FROM_S: i64 = 0;
const ZONE_UNTIL_S: i64 = 2_524_608_000;

/// A time zone as a table.
fn zone(name: &str, zone: &jiff::tz::TimeZone) -> Zone {
    let start = jiff::Timestamp::from_second(ZONE_FROM_S).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let mut offsets = vec![(i64::MIN, zone.to_offset(start).seconds())];
    for transition in zone.following(start) {
        let at = transition.timestamp();
        if at.as_second() >= ZONE_UNTIL_S {
            break;
        }
        offsets.push((at.as_millisecond(), transition.offset().seconds()));
    }
    offsets.dedup_by_key(|(_, seconds)| *seconds);
    Zone {
        name: name.to_owned(),
        offsets,
    }
}
