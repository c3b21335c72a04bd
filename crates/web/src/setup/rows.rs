//! Rows of Setup as lists and forms made from the schema: users, profiles, permission sets, roles,
//! groups, queues, and the histories that nobody writes. The write gate says what may be done;
//! here it is asked and shown.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::access::{Operation, Permission};
use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{ObjectName, Record, RecordId, Value};
use offhook_store::error::SaveFailure;
use offhook_store::org::{ListQuery, Order};

use super::frame::{self, Place, admit};
use super::row_lists::{PAGE_SIZE, Table, named, path, shown, table};
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;

/// Records that a reference can be chosen from.
const CHOICES_MAX: u32 = 200;

/// Lists under a row: the rows that point to it, and by which field.
fn lists_under(object: &str) -> &'static [(&'static str, &'static str)] {
    match object {
        "PermissionSet" => &[("PermissionSetAssignment", "PermissionSetId")],
        "PermissionSetGroup" => &[
            ("PermissionSetGroupComponent", "PermissionSetGroupId"),
            ("PermissionSetAssignment", "PermissionSetGroupId"),
        ],
        "Profile" => &[("User", "ProfileId")],
        "Group" => &[("GroupMember", "GroupId"), ("QueueSobject", "QueueId")],
        "UserRole" => &[("UserRole", "ParentRoleId"), ("User", "UserRoleId")],
        "User" => &[
            ("PermissionSetAssignment", "AssigneeId"),
            ("LoginHistory", "UserId"),
        ],
        _ => &[],
    }
}

/// The place in the navigation of an object's rows.
fn place_of(object: &str) -> Option<Place> {
    Some(match object {
        "User" => Place::Users,
        "Profile" => Place::Profiles,
        "PermissionSet" | "ObjectPermissions" | "FieldPermissions" | "PermissionSetAssignment" => {
            Place::PermissionSets
        }
        "PermissionSetGroup" | "PermissionSetGroupComponent" => Place::PermissionSetGroups,
        "UserRole" => Place::Roles,
        "Group" | "GroupMember" | "QueueSobject" => Place::Groups,
        "LoginHistory" => Place::LoginHistory,
        "SetupAuditTrail" => Place::AuditTrail,
        _ => return None,
    })
}

/// The address of the rows of an object: those of roles are a tree.
fn list_of(object: &Object) -> String {
    match object.name.as_str() {
        "UserRole" => Place::Roles.path().to_owned(),
        _ => path(object),
    }
}

#[derive(Template)]
#[template(path = "setup/rows.html")]
struct ListTemplate {
    table: Table,
    /// Pages about the list: address and label.
    links: Vec<(&'static str, &'static str)>,
    previous: Option<String>,
    next: Option<String>,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

enum Input {
    Text,
    Checkbox,
    Select(Vec<Choice>),
}

struct Entry {
    name: String,
    label: String,
    required: bool,
    value: String,
    input: Input,
}

#[derive(Template)]
#[template(path = "setup/row.html")]
struct FormTemplate<'a> {
    title: String,
    list_href: String,
    list_title: String,
    action: String,
    csrf: &'a str,
    problems: Vec<String>,
    entries: Vec<Entry>,
    may_save: bool,
    delete_href: Option<String>,
    user_actions: Option<(String, bool)>,
    /// Pages about the row beside this one: address and label.
    links: Vec<(String, &'static str)>,
    tables: Vec<Table>,
}

#[derive(Template)]
#[template(path = "setup/row_delete.html")]
struct DeleteTemplate<'a> {
    name: String,
    href: String,
    csrf: &'a str,
    problems: Vec<String>,
}

type Asked = BTreeMap<String, String>;

fn opened(
    state: &AppState,
    who: &SignedIn,
    object: &str,
) -> Result<(std::sync::Arc<Object>, Place), Failure> {
    let place = place_of(object).ok_or(Failure::NotFound)?;
    admit(who, place)?;
    let schema = state.store.schema();
    let object = schema.object(object).cloned().ok_or(Failure::NotFound)?;
    Ok((object, place))
}

