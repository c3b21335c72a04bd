//! What may this user see, and why: each right over an object and its fields with the profile or
//! permission set that it comes from, and the causes behind one record. And the other way round:
//! everybody who reaches a record. What is explained is what decides (`org::access::explain`).

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use offhook_org::access::explain::{Cause, Reason, widest};
use offhook_org::access::{
    AccessLevel, Operation, Permission, takes_field_rows, takes_object_rows,
};
use offhook_org::schema::{Object, SharingDefault};
use offhook_org::{RecordId, UserContext};
use offhook_store::rights::{READERS_MAX, RightsSource, RightsSourceKind};
use serde::Deserialize;

use super::frame::{self, Place, admit};
use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    object: String,
    #[serde(default)]
    record: String,
}

/// A right, and where it comes from.
struct Line {
    label: String,
    given: bool,
    /// Address and words.
    from: Vec<(String, String)>,
}

struct FieldLine {
    label: String,
    name: String,
    read: Vec<(String, String)>,
    edit: Vec<(String, String)>,
    open: bool,
}

struct RecordAnswer {
    title: String,
    level: &'static str,
    sees: bool,
    reasons: Vec<String>,
    ways: Vec<&'static str>,
    href: String,
}

#[derive(Template)]
#[template(path = "setup/access.html")]
struct AccessTemplate {
    user: String,
    user_href: String,
    active: bool,
    /// Name, label, chosen.
    objects: Vec<(String, String, bool)>,
    record: String,
    object_label: String,
    operations: Vec<Line>,
    fields: Vec<FieldLine>,
    permissions: Vec<Line>,
    sources: Vec<(String, String)>,
    answer: Option<RecordAnswer>,
    problem: Option<&'static str>,
}

/// `GET /lightning/setup/users/{id}/access?object=&record=`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    admit(&who, Place::Users)?;
    let id = RecordId::parse(&id).map_err(|_| Failure::NotFound)?;
    let names = state
        .store
        .names(&who.user, std::slice::from_ref(&id))
        .await?;
    let name = names.get(&id).cloned().ok_or(Failure::NotFound)?;
    let schema = state.store.schema();
    let record = RecordId::parse(asked.record.trim()).ok();
    let of_record = record.as_ref().and_then(|record| schema.object_of(record));
    let object = of_record
        .or_else(|| schema.object(&asked.object))
        .filter(|object| is_shown(object))
        .or_else(|| schema.object("Account"));
    let object = object.cloned().ok_or(Failure::NotFound)?;
    let context = state.store.user_context(&id).await?;
    let sources = state.store.rights_sources(&id).await?;
    let alone = alone(&state, context.as_ref(), &sources);
    let answer = match (&context, &record) {
        (Some(user), Some(record)) => about_record(&state, &who, user, record).await?,
        _ => None,
    };
    let problem = (!asked.record.trim().is_empty() && answer.is_none()).then_some(
        "There is no such record: check the id. A record in the recycle bin is not looked at.",
    );
    let mut objects: Vec<_> = schema.objects().iter().filter(|o| is_shown(o)).collect();
    objects.sort_by_key(|object| object.plural_label.to_lowercase());
    let choice = |other: &Arc<Object>| {
        let chosen = other.name == object.name;
        (other.name.to_string(), other.plural_label.clone(), chosen)
    };
    let body = AccessTemplate {
        user_href: format!("/lightning/setup/rows/User/{id}"),
        active: context.is_some(),
        objects: objects.into_iter().map(choice).collect(),
        record: asked.record.trim().to_owned(),
        object_label: object.plural_label.clone(),
        operations: operations(&object, &alone),
        fields: fields(&object, &alone),
        permissions: permissions(&alone),
        sources: sources.iter().map(named).collect(),
        answer,
        problem,
        user: name.clone(),
    };
    let title = format!("Access of {name}");
    frame::page(&state, &who, Place::Users, &title, None, &body).await
}

fn is_shown(object: &Object) -> bool {
    takes_object_rows(object) || ["Task", "Event"].contains(&object.name.as_str())
}

