//! A list view as SOQL. What admins write in a condition (names of related records, words for
//! dates, several values with commas) becomes literals of the field's type.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::logic::Logic;
use super::{ListFilter, ListOperator, ListScope, ListView};
use crate::schema::definition::DefinitionError;
use crate::schema::{Field, FieldKind, Object, Schema};
use crate::soql::date_literal;
use crate::{RecordId, UserContext};

/// Values of one condition at most.
const ALTERNATIVES_MAX: usize = 100;

impl ListView {
    /// The query of the list: the id and the columns that the user may read, the conditions and
    /// the order.
    pub fn soql(
        &self,
        schema: &Schema,
        object: &Object,
        user: &UserContext,
    ) -> Result<String, DefinitionError> {
        let columns = self.columns.iter().filter(|name| {
            let is_read = user.may_read_field(object.name.as_str(), name.as_str());
            is_read && name.as_str() != "Id"
        });
        let columns: String = columns.map(|name| format!(", {name}")).collect();
        let mut soql = format!("SELECT Id{columns} FROM {}", object.name);
        if let Some(condition) = self.condition(schema, object, user)? {
            soql.push_str(&format!(" WHERE {condition}"));
        }
        if let Some(order) = self.order() {
            soql.push_str(&format!(" ORDER BY {order}"));
        }
        Ok(soql)
    }

    /// `Name ASC NULLS FIRST, Id ASC NULLS FIRST`, where the list has an order of its own.
    pub fn order(&self) -> Option<String> {
        let sort = self.sort.as_ref()?;
        let direction = match sort.descending {
            true => "DESC NULLS LAST",
            false => "ASC NULLS FIRST",
        };
        Some(match sort.field.as_str() {
            "Id" => format!("Id {direction}"),
            field => format!("{field} {direction}, Id {direction}"),
        })
    }

    /// What stands behind `WHERE`: scope and conditions; `None` of a list of everything.
    pub fn condition(
        &self,
        schema: &Schema,
        object: &Object,
        user: &UserContext,
    ) -> Result<Option<String>, DefinitionError> {
        let filters = self.filter_condition(schema, object, user)?;
        let owner = match &self.scope {
            ListScope::Everything => None,
            ListScope::Mine => user.user.as_ref(),
            ListScope::Queue(queue) => Some(queue),
        };
        let owner = owner.map(|owner| format!("OwnerId = '{owner}'"));
        Ok(match (owner, filters) {
            (Some(owner), Some(filters)) if filters.is_joined => {
                Some(format!("{owner} AND ({})", filters.text))
            }
            (Some(owner), Some(filters)) => Some(format!("{owner} AND {}", filters.text)),
            (owner, filters) => owner.or(filters.map(|filters| filters.text)),
        })
    }

    fn filter_condition(
        &self,
        schema: &Schema,
        object: &Object,
        user: &UserContext,
    ) -> Result<Option<Joined>, DefinitionError> {
        let zone = TimeZone::get(&user.time_zone).unwrap_or(TimeZone::UTC);
        let mut conditions = Vec::new();
        for (place, filter) in (1..).zip(&self.filters) {
            let said = Reading {
                schema,
                object,
                zone: &zone,
            };
            let condition = said.condition(filter);
            conditions.push(
                condition
                    .map_err(|words| DefinitionError::new(format!("Filter {place}"), words))?,
            );
        }
        if conditions.is_empty() {
            return Ok(None);
        }
        let logic = match &self.logic {
            Some(text) => Logic::parse(text, conditions.len())
                .map_err(|error| DefinitionError::new("Filter Logic", error.to_string()))?,
            None => Logic::All((1..=conditions.len()).map(Logic::One).collect()),
        };
        let of = |number: usize| conditions.get(number - 1).cloned().unwrap_or_default();
        Ok(Some(Joined {
            text: logic.render(&of),
            is_joined: !matches!(logic, Logic::One(_)) && conditions.len() > 1,
        }))
    }
}

struct Joined {
    text: String,
    is_joined: bool,
}

/// One condition, read with what is around it.
struct Reading<'a> {
    schema: &'a Schema,
    object: &'a Object,
    zone: &'a TimeZone,
}