/// `GET /lightning/setup/rows/{object}`.
pub(super) async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    Path(object): Path<String>,
    Query(asked): Query<Asked>,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let (object, place) = opened(&state, &who, &object)?;
    let page = asked.get("page").and_then(|page| page.parse().ok());
    let page: u32 = page.unwrap_or(1).clamp(1, 10_000);
    let table = table(&state, &who, &object, None, (page - 1) * PAGE_SIZE).await?;
    let link = |page: u32| format!("{}?page={page}", path(&object));
    let links = match object.name.as_str() {
        "SetupAuditTrail" => vec![("/lightning/setup/audit-trail/verify", "Check the trail")],
        _ => Vec::new(),
    };
    let body = ListTemplate {
        links,
        previous: (page > 1).then(|| link(page - 1)),
        next: (page * PAGE_SIZE < table.total).then(|| link(page + 1)),
        table,
    };
    let title = object.plural_label.clone();
    let page = frame::page(&state, &who, place, &title, notice, &body).await;
    page.map(flash::said)
}

/// `GET /lightning/setup/rows/{object}/new`.
pub(super) async fn new(
    State(state): State<AppState>,
    who: SignedIn,
    Path(object): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let (object, place) = opened(&state, &who, &object)?;
    let entered = asked.into_iter().collect();
    let form = Form::new(&object, place, None, entered);
    form.page(&state, &who, StatusCode::OK, Vec::new(), None)
        .await
}

/// `POST /lightning/setup/rows/{object}/new`.
pub(super) async fn create(
    State(state): State<AppState>,
    who: SignedIn,
    Path(object): Path<String>,
    body: String,
) -> Result<Response, Failure> {
    let (object, place) = opened(&state, &who, &object)?;
    let form = Form::new(&object, place, None, entered(&body));
    let strict = Strictness::Strict;
    let fields = form.fields();
    match state
        .store
        .create(&who.user, &object.name, &fields, strict)
        .await
    {
        Ok(id) => {
            let said = format!("{} was created.", object.label);
            Ok(flash::redirect(
                &format!("{}/{id}", path(&object)),
                &said,
                None,
            ))
        }
        Err(failure) => form.refused(&state, &who, failure).await,
    }
}

/// `GET /lightning/setup/rows/{object}/{id}`.
pub(super) async fn edit(
    State(state): State<AppState>,
    who: SignedIn,
    Path((object, id)): Path<(String, String)>,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let (object, place) = opened(&state, &who, &object)?;
    let record = found(&state, &who, &object, &id).await?;
    let values = record.fields.iter().map(|(name, value)| {
        let text = match value {
            Value::Reference(id) => id.to_string(),
            Value::Boolean(flag) => flag.to_string(),
            other => shown(other, &BTreeMap::new()),
        };
        (name.as_str().to_owned(), text)
    });
    let form = Form::new(&object, place, Some(&record), values.collect());
    let page = form
        .page(&state, &who, StatusCode::OK, Vec::new(), notice)
        .await;
    page.map(flash::said)
}

/// `POST /lightning/setup/rows/{object}/{id}`.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    Path((object, id)): Path<(String, String)>,
    body: String,
) -> Result<Response, Failure> {
    let (object, place) = opened(&state, &who, &object)?;
    let record = found(&state, &who, &object, &id).await?;
    let form = Form::new(&object, place, Some(&record), entered(&body));
    let (fields, strict) = (form.fields(), Strictness::Strict);
    match state
        .store
        .update(&who.user, &record.id, &fields, strict, None)
        .await
    {
        Ok(()) => {
            let said = format!("{} was saved. It acts with the next request.", object.label);
            Ok(flash::redirect(
                &format!("{}/{id}", path(&object)),
                &said,
                None,
            ))
        }
        Err(failure) => form.refused(&state, &who, failure).await,
    }
}

