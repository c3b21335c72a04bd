//! Lead conversion to a person: a lead without a company becomes a person account, whose contact
//! comes with it.

use offhook_org::save::{SaveError, SaveErrorCode, person};
use offhook_org::schema::person_accounts::{has_persons, same_of_account};
use offhook_org::{FieldName, Record, RecordId, Value};

use super::convert::{ACCOUNT_FIELDS, CONTACT_FIELDS, LeadConversion, Stop};
use super::gate::Gate;
use crate::database::Transaction;

impl Gate<'_> {
    /// Does the lead become a person? So it does in an account that is one, and in a new account
    /// when it names no company.
    pub(super) fn becomes_person(&self, lead: &Record, account: Option<&Record>) -> bool {
        let object = self.schema.object("Account");
        object.is_some_and(|object| has_persons(object))
            && match account {
                Some(account) => person::is_person(&account.fields),
                None => lead.text("Company").is_empty(),
            }
    }

    /// The person's account and contact. One that is there keeps what it has.
    pub(super) async fn person_of(
        &self,
        transaction: &mut Transaction,
        conversion: &LeadConversion,
        lead: &Record,
        there: Option<Record>,
        owned: (FieldName, Value),
    ) -> Result<(RecordId, RecordId), Stop> {
        let own = there
            .as_ref()
            .map(|r| r.get("PersonContactId").as_reference());
        if conversion.contact.is_some() && own.flatten() != conversion.contact.as_ref() {
            let words = "the lead becomes a person account, which has a contact of its own: leave \
                         contactId empty";
            let code = SaveErrorCode::InvalidPersonAccountOperation;
            return Err(SaveError::new(code, words, vec!["ContactId".to_owned()]).into());
        }
        let names = self.names_of_person();
        let names: Vec<(&str, &str)> = names.iter().map(|(f, to)| (*f, to.as_str())).collect();
        let mut fields = self.carried("Account", lead, &names);
        match &there {
            Some(account) => fields.retain(|name, _| {
                let source = "PersonLeadSource";
                let is_source = name.as_str() == source && conversion.overwrite_lead_source;
                is_source || account.get(name.as_str()).is_null()
            }),
            None => fields.extend([owned]),
        }
        let account = self.put(transaction, "Account", there, fields).await?;
        let ids = std::slice::from_ref(&account);
        let mut contacts = self.person_contacts(transaction, ids).await?;
        match contacts.remove(&account) {
            Some(contact) => Ok((account, contact)),
            None => Err(SaveError::no_such_record().into()),
        }
    }

    /// Fields of a lead and what they are called in the account of a person.
    fn names_of_person(&self) -> Vec<(&'static str, FieldName)> {
        let Some(account) = self.schema.object("Account") else {
            return Vec::new();
        };
        let of_account = ACCOUNT_FIELDS.iter().filter(|(from, _)| *from != "Company");
        let of_account = of_account.map(|(from, to)| (*from, FieldName::from(*to)));
        let of_contact = CONTACT_FIELDS.iter();
        let of_contact = of_contact.filter_map(|(from, to)| {
            let to = same_of_account(account, to)?;
            Some((*from, to))
        });
        of_account.chain(of_contact).collect()
    }
}
