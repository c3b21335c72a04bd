//! What rows show: fields, parents with their fields inside, lists of children.

use super::super::ast::{At, Expr as AstExpr, Item as AstItem, Name, Path, Select, TypeOf};
use super::super::error::Fault;
use super::super::limits::FIELDS_LIMIT_MAX;
use super::super::parse::Read;
use super::super::plan::{Branch, Content, Expr, Item, TableId};
use super::calls::{is_call, labelled, not_here, only_field};
use super::children;
use super::names::{Found, Names, Step, column, parts};
use crate::ObjectName;
use crate::schema::{Field, FieldKind, Object};

/// The items of a SELECT without groups, at this level of lists of children.
pub(super) fn rows<'a>(
    names: &mut Names<'_, 'a>,
    select: &'a Select,
    level: usize,
) -> Read<Vec<Item>> {
    let mut items = Vec::new();
    for item in &select.items {
        match item {
            AstItem::Expr { expr, alias } => {
                value(names, &mut items, expr, alias.as_ref(), select)?;
            }
            AstItem::Children(inner) => {
                let children = children::children(names, inner, level)?;
                add(&mut items, inner.from.path.at(), children)?;
            }
            AstItem::TypeOf(type_of) => {
                let item = type_of_item(names, type_of)?;
                add(&mut items, type_of.at, item)?;
            }
        }
    }
    Ok(items)
}

fn value(
    names: &mut Names<'_, '_>,
    items: &mut Vec<Item>,
    expr: &AstExpr,
    alias: Option<&Name>,
    select: &Select,
) -> Read<()> {
    let call = match expr {
        AstExpr::Field(path) => {
            if let Some(alias) = alias {
                let fault = Fault::malformed("only aggregate expressions use field aliasing");
                let hint = format!("Is a comma missing before {}?", alias.text);
                return Err((alias.at, fault.hint(hint)));
            }
            let found = names.find(path)?;
            return place(names, items, &found, None, Shown::AsIs);
        }
        AstExpr::Call(call) => call,
    };
    if is_call(call, "FIELDS") {
        return all_fields(names, items, only_field(call)?, select);
    }
    let (shown, path) = match call.argument.as_deref() {
        _ if is_call(call, "toLabel") => (Shown::Label, only_field(call)?),
        _ if is_call(call, "convertCurrency") => (Shown::AsIs, only_field(call)?),
        Some(AstExpr::Call(inner)) if is_call(call, "format") => {
            let inner_label = is_call(inner, "toLabel");
            if !inner_label && !is_call(inner, "convertCurrency") {
                return Err(not_here(inner));
            }
            (Shown::Formatted, only_field(inner)?)
        }
        _ if is_call(call, "format") => (Shown::Formatted, only_field(call)?),
        _ => return Err(not_here(call)),
    };
    let found = names.find(path)?;
    place(names, items, &found, alias, shown)
}

/// How a value is shown.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    AsIs,
    Label,
    Formatted,
}

/// Puts a field where its path says: into the row, or into its parents.
fn place(
    names: &Names<'_, '_>,
    items: &mut Vec<Item>,
    found: &Found<'_>,
    alias: Option<&Name>,
    shown: Shown,
) -> Read<()> {
    let name = alias.map_or(found.name.as_str(), |alias| alias.text.as_str());
    let leaf = |table: TableId, is_union: bool| Item {
        name: name.to_owned(),
        content: content(names, found, table, is_union, shown),
    };
    match found.steps.split_first() {
        None => add(items, found.at, leaf(TableId(0), false)),
        Some((first, rest)) => into_parent(names, items, found.at, first, rest, &leaf),
    }
}

fn into_parent(
    names: &Names<'_, '_>,
    items: &mut Vec<Item>,
    at: At,
    step: &Step,
    rest: &[Step],
    leaf: &dyn Fn(TableId, bool) -> Item,
) -> Read<()> {
    let branches = parent(names, items, at, step)?;
    for branch in branches {
        match rest.split_first() {
            None => add(&mut branch.items, at, leaf(branch.table, step.is_union))?,
            Some((next, rest)) if starts_at(names, next, branch.table) => {
                into_parent(names, &mut branch.items, at, next, rest, leaf)?;
            }
            Some((next, _)) => add_nothing(&mut branch.items, next),
        }
    }
    Ok(())
}

