//! The form of a list view: whose records, which conditions and what joins them, the columns in
//! their order, the order of the records, and who sees it.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use offhook_org::schema::definition::name_from_label;
use offhook_org::schema::list_view::{LIST_COLUMNS_MAX, LIST_FILTERS_MAX};
use offhook_org::schema::{
    Field, ListAudience, ListFilter, ListOperator, ListScope, ListSort, ListView, Object,
};
use offhook_org::{FieldName, RecordId};

use super::arrange::{Asked, asked, shift};
use super::list_views::{KnownGroup, TAB, groups, listed, one, root};
use super::tabs::{Tab, tabs};
use super::{Done, path, refusal, status};
use crate::AppState;
use crate::console::flash;
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;
use crate::setup::frame::{self, Place, admit};

/// Empty rows for conditions below those that there are.
const EMPTY_ROWS: usize = 2;

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
#[template(path = "setup/object_manager/list_view_form.html")]
struct FormTemplate<'a> {
    csrf: &'a str,
    object: &'a Object,
    title: String,
    path: String,
    tabs: Vec<Tab>,
    action: String,
    delete: Option<String>,
    it: &'a ListView,
    logic: &'a str,
    scopes: Vec<Choice>,
    filters: Vec<FilterRow>,
    columns: Vec<(String, String)>,
    other_columns: Vec<(String, String)>,
    columns_max: usize,
    sorts: Vec<Choice>,
    descending: bool,
    audiences: Vec<Choice>,
    groups: Vec<Choice>,
    problem: Option<&'a String>,
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

/// What the form says. Rows of conditions without a field are none.
fn read(form: &[(String, String)], known: &ListView, who: &SignedIn) -> ListView {
    let text = |name: &str| query::value(form, name).trim().to_owned();
    let all = |name: &'static str| {
        let pairs = form.iter().filter(move |(key, _)| key == name);
        pairs.map(|(_, value)| value.trim())
    };
    let rows = all("filter_field")
        .zip(all("filter_operator"))
        .zip(all("filter_value"));
    let filters = rows.filter(|((field, _), _)| !field.is_empty());
    let filters = filters.map(|((field, operator), value)| ListFilter {
        field: FieldName::new(field),
        operator: ListOperator::ALL
            .into_iter()
            .find(|known| known.name() == operator)
            .unwrap_or(ListOperator::Equals),
        value: value.to_owned(),
    });
    let ids = |name: &'static str| all(name).filter_map(|id| RecordId::parse(id).ok());
    let scope = text("scope");
    let sort = text("sort");
    ListView {
        id: known.id.clone(),
        label: text("label"),
        developer_name: match text("name") {
            empty if empty.is_empty() => name_from_label(&text("label")),
            given => given,
        },
        scope: match RecordId::parse(&scope) {
            Ok(queue) => ListScope::Queue(queue),
            Err(_) if scope == "mine" => ListScope::Mine,
            Err(_) => ListScope::Everything,
        },
        filters: filters.take(LIST_FILTERS_MAX + 1).collect(),
        logic: Some(text("logic")).filter(|logic| !logic.is_empty()),
        columns: all("column").map(FieldName::new).collect(),
        sort: (!sort.is_empty()).then(|| ListSort {
            field: FieldName::new(sort),
            descending: text("direction") == "desc",
        }),
        shown_to: match (text("shown_to").as_str(), &known.shown_to) {
            // Somebody else's own list stays theirs.
            ("me", ListAudience::Only(owner)) => ListAudience::Only(owner.clone()),
            ("me", _) => ListAudience::Only(who.user_id().clone()),
            ("groups", _) => ListAudience::Groups(ids("group").collect()),
            _ => ListAudience::Everyone,
        },
    }
}

