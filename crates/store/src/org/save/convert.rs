//! Lead conversion: a lead becomes a contact of an account, and an opportunity if wanted. What
//! was done with the lead goes with it.

use offhook_org::access::AccessLevel;
use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::Object;
use offhook_org::{Record, RecordId, UserContext, Value};

use super::gate::{Draft, Gate, IDS_MAX};
use super::resolve::Target;
use super::row::SHELF;
use super::today;
use super::write::WriteOptions;
use crate::Store;
use crate::database::{Attempts, DbError, Statement, Transaction};
use crate::error::StoreError;
use crate::tables;

/// A lead to be converted.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadConversion {
    /// The lead.
    pub lead: RecordId,
    /// A status that means converted; none for the first such status.
    pub converted_status: Option<String>,
    /// The account that the contact belongs to; none for a new one.
    pub account: Option<RecordId>,
    /// The contact that the lead is merged into, which keeps what it has; none for a new one.
    pub contact: Option<RecordId>,
    /// An opportunity that is there; none for a new one.
    pub opportunity: Option<RecordId>,
    /// Name of the new opportunity; none for that of the company.
    pub opportunity_name: Option<String>,
    /// Is there to be no opportunity?
    pub without_opportunity: bool,
    /// Owner of the new records; none for the lead's.
    pub owner: Option<RecordId>,
    /// Does the lead's source replace that of a contact that is there?
    pub overwrite_lead_source: bool,
}

/// What a lead became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvertedLead {
    /// The lead.
    pub lead: RecordId,
    /// Its account.
    pub account: RecordId,
    /// Its contact.
    pub contact: RecordId,
    /// Its opportunity, if one was wanted.
    pub opportunity: Option<RecordId>,
}

/// Why a step was not done: for the asker, or for an admin.
pub(super) enum Stop {
    Refused(Vec<SaveError>),
    Failed(DbError),
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Failed(error)
    }
}

impl From<SaveError> for Stop {
    fn from(error: SaveError) -> Self {
        Self::Refused(vec![error])
    }
}

/// Fields of a lead and what they are called in an account.
pub(super) const ACCOUNT_FIELDS: [(&str, &str); 12] = [
    ("Company", "Name"),
    ("Phone", "Phone"),
    ("Fax", "Fax"),
    ("Website", "Website"),
    ("Industry", "Industry"),
    ("Rating", "Rating"),
    ("AnnualRevenue", "AnnualRevenue"),
    ("NumberOfEmployees", "NumberOfEmployees"),
    ("Street", "BillingStreet"),
    ("City", "BillingCity"),
    ("State", "BillingState"),
    ("PostalCode", "BillingPostalCode"),
];

/// Fields of a lead and what they are called in a contact.
pub(super) const CONTACT_FIELDS: [(&str, &str); 17] = [
    ("Salutation", "Salutation"),
    ("FirstName", "FirstName"),
    ("LastName", "LastName"),
    ("Title", "Title"),
    ("Email", "Email"),
    ("Phone", "Phone"),
    ("MobilePhone", "MobilePhone"),
    ("Fax", "Fax"),
    ("DoNotCall", "DoNotCall"),
    ("LeadSource", "LeadSource"),
    ("Description", "Description"),
    ("Street", "MailingStreet"),
    ("City", "MailingCity"),
    ("State", "MailingState"),
    ("PostalCode", "MailingPostalCode"),
    ("Country", "MailingCountry"),
    ("Assistant_Phone__c", "AssistantPhone"),
];

impl Store {
    /// Converts a lead in one transaction, with the user's rights to each record; nothing is
    /// written when it is refused.
    pub async fn convert_lead(
        &self,
        user: &UserContext,
        conversion: &LeadConversion,
        client: &str,
    ) -> Result<Result<ConvertedLead, Vec<SaveError>>, StoreError> {
        let options = WriteOptions {
            client: client.to_owned(),
            ..WriteOptions::default()
        };
        let mut attempts = Attempts::default();
        loop {
            let mut transaction = self.database().begin_attempt(&attempts).await?;
            let gate = Gate::new(self, user, &options);
            let converted = gate.convert(&mut transaction, conversion).await;
            match converted {
                Ok(converted) => {
                    transaction.commit().await?;
                    return Ok(Ok(converted));
                }
                Err(Stop::Refused(errors)) => return Ok(Err(errors)),
                Err(Stop::Failed(DbError::Busy(_))) => {
                    return Ok(Err(vec![SaveError::locked(Some(&conversion.lead))]));
                }
                Err(Stop::Failed(error)) => {
                    drop(transaction);
                    if !attempts.again(&error) {
                        return Err(error.into());
                    }
                }
            }
        }
    }
}

