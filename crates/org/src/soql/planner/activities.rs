//! Lists of activities: which tasks and events are open and which are history, and how much of
//! them a user who does not see all data may ask for at once.

use super::super::ast::{
    At, Condition as AstCondition, Expr as AstExpr, Item as AstItem, Operator as AstOperator,
    Select,
};
use super::super::error::Fault;
use super::super::parse::Read;
use super::super::plan::{Condition, Expr, Operator, TableId};
use super::Planner;
use super::names::{Names, column};
use crate::Value;
use crate::access::Permission;
use crate::schema::Object;
use crate::schema::activities::ActivityList;

/// Rows of a list, at most, for who does not see all data.
const ROWS_MAX: u64 = 500;

/// An event of a whole day begins at midnight UTC of its days; it is over a day later.
const DAY_MS: i64 = 86_400_000;

/// The activities of the list that the root is.
pub(super) fn condition(names: &Names<'_, '_>) -> Option<Condition> {
    let list = ActivityList::of(names.root())?;
    let now = names.planner.calendar.now_ms;
    let is = |field: &str, yes: bool| {
        Some(Condition::IsTrue {
            left: of_root(names, field)?,
            negated: !yes,
        })
    };
    let ends = |limit: i64| {
        Some(Condition::Compare {
            left: of_root(names, "EndDateTime")?,
            operator: match list {
                ActivityList::Open => Operator::GreaterOrEqual,
                ActivityList::History => Operator::Less,
            },
            right: Value::DateTime(limit),
            or_null: false,
        })
    };
    let tasks = Condition::All(vec![
        is("IsTask", true)?,
        is("IsClosed", list == ActivityList::History)?,
    ]);
    let timed = Condition::All(vec![is("IsAllDayEvent", false)?, ends(now)?]);
    let days = Condition::All(vec![is("IsAllDayEvent", true)?, ends(now - DAY_MS)?]);
    let events = Condition::All(vec![
        is("IsTask", false)?,
        Condition::Any(vec![timed, days]),
    ]);
    Some(Condition::Any(vec![tasks, events]))
}

fn of_root(names: &Names<'_, '_>, field: &str) -> Option<Expr> {
    column(TableId(0), names.root().field(field)?).map(Expr::Column)
}

/// Refuses lists that the platform does not work out for users who do not see all data: of many
/// records, with conditions, in another order than the page's, or without a limit.
pub(super) fn check_lists(planner: &Planner<'_>, root: &Object, select: &Select) -> Read<()> {
    if planner.user.holds(Permission::ViewAllData) || planner.user.holds(Permission::ModifyAllData)
    {
        return Ok(());
    }
    let condition = select.condition.as_ref();
    let is_one = condition.is_some_and(|condition| names_one(select, condition));
    check_below(planner, root, select, is_one)
}

fn check_below(planner: &Planner<'_>, root: &Object, select: &Select, is_one: bool) -> Read<()> {
    for item in &select.items {
        let AstItem::Children(inner) = item else {
            continue;
        };
        let name = &inner.from.path.last().text;
        let Some(relationship) = planner.schema.child_relationship(root, name) else {
            continue;
        };
        match ActivityList::of(relationship.object) {
            Some(list) => check_list(list, inner, is_one)?,
            None => check_below(planner, relationship.object, inner, false)?,
        }
    }
    Ok(())
}

fn check_list(list: ActivityList, select: &Select, is_one: bool) -> Read<()> {
    if !is_one {
        let must = "you must use a filter that specifies a single primary record ID";
        return refuse(list, select.from.path.at(), must, "Ask WHERE Id = '…'.");
    }
    if select.condition.is_some() {
        let hint = "Take the WHERE out of the list.";
        return refuse(list, select.at, "you can't use a WHERE clause", hint);
    }
    let (direction, descending) = match list {
        ActivityList::Open => ("ASC", false),
        ActivityList::History => ("DESC", true),
    };
    let wanted = [("ActivityDate", descending), ("LastModifiedDate", true)];
    let is_sorted = select.order.len() == wanted.len()
        && (select.order.iter().zip(wanted)).all(|(item, (field, descending))| {
            item.descending == descending && is_field(select, &item.by, field)
        });
    if !is_sorted {
        let must = format!(
            "you must use a specific sort order: ORDER BY ActivityDate {direction} NULLS LAST, \
             LastModifiedDate DESC"
        );
        let hint = "Nulls may come first or last.";
        return refuse(list, select.from.path.at(), &must, hint);
    }
    match select.limit {
        Some(limit) if limit.rows <= ROWS_MAX => Ok(()),
        _ => {
            let must = format!("you must specify a maximum limit of {ROWS_MAX} rows");
            let hint = format!("Add LIMIT {ROWS_MAX} to the list.");
            refuse(list, select.from.path.at(), &must, &hint)
        }
    }
}

fn refuse(list: ActivityList, at: At, must: &str, hint: &str) -> Read<()> {
    let fact = format!(
        "There is an implementation restriction on {}. When you query this relationship, \
         security evaluation is implemented for users who don't have administrator \
         permissions, and {must}.",
        list.relationship()
    );
    Err((at, Fault::malformed(fact).hint(hint)))
}

/// Does this hold for one record at most?
fn names_one(select: &Select, condition: &AstCondition) -> bool {
    match condition {
        AstCondition::And(terms) => terms.iter().any(|term| names_one(select, term)),
        AstCondition::Compare { left, operator, .. } => {
            *operator == AstOperator::Equal && is_field(select, left, "Id")
        }
        AstCondition::In {
            left,
            negated: false,
            values,
            ..
        } => values.len() == 1 && is_field(select, left, "Id"),
        _ => false,
    }
}

/// Is it this field of what FROM names, with or without that name before it?
fn is_field(select: &Select, expr: &AstExpr, field: &str) -> bool {
    let AstExpr::Field(path) = expr else {
        return false;
    };
    let is_from = |name: &str| {
        let alias = select.from.alias.iter();
        let mut known = alias.chain([select.from.path.last()]);
        known.any(|known| known.text.eq_ignore_ascii_case(name))
    };
    match path.names.as_slice() {
        [name] => name.text.eq_ignore_ascii_case(field),
        [root, name] => is_from(&root.text) && name.text.eq_ignore_ascii_case(field),
        _ => false,
    }
}
