//! Fields that stand for other records and follow them: the figures of a campaign, the person in
//! a member of a campaign, the date of the last activity. They are written within the transaction
//! that changes those records, and count as no change of the record that has them.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::schema::Object;
use offhook_org::{FieldName, RecordId, Value};

use super::changes::{Changed, Kind};
use super::gate::{Gate, IDS_MAX};
use crate::database::{DbError, Statement, Transaction};
use crate::tables;

/// Activities up to which each moves the date of what it is about on by itself; of more, the
/// dates are worked out anew for all together.
const FEW_ACTIVITIES: usize = 20;

/// What is counted of a campaign's members and opportunities.
const FIGURES: &str = "
    numberofleads = (SELECT count(*) FROM org_campaignmember m
        WHERE m.campaignid = org_campaign.id AND NOT m.is_deleted
            AND m.leadid IS NOT NULL AND m.contactid IS NULL),
    numberofconvertedleads = (SELECT count(*) FROM org_campaignmember m
        WHERE m.campaignid = org_campaign.id AND NOT m.is_deleted
            AND m.leadid IS NOT NULL AND m.contactid IS NOT NULL),
    numberofcontacts = (SELECT count(*) FROM org_campaignmember m
        WHERE m.campaignid = org_campaign.id AND NOT m.is_deleted
            AND m.contactid IS NOT NULL),
    numberofresponses = (SELECT count(*) FROM org_campaignmember m
        WHERE m.campaignid = org_campaign.id AND NOT m.is_deleted AND m.hasresponded),
    numberofopportunities = (SELECT count(*) FROM org_opportunity o
        WHERE o.campaignid = org_campaign.id AND NOT o.is_deleted),
    numberofwonopportunities = (SELECT count(*) FROM org_opportunity o
        WHERE o.campaignid = org_campaign.id AND NOT o.is_deleted AND o.iswon),
    amountallopportunities = (SELECT coalesce(sum(o.amount), 0.0) FROM org_opportunity o
        WHERE o.campaignid = org_campaign.id AND NOT o.is_deleted),
    amountwonopportunities = (SELECT coalesce(sum(o.amount), 0.0) FROM org_opportunity o
        WHERE o.campaignid = org_campaign.id AND NOT o.is_deleted AND o.iswon)";

/// What a member of a campaign repeats of its contact or lead.
const MEMBERS: &str = "
    name = coalesce((SELECT c.name FROM org_contact c WHERE c.id = contactid),
        (SELECT l.name FROM org_lead l WHERE l.id = leadid)),
    salutation = coalesce((SELECT c.salutation FROM org_contact c WHERE c.id = contactid),
        (SELECT l.salutation FROM org_lead l WHERE l.id = leadid)),
    firstname = coalesce((SELECT c.firstname FROM org_contact c WHERE c.id = contactid),
        (SELECT l.firstname FROM org_lead l WHERE l.id = leadid AND contactid IS NULL)),
    lastname = coalesce((SELECT c.lastname FROM org_contact c WHERE c.id = contactid),
        (SELECT l.lastname FROM org_lead l WHERE l.id = leadid)),
    companyoraccount = coalesce(
        (SELECT a.name FROM org_contact c JOIN org_account a ON a.id = c.accountid
         WHERE c.id = contactid),
        (SELECT l.company FROM org_lead l WHERE l.id = leadid))";

