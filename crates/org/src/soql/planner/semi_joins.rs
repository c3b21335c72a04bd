//! Semi-joins and anti-joins: `Id IN (SELECT AccountId FROM Contact)`.

use super::super::ast::{At, Condition as Ast, Expr as AstExpr, Item as AstItem, Select};
use super::super::error::Fault;
use super::super::limits::SEMI_JOINS_MAX;
use super::super::parse::Read;
use super::super::plan::{Condition, SemiJoin};
use super::literals::is_id;
use super::names::{Found, Names};
use super::{Planner, calls};
use crate::ObjectName;
use crate::schema::{FieldKind, Object};

/// Semi-joins may not be many, nor stand under OR or NOT.
pub(super) fn check_places(condition: &Ast) -> Read<()> {
    let mut places = Vec::new();
    find(condition, None, &mut places);
    for (at, refused) in &places {
        if let Some(word) = refused {
            let fact =
                format!("Semi join sub-selects are not supported with the '{word}' operator");
            let hint = "They stand at the top of WHERE, with AND between them; NOT IN turns one \
                        around.";
            return Err((*at, Fault::malformed(fact).hint(hint)));
        }
    }
    match places.get(SEMI_JOINS_MAX) {
        None => Ok(()),
        Some((at, _)) => {
            let fact = format!(
                "Maximum {SEMI_JOINS_MAX} semi join sub-selects are allowed, but saw {} \
                 sub-selects",
                places.len()
            );
            Err((*at, Fault::new("EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", fact)))
        }
    }
}

/// Each semi-join, with the word above it that it may not stand under.
fn find(
    condition: &Ast,
    under: Option<&'static str>,
    places: &mut Vec<(At, Option<&'static str>)>,
) {
    match condition {
        Ast::InSelect { at, .. } => places.push((*at, under)),
        Ast::And(terms) => terms.iter().for_each(|term| find(term, under, places)),
        Ast::Or(terms) => terms.iter().for_each(|term| find(term, Some("OR"), places)),
        Ast::Not(inner) => find(inner, Some("NOT"), places),
        Ast::Compare { .. } | Ast::In { .. } | Ast::Includes { .. } => {}
    }
}

/// `left IN (SELECT …)`, or NOT IN.
pub(super) fn in_select<'a>(
    names: &mut Names<'_, 'a>,
    left: &AstExpr,
    at: At,
    select: &'a Select,
    negated: bool,
) -> Read<Condition> {
    let outer = id_field(
        names,
        left,
        "The left operand field in the where expression",
    )?;
    check_clauses(select, negated)?;
    let planner = names.planner;
    let inner_root = inner_root(planner, select)?;
    if inner_root.name == names.root().name {
        let fact = format!(
            "The inner and outer selects should not be on the same object type: '{}'",
            inner_root.name
        );
        return Err((select.from.path.at(), Fault::malformed(fact)));
    }
    let mut inner_names = Names::new(planner, inner_root, select)?;
    let [AstItem::Expr { expr, alias: None }] = select.items.as_slice() else {
        let fault = Fault::malformed("A semi join sub-select must select exactly one field");
        return Err((
            select.at,
            fault.hint("The field holds ids of what stands left of IN."),
        ));
    };
    let inner = id_field(&mut inner_names, expr, "The selected field of a sub-select")?;
    check_targets(at, names, &outer, &inner_names, &inner)?;
    let Some(column) = inner.columns.into_iter().next() else {
        return Err(not_an_id(
            &inner.name,
            inner.at,
            "The selected field of a sub-select",
        ));
    };
    Ok(Condition::InSelect {
        left: outer.expr(),
        select: Box::new(SemiJoin {
            column,
            source: planner.source(inner_names, select)?,
            limit: select.limit.map(|limit| limit.rows),
        }),
        negated,
        or_null: negated,
    })
}

fn inner_root<'a>(planner: &Planner<'a>, select: &Select) -> Read<&'a Object> {
    match select.from.path.names.as_slice() {
        [name] => planner.readable_object(name),
        _ => Err(planner.no_object(select.from.path.at(), &select.from.path.text())),
    }
}

fn id_field<'a>(names: &mut Names<'_, 'a>, expr: &AstExpr, what: &str) -> Read<Found<'a>> {
    match expr {
        AstExpr::Call(call) => Err(calls::not_here(call)),
        AstExpr::Field(path) => {
            let found = names.find(path)?;
            match is_id(found.kind) && found.columns.len() == 1 {
                true => Ok(found),
                false => Err(not_an_id(&found.name, found.at, what)),
            }
        }
    }
}

fn not_an_id(name: &str, at: At, what: &str) -> (At, Fault) {
    let fact = format!("{what} should be an id field, cannot use: '{name}'");
    (at, Fault::malformed(fact))
}

/// Both sides must be able to hold the id of one record.
fn check_targets(
    at: At,
    outer_names: &Names<'_, '_>,
    outer: &Found<'_>,
    inner_names: &Names<'_, '_>,
    inner: &Found<'_>,
) -> Read<()> {
    let (left, right) = (targets(outer_names, outer), targets(inner_names, inner));
    if left.iter().any(|object| right.contains(object)) {
        return Ok(());
    }
    let fact = format!(
        "The selected field '{}' in the subquery and the left operand field '{}' in the where \
         expression should point to the same object type",
        inner.name, outer.name
    );
    Err((at, Fault::malformed(fact)))
}

/// The objects whose ids the field holds.
fn targets(names: &Names<'_, '_>, found: &Found<'_>) -> Vec<ObjectName> {
    match (found.kind, found.field, found.columns.first()) {
        (FieldKind::Id, _, Some(column)) => vec![names.object(column.table).name.clone()],
        (_, Some(field), _) => field.reference_to.clone(),
        (_, None, _) => Vec::new(),
    }
}

/// Clauses that a sub-select may not have.
fn check_clauses(select: &Select, negated: bool) -> Read<()> {
    let nested = select.condition.as_ref().is_some_and(has_select);
    let limit = select.limit.filter(|_| negated).map(|limit| limit.at);
    let group = select.group.as_ref().map(|_| select.at);
    let having = select.having.as_ref().map(|_| select.at);
    let refused = [
        ("ORDER BY", select.order.first().map(|item| item.by.at())),
        ("LIMIT", limit),
        ("OFFSET", select.offset.map(|offset| offset.at)),
        ("GROUP BY", group),
        ("HAVING", having),
        ("USING SCOPE", select.scope.as_ref().map(|scope| scope.at)),
        ("WITH", select.with.map(|(at, _)| at)),
        ("FOR", select.purposes.first().map(|(at, _)| *at)),
        ("ALL ROWS", select.all_rows.then_some(select.at)),
        ("another sub-select", nested.then_some(select.at)),
    ];
    let mut refused = refused.iter().filter_map(|(what, at)| Some((what, (*at)?)));
    match refused.next() {
        None => Ok(()),
        Some((what, at)) => {
            let fact = format!("semi join sub-selects cannot have {what}");
            Err((at, Fault::malformed(fact)))
        }
    }
}

fn has_select(condition: &Ast) -> bool {
    let mut places = Vec::new();
    find(condition, None, &mut places);
    !places.is_empty()
}
