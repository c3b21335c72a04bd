//! The editor of a page layout. The whole draft stands in the form, in its order: sections with
//! their fields, then related lists. Buttons change the draft; Save keeps it.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use offhook_org::FieldName;
use offhook_org::schema::{Field, Layout, LayoutField, LayoutSection, Object, RelatedList, Schema};

use super::arrange::{Asked, asked, shift};
use super::layouts::{TAB, arranged, one, root};
use super::tabs::{Tab, tabs};
use super::{Done, path, refusal, status};
use crate::AppState;
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;
use crate::setup::frame::{self, Place, admit};

struct ShownField {
    name: String,
    label: String,
    required: bool,
    read_only: bool,
    /// Every form must ask for it: it cannot be taken off.
    is_fixed: bool,
    /// Nobody sets it.
    is_system: bool,
}

struct ShownSection {
    place: usize,
    label: String,
    one_column: bool,
    /// Nothing in it must stay.
    can_go: bool,
    fields: Vec<ShownField>,
}

struct ShownList {
    key: String,
    label: String,
    /// `Contact, through Account Name`.
    origin: String,
    columns: Vec<(String, String)>,
    addable: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "setup/object_manager/layout_form.html")]
struct FormTemplate<'a> {
    csrf: &'a str,
    object: &'a Object,
    path: String,
    tabs: Vec<Tab>,
    action: String,
    name: String,
    sections: Vec<ShownSection>,
    unplaced: Vec<(String, String)>,
    lists: Vec<ShownList>,
    other_lists: Vec<(String, String)>,
    /// The draft differs from what is saved.
    is_changed: bool,
    problem: Option<&'a String>,
}

fn key(list: &RelatedList) -> String {
    format!("{}.{}", list.object, list.field)
}

/// Lists that the object could show: those that it comes with, then the other objects that point
/// to it.
fn possible_lists(schema: &Schema, object: &Object) -> Vec<RelatedList> {
    let mut lists = object.related_lists.clone();
    for relationship in schema.child_relationships(object) {
        let (other, field) = (relationship.object, relationship.field);
        let is_known = |list: &RelatedList| list.object == other.name && list.field == field.name;
        let is_shown = other.has_tab && field.child_relationship.is_some();
        if !is_shown || lists.iter().any(is_known) {
            continue;
        }
        let columns = other.list_columns.iter();
        lists.push(RelatedList {
            object: other.name.clone(),
            field: field.name.clone(),
            label: other.plural_label.clone(),
            columns: columns
                .filter(|name| **name != field.name)
                .take(4)
                .cloned()
                .collect(),
        });
    }
    lists
}

/// The draft in a form: its pairs stand in the order of the page.
fn read(schema: &Schema, object: &Object, form: &[(String, String)], known: &Layout) -> Layout {
    let mut layout = Layout {
        id: known.id.clone(),
        name: query::value(form, "name").trim().to_owned(),
        sections: Vec::new(),
        related_lists: Vec::new(),
    };
    let possible = possible_lists(schema, object);
    for (name, value) in form {
        let section = layout.sections.last_mut();
        match (name.as_str(), section) {
            ("section", _) => layout.sections.push(LayoutSection {
                label: value.trim().to_owned(),
                one_column: false,
                fields: Vec::new(),
            }),
            ("columns", Some(section)) => section.one_column = value == "1",
            ("field", Some(section)) => section
                .fields
                .push(LayoutField::plain(FieldName::new(value.as_str()))),
            ("required" | "read_only", Some(section)) => {
                let mut fields = section.fields.iter_mut();
                if let Some(placed) = fields.find(|placed| placed.field.as_str() == value) {
                    placed.required |= name == "required";
                    placed.read_only |= name == "read_only";
                }
            }
            ("list", _) => {
                let mut lists = known.related_lists.iter().chain(&possible);
                if let Some(list) = lists.find(|list| key(list) == *value) {
                    let columns = Vec::new();
                    layout.related_lists.push(RelatedList {
                        columns,
                        ..list.clone()
                    });
                }
            }
            ("list_label", _) => {
                if let Some(list) = layout.related_lists.last_mut() {
                    value.trim().clone_into(&mut list.label);
                }
            }
            ("list_column", _) => {
                if let Some(list) = layout.related_lists.last_mut() {
                    list.columns.push(FieldName::new(value.as_str()));
                }
            }
            _ => {}
        }
    }
    layout
}

