//! List views that a user makes, changes and deletes for nobody else, and the one that opens
//! first.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::schema::definition::{DefinitionError, name_from_label};
use offhook_org::schema::{
    Field, ListAudience, ListFilter, ListOperator, ListScope, ListSort, ListView, Object,
};
use offhook_org::{FieldName, RecordId, UserContext};
use offhook_store::org::metadata::MetadataFailure;

use super::flash;
use super::list;
use super::list_views::{Kind, View};
use super::shell::{self, Head};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

/// Columns that the form asks for beside the name.
const COLUMNS: usize = 9;

/// Conditions that the form asks for.
const FILTERS: usize = 5;

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

struct FilterRow {
    number: usize,
    fields: Vec<Choice>,
    operators: Vec<Choice>,
    value: String,
}

#[derive(Template)]
#[template(path = "own_list.html")]
struct FormTemplate<'a> {
    object: &'a Object,
    csrf: &'a str,
    title: String,
    action: String,
    cancel: String,
    label: &'a str,
    has_owner: bool,
    is_mine: bool,
    name_label: String,
    columns: Vec<Vec<Choice>>,
    filters: Vec<FilterRow>,
    logic: &'a str,
    sorts: Vec<Choice>,
    descending: bool,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "own_list_delete.html")]
struct DeleteTemplate<'a> {
    object: &'a Object,
    csrf: &'a str,
    label: &'a str,
    action: String,
    cancel: String,
}

/// `GET /lightning/o/{object}/lists/new`.
pub(crate) async fn new_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path(object): Path<String>,
) -> Result<Response, Failure> {
    let object = list::object_with_tab(&state, &who, &object)?;
    form(&state, &who, &object, &blank(&object), true, None).await
}

/// `POST /lightning/o/{object}/lists/new`.
pub(crate) async fn create(
    State(state): State<AppState>,
    who: SignedIn,
    Path(object): Path<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    let object = list::object_with_tab(&state, &who, &object)?;
    let view = read(&object, &query::pairs(&body), &blank(&object));
    put(&state, &who, &object, view, true).await
}

