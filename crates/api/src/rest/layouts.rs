//! Page layouts as the platform describes them, as the user sees them: by profile and record
//! type, without the fields that the user may not read.

use offhook_org::access::Operation;
use offhook_org::schema::describe::{MASTER_RECORD_TYPE_ID as MASTER, describe_field};
use offhook_org::schema::{Field, Layout, LayoutField, LayoutSection, Object, RelatedList, Schema};
use offhook_org::{RecordId, UserContext};
use serde_json::{Value as Json, json};

use super::{Call, Reply, describe};
use crate::ApiState;
use crate::error::ApiError;

/// Rows of a related list on a page.
const RELATED_ROWS: u32 = 5;

/// `/describe/layouts[/{recordTypeId}]`.
pub(super) fn layouts(
    state: &ApiState,
    call: &Call,
    object: &Object,
    record_type: Option<&str>,
) -> Result<Reply, ApiError> {
    let schema = state.store.schema();
    let user = &call.user.user;
    let Some(text) = record_type else {
        return Ok(Reply::ok(describe_layouts(
            &schema,
            user,
            object,
            &call.root(),
        )));
    };
    let id = RecordId::parse(text).map_err(|_| ApiError::not_found())?;
    let is_known = id.as_str() == MASTER || object.record_type(&id).is_some();
    match is_known && user.may(object.name.as_str(), Operation::Read) {
        true => Ok(Reply::ok(layout(
            &schema,
            user,
            object,
            &object.layout_for(&user.profile, Some(&id)),
        ))),
        false => Err(ApiError::not_found()),
    }
}

/// The layouts that the user sees, and which one for records of which type. `base` is the path
/// of the version.
fn describe_layouts(schema: &Schema, user: &UserContext, object: &Object, base: &str) -> Json {
    let types = object.record_types.iter().map(|it| Some(&it.id));
    let mut seen: Vec<Layout> = Vec::new();
    for record_type in types.chain([None]) {
        let layout = object.layout_for(&user.profile, record_type);
        if seen.iter().all(|known| known.id != layout.id) {
            seen.push(layout);
        }
    }
    let layouts = seen.iter().map(|it| layout(schema, user, object, it));
    // The master is a choice where no other is the default.
    let masters = usize::from(object.default_record_type(user).is_none());
    let choices = object.record_types_for(user).count() + masters;
    json!({
        "layouts": layouts.collect::<Vec<_>>(),
        "recordTypeMappings": mappings(schema, user, object, base),
        "recordTypeSelectorRequired": [choices > 1],
    })
}

fn layout(schema: &Schema, user: &UserContext, object: &Object, layout: &Layout) -> Json {
    let sections = |asks: fn(&Field) -> bool| -> Json {
        let sections = layout.sections.iter().enumerate();
        sections
            .map(|(place, section)| {
                let name = object.name.as_str();
                let fields = section.fields.iter();
                let fields: Vec<(&Field, &LayoutField)> = fields
                    .filter_map(|placed| Some((object.field(placed.field.as_str())?, placed)))
                    .filter(|(field, _)| user.may_read_field(name, field.name.as_str()))
                    .filter(|(field, _)| asks(field))
                    .collect();
                let items: Vec<Json> = fields
                    .into_iter()
                    .map(|(field, placed)| item(schema, user, object, field, Some(placed)))
                    .collect();
                section_of(layout, place, section, &items)
            })
            .collect()
    };
    json!({
        "id": layout.id.as_str(),
        "buttonLayoutSection": {"detailButtons": []},
        "detailLayoutSections": sections(|_| true),
        "editLayoutSections": sections(|field| field.createable || field.updateable),
        "feedView": null,
        "highlightsPanelLayoutSection": null,
        "multirowEditLayoutSections": [],
        "offlineLinks": [],
        "quickActionList": {"quickActionListItems": []},
        "relatedContent": null,
        "relatedLists": related_lists(schema, user, layout),
        "saveOptions": [],
    })
}

/// An id of a section: the layout's, with the prefix of sections and the place.
fn section_id(layout: &Layout, place: usize) -> RecordId {
    let digits = layout.id.short().bytes().map(u64::from);
    let number = digits.fold(0_u64, |number, digit| {
        number.wrapping_mul(131).wrapping_add(digit)
    });
    RecordId::from_serial("01B", (number >> 16) * 64 + place as u64)
}

fn section_of(layout: &Layout, place: usize, section: &LayoutSection, items: &[Json]) -> Json {
    let columns = if section.one_column { 1 } else { 2 };
    let rows: Json = items
        .chunks(columns)
        .map(|row| json!({"layoutItems": row, "numItems": row.len()}))
        .collect();
    json!({
        "columns": columns,
        "heading": section.label,
        "layoutRows": rows,
        "layoutSectionId": section_id(layout, place).as_str(),
        "parentLayoutId": layout.id.as_str(),
        "rows": items.len().div_ceil(columns),
        "tabOrder": "LeftToRight",
        "useCollapsibleSection": false,
        "useHeading": true,
    })
}

