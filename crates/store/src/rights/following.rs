//! What is written along with a row of Setup, in the same transaction: the permission set of a
//! profile, the groups that stand for a role, names that are repeated elsewhere.

use offhook_org::access::Permission;
use offhook_org::record::Fields;
use offhook_org::schema::Object;
use offhook_org::{RecordId, UserContext, Value};

use super::checks::{id_of, is_on, text_of};
use super::rows::{link, row, text};
use crate::Store;
use crate::database::{DbError, Statement, Transaction};

impl Store {
    /// Writes what belongs to a new or changed row of Setup, in the same transaction.
    pub(crate) async fn complete_setup_row(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        object: &Object,
        id: &RecordId,
        before: &Fields,
        after: &Fields,
    ) -> Result<(), DbError> {
        let is_new = before.is_empty();
        match object.name.as_str() {
            "Profile" if is_new => {
                let name = text_of(after, "Name");
                self.own_set(transaction, user, id, &name).await?;
                self.repeat_columns(transaction, "org_permissionset", "profileid", id, after)
                    .await
            }
            "Profile" => {
                let rename =
                    Statement::new("UPDATE org_user SET profilename = $2 WHERE profileid = $1")
                        .with(id)
                        .with(text_of(after, "Name"));
                transaction.execute(&rename).await?;
                self.repeat_columns(transaction, "org_permissionset", "profileid", id, after)
                    .await
            }
            "PermissionSet" => match id_of(after, "ProfileId") {
                Some(profile) => {
                    self.repeat_columns(transaction, "org_profile", "id", profile, after)
                        .await
                }
                None => Ok(()),
            },
            "UserRole" if is_new => self.role_groups(transaction, user, id, after).await,
            "UserRole" => {
                let rename = Statement::new("UPDATE org_group SET name = $2 WHERE relatedid = $1")
                    .with(id)
                    .with(text_of(after, "Name"));
                transaction.execute(&rename).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    /// The rights over the org, in a profile as in its permission set.
    async fn repeat_columns(
        &self,
        transaction: &mut Transaction,
        table: &str,
        key: &str,
        id: &RecordId,
        after: &Fields,
    ) -> Result<(), DbError> {
        let mut update = Statement::new(format!("UPDATE {table} SET "));
        let mut separator = "";
        for permission in Permission::ALL {
            let column = permission.column();
            update
                .push(separator)
                .push(&column.to_ascii_lowercase())
                .push(" = ");
            update.arg(is_on(after, column));
            separator = ", ";
        }
        update.push(&format!(" WHERE {key} = ")).arg(id);
        transaction.execute(&update).await.map(drop)
    }

    /// What stands for a role where records are shared: its people, and those with all below.
    pub(super) async fn role_groups(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        role: &RecordId,
        after: &Fields,
    ) -> Result<(), DbError> {
        let group = |kind: &str| {
            row([
                ("Name", text(text_of(after, "Name"))),
                ("DeveloperName", text(text_of(after, "DeveloperName"))),
                ("Type", text(kind)),
                ("RelatedId", link(role)),
                ("OwnerId", link(&self.org_id())),
                ("DoesIncludeBosses", Value::Boolean(true)),
            ])
        };
        let rows = vec![group("Role"), group("RoleAndSubordinates")];
        self.insert_rows(transaction, user, "Group", rows)
            .await
            .map(drop)
    }
}
