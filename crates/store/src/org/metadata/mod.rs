//! Objects, fields, record types and pages that admins make: kept as definitions, compiled to a
//! schema, and acted on in one transaction with everything that goes with them. The store's
//! snapshot of the schema is swapped after the commit.

pub(crate) mod deleted;
mod fields;
mod objects;
mod own_lists;
mod pages;
pub(crate) mod person_accounts;
pub(crate) mod rows;
mod value_rows;
mod visible_to;

use std::sync::Arc;

use offhook_org::UserContext;
use offhook_org::access::Permission;
use offhook_org::schema::definition::{DefinitionError, Metadata, compile};
use offhook_org::schema::{Object, Schema};

pub use deleted::{Deleted, RESTORE_DAYS};
pub use own_lists::OWN_LISTS_MAX;
pub use pages::RecordTypesOfProfile;
pub use person_accounts::PersonAccounts;
pub use visible_to::VisibleTo;

use crate::Store;
use crate::database::{DbError, Transaction};
use crate::error::StoreError;
use crate::tables;

/// One change at a time, and what rows were last made from.
#[derive(Default)]
pub(crate) struct Changing {
    turn: tokio::sync::Mutex<()>,
    /// The schema that the rows of entity and field definitions tell of.
    told: tokio::sync::Mutex<Option<Arc<Schema>>>,
}

/// Why a change of objects and fields was not made.
#[derive(Debug, thiserror::Error)]
pub enum MetadataFailure {
    /// The user lacks the right "Customize Application".
    #[error(
        "you do not have the right to customize the application. Ask an administrator to add it \
         to your profile"
    )]
    Forbidden,
    /// It breaks a rule.
    #[error("{0}")]
    Refused(#[from] DefinitionError),
    /// There is no such object, field or page.
    #[error("there is no {0}")]
    NotFound(String),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for MetadataFailure {
    fn from(error: DbError) -> Self {
        Self::Store(error.into())
    }
}

/// What is to be said of a change in the audit trail.
pub(crate) struct Said {
    pub(crate) action: &'static str,
    pub(crate) display: String,
}

/// What a change gives, and what the audit trail says of it.
type Change<T> = Result<(T, Said), MetadataFailure>;

impl Store {
    /// Everything that admins made of this org.
    pub async fn metadata(&self) -> Result<Metadata, StoreError> {
        let mut transaction = self.database().begin().await?;
        Ok(rows::load(&mut transaction).await?)
    }

    /// Makes a change: loads what is there, lets it be changed, checks the whole, and brings
    /// tables, rows and the snapshot in step. Nothing is left of a change that is refused.
    pub(crate) async fn change_metadata<T>(
        &self,
        user: &UserContext,
        change: impl AsyncFnOnce(&mut Transaction, &mut Metadata) -> Change<T>,
    ) -> Result<T, MetadataFailure> {
        if !user.holds(Permission::CustomizeApplication) {
            return Err(MetadataFailure::Forbidden);
        }
        self.change_own_pages(user, change).await
    }

    /// [`Store::change_metadata`] of what is the user's alone, which needs no right.
    async fn change_own_pages<T>(
        &self,
        user: &UserContext,
        change: impl AsyncFnOnce(&mut Transaction, &mut Metadata) -> Change<T>,
    ) -> Result<T, MetadataFailure> {
        let _turn = self.inner.metadata.turn.lock().await;
        let mut transaction = self.database().begin().await?;
        let before = rows::load(&mut transaction).await?;
        let mut after = before.clone();
        let (made, said) = change(&mut transaction, &mut after).await?;
        let schema = compile(&after)?.with_sharing(&self.chosen_sharing().await?);
        rows::save(&mut transaction, &before, &after).await?;
        self.act(&mut transaction, &schema).await?;
        self.audit_in(
            &mut transaction,
            user,
            "Object Manager",
            said.action,
            &said.display,
        )
        .await?;
        transaction.commit().await?;
        self.swap_schema(schema);
        self.rights_changed("FieldPermissions");
        Ok(made)
    }

    /// Brings tables and rows in step with a schema that differs from the present one.
    async fn act(
        &self,
        transaction: &mut Transaction,
        schema: &Schema,
    ) -> Result<(), MetadataFailure> {
        let present = self.schema();
        let differs = |object: &&Object| {
            let old = present.object(object.name.as_str());
            old.is_none_or(|old| old.as_ref() != *object)
        };
        let objects = schema.objects().iter().map(AsRef::as_ref);
        let changed: Vec<&Object> = objects.filter(differs).collect();
        let dialect = self.database().dialect();
        let added = tables::bring_objects_up_to_date(transaction, dialect, schema, &changed)
            .await
            .map_err(not_unique)?;
        self.fill_from_contacts(transaction, schema, &added).await?;
        self.write_value_rows(transaction, schema).await?;
        Ok(())
    }

    fn swap_schema(&self, schema: Schema) {
        let mut present = self.inner.schema.write();
        let present = match &mut present {
            Ok(present) => present,
            Err(poisoned) => poisoned.get_mut(),
        };
        **present = Arc::new(schema);
    }
}

/// A unique index cannot be made over values that are there twice.
fn not_unique(error: DbError) -> MetadataFailure {
    match error {
        DbError::Unique(_) => MetadataFailure::Refused(DefinitionError::new(
            "Unique",
            "records have the same value in this field already; make them differ first",
        )),
        error => error.into(),
    }
}

/// The object of a schema by its name, or the failure that there is none.
fn object<'a>(schema: &'a Schema, name: &str) -> Result<&'a Arc<Object>, MetadataFailure> {
    let object = schema.object(name);
    object.ok_or_else(|| MetadataFailure::NotFound(format!("object {name}")))
}