impl Gate<'_> {
    /// Brings in step what follows from these changes.
    pub(super) async fn keep_standing(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        changes: &[Changed],
    ) -> Result<(), DbError> {
        match object.name.as_str() {
            "CampaignMember" => {
                let persons = ["LeadId", "ContactId"];
                let ids = of_changed(changes, &persons);
                self.name_members(transaction, "id IN ", &ids).await?;
                self.count_campaigns(transaction, changes).await
            }
            "Opportunity" => {
                let figures = ["CampaignId", "Amount", "IsWon"];
                let told = changes.iter().filter(|change| concerns(change, &figures));
                self.count_campaigns(transaction, told).await
            }
            "Contact" | "Lead" => {
                let link = format!("{}id IN ", object.name.as_str().to_lowercase());
                let names = ["Name", "Salutation", "AccountId", "Company"];
                let ids = of_updated(changes, &names);
                self.name_members(transaction, &link, &ids).await
            }
            "Account" => {
                let ids = of_updated(changes, &["Name"]);
                let link = "contactid IN (SELECT id FROM org_contact WHERE accountid IN ";
                self.name_members(transaction, link, &ids).await
            }
            "Task" | "Event" => self.date_activities(transaction, changes).await,
            _ => Ok(()),
        }
    }

    /// Works out the figures of the campaigns before and after the changes. The campaigns are
    /// held in the order of their ids, so that two who count do not miss each other.
    async fn count_campaigns<'c>(
        &self,
        transaction: &mut Transaction,
        changes: impl IntoIterator<Item = &'c Changed>,
    ) -> Result<(), DbError> {
        let changes = changes.into_iter();
        let ids: BTreeSet<RecordId> = changes.flat_map(|c| links(c, "CampaignId")).collect();
        let ids: Vec<RecordId> = ids.into_iter().collect();
        for ids in ids.chunks(IDS_MAX) {
            self.hold(transaction, "org_campaign", ids).await?;
            let mut count = Statement::new(format!("UPDATE org_campaign SET {FIGURES}"));
            count.push(" WHERE id IN ");
            count.arg_list(ids.iter().map(Into::into));
            transaction.execute(&count).await?;
        }
        Ok(())
    }

    /// Writes the person's names into members of campaigns.
    async fn name_members(
        &self,
        transaction: &mut Transaction,
        link: &str,
        ids: &[RecordId],
    ) -> Result<(), DbError> {
        for ids in ids.chunks(IDS_MAX) {
            let mut name = Statement::new(format!("UPDATE org_campaignmember SET {MEMBERS}"));
            name.push(" WHERE ").push(link);
            name.arg_list(ids.iter().map(Into::into));
            if link.contains('(') {
                name.push(")");
            }
            transaction.execute(&name).await?;
        }
        Ok(())
    }

    /// The dates of the last activity of what these activities are and were about.
    async fn date_activities(
        &self,
        transaction: &mut Transaction,
        changes: &[Changed],
    ) -> Result<(), DbError> {
        let (fresh, others): (Vec<_>, Vec<_>) = changes
            .iter()
            .partition(|change| change.kind == Kind::Create && changes.len() <= FEW_ACTIVITIES);
        for change in fresh {
            let Some(date) = counted_date(change) else {
                continue;
            };
            for (id, object) in self.about(change) {
                let table = tables::table(object);
                let update = format!(
                    "UPDATE {table} SET lastactivitydate = $2 WHERE id = $1
                     AND (lastactivitydate IS NULL OR lastactivitydate < $2)"
                );
                let update = Statement::new(update).with(&id).with(date.to_string());
                transaction.execute(&update).await?;
            }
        }
        let mut anew: BTreeMap<&str, BTreeSet<RecordId>> = BTreeMap::new();
        for change in others.into_iter().filter(|change| is_counted(change)) {
            for (id, object) in self.about(change) {
                anew.entry(object.name.as_str()).or_default().insert(id);
            }
        }
        for (name, ids) in anew {
            let Some(object) = self.schema.object(name) else {
                continue;
            };
            let (table, link) = (tables::table(object), link_of(name));
            let ids: Vec<RecordId> = ids.into_iter().collect();
            for ids in ids.chunks(IDS_MAX) {
                self.hold(transaction, &table, ids).await?;
                let mut update = Statement::new(format!(
                    "UPDATE {table} SET lastactivitydate = (SELECT max(a.day) FROM (
                         SELECT t.activitydate AS day FROM org_task t
                         WHERE t.{link} = {table}.id AND t.isclosed AND NOT t.is_deleted
                         UNION ALL SELECT e.activitydate FROM org_event e
                         WHERE e.{link} = {table}.id AND NOT e.is_deleted) a) WHERE id IN "
                ));
                update.arg_list(ids.iter().map(Into::into));
                transaction.execute(&update).await?;
            }
        }
        Ok(())
    }

    /// The records that an activity is or was about, of objects that say when the last one was.
    fn about(&self, change: &Changed) -> BTreeMap<RecordId, &Object> {
        let names = ["WhoId", "WhatId", "AccountId"];
        let ids: BTreeSet<RecordId> = names.iter().flat_map(|n| links(change, n)).collect();
        let known = ids.into_iter().filter_map(|id| {
            let object = self.schema.object_of(&id)?;
            object.field("LastActivityDate")?;
            Some((id, object.as_ref()))
        });
        known.collect()
    }

    /// Holds records until the transaction ends, in the order of their ids.
    pub(super) async fn hold(
        &self,
        transaction: &mut Transaction,
        table: &str,
        ids: &[RecordId],
    ) -> Result<(), DbError> {
        let lock = self.store.database().dialect().for_update();
        if lock.is_empty() {
            return Ok(());
        }
        let mut hold = Statement::new(format!("SELECT id FROM {table} WHERE id IN "));
        hold.arg_list(ids.iter().map(Into::into));
        hold.push(" ORDER BY id").push(lock);
        transaction.fetch(&hold).await?;
        Ok(())
    }
}

