//! The two lists of activities that a record has: `OpenActivity` (open tasks, events to come) and
//! `ActivityHistory` (closed tasks, events that are over). They are no tables of their own but
//! the union of Task and Event, read as a list of children and in no other way.

use super::{
    Abilities, DeleteRule, Field, FieldKind, Object, ObjectKind, SharingDefault, relationships,
};
use crate::{FieldName, ObjectName};

/// Where a field of the lists comes from; `None`: the other of the two has no such field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The field of Task.
    pub task: Option<&'static str>,
    /// The field of Event.
    pub event: Option<&'static str>,
}

/// One of the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityList {
    /// `OpenActivities`.
    Open,
    /// `ActivityHistories`.
    History,
}

impl ActivityList {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Open, Self::History];

    /// The list whose rows the object is.
    pub fn of(object: &Object) -> Option<Self> {
        let is_it = |list: &Self| list.object() == object.name.as_str();
        Self::ALL.into_iter().find(is_it)
    }

    /// The object's name.
    pub fn object(self) -> &'static str {
        match self {
            Self::Open => "OpenActivity",
            Self::History => "ActivityHistory",
        }
    }

    /// What a subquery calls it.
    pub fn relationship(self) -> &'static str {
        match self {
            Self::Open => "OpenActivities",
            Self::History => "ActivityHistories",
        }
    }

    fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Open => ("Open Activity", "Open Activities"),
            Self::History => ("Activity History", "Activity History"),
        }
    }
}

/// Fields whose name is another one than in the activity, or that only one of the two has.
const NAMED: [(&str, Option<&str>, Option<&str>); 2] = [
    ("ActivityType", Some("Type"), Some("Type")),
    ("ActivitySubtype", Some("TaskSubtype"), Some("EventSubtype")),
];

/// The fields of the lists, in the platform's order (object reference, "OpenActivity").
const FIELDS: [&str; 31] = [
    "AccountId",
    "WhoId",
    "WhatId",
    "Subject",
    "IsTask",
    "ActivityDate",
    "OwnerId",
    "Status",
    "Priority",
    "IsHighPriority",
    "ActivityType",
    "IsClosed",
    "IsAllDayEvent",
    "DurationInMinutes",
    "Location",
    "Description",
    "IsDeleted",
    "CreatedDate",
    "CreatedById",
    "LastModifiedDate",
    "LastModifiedById",
    "SystemModstamp",
    "CallDurationInSeconds",
    "CallType",
    "CallDisposition",
    "CallObject",
    "ReminderDateTime",
    "IsReminderSet",
    "EndDateTime",
    "StartDateTime",
    "ActivitySubtype",
];

/// Where the field of a list comes from.
pub fn origin(task: &Object, event: &Object, field: &str) -> Origin {
    let known = FIELDS.iter().find(|name| name.eq_ignore_ascii_case(field));
    let Some(name) = known else {
        return Origin {
            task: None,
            event: None,
        };
    };
    let named = NAMED.iter().find(|(list, _, _)| list == name);
    let (of_task, of_event) = match named {
        Some((_, task, event)) => (*task, *event),
        None => (Some(*name), Some(*name)),
    };
    Origin {
        task: of_task.filter(|name| task.field(name).is_some()),
        event: of_event.filter(|name| event.field(name).is_some()),
    }
}

/// Adds both lists, where there are tasks and events.
pub(super) fn add(objects: &mut Vec<Object>) {
    let find = |name: &str| objects.iter().find(|object| object.name.as_str() == name);
    let has = |list: ActivityList| find(list.object()).is_some();
    let (Some(task), Some(event)) = (find("Task"), find("Event")) else {
        return;
    };
    let lacking = ActivityList::ALL.into_iter().filter(|list| !has(*list));
    let made: Vec<Object> = lacking.map(|list| object(list, task, event)).collect();
    objects.extend(made);
}

/// Do records of the object have their activities by this field? An account has those of its
/// contacts, opportunities and cases too, by `AccountId`.
pub(super) fn leads_to(object: &Object, field: &Field) -> bool {
    let by = match object.name.as_str() {
        "Account" => "AccountId",
        "Contact" | "Lead" => "WhoId",
        "User" => return true,
        _ => "WhatId",
    };
    field.name.as_str() == by
}

fn object(list: ActivityList, task: &Object, event: &Object) -> Object {
    let (label, plural_label) = list.labels();
    let mut fields: Vec<Field> = task.fields.iter().take(1).cloned().collect();
    fields.extend(FIELDS.iter().map(|name| field(list, task, event, name)));
    Object {
        name: ObjectName::new(list.object()),
        label: label.to_owned(),
        plural_label: plural_label.to_owned(),
        key_prefix: String::new(),
        kind: ObjectKind::View,
        abilities: Abilities {
            queryable: false,
            ..Abilities::READ_ONLY
        },
        icon: "task".to_owned(),
        name_field: "Subject".into(),
        sharing: SharingDefault::PublicRead,
        has_tab: false,
        description: String::new(),
        fields,
        record_types: Vec::new(),
        sections: Vec::new(),
        highlights: Vec::new(),
        list_columns: vec!["Subject".into(), "ActivityDate".into()],
        related_lists: Vec::new(),
        layouts: Vec::new(),
        layout_assignments: Vec::new(),
        list_views: Vec::new(),
    }
}

/// A field as the task has it, or the event, or of the list's own.
fn field(list: ActivityList, task: &Object, event: &Object, name: &str) -> Field {
    let origin = origin(task, event, name);
    let of_task = origin.task.and_then(|name| task.field(name));
    let known = of_task.or_else(|| origin.event.and_then(|name| event.field(name)));
    let own = || Field::new(name, "Task", FieldKind::Checkbox);
    let mut field = known.cloned().unwrap_or_else(own);
    field.name = FieldName::new(name);
    field.child_relationship = match name {
        "AccountId" | "WhoId" | "WhatId" => Some(list.relationship().to_owned()),
        _ => None,
    };
    field.relationship_name = relationships::parent(field.kind, name, None);
    field.delete_rule = DeleteRule::default();
    field.nillable = field.nillable || origin.task.is_none() || origin.event.is_none();
    if field.kind == FieldKind::Checkbox {
        field.nillable = false;
    }
    field.required = false;
    field.unique = false;
    field.createable = false;
    field.updateable = false;
    field.history_tracked = false;
    field.controller = None;
    field.default = None;
    for value in &mut field.values {
        value.is_default = false;
    }
    field
}
