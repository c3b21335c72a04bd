//! Comparisons, as the platform makes them: what holds for nulls, booleans, ranges of days and
//! sets of values is written out (spec of SOQL: "Comparison Operators", "Date Formats and Date
//! Literals"; truth about nulls beyond the documentation in docs/conformance).

use super::super::ast::{At, Literal, LiteralKind, Operator as Ast, unescaped};
use super::super::dates::Range;
use super::super::error::Fault;
use super::super::parse::Read;
use super::super::plan::{Condition, Operator};
use super::Planner;
use super::calls::Operand;
use super::literals::{Typed, type_name, wrong_type};
use crate::Value;
use crate::schema::FieldKind;

/// `left operator right`, or its opposite.
pub(super) fn compare(
    planner: &Planner<'_>,
    left: &Operand<'_>,
    operator: (At, Ast),
    right: &Literal,
    negated: bool,
) -> Read<Condition> {
    let (at, operator) = operator;
    let operator = match plain(operator) {
        None => return like(left, at, right, negated),
        Some(operator) if negated => opposite(operator),
        Some(operator) => operator,
    };
    check_operator(left, at, operator)?;
    // What is said with NOT, or by !=, holds for nulls too.
    let or_null = negated || operator == Operator::NotEqual;
    let or_null = or_null && operator != Operator::Equal;
    match planner.typed(left, right)? {
        Typed::Null => null(left, right.at, operator),
        Typed::Value(value) => Ok(with_value(left, operator, value, or_null)),
        Typed::Range(range, is_date) => Ok(with_range(left, operator, range, is_date, or_null)),
    }
}

fn plain(operator: Ast) -> Option<Operator> {
    Some(match operator {
        Ast::Equal => Operator::Equal,
        Ast::NotEqual => Operator::NotEqual,
        Ast::Less => Operator::Less,
        Ast::LessOrEqual => Operator::LessOrEqual,
        Ast::Greater => Operator::Greater,
        Ast::GreaterOrEqual => Operator::GreaterOrEqual,
        Ast::Like => return None,
    })
}

fn opposite(operator: Operator) -> Operator {
    match operator {
        Operator::Equal => Operator::NotEqual,
        Operator::NotEqual => Operator::Equal,
        Operator::Less => Operator::GreaterOrEqual,
        Operator::LessOrEqual => Operator::Greater,
        Operator::Greater => Operator::LessOrEqual,
        Operator::GreaterOrEqual => Operator::Less,
    }
}

/// Checkboxes and sets of values are equal or not; nothing is more or less.
fn check_operator(left: &Operand<'_>, at: At, operator: Operator) -> Read<()> {
    let has_order = !matches!(left.kind, FieldKind::Checkbox | FieldKind::MultiPicklist);
    match has_order || matches!(operator, Operator::Equal | Operator::NotEqual) {
        true => Ok(()),
        false => Err(invalid_operator(left, at)),
    }
}

fn invalid_operator(left: &Operand<'_>, at: At) -> (At, Fault) {
    let fact = format!("invalid operator on {} field", type_name(left.kind));
    let hint = match left.kind {
        FieldKind::MultiPicklist => "Use =, !=, INCLUDES or EXCLUDES.",
        FieldKind::Checkbox => "Use = or !=.",
        _ => "",
    };
    (
        at,
        Fault::new("INVALID_QUERY_FILTER_OPERATOR", fact).hint(hint),
    )
}

/// Empty or not. A checkbox is never empty: `= null` means false.
fn null(left: &Operand<'_>, at: At, operator: Operator) -> Read<Condition> {
    let negated = match operator {
        Operator::Equal => false,
        Operator::NotEqual => true,
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            let fault = Fault::malformed("null can only be compared with = and !=");
            return Err((at, fault.hint("An empty text counts as null.")));
        }
    };
    Ok(is_null(left, negated))
}

fn is_null(left: &Operand<'_>, negated: bool) -> Condition {
    let expr = left.expr.clone();
    match left.kind {
        FieldKind::Checkbox => Condition::IsTrue {
            left: expr,
            negated: !negated,
        },
        _ => Condition::IsNull {
            left: expr,
            negated,
        },
    }
}

fn with_value(left: &Operand<'_>, operator: Operator, value: Value, or_null: bool) -> Condition {
    let is_equal = operator == Operator::Equal;
    let expr = left.expr.clone();
    match (left.kind, value) {
        (FieldKind::Checkbox, Value::Boolean(value)) => Condition::IsTrue {
            left: expr,
            negated: value != is_equal,
        },
        (FieldKind::MultiPicklist, Value::Text(text)) if !left.is_label => Condition::SameSet {
            left: expr,
            values: choices(&text),
            negated: !is_equal,
            or_null,
        },
        (_, right) => Condition::Compare {
            left: expr,
            operator,
            right,
            or_null,
        },
    }
}

/// Values with semicolons between them, each once.
fn choices(text: &str) -> Vec<String> {
    let mut choices: Vec<String> = Vec::new();
    for choice in text.split(';').filter(|choice| !choice.is_empty()) {
        if !choices
            .iter()
            .any(|known| known.eq_ignore_ascii_case(choice))
        {
            choices.push(choice.to_owned());
        }
    }
    choices
}