fn apply(object: &Object, it: &mut ListView, asked: &Asked, form: &[(String, String)]) {
    let place = it
        .columns
        .iter()
        .position(|name| name.as_str() == asked.target);
    match asked.verb.as_str() {
        "column-up" | "column-down" => shift(
            &mut it.columns,
            place.unwrap_or(usize::MAX),
            asked.verb == "column-up",
        ),
        "column-off" => it.columns.retain(|name| name.as_str() != asked.target),
        "column-add" => {
            let field = object.field(query::value(form, "new_column"));
            if let Some(field) = field.filter(|field| !it.columns.contains(&field.name)) {
                it.columns.push(field.name.clone());
            }
        }
        "filter-off" => {
            let number: usize = asked.target.parse().unwrap_or(0);
            if (1..=it.filters.len()).contains(&number) {
                it.filters.remove(number - 1);
            }
        }
        // More empty rows come by themselves.
        _ => {}
    }
}

/// Fields by their labels.
fn sorted<'a>(fields: impl Iterator<Item = &'a Field>) -> Vec<&'a Field> {
    let mut fields: Vec<&Field> = fields.filter(|field| !field.is_bin_flag()).collect();
    fields.sort_by_key(|field| field.label.to_lowercase());
    fields
}

fn filter_row(object: &Object, number: usize, filter: Option<&ListFilter>) -> FilterRow {
    let filterable = object.fields.iter();
    let filterable = filterable.filter(|field| field.is_filterable() && field.has_column());
    let field = |field: &Field| Choice {
        value: field.name.to_string(),
        label: field.label.clone(),
        chosen: filter.is_some_and(|filter| filter.field == field.name),
    };
    let operator = |operator: ListOperator| Choice {
        value: operator.name().to_owned(),
        label: operator.label().to_owned(),
        chosen: filter.is_some_and(|filter| filter.operator == operator),
    };
    FilterRow {
        number,
        fields: sorted(filterable).into_iter().map(field).collect(),
        operators: ListOperator::ALL.into_iter().map(operator).collect(),
        value: filter
            .map(|filter| filter.value.clone())
            .unwrap_or_default(),
    }
}

fn scopes(object: &Object, it: &ListView, groups: &[KnownGroup]) -> Vec<Choice> {
    let everything = Choice {
        value: "everything".to_owned(),
        label: format!("All {}", object.plural_label),
        chosen: it.scope == ListScope::Everything,
    };
    if object.field("OwnerId").is_none() {
        return vec![everything];
    }
    let mine = Choice {
        value: "mine".to_owned(),
        label: format!("{} of the user who looks", object.plural_label),
        chosen: it.scope == ListScope::Mine,
    };
    let queues = groups.iter().filter(|group| group.is_queue);
    let queues = queues.map(|queue| Choice {
        value: queue.id.to_string(),
        label: format!("{} of {}", object.plural_label, queue.label),
        chosen: it.scope == ListScope::Queue(queue.id.clone()),
    });
    [everything, mine].into_iter().chain(queues).collect()
}

fn audiences(it: &ListView) -> Vec<Choice> {
    let choice = |value: &str, label: &str, chosen| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        chosen,
    };
    let shown_to = &it.shown_to;
    vec![
        choice("everyone", "Everybody", *shown_to == ListAudience::Everyone),
        choice(
            "me",
            "Only its maker",
            matches!(shown_to, ListAudience::Only(_)),
        ),
        choice(
            "groups",
            "These groups",
            matches!(shown_to, ListAudience::Groups(_)),
        ),
    ]
}

fn sorts(object: &Object, it: &ListView) -> Vec<Choice> {
    let fields = object.fields.iter();
    let sortable = fields.filter(|field| field.is_sortable() && field.has_column());
    let chosen = it.sort.as_ref().map(|sort| &sort.field);
    let choice = |field: &Field| Choice {
        value: field.name.to_string(),
        label: field.label.clone(),
        chosen: chosen == Some(&field.name),
    };
    sorted(sortable).into_iter().map(choice).collect()
}