/// Does the next relationship lead up from this table?
fn starts_at(names: &Names<'_, '_>, next: &Step, table: TableId) -> bool {
    next.tables
        .iter()
        .all(|parent| names.joined_to(*parent) == Some(table))
}

/// A parent that this object of a union has not.
fn add_nothing(items: &mut Vec<Item>, step: &Step) {
    if !items.iter().any(|item| item.name == step.name) {
        items.push(Item {
            name: step.name.clone(),
            content: Content::Parent {
                branches: Vec::new(),
            },
        });
    }
}

/// The branches of a parent, which is put in when it is first named.
fn parent<'i>(
    names: &Names<'_, '_>,
    items: &'i mut Vec<Item>,
    at: At,
    step: &Step,
) -> Read<&'i mut Vec<Branch>> {
    let known = items
        .iter()
        .position(|item| item.name.eq_ignore_ascii_case(&step.name));
    let index = known.unwrap_or(items.len());
    if known.is_none() {
        let branch = |table: &TableId| Branch {
            table: *table,
            type_name: match step.is_union {
                true => ObjectName::new("Name"),
                false => names.object(*table).name.clone(),
            },
            items: Vec::new(),
        };
        items.push(Item {
            name: step.name.clone(),
            content: Content::Parent {
                branches: step.tables.iter().map(branch).collect(),
            },
        });
    }
    match &mut items[index].content {
        Content::Parent { branches } if is_of_type(branches, step) => Ok(branches),
        Content::Parent { .. }
        | Content::Value { .. }
        | Content::Address(_)
        | Content::Children(_) => Err(twice(at, &step.name)),
    }
}

/// Were these branches made for a path like this one, not for TYPEOF?
fn is_of_type(branches: &[Branch], step: &Step) -> bool {
    let names_union = |branch: &Branch| branch.type_name.as_str() == "Name";
    branches.len() == step.tables.len() && branches.iter().all(|b| names_union(b) == step.is_union)
}

fn content(
    names: &Names<'_, '_>,
    found: &Found<'_>,
    table: TableId,
    is_union: bool,
    shown: Shown,
) -> Content {
    let column = found.columns.iter().find(|column| column.table == table);
    let value = match (found.field, column) {
        (None, _) if found.is_object_name => Expr::ObjectName(vec![table]),
        (Some(field), _) if field.kind == FieldKind::Address => {
            return Content::Address(address(names, names.object(table), field, table));
        }
        (Some(field), Some(column)) if shown == Shown::Label && !is_union => {
            labelled(column.clone(), field)
        }
        (_, Some(column)) => Expr::Column(column.clone()),
        // What the record shows of another one.
        (_, None) if !is_union => found.expr(),
        (_, None) => Expr::FirstOf(Vec::new()),
    };
    Content::Value {
        value,
        formatted: shown == Shown::Formatted,
    }
}

/// Parts of an address by their names in the answer, as the platform orders them.
const ADDRESS_PARTS: [(&str, &str); 8] = [
    ("city", "City"),
    ("country", "Country"),
    ("geocodeAccuracy", "GeocodeAccuracy"),
    ("latitude", "Latitude"),
    ("longitude", "Longitude"),
    ("postalCode", "PostalCode"),
    ("state", "State"),
    ("street", "Street"),
];

fn address(
    names: &Names<'_, '_>,
    object: &Object,
    address: &Field,
    table: TableId,
) -> Vec<(String, Expr)> {
    let part = |(name, end): &(&str, &str)| {
        let field = parts(object, address).find(|part| part.name.as_str().ends_with(end));
        let field = field.filter(|field| names.planner.may_read_field(object, field));
        let value = match field.and_then(|field| column(table, field)) {
            Some(column) => Expr::Column(column),
            None => Expr::FirstOf(Vec::new()),
        };
        ((*name).to_owned(), value)
    };
    ADDRESS_PARTS.iter().map(part).collect()
}

