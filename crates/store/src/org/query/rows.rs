//! What rows show: the columns of a SELECT, and from them the records with their parents.

use std::collections::BTreeMap;

use offhook_org::schema::FieldKind;
use offhook_org::soql::plan::{Branch, Children, Content, Expr, Item, TableId};
use offhook_org::soql::result::{ResultList, ResultRow, ResultValue};
use offhook_org::{ObjectName, RecordId, Value};

use super::expressions::{Place, kind};
use super::writer::{Scope, Writer};
use crate::database::{DbError, Row};
use crate::org::columns;

/// Where in a row of the database the values of a record are. The first column is its id.
pub(super) struct Shape<'a> {
    object: ObjectName,
    entries: Vec<(&'a str, Slot<'a>)>,
    /// How many columns there are.
    width: usize,
    /// Lists of children in the order of their slots.
    pub(super) children: Vec<&'a Children>,
}

enum Slot<'a> {
    Value {
        column: usize,
        kind: FieldKind,
    },
    Address(Vec<(&'a str, usize, FieldKind)>),
    Parent(Vec<BranchShape<'a>>),
    /// Of which number among the shape's lists.
    Children(usize),
}

struct BranchShape<'a> {
    id_column: usize,
    type_name: &'a ObjectName,
    entries: Vec<(&'a str, Slot<'a>)>,
}

/// The lists of children of some rows: by the number of the list, then by parent.
pub(super) type Families = Vec<BTreeMap<RecordId, ResultList>>;

impl Writer<'_> {
    /// Adds the columns of a SELECT: the id, then what the items need.
    pub(super) fn push_columns<'p>(&mut self, scope: &Scope<'_>, items: &'p [Item]) -> Shape<'p> {
        self.push(&scope.alias(TableId(0))).push(".id AS c0");
        let mut shape = Shape {
            object: scope.object(TableId(0)).name.clone(),
            entries: Vec::new(),
            width: 1,
            children: Vec::new(),
        };
        shape.entries = self.push_items(scope, items, &mut shape);
        shape
    }

    fn push_items<'p>(
        &mut self,
        scope: &Scope<'_>,
        items: &'p [Item],
        shape: &mut Shape<'p>,
    ) -> Vec<(&'p str, Slot<'p>)> {
        let slots = items.iter().map(|item| {
            let slot = self.push_content(scope, &item.content, shape);
            (item.name.as_str(), slot)
        });
        slots.collect()
    }

    fn push_content<'p>(
        &mut self,
        scope: &Scope<'_>,
        content: &'p Content,
        shape: &mut Shape<'p>,
    ) -> Slot<'p> {
        match content {
            Content::Value { value, .. } => {
                let (column, kind) = self.push_column(scope, value, shape);
                Slot::Value { column, kind }
            }
            Content::Address(parts) => {
                let parts = parts.iter().map(|(name, value)| {
                    let (column, kind) = self.push_column(scope, value, shape);
                    (name.as_str(), column, kind)
                });
                Slot::Address(parts.collect())
            }
            Content::Parent { branches } => {
                let branches = branches.iter();
                let branches = branches.map(|branch| self.push_branch(scope, branch, shape));
                Slot::Parent(branches.collect())
            }
            Content::Children(children) => {
                shape.children.push(children);
                Slot::Children(shape.children.len() - 1)
            }
        }
    }

    fn push_column(
        &mut self,
        scope: &Scope<'_>,
        value: &Expr,
        shape: &mut Shape<'_>,
    ) -> (usize, FieldKind) {
        let column = shape.next_column();
        self.push(", ");
        self.push_expr(Place::Row(scope), value);
        self.push(&format!(" AS c{column}"));
        (column, kind(value, None).kind)
    }

    fn push_branch<'p>(
        &mut self,
        scope: &Scope<'_>,
        branch: &'p Branch,
        shape: &mut Shape<'p>,
    ) -> BranchShape<'p> {
        let id_column = shape.next_column();
        self.push(&format!(
            ", {}.id AS c{id_column}",
            scope.alias(branch.table)
        ));
        BranchShape {
            id_column,
            type_name: &branch.type_name,
            entries: self.push_items(scope, &branch.items, shape),
        }
    }
}

impl Shape<'_> {
    fn next_column(&mut self) -> usize {
        self.width += 1;
        self.width - 1
    }

    /// The record in a row whose columns begin at `start`. Lists of children are taken out of the
    /// families.
    pub(super) fn record(
        &self,
        row: &Row,
        start: usize,
        families: &mut Families,
    ) -> Result<ResultRow, DbError> {
        let id = row.record_id(start)?;
        Ok(ResultRow {
            object: Some(self.object.clone()),
            fields: fields(&self.entries, row, start, &id, families)?,
            id: Some(id),
        })
    }
}

fn fields(
    entries: &[(&str, Slot<'_>)],
    row: &Row,
    start: usize,
    root: &RecordId,
    families: &mut Families,
) -> Result<Vec<(String, ResultValue)>, DbError> {
    let mut fields = Vec::with_capacity(entries.len());
    for (name, slot) in entries {
        let value = match slot {
            Slot::Value { column, kind } => {
                ResultValue::Value(columns::value(*kind, row, start + column)?)
            }
            Slot::Address(parts) => ResultValue::Address(address(parts, row, start)?),
            Slot::Parent(branches) => {
                ResultValue::Parent(parent(branches, row, start, root, families)?)
            }
            Slot::Children(number) => {
                let list = families
                    .get_mut(*number)
                    .and_then(|lists| lists.remove(root));
                ResultValue::Children(list)
            }
        };
        fields.push(((*name).to_owned(), value));
    }
    Ok(fields)
}

fn address(
    parts: &[(&str, usize, FieldKind)],
    row: &Row,
    start: usize,
) -> Result<Option<Vec<(String, Value)>>, DbError> {
    let mut values = Vec::with_capacity(parts.len());
    for (name, column, kind) in parts {
        values.push((
            (*name).to_owned(),
            columns::value(*kind, row, start + column)?,
        ));
    }
    Ok(values
        .iter()
        .any(|(_, value)| !value.is_null())
        .then_some(values))
}

fn parent(
    branches: &[BranchShape<'_>],
    row: &Row,
    start: usize,
    root: &RecordId,
    families: &mut Families,
) -> Result<Option<Box<ResultRow>>, DbError> {
    let found = branches
        .iter()
        .find(|branch| !row.is_null(start + branch.id_column));
    let Some(branch) = found else {
        return Ok(None);
    };
    Ok(Some(Box::new(ResultRow {
        object: Some(branch.type_name.clone()),
        id: Some(row.record_id(start + branch.id_column)?),
        fields: fields(&branch.entries, row, start, root, families)?,
    })))
}
