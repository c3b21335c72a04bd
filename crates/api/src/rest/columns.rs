//! `?columns=true`: what the columns of a query are. Undocumented by the platform, and the `sf`
//! command line prints no table without it.

use offhook_org::schema::{Field, FieldKind, Object, Schema};
use offhook_org::soql::ast::{Expr, Item, Path, Select};
use serde_json::{Value as Json, json};

use super::body::reference_of;
use super::{Call, Reply, select, tree};
use crate::ApiState;
use crate::error::ApiError;

/// The columns of a query that this user may run.
pub(super) async fn of(state: &ApiState, call: &Call, soql: &str) -> Result<Reply, ApiError> {
    let query = offhook_org::soql::parse(soql).map_err(ApiError::from)?;
    select::run(state, call, soql, false).await?;
    let schema = state.store.schema();
    let from = query.select.from.path.text();
    let object = select::object_of(state, call, &from)?;
    let asker = Asker {
        schema: &schema,
        call,
    };
    let columns = asker.columns(&object, &query.select);
    let names_id = columns.iter().any(|column| column["columnName"] == "Id");
    Ok(Reply::ok(json!({
        "columnMetadata": columns,
        "entityName": object.name.as_str(),
        "groupBy": query.select.group.is_some(),
        "idSelected": names_id,
        "keyPrefix": object.key_prefix,
    })))
}

/// The columns of a query of a type that has no records and no fields here.
pub(super) fn of_empty(name: &str, select: &Select) -> Json {
    let columns: Vec<Json> = select
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Expr { expr, .. } => {
                let name = text_of(expr);
                Some(leaf(&name, &name, FieldKind::Text, false, None))
            }
            Item::Children(_) | Item::TypeOf(_) => None,
        })
        .collect();
    let names_id = columns.iter().any(|column| column["columnName"] == "Id");
    json!({
        "columnMetadata": columns,
        "entityName": name,
        "groupBy": false,
        "idSelected": names_id,
        "keyPrefix": null,
    })
}

struct Asker<'a> {
    schema: &'a Schema,
    call: &'a Call,
}

impl Asker<'_> {
    fn columns(&self, object: &Object, select: &Select) -> Vec<Json> {
        let mut columns = Vec::new();
        let mut unnamed = 0;
        for item in &select.items {
            match item {
                Item::Expr {
                    expr: Expr::Field(path),
                    alias,
                } => {
                    let names = self.names_of(select, object, path);
                    let column = Column {
                        alias: alias.as_ref().map(|alias| alias.text.as_str()),
                    };
                    add_path(&mut columns, self.schema, object, &names, &column);
                }
                Item::Expr {
                    expr: Expr::Call(function),
                    ..
                } if function.name.text.eq_ignore_ascii_case("FIELDS") => {
                    let group = function
                        .argument
                        .as_deref()
                        .map(text_of)
                        .unwrap_or_default();
                    columns.extend(self.all_fields(object, &group));
                }
                Item::Expr {
                    expr: expr @ Expr::Call(function),
                    alias,
                } => {
                    let shown = text_of(expr);
                    let name = match alias {
                        Some(alias) => alias.text.clone(),
                        None => {
                            unnamed += 1;
                            format!("expr{}", unnamed - 1)
                        }
                    };
                    let is_count = function.name.text.to_ascii_uppercase().starts_with("COUNT");
                    let kind = match is_count {
                        true => FieldKind::Integer,
                        false => FieldKind::Number,
                    };
                    columns.push(leaf(&name, &shown, kind, true, None));
                }
                Item::Children(children) => columns.extend(self.children(object, children)),
                Item::TypeOf(typeof_) => {
                    let name = typeof_.relationship.text();
                    columns.push(leaf(&name, &name, FieldKind::Text, false, None));
                }
            }
        }
        columns
    }

    /// The names of a path without the alias of its object.
    fn names_of<'p>(&self, select: &Select, object: &Object, path: &'p Path) -> Vec<&'p str> {
        let names: Vec<&str> = path.names.iter().map(|name| name.text.as_str()).collect();
        let is_own = |name: &str| {
            let alias = select.from.alias.as_ref();
            name.eq_ignore_ascii_case(object.name.as_str())
                || alias.is_some_and(|alias| alias.text.eq_ignore_ascii_case(name))
        };
        match names.as_slice() {
            [first, rest @ ..] if !rest.is_empty() && is_own(first) => rest.to_vec(),
            _ => names,
        }
    }

    fn all_fields(&self, object: &Object, group: &str) -> Vec<Json> {
        let readable = select::readable_fields(&self.call.user.user, object);
        let fields = readable.iter().filter_map(|name| object.field(name));
        fields
            .filter(|field| match group.to_ascii_uppercase().as_str() {
                "STANDARD" => !field.is_custom(),
                "CUSTOM" => field.is_custom(),
                _ => true,
            })
            .map(|field| of_field(field, &Column::default()))
            .collect()
    }

    fn children(&self, object: &Object, children: &Select) -> Option<Json> {
        let relationship = children.from.path.last().text.clone();
        let (_, child) = tree::child_of(self.schema, object, &relationship)?;
        let mut column = leaf(&relationship, &relationship, FieldKind::Text, true, None);
        column["joinColumns"] = json!(self.columns(child, children));
        Some(column)
    }
}

