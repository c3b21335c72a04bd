//! What names mean: objects, fields, paths to parents. Each path joins the tables that it needs.

use std::collections::BTreeSet;

use super::super::ast::{At, Name, Path, Select};
use super::super::error::{Fault, nearest};
use super::super::limits::{PARENT_LEVELS_MAX, PARENTS_MAX, TABLES_MAX};
use super::super::parse::Read;
use super::super::plan::{Column, Expr, Join, Table, TableId};
use super::Planner;
use crate::access::Operation;
use crate::schema::{Field, FieldKind, Object};

/// Fields of `Name`, the union of everything that a polymorphic reference may point to (object
/// reference, "Name"); `Type` is the object's name.
const UNION_FIELDS: [&str; 11] = [
    "Id",
    "Name",
    "FirstName",
    "LastName",
    "Alias",
    "Username",
    "Email",
    "Phone",
    "Title",
    "IsActive",
    "Type",
];
/// Parents of `Name`.
const UNION_PARENTS: [&str; 2] = ["Profile", "UserRole"];

impl<'a> Planner<'a> {
    /// The object of this name, if the user may read its records.
    pub(crate) fn readable_object(&self, name: &Name) -> Read<&'a Object> {
        let object = self.schema.object(&name.text);
        let Some(object) = object.filter(|object| self.may_read(object)) else {
            return Err(self.no_object(name.at, &name.text));
        };
        if !object.abilities.queryable {
            let fact = format!("entity type {} does not support query", object.name);
            return Err((name.at, Fault::new("INVALID_TYPE_FOR_OPERATION", fact)));
        }
        Ok(object)
    }

    pub(crate) fn may_read(&self, object: &Object) -> bool {
        self.user.may(object.name.as_str(), Operation::Read)
    }

    pub(super) fn may_read_field(&self, object: &Object, field: &Field) -> bool {
        let may_read = |field: &Field| {
            self.user
                .may_read_field(object.name.as_str(), field.name.as_str())
        };
        match field.kind {
            FieldKind::Address => parts(object, field).any(may_read),
            _ => may_read(field),
        }
    }

    pub(super) fn no_object(&self, at: At, name: &str) -> (At, Fault) {
        let fault = Fault::new(
            "INVALID_TYPE",
            format!("sObject type '{name}' is not supported."),
        );
        let objects = self
            .schema
            .objects()
            .iter()
            .filter(|object| self.may_read(object));
        let near = nearest(name, objects.map(|object| object.name.as_str()));
        let hint = match near {
            Some(near) => format!("Did you mean {near}?"),
            None => "It does not exist, or the user may not read it; names of custom objects end \
                     in __c."
                .to_owned(),
        };
        (at, fault.hint(hint))
    }

    /// A readable field of an object.
    pub(super) fn field(&self, object: &'a Object, name: &Name) -> Read<&'a Field> {
        let field = object.field(&name.text);
        match field {
            Some(field) if self.may_read_field(object, field) => Ok(field),
            Some(_) if self.is_enforced => {
                let fact = "Insufficient permissions: secure query included inaccessible field";
                let fault = Fault::new("INSUFFICIENT_ACCESS", fact);
                let hint = format!("{}.{}", object.name, name.text);
                Err((
                    name.at,
                    fault.hint(format!("The user may not read {hint}.")),
                ))
            }
            _ => Err(self.no_field(object, name)),
        }
    }

    fn no_field(&self, object: &Object, name: &Name) -> (At, Fault) {
        let readable = object
            .fields
            .iter()
            .filter(|field| self.may_read_field(object, field));
        let near = nearest(&name.text, readable.map(|field| field.name.as_str()));
        no_column(name, object.name.as_str(), near)
    }
}

fn no_column(name: &Name, entity: &str, near: Option<&str>) -> (At, Fault) {
    let fact = format!("No such column '{}' on entity '{entity}'.", name.text);
    let hint = match near {
        Some(near) => format!("Did you mean {near}?"),
        None => "It does not exist, or the user may not read it; names of custom fields end in \
                 __c."
            .to_owned(),
    };
    (name.at, Fault::new("INVALID_FIELD", fact).hint(hint))
}