/// The field of an activity by which it is about a record of the object.
fn link_of(object: &str) -> &'static str {
    match object {
        "Account" => "accountid",
        "Contact" | "Lead" => "whoid",
        _ => "whatid",
    }
}

/// What the record pointed to before, and points to now.
fn links<'c>(change: &'c Changed, name: &str) -> impl Iterator<Item = RecordId> + 'c {
    let name = FieldName::new(name);
    let both = [&change.before, &change.after].into_iter();
    both.filter_map(move |fields| fields.get(&name)?.as_reference().cloned())
}

/// Is it no mere change of other fields than these?
fn concerns(change: &Changed, names: &[&str]) -> bool {
    let is_changed = |name: &str| change.fields.contains(&FieldName::new(name));
    change.kind != Kind::Update || names.iter().any(|name| is_changed(name))
}

fn of_changed(changes: &[Changed], names: &[&str]) -> Vec<RecordId> {
    let told = changes.iter().filter(|change| concerns(change, names));
    let told = told.filter(|change| change.kind != Kind::Delete);
    told.map(|change| change.id.clone()).collect()
}

fn of_updated(changes: &[Changed], names: &[&str]) -> Vec<RecordId> {
    let told = changes.iter().filter(|change| change.kind == Kind::Update);
    let told = told.filter(|change| concerns(change, names));
    told.map(|change| change.id.clone()).collect()
}

/// Does the change of an activity move the date of the last one?
fn is_counted(change: &Changed) -> bool {
    let fields = ["ActivityDate", "IsClosed", "WhoId", "WhatId", "AccountId"];
    concerns(change, &fields)
}

/// The date of a new activity that counts: a closed task, or an event.
fn counted_date(change: &Changed) -> Option<jiff::civil::Date> {
    let value = |name: &str| change.after.get(&FieldName::new(name));
    let is_done = match change.object.as_str() {
        "Task" => value("IsClosed") == Some(&Value::Boolean(true)),
        _ => true,
    };
    match value("ActivityDate") {
        Some(Value::Date(date)) if is_done => Some(*date),
        _ => None,
    }
}

impl crate::Store {
    /// Fills columns that came with a newer Offhook and follow other records.
    pub(crate) async fn fill_standing(
        &self,
        new_fields: &[(String, String)],
    ) -> Result<(), crate::error::StoreError> {
        let is_new = |object: &str, field: &str| {
            let mut fields = new_fields.iter();
            fields.any(|(o, f)| o == object && f == field)
        };
        let mut fill = Vec::new();
        if is_new("CampaignMember", "Name") {
            fill.push(format!("UPDATE org_campaignmember SET {MEMBERS}"));
            fill.push(
                "UPDATE org_campaignmember SET leadorcontactid = coalesce(contactid, leadid),
                 type = CASE WHEN contactid IS NULL THEN 'Lead' ELSE 'Contact' END"
                    .to_owned(),
            );
        }
        if is_new("Campaign", "NumberOfLeads") {
            fill.push(format!("UPDATE org_campaign SET {FIGURES}"));
        }
        if fill.is_empty() {
            return Ok(());
        }
        let mut transaction = self.database().begin().await?;
        for statement in fill {
            transaction.execute(&Statement::new(statement)).await?;
        }
        Ok(transaction.commit().await?)
    }
}
