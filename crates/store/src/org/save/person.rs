//! Person accounts: the contact of a person is written along with the account, in the same
//! transaction, and by nobody else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode, person};
use offhook_org::schema::Object;
use offhook_org::schema::person_accounts::has_persons;
use offhook_org::{FieldName, RecordId, UserContext, Value};

use super::changes::Changed;
use super::gate::{Draft, Gate, IDS_MAX};
use super::resolve::Target;
use crate::database::{DbError, Statement, Transaction};

/// The contacts that are written with some accounts.
pub(super) struct Contacts {
    object: Arc<Object>,
    /// Places of the accounts' drafts.
    places: Vec<usize>,
    /// The contacts, checked; one for each place.
    drafts: Vec<Draft>,
}

impl Gate<'_> {
    /// Refuses changes of a person's contact by itself, and links to persons where only a
    /// business can stand.
    pub(super) async fn check_persons(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        let field = match object.name.as_str() {
            "Contact" => FieldName::new("AccountId"),
            "Account" => FieldName::new("ParentId"),
            _ => return Ok(()),
        };
        let account = self.schema.object("Account");
        if self.user.is_system() || !account.is_some_and(|account| has_persons(account)) {
            return Ok(());
        }
        for draft in drafts.iter_mut().filter(|draft| !draft.is_refused()) {
            let before = draft.before.as_ref();
            let is_persons = before.is_some_and(|record| person::is_person(&record.fields));
            let is_contact = object.name.as_str() == "Contact";
            if is_contact && is_persons && !draft.prepared.is_empty() {
                draft.refuse(person::only_through_account("change"));
            }
        }
        let link = |draft: &Draft| {
            let link = draft.prepared.get(&field)?.as_reference()?.clone();
            (!draft.is_refused()).then_some(link)
        };
        let linked: BTreeSet<RecordId> = drafts.iter().filter_map(link).collect();
        let linked: Vec<RecordId> = linked.into_iter().collect();
        let mut persons = BTreeSet::new();
        for ids in linked.chunks(IDS_MAX) {
            let mut select = Statement::new("SELECT id FROM org_account WHERE id IN ");
            select.arg_list(ids.iter().map(Into::into));
            select.push(" AND ispersonaccount");
            for row in transaction.fetch(&select).await? {
                persons.insert(row.record_id(0)?);
            }
        }
        for draft in drafts.iter_mut() {
            if link(draft).is_some_and(|id| persons.contains(&id)) {
                draft.refuse(not_a_business(&field));
            }
        }
        Ok(())
    }

    /// Checks what is to be written into the contacts of accounts that are persons. An account is
    /// refused where its contact would be.
    pub(super) async fn prepare_contacts(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<Option<Contacts>, DbError> {
        let contact = self.schema.object("Contact").cloned();
        let Some(contact) = contact.filter(|_| has_persons(object)) else {
            return Ok(None);
        };
        let is_person = |draft: &Draft| {
            let before = draft.before.as_ref().map(|record| &record.fields);
            let is_person = person::is_person(before.unwrap_or(&draft.prepared));
            is_person && !draft.is_refused() && !draft.prepared.is_empty()
        };
        let contact_id = |draft: &Draft| {
            let before = draft.before.as_ref()?;
            before.get("PersonContactId").as_reference().cloned()
        };
        let ids = drafts
            .iter()
            .filter(|d| is_person(d))
            .filter_map(contact_id);
        let ids: Vec<RecordId> = ids.collect();
        let lock = self.store.database().dialect().for_change();
        let mut known = self.locked(transaction, &contact, &ids, lock).await?;
        let mut contacts = Contacts {
            object: contact.clone(),
            places: Vec::new(),
            drafts: Vec::new(),
        };
        let system = UserContext::system();
        let gate = Gate::new(self.store, &system, self.options);
        for (place, draft) in drafts.iter().enumerate().filter(|(_, d)| is_person(d)) {
            let mut fields = person::fields_of_contact(&contact, &draft.prepared);
            let target = match contact_id(draft) {
                Some(id) => Target::Record(id),
                None => Target::New,
            };
            if target == Target::New {
                fields.insert("IsPersonAccount".into(), Value::Boolean(true));
                for name in ["CreatedDate", "CreatedById"].map(FieldName::new) {
                    let given = draft.prepared.get(&name).cloned();
                    fields.extend(given.map(|value| (name, value)));
                }
            }
            let mut own = Draft::of(target, fields, Vec::new());
            if let Some(id) = own.target.record() {
                own.before = known.remove(id).map(|(record, _)| record);
                own.level = offhook_org::access::AccessLevel::Full;
                if own.before.is_none() || own.fields.is_empty() {
                    continue;
                }
            }
            gate.prepare(&contact, &mut own);
            contacts.places.push(place);
            contacts.drafts.push(own);
        }
        gate.check_unique(transaction, &contact, &mut contacts.drafts)
            .await?;
        for (place, own) in contacts.places.iter().zip(&contacts.drafts) {
            for error in &own.errors {
                let error = person::told_of_account(object, error.clone());
                drafts[*place].refuse(error);
            }
        }
        Ok(Some(contacts))
    }

    /// Writes the contacts of the accounts that were written, and links them both ways.
    pub(super) async fn write_contacts(
        &self,
        transaction: &mut Transaction,
        contacts: Option<Contacts>,
        drafts: &[Draft],
        changes: &mut [Changed],
    ) -> Result<(), DbError> {
        let Some(mut contacts) = contacts else {
            return Ok(());
        };
        for (place, own) in contacts.places.iter().zip(&mut contacts.drafts) {
            let account = drafts[*place].written.as_ref();
            match (account, own.before.is_none()) {
                (Some(account), true) => {
                    let account = Value::Reference(account.id.clone());
                    own.prepared.insert("AccountId".into(), account);
                }
                (Some(_), false) => {}
                // A refused account takes its contact with it.
                (None, _) => own.refuse(SaveError::rolled_back()),
            }
        }
        let object = &contacts.object;
        let made = self
            .insert(transaction, object, &mut contacts.drafts)
            .await?;
        let of_account: BTreeMap<RecordId, RecordId> = made
            .iter()
            .filter_map(|contact| {
                let account = contact.after.get(&FieldName::new("AccountId"))?;
                Some((account.as_reference()?.clone(), contact.id.clone()))
            })
            .collect();
        let accounts: Vec<&RecordId> = of_account.keys().collect();
        for ids in accounts.chunks(IDS_MAX) {
            let mut link = Statement::new(
                "UPDATE org_account SET personcontactid = (SELECT c.id FROM org_contact c
                 WHERE c.accountid = org_account.id AND c.ispersonaccount) WHERE id IN ",
            );
            link.arg_list(ids.iter().map(|id| (*id).into()));
            transaction.execute(&link).await?;
        }
        for change in changes.iter_mut() {
            if let Some(contact) = of_account.get(&change.id) {
                let name = FieldName::new("PersonContactId");
                let link = Value::Reference(contact.clone());
                change.after.insert(name.clone(), link);
                change.fields.insert(name);
            }
        }
        let mut told = made;
        let changed = self.update(transaction, object, &mut contacts.drafts);
        told.extend(changed.await?);
        self.note_changes(transaction, object, &told).await
    }

    /// The contacts of these accounts, by account.
    pub(super) async fn person_contacts(
        &self,
        transaction: &mut Transaction,
        accounts: &[RecordId],
    ) -> Result<BTreeMap<RecordId, RecordId>, DbError> {
        let mut contacts = BTreeMap::new();
        let account = self.schema.object("Account");
        if !account.is_some_and(|account| has_persons(account)) {
            return Ok(contacts);
        }
        for ids in accounts.chunks(IDS_MAX) {
            let mut select = Statement::new(
                "SELECT id, personcontactid FROM org_account
                 WHERE ispersonaccount AND personcontactid IS NOT NULL AND id IN ",
            );
            select.arg_list(ids.iter().map(Into::into));
            for row in transaction.fetch(&select).await? {
                contacts.insert(row.record_id(0)?, row.record_id(1)?);
            }
        }
        Ok(contacts)
    }
}

/// Does the record's object let it be changed or deleted only through a person's account?
pub(super) fn is_contact_of_person(object: &Object, fields: &Fields) -> bool {
    object.name.as_str() == "Contact" && person::is_person(fields)
}

fn not_a_business(field: &FieldName) -> SaveError {
    let words = match field.as_str() {
        "ParentId" => "Parent Account: a person account is nobody's parent; choose a business",
        _ => "Account Name: a person account has one contact, its own; choose a business account",
    };
    let code = SaveErrorCode::InvalidPersonAccountOperation;
    SaveError::new(code, words, vec![field.as_str().to_owned()])
}