/// The fields that a compound address is made of.
pub(super) fn parts<'o>(object: &'o Object, address: &'o Field) -> impl Iterator<Item = &'o Field> {
    let fields = object.fields.iter();
    fields.filter(|part| part.compound.as_ref() == Some(&address.name))
}

/// The tables of one SELECT, and what its names mean.
pub(super) struct Names<'p, 'a> {
    pub planner: &'p Planner<'a>,
    tables: Vec<Table>,
    /// The object of each table.
    objects: Vec<&'a Object>,
    /// Alias or name of the root.
    root_names: Vec<&'a str>,
    /// Aliases of parents, with the paths that they stand for.
    aliases: Vec<(&'a str, Vec<Name>)>,
    /// Relationships that are joined, by table and field.
    parents: BTreeSet<(TableId, String)>,
}

/// Where a path stands after some of its names.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// The relationship, as the schema spells it.
    pub name: String,
    /// The parent's tables: one, or one for each object of a polymorphic reference.
    pub tables: Vec<TableId>,
    /// Is the parent a `Name`?
    pub is_union: bool,
}

/// A field at the end of a path.
pub(super) struct Found<'a> {
    pub at: At,
    /// The relationships before it.
    pub steps: Vec<Step>,
    /// As the schema spells it.
    pub name: String,
    pub kind: FieldKind,
    /// The field; `None` of `Who.Type`, and of what no object of a union has.
    pub field: Option<&'a Field>,
    /// Its column in each table that has it; none for what has no column.
    pub columns: Vec<Column>,
    /// Is it `Who.Type`, the name of the object?
    pub is_object_name: bool,
}

impl Found<'_> {
    /// Its value.
    pub(super) fn expr(&self) -> Expr {
        if self.is_object_name {
            let tables = self.steps.last().map(|step| step.tables.clone());
            return Expr::ObjectName(tables.unwrap_or_default());
        }
        match self.columns.as_slice() {
            [column] => Expr::Column(column.clone()),
            columns => Expr::FirstOf(columns.to_vec()),
        }
    }
}

impl<'p, 'a> Names<'p, 'a> {
    pub(super) fn new(
        planner: &'p Planner<'a>,
        root: &'a Object,
        select: &'a Select,
    ) -> Read<Self> {
        let alias = select.from.alias.as_ref();
        let root_names = alias.map(|alias| alias.text.as_str()).into_iter();
        let mut names = Self {
            planner,
            tables: vec![Table {
                object: root.name.clone(),
                join: None,
            }],
            objects: vec![root],
            root_names: root_names.chain([root.name.as_str()]).collect(),
            aliases: Vec::new(),
            parents: BTreeSet::new(),
        };
        for from in &select.aliases {
            let path = names.without_alias(&from.path.names);
            names.walk(&path)?;
            let alias = from.alias.as_ref().unwrap_or(from.path.last());
            names.aliases.push((alias.text.as_str(), path));
        }
        Ok(names)
    }