fn group_choices(it: &ListView, groups: &[KnownGroup]) -> Vec<Choice> {
    let chosen: &[RecordId] = match &it.shown_to {
        ListAudience::Groups(ids) => ids,
        ListAudience::Everyone | ListAudience::Only(_) => &[],
    };
    let choice = |group: &KnownGroup| Choice {
        value: group.id.to_string(),
        label: group.label.clone(),
        chosen: chosen.contains(&group.id),
    };
    groups.iter().map(choice).collect()
}

async fn form(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    it: &ListView,
    is_new: bool,
    problem: Option<&String>,
) -> Result<Response, Failure> {
    let groups = groups(state, who).await?;
    let rows = (it.filters.len() + EMPTY_ROWS).min(LIST_FILTERS_MAX);
    let named = |field: &Field| (field.name.to_string(), field.label.clone());
    let columns = it
        .columns
        .iter()
        .filter_map(|name| object.field(name.as_str()));
    let shown_in_lists = object
        .fields
        .iter()
        .filter(|field| field.has_column() && !it.columns.contains(&field.name));
    let own = format!("{}/{}", root(object), it.id);
    let title = match is_new {
        true => format!("New list view of {}", object.label),
        false => format!("{}: list view of {}", it.label, object.label),
    };
    let body = FormTemplate {
        csrf: &who.session.csrf_token,
        object,
        title: title.clone(),
        path: path(object),
        tabs: tabs(object, TAB),
        action: match is_new {
            true => format!("{}/new", root(object)),
            false => own.clone(),
        },
        delete: (!is_new).then(|| format!("{own}/delete")),
        it,
        logic: it.logic.as_deref().unwrap_or_default(),
        scopes: scopes(object, it, &groups),
        filters: (0..rows)
            .map(|place| filter_row(object, place + 1, it.filters.get(place)))
            .collect(),
        columns: columns.map(named).collect(),
        other_columns: sorted(shown_in_lists).into_iter().map(named).collect(),
        columns_max: LIST_COLUMNS_MAX,
        sorts: sorts(object, it),
        descending: it.sort.as_ref().is_some_and(|sort| sort.descending),
        audiences: audiences(it),
        groups: group_choices(it, &groups),
        problem,
    };
    let place = Place::ObjectManager;
    frame::page_with_status(state, who, status(problem), place, &title, None, &body).await
}

/// `GET …/list-views/new`.
pub(super) async fn new_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = listed(&state, &name)?;
    form(&state, &who, &object, &blank(&object), true, None).await
}

/// `POST …/list-views/new`.
pub(super) async fn create(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    body: Bytes,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = listed(&state, &name)?;
    let known = blank(&object);
    take(&state, &who, &object, &known, true, &query::pairs(&body)).await
}

/// `GET …/list-views/{id}`.
pub(super) async fn edit_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, id)): Path<(String, String)>,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = listed(&state, &name)?;
    form(&state, &who, &object, one(&object, &id)?, false, None).await
}

/// `POST …/list-views/{id}`.
pub(super) async fn change(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, id)): Path<(String, String)>,
    body: Bytes,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = listed(&state, &name)?;
    let known = one(&object, &id)?;
    take(&state, &who, &object, known, false, &query::pairs(&body)).await
}

/// A step of arranging, or Save.
async fn take(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    known: &ListView,
    is_new: bool,
    sent: &[(String, String)],
) -> Done {
    let mut it = read(sent, known, who);
    if let Some(asked) = asked(sent) {
        apply(object, &mut it, &asked, sent);
        return form(state, who, object, &it, is_new, None).await;
    }
    let store = &state.store;
    let done = store.put_list_view(&who.user, &object.name, it.clone(), is_new);
    match done.await {
        Ok(_) => {
            let said = format!("{} was saved.", it.label);
            Ok(flash::redirect(&root(object), &said, None))
        }
        Err(failure) => form(state, who, object, &it, is_new, Some(&refusal(failure)?)).await,
    }
}
