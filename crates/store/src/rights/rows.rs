//! Rows that the system itself writes: those of new profiles, of the org, of what stands for a
//! role. No user's rights are asked for.

use offhook_org::access::{FieldAccess, Operation, Permission, Profile, Rights};
use offhook_org::record::Fields;
use offhook_org::schema::Schema;
use offhook_org::{FieldName, RecordId, UserContext, Value};

use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::error::StoreError;

/// Rows in one statement.
const ROWS_MAX: usize = 200;

/// Fields of a row, from names and values.
pub(crate) fn row<const N: usize>(values: [(&str, Value); N]) -> Fields {
    let values = values.into_iter();
    values
        .map(|(name, value)| (FieldName::new(name), value))
        .collect()
}

/// A text as a value.
pub(crate) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// An id as a value.
pub(crate) fn link(id: &RecordId) -> Value {
    Value::Reference(id.clone())
}

impl Store {
    /// Writes new rows of an object of Setup as they are.
    pub(crate) async fn insert_rows(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &str,
        rows: Vec<Fields>,
    ) -> Result<Vec<RecordId>, DbError> {
        let schema = self.schema();
        let object = schema.object(object);
        let object = object.ok_or_else(|| DbError::Failed("no such object".to_owned()))?;
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        if count == 0 {
            return Ok(Vec::new());
        }
        let first = self.take_ids(transaction, object, count).await?;
        let now_ms = crate::now_ms();
        let rows: Vec<(RecordId, Fields)> = (first..)
            .zip(rows)
            .map(|(serial, fields)| {
                let id = RecordId::from_serial(&object.key_prefix, serial);
                (id, self.completed(user, object, fields, now_ms))
            })
            .collect();
        for rows in rows.chunks(ROWS_MAX) {
            let insertion = self.insertion(object, rows)?;
            transaction.execute(&insertion.rows).await?;
            if let Some(words) = self.words(object, rows) {
                transaction.execute(&words).await?;
            }
        }
        Ok(rows.into_iter().map(|(id, _)| id).collect())
    }

    /// Stores a profile, or replaces what the one of this name gives.
    pub async fn put_profile(&self, profile: &Profile) -> Result<RecordId, StoreError> {
        let schema = self.schema();
        let rights = profile.rights(&schema);
        let mut transaction = self.database().begin().await?;
        let id = self
            .put_profile_in(&mut transaction, profile, &rights)
            .await?;
        transaction.commit().await?;
        self.rights_changed("Profile");
        Ok(id)
    }

    pub(super) async fn put_profile_in(
        &self,
        transaction: &mut Transaction,
        profile: &Profile,
        rights: &Rights,
    ) -> Result<RecordId, DbError> {
        let known = Statement::new(
            "SELECT p.id, s.id FROM org_profile p
             JOIN org_permissionset s ON s.profileid = p.id
             WHERE lower(p.name) = lower($1) AND NOT p.is_deleted",
        )
        .with(profile.name.as_str());
        let (id, set) = match transaction.fetch_one(&known).await? {
            Some(row) => (row.record_id(0)?, row.record_id(1)?),
            None => self.new_profile(transaction, &profile.name).await?,
        };
        self.replace_rights(transaction, &set, Some(&id), rights)
            .await?;
        Ok(id)
    }

    /// A profile and the permission set that it owns, without any rights.
    async fn new_profile(
        &self,
        transaction: &mut Transaction,
        name: &str,
    ) -> Result<(RecordId, RecordId), DbError> {
        let system = UserContext::system();
        let profile = row([("Name", text(name)), ("UserType", text("Standard"))]);
        let ids = self
            .insert_rows(transaction, &system, "Profile", vec![profile])
            .await?;
        let profile = only(ids)?;
        let set = self.own_set(transaction, &system, &profile, name).await?;
        Ok((profile, set))
    }

    /// The hidden permission set of a new profile.
    pub(super) async fn own_set(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        profile: &RecordId,
        name: &str,
    ) -> Result<RecordId, DbError> {
        let set = row([
            ("Name", text(format!("X{}", profile.short()))),
            ("Label", text(name)),
            ("ProfileId", link(profile)),
            ("IsOwnedByProfile", Value::Boolean(true)),
            ("IsCustom", Value::Boolean(false)),
            ("Type", text("Profile")),
        ]);
        only(
            self.insert_rows(transaction, user, "PermissionSet", vec![set])
                .await?,
        )
    }