    pub(super) fn root(&self) -> &'a Object {
        self.objects[0]
    }

    pub(super) fn object(&self, table: TableId) -> &'a Object {
        self.objects[table.0]
    }

    /// Is it a name or the alias of the root?
    pub(super) fn is_root(&self, name: &str) -> bool {
        self.root_names
            .iter()
            .any(|root| root.eq_ignore_ascii_case(name))
    }

    /// The table from which a parent's is joined.
    pub(super) fn joined_to(&self, table: TableId) -> Option<TableId> {
        self.tables[table.0].join.as_ref().map(|join| join.from)
    }

    pub(super) fn into_tables(self) -> Vec<Table> {
        self.tables
    }

    /// The field that a path leads to.
    pub(super) fn find(&mut self, path: &Path) -> Read<Found<'a>> {
        let names = self.without_alias(&path.names);
        let (last, parents) = match names.split_last() {
            Some((last, parents)) => (last, parents),
            None => (path.last(), [].as_slice()),
        };
        let steps = self.walk(parents)?;
        match steps.last() {
            Some(step) if step.is_union => self.find_in_union(path.at(), last, steps),
            step => {
                let table = step.map_or(TableId(0), |step| step.tables[0]);
                match self.find_of_person(path, table, last, &steps)? {
                    Some(found) => Ok(found),
                    None => self.find_in_table(path.at(), table, last, steps),
                }
            }
        }
    }

    /// A field of one object of a union, as `TYPEOF … THEN` names it.
    pub(super) fn find_from(&self, table: TableId, path: &Path) -> Read<Found<'a>> {
        self.find_in_table(path.at(), table, only_name(path)?, Vec::new())
    }

    /// A field of `Name` for one object of a union, as `TYPEOF … ELSE` names it.
    pub(super) fn find_in_name(&self, step: &Step, path: &Path) -> Read<Found<'a>> {
        self.find_in_union(path.at(), only_name(path)?, vec![step.clone()])
    }

    fn find_in_table(
        &self,
        at: At,
        table: TableId,
        name: &Name,
        steps: Vec<Step>,
    ) -> Read<Found<'a>> {
        let field = self.planner.field(self.object(table), name)?;
        let columns = column(table, field).into_iter().collect();
        Ok(Found {
            at,
            steps,
            name: field.name.as_str().to_owned(),
            kind: field.kind,
            field: Some(field),
            columns,
            is_object_name: false,
        })
    }

    fn find_in_union(&self, at: At, name: &Name, steps: Vec<Step>) -> Read<Found<'a>> {
        let known = |field: &&&str| field.eq_ignore_ascii_case(&name.text);
        let Some(known) = UNION_FIELDS.iter().find(known) else {
            return Err(no_column(
                name,
                "Name",
                nearest(&name.text, UNION_FIELDS.into_iter()),
            ));
        };
        let step = &steps[steps.len() - 1];
        let fields = step
            .tables
            .iter()
            .map(|table| (*table, self.union_field(*table, known)));
        let fields: Vec<(TableId, &Field)> = fields
            .filter_map(|(table, field)| Some((table, field?)))
            .collect();
        let first = fields.first().map(|(_, field)| *field);
        Ok(Found {
            at,
            name: (*known).to_owned(),
            kind: first.map_or(FieldKind::Text, |field| field.kind),
            field: first,
            is_object_name: *known == "Type",
            columns: fields
                .iter()
                .filter_map(|(table, field)| column(*table, field))
                .collect(),
            steps,
        })
    }

    /// The field of one object of a union: its name field for `Name`; none for `Type`.
    fn union_field(&self, table: TableId, known: &str) -> Option<&'a Field> {
        let object = self.object(table);
        let field = match known {
            "Type" => None,
            "Name" => object.field(object.name_field.as_str()),
            _ => object.field(known),
        };
        field.filter(|field| self.planner.may_read_field(object, field))
    }

    /// A path from the root: without the root's name or alias, aliases spelled out.
    fn without_alias(&self, names: &[Name]) -> Vec<Name> {
        let (Some(first), true) = (names.first(), names.len() > 1) else {
            return names.to_vec();
        };
        let alias = self
            .aliases
            .iter()
            .find(|(alias, _)| alias.eq_ignore_ascii_case(&first.text));
        if let Some((_, path)) = alias {
            return path.iter().chain(&names[1..]).cloned().collect();
        }
        match self.is_root(&first.text) && self.root().parent_relationship(&first.text).is_none() {
            true => names[1..].to_vec(),
            false => names.to_vec(),
        }
    }

    /// Goes up from the root.
    pub(super) fn walk(&mut self, relationships: &[Name]) -> Read<Vec<Step>> {
        if let Some(name) = relationships.get(PARENT_LEVELS_MAX) {
            let fact = format!("Relationship paths have at most {PARENT_LEVELS_MAX} levels");
            return Err((name.at, Fault::malformed(fact)));
        }
        let mut steps: Vec<Step> = Vec::new();
        for name in relationships {
            let step = match steps.last() {
                None => self.step(&[TableId(0)], name)?,
                Some(step) if step.is_union => {
                    let tables = step.tables.clone();
                    self.step_from_union(&tables, name)?
                }
                Some(step) => {
                    let tables = step.tables.clone();
                    self.step(&tables, name)?
                }
            };
            steps.push(step);
        }
        Ok(steps)
    }

    fn step_from_union(&mut self, tables: &[TableId], name: &Name) -> Read<Step> {
        match UNION_PARENTS
            .iter()
            .any(|parent| parent.eq_ignore_ascii_case(&name.text))
        {
            true => self.step(tables, name),
            false => Err(no_relationship(name)),
        }
    }

    /// One relationship up from these tables (only users among several have one).
    fn step(&mut self, tables: &[TableId], name: &Name) -> Read<Step> {
        let readable = |table: &TableId| {
            let object = self.object(*table);
            let field = object.parent_relationship(&name.text)?;
            self.planner
                .may_read_field(object, field)
                .then_some((*table, field))
        };
        let Some((from, field)) = tables.iter().find_map(readable) else {
            return Err(no_relationship(name));
        };
        let targets = field.reference_to.iter();
        let targets = targets.filter_map(|target| self.planner.schema.object(target.as_str()));
        let targets: Vec<&'a Object> = targets
            .map(|o| &**o)
            .filter(|o| self.planner.may_read(o))
            .collect();
        if targets.is_empty() {
            return Err(no_relationship(name));
        }
        let mut joined = Vec::new();
        for target in targets {
            joined.push(self.join(name.at, from, field, target)?);
        }
        let spelled = field.relationship_name.as_deref().unwrap_or(&name.text);
        Ok(Step {
            name: spelled.to_owned(),
            tables: joined,
            is_union: field.is_polymorphic(),
        })
    }

    /// The table of a parent, joined once however often it is named.
    pub(super) fn join(
        &mut self,
        at: At,
        from: TableId,
        field: &Field,
        to: &'a Object,
    ) -> Read<TableId> {
        let join = Join {
            from,
            field: field.name.clone(),
        };
        let known = self
            .tables
            .iter()
            .position(|table| table.object == to.name && table.join.as_ref() == Some(&join));
        if let Some(known) = known {
            return Ok(TableId(known));
        }
        self.parents.insert((from, field.name.as_str().to_owned()));
        if self.parents.len() > PARENTS_MAX || self.tables.len() == TABLES_MAX {
            let fact = format!("A query may name at most {PARENTS_MAX} parent relationships");
            let fault = Fault::new("QUERY_TOO_COMPLICATED", fact);
            return Err((at, fault.hint("Split the query.")));
        }
        self.tables.push(Table {
            object: to.name.clone(),
            join: Some(join),
        });
        self.objects.push(to);
        Ok(TableId(self.tables.len() - 1))
    }
}

