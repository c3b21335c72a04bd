//! Switching person accounts on, and off as long as no account is a person.

use offhook_org::access::Permission;
use offhook_org::schema::definition::{DefinitionError, Metadata};
use offhook_org::schema::person_accounts::{PERSON_RECORD_TYPE, contact_field, has_persons};
use offhook_org::schema::{RecordType, Schema, SharingDefault};
use offhook_org::{RecordId, UserContext};

use super::{MetadataFailure, Said, fields};
use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::error::StoreError;
use crate::{serial, tables};

/// How person accounts stand in this org.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonAccounts {
    /// Can accounts be persons?
    pub are_on: bool,
    /// Is there an account that is one, in the recycle bin or out of it?
    pub are_used: bool,
}

impl Store {
    /// Are person accounts on, and used?
    pub async fn person_accounts(&self) -> Result<PersonAccounts, StoreError> {
        let schema = self.schema();
        let are_on = schema.object("Account").is_some_and(|a| has_persons(a));
        let mut are_used = false;
        if are_on {
            let any = Statement::new(ANY_PERSON);
            are_used = self.database().read_one(&any).await?.is_some();
        }
        Ok(PersonAccounts { are_on, are_used })
    }

    /// Switches person accounts on: accounts get the fields of persons and a record type for
    /// them. They are switched off only while no account is a person.
    pub async fn switch_person_accounts(
        &self,
        user: &UserContext,
        on: bool,
    ) -> Result<(), MetadataFailure> {
        if !user.holds(Permission::CustomizeApplication) {
            return Err(MetadataFailure::Forbidden);
        }
        self.change_metadata(user, async |transaction, metadata| {
            match (metadata.person_accounts, on) {
                (false, true) => {
                    check_sharing(&self.schema())?;
                    add_record_type(transaction, metadata).await?;
                }
                (true, false) => {
                    let any = Statement::new(ANY_PERSON);
                    if transaction.fetch_one(&any).await?.is_some() {
                        return Err(are_used().into());
                    }
                    let types = metadata.record_types.get_mut(&"Account".into());
                    if let Some(types) = types {
                        types.retain(|record_type| !record_type.is_person);
                    }
                }
                _ => {}
            }
            metadata.person_accounts = on;
            let (action, done) = match on {
                true => ("personAccountsEnabled", "Enabled"),
                false => ("personAccountsDisabled", "Disabled"),
            };
            let display = format!("{done} person accounts");
            Ok(((), Said { action, display }))
        })
        .await
    }

    /// Fills columns that came to accounts which are persons with what their contacts say.
    pub(super) async fn fill_from_contacts(
        &self,
        transaction: &mut Transaction,
        schema: &Schema,
        added: &[(String, String)],
    ) -> Result<(), DbError> {
        let (Some(account), Some(contact)) = (schema.object("Account"), schema.object("Contact"))
        else {
            return Ok(());
        };
        let custom = added
            .iter()
            .filter(|(object, name)| object == "Account" && name.ends_with("__pc"));
        for (_, name) in custom {
            let shown = contact_field("Account", name);
            let shown = shown.and_then(|shown| contact.field(shown.as_str()));
            let (Some(field), Some(shown)) = (account.field(name), shown) else {
                continue;
            };
            let (to, from) = (tables::column(field), tables::column(shown));
            let fill = format!(
                "UPDATE org_account SET {to} = (SELECT c.{from} FROM org_contact c
                 WHERE c.id = org_account.personcontactid) WHERE ispersonaccount"
            );
            transaction.execute_script(&fill).await?;
        }
        Ok(())
    }

    /// Takes the column away in which accounts show a custom field of contacts that is deleted.
    pub(super) async fn drop_person_column(
        &self,
        transaction: &mut Transaction,
        field: &str,
    ) -> Result<(), MetadataFailure> {
        let schema = self.schema();
        let shown = field
            .strip_suffix("__c")
            .map(|plain| format!("{plain}__pc"));
        let found = schema
            .object("Account")
            .zip(shown)
            .and_then(|(account, name)| {
                let field = account.field(&name)?;
                Some((account, field))
            });
        let Some((account, field)) = found.filter(|(account, _)| has_persons(account)) else {
            return Ok(());
        };
        fields::drop_indexes(transaction, account, field).await?;
        let (table, column) = (tables::table(account), tables::column(field));
        let drop = format!("ALTER TABLE {table} DROP COLUMN {column}");
        transaction.execute_script(&drop).await?;
        let forget = "DELETE FROM org_field WHERE object = $1 AND field = $2";
        let forget = Statement::new(forget).with(account.name.as_str());
        transaction
            .execute(&forget.with(field.name.as_str()))
            .await?;
        Ok(())
    }
}

const ANY_PERSON: &str = "SELECT id FROM org_account WHERE ispersonaccount LIMIT 1";

fn are_used() -> DefinitionError {
    let words = "there are person accounts, also counting the recycle bin; delete them for good \
                 first";
    DefinitionError::new("Person Accounts", words)
}

/// The contact of a person must not be seen by more people than the account.
pub(crate) fn shares_no_more(account: SharingDefault, contact: SharingDefault) -> bool {
    let width = |sharing: SharingDefault| match sharing {
        SharingDefault::Private | SharingDefault::ControlledByParent => 0,
        SharingDefault::PublicRead => 1,
        SharingDefault::PublicReadWrite => 2,
    };
    width(contact) <= width(account)
}

fn check_sharing(schema: &Schema) -> Result<(), DefinitionError> {
    let sharing = |name: &str| schema.object(name).map(|object| object.sharing);
    let pair = sharing("Account").zip(sharing("Contact"));
    match pair.is_none_or(|(account, contact)| shares_no_more(account, contact)) {
        true => Ok(()),
        false => Err(DefinitionError::new(
            "Sharing Settings",
            "contacts are open to more people than accounts, and so would be the contacts of \
             persons. Set the default of contacts to Controlled by Parent first",
        )),
    }
}

async fn add_record_type(
    transaction: &mut Transaction,
    metadata: &mut Metadata,
) -> Result<(), MetadataFailure> {
    let types = metadata.record_types.entry("Account".into()).or_default();
    if types.iter().any(|record_type| record_type.is_person) {
        return Ok(());
    }
    let number = serial::take(transaction, "012", 1).await?;
    types.push(RecordType {
        id: RecordId::from_serial("012", number),
        developer_name: PERSON_RECORD_TYPE.to_owned(),
        label: "Person Account".to_owned(),
        description: "Customers who are people.".to_owned(),
        is_active: true,
        is_person: true,
        picklists: std::collections::BTreeMap::new(),
        profiles: None,
        default_for: Vec::new(),
    });
    Ok(())
}