    /// Gives a permission set exactly these rights; with its profile, whose columns repeat them.
    pub(super) async fn replace_rights(
        &self,
        transaction: &mut Transaction,
        set: &RecordId,
        profile: Option<&RecordId>,
        rights: &Rights,
    ) -> Result<(), DbError> {
        let targets = [("org_permissionset", Some(set)), ("org_profile", profile)];
        for (table, id) in targets {
            let Some(id) = id else { continue };
            let mut update = Statement::new(format!("UPDATE {table} SET "));
            let mut separator = "";
            for permission in Permission::ALL {
                let column = permission.column().to_ascii_lowercase();
                update.push(separator).push(&column).push(" = ");
                update.arg(rights.permissions.contains(&permission));
                separator = ", ";
            }
            update.push(" WHERE id = ").arg(id);
            transaction.execute(&update).await?;
        }
        for table in ["org_objectpermissions", "org_fieldpermissions"] {
            let delete = format!("DELETE FROM {table} WHERE parentid = $1");
            transaction
                .execute(&Statement::new(delete).with(set))
                .await?;
        }
        let schema = self.schema();
        let system = UserContext::system();
        let objects = object_rows(&schema, set, rights);
        self.insert_rows(transaction, &system, "ObjectPermissions", objects)
            .await?;
        let fields = field_rows(&schema, set, rights);
        self.insert_rows(transaction, &system, "FieldPermissions", fields)
            .await?;
        Ok(())
    }

    /// Gives new fields to every profile that reads their object: to be called where a field is
    /// made, in the transaction that makes it. `fields` are pairs of object and field.
    pub(crate) async fn give_new_fields(
        &self,
        transaction: &mut Transaction,
        schema: &Schema,
        fields: &[(String, String)],
    ) -> Result<(), DbError> {
        let mut rows = Vec::new();
        for (object_name, field_name) in fields {
            let Some(object) = schema.object(object_name) else {
                continue;
            };
            let Some(field) = object.field(field_name) else {
                continue;
            };
            if !offhook_org::access::takes_field_rows(object, field) {
                continue;
            }
            let name = object.name.as_str();
            let given = Statement::new(
                "SELECT s.id FROM org_permissionset s
                 LEFT JOIN org_objectpermissions o ON o.parentid = s.id
                      AND lower(o.sobjecttype) = lower($1) AND NOT o.is_deleted
                 WHERE s.isownedbyprofile AND NOT s.is_deleted
                   AND (o.permissionsread OR $2)
                   AND NOT EXISTS (SELECT 1 FROM org_fieldpermissions f
                                   WHERE f.parentid = s.id AND lower(f.field) = lower($3)
                                     AND NOT f.is_deleted)",
            )
            .with(name)
            .with(["Task", "Event"].contains(&name))
            .with(format!("{name}.{}", field.name));
            for found in transaction.fetch(&given).await? {
                rows.push(field_row(
                    &found.record_id(0)?,
                    name,
                    field.name.as_str(),
                    true,
                ));
            }
        }
        let system = UserContext::system();
        self.insert_rows(transaction, &system, "FieldPermissions", rows)
            .await?;
        Ok(())
    }
}

fn object_rows(schema: &Schema, set: &RecordId, rights: &Rights) -> Vec<Fields> {
    let mut rows = Vec::new();
    for (name, operations) in rights.objects() {
        let Some(object) = schema.object(name) else {
            continue;
        };
        let mut fields = row([
            ("ParentId", link(set)),
            ("SobjectType", text(object.name.as_str())),
        ]);
        for operation in Operation::ALL {
            let is_given = Value::Boolean(operations.contains(&operation));
            fields.insert(FieldName::new(operation.column()), is_given);
        }
        rows.push(fields);
    }
    rows
}

fn field_rows(schema: &Schema, set: &RecordId, rights: &Rights) -> Vec<Fields> {
    let mut rows = Vec::new();
    for object in schema.objects() {
        let name = object.name.as_str();
        for field in &object.fields {
            if offhook_org::access::takes_field_rows(object, field)
                && let Some(access) = rights.field(name, field.name.as_str())
            {
                let edits = access == FieldAccess::Edit;
                rows.push(field_row(set, name, field.name.as_str(), edits));
            }
        }
    }
    rows
}

fn field_row(set: &RecordId, object: &str, field: &str, edits: bool) -> Fields {
    row([
        ("ParentId", link(set)),
        ("SobjectType", text(object)),
        ("Field", text(format!("{object}.{field}"))),
        ("PermissionsRead", Value::Boolean(true)),
        ("PermissionsEdit", Value::Boolean(edits)),
    ])
}

/// The id of the one row that was written.
pub(super) fn only(ids: Vec<RecordId>) -> Result<RecordId, DbError> {
    let first = ids.into_iter().next();
    first.ok_or_else(|| DbError::Failed("no row was written".to_owned()))
}
