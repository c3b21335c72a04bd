//! WHERE and HAVING: NOT is pushed down to the leaves, so that the plan has none.

use super::super::ast::{Condition as Ast, Expr as AstExpr, Select};
use super::super::error::Fault;
use super::super::parse::Read;
use super::super::plan::Condition;
use super::calls::Operand;
use super::compare;
use super::groups::Keys;
use super::names::Names;
use super::semi_joins;

/// The condition of WHERE.
pub(super) fn of_where<'a>(
    names: &mut Names<'_, 'a>,
    select: &'a Select,
) -> Read<Option<Condition>> {
    let Some(condition) = &select.condition else {
        return Ok(None);
    };
    semi_joins::check_places(condition)?;
    let mut planning = Planning { names, keys: None };
    planning.condition(condition, false).map(Some)
}

/// The condition of HAVING.
pub(super) fn of_having<'a>(
    names: &mut Names<'_, 'a>,
    keys: &Keys<'a>,
    condition: &'a Ast,
) -> Read<Condition> {
    let keys = Some(keys);
    Planning { names, keys }.condition(condition, false)
}

/// Both, where there are both.
pub(super) fn both(one: Option<Condition>, other: Option<Condition>) -> Option<Condition> {
    match (one, other) {
        (Some(one), Some(other)) => Some(Condition::All(vec![one, other])),
        (one, other) => one.or(other),
    }
}

/// A condition over rows, or over groups with these keys.
struct Planning<'n, 'p, 'a> {
    names: &'n mut Names<'p, 'a>,
    keys: Option<&'n Keys<'a>>,
}

impl<'a> Planning<'_, '_, 'a> {
    /// The condition, or its opposite.
    fn condition(&mut self, condition: &'a Ast, negated: bool) -> Read<Condition> {
        match condition {
            Ast::And(terms) => self.terms(terms, negated, !negated),
            Ast::Or(terms) => self.terms(terms, negated, negated),
            Ast::Not(inner) => self.condition(inner, !negated),
            Ast::Compare {
                left,
                at,
                operator,
                right,
            } => {
                let left = self.operand(left)?;
                let planner = self.names.planner;
                compare::compare(planner, &left, (*at, *operator), right, negated)
            }
            Ast::In {
                left,
                at,
                negated: not_in,
                values,
            } => {
                let left = self.operand(left)?;
                compare::in_list(self.names.planner, &left, *at, values, negated != *not_in)
            }
            Ast::Includes {
                left,
                at,
                negated: excludes,
                values,
            } => {
                let left = self.operand(left)?;
                compare::includes(&left, *at, values, negated != *excludes)
            }
            Ast::InSelect {
                left,
                at,
                negated: not_in,
                select,
            } => {
                if self.keys.is_some() {
                    let fault = Fault::malformed("Semi join sub-selects are not allowed in HAVING");
                    return Err((*at, fault.hint("They stand in WHERE.")));
                }
                semi_joins::in_select(self.names, left, *at, select, negated != *not_in)
            }
        }
    }

    fn terms(&mut self, terms: &'a [Ast], negated: bool, all: bool) -> Read<Condition> {
        let mut planned = Vec::with_capacity(terms.len());
        for term in terms {
            planned.push(self.condition(term, negated)?);
        }
        Ok(match all {
            true => Condition::All(planned),
            false => Condition::Any(planned),
        })
    }

    fn operand(&mut self, expr: &AstExpr) -> Read<Operand<'a>> {
        let operand = match self.keys {
            Some(keys) => keys.operand(self.names, expr)?,
            None => self.names.operand(expr)?,
        };
        let is_filterable = operand.field.is_none_or(super::calls::is_filterable);
        if is_filterable {
            return Ok(operand);
        }
        let fact = format!(
            "field '{}' can not be filtered in a query call",
            operand.name
        );
        let fault = Fault::new("INVALID_FIELD", fact);
        Err((
            operand.at,
            fault.hint("Long texts are searched by SOSL (FIND), not by conditions."),
        ))
    }
}
