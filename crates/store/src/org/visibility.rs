//! What a user may see, said in SQL: the same as `UserContext::may_see_record` and
//! `may_read_field` say of one record.

use std::sync::Arc;

use offhook_org::access::{AccessLevel, Operation};
use offhook_org::schema::{Field, Object};
use offhook_org::{ObjectName, UserContext};

use super::columns;
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;
use crate::tables;

impl Store {
    /// The object, if there is one of this name and the user may read its records.
    pub(super) fn readable_object(
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
pub(super) fn push_visible(statement: &mut Statement, user: &UserContext, object: &Object) {
    statement.push(" AND NOT is_deleted");
    let table = tables::table(object);
    push_level(statement, user, object, &table, AccessLevel::Read);
}

/// Adds ` AND …`: the condition that the user gets at least so far with a record of the object,
/// in the recycle bin or not. `alias` is the name that the object's table has in the statement.
/// Nothing is added where the user gets so far with every record; that the user may read the
/// object at all is already known.
pub(crate) fn push_level(
    statement: &mut Statement,
    user: &UserContext,
    object: &Object,
    alias: &str,
    level: AccessLevel,
) {
    if user.level_for_all(object) >= level {
        return;
    }
    let owner = match object.name.as_str() {
        "User" => "id",
        _ if object.field("OwnerId").is_some() => "ownerid",
        _ => {
            statement.push(" AND FALSE");
            return;
        }
    };
    statement.push(&format!(" AND {alias}.{owner} IN "));
    statement.arg_list(user.owners().map(Into::into));
}
