//! What a record takes from, or asks of, the records it points to: owners who may own, and the
//! account of a task or an event.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{FieldName, RecordId, Value};

use super::gate::{Draft, Gate, IDS_MAX};
use crate::database::{DbError, Statement, Transaction};
use crate::tables;

impl Gate<'_> {
    /// Refuses to give a record to a user who is not active. The system may: records of somebody
    /// who has left are filled in as they were.
    pub(super) async fn check_owners(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        if self.user.is_system() {
            return Ok(());
        }
        let owner = |draft: &Draft| {
            let value = draft.prepared.get(&FieldName::new("OwnerId"))?;
            let id = value.as_reference()?;
            let is_other = Some(id) != self.user.user.as_ref() && id.key_prefix() == "005";
            (is_other && !draft.is_refused()).then(|| id.clone())
        };
        let owners: BTreeSet<RecordId> = drafts.iter().filter_map(owner).collect();
        let owners: Vec<RecordId> = owners.into_iter().collect();
        let mut inactive = BTreeSet::new();
        for ids in owners.chunks(IDS_MAX) {
            let mut statement = Statement::new("SELECT id FROM org_user WHERE id IN ");
            statement.arg_list(ids.iter().map(Into::into));
            statement.push(" AND NOT isactive");
            for row in transaction.fetch(&statement).await? {
                inactive.insert(row.record_id(0)?);
            }
        }
        for draft in drafts.iter_mut() {
            if let Some(id) = owner(draft).filter(|id| inactive.contains(id)) {
                let words = format!(
                    "operation performed with inactive user [{id}] as owner of {}. Give it to \
                     an active user",
                    object.label.to_lowercase()
                );
                let code = SaveErrorCode::InactiveOwnerOrUser;
                draft.refuse(SaveError::new(code, words, vec!["OwnerId".to_owned()]));
            }
        }
        Ok(())
    }

    /// The account of an activity: the one it is related to, or that of what it is related to,
    /// else that of its contact.
    pub(super) async fn derive_accounts(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        let is_activity = ["Task", "Event"].contains(&object.name.as_str());
        let Some(account) = object.field("AccountId").filter(|_| is_activity) else {
            return Ok(());
        };
        let (who, what) = (FieldName::new("WhoId"), FieldName::new("WhatId"));
        let concerns = |draft: &Draft| {
            let changes = &draft.prepared;
            !draft.is_refused() && (changes.contains_key(&who) || changes.contains_key(&what))
        };
        let link = |draft: &Draft, name: &FieldName| {
            let before = draft.before.as_ref().and_then(|r| r.fields.get(name));
            let value = draft.prepared.get(name).or(before)?;
            value.as_reference().cloned()
        };
        let mut links = BTreeSet::new();
        for draft in drafts.iter().filter(|d| concerns(d)) {
            links.extend(link(draft, &who));
            links.extend(link(draft, &what));
        }
        let accounts = self.accounts_of(transaction, &links).await?;
        for draft in drafts.iter_mut().filter(|d| concerns(d)) {
            let of = |id: &RecordId| match id.key_prefix() {
                "001" => Some(id.clone()),
                _ => accounts.get(id).cloned(),
            };
            let found = link(draft, &what).as_ref().and_then(of);
            let found = found.or_else(|| link(draft, &who).as_ref().and_then(of));
            let value = found.map_or(Value::Null, Value::Reference);
            let before = draft.before.as_ref().map(|r| r.get("AccountId").clone());
            if before.unwrap_or(Value::Null) != value {
                draft.prepared.insert(account.name.clone(), value);
            }
        }
        Ok(())
    }

    /// The accounts of these records, by record.
    async fn accounts_of(
        &self,
        transaction: &mut Transaction,
        ids: &BTreeSet<RecordId>,
    ) -> Result<BTreeMap<RecordId, RecordId>, DbError> {
        let mut by_object: BTreeMap<&str, Vec<&RecordId>> = BTreeMap::new();
        for id in ids {
            by_object.entry(id.key_prefix()).or_default().push(id);
        }
        let mut accounts = BTreeMap::new();
        for ids in by_object.values().flat_map(|ids| ids.chunks(IDS_MAX)) {
            let object = ids.first().and_then(|id| self.schema.object_of(id));
            let Some((object, field)) = object.and_then(|o| Some((o, account_field(o)?))) else {
                continue;
            };
            let (table, column) = (tables::table(object), tables::column(field));
            let mut statement = Statement::new(format!("SELECT id, {column} FROM {table}"));
            statement.push(" WHERE id IN ");
            statement.arg_list(ids.iter().map(|id| (*id).into()));
            statement.push(&format!(" AND {column} IS NOT NULL"));
            for row in transaction.fetch(&statement).await? {
                accounts.insert(row.record_id(0)?, row.record_id(1)?);
            }
        }
        Ok(accounts)
    }
}

/// The field that says to which account a record belongs, where an activity follows it.
fn account_field(object: &Object) -> Option<&Field> {
    match object.name.as_str() {
        "Contact" | "Opportunity" | "Contract" => object.field("AccountId"),
        _ => object.fields.iter().find(|field| {
            field.is_master_detail
                && field.kind == FieldKind::Reference
                && field
                    .reference_to
                    .iter()
                    .any(|name| name.as_str() == "Account")
        }),
    }
}
