//! Timelines: the tasks and events about a record.

use offhook_org::schema::{Field, Object};
use offhook_org::{Record, RecordId, UserContext, Value};

use super::columns;
use super::visibility::{push_visible, readable_field, readable_fields};
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;
use crate::tables;

/// Activities on one timeline.
const ACTIVITIES_MAX: u32 = 500;

impl Store {
    /// Tasks and events of a record (as Who or What; for an account also those of its contacts),
    /// newest first: by the date they are for, then by when they were made.
    pub async fn timeline(
        &self,
        user: &UserContext,
        id: &RecordId,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let limit = limit.min(ACTIVITIES_MAX);
        let mut activities = Vec::new();
        if self.record(user, id).await?.is_none() {
            return Ok(activities);
        }
        for name in ["Task", "Event"] {
            let object = self.readable_object(user, &name.into());
            if let Some(object) = object {
                activities.extend(self.activities(user, &object, id, limit).await?);
            }
        }
        activities.sort_by_cached_key(|activity| std::cmp::Reverse(place(activity)));
        activities.truncate(limit as usize);
        Ok(activities)
    }

    async fn activities(
        &self,
        user: &UserContext,
        object: &Object,
        id: &RecordId,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let fields = readable_fields(user, object);
        let Some(statement) = self.activities_of(user, object, &fields, id, limit) else {
            return Ok(Vec::new());
        };
        let rows = self.database().read(&statement).await?;
        let records = rows.iter().map(|row| columns::record(object, &fields, row));
        Ok(records.collect::<Result<_, _>>()?)
    }

    /// Each way in which an activity is about the record is asked for by itself, so that each
    /// has its index; `None` when the user may follow none of them.
    pub(super) fn activities_of(
        &self,
        user: &UserContext,
        object: &Object,
        fields: &[&Field],
        id: &RecordId,
        limit: u32,
    ) -> Option<Statement> {
        let is_readable = |field| readable_field(user, object, field).is_ok();
        let ids = format!("SELECT id FROM {} WHERE ", tables::table(object));
        let mut statement = columns::select(object, fields);
        let mut separator = " AND id IN (";
        for (field, column) in [("WhoId", "whoid"), ("WhatId", "whatid")] {
            if is_readable(field) {
                statement
                    .push(&format!("{separator}{ids}{column} = "))
                    .arg(id);
                separator = " UNION ";
            }
        }
        if separator == " AND id IN (" {
            return None;
        }
        if is_readable("WhoId") && id.key_prefix() == "001" {
            self.push_contacts(&mut statement, &ids, user, id);
        }
        statement.push(")");
        push_visible(&mut statement, self.asker(user), object);
        let order = match object.name.as_str() {
            "Task" => " ORDER BY coalesce(activitydate, '9999-12-31') DESC, createddate DESC",
            _ => " ORDER BY startdatetime DESC",
        };
        statement.push(order).push(", id DESC LIMIT ").arg(limit);
        Some(statement)
    }

    /// Also what is about a contact of the account that the user may see.
    fn push_contacts(
        &self,
        statement: &mut Statement,
        ids: &str,
        user: &UserContext,
        account: &RecordId,
    ) {
        let Some(contact) = self.readable_object(user, &"Contact".into()) else {
            return;
        };
        if readable_field(user, &contact, "AccountId").is_err() {
            return;
        }
        let contacts = "whoid IN (SELECT id FROM org_contact WHERE accountid = ";
        statement
            .push(&format!(" UNION {ids}{contacts}"))
            .arg(account);
        push_visible(statement, self.asker(user), &contact);
        statement.push(")");
    }
}

/// The day that the activity is for, and when it was made.
fn place(activity: &Record) -> (jiff::civil::Date, i64, RecordId) {
    let moment = |field| match activity.get(field) {
        Value::DateTime(moment) => Some(*moment),
        _ => None,
    };
    let made_at = moment("CreatedDate").unwrap_or_default();
    let starts_at = moment("StartDateTime");
    let day = match activity.get("ActivityDate") {
        Value::Date(date) => *date,
        _ => day_of(starts_at.unwrap_or(made_at)),
    };
    (day, starts_at.unwrap_or(made_at), activity.id.clone())
}

fn day_of(moment_ms: i64) -> jiff::civil::Date {
    let moment = jiff::Timestamp::from_millisecond(moment_ms).unwrap_or_default();
    jiff::tz::TimeZone::UTC.to_datetime(moment).date()
}