/// `GET /lightning/setup/rows/{object}/{id}/delete`.
pub(super) async fn confirm_delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path((object, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (object, place) = opened(&state, &who, &object)?;
    let record = found(&state, &who, &object, &id).await?;
    delete_page(&state, &who, &object, place, &record, Vec::new()).await
}

/// `POST /lightning/setup/rows/{object}/{id}/delete`.
pub(super) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path((object, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (object, place) = opened(&state, &who, &object)?;
    let record = found(&state, &who, &object, &id).await?;
    match state.store.delete(&who.user, &record.id).await {
        Ok(()) => {
            let said = format!("{} was deleted.", object.label);
            Ok(flash::redirect(&list_of(&object), &said, None))
        }
        Err(failure) => {
            let problems = problems(failure)?;
            delete_page(&state, &who, &object, place, &record, problems).await
        }
    }
}

async fn delete_page(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    place: Place,
    record: &Record,
    problems: Vec<String>,
) -> Result<Response, Failure> {
    let name = named(object, record);
    let status = match problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::CONFLICT,
    };
    let title = format!("Delete {name}?");
    let body = DeleteTemplate {
        name,
        href: format!("{}/{}", path(object), record.id),
        csrf: &who.session.csrf_token,
        problems,
    };
    frame::page_with_status(state, who, status, place, &title, None, &body).await
}

async fn found(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    id: &str,
) -> Result<Record, Failure> {
    let id = RecordId::parse(id).map_err(|_| Failure::NotFound)?;
    let record = state.store.record(&who.user, &id).await?;
    record
        .filter(|record| record.object == object.name)
        .ok_or(Failure::NotFound)
}

/// What a form sent; a name that came twice has its last value.
fn entered(body: &str) -> BTreeMap<String, String> {
    query::pairs(body.as_bytes()).into_iter().collect()
}

fn problems(failure: SaveFailure) -> Result<Vec<String>, Failure> {
    match failure {
        SaveFailure::Refused(errors) => Ok(errors.into_iter().map(|e| e.message).collect()),
        SaveFailure::NotFound => Err(Failure::NotFound),
        changed @ SaveFailure::Changed { .. } => Ok(vec![changed.to_string()]),
        SaveFailure::Store(error) => Err(error.into()),
    }
}

/// Pages that show more of a row.
fn links(object: &str, id: &RecordId) -> Vec<(String, &'static str)> {
    match object {
        "Profile" | "PermissionSet" => vec![(format!("/lightning/setup/rights/{id}"), "Rights")],
        "User" => vec![
            (
                format!("/lightning/setup/users/{id}/phone"),
                "Why a phone, or none?",
            ),
            (
                format!("/lightning/setup/users/{id}/access"),
                "What may this user see?",
            ),
            (
                format!("/lightning/setup/login-history?user={id}"),
                "Login history",
            ),
        ],
        _ => Vec::new(),
    }
}

/// The form of one row, new or old.
struct Form<'a> {
    object: &'a Object,
    place: Place,
    record: Option<&'a Record>,
    entered: BTreeMap<String, String>,
}

impl<'a> Form<'a> {
    fn new(
        object: &'a Object,
        place: Place,
        record: Option<&'a Record>,
        entered: BTreeMap<String, String>,
    ) -> Self {
        Self {
            object,
            place,
            record,
            entered,
        }
    }

