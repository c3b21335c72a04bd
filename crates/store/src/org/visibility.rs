//! What a user may see, said in SQL: the same as `UserContext::may_see_record` and
//! `may_read_field` say of one record.

use std::collections::BTreeMap;
use std::sync::Arc;

use offhook_org::access::{
    AccessLevel, Comparison, Criterion, Operation, Parent, Shares, Which, criterion_value,
    is_share, own_row_field,
};
use offhook_org::schema::{Field, FieldKind, Object, ObjectKind};
use offhook_org::{ObjectName, RecordId, UserContext, Value};

use super::columns;

mod files;

use crate::Store;
use crate::database::{DbError, Dialect, Row, Statement, Transaction};
use crate::error::StoreError;
use crate::tables;

/// Ids in one statement.
const IDS_MAX: usize = 500;

/// Whom a statement is written for, and in which dialect.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) user: &'a UserContext,
    pub(crate) dialect: Dialect,
}

impl Store {
    /// The user, for conditions in the words of this database.
    pub(crate) fn asker<'a>(&self, user: &'a UserContext) -> Asker<'a> {
        let dialect = self.database().dialect();
        Asker { user, dialect }
    }

    /// The object, if there is one of this name and the user may read its records.
    pub(crate) fn readable_object(
        &self,
        user: &UserContext,
        name: &ObjectName,
    ) -> Option<Arc<Object>> {
        let object = self.schema().object(name.as_str())?.clone();
        user.may(object.name.as_str(), Operation::Read)
            .then_some(object)
    }
}

/// The fields that have columns and that the user may read.
pub(super) fn readable_fields<'a>(user: &UserContext, object: &'a Object) -> Vec<&'a Field> {
    let mut fields = columns::all_fields(object);
    fields.retain(|field| user.may_read_field(object.name.as_str(), field.name.as_str()));
    fields
}

/// The field, if there is one of this name and the user may read it; else one error for both.
pub(super) fn readable_field<'a>(
    user: &UserContext,
    object: &'a Object,
    name: &str,
) -> Result<&'a Field, StoreError> {
    let field = object.field(name);
    field
        .filter(|f| user.may_read_field(object.name.as_str(), f.name.as_str()))
        .ok_or_else(|| {
            StoreError::BadQuery(format!(
                "{} has no field {name} that you can read",
                object.name
            ))
        })
}

/// Adds the condition that the record is not in the recycle bin and that the user may see it;
/// that the user may read the object is already known.
pub(crate) fn push_visible(statement: &mut Statement, asker: Asker<'_>, object: &Object) {
    statement.push(" AND NOT is_deleted");
    let table = tables::table(object);
    push_level(statement, asker, object, &table, AccessLevel::Read);
}

/// Objects whose records are seen as others are, one by another; deeper ones are not seen.
const PARENTS_MAX: usize = 4;

/// Ids that are given to a statement as parameters; more are written into its text, where they
/// cost less. An id is letters and digits alone.
const ID_PARAMS_MAX: usize = 30;

/// Adds ` AND …`: the condition that the user gets at least so far with a record of the object,
/// in the recycle bin or not. `alias` is the name that the object's table has in the statement.
/// Nothing is added where the user gets so far with every record; that the user may read the
/// object at all is already known.
pub(crate) fn push_level(
    statement: &mut Statement,
    asker: Asker<'_>,
    object: &Object,
    alias: &str,
    level: AccessLevel,
) {
    push_told_fields(statement, asker, object, alias);
    push_level_below(statement, asker, object, alias, level, 0);
}

/// Of a history, rows about fields that the user may not read are hidden.
fn push_told_fields(statement: &mut Statement, asker: Asker<'_>, object: &Object, alias: &str) {
    if object.kind != ObjectKind::History || asker.user.is_system() {
        return;
    }
    let Some(parent) = asker
        .user
        .sharing
        .parent(object)
        .map(|parent| &parent.object)
    else {
        return;
    };
    let hidden = parent.fields.iter().filter(|field| {
        let name = field.name.as_str();
        field.has_column() && !asker.user.may_read_field(parent.name.as_str(), name)
    });
    let hidden: Vec<&str> = hidden.map(|field| field.name.as_str()).collect();
    if hidden.is_empty() {
        return;
    }
    statement.push(&format!(" AND {alias}.\"field\" NOT IN "));
    statement.arg_list(hidden.into_iter().map(Into::into));
}

