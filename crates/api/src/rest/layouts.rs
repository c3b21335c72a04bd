//! Page layouts as the platform describes them, made from the sections of an object's pages. All
//! record types share the layout of their object.

use offhook_org::access::Operation;
use offhook_org::schema::{Field, Object};
use offhook_org::{RecordId, UserContext};
use serde_json::{Value as Json, json};

use super::{Call, Reply, describe};
use crate::ApiState;
use crate::error::ApiError;

/// The record type of objects without record types.
const MASTER: &str = "012000000000000AAA";

/// `/describe/layouts[/{recordTypeId}]`.
pub(super) fn layouts(
    state: &ApiState,
    call: &Call,
    object: &Object,
    record_type: Option<&str>,
) -> Result<Reply, ApiError> {
    let user = &call.user.user;
    let layout = layout(state, call, object);
    let Some(text) = record_type else {
        return Ok(Reply::ok(json!({
            "layouts": [layout],
            "recordTypeMappings": mappings(call, object),
            "recordTypeSelectorRequired": [object.record_types.iter().any(|t| t.is_active)],
        })));
    };
    let id = RecordId::parse(text).map_err(|_| ApiError::not_found())?;
    let is_known = id.as_str() == MASTER || object.record_type(&id).is_some();
    match is_known && user.may(object.name.as_str(), Operation::Read) {
        true => Ok(Reply::ok(layout)),
        false => Err(ApiError::not_found()),
    }
}

fn layout(state: &ApiState, call: &Call, object: &Object) -> Json {
    let user = &call.user.user;
    let sections = |asks: fn(&Field) -> bool| -> Json {
        let sections = object.sections.iter().enumerate();
        sections
            .map(|(place, section)| {
                let fields = section.fields.iter();
                let fields: Vec<&Field> = fields
                    .filter_map(|name| object.field(name.as_str()))
                    .filter(|field| {
                        let (object, field) = (object.name.as_str(), field.name.as_str());
                        user.may_read_field(object, field)
                    })
                    .filter(|field| asks(field))
                    .collect();
                section_of(state, call, object, place, &section.label, &fields)
            })
            .collect()
    };
    json!({
        "id": layout_id(object).as_str(),
        "buttonLayoutSection": {"detailButtons": []},
        "detailLayoutSections": sections(|_| true),
        "editLayoutSections": sections(|field| field.createable || field.updateable),
        "feedView": null,
        "highlightsPanelLayoutSection": null,
        "multirowEditLayoutSections": [],
        "offlineLinks": [],
        "quickActionList": {"quickActionListItems": []},
        "relatedContent": null,
        "relatedLists": related_lists(state, user, object),
        "saveOptions": [],
    })
}

/// `00h` and the object's own prefix: one layout an object.
fn layout_id(object: &Object) -> RecordId {
    RecordId::from_serial("00h", describe::number_of_prefix(&object.key_prefix))
}

fn section_of(
    state: &ApiState,
    call: &Call,
    object: &Object,
    place: usize,
    label: &str,
    fields: &[&Field],
) -> Json {
    let rows: Json = fields
        .chunks(2)
        .map(|row| {
            let items: Vec<Json> = row
                .iter()
                .map(|field| item(state, call, object, field))
                .collect();
            json!({"layoutItems": items, "numItems": row.len()})
        })
        .collect();
    json!({
        "columns": 2,
        "heading": label,
        "layoutRows": rows,
        "layoutSectionId": RecordId::from_serial(
            "01B",
            describe::number_of_prefix(&object.key_prefix) * 100 + place as u64,
        ).as_str(),
        "parentLayoutId": layout_id(object).as_str(),
        "rows": fields.len().div_ceil(2),
        "tabOrder": "LeftToRight",
        "useCollapsibleSection": false,
        "useHeading": true,
    })
}