/// The user as one source alone would make the user; what several give together is what each
/// gives.
fn alone(
    state: &AppState,
    user: Option<&UserContext>,
    sources: &[RightsSource],
) -> Vec<((String, String), UserContext)> {
    let schema = state.store.schema();
    let Some(user) = user else { return Vec::new() };
    let one = |source: &RightsSource| {
        let rights = source.rights.clone().with_open_fields(&schema);
        let user = UserContext {
            rights: Arc::new(rights),
            ..user.clone()
        };
        (named(source), user)
    };
    sources.iter().map(one).collect()
}

/// Address of its rights, and what it is called.
fn named(source: &RightsSource) -> (String, String) {
    let kind = match source.kind {
        RightsSourceKind::Profile => "Profile",
        RightsSourceKind::PermissionSet => "Permission set",
    };
    let through = source.through.as_ref();
    let through = through.map_or(String::new(), |group| format!(", by the group {group}"));
    let href = source.id.as_ref();
    let href = href.map_or(String::new(), |id| format!("/lightning/setup/rights/{id}"));
    (href, format!("{kind} {}{through}", source.label))
}

fn given_by(
    alone: &[((String, String), UserContext)],
    gives: impl Fn(&UserContext) -> bool,
) -> Vec<(String, String)> {
    let giving = alone.iter().filter(|(_, user)| gives(user));
    giving.map(|(named, _)| named.clone()).collect()
}

fn operations(object: &Object, alone: &[((String, String), UserContext)]) -> Vec<Line> {
    let labels = ["Read", "Create", "Edit", "Delete", "View All", "Modify All"];
    let line = |(operation, label): (Operation, &str)| {
        let from = given_by(alone, |user| user.may(object.name.as_str(), operation));
        Line {
            label: label.to_owned(),
            given: !from.is_empty(),
            from,
        }
    };
    Operation::ALL.into_iter().zip(labels).map(line).collect()
}

fn fields(object: &Object, alone: &[((String, String), UserContext)]) -> Vec<FieldLine> {
    let name = object.name.as_str();
    let mut lines: Vec<FieldLine> = (object.fields.iter())
        .filter(|field| field.has_column())
        .map(|field| {
            let field_name = field.name.as_str();
            FieldLine {
                label: field.label.clone(),
                name: field_name.to_owned(),
                read: given_by(alone, |user| {
                    user.may(name, Operation::Read) && user.may_read_field(name, field_name)
                }),
                edit: given_by(alone, |user| {
                    user.may(name, Operation::Edit) && user.may_write_field(name, field_name)
                }),
                open: !takes_field_rows(object, field),
            }
        })
        .collect();
    lines.sort_by_key(|line| line.label.to_lowercase());
    lines
}

fn permissions(alone: &[((String, String), UserContext)]) -> Vec<Line> {
    let line = |permission: Permission| {
        let from = given_by(alone, |user| user.holds(permission));
        Line {
            label: permission.label().to_owned(),
            given: !from.is_empty(),
            from,
        }
    };
    let mut lines: Vec<Line> = Permission::ALL.into_iter().map(line).collect();
    lines.sort_by(|a, b| a.label.cmp(&b.label));
    lines
}

async fn about_record(
    state: &AppState,
    who: &SignedIn,
    user: &UserContext,
    record: &RecordId,
) -> Result<Option<RecordAnswer>, Failure> {
    let Some(reasons) = state.store.explain_access(user, record).await? else {
        return Ok(None);
    };
    let level = widest(&reasons);
    let names = names_of(state, who, reasons.iter(), record).await?;
    let schema = state.store.schema();
    let object = schema.object_of(record).ok_or(Failure::NotFound)?;
    let ways = match level {
        AccessLevel::None if !user.may(object.name.as_str(), Operation::Read) => {
            vec![
                "Give Read of the object by the profile or a permission set: nothing of a record \
                  is seen without it.",
            ]
        }
        AccessLevel::None => vec![
            "Share the record by hand, or by a sharing rule (Sharing Settings).",
            "Make the user, somebody below the user's role, or a queue of the user's its owner.",
            "Give View All of the object, or open the org-wide default.",
        ],
        _ => Vec::new(),
    };
    Ok(Some(RecordAnswer {
        title: names
            .get(record)
            .cloned()
            .unwrap_or_else(|| record.to_string()),
        level: level_label(level),
        sees: level > AccessLevel::None,
        reasons: reasons.iter().map(|reason| told(reason, &names)).collect(),
        ways,
        href: format!("/lightning/setup/sharing/record/{record}"),
    }))
}

