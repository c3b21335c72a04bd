//! Record types as a rep meets them: which one a new record is to have, and another one for a
//! record that is there.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use offhook_org::schema::{Object, RecordType};
use offhook_org::{Record, RecordId, UserContext};

use super::shell::{self, Head, RecordHead};
use super::{draft, value};
use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

/// The id that says "no record type".
pub(crate) const MASTER_ID: &str = "012000000000000AAA";

/// What a request says of the record type of a new record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// There is nothing to ask.
    Settled(Option<RecordId>),
    /// The user has several.
    Open,
    /// It names one that the user does not have.
    Unknown,
}

struct Offer<'a> {
    id: &'a str,
    label: &'a str,
    description: &'a str,
    checked: bool,
}

#[derive(Template)]
#[template(path = "record_type.html")]
struct ChoiceTemplate<'a> {
    object: &'a Object,
    title: String,
    question: String,
    /// Where the choice is sent.
    action: String,
    cancel: String,
    offers: Vec<Offer<'a>>,
    /// What goes along with the choice.
    hidden: Vec<(String, String)>,
    unknown: bool,
}

/// The record types that the user may give a record.
pub(crate) fn offered<'a>(user: &'a UserContext, object: &'a Object) -> Vec<&'a RecordType> {
    let name = object.name.as_str();
    match user.may_write_field(name, "RecordTypeId") {
        true => object.record_types_for(user).collect(),
        false => Vec::new(),
    }
}

/// The one that is chosen where the user chooses none.
fn default_of<'a>(user: &UserContext, object: &'a Object) -> Option<&'a RecordType> {
    let default = object.default_record_type(user);
    default.or_else(|| {
        object
            .record_types
            .iter()
            .find(|t| object.is_available(user, t))
    })
}

/// The record type of a new record, of which the request says this.
pub(crate) fn for_new(user: &UserContext, object: &Object, asked: &str) -> Chosen {
    let offered = offered(user, object);
    let asked = asked.trim();
    if !asked.is_empty() {
        let id = RecordId::parse(asked).ok();
        return match id {
            Some(id) if is_master(&id) => Chosen::Settled(None),
            Some(id) if offered.iter().any(|t| t.id == id) => Chosen::Settled(Some(id)),
            _ => Chosen::Unknown,
        };
    }
    match offered.as_slice() {
        [] => Chosen::Settled(None),
        [only] if !has_master(&offered) => Chosen::Settled(Some(only.id.clone())),
        _ => Chosen::Open,
    }
}

/// Is having no record type among the choices? Where all types are for persons, it is how an
/// account becomes a business.
fn has_master(offered: &[&RecordType]) -> bool {
    !offered.is_empty() && offered.iter().all(|t| t.is_person)
}

/// May the record have the record type that the form names? Its own one it may keep.
pub(crate) fn allowed(
    user: &UserContext,
    object: &Object,
    record: Option<&Record>,
    asked: &RecordId,
) -> bool {
    let own = record.and_then(|record| record.get("RecordTypeId").as_reference());
    let is_person = is_person(object, own);
    let mut offered = offered(user, object).into_iter();
    let fits = |t: &RecordType| record.is_none() || t.is_person == is_person;
    own == Some(asked) || offered.any(|t| t.id == *asked && fits(t))
}

/// A person stays one, whatever the record type.
fn is_person(object: &Object, record_type: Option<&RecordId>) -> bool {
    let record_type = record_type.and_then(|id| object.record_type(id));
    record_type.is_some_and(|record_type| record_type.is_person)
}

/// The record types that the record may be given.
pub(crate) fn offered_to<'a>(
    user: &'a UserContext,
    object: &'a Object,
    record: &Record,
) -> Vec<&'a RecordType> {
    let is_person = is_person(object, record.get("RecordTypeId").as_reference());
    let mut offered = offered(user, object);
    offered.retain(|t| t.is_person == is_person);
    offered
}

/// Does the id say "no record type"?
pub(crate) fn is_master(id: &RecordId) -> bool {
    id.as_str() == MASTER_ID
}

/// Asks which record type a new record is to have.
pub(crate) async fn ask(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    hidden: Vec<(String, String)>,
    unknown: bool,
) -> Result<Response, Failure> {
    let offered = offered(&who.user, object);
    let business = format!("Business {}", object.label);
    let mut offers_shown = Vec::new();
    let mut default = default_of(&who.user, object).map(|t| &t.id);
    if has_master(&offered) {
        if object.default_record_type(&who.user).is_none() {
            default = None;
        }
        offers_shown.push(Offer {
            id: MASTER_ID,
            label: &business,
            description: "A company, an association, an authority.",
            checked: default.is_none(),
        });
    }
    offers_shown.extend(offers(&offered, default));
    let body = ChoiceTemplate {
        object,
        title: format!("New {}", object.label),
        question: format!("What sort of {} is it?", object.label.to_lowercase()),
        action: format!("/lightning/o/{}/new", object.name),
        cancel: format!("/lightning/o/{}/list", object.name),
        offers: offers_shown,
        hidden,
        unknown,
    };
    let head = Head {
        kind: "new",
        title: body.title.clone(),
        icon: object.icon.clone(),
        object: Some(object.name.to_string()),
        ..Head::default()
    };
    shell::page(state, who, head, &body).await
}

/// `/lightning/r/{object}/{id}/recordtype`: asks for another record type; the form for the record
/// with that type follows.
pub(crate) async fn change(
    State(state): State<AppState>,
    who: SignedIn,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (object, record) = draft::changeable(&state, &who, &id).await?;
    let object = &*object;
    let offered = offered_to(&who.user, object, &record);
    if offered.is_empty() {
        return Err(Failure::NotFound);
    }
    let own = record.get("RecordTypeId").as_reference();
    let own = own.filter(|id| offered.iter().any(|t| t.id == **id));
    let name = value::name_of(object, &record);
    let default = own.or_else(|| default_of(&who.user, object).map(|t| &t.id));
    let body = ChoiceTemplate {
        object,
        title: "Change Record Type".to_owned(),
        question: format!("What sort of {} is “{name}”?", object.label.to_lowercase()),
        action: format!("/lightning/r/{}/{}/edit", object.name, record.id),
        cancel: value::record_path(object, &record.id),
        offers: offers(&offered, default),
        hidden: Vec::new(),
        unknown: false,
    };
    let head = Head {
        kind: "edit",
        title: body.title.clone(),
        icon: object.icon.clone(),
        record: Some(RecordHead {
            id: record.id.to_string(),
            name,
            object: object.name.to_string(),
            person: value::person_of(&record),
        }),
        ..Head::default()
    };
    shell::page(&state, &who, head, &body).await
}

fn offers<'a>(offered: &[&'a RecordType], chosen: Option<&RecordId>) -> Vec<Offer<'a>> {
    let offer = |t: &&'a RecordType| Offer {
        id: t.id.as_str(),
        label: &t.label,
        description: &t.description,
        checked: Some(&t.id) == chosen,
    };
    offered.iter().map(offer).collect()
}