/// Equal is inside; less is before the start, more behind the end.
fn with_range(
    left: &Operand<'_>,
    operator: Operator,
    range: Range,
    is_date: bool,
    or_null: bool,
) -> Condition {
    let (start, end) = match is_date {
        true => (Value::Date(range.first_day), Value::Date(range.end_day)),
        false => (
            Value::DateTime(range.start_ms),
            Value::DateTime(range.end_ms),
        ),
    };
    let one = |operator, right: &Value, or_null| Condition::Compare {
        left: left.expr.clone(),
        operator,
        right: right.clone(),
        or_null,
    };
    let from_start = one(Operator::GreaterOrEqual, &start, false);
    match operator {
        Operator::Equal => Condition::All(vec![from_start, one(Operator::Less, &end, false)]),
        Operator::NotEqual => Condition::Any(vec![
            one(Operator::Less, &start, or_null),
            one(Operator::GreaterOrEqual, &end, false),
        ]),
        Operator::Less => one(Operator::Less, &start, or_null),
        Operator::LessOrEqual => one(Operator::Less, &end, or_null),
        Operator::Greater => one(Operator::GreaterOrEqual, &end, or_null),
        Operator::GreaterOrEqual => one(Operator::GreaterOrEqual, &start, or_null),
    }
}

/// LIKE: for text only; null matches no pattern.
fn like(left: &Operand<'_>, at: At, right: &Literal, negated: bool) -> Read<Condition> {
    let is_text = left.kind.is_text() && (left.kind != FieldKind::MultiPicklist || left.is_label);
    if !is_text {
        return Err(invalid_operator(left, at));
    }
    let LiteralKind::Text(pattern) = &right.kind else {
        return Err(wrong_type(left, right.at));
    };
    Ok(Condition::Like {
        left: left.expr.clone(),
        pattern: pattern.clone(),
        negated,
        or_null: negated,
    })
}

/// `left IN (values)`, or NOT IN, which holds for nulls too unless null is among the values.
pub(super) fn in_list(
    planner: &Planner<'_>,
    left: &Operand<'_>,
    at: At,
    literals: &[Literal],
    negated: bool,
) -> Read<Condition> {
    let operator = match negated {
        true => Operator::NotEqual,
        false => Operator::Equal,
    };
    check_operator(left, at, operator)?;
    let typed = literals.iter().map(|literal| planner.typed(left, literal));
    let typed = typed.collect::<Read<Vec<Typed>>>()?;
    let has_null = typed.contains(&Typed::Null);
    let or_null = negated && !has_null;
    let mut values = Vec::new();
    let mut conditions = Vec::new();
    for one in typed {
        match one {
            Typed::Null => {}
            Typed::Value(value) if is_single(left) => values.push(value),
            Typed::Value(value) => conditions.push(with_value(left, operator, value, or_null)),
            Typed::Range(range, is_date) => {
                conditions.push(with_range(left, operator, range, is_date, or_null));
            }
        }
    }
    if !values.is_empty() {
        conditions.push(Condition::In {
            left: left.expr.clone(),
            values,
            negated,
            or_null,
        });
    }
    if has_null {
        conditions.push(is_null(left, negated));
    }
    Ok(joined(conditions, negated))
}

/// Is it compared as one value, which SQL's IN can do?
fn is_single(left: &Operand<'_>) -> bool {
    !matches!(left.kind, FieldKind::Checkbox | FieldKind::MultiPicklist) || left.is_label
}

fn joined(mut conditions: Vec<Condition>, all: bool) -> Condition {
    match (conditions.len(), all) {
        (1, _) => conditions.remove(0),
        (_, true) => Condition::All(conditions),
        (_, false) => Condition::Any(conditions),
    }
}

/// `left INCLUDES (values)`, or EXCLUDES, which holds for nulls too.
pub(super) fn includes(
    left: &Operand<'_>,
    at: At,
    literals: &[Literal],
    negated: bool,
) -> Read<Condition> {
    if left.kind != FieldKind::MultiPicklist || left.is_label {
        let fact = format!("invalid operator on {} field", type_name(left.kind));
        let fault = Fault::new("INVALID_QUERY_FILTER_OPERATOR", fact);
        return Err((
            at,
            fault.hint("INCLUDES and EXCLUDES are for multi-select picklists."),
        ));
    }
    let mut any_of = Vec::new();
    let mut has_null = false;
    for literal in literals {
        match &literal.kind {
            LiteralKind::Value(Value::Null) => has_null = true,
            LiteralKind::Text(text) => match choices(&unescaped(text)) {
                choices if choices.is_empty() => has_null = true,
                choices => any_of.push(choices),
            },
            LiteralKind::Value(_) | LiteralKind::Currency { .. } | LiteralKind::Date { .. } => {
                return Err(wrong_type(left, literal.at));
            }
        }
    }
    let mut conditions = Vec::new();
    if !any_of.is_empty() {
        conditions.push(Condition::Includes {
            left: left.expr.clone(),
            any_of,
            negated,
            or_null: negated && !has_null,
        });
    }
    if has_null {
        conditions.push(is_null(left, negated));
    }
    Ok(joined(conditions, negated))
}