/// Names of the record and of all whom the reasons name, as the asking admin sees them.
async fn names_of(
    state: &AppState,
    who: &SignedIn,
    reasons: impl Iterator<Item = &Reason>,
    record: &RecordId,
) -> Result<BTreeMap<RecordId, String>, Failure> {
    let mut ids = vec![record.clone()];
    for reason in reasons {
        match &reason.cause {
            Cause::OwnerBelow(id) | Cause::Queue(id) | Cause::Parent(id) => ids.push(id.clone()),
            Cause::Rule(_, id) | Cause::Share(id, _) => ids.push(id.clone()),
            Cause::ModifyAll | Cause::ViewAll | Cause::Default(_) | Cause::Owner => {}
        }
    }
    ids.sort();
    ids.dedup();
    Ok(state.store.names(&who.user, &ids).await?)
}

fn told(reason: &Reason, names: &BTreeMap<RecordId, String>) -> String {
    let name = |id: &RecordId| names.get(id).cloned().unwrap_or_else(|| id.to_string());
    let why = match &reason.cause {
        Cause::ModifyAll => "Modify All of the object, or Modify All Data".to_owned(),
        Cause::ViewAll => "View All of the object, or View All Data".to_owned(),
        Cause::Default(default) => format!("the org-wide default {}", default_label(*default)),
        Cause::Owner => "the user owns it".to_owned(),
        Cause::OwnerBelow(owner) => {
            format!("its owner {} is below in the tree of roles", name(owner))
        }
        Cause::Queue(queue) => format!("its owner is the queue {}", name(queue)),
        Cause::Rule(label, group) => {
            format!(
                "the sharing rule \u{201c}{label}\u{201d} shares it with {}",
                name(group)
            )
        }
        Cause::Share(grantee, cause) => format!("it is shared with {} ({cause})", name(grantee)),
        Cause::Parent(parent) => format!("it is seen as {} is", name(parent)),
    };
    format!("{}: {why}", level_label(reason.level))
}

fn level_label(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::None => "No access",
        AccessLevel::Read => "Read only",
        AccessLevel::Edit => "Read and write",
        AccessLevel::Full => "Full access",
    }
}

fn default_label(default: SharingDefault) -> &'static str {
    match default {
        SharingDefault::Private => "Private",
        SharingDefault::PublicRead => "Public Read Only",
        SharingDefault::PublicReadWrite => "Public Read/Write",
        SharingDefault::ControlledByParent => "Controlled by Parent",
    }
}

struct ReaderLine {
    href: String,
    name: String,
    level: &'static str,
    reasons: Vec<String>,
}

#[derive(Template)]
#[template(path = "setup/record_access.html")]
struct ReadersTemplate {
    title: String,
    record_href: String,
    readers: Vec<ReaderLine>,
    readers_max: usize,
}

/// `GET /lightning/setup/sharing/record/{id}`: the sharing hierarchy of a record.
pub(super) async fn readers(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    admit(&who, Place::Sharing)?;
    let id = RecordId::parse(&id).map_err(|_| Failure::NotFound)?;
    // Nothing is told of a record that the asking admin may not see.
    let record = state.store.record(&who.user, &id).await?;
    let record = record.ok_or(Failure::NotFound)?;
    let found = state.store.readers(&id).await?.ok_or(Failure::NotFound)?;
    let reasons = found.iter().flat_map(|reader| &reader.reasons);
    let names = names_of(&state, &who, reasons, &id).await?;
    let readers = found.iter().map(|reader| ReaderLine {
        href: format!("/lightning/setup/users/{}/access?record={id}", reader.user),
        name: reader.name.clone(),
        level: level_label(reader.level),
        reasons: reader
            .reasons
            .iter()
            .map(|reason| told(reason, &names))
            .collect(),
    });
    let body = ReadersTemplate {
        title: names.get(&id).cloned().unwrap_or_else(|| id.to_string()),
        record_href: format!("/lightning/r/{}/{id}/view", record.object),
        readers: readers.collect(),
        readers_max: READERS_MAX,
    };
    let title = "Sharing Hierarchy";
    frame::page(&state, &who, Place::Sharing, title, None, &body).await
}