/// Does what a button asks for; what it asks for in vain changes nothing.
fn apply(
    schema: &Schema,
    object: &Object,
    layout: &mut Layout,
    asked: &Asked,
    form: &[(String, String)],
) {
    let target = asked.target.as_str();
    let place: usize = target.parse().unwrap_or(usize::MAX);
    match asked.verb.as_str() {
        "section-up" | "section-down" => {
            shift(&mut layout.sections, place, asked.verb == "section-up");
        }
        "section-off" if place < layout.sections.len() => {
            layout.sections.remove(place);
        }
        "section-add" => layout.sections.push(LayoutSection {
            label: match query::value(form, "new_section").trim() {
                "" => "New Section".to_owned(),
                label => label.to_owned(),
            },
            one_column: false,
            fields: Vec::new(),
        }),
        "field-up" | "field-down" => shift_field(layout, target, asked.verb == "field-up"),
        "field-off" => {
            for section in &mut layout.sections {
                section
                    .fields
                    .retain(|placed| placed.field.as_str() != target);
            }
        }
        "field-add" => {
            let name = query::value(form, &format!("add.{target}"));
            let is_there = layout.field(&FieldName::new(name)).is_some();
            let known = object.field(name).filter(|_| !is_there);
            if let (Some(field), Some(section)) = (known, layout.sections.get_mut(place)) {
                section.fields.push(LayoutField::plain(field.name.clone()));
            }
        }
        _ => apply_to_lists(schema, object, &mut layout.related_lists, asked, form),
    }
}

/// The same for related lists.
fn apply_to_lists(
    schema: &Schema,
    object: &Object,
    lists: &mut Vec<RelatedList>,
    asked: &Asked,
    form: &[(String, String)],
) {
    let target = asked.target.as_str();
    let list = lists.iter().position(|list| key(list) == target);
    match asked.verb.as_str() {
        "list-up" | "list-down" => {
            shift(lists, list.unwrap_or(usize::MAX), asked.verb == "list-up");
        }
        "list-off" => lists.retain(|list| key(list) != target),
        "list-add" => {
            let chosen = query::value(form, "new_list");
            let mut possible = possible_lists(schema, object).into_iter();
            let is_there = lists.iter().any(|list| key(list) == chosen);
            lists.extend(
                possible
                    .find(|list| key(list) == chosen)
                    .filter(|_| !is_there),
            );
        }
        "column-off" => {
            let (list, column) = target.rsplit_once('/').unwrap_or_default();
            for list in lists.iter_mut().filter(|known| key(known) == list) {
                list.columns.retain(|name| name.as_str() != column);
            }
        }
        "column-add" => {
            let name = FieldName::new(query::value(form, &format!("add_column.{target}")));
            let list = list.and_then(|place| lists.get_mut(place));
            if let Some(list) = list.filter(|list| !list.columns.contains(&name))
                && !name.as_str().is_empty()
            {
                list.columns.push(name);
            }
        }
        _ => {}
    }
}

/// A field at the edge of its section goes into the next one.
fn shift_field(layout: &mut Layout, name: &str, up: bool) {
    let sections = &mut layout.sections;
    let found = sections.iter().enumerate().find_map(|(section, s)| {
        let mut fields = s.fields.iter();
        let at = fields.position(|placed| placed.field.as_str() == name)?;
        Some((section, at))
    });
    let Some((section, at)) = found else { return };
    let is_at_edge = match up {
        true => at == 0,
        false => at + 1 == sections[section].fields.len(),
    };
    if !is_at_edge {
        return shift(&mut sections[section].fields, at, up);
    }
    let other = if up {
        section.wrapping_sub(1)
    } else {
        section + 1
    };
    if other < sections.len() {
        let placed = sections[section].fields.remove(at);
        match up {
            true => sections[other].fields.push(placed),
            false => sections[other].fields.insert(0, placed),
        }
    }
}

fn is_fixed(field: &Field) -> bool {
    field.required && field.createable
}

fn shown_section(object: &Object, place: usize, section: &LayoutSection) -> ShownSection {
    let field = |placed: &LayoutField| {
        let field = object.field(placed.field.as_str())?;
        Some(ShownField {
            name: field.name.to_string(),
            label: field.label.clone(),
            required: placed.required || is_fixed(field),
            read_only: placed.read_only,
            is_fixed: is_fixed(field),
            is_system: !field.createable && !field.updateable,
        })
    };
    let fields: Vec<ShownField> = section.fields.iter().filter_map(field).collect();
    ShownSection {
        place,
        label: section.label.clone(),
        one_column: section.one_column,
        can_go: fields.iter().all(|field| !field.is_fixed),
        fields,
    }
}

