//! Lists of children: `(SELECT Id FROM Contacts)`.

use super::super::ast::{At, Item as AstItem, Select};
use super::super::error::{Fault, nearest};
use super::super::limits::{CHILD_LEVELS_MAX, CHILD_LEVELS_MAX_BEFORE_58, CHILD_LISTS_MAX};
use super::super::parse::Read;
use super::super::plan::{Children, Content, Item};
use super::names::Names;

/// The list that a SELECT of this level has.
pub(super) fn children<'a>(names: &Names<'_, 'a>, select: &'a Select, level: usize) -> Read<Item> {
    check_level(names, select, level)?;
    check_clauses(select)?;
    let planner = names.planner;
    let parent = names.root();
    let path = select.from.path.names.as_slice();
    let name = match path {
        [name] => name,
        [root, name] if names.is_root(&root.text) => name,
        _ => return Err(unknown(names, select)),
    };
    let relationship = planner.schema.child_relationship(parent, &name.text);
    let relationship = relationship.filter(|relationship| {
        planner.may_read(relationship.object)
            && planner.may_read_field(relationship.object, relationship.field)
    });
    let Some(relationship) = relationship else {
        return Err(unknown(names, select));
    };
    Ok(Item {
        name: relationship.name().unwrap_or(&name.text).to_owned(),
        content: Content::Children(Children {
            field: relationship.field.name.clone(),
            select: Box::new(planner.select(relationship.object, select, level + 1)?),
        }),
    })
}

fn check_level(names: &Names<'_, '_>, select: &Select, level: usize) -> Read<()> {
    let most = match names.planner.api_version {
        ..58 => CHILD_LEVELS_MAX_BEFORE_58,
        _ => CHILD_LEVELS_MAX,
    };
    if level < most {
        return Ok(());
    }
    let fact = format!("SOQL relationship queries can have at most {most} levels");
    Err((select.at, Fault::malformed(fact)))
}

fn check_clauses(select: &Select) -> Read<()> {
    let refuse = |at, what| {
        let fact = format!("{what} is not allowed in a subquery");
        Err((
            at,
            Fault::malformed(fact).hint("It stands in the outer query."),
        ))
    };
    match (select.purposes.first(), &select.scope, select.with) {
        (Some((at, _)), _, _) => refuse(*at, "FOR"),
        (_, Some(scope), _) => refuse(scope.at, "USING SCOPE"),
        (_, _, Some((at, _))) => refuse(at, "WITH"),
        (None, None, None) => Ok(()),
    }
}

fn unknown(names: &Names<'_, '_>, select: &Select) -> (At, Fault) {
    let written = select.from.path.text();
    let planner = names.planner;
    let relationships = planner.schema.child_relationships(names.root());
    let readable = relationships.filter(|child| planner.may_read(child.object));
    let near = nearest(&written, readable.filter_map(|child| child.name()));
    let fact = format!("Didn't understand relationship '{written}' in FROM part of query call.");
    let hint = match near {
        Some(near) => format!("Did you mean {near}?"),
        None => "It does not exist, or the user may not read it; names of custom relationships \
                 end in __r."
            .to_owned(),
    };
    (
        select.from.path.at(),
        Fault::new("INVALID_TYPE", fact).hint(hint),
    )
}

/// Not more lists than the platform takes, over all levels.
pub(super) fn check_count(select: &Select) -> Read<()> {
    let count = count(select);
    if count <= CHILD_LISTS_MAX {
        return Ok(());
    }
    let fact = format!("Too many subqueries: {count}, at most {CHILD_LISTS_MAX} are allowed");
    Err((select.at, Fault::malformed(fact)))
}

/// Lists in this SELECT and within them; the parser keeps the depth small.
fn count(select: &Select) -> usize {
    let inner = select.items.iter().map(|item| match item {
        AstItem::Children(inner) => 1 + count(inner),
        AstItem::Expr { .. } | AstItem::TypeOf(_) => 0,
    });
    inner.sum()
}