impl Gate<'_> {
    async fn convert(
        &self,
        transaction: &mut Transaction,
        conversion: &LeadConversion,
    ) -> Result<ConvertedLead, Stop> {
        let lead = self.open_lead(transaction, &conversion.lead).await?;
        let status = self.converted_status(conversion.converted_status.as_deref())?;
        let owner = match (&conversion.owner, lead.get("OwnerId").as_reference()) {
            (Some(owner), _) => owner.clone(),
            (None, Some(owner)) if owner.key_prefix() == "005" => owner.clone(),
            _ => return Err(no_owner().into()),
        };
        let owned = || (("OwnerId").into(), Value::Reference(owner.clone()));
        let there = match &conversion.account {
            Some(account) => Some(self.there(transaction, "Account", account).await?),
            None => None,
        };
        let (account, contact) = match self.becomes_person(&lead, there.as_ref()) {
            true => {
                self.person_of(transaction, conversion, &lead, there, owned())
                    .await?
            }
            false => {
                let account = match there {
                    Some(account) => account.id,
                    None => {
                        let mut fields = self.carried("Account", &lead, &ACCOUNT_FIELDS);
                        fields.extend([owned()]);
                        self.put(transaction, "Account", None, fields).await?
                    }
                };
                let contact = self
                    .contact_of(transaction, conversion, &lead, &account, owned())
                    .await?;
                (account, contact)
            }
        };
        let opportunity = match (&conversion.opportunity, conversion.without_opportunity) {
            (Some(opportunity), _) => Some(
                self.there(transaction, "Opportunity", opportunity)
                    .await?
                    .id,
            ),
            (None, true) => None,
            (None, false) => {
                let name = conversion.opportunity_name.as_deref();
                let mut fields = self.new_opportunity(&lead, name, &account);
                fields.extend([owned()]);
                Some(self.put(transaction, "Opportunity", None, fields).await?)
            }
        };
        let converted = ConvertedLead {
            lead: lead.id.clone(),
            account,
            contact,
            opportunity,
        };
        self.follow(transaction, &lead, &converted, status).await?;
        Ok(converted)
    }

    /// The lead, held, if the user may change it and it is not converted.
    async fn open_lead(
        &self,
        transaction: &mut Transaction,
        id: &RecordId,
    ) -> Result<Record, Stop> {
        let lead = self.there(transaction, "Lead", id).await?;
        match lead.get("IsConverted") {
            Value::Boolean(true) => {
                let words = "the lead is converted already: use the contact that it became";
                let code = SaveErrorCode::CannotUpdateConvertedLead;
                Err(SaveError::new(code, words, Vec::new()).into())
            }
            _ => Ok(lead),
        }
    }

    /// A record of this object that the user may change.
    pub(super) async fn there(
        &self,
        transaction: &mut Transaction,
        object: &str,
        id: &RecordId,
    ) -> Result<Record, Stop> {
        let object = self.schema.object(object).cloned();
        let object = object.filter(|object| object.key_prefix == id.key_prefix());
        let object = object.ok_or_else(SaveError::no_such_record)?;
        let draft = Draft::of(Target::Record(id.clone()), Fields::new(), Vec::new());
        let mut drafts = [draft];
        self.load(transaction, &object, &mut drafts, SHELF, AccessLevel::Edit)
            .await?;
        let [draft] = drafts;
        if draft.level < AccessLevel::Edit && !draft.is_refused() {
            return Err(SaveError::no_access("change", "this record").into());
        }
        match draft.before {
            Some(record) => Ok(record),
            None => Err(Stop::Refused(draft.errors)),
        }
    }

    fn converted_status(&self, wanted: Option<&str>) -> Result<String, Stop> {
        let field = self.schema.object("Lead").and_then(|o| o.field("Status"));
        let mut values = field.into_iter().flat_map(|field| field.active_values());
        let found = values.find(|value| {
            let is_wanted = wanted.is_none_or(|w| value.value.eq_ignore_ascii_case(w));
            value.meaning.is_converted && is_wanted
        });
        found.map(|value| value.value.clone()).ok_or_else(|| {
            let words = format!(
                "invalid convertedStatus: {}. Use a lead status that means converted",
                wanted.unwrap_or("none")
            );
            SaveError::new(SaveErrorCode::InvalidStatus, words, Vec::new()).into()
        })
    }

    /// What the lead says that the other object has a field for.
    pub(super) fn carried(&self, object: &str, lead: &Record, names: &[(&str, &str)]) -> Fields {
        let Some(object) = self.schema.object(object) else {
            return Fields::new();
        };
        let may_write = |name: &str| self.user.may_write_field(object.name.as_str(), name);
        let pairs = names.iter().filter_map(|(from, to)| {
            let field = object
                .field(to)
                .filter(|field| may_write(field.name.as_str()))?;
            let value = lead.get(from);
            (!value.is_null()).then(|| (field.name.clone(), value.clone()))
        });
        pairs.collect()
    }

    async fn contact_of(
        &self,
        transaction: &mut Transaction,
        conversion: &LeadConversion,
        lead: &Record,
        account: &RecordId,
        owned: (offhook_org::FieldName, Value),
    ) -> Result<RecordId, Stop> {
        let mut fields = self.carried("Contact", lead, &CONTACT_FIELDS);
        let Some(contact) = &conversion.contact else {
            fields.insert("AccountId".into(), Value::Reference(account.clone()));
            fields.extend([owned]);
            return self.put(transaction, "Contact", None, fields).await;
        };
        let contact = self.there(transaction, "Contact", contact).await?;
        match contact.get("AccountId").as_reference() {
            None => drop(fields.insert("AccountId".into(), Value::Reference(account.clone()))),
            Some(of) if of == account => {}
            Some(_) => {
                let words = "the contact belongs to another account than the one given";
                let fields = vec!["AccountId".to_owned()];
                let code = SaveErrorCode::FieldIntegrityException;
                return Err(SaveError::new(code, words, fields).into());
            }
        }
        // The contact keeps what it has.
        fields.retain(|name, _| {
            let is_source = name.as_str() == "LeadSource" && conversion.overwrite_lead_source;
            is_source || contact.get(name.as_str()).is_null()
        });
        let id = contact.id.clone();
        self.put(transaction, "Contact", Some(contact), fields)
            .await?;
        Ok(id)
    }

    /// The deal's first stage, to be closed by the end of the quarter.
    fn new_opportunity(&self, lead: &Record, name: Option<&str>, account: &RecordId) -> Fields {
        let company = match lead.text("Company") {
            "" => lead.text("Name"),
            company => company,
        };
        let name = name.map_or_else(|| format!("{company}-"), ToOwned::to_owned);
        let day = today(self.user, self.now_ms);
        let month = (day.month() + 2) / 3 * 3;
        let closes = jiff::civil::Date::new(day.year(), month, 1);
        let closes = closes.map_or(day, |date| date.last_of_month());
        let mut fields = self.carried("Opportunity", lead, &[("LeadSource", "LeadSource")]);
        fields.extend([
            ("Name".into(), Value::Text(name)),
            ("AccountId".into(), Value::Reference(account.clone())),
            ("CloseDate".into(), Value::Date(closes)),
        ]);
        fields
    }

    /// Writes one record through all checks.
    pub(super) async fn put(
        &self,
        transaction: &mut Transaction,
        object: &str,
        before: Option<Record>,
        fields: Fields,
    ) -> Result<RecordId, Stop> {
        let object = self.schema.object(object).cloned();
        let object = object.ok_or_else(SaveError::no_such_record)?;
        let target = before
            .as_ref()
            .map_or(Target::New, |r| Target::Record(r.id.clone()));
        let mut draft = Draft::of(target, fields, Vec::new());
        draft.before = before;
        draft.level = AccessLevel::Full;
        let mut drafts = [draft];
        self.save_run(transaction, &object, &mut drafts).await?;
        let [draft] = drafts;
        match draft.outcome() {
            Ok(written) => Ok(written.id),
            Err(errors) => Err(Stop::Refused(errors)),
        }
    }

    /// The lead is closed, and what was done with it goes to what it became: the system's work,
    /// whatever the user may do with those records.
    async fn follow(
        &self,
        transaction: &mut Transaction,
        lead: &Record,
        converted: &ConvertedLead,
        status: String,
    ) -> Result<(), Stop> {
        let system = UserContext {
            user: None,
            ..UserContext::system()
        };
        let gate = Gate {
            user: &system,
            ..Gate::new(self.store, self.user, self.options)
        };
        let what = converted.opportunity.as_ref().unwrap_or(&converted.account);
        for object in ["Task", "Event"] {
            let fields = |activity: &Record| {
                let contact = Value::Reference(converted.contact.clone());
                let mut fields = Fields::from([("WhoId".into(), contact)]);
                if activity.get("WhatId").is_null() {
                    fields.insert("WhatId".into(), Value::Reference(what.clone()));
                }
                fields
            };
            gate.point(transaction, object, "WhoId", &lead.id, fields)
                .await?;
        }
        let contact = |_: &Record| {
            let contact = Value::Reference(converted.contact.clone());
            Fields::from([("ContactId".into(), contact)])
        };
        gate.point(transaction, "CampaignMember", "LeadId", &lead.id, contact)
            .await?;
        let reference = |id: &RecordId| Value::Reference(id.clone());
        let mut fields = Fields::from([
            ("Status".into(), Value::Text(status)),
            ("IsConverted".into(), Value::Boolean(true)),
            (
                "ConvertedDate".into(),
                Value::Date(today(self.user, self.now_ms)),
            ),
            ("ConvertedAccountId".into(), reference(&converted.account)),
            ("ConvertedContactId".into(), reference(&converted.contact)),
        ]);
        if let Some(opportunity) = &converted.opportunity {
            fields.insert("ConvertedOpportunityId".into(), reference(opportunity));
        }
        gate.put(transaction, "Lead", Some(lead.clone()), fields)
            .await?;
        Ok(())
    }

    /// Changes every record on the shelf that points to this one through this field.
    async fn point(
        &self,
        transaction: &mut Transaction,
        object: &str,
        field: &str,
        target: &RecordId,
        fields: impl Fn(&Record) -> Fields,
    ) -> Result<(), Stop> {
        let object = self.schema.object(object).cloned();
        let Some(object) = object.filter(|object| object.field(field).is_some()) else {
            return Ok(());
        };
        let ids = self
            .pointing_to(transaction, &object, field, target)
            .await?;
        for ids in ids.chunks(IDS_MAX) {
            let lock = self.store.database().dialect().for_change();
            let found = self.locked(transaction, &object, ids, lock).await?;
            let drafts = found.into_values().map(|(record, _)| {
                let target = Target::Record(record.id.clone());
                let mut draft = Draft::of(target, fields(&record), Vec::new());
                draft.before = Some(record);
                draft.level = AccessLevel::Full;
                draft
            });
            let mut drafts: Vec<Draft> = drafts.collect();
            self.save_run(transaction, &object, &mut drafts).await?;
            if let Some(refused) = drafts.into_iter().find(Draft::is_refused) {
                return Err(Stop::Refused(refused.errors));
            }
        }
        Ok(())
    }

    async fn pointing_to(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        field: &str,
        target: &RecordId,
    ) -> Result<Vec<RecordId>, DbError> {
        let Some(field) = object.field(field) else {
            return Ok(Vec::new());
        };
        let (table, column) = (tables::table(object), tables::column(field));
        let select = format!("SELECT id FROM {table} WHERE {column} = $1 AND NOT is_deleted");
        let mut select = Statement::new(select).with(target);
        select.push(" ORDER BY id");
        select.push(self.store.database().dialect().for_change());
        let rows = transaction.fetch(&select).await?;
        rows.iter().map(|row| row.record_id(0)).collect()
    }
}

fn no_owner() -> SaveError {
    let words = "a queue owns the lead: say which user is to own what it becomes";
    let fields = vec!["OwnerId".to_owned()];
    SaveError::new(SaveErrorCode::RequiredFieldMissing, words, fields)
}