/// `GET /lightning/o/{object}/lists/{id}/edit`.
pub(crate) async fn edit_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path((object, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (object, view) = own(&state, &who, &object, &id)?;
    form(&state, &who, &object, &view, false, None).await
}

/// `POST /lightning/o/{object}/lists/{id}/edit`.
pub(crate) async fn update(
    State(state): State<AppState>,
    who: SignedIn,
    Path((object, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Failure> {
    let (object, known) = own(&state, &who, &object, &id)?;
    let view = read(&object, &query::pairs(&body), &known);
    put(&state, &who, &object, view, false).await
}

/// `GET /lightning/o/{object}/lists/{id}/delete`: asks first.
pub(crate) async fn ask(
    State(state): State<AppState>,
    who: SignedIn,
    Path((object, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (object, view) = own(&state, &who, &object, &id)?;
    let object = &*object;
    let body = DeleteTemplate {
        object,
        csrf: &who.session.csrf_token,
        label: &view.label,
        action: format!("/lightning/o/{}/lists/{id}/delete", object.name),
        cancel: list_path(object, &id),
    };
    let title = format!("Delete {}", view.label);
    shell::page(&state, &who, head(object, title), &body).await
}

/// `POST /lightning/o/{object}/lists/{id}/delete`.
pub(crate) async fn delete(
    State(state): State<AppState>,
    who: SignedIn,
    Path((object, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (object, view) = own(&state, &who, &object, &id)?;
    let deleted = state
        .store
        .delete_own_list_view(&who.user, &object.name, &view.id);
    deleted.await.map_err(not_done)?;
    if state
        .store
        .pinned_list(&who.user, &object.name)
        .await?
        .as_deref()
        == Some(id.as_str())
    {
        state.store.pin_list(&who.user, &object.name, None).await?;
    }
    let said = format!("List “{}” was deleted.", view.label);
    let path = format!("/lightning/o/{}/list", object.name);
    Ok(flash::redirect(&path, &said, None))
}

/// `POST /lightning/o/{object}/lists/pin`: the list opens first from now on.
pub(crate) async fn pin(
    State(state): State<AppState>,
    who: SignedIn,
    Path(object): Path<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    let object = list::object_with_tab(&state, &who, &object)?;
    let sent = query::pairs(&body);
    let view = View::named(&object, &who.user, query::value(&sent, "list"));
    let pinned = Some(view.key.as_str()).filter(|key| *key != "all");
    state
        .store
        .pin_list(&who.user, &object.name, pinned)
        .await?;
    let said = format!("“{}” opens first from now on.", view.label);
    Ok(flash::redirect(&list_path(&object, &view.key), &said, None))
}

fn list_path(object: &Object, key: &str) -> String {
    let key = query::encode(key);
    format!("/lightning/o/{}/list?filterName={key}", object.name)
}

/// The user's own list view of this id.
fn own(
    state: &AppState,
    who: &SignedIn,
    object: &str,
    id: &str,
) -> Result<(Arc<Object>, ListView), Failure> {
    let object = list::object_with_tab(state, who, object)?;
    let mut views = View::of(&object, &who.user).into_iter();
    let view = views.find(|view| view.key == id && view.is_own(&who.user));
    match view.map(|view| view.kind) {
        Some(Kind::Made(view)) => Ok((object, *view)),
        _ => Err(Failure::NotFound),
    }
}

fn blank(object: &Object) -> ListView {
    ListView {
        id: RecordId::from_serial("00B", 0),
        developer_name: String::new(),
        label: String::new(),
        scope: ListScope::Everything,
        filters: Vec::new(),
        logic: None,
        columns: object.list_columns.clone(),
        sort: None,
        shown_to: ListAudience::Everyone,
    }
}

/// What the form says. Rows without a field are none.
fn read(object: &Object, form: &[(String, String)], known: &ListView) -> ListView {
    let text = |name: &str| query::value(form, name).trim().to_owned();
    let all = |name: &'static str| {
        let pairs = form.iter().filter(move |(key, _)| key == name);
        pairs.map(|(_, value)| value.trim())
    };
    let rows = all("filter_field").zip(all("filter_operator"));
    let rows = rows.zip(all("filter_value"));
    let rows = rows.filter(|((field, _), _)| !field.is_empty());
    let filters = rows.map(|((field, operator), value)| ListFilter {
        field: FieldName::new(field),
        operator: ListOperator::ALL
            .into_iter()
            .find(|known| known.name() == operator)
            .unwrap_or(ListOperator::Equals),
        value: value.to_owned(),
    });
    let mut columns = vec![object.name_field.clone()];
    for name in all("column").filter(|name| !name.is_empty()) {
        let name = FieldName::new(name);
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let (label, sort) = (text("label"), text("sort"));
    let named = name_from_label(&label);
    ListView {
        id: known.id.clone(),
        developer_name: match known.developer_name.is_empty() {
            true if named.is_empty() => "List".to_owned(),
            true => named,
            false => known.developer_name.clone(),
        },
        label,
        scope: match text("scope").as_str() {
            "mine" => ListScope::Mine,
            _ => ListScope::Everything,
        },
        filters: filters.take(FILTERS).collect(),
        logic: Some(text("logic")).filter(|logic| !logic.is_empty()),
        columns,
        sort: (!sort.is_empty()).then(|| ListSort {
            field: FieldName::new(sort),
            descending: text("direction") == "desc",
        }),
        shown_to: known.shown_to.clone(),
    }
}

async fn put(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    view: ListView,
    is_new: bool,
) -> Result<Response, Failure> {
    let put = state
        .store
        .put_own_list_view(&who.user, &object.name, view.clone(), is_new);
    match put.await {
        Ok(id) => {
            let said = format!("List “{}” was saved.", view.label);
            Ok(flash::redirect(
                &list_path(object, id.as_str()),
                &said,
                None,
            ))
        }
        Err(MetadataFailure::Refused(DefinitionError { what, words })) => {
            let problem = Some(format!("{what}: {words}."));
            form(state, who, object, &view, is_new, problem).await
        }
        Err(failure) => Err(not_done(failure)),
    }
}

fn not_done(failure: MetadataFailure) -> Failure {
    match failure {
        MetadataFailure::NotFound(_) => Failure::NotFound,
        MetadataFailure::Store(error) => error.into(),
        refusal @ (MetadataFailure::Forbidden | MetadataFailure::Refused(_)) => {
            Failure::Forbidden {
                needs: format!("Nothing was changed: {refusal}."),
            }
        }
    }
}

async fn form(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    view: &ListView,
    is_new: bool,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let status = match problem {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let title = match is_new {
        true => format!("New List of {}", object.plural_label),
        false => format!("Edit List {}", view.label),
    };
    let path = format!("/lightning/o/{}", object.name);
    let beside_name: Vec<&FieldName> = (view.columns.iter())
        .filter(|name| **name != object.name_field)
        .collect();
    let name_label = object.field(object.name_field.as_str());
    let (id, user) = (&view.id, &who.user);
    let body = FormTemplate {
        object,
        csrf: &who.session.csrf_token,
        title: title.clone(),
        action: match is_new {
            true => format!("{path}/lists/new"),
            false => format!("{path}/lists/{id}/edit"),
        },
        cancel: match is_new {
            true => format!("{path}/list"),
            false => list_path(object, id.as_str()),
        },
        label: &view.label,
        has_owner: object.field("OwnerId").is_some(),
        is_mine: view.scope == ListScope::Mine,
        name_label: name_label.map_or_else(|| "Name".to_owned(), |field| field.label.clone()),
        columns: (0..COLUMNS)
            .map(|place| columns(user, object, beside_name.get(place).copied()))
            .collect(),
        filters: (0..FILTERS)
            .map(|place| filter_row(user, object, place + 1, view.filters.get(place)))
            .collect(),
        logic: view.logic.as_deref().unwrap_or_default(),
        sorts: choices(user, object, Field::is_sortable, |field| {
            (view.sort.as_ref()).is_some_and(|sort| sort.field == field.name)
        }),
        descending: view.sort.as_ref().is_some_and(|sort| sort.descending),
        problem,
    };
    shell::page_with_status(state, who, status, head(object, title), &body).await
}

fn head(object: &Object, title: String) -> Head {
    Head {
        kind: "list",
        title,
        icon: object.icon.clone(),
        object: Some(object.name.to_string()),
        ..Head::default()
    }
}

/// The fields that the user may read, by their labels.
fn choices(
    user: &UserContext,
    object: &Object,
    has_a_use: impl Fn(&Field) -> bool,
    is_chosen: impl Fn(&Field) -> bool,
) -> Vec<Choice> {
    let fields = object.fields.iter().filter(|field| {
        let (object, name) = (object.name.as_str(), field.name.as_str());
        field.has_column()
            && !field.is_bin_flag()
            && user.may_read_field(object, name)
            && has_a_use(field)
    });
    let choice = |field: &Field| Choice {
        value: field.name.to_string(),
        label: field.label.clone(),
        chosen: is_chosen(field),
    };
    let mut choices: Vec<Choice> = fields.map(choice).collect();
    choices.sort_by_key(|choice| choice.label.to_lowercase());
    choices
}

fn columns(user: &UserContext, object: &Object, chosen: Option<&FieldName>) -> Vec<Choice> {
    let is_other = |field: &Field| field.name != object.name_field;
    choices(user, object, is_other, |field| Some(&field.name) == chosen)
}

fn filter_row(
    user: &UserContext,
    object: &Object,
    number: usize,
    filter: Option<&ListFilter>,
) -> FilterRow {
    let operators = ListOperator::ALL.into_iter().map(|operator| Choice {
        value: operator.name().to_owned(),
        label: operator.label().to_owned(),
        chosen: filter.is_some_and(|filter| filter.operator == operator),
    });
    FilterRow {
        number,
        fields: choices(user, object, Field::is_filterable, |field| {
            filter.is_some_and(|filter| filter.field == field.name)
        }),
        operators: operators.collect(),
        value: filter.map_or_else(String::new, |filter| filter.value.clone()),
    }
}