/// Fields that can stand on a page, and do not yet.
fn unplaced(object: &Object, layout: &Layout) -> Vec<(String, String)> {
    let hidden = ["Id", "IsDeleted", "SystemModstamp", "RecordTypeId"];
    let fields = object.fields.iter();
    let mut fields: Vec<(String, String)> = fields
        .filter(|field| layout.field(&field.name).is_none())
        .filter(|field| !hidden.contains(&field.name.as_str()))
        .map(|field| (field.name.to_string(), field.label.clone()))
        .collect();
    fields.sort_by(|a, b| a.1.cmp(&b.1));
    fields
}

fn shown_list(schema: &Schema, list: &RelatedList) -> Option<ShownList> {
    let other = schema.object(list.object.as_str())?;
    let through = other.field(list.field.as_str())?;
    let named = |name: &FieldName| {
        let label = other.field(name.as_str()).map(|field| field.label.clone());
        (name.to_string(), label.unwrap_or_else(|| name.to_string()))
    };
    let more = other.fields.iter().filter(|field| {
        field.has_column() && !field.is_bin_flag() && !list.columns.contains(&field.name)
    });
    let mut addable: Vec<(String, String)> = more.map(|field| named(&field.name)).collect();
    addable.sort_by(|a, b| a.1.cmp(&b.1));
    Some(ShownList {
        key: key(list),
        label: list.label.clone(),
        origin: format!("{}, through {}", other.label, through.label),
        columns: list.columns.iter().map(named).collect(),
        addable,
    })
}

async fn show(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    layout: &Layout,
    notice: Option<Notice>,
    problem: Option<&String>,
) -> Result<Response, Failure> {
    let schema = state.store.schema();
    let sections = layout.sections.iter().enumerate();
    let lists = layout.related_lists.iter();
    let other_lists = possible_lists(&schema, object).into_iter().filter(|list| {
        let mut placed = layout.related_lists.iter();
        !placed.any(|placed| key(placed) == key(list))
    });
    let saved = one(object, layout.id.as_str())?;
    let body = FormTemplate {
        csrf: &who.session.csrf_token,
        object,
        path: path(object),
        tabs: tabs(object, TAB),
        action: format!("{}/{}", root(object), layout.id),
        name: layout.name.clone(),
        sections: sections
            .map(|(place, section)| shown_section(object, place, section))
            .collect(),
        unplaced: unplaced(object, layout),
        lists: lists.filter_map(|list| shown_list(&schema, list)).collect(),
        other_lists: other_lists.map(|list| (key(&list), list.label)).collect(),
        is_changed: saved != *layout,
        problem,
    };
    let title = format!("{}: page layout of {}", saved.name, object.label);
    let place = Place::ObjectManager;
    frame::page_with_status(state, who, status(problem), place, &title, notice, &body).await
}

/// `GET …/layouts/{id}`.
pub(super) async fn edit_form(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, id)): Path<(String, String)>,
    Flash(notice): Flash,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = arranged(&state, &name)?;
    let layout = one(&object, &id)?;
    let page = show(&state, &who, &object, &layout, notice, None).await;
    page.map(flash::said)
}

/// `POST …/layouts/{id}`: a step of arranging, or Save.
pub(super) async fn change(
    State(state): State<AppState>,
    who: SignedIn,
    Path((name, id)): Path<(String, String)>,
    body: Bytes,
) -> Done {
    admit(&who, Place::ObjectManager)?;
    let object = arranged(&state, &name)?;
    let known = one(&object, &id)?;
    let sent = query::pairs(&body);
    let schema = state.store.schema();
    let mut layout = read(&schema, &object, &sent, &known);
    if let Some(asked) = asked(&sent) {
        apply(&schema, &object, &mut layout, &asked, &sent);
        return show(&state, &who, &object, &layout, None, None).await;
    }
    let store = &state.store;
    let done = store.put_layout(&who.user, &object.name, layout.clone(), false);
    match done.await {
        Ok(_) => {
            let said = format!("{} was saved; it is there with the next page.", layout.name);
            Ok(flash::redirect(&root(&object), &said, None))
        }
        Err(failure) => {
            let problem = refusal(failure)?;
            show(&state, &who, &object, &layout, None, Some(&problem)).await
        }
    }
}
