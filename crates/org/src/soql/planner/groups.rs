//! GROUP BY, aggregates, HAVING.

use super::super::ast::{At, Call, Expr as AstExpr, GroupKind, Item as AstItem, Name, Select};
use super::super::error::Fault;
use super::super::limits::ROLLUP_KEYS_MAX;
use super::super::parse::Read;
use super::super::plan::{Expr, GroupItem, Groups};
use super::calls::{Operand, aggregate_of, is_bare_count, is_call, not_here};
use super::conditions;
use super::names::Names;
use crate::schema::FieldKind;

/// What rows are grouped by, with what errors and answers need to know of it.
pub(super) struct Keys<'a> {
    keys: Vec<Operand<'a>>,
    kind: GroupKind,
}

/// Everything about groups but their order.
pub(super) fn groups<'a>(names: &mut Names<'_, 'a>, select: &'a Select) -> Read<Groups> {
    check(select)?;
    let keys = keys(names, select)?;
    let mut items = Vec::new();
    for item in &select.items {
        let item = group_item(names, &keys, item, &items)?;
        items.push(item);
    }
    let having = match &select.having {
        Some(condition) => Some(conditions::of_having(names, &keys, condition)?),
        None => None,
    };
    Ok(Groups {
        sets: sets(keys.kind, keys.keys.len()),
        keys: keys.keys.into_iter().map(|key| key.expr).collect(),
        items: named(items),
        having,
    })
}

fn check(select: &Select) -> Read<()> {
    match (&select.group, select.limit, &select.having) {
        (None, Some(limit), None) => {
            let fact = "Non-grouped query that uses overall aggregate functions cannot also use \
                        LIMIT";
            Err((
                limit.at,
                Fault::malformed(fact).hint("It has one row in any case."),
            ))
        }
        (None, _, Some(_)) => {
            let fault = Fault::malformed("HAVING needs GROUP BY");
            Err((
                select.at,
                fault.hint("Conditions on records stand in WHERE."),
            ))
        }
        _ => Ok(()),
    }
}

/// The keys of GROUP BY; none where aggregates are of everything.
pub(super) fn keys<'a>(names: &mut Names<'_, 'a>, select: &Select) -> Read<Keys<'a>> {
    let Some(group) = &select.group else {
        return Ok(Keys {
            keys: Vec::new(),
            kind: GroupKind::Plain,
        });
    };
    let mut keys = Vec::new();
    for expr in &group.keys {
        let key = names.operand(expr)?;
        if key.field.is_some_and(|field| !field.is_groupable()) {
            let fact = format!("field '{}' can not be grouped in a query call", key.name);
            let hint = match key.kind {
                FieldKind::DateTime => "Group by DAY_ONLY() or another part of it.",
                _ => "Fields of this type have no groups.",
            };
            return Err((key.at, Fault::malformed(fact).hint(hint)));
        }
        keys.push(key);
    }
    if group.kind != GroupKind::Plain && keys.len() > ROLLUP_KEYS_MAX {
        let fact = format!("ROLLUP and CUBE take at most {ROLLUP_KEYS_MAX} fields");
        return Err((keys[ROLLUP_KEYS_MAX].at, Fault::malformed(fact)));
    }
    let kind = group.kind;
    Ok(Keys { keys, kind })
}

/// Grouping sets, the fullest first.
fn sets(kind: GroupKind, count: usize) -> Vec<Vec<usize>> {
    match kind {
        GroupKind::Plain => vec![(0..count).collect()],
        GroupKind::Rollup => (0..=count).rev().map(|n| (0..n).collect()).collect(),
        GroupKind::Cube => {
            let subset = |bits: usize| {
                let has = |key: &usize| bits >> (count - 1 - key) & 1 == 1;
                (0..count).filter(has).collect()
            };
            (0..1 << count).rev().map(subset).collect()
        }
    }
}

/// An item whose name may still be open: `expr0` and so on.
struct Unnamed {
    name: Option<String>,
    value: Expr,
    formatted: bool,
}

