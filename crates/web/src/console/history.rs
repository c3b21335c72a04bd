//! The changes of a record's fields that are kept: what, from what to what, by whom and when.

use offhook_org::schema::{Object, histories};
use offhook_org::{ObjectName, Record, RecordId, Value};
use offhook_store::org::{Filter, ListQuery, Order};

use super::value;
use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

/// Changes on the record's page.
const CHANGES_MAX: u32 = 20;

/// The changes of one record, the newest first.
pub(crate) struct History {
    pub(crate) label: String,
    /// `12`, `2,000+`.
    pub(crate) count: String,
    pub(crate) changes: Vec<Change>,
    pub(crate) has_more: bool,
}

/// One change of one field.
pub(crate) struct Change {
    pub(crate) when: String,
    pub(crate) field: String,
    pub(crate) by: String,
    pub(crate) old: String,
    pub(crate) new: String,
}

/// The history of a record, if one is kept.
pub(crate) async fn of_record(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    record: &Record,
) -> Result<Option<History>, Failure> {
    let is_kept = object.fields.iter().any(|field| field.history_tracked);
    let name = histories::history_of(object.name.as_str());
    let schema = state.store.schema();
    let Some(kept) = schema.object(&name).filter(|_| is_kept) else {
        return Ok(None);
    };
    let list = ListQuery {
        object: ObjectName::new(kept.name.as_str()),
        filters: vec![Filter::Equals(
            histories::record_field(object),
            Value::Reference(record.id.clone()),
        )],
        order: Some(("CreatedDate".into(), Order::Descending)),
        offset: 0,
        limit: CHANGES_MAX,
    };
    let page = state.store.list(&who.user, &list).await?;
    let mut ids: Vec<RecordId> = Vec::new();
    for change in &page.records {
        for name in ["CreatedById", "OldValue", "NewValue"] {
            ids.extend(change.get(name).as_reference().cloned());
            ids.extend(RecordId::parse(change.text(name)).ok());
        }
    }
    ids.sort();
    ids.dedup();
    let names = state.store.names(&who.user, &ids).await?;
    let forms = value::forms_of(&who.user);
    let value_of = |change: &Record, name: &str| {
        let text = change.text(name);
        let known = RecordId::parse(text).ok();
        let known = known.and_then(|id| names.get(&id).cloned());
        known.unwrap_or_else(|| text.to_owned())
    };
    let visible = page.records.iter().filter(|change| {
        let field = change.text("Field");
        object.field(field).is_none() || who.user.may_read_field(object.name.as_str(), field)
    });
    let changes = visible.map(|change| Change {
        when: match change.get("CreatedDate") {
            Value::DateTime(ms) => forms.page_moment(*ms),
            _ => String::new(),
        },
        field: words_of(object, change.text("Field")),
        by: (change.get("CreatedById").as_reference())
            .and_then(|id| names.get(id).cloned())
            .unwrap_or_default(),
        old: value_of(change, "OldValue"),
        new: value_of(change, "NewValue"),
    });
    Ok(Some(History {
        label: format!("{} History", object.label),
        count: match page.total {
            2_000.. => "2,000+".to_owned(),
            total => total.to_string(),
        },
        changes: changes.collect(),
        has_more: page.total > CHANGES_MAX,
    }))
}

/// The field's label; what is no field (`created`) as a sentence.
fn words_of(object: &Object, field: &str) -> String {
    match (object.field(field), field) {
        (Some(field), _) => field.label.clone(),
        (None, "created") => "Created".to_owned(),
        (None, other) => other.to_owned(),
    }
}