    /// The fields that a person may set.
    fn open_fields(&self) -> impl Iterator<Item = &'a Field> {
        let is_new = self.record.is_none();
        let hidden = ["ProfileName", "CallCenterName"];
        self.object.fields.iter().filter(move |field| {
            let is_open = match is_new {
                true => field.createable,
                false => field.updateable,
            };
            // The rights of one that is there are one table, on a page of their own.
            let is_right = !is_new && Permission::of_column(field.name.as_str()).is_some();
            let is_shown = !is_right && !hidden.contains(&field.name.as_str());
            is_open && field.has_column() && is_shown
        })
    }

    /// Text as it was typed; the gate turns it into each field's type.
    fn fields(&self) -> Fields {
        let value = |field: &Field| match (self.entered.get(field.name.as_str()), field.kind) {
            (given, FieldKind::Checkbox) => Value::Boolean(given.is_some_and(|v| v != "false")),
            (Some(text), _) if !text.trim().is_empty() => Value::Text(text.clone()),
            _ => Value::Null,
        };
        let fields = self.open_fields();
        fields
            .map(|field| (field.name.clone(), value(field)))
            .collect()
    }

    async fn refused(
        &self,
        state: &AppState,
        who: &SignedIn,
        failure: SaveFailure,
    ) -> Result<Response, Failure> {
        let problems = problems(failure)?;
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        self.page(state, who, status, problems, None).await
    }

    async fn page(
        &self,
        state: &AppState,
        who: &SignedIn,
        status: StatusCode,
        problems: Vec<String>,
        notice: Option<flash::Notice>,
    ) -> Result<Response, Failure> {
        let (object, name) = (self.object, self.object.name.as_str());
        let mut entries = Vec::new();
        for field in self.open_fields() {
            entries.push(self.entry(state, who, field).await?);
        }
        let mut tables = Vec::new();
        if let Some(record) = self.record {
            let schema = state.store.schema();
            for (child, field) in lists_under(name) {
                if let Some(child) = schema.object(child) {
                    let under = Some((*field, &record.id));
                    tables.push(table(state, who, child, under, 0).await?);
                }
            }
        }
        let title = self.record.map_or_else(
            || format!("New {}", object.label),
            |record| named(object, record),
        );
        let action = self.record.map_or_else(
            || format!("{}/new", path(object)),
            |record| format!("{}/{}", path(object), record.id),
        );
        let may = |able: bool, operation| able && who.user.may(name, operation);
        let may_save = match self.record {
            None => may(object.abilities.createable, Operation::Create),
            Some(_) => may(object.abilities.updateable, Operation::Edit),
        };
        let deletes = self.record.is_some() && may(object.abilities.deletable, Operation::Delete);
        let user_actions = match self.record.filter(|_| name == "User") {
            Some(user) => {
                let frozen = state.store.is_frozen(&user.id).await?;
                Some((format!("/lightning/setup/users/{}", user.id), frozen))
            }
            None => None,
        };
        let body = FormTemplate {
            title: title.clone(),
            list_href: list_of(object),
            list_title: object.plural_label.clone(),
            delete_href: deletes.then(|| format!("{action}/delete")),
            action,
            csrf: &who.session.csrf_token,
            problems,
            entries,
            may_save,
            user_actions,
            links: self
                .record
                .map_or_else(Vec::new, |row| links(name, &row.id)),
            tables,
        };
        frame::page_with_status(state, who, status, self.place, &title, notice, &body).await
    }

    async fn entry(
        &self,
        state: &AppState,
        who: &SignedIn,
        field: &Field,
    ) -> Result<Entry, Failure> {
        let name = field.name.as_str();
        let default = field.default.as_deref().filter(|_| self.record.is_none());
        let given = self.entered.get(name).map(String::as_str);
        let value = given.or(default).unwrap_or("").to_owned();
        let input = match field.kind {
            FieldKind::Checkbox => Input::Checkbox,
            FieldKind::Picklist => {
                let values = field.active_values();
                Input::Select(choices(
                    values.map(|v| (v.value.clone(), v.label.clone())),
                    &value,
                ))
            }
            FieldKind::Reference => {
                let mut named = Vec::new();
                for target in &field.reference_to {
                    named.extend(candidates(state, who, target).await?);
                }
                Input::Select(choices(named.into_iter(), &value))
            }
            _ => Input::Text,
        };
        Ok(Entry {
            name: name.to_owned(),
            label: field.label.clone(),
            required: field.required,
            value,
            input,
        })
    }
}

fn choices(all: impl Iterator<Item = (String, String)>, chosen: &str) -> Vec<Choice> {
    let none = std::iter::once((String::new(), "None".to_owned()));
    none.chain(all)
        .map(|(value, label)| Choice {
            chosen: value == chosen,
            value,
            label,
        })
        .collect()
}

/// The records of an object that a reference may be set to, by name.
async fn candidates(
    state: &AppState,
    who: &SignedIn,
    target: &ObjectName,
) -> Result<Vec<(String, String)>, Failure> {
    let schema = state.store.schema();
    let Some(object) = schema.object(target.as_str()) else {
        return Ok(Vec::new());
    };
    let asked = ListQuery {
        object: object.name.clone(),
        filters: Vec::new(),
        order: Some((object.name_field.clone(), Order::Ascending)),
        offset: 0,
        limit: CHOICES_MAX,
    };
    let found = state.store.list(&who.user, &asked).await?;
    let named = found.records.iter().map(|record| {
        let kind = match object.name.as_str() {
            "Group" => format!(" ({})", record.text("Type")),
            _ => String::new(),
        };
        (
            record.id.to_string(),
            format!("{}{kind}", named(object, record)),
        )
    });
    Ok(named.collect())
}
