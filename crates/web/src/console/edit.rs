//! New records and changed ones: what is asked, and what becomes of what was sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use offhook_org::RecordId;
use offhook_org::access::Operation;
use offhook_org::save::Strictness;
use offhook_org::schema::{Field, Object};
use offhook_store::error::SaveFailure;

use super::draft::{self, changeable};
use super::form::{self, Draft, Entered, Purpose};
use super::{flash, list, lookup, record_type, value};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

/// `/lightning/o/{object}/new`.
pub(crate) async fn new_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path(object): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Failure> {
    let object = &*creatable(&state, &who, &object)?;
    let asked = query::pairs(raw.unwrap_or_default().as_bytes());
    let given = query::value(&asked, "defaultFieldValues");
    let mut values = default_field_values(given);
    let record_type = match query::value(&asked, "recordTypeId") {
        "" => take(&mut values, "RecordTypeId"),
        id => id.to_owned(),
    };
    let chosen = record_type::for_new(&who.user, object, &record_type);
    let record_type::Chosen::Settled(record_type) = chosen else {
        let mut along = Vec::new();
        if !given.is_empty() {
            along.push(("defaultFieldValues".to_owned(), given.to_owned()));
        }
        let unknown = chosen == record_type::Chosen::Unknown;
        return record_type::ask(&state, &who, object, along, unknown).await;
    };
    let mut draft = Draft {
        object,
        record: None,
        record_type,
        entered: Entered::new(),
        lookups: BTreeMap::new(),
        errors: Vec::new(),
        changed_by: None,
    };
    draft.entered = defaults(&who, &draft);
    for (name, text) in values {
        let field = object.field(&name);
        let is_open = |f: &&Field| f.createable && f.name.as_str() != "RecordTypeId";
        if let Some(field) = field.filter(is_open) {
            draft.entered.insert(field.name.to_string(), text);
        }
    }
    let fields = draft::lookup_fields(&who, &draft);
    draft.lookups = lookup::from_ids(&state, &who, &fields, &draft.entered).await?;
    draft::show(&state, &who, StatusCode::OK, draft).await
}

/// Takes the form for a new record.
pub(crate) async fn create(
    State(state): State<AppState>,
    who: SignedIn,
    Path(object): Path<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    let object = &*creatable(&state, &who, &object)?;
    let sent = query::pairs(&body);
    let (draft, fields) = draft::read(&state, &who, object, None, &sent).await?;
    let Some(fields) = fields else {
        return draft::show(&state, &who, StatusCode::UNPROCESSABLE_ENTITY, draft).await;
    };
    let created = state
        .store
        .create(&who.user, &object.name, &fields, Strictness::Strict)
        .await;
    match created {
        Ok(id) => {
            let said = format!("{} was created.", named(&state, &who, object, &id).await?);
            let target = match query::value(&sent, "_then") {
                "new" => draft::new_path(object, draft.record_type.as_ref()),
                _ => value::record_path(object, &id),
            };
            Ok(flash::redirect(&target, &said, None))
        }
        Err(failure) => refused(&state, &who, draft, failure).await,
    }
}

/// `/lightning/r/{object}/{id}/edit`; with `recordTypeId` as a record of that type.
pub(crate) async fn edit_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Failure> {
    let (object, record) = changeable(&state, &who, &id).await?;
    let object = &*object;
    let asked = query::pairs(raw.unwrap_or_default().as_bytes());
    let other = RecordId::parse(query::value(&asked, "recordTypeId")).ok();
    let other = other.filter(|id| record_type::allowed(&who.user, object, Some(&record), id));
    let own = record.get("RecordTypeId").as_reference().cloned();
    let mut draft = Draft {
        object,
        record: Some(&record),
        record_type: other.or(own),
        entered: form::texts_of(&who.user, &record),
        lookups: BTreeMap::new(),
        errors: Vec::new(),
        changed_by: None,
    };
    let fields = draft::lookup_fields(&who, &draft);
    draft.lookups = lookup::from_ids(&state, &who, &fields, &draft.entered).await?;
    draft::show(&state, &who, StatusCode::OK, draft).await
}