fn item(
    schema: &Schema,
    user: &UserContext,
    object: &Object,
    field: &Field,
    placed: Option<&LayoutField>,
) -> Json {
    let may_write = user.may_write_field(object.name.as_str(), field.name.as_str())
        && placed.is_none_or(|placed| !placed.read_only);
    json!({
        "editableForNew": field.createable && may_write,
        "editableForUpdate": field.updateable && may_write,
        "label": field.label,
        "layoutComponents": [{
            "details": describe_field(schema, user, object, field),
            "displayLines": 1,
            "tabOrder": 1,
            "type": "Field",
            "value": field.name.as_str(),
        }],
        "placeholder": false,
        "required": field.required || placed.is_some_and(|placed| placed.required),
    })
}

fn related_lists(schema: &Schema, user: &UserContext, layout: &Layout) -> Json {
    let lists = layout.related_lists.iter();
    lists
        .filter_map(|list| related_list(schema, user, list))
        .collect()
}

fn related_list(schema: &Schema, user: &UserContext, list: &RelatedList) -> Option<Json> {
    let other = schema.object(list.object.as_str())?;
    let name = other.name.as_str();
    if !user.may(name, Operation::Read) || !user.may_read_field(name, list.field.as_str()) {
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
        "limitRows": RELATED_ROWS,
        "name": relationship,
        "sobject": name,
        "sort": [],
    }))
}

fn mappings(schema: &Schema, user: &UserContext, object: &Object, base: &str) -> Json {
    let root = format!("{base}/sobjects/{}/describe/layouts", object.name);
    let default = object.default_record_type(user).map(|it| it.id.clone());
    let types = object.record_types.iter();
    let mut mappings: Vec<Json> = types
        .map(|it| {
            json!({
                "active": it.is_active,
                "available": object.is_available(user, it),
                "defaultRecordTypeMapping": default.as_ref() == Some(&it.id),
                "developerName": it.developer_name,
                "layoutId": object.layout_for(&user.profile, Some(&it.id)).id.as_str(),
                "master": false,
                "name": it.label,
                "picklistsForRecordType": picklists(schema, user, object, Some(&it.id)),
                "recordTypeId": it.id.as_str(),
                "urls": {"layout": format!("{root}/{}", it.id)},
            })
        })
        .collect();
    mappings.push(json!({
        "active": true,
        "available": true,
        "defaultRecordTypeMapping": default.is_none(),
        "developerName": "Master",
        "layoutId": object.layout_for(&user.profile, None).id.as_str(),
        "master": true,
        "name": "Master",
        "picklistsForRecordType": picklists(schema, user, object, None),
        "recordTypeId": MASTER,
        "urls": {"layout": format!("{root}/{MASTER}")},
    }));
    json!(mappings)
}

/// The picklists of the object with the values that records of the type may have.
fn picklists(
    schema: &Schema,
    user: &UserContext,
    object: &Object,
    record_type: Option<&RecordId>,
) -> Vec<Json> {
    let fields = object.fields.iter().filter(|field| {
        let is_read = user.may_read_field(object.name.as_str(), field.name.as_str());
        field.kind.is_picklist() && is_read
    });
    let picklist = |field: &Field| {
        let allowed = object.values_for(field, record_type);
        let default = object.default_value_for(field, record_type);
        let mut described = describe_field(schema, user, object, field);
        let mut values = match described["picklistValues"].take() {
            Json::Array(values) => values,
            _ => Vec::new(),
        };
        values.retain(|value| allowed.iter().any(|known| value["value"] == known.value));
        for value in &mut values {
            let is_default = value["value"].as_str() == default;
            value["defaultValue"] = json!(default.is_some() && is_default);
        }
        json!({"picklistName": field.name.as_str(), "picklistValues": values})
    };
    fields.map(picklist).collect()
}

/// `/describe/compactLayouts`: the fields at the head of a record's page.
pub(super) fn compact(state: &ApiState, call: &Call, object: &Object) -> Reply {
    let schema = state.store.schema();
    let user = &call.user.user;
    let names = std::iter::once(&object.name_field).chain(&object.highlights);
    let fields: Vec<&Field> = names
        .filter_map(|name| object.field(name.as_str()))
        .filter(|field| user.may_read_field(object.name.as_str(), field.name.as_str()))
        .collect();
    let items: Json = fields
        .iter()
        .map(|field| item(&schema, user, object, field, None))
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
