//! USING SCOPE, as a condition.

use super::super::ast::Select;
use super::super::error::Fault;
use super::super::parse::Read;
use super::super::plan::{Condition, Expr, Operator, TableId};
use super::names::{Names, column};
use crate::Value;

/// The records of a scope; nothing where there is none, or where it is everything.
pub(super) fn condition(names: &mut Names<'_, '_>, select: &Select) -> Read<Option<Condition>> {
    let Some(scope) = &select.scope else {
        return Ok(None);
    };
    let word = scope.text.to_ascii_lowercase();
    let own = own(names, "OwnerId", Operator::Equal);
    let condition = match (word.as_str(), own) {
        ("everything", _) => return Ok(None),
        ("mine", Some(own)) => own,
        ("delegated", Some(_)) if names.root().name.as_str() == "Task" => {
            let given = own_pair(names);
            Condition::All(given)
        }
        _ => {
            let fact = format!(
                "'{}' is not a valid scope for {}",
                scope.text,
                names.root().name
            );
            let fault = Fault::new("INVALID_QUERY_SCOPE", fact);
            let hint = "Scopes are everything, mine (objects with an owner) and delegated (Task).";
            return Err((scope.at, fault.hint(hint)));
        }
    };
    Ok(Some(condition))
}

/// Created by the user, and somebody else's now.
fn own_pair(names: &Names<'_, '_>) -> Vec<Condition> {
    let created = own(names, "CreatedById", Operator::Equal);
    let given_away = own(names, "OwnerId", Operator::NotEqual);
    created.into_iter().chain(given_away).collect()
}

/// Compares a field of the root with the user; the system itself owns nothing.
fn own(names: &Names<'_, '_>, field: &str, operator: Operator) -> Option<Condition> {
    let column = column(TableId(0), names.root().field(field)?)?;
    let Some(user) = &names.planner.user.user else {
        return Some(Condition::Any(Vec::new()));
    };
    Some(Condition::Compare {
        left: Expr::Column(column),
        operator,
        right: Value::Reference(user.clone()),
        or_null: false,
    })
}