impl Reading<'_> {
    fn condition(&self, filter: &ListFilter) -> Result<String, String> {
        let field = self.object.field(filter.field.as_str());
        let field =
            field.ok_or_else(|| format!("{} has no field {}", self.object.label, filter.field))?;
        if !field.is_filterable() || !field.has_column() {
            return Err(format!("{} cannot be filtered by", field.label));
        }
        if !filter.operator.fits(field.kind) {
            let fitting = ListOperator::ALL.into_iter();
            let fitting: Vec<&str> = fitting
                .filter(|operator| operator.fits(field.kind))
                .map(ListOperator::label)
                .collect();
            let (label, word) = (&field.label, filter.operator.label());
            let fitting = fitting.join(", ");
            return Err(format!(
                "{label} cannot be compared with “{word}”; choose one of: {fitting}"
            ));
        }
        let values = alternatives(&filter.value)?;
        if values.is_empty() {
            return match filter.operator {
                ListOperator::Equals | ListOperator::Includes => {
                    Ok(format!("{} = null", field.name))
                }
                ListOperator::NotEqual | ListOperator::Excludes => {
                    Ok(format!("{} != null", field.name))
                }
                _ => Err(format!(
                    "a value to compare {} with is missing",
                    field.label
                )),
            };
        }
        if field.kind == FieldKind::MultiPicklist {
            return Ok(of_several(field, filter.operator, &values));
        }
        let mut parts = Vec::new();
        for value in &values {
            parts.push(self.comparison(field, filter.operator, value)?);
        }
        let is_negative = matches!(
            filter.operator,
            ListOperator::NotEqual | ListOperator::NotContain
        );
        let word = if is_negative { " AND " } else { " OR " };
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => format!("({})", parts.join(word)),
        })
    }

    fn comparison(
        &self,
        field: &Field,
        operator: ListOperator,
        value: &str,
    ) -> Result<String, String> {
        let name = field.name.as_str();
        match field.kind {
            FieldKind::Reference | FieldKind::Id => {
                if let (Ok(id), Some(sign)) = (RecordId::parse(value), sign(operator)) {
                    return Ok(format!("{name} {sign} '{id}'"));
                }
                self.by_name(field, operator, value)
            }
            FieldKind::Date => match day(value)? {
                Day::Literal(literal) => compare(name, operator, &literal),
                Day::Date(date) => compare(name, operator, &date.to_string()),
            },
            FieldKind::DateTime => self.moment(name, operator, value),
            FieldKind::Time => {
                let time: jiff::civil::Time = value
                    .parse()
                    .map_err(|_| format!("“{value}” is no time; write it as 14:30"))?;
                compare(name, operator, &time.strftime("%H:%M:%S.000Z").to_string())
            }
            FieldKind::Checkbox => {
                let word = match value.to_lowercase().as_str() {
                    "true" | "yes" | "1" => "TRUE",
                    "false" | "no" | "0" => "FALSE",
                    _ => return Err(format!("“{value}” is neither true nor false")),
                };
                compare(name, operator, word)
            }
            kind if kind.is_number() => {
                let number: Option<f64> = value.parse().ok();
                let number = number.filter(|n| n.is_finite()).ok_or_else(|| {
                    format!(
                        "“{value}” is no number; write it as 1234.5, without signs for thousands"
                    )
                })?;
                compare(name, operator, &number.to_string())
            }
            FieldKind::Picklist | FieldKind::Combobox => {
                let mut known = field.values.iter();
                let known = known.find(|known| known.label.eq_ignore_ascii_case(value));
                let value = known.map_or(value, |known| known.value.as_str());
                compare_text(name, operator, value)
            }
            _ => compare_text(name, operator, value),
        }
    }

    /// A lookup is compared by the name of its record.
    fn by_name(
        &self,
        field: &Field,
        operator: ListOperator,
        value: &str,
    ) -> Result<String, String> {
        let Some(relationship) = &field.relationship_name else {
            return Err(format!("“{value}” is no id of a record"));
        };
        let name_field = match field.reference_to.as_slice() {
            [one] => self.schema.object(one.as_str()).map(|o| &o.name_field),
            _ => None,
        };
        let name_field = name_field.map_or("Name", |name| name.as_str());
        compare_text(&format!("{relationship}.{name_field}"), operator, value)
    }

    /// A moment is compared with a day of the user's, or with another moment.
    fn moment(&self, name: &str, operator: ListOperator, value: &str) -> Result<String, String> {
        if let Ok(moment) = value.parse::<jiff::Timestamp>() {
            return compare(
                name,
                operator,
                &moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            );
        }
        let date = match day(value)? {
            Day::Literal(literal) => return compare(name, operator, &literal),
            Day::Date(date) => date,
        };
        let begins = |day: Date| {
            let start = day.to_zoned_datetime(self.zone.clone()).ok();
            let start = start.map(|start| start.timestamp());
            start
                .map(|start| start.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
                .ok_or_else(|| format!("“{value}” is no day of this calendar"))
        };
        let first = begins(date)?;
        let next = begins(
            date.tomorrow()
                .map_err(|_| "this day is the last".to_owned())?,
        )?;
        Ok(match operator {
            ListOperator::NotEqual => format!("({name} < {first} OR {name} >= {next})"),
            ListOperator::LessThan => format!("{name} < {first}"),
            ListOperator::LessOrEqual => format!("{name} < {next}"),
            ListOperator::GreaterThan => format!("{name} >= {next}"),
            ListOperator::GreaterOrEqual => format!("{name} >= {first}"),
            _ => format!("({name} >= {first} AND {name} < {next})"),
        })
    }
}