fn all_fields(
    names: &mut Names<'_, '_>,
    items: &mut Vec<Item>,
    which: &Path,
    select: &Select,
) -> Read<()> {
    let word = which.text().to_ascii_uppercase();
    let wanted: fn(&Field) -> bool = match word.as_str() {
        "ALL" => |_| true,
        "STANDARD" => |field| !field.is_custom(),
        "CUSTOM" => Field::is_custom,
        _ => {
            let fault = Fault::malformed(format!("unexpected token: '{}'", which.text()));
            return Err((
                which.at(),
                fault.hint("FIELDS takes ALL, STANDARD or CUSTOM."),
            ));
        }
    };
    let is_bounded = select
        .limit
        .is_some_and(|limit| limit.rows <= FIELDS_LIMIT_MAX);
    if word != "STANDARD" && !is_bounded {
        let fact =
            format!("The SOQL FIELDS function must have a LIMIT of at most {FIELDS_LIMIT_MAX}");
        return Err((which.at(), Fault::malformed(fact)));
    }
    let object = names.root();
    let fields = object.fields.iter().filter(|field| {
        let is_shown = field.has_column() || field.kind == FieldKind::Address;
        is_shown && wanted(field) && names.planner.may_read_field(object, field)
    });
    for field in fields {
        let found = Found {
            at: which.at(),
            steps: Vec::new(),
            name: field.name.as_str().to_owned(),
            kind: field.kind,
            field: Some(field),
            columns: column(TableId(0), field).into_iter().collect(),
            is_object_name: false,
        };
        place(names, items, &found, None, Shown::AsIs)?;
    }
    Ok(())
}

fn type_of_item<'a>(names: &mut Names<'_, 'a>, type_of: &TypeOf) -> Read<Item> {
    let steps = names.walk(&type_of.relationship.names)?;
    let [step] = steps.as_slice() else {
        let fault = Fault::malformed("TYPEOF takes one relationship of the object itself");
        return Err((type_of.at, fault));
    };
    if !step.is_union {
        let fact = format!(
            "TYPEOF can only be used with polymorphic references, not {}",
            step.name
        );
        return Err((type_of.at, Fault::malformed(fact)));
    }
    for (object, _) in &type_of.whens {
        let target = names.planner.readable_object(object)?;
        if !step
            .tables
            .iter()
            .any(|table| names.object(*table).name == target.name)
        {
            let fact = format!("{} never points to {}", step.name, target.name);
            return Err((object.at, Fault::malformed(fact)));
        }
    }
    let mut branches = Vec::new();
    for table in &step.tables {
        branches.push(branch(names, type_of, step, *table)?);
    }
    Ok(Item {
        name: step.name.clone(),
        content: Content::Parent { branches },
    })
}

fn branch(names: &Names<'_, '_>, type_of: &TypeOf, step: &Step, table: TableId) -> Read<Branch> {
    let object = names.object(table);
    let mut whens = type_of.whens.iter();
    let when = whens.find(|(name, _)| object.name.as_str().eq_ignore_ascii_case(&name.text));
    let mut items = Vec::new();
    for path in when.map_or(type_of.otherwise.as_slice(), |(_, paths)| paths) {
        let found = match when {
            Some(_) => names.find_from(table, path)?,
            None => names.find_in_name(step, path)?,
        };
        let item = Item {
            name: found.name.clone(),
            content: content(names, &found, table, when.is_none(), Shown::AsIs),
        };
        add(&mut items, path.at(), item)?;
    }
    Ok(Branch {
        table,
        type_name: object.name.clone(),
        items,
    })
}

/// Adds what is not there yet.
fn add(items: &mut Vec<Item>, at: At, item: Item) -> Read<()> {
    if items
        .iter()
        .any(|known| known.name.eq_ignore_ascii_case(&item.name))
    {
        return Err(twice(at, &item.name));
    }
    items.push(item);
    Ok(())
}

fn twice(at: At, name: &str) -> (At, Fault) {
    (
        at,
        Fault::new("INVALID_FIELD", format!("duplicate field selected: {name}")),
    )
}