fn group_item<'a>(
    names: &mut Names<'_, 'a>,
    keys: &Keys<'a>,
    item: &AstItem,
    before: &[Unnamed],
) -> Read<Unnamed> {
    let (expr, alias) = match item {
        AstItem::Expr { expr, alias } => (expr, alias.as_ref()),
        AstItem::Children(select) => {
            let fact = "Grouped query cannot use child relationships in the SELECT list";
            return Err((select.at, Fault::malformed(fact)));
        }
        AstItem::TypeOf(type_of) => {
            let fact = "Grouped query cannot use TYPEOF in the SELECT list";
            return Err((type_of.at, Fault::malformed(fact)));
        }
    };
    let (inner, formatted) = match expr {
        AstExpr::Call(call) if is_call(call, "format") => match call.argument.as_deref() {
            Some(inner) => (inner, true),
            None => return Err(not_here(call)),
        },
        _ => (expr, false),
    };
    let value = keys.operand(names, inner)?;
    let name = match (alias, expr) {
        (Some(alias), _) => Some(alias.text.clone()),
        (None, AstExpr::Field(_)) => Some(value.name),
        (None, AstExpr::Call(_)) => None,
    };
    let is_taken = |name: &str| {
        let mut names = before.iter().filter_map(|item| item.name.as_deref());
        names.any(|known| known.eq_ignore_ascii_case(name))
    };
    if let Some(name) = name.as_deref().filter(|name| is_taken(name)) {
        let at = alias.map_or(expr.at(), |alias: &Name| alias.at);
        return Err((at, Fault::malformed(format!("duplicate alias: {name}"))));
    }
    Ok(Unnamed {
        name,
        value: value.expr,
        formatted,
    })
}

/// Items with their names; functions without an alias are counted.
fn named(items: Vec<Unnamed>) -> Vec<GroupItem> {
    let mut count = 0;
    let named = items.into_iter().map(|item| GroupItem {
        name: item.name.unwrap_or_else(|| {
            count += 1;
            format!("expr{}", count - 1)
        }),
        value: item.value,
        formatted: item.formatted,
    });
    named.collect()
}

impl<'a> Keys<'a> {
    /// A value of a group: an aggregate, GROUPING, or one of the keys.
    pub(super) fn operand(&self, names: &mut Names<'_, 'a>, expr: &AstExpr) -> Read<Operand<'a>> {
        if let AstExpr::Call(call) = expr {
            if let Some(function) = aggregate_of(call) {
                return match is_bare_count(expr) {
                    true => Err(bare_count(call)),
                    false => names.aggregate(call, function),
                };
            }
            if is_call(call, "GROUPING") {
                return self.grouping(names, call);
            }
        }
        let value = names.operand(expr)?;
        let Some(index) = self.index_of(&value) else {
            let fact = format!("Field must be grouped or aggregated: {}", value.name);
            return Err((value.at, Fault::malformed(fact)));
        };
        Ok(Operand {
            expr: Expr::Key(index),
            ..value
        })
    }

    fn index_of(&self, value: &Operand<'_>) -> Option<usize> {
        self.keys.iter().position(|key| key.expr == value.expr)
    }

    fn grouping(&self, names: &mut Names<'_, 'a>, call: &Call) -> Read<Operand<'a>> {
        let refuse = |at: At, fact: &str| Err((at, Fault::malformed(fact)));
        if self.kind == GroupKind::Plain {
            return refuse(
                call.name.at,
                "GROUPING() needs GROUP BY ROLLUP or GROUP BY CUBE",
            );
        }
        let Some(argument) = call.argument.as_deref() else {
            return refuse(call.name.at, "GROUPING() takes a grouped field");
        };
        let key = names.operand(argument)?;
        let Some(index) = self.index_of(&key) else {
            return refuse(key.at, "GROUPING() takes a grouped field");
        };
        Ok(Operand {
            expr: Expr::Grouping(index),
            kind: FieldKind::Integer,
            field: None,
            at: call.name.at,
            ..key
        })
    }
}

fn bare_count(call: &Call) -> (At, Fault) {
    let fault = Fault::malformed("COUNT() must be the only element in the SELECT list");
    (call.name.at, fault.hint("Beside others it is COUNT(Id)."))
}