/// What is said of a column beside its field.
#[derive(Default)]
struct Column<'a> {
    alias: Option<&'a str>,
}

/// Adds a field, or a parent with the field in it; one parent is one column.
fn add_path(
    columns: &mut Vec<Json>,
    schema: &Schema,
    object: &Object,
    names: &[&str],
    column: &Column<'_>,
) {
    let [first, rest @ ..] = names else { return };
    if rest.is_empty() {
        columns.push(match object.field(first) {
            Some(field) => of_field(field, column),
            None => leaf(first, first, FieldKind::Text, false, None),
        });
        return;
    }
    let reference = reference_of(object, first);
    let name = reference
        .and_then(|field| field.relationship_name.as_deref())
        .unwrap_or(first);
    let known = columns.iter_mut().position(|column| {
        column["columnName"].as_str() == Some(name) && column["aggregate"] == json!(false)
    });
    let place = known.unwrap_or_else(|| {
        columns.push(leaf(name, name, FieldKind::Text, false, reference));
        columns.len() - 1
    });
    let parent = reference
        .and_then(|field| field.reference_to.first())
        .and_then(|name| schema.object(name.as_str()));
    let mut nested = columns[place]["joinColumns"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    match parent {
        Some(parent) => add_path(&mut nested, schema, parent, rest, column),
        None => nested.push(leaf(
            &rest.join("."),
            &rest.join("."),
            FieldKind::Text,
            false,
            None,
        )),
    }
    columns[place]["joinColumns"] = json!(nested);
}

fn of_field(field: &Field, column: &Column<'_>) -> Json {
    let name = field.name.as_str();
    let shown = column.alias.unwrap_or(name);
    leaf(shown, name, field.kind, false, Some(field))
}

fn leaf(
    name: &str,
    shown: &str,
    kind: FieldKind,
    is_aggregate: bool,
    field: Option<&Field>,
) -> Json {
    let foreign_key = field.filter(|field| field.kind == FieldKind::Reference);
    json!({
        "aggregate": is_aggregate,
        "apexType": apex_type(kind),
        "booleanType": kind == FieldKind::Checkbox,
        "columnName": name,
        "custom": field.is_some_and(Field::is_custom),
        "displayName": shown,
        "foreignKeyName": foreign_key.and_then(|field| field.relationship_name.as_deref()),
        "insertable": field.is_some_and(|field| field.createable),
        "joinColumns": [],
        "numberType": kind.is_number(),
        "textType": kind.is_text() || matches!(kind, FieldKind::Id | FieldKind::Reference),
        "updatable": field.is_some_and(|field| field.updateable),
    })
}

fn apex_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id | FieldKind::Reference => "Id",
        FieldKind::Checkbox => "Boolean",
        FieldKind::Integer => "Integer",
        FieldKind::Number | FieldKind::Currency | FieldKind::Percent => "Double",
        FieldKind::Date => "Date",
        FieldKind::DateTime => "Datetime",
        FieldKind::Time => "Time",
        _ => "String",
    }
}

/// A field or function as it is written.
fn text_of(expr: &Expr) -> String {
    match expr {
        Expr::Field(path) => path.text(),
        Expr::Call(call) => {
            let argument = call.argument.as_deref().map(text_of).unwrap_or_default();
            format!("{}({argument})", call.name.text)
        }
    }
}