/// Takes the form for a changed record.
pub(crate) async fn update(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Failure> {
    let (object, record) = changeable(&state, &who, &id).await?;
    let object = &*object;
    let sent = query::pairs(&body);
    let (draft, fields) = draft::read(&state, &who, object, Some(&record), &sent).await?;
    let Some(fields) = fields else {
        return draft::show(&state, &who, StatusCode::UNPROCESSABLE_ENTITY, draft).await;
    };
    let page = value::record_path(object, &record.id);
    if fields.is_empty() {
        return Ok(Redirect::to(&page).into_response());
    }
    let since = query::value(&sent, "_since").parse().ok();
    let strict = Strictness::Strict;
    match state
        .store
        .update(&who.user, &record.id, &fields, strict, since)
        .await
    {
        Ok(()) => {
            let said = format!(
                "{} was saved.",
                named(&state, &who, object, &record.id).await?
            );
            Ok(flash::redirect(&page, &said, None))
        }
        Err(failure) => refused(&state, &who, draft, failure).await,
    }
}

/// The object, if the user may create its records here.
fn creatable(state: &AppState, who: &SignedIn, name: &str) -> Result<Arc<Object>, Failure> {
    let object = list::object_with_tab(state, who, name)?;
    match who.user.may(object.name.as_str(), Operation::Create) {
        true => Ok(object),
        false => Err(Failure::Forbidden {
            needs: format!(
                "Your profile does not let you create {}. Ask an administrator.",
                object.plural_label.to_lowercase()
            ),
        }),
    }
}

/// What a new record starts with, of the fields that its form has.
fn defaults(who: &SignedIn, draft: &Draft<'_>) -> Entered {
    let layout = draft.layout(&who.user);
    let of_type = |field: &Field| {
        let default = draft
            .object
            .default_value_for(field, draft.record_type.as_ref());
        default.map(str::to_owned)
    };
    let of_list = |field: &Field| {
        let values = draft.object.values_for(field, draft.record_type.as_ref());
        let default = values.iter().find(|value| value.is_default);
        default.map(|value| value.value.clone())
    };
    let fields = form::asked_for(&who.user, draft.object, Purpose::Create, &layout);
    let default = |field: &Field| {
        let default = of_type(field).or_else(|| of_list(field));
        match (field.name.as_str(), default) {
            ("OwnerId", None) => Some(("OwnerId".to_owned(), who.user_id().to_string())),
            (name, Some(default)) => Some((name.to_owned(), default)),
            (_, None) => None,
        }
    };
    fields.filter_map(|(field, _)| default(field)).collect()
}

/// Takes the value of this name out of the pairs.
fn take(values: &mut Vec<(String, String)>, name: &str) -> String {
    let place = (values.iter()).position(|(other, _)| other.eq_ignore_ascii_case(name));
    place.map_or_else(String::new, |place| values.remove(place).1)
}

/// `Phone=%2B1415,LastName=Lovelace`: pairs with a comma between them, each value encoded for
/// itself.
fn default_field_values(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.trim().to_owned(), query::decode(value)))
        .collect()
}

/// The form once more, with what was entered and why it was not saved.
async fn refused(
    state: &AppState,
    who: &SignedIn,
    mut draft: Draft<'_>,
    failure: SaveFailure,
) -> Result<Response, Failure> {
    match failure {
        SaveFailure::Refused(errors) => draft.errors = errors,
        SaveFailure::Changed { by } => draft.changed_by = Some(by),
        SaveFailure::NotFound => return Err(Failure::NotFound),
        SaveFailure::Store(error) => return Err(error.into()),
    }
    draft::show(state, who, StatusCode::UNPROCESSABLE_ENTITY, draft).await
}

/// `Contact “Ada Lovelace”`.
pub(crate) async fn named(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    id: &RecordId,
) -> Result<String, Failure> {
    let names = state
        .store
        .names(&who.user, std::slice::from_ref(id))
        .await?;
    Ok(match names.get(id) {
        Some(name) => format!("{} “{name}”", object.label),
        None => format!("The {}", object.label.to_lowercase()),
    })
}

#[cfg(test)]
mod tests {
    use super::default_field_values;

    #[test]
    fn default_values_may_hold_commas_and_plus_signs_when_encoded() {
        let read = default_field_values("Phone=%2B1%20415,LastName=Love%2C%20lace,x,=y");
        let pairs: Vec<(&str, &str)> = read
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [("Phone", "+1 415"), ("LastName", "Love, lace"), ("", "y")]
        );
    }
}
