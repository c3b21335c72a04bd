//! Lists of activities as SQL: the union of tasks and events that the user may see, each with
//! the fields that the user may read of it. What does not belong to one of the two is null.

use offhook_org::access::{AccessLevel, Operation};
use offhook_org::schema::activities::{self, ActivityList};
use offhook_org::schema::{Field, FieldKind, Object};

use super::writer::{Now, Writer};
use crate::org::visibility::push_level;
use crate::tables;

/// Whether an opportunity in `alias` has something open, or a task that is late: worked out when
/// it is asked for, since it changes with the time.
pub(super) fn standing_of(object: &Object, field: &str, alias: &str, now: &Now) -> Option<String> {
    if object.name.as_str() != "Opportunity" {
        return None;
    }
    let open_task = |more: &str| {
        format!(
            "EXISTS (SELECT 1 FROM org_task AS at WHERE at.whatid = {alias}.id
             AND NOT at.is_deleted AND NOT coalesce(at.isclosed, FALSE){more})"
        )
    };
    let Now { at_ms, today } = now;
    match field.to_ascii_lowercase().as_str() {
        "hasopenactivity" => Some(format!(
            "({} OR EXISTS (SELECT 1 FROM org_event AS ae WHERE ae.whatid = {alias}.id
             AND NOT ae.is_deleted AND ae.enddatetime >= {at_ms}))",
            open_task("")
        )),
        "hasoverduetask" => {
            let late = format!(" AND at.activitydate < '{today}'");
            Some(format!("({})", open_task(&late)))
        }
        _ => None,
    }
}

impl Writer<'_> {
    /// Adds ` FROM (… UNION ALL …) AS alias`.
    pub(super) fn push_activities(&mut self, list: ActivityList, object: &Object, alias: &str) {
        let mut separator = " FROM (";
        for (number, name) in ["Task", "Event"].into_iter().enumerate() {
            let Some(activity) = self.schema.object(name) else {
                continue;
            };
            let own = format!("{alias}_{number}");
            self.push(separator);
            self.push_activity(list, object, activity, &own);
            separator = " UNION ALL ";
        }
        self.push(&format!(") AS {alias}"));
    }

    fn push_activity(
        &mut self,
        list: ActivityList,
        object: &Object,
        activity: &Object,
        alias: &str,
    ) {
        self.push(&format!(
            "SELECT {alias}.id AS id, {alias}.is_deleted AS is_deleted"
        ));
        let listed = object.fields.iter();
        let listed = listed.filter(|f| f.kind != FieldKind::Id && !f.is_bin_flag());
        for field in listed.filter(|field| field.has_column()) {
            let column = tables::column(field);
            let value = self.activity_value(list, activity, field, alias);
            self.push(&format!(", {value} AS {column}"));
        }
        self.push(&format!(
            " FROM {} AS {alias} WHERE TRUE",
            tables::table(activity)
        ));
        let user = self.user;
        if !user.may(activity.name.as_str(), Operation::Read) {
            self.push(" AND FALSE");
        }
        let asker = self.asker();
        push_level(
            &mut self.statement,
            asker,
            activity,
            alias,
            AccessLevel::Read,
        );
    }

    /// The value of a list's field in one of the two tables.
    fn activity_value(
        &self,
        list: ActivityList,
        activity: &Object,
        field: &Field,
        alias: &str,
    ) -> String {
        let is_task = activity.name.as_str() == "Task";
        match field.name.as_str() {
            "IsTask" => return if is_task { "TRUE" } else { "FALSE" }.to_owned(),
            // Events have no such mark: those of the history are over.
            "IsClosed" if !is_task => {
                let is_over = list == ActivityList::History;
                return if is_over { "TRUE" } else { "FALSE" }.to_owned();
            }
            _ => {}
        }
        let origin = match (self.schema.object("Task"), self.schema.object("Event")) {
            (Some(task), Some(event)) => {
                let origin = activities::origin(task, event, field.name.as_str());
                if is_task { origin.task } else { origin.event }
            }
            _ => None,
        };
        let own = origin.and_then(|name| activity.field(name)).filter(|own| {
            let (object, name) = (activity.name.as_str(), own.name.as_str());
            self.user.may_read_field(object, name)
        });
        match own {
            Some(own) => format!("{alias}.{}", tables::column(own)),
            None => self.nothing(field),
        }
    }
}