fn item(state: &ApiState, call: &Call, object: &Object, field: &Field) -> Json {
    let user = &call.user.user;
    let may_write = user.may_write_field(object.name.as_str(), field.name.as_str());
    json!({
        "editableForNew": field.createable && may_write,
        "editableForUpdate": field.updateable && may_write,
        "label": field.label,
        "layoutComponents": [{
            "details": describe::field(state, call, object, field),
            "displayLines": 1,
            "tabOrder": 1,
            "type": "Field",
            "value": field.name.as_str(),
        }],
        "placeholder": false,
        "required": field.required,
    })
}

fn related_lists(state: &ApiState, user: &UserContext, object: &Object) -> Json {
    let schema = state.store.schema();
    let lists = object.related_lists.iter().filter_map(|list| {
        let other = schema.object(list.object.as_str())?;
        let name = other.name.as_str();
        if !user.may(name, Operation::Read) {
            return None;
        }
        let columns: Json = list
            .columns
            .iter()
            .filter_map(|column| other.field(column.as_str()))
            .filter(|field| user.may_read_field(name, field.name.as_str()))
            .map(|field| {
                let column = field.name.as_str();
                json!({
                    "field": format!("{name}.{column}"),
                    "fieldApiName": column,
                    "format": null,
                    "label": field.label,
                    "lookupId": null,
                    "name": column,
                    "sortable": field.is_sortable(),
                })
            })
            .collect();
        let relationship = other
            .field(list.field.as_str())
            .and_then(|field| field.child_relationship.clone());
        Some(json!({
            "accessLevelRequiredForCreate": null,
            "buttons": [],
            "columns": columns,
            "custom": false,
            "field": list.field.as_str(),
            "label": list.label,
            "limitRows": 5,
            "name": relationship,
            "sobject": name,
            "sort": [],
        }))
    });
    lists.collect()
}

fn mappings(call: &Call, object: &Object) -> Json {
    let mapping = |id: &str, name: &str, label: &str, active: bool, is_default: bool| {
        let root = format!("{}/sobjects/{}/describe/layouts", call.root(), object.name);
        json!({
            "active": active,
            "available": active,
            "defaultRecordTypeMapping": is_default,
            "developerName": name,
            "layoutId": layout_id(object).as_str(),
            "master": id == MASTER,
            "name": label,
            "picklistsForRecordType": [],
            "recordTypeId": id,
            "urls": {"layout": format!("{root}/{id}")},
        })
    };
    let types = object.record_types.iter();
    let mut mappings: Vec<Json> = types
        .map(|t| {
            mapping(
                t.id.as_str(),
                &t.developer_name,
                &t.label,
                t.is_active,
                false,
            )
        })
        .collect();
    mappings.push(mapping(MASTER, "Master", "Master", true, true));
    json!(mappings)
}

/// `/describe/compactLayouts`: the fields at the head of a record's page.
pub(super) fn compact(state: &ApiState, call: &Call, object: &Object) -> Reply {
    let user = &call.user.user;
    let names = std::iter::once(&object.name_field).chain(&object.highlights);
    let fields: Vec<&Field> = names
        .filter_map(|name| object.field(name.as_str()))
        .filter(|field| user.may_read_field(object.name.as_str(), field.name.as_str()))
        .collect();
    let items: Json = fields
        .iter()
        .map(|field| item(state, call, object, field))
        .collect();
    let id = RecordId::from_serial("0AH", describe::number_of_prefix(&object.key_prefix));
    Reply::ok(json!({
        "compactLayouts": [{
            "actions": [],
            "fieldItems": items,
            "id": id.as_str(),
            "imageItems": [],
            "label": "System Default",
            "name": "SYSTEM",
            "objectType": object.name.as_str(),
        }],
        "defaultCompactLayoutId": id.as_str(),
        "recordTypeCompactLayoutMappings": [{
            "available": true,
            "compactLayoutId": id.as_str(),
            "compactLayoutName": "SYSTEM",
            "recordTypeId": MASTER,
            "recordTypeName": "Master",
            "urls": {},
        }],
        "urls": {},
    }))
}
