//! Plans, written as text: what is asked, what the store is told.

mod conditions;
mod groups;
mod hostile;
mod kinds;
mod rights;
mod rows;

use super::super::parse;
use super::super::plan::{
    Aggregate, Collation, Column, Condition, Content, Expr, Groups, Item, NullsAt, Operator, Order,
};
use super::*;
use crate::access::Profile;
use crate::schema::FieldKind;
use crate::{FieldName, ObjectName, RecordId, Value};

/// Tuesday, 24 November 2026, 12:00 UTC; 13:00 for a user in Berlin.
const NOW_MS: i64 = 1_795_521_600_000;

fn planned_by(user: &UserContext, text: &str) -> Result<Plan, SoqlError> {
    let schema = Schema::standard();
    let query = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    plan(&schema, user, &query, PlanOptions::at(NOW_MS))
}

fn planned(text: &str) -> Plan {
    planned_by(&system(), text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn system() -> UserContext {
    UserContext {
        time_zone: "Europe/Berlin".to_owned(),
        ..UserContext::system()
    }
}

/// A user of this standard profile.
fn user(profile: &str) -> UserContext {
    let profiles = Profile::standard();
    let profile = profiles
        .iter()
        .find(|p| p.name == profile)
        .expect("a profile");
    let id = RecordId::from_serial("005", 7);
    UserContext::of_profile(id, profile, &Schema::standard())
}

/// The condition of `SELECT Id FROM <object> WHERE <condition>`.
#[track_caller]
fn check(object: &str, condition: &str, expected: &str) {
    let plan = planned(&format!("SELECT Id FROM {object} WHERE {condition}"));
    let source = plan.select.source;
    let text = said(source.condition.as_ref().expect("a condition"));
    assert_eq!(text, expected, "{condition}");
}

/// Why a query cannot be, as `CODE column: fact`.
#[track_caller]
fn refuse(text: &str, complaint: &str) {
    refuse_to(&system(), text, complaint);
}

#[track_caller]
fn refuse_to(user: &UserContext, text: &str, complaint: &str) {
    let error = planned_by(user, text).expect_err(text);
    assert_eq!(
        format!("{} {}: {}", error.code, error.column, error.fact),
        complaint,
        "{text}"
    );
}

/// A condition as text; `?` where it holds for nulls too.
fn said(condition: &Condition) -> String {
    let list = |conditions: &[Condition], word: &str| {
        let said: Vec<String> = conditions.iter().map(said).collect();
        format!("({})", said.join(word))
    };
    let not = |negated: &bool| if *negated { "not " } else { "" };
    let null = |or_null: &bool| if *or_null { "?" } else { "" };
    match condition {
        Condition::All(all) => list(all, " & "),
        Condition::Any(any) => list(any, " | "),
        Condition::Compare {
            left,
            operator,
            right,
            or_null,
        } => {
            format!(
                "{} {} {}{}",
                expr(left),
                sign(*operator),
                value(right),
                null(or_null)
            )
        }
        Condition::Like {
            left,
            pattern,
            negated,
            or_null,
        } => {
            format!(
                "{} {}like {pattern}{}",
                expr(left),
                not(negated),
                null(or_null)
            )
        }
        Condition::In {
            left,
            values,
            negated,
            or_null,
        } => {
            let values: Vec<String> = values.iter().map(value).collect();
            format!(
                "{} {}in {}{}",
                expr(left),
                not(negated),
                values.join(","),
                null(or_null)
            )
        }
        Condition::IsNull { left, negated } => format!("{} is {}null", expr(left), not(negated)),
        Condition::IsTrue { left, negated } => format!("{} is {}true", expr(left), not(negated)),
        Condition::Includes {
            left,
            any_of,
            negated,
            or_null,
        } => {
            let sets: Vec<String> = any_of.iter().map(|set| set.join("+")).collect();
            format!(
                "{} {}has {}{}",
                expr(left),
                not(negated),
                sets.join("/"),
                null(or_null)
            )
        }
        Condition::SameSet {
            left,
            values,
            negated,
            or_null,
        } => {
            format!(
                "{} {}set {}{}",
                expr(left),
                not(negated),
                values.join("+"),
                null(or_null)
            )
        }
        Condition::InSelect {
            left,
            select,
            negated,
            or_null,
        } => {
            let root = &select.source.root().object;
            let inner = select
                .source
                .condition
                .as_ref()
                .map(said)
                .unwrap_or_default();
            let column = column(&select.column);
            let (not, null) = (not(negated), null(or_null));
            format!("{} {not}in {root}.{column}[{inner}]{null}", expr(left))
        }
    }
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "=",
        Operator::NotEqual => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::DateTime(ms) => {
            let at = jiff::Timestamp::from_millisecond(*ms).expect("a moment");
            at.to_string()
        }
        Value::Date(date) => date.to_string(),
        Value::Text(text) => format!("'{text}'"),
        Value::Reference(id) => id.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => format!("{number:.1}"),
        other => format!("{other:?}"),
    }
}

fn column(column: &Column) -> String {
    match column.table.0 {
        0 => column.field.to_string(),
        n => format!("t{n}.{}", column.field),
    }
}

fn expr(e: &Expr) -> String {
    match e {
        Expr::Column(c) => column(c),
        Expr::FirstOf(columns) => {
            let columns: Vec<String> = columns.iter().map(column).collect();
            format!("first({})", columns.join(","))
        }
        Expr::ObjectName(tables) => {
            let tables: Vec<String> = tables.iter().map(|t| format!("t{}", t.0)).collect();
            format!("object({})", tables.join(","))
        }
        Expr::Label { column: c, labels } => format!("label({}:{})", column(c), labels.len()),
        Expr::DatePart {
            part,
            column: c,
            zone,
        } => {
            let zone = zone.as_ref().map(|z| z.name.as_str()).unwrap_or_default();
            format!("{part:?}({}{zone})", column(c))
        }
        Expr::Key(n) => format!("key{n}"),
        Expr::Aggregate { function, argument } => {
            let argument = argument.as_deref().map(expr).unwrap_or_default();
            format!("{function:?}({argument})")
        }
        Expr::Grouping(n) => format!("grouping{n}"),
    }
}

fn rows(plan: &Plan) -> &[Item] {
    match &plan.select.output {
        Output::Rows(items) => items,
        other => panic!("rows, not {other:?}"),
    }
}

fn groups(plan: &Plan) -> &Groups {
    match &plan.select.output {
        Output::Groups(groups) => groups,
        other => panic!("groups, not {other:?}"),
    }
}

/// Items as text: `Id, Account{t1: Name}`.
fn shown(items: &[Item]) -> String {
    let item = |item: &Item| match &item.content {
        Content::Value {
            value,
            formatted: false,
        } if expr(value) == item.name => expr(value),
        Content::Value { value, formatted } => {
            let sign = if *formatted { "~" } else { "=" };
            format!("{}{sign}{}", item.name, expr(value))
        }
        Content::Address(parts) => format!("{}<{}>", item.name, parts.len()),
        Content::Children(children) => match &children.select.output {
            Output::Rows(items) => format!("{}[{}: {}]", item.name, children.field, shown(items)),
            other => panic!("rows, not {other:?}"),
        },
        Content::Parent { branches } => {
            let branch = |b: &super::super::plan::Branch| {
                format!("t{} {}: {}", b.table.0, b.type_name, shown(&b.items))
            };
            let branches: Vec<String> = branches.iter().map(branch).collect();
            format!("{}{{{}}}", item.name, branches.join("; "))
        }
    };
    let items: Vec<String> = items.iter().map(item).collect();
    items.join(", ")
}

#[track_caller]
fn check_items(text: &str, expected: &str) {
    assert_eq!(shown(rows(&planned(text))), expected, "{text}");
}