fn push_level_below(
    statement: &mut Statement,
    asker: Asker<'_>,
    object: &Object,
    alias: &str,
    level: AccessLevel,
    depth: usize,
) {
    if asker.user.level_for_all(object) >= level {
        return;
    }
    if object.name.as_str() == "ContentDocumentLink" {
        return files::push_link(statement, asker, object, alias, level, depth);
    }
    statement.push(" AND (FALSE");
    if let (Some(field), Some(id)) = (own_row_field(object.name.as_str()), &asker.user.user) {
        let column = field.to_ascii_lowercase();
        statement.push(&format!(" OR {alias}.{column} = ")).arg(id);
    }
    if let Some(parent) = asker.user.sharing.parent(object) {
        push_parent(statement, asker, object, parent, alias, level, depth);
    } else if let Some(owner) = owner_column(object) {
        statement.push(&format!(" OR {alias}.{owner} IN "));
        push_ids(statement, asker.user.owners_of(object));
        files::push_linked(statement, asker, object, alias, level, depth);
        push_shared(statement, asker, object, alias, level);
    }
    statement.push(")");
}

/// The column of whom a record is seen by: of a user, the user.
fn owner_column(object: &Object) -> Option<&'static str> {
    match object.name.as_str() {
        "User" => Some("id"),
        _ => object.field("OwnerId").map(|_| "ownerid"),
    }
}

/// As far as the user gets with the record that this one belongs to. One that belongs to none is
/// its owner's.
fn push_parent(
    statement: &mut Statement,
    asker: Asker<'_>,
    object: &Object,
    parent: &Parent,
    alias: &str,
    level: AccessLevel,
    depth: usize,
) {
    let column = parent.field.as_str().to_ascii_lowercase();
    if let Some(owner) = owner_column(object) {
        statement.push(&format!(
            " OR ({alias}.{column} IS NULL AND {alias}.{owner} IN "
        ));
        push_ids(statement, asker.user.owners());
        statement.push(")");
    }
    let may_read = asker.user.may(parent.object.name.as_str(), Operation::Read);
    if !may_read || depth >= PARENTS_MAX {
        return;
    }
    // Who may change the whole may change and delete its parts; who may give it away may share it.
    let needed = match (level, is_share(object.name.as_str())) {
        (AccessLevel::Edit | AccessLevel::Full, true) => AccessLevel::Full,
        (AccessLevel::Full, false) => AccessLevel::Edit,
        (level, _) => level,
    };
    if asker.user.level_for_all(&parent.object) >= needed {
        statement.push(&format!(" OR {alias}.{column} IS NOT NULL"));
        return;
    }
    let (table, above) = (tables::table(&parent.object), format!("above_{depth}"));
    statement.push(&format!(
        " OR {alias}.{column} IN (SELECT {above}.id FROM {table} AS {above} WHERE TRUE"
    ));
    push_level_below(statement, asker, &parent.object, &above, needed, depth + 1);
    statement.push(")");
}

/// What rules and rows share with the user.
fn push_shared(
    statement: &mut Statement,
    asker: Asker<'_>,
    object: &Object,
    alias: &str,
    level: AccessLevel,
) {
    let rules = asker.user.sharing.rules(object).iter();
    for rule in rules.filter(|rule| rule.level >= level) {
        match &rule.which {
            Which::OwnedBy(owners) => {
                statement.push(&format!(" OR {alias}.ownerid IN "));
                push_ids(statement, owners.iter());
            }
            Which::Criteria(criteria) => {
                push_criteria(statement, asker.dialect, object, criteria, alias);
            }
        }
    }
    let Some(shares) = Shares::of(object).filter(|_| level <= AccessLevel::Edit) else {
        return;
    };
    let (table, record) = (shares.table(), shares.record_field.to_ascii_lowercase());
    let given = shares.level_field.to_ascii_lowercase();
    let levels = match level {
        AccessLevel::None | AccessLevel::Read => "'Read', 'Edit', 'All'",
        AccessLevel::Edit | AccessLevel::Full => "'Edit', 'All'",
    };
    statement.push(&format!(
        " OR {alias}.id IN (SELECT {record} FROM {table} \
         WHERE NOT is_deleted AND {given} IN ({levels}) AND userorgroupid IN "
    ));
    push_ids(statement, asker.user.reach.grantees.iter());
    statement.push(")");
}

/// A condition that cannot be said of the field shares nothing.
fn push_criteria(
    statement: &mut Statement,
    dialect: Dialect,
    object: &Object,
    criteria: &[Criterion],
    alias: &str,
) {
    let known: Option<Vec<(&Field, Value)>> = criteria
        .iter()
        .map(|criterion| {
            let field = object.field(criterion.field.as_str())?;
            Some((field, criterion_value(field, criterion)?))
        })
        .collect();
    let Some(known) = known.filter(|known| !known.is_empty()) else {
        return;
    };
    statement.push(" OR (TRUE");
    for (criterion, (field, value)) in criteria.iter().zip(&known) {
        let column = format!("{alias}.{}", tables::column(field));
        statement.push(" AND ");
        push_criterion(statement, dialect, criterion, field, &column, value);
    }
    statement.push(")");
}