/// Values with commas between them; quotes hold a value with a comma together.
fn alternatives(text: &str) -> Result<Vec<String>, String> {
    let mut values = Vec::new();
    let (mut value, mut is_quoted) = (String::new(), false);
    for c in text.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => values.push(std::mem::take(&mut value)),
            c => value.push(c),
        }
    }
    if is_quoted {
        return Err("a quotation mark is not closed".to_owned());
    }
    values.push(value);
    let mut values: Vec<String> = values.iter().map(|v| v.trim().to_owned()).collect();
    values.retain(|value| !value.is_empty());
    match values.len() > ALTERNATIVES_MAX {
        true => Err(format!("it has more than {ALTERNATIVES_MAX} values")),
        false => Ok(values),
    }
}

enum Day {
    Date(Date),
    /// `LAST_N_DAYS:7`.
    Literal(String),
}

fn day(value: &str) -> Result<Day, String> {
    if let Ok(date) = value.parse::<Date>()
        && value.len() == 10
    {
        return Ok(Day::Date(date));
    }
    date_literal(value).map(Day::Literal).ok_or_else(|| {
        format!("“{value}” is no date; write 2026-01-31, or words such as TODAY or LAST 7 DAYS")
    })
}

fn of_several(field: &Field, operator: ListOperator, values: &[String]) -> String {
    let name = &field.name;
    let list: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    match operator {
        ListOperator::Equals => format!("{name} = {}", quoted(&values.join(";"))),
        ListOperator::NotEqual => format!("{name} != {}", quoted(&values.join(";"))),
        ListOperator::Excludes => format!("{name} EXCLUDES ({})", list.join(", ")),
        _ => format!("{name} INCLUDES ({})", list.join(", ")),
    }
}

fn sign(operator: ListOperator) -> Option<&'static str> {
    match operator {
        ListOperator::Equals => Some("="),
        ListOperator::NotEqual => Some("!="),
        ListOperator::LessThan => Some("<"),
        ListOperator::LessOrEqual => Some("<="),
        ListOperator::GreaterThan => Some(">"),
        ListOperator::GreaterOrEqual => Some(">="),
        ListOperator::StartsWith
        | ListOperator::Contains
        | ListOperator::NotContain
        | ListOperator::Includes
        | ListOperator::Excludes => None,
    }
}

fn compare(name: &str, operator: ListOperator, literal: &str) -> Result<String, String> {
    match sign(operator) {
        Some(sign) => Ok(format!("{name} {sign} {literal}")),
        None => Err(format!("{} fits texts only", operator.label())),
    }
}

fn compare_text(name: &str, operator: ListOperator, value: &str) -> Result<String, String> {
    let like = |before: &str| {
        let mut pattern = String::from(before);
        for c in value.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        format!("{name} LIKE {}", quoted_pattern(&format!("{pattern}%")))
    };
    match operator {
        ListOperator::StartsWith => Ok(like("")),
        ListOperator::Contains => Ok(like("%")),
        ListOperator::NotContain => Ok(format!("(NOT {})", like("%"))),
        operator => compare(name, operator, &quoted(value)),
    }
}

/// A literal of SOQL.
fn quoted(text: &str) -> String {
    quoted_with(text, true)
}

/// A pattern, in which backslashes stand already where they must.
fn quoted_pattern(text: &str) -> String {
    quoted_with(text, false)
}

fn quoted_with(text: &str, escape_backslash: bool) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("\\'"),
            '\\' if escape_backslash => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {}
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}
