//! What columns an answer has, for clients that draw tables (`columns=true`).

use offhook_org::schema::{FieldKind, Object, Schema};
use offhook_org::soql::plan::{
    Aggregate, Branch, Column, Content, Expr, GroupItem, Groups, Item, Output, SelectPlan, Source,
};
use serde::Serialize;

use super::expressions::kind;
use super::{QueryFailure, QueryOptions, planned};
use crate::Store;

/// The columns of an answer, in the words of the platform's wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryColumns {
    /// One for each entry of SELECT.
    pub column_metadata: Vec<QueryColumn>,
    /// The object of FROM.
    pub entity_name: String,
    /// Are there groups?
    pub group_by: bool,
    /// Is `Id` among the entries?
    pub id_selected: bool,
    /// The first three characters of the object's ids.
    pub key_prefix: String,
}

/// One column; the entries of a parent, and of a list of children, are columns within it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the platform's own flags of a column"
)]
pub struct QueryColumn {
    /// Is it a function over several records, or a list of children?
    pub aggregate: bool,
    /// `String`, `Boolean`, `Double`, …
    pub apex_type: String,
    /// Is it a checkbox?
    pub boolean_type: bool,
    /// Its name in the records.
    pub column_name: String,
    /// Did an admin make the field?
    pub custom: bool,
    /// What people see.
    pub display_name: String,
    /// Of a parent: the reference that leads there.
    pub foreign_key_name: Option<String>,
    /// May it be set when a record is created?
    pub insertable: bool,
    /// The columns within.
    pub join_columns: Vec<QueryColumn>,
    /// Is it a number?
    pub number_type: bool,
    /// Is it text?
    pub text_type: bool,
    /// May it be changed?
    pub updatable: bool,
}

impl Store {
    /// The columns that the answer to a query has.
    pub fn query_columns(
        &self,
        user: &offhook_org::UserContext,
        soql: &str,
        options: QueryOptions,
    ) -> Result<QueryColumns, QueryFailure> {
        let schema = self.schema();
        let plan = planned(&schema, user, soql, options)?;
        let source = &plan.select.source;
        let column_metadata = columns(&schema, &plan.select);
        let root = schema.object(source.root().object.as_str());
        Ok(QueryColumns {
            id_selected: column_metadata
                .iter()
                .any(|column| column.column_name == "Id"),
            column_metadata,
            entity_name: source.root().object.as_str().to_owned(),
            group_by: matches!(plan.select.output, Output::Groups(_)),
            key_prefix: root.map_or_else(String::new, |object| object.key_prefix.clone()),
        })
    }
}

fn columns(schema: &Schema, select: &SelectPlan) -> Vec<QueryColumn> {
    match &select.output {
        Output::Count => Vec::new(),
        Output::Rows(items) => of_items(schema, &select.source, items),
        Output::Groups(groups) => {
            let items = groups.items.iter();
            items
                .map(|item| of_group(schema, &select.source, groups, item))
                .collect()
        }
    }
}

fn of_items(schema: &Schema, source: &Source, items: &[Item]) -> Vec<QueryColumn> {
    items
        .iter()
        .map(|item| of_item(schema, source, item))
        .collect()
}

fn of_item(schema: &Schema, source: &Source, item: &Item) -> QueryColumn {
    match &item.content {
        Content::Value {
            value: Expr::Column(column),
            ..
        } => of_field(object(schema, source, column), column, &item.name),
        Content::Value { value, .. } => plain(&item.name, kind(value, None).kind),
        Content::Address(_) => plain(&item.name, FieldKind::Address),
        Content::Parent { branches } => of_parent(schema, source, &item.name, branches),
        Content::Children(children) => QueryColumn {
            aggregate: true,
            join_columns: columns(schema, &children.select),
            ..plain(&item.name, FieldKind::Reference)
        },
    }
}

/// Of a polymorphic parent, the entries of all its branches.
fn of_parent(schema: &Schema, source: &Source, name: &str, branches: &[Branch]) -> QueryColumn {
    let mut join_columns: Vec<QueryColumn> = Vec::new();
    for column in branches
        .iter()
        .flat_map(|branch| of_items(schema, source, &branch.items))
    {
        if !join_columns
            .iter()
            .any(|known| known.column_name == column.column_name)
        {
            join_columns.push(column);
        }
    }
    let join = branches
        .first()
        .and_then(|branch| source.table(branch.table).join.as_ref());
    QueryColumn {
        join_columns,
        foreign_key_name: join.map(|join| join.field.as_str().to_owned()),
        custom: name.ends_with("__r"),
        ..plain(name, FieldKind::Reference)
    }
}

fn of_group(schema: &Schema, source: &Source, groups: &Groups, item: &GroupItem) -> QueryColumn {
    let of = kind(&item.value, Some(groups)).kind;
    match &item.value {
        Expr::Key(number) => match groups.keys.get(*number) {
            Some(Expr::Column(column)) => {
                of_field(object(schema, source, column), column, &item.name)
            }
            _ => plain(&item.name, of),
        },
        Expr::Aggregate { function, .. } => QueryColumn {
            aggregate: true,
            display_name: function_name(*function).to_owned(),
            ..plain(&item.name, of)
        },
        _ => QueryColumn {
            aggregate: true,
            display_name: "grouping".to_owned(),
            ..plain(&item.name, of)
        },
    }
}

fn function_name(function: Aggregate) -> &'static str {
    match function {
        Aggregate::Count => "count",
        Aggregate::CountDistinct => "count_distinct",
        Aggregate::Sum => "sum",
        Aggregate::Avg => "avg",
        Aggregate::Min => "min",
        Aggregate::Max => "max",
    }
}

fn object<'a>(schema: &'a Schema, source: &Source, column: &Column) -> Option<&'a Object> {
    let object = schema.object(source.table(column.table).object.as_str());
    object.map(AsRef::as_ref)
}

fn of_field(object: Option<&Object>, column: &Column, name: &str) -> QueryColumn {
    let mut described = plain(name, column.kind);
    if let Some(field) = object.and_then(|object| object.field(column.field.as_str())) {
        described.custom = field.is_custom();
        described.insertable = field.createable;
        described.updatable = field.updateable;
    }
    described
}

fn plain(name: &str, kind: FieldKind) -> QueryColumn {
    QueryColumn {
        aggregate: false,
        apex_type: apex_type(kind).to_owned(),
        boolean_type: kind == FieldKind::Checkbox,
        column_name: name.to_owned(),
        custom: false,
        display_name: name.to_owned(),
        foreign_key_name: None,
        insertable: false,
        join_columns: Vec::new(),
        number_type: kind.is_number(),
        text_type: kind.is_text() || matches!(kind, FieldKind::Id | FieldKind::Reference),
        updatable: false,
    }
}

fn apex_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id | FieldKind::Reference => "Id",
        FieldKind::Integer => "Integer",
        FieldKind::Number | FieldKind::Percent => "Double",
        FieldKind::Currency => "Decimal",
        FieldKind::Checkbox => "Boolean",
        FieldKind::Date => "Date",
        FieldKind::DateTime => "Datetime",
        FieldKind::Time => "Time",
        FieldKind::Address => "System.Address",
        FieldKind::Base64 => "Blob",
        _ => "String",
    }
}