fn push_criterion(
    statement: &mut Statement,
    dialect: Dialect,
    criterion: &Criterion,
    field: &Field,
    column: &str,
    value: &Value,
) {
    let Some(param) = columns::param(field, value) else {
        statement.push("FALSE");
        return;
    };
    let is_text = tables::is_text(field);
    let column = match (is_text, field.kind) {
        (false, FieldKind::Checkbox) => format!("coalesce({column}, FALSE)"),
        _ => column.to_owned(),
    };
    let compared = match is_text {
        true => dialect.folded(&column),
        false => column.clone(),
    };
    let push_wanted = |statement: &mut Statement, param| match is_text {
        true => dialect.push_folded(statement, param),
        false => drop(statement.arg(param)),
    };
    match criterion.comparison {
        Comparison::Equals if value.is_null() => drop(statement.push(&format!("{column} IS NULL"))),
        Comparison::NotEquals if value.is_null() => {
            statement.push(&format!("{column} IS NOT NULL"));
        }
        Comparison::Equals => {
            statement.push(&compared).push(" = ");
            push_wanted(statement, param);
        }
        Comparison::NotEquals => {
            statement.push(&format!("({column} IS NULL OR {compared} <> "));
            push_wanted(statement, param);
            statement.push(")");
        }
        Comparison::Contains | Comparison::StartsWith => match value {
            Value::Text(text) if is_text => {
                let mut pattern = super::list::containing(text);
                if criterion.comparison == Comparison::StartsWith {
                    pattern.remove(0);
                }
                dialect.push_like(statement, &column, &pattern);
            }
            _ => drop(statement.push("FALSE")),
        },
    }
}

/// Ids in parentheses.
fn push_ids<'a>(statement: &mut Statement, ids: impl Iterator<Item = &'a RecordId>) {
    let ids: Vec<&RecordId> = ids.collect();
    if ids.len() <= ID_PARAMS_MAX {
        statement.arg_list(ids.into_iter().map(Into::into));
        return;
    }
    let mut separator = "('";
    for id in ids {
        statement.push(separator).push(id.as_str());
        separator = "', '";
    }
    statement.push("')");
}

impl Store {
    /// How far the user gets with a record; of one that is not there, not at all.
    pub async fn access_level(
        &self,
        user: &UserContext,
        id: &RecordId,
    ) -> Result<AccessLevel, StoreError> {
        let Some(object) = self.readable_object_of(user, id) else {
            return Ok(AccessLevel::None);
        };
        let statement = level_statement(self.asker(user), &object, std::slice::from_ref(id));
        match self.database().read_one(&statement).await? {
            Some(row) => Ok(level_in(&row)?),
            None => Ok(AccessLevel::None),
        }
    }

    /// How far the user gets with each of these records of one object, in the bin or not. One
    /// that is not there, or that the user may not see, is absent.
    pub(crate) async fn access_levels(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        ids: &[RecordId],
    ) -> Result<BTreeMap<RecordId, AccessLevel>, DbError> {
        let for_all = user.level_for_all(object);
        if for_all == AccessLevel::Full {
            return Ok(ids.iter().map(|id| (id.clone(), for_all)).collect());
        }
        let mut levels = BTreeMap::new();
        if !user.may(object.name.as_str(), Operation::Read) {
            return Ok(levels);
        }
        for ids in ids.chunks(IDS_MAX) {
            let statement = level_statement(self.asker(user), object, ids);
            for row in transaction.fetch(&statement).await? {
                let level = level_in(&row)?;
                if level > AccessLevel::None {
                    levels.insert(row.record_id(0)?, level);
                }
            }
        }
        Ok(levels)
    }
}

/// Ids with the number of their level.
fn level_statement(asker: Asker<'_>, object: &Object, ids: &[RecordId]) -> Statement {
    let table = tables::table(object);
    let mut statement = Statement::new("SELECT id, CASE");
    for (level, number) in [
        (AccessLevel::Full, 3),
        (AccessLevel::Edit, 2),
        (AccessLevel::Read, 1),
    ] {
        statement.push(" WHEN TRUE");
        push_level(&mut statement, asker, object, &table, level);
        statement.push(&format!(" THEN {number}"));
    }
    statement.push(&format!(" ELSE 0 END FROM {table} WHERE id IN "));
    push_ids(&mut statement, ids.iter());
    statement
}

fn level_in(row: &Row) -> Result<AccessLevel, DbError> {
    Ok(match row.integer(1)? {
        3 => AccessLevel::Full,
        2 => AccessLevel::Edit,
        1 => AccessLevel::Read,
        _ => AccessLevel::None,
    })
}