/// The name of a field of TYPEOF, which takes no paths.
fn only_name(path: &Path) -> Read<&Name> {
    match path.names.as_slice() {
        [name] => Ok(name),
        _ => {
            let fault = Fault::malformed("TYPEOF shows fields of the object itself");
            Err((
                path.at(),
                fault.hint("Paths to its parents are not possible here."),
            ))
        }
    }
}

/// The column of a field, if it has one. A content has an address of its own, which is made of
/// the record's id.
pub(super) fn column(table: TableId, field: &Field) -> Option<Column> {
    let is_content = field.kind == FieldKind::Base64;
    (field.has_column() || is_content).then(|| Column {
        table,
        field: match is_content {
            true => "Id".into(),
            false => field.name.clone(),
        },
        kind: field.kind,
        case_sensitive: is_case_sensitive(field),
    })
}

fn is_case_sensitive(field: &Field) -> bool {
    !field.kind.is_text() || field.case_sensitive
}

fn no_relationship(name: &Name) -> (At, Fault) {
    let fact = format!(
        "Didn't understand relationship '{}' in field path.",
        name.text
    );
    let hint = "It does not exist, or the user may not read it; names of custom relationships end \
                in __r.";
    (name.at, Fault::new("INVALID_FIELD", fact).hint(hint))
}
