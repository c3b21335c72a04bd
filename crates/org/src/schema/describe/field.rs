//! Describing one field: its type, its limits, what may be done with it, its picklist.

use serde_json::{Value as Json, json};

use super::super::{DeleteRule, Field, FieldKind, Object, PicklistValue, Schema};
use crate::UserContext;
use crate::access::takes_field_rows;

/// All that a client is told of a field that the user may read.
pub fn describe_field(schema: &Schema, user: &UserContext, object: &Object, field: &Field) -> Json {
    let mut described = identity(schema, object, field);
    let limits = limits(field);
    let uses = uses(user, object, field);
    if let Json::Object(described) = &mut described {
        for part in [limits, uses] {
            if let Json::Object(part) = part {
                described.extend(part);
            }
        }
    }
    described
}

/// What it is called, and what it means.
fn identity(schema: &Schema, object: &Object, field: &Field) -> Json {
    let references: Vec<&str> = field
        .reference_to
        .iter()
        .filter_map(|name| schema.object(name.as_str()))
        .map(|object| object.name.as_str())
        .collect();
    let is_reference = field.kind == FieldKind::Reference;
    let rule = |rule: DeleteRule| is_reference && field.delete_rule == rule;
    json!({
        "aiPredictionField": false,
        "autoNumber": field.kind == FieldKind::AutoNumber,
        "calculated": false,
        "calculatedFormula": null,
        "cascadeDelete": rule(DeleteRule::Cascade),
        "compoundFieldName": field.compound.as_ref().map(|name| name.as_str()),
        "controllerName": field.controller.as_ref().map(|name| name.as_str()),
        "custom": field.is_custom(),
        "defaultValue": default_value(field),
        "defaultValueFormula": default_formula(field),
        "dependentPicklist": field.controller.is_some(),
        "deprecatedAndHidden": false,
        "encrypted": false,
        "externalId": field.external_id,
        "extraTypeInfo": extra_type_info(object, field),
        "filteredLookupInfo": null,
        "formulaTreatNullNumberAsZero": false,
        "htmlFormatted": false,
        "inlineHelpText": field.help,
        "label": field.label,
        "mask": null,
        "maskType": null,
        "name": field.name.as_str(),
        "nameField": field.name == object.name_field,
        "namePointing": is_name_pointing(field),
        "picklistValues": picklist_values(object, field),
        "polymorphicForeignKey": is_name_pointing(field),
        "referenceTargetField": null,
        "referenceTo": references,
        "relationshipName": field.relationship_name,
        "relationshipOrder": field.is_master_detail.then_some(0),
        "restrictedDelete": rule(DeleteRule::Restrict),
        "soapType": soap_type(field.kind),
        "type": type_name(field.kind),
        "writeRequiresMasterRead": false,
    })
}

fn limits(field: &Field) -> Json {
    let length = match field.kind {
        FieldKind::Id | FieldKind::Reference => 18,
        kind if kind.is_text() => field.length_max,
        _ => 0,
    };
    let bytes = match field.kind {
        FieldKind::Id | FieldKind::Reference => length,
        _ => length * 3,
    };
    let (precision, scale) = match field.kind {
        FieldKind::Number | FieldKind::Currency | FieldKind::Percent => {
            (field.precision, field.scale)
        }
        _ => (0, 0),
    };
    json!({
        "byteLength": bytes,
        "digits": match field.kind {
            FieldKind::Integer => 8,
            _ => 0,
        },
        "displayLocationInDecimal": false,
        "highScaleNumber": false,
        "length": length,
        "precision": precision,
        "scale": scale,
    })
}

/// What may be done with it, by this user where it is the user's right that decides.
fn uses(user: &UserContext, object: &Object, field: &Field) -> Json {
    let may_write = user.may_write_field(object.name.as_str(), field.name.as_str());
    let has_default = field.default.is_some() || field.kind == FieldKind::Checkbox;
    let is_filled_in = !field.nillable && !field.required;
    json!({
        "aggregatable": field.is_aggregatable(),
        "caseSensitive": field.case_sensitive,
        "createable": object.abilities.createable && field.createable && may_write,
        "defaultedOnCreate": has_default || is_filled_in,
        "filterable": field.is_filterable(),
        "groupable": field.is_groupable(),
        "idLookup": field.is_id_lookup(),
        "nillable": field.nillable,
        "permissionable": takes_field_rows(object, field),
        "queryByDistance": false,
        "restrictedPicklist": field.restricted,
        "searchPrefilterable": false,
        "sortable": field.is_sortable(),
        "unique": field.unique,
        "updateable": object.abilities.updateable && field.updateable && may_write,
    })
}

/// Is what it points to read as a `Name`, whichever object it is of? So are Who, What and an
/// owner who may be a queue.
fn is_name_pointing(field: &Field) -> bool {
    field.kind == FieldKind::Reference && field.is_polymorphic()
}

/// The type's name in the API.
pub fn type_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id => "id",
        FieldKind::Text | FieldKind::AutoNumber => "string",
        FieldKind::TextArea | FieldKind::LongText => "textarea",
        FieldKind::Integer => "int",
        FieldKind::Number => "double",
        FieldKind::Currency => "currency",
        FieldKind::Percent => "percent",
        FieldKind::Checkbox => "boolean",
        FieldKind::Date => "date",
        FieldKind::DateTime => "datetime",
        FieldKind::Time => "time",
        FieldKind::Phone => "phone",
        FieldKind::Email => "email",
        FieldKind::Url => "url",
        FieldKind::Picklist => "picklist",
        FieldKind::MultiPicklist => "multipicklist",
        FieldKind::Combobox => "combobox",
        FieldKind::Reference => "reference",
        FieldKind::Address => "address",
        FieldKind::Base64 => "base64",
    }
}

fn soap_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id | FieldKind::Reference => "tns:ID",
        FieldKind::Integer => "xsd:int",
        FieldKind::Number | FieldKind::Currency | FieldKind::Percent => "xsd:double",
        FieldKind::Checkbox => "xsd:boolean",
        FieldKind::Date => "xsd:date",
        FieldKind::DateTime => "xsd:dateTime",
        FieldKind::Time => "xsd:time",
        FieldKind::Address => "tns:address",
        FieldKind::Base64 => "xsd:base64Binary",
        FieldKind::Text
        | FieldKind::TextArea
        | FieldKind::LongText
        | FieldKind::Phone
        | FieldKind::Email
        | FieldKind::Url
        | FieldKind::Picklist
        | FieldKind::MultiPicklist
        | FieldKind::Combobox
        | FieldKind::AutoNumber => "xsd:string",
    }
}

/// A checkbox has a value to begin with; picklists say theirs in their entries.
fn default_value(field: &Field) -> Json {
    match field.kind {
        FieldKind::Checkbox => Json::Bool(field.default.as_deref() == Some("true")),
        _ => Json::Null,
    }
}

fn default_formula(field: &Field) -> Option<String> {
    let text = field.default.as_deref()?;
    match field.kind {
        FieldKind::Checkbox | FieldKind::Picklist | FieldKind::MultiPicklist => None,
        kind if kind.is_number() => Some(text.to_owned()),
        _ => Some(format!("\"{}\"", text.replace('"', "\\\""))),
    }
}

fn extra_type_info(object: &Object, field: &Field) -> Option<&'static str> {
    let is_person = object.field("LastName").is_some();
    match (field.kind, field.name.as_str()) {
        (FieldKind::TextArea | FieldKind::LongText, _) => Some("plaintextarea"),
        (_, "Name" | "FirstName" | "LastName" | "Salutation") if is_person => Some("personname"),
        _ => None,
    }
}

fn picklist_values(object: &Object, field: &Field) -> Vec<Json> {
    if !field.kind.is_picklist() {
        return Vec::new();
    }
    let controller = field.controller.as_ref();
    let controlling = controller.and_then(|name| object.field(name.as_str()));
    let entry = |value: &PicklistValue| {
        json!({
            "active": value.is_active,
            "defaultValue": value.is_default,
            "label": value.label,
            "validFor": controlling.map(|field| valid_for(field, value)),
            "value": value.value,
        })
    };
    field.values.iter().map(entry).collect()
}

/// With which values of the controlling field this one fits: a bit for each, the first being
/// the most significant of the first byte, as base64.
pub(super) fn valid_for(controlling: &Field, value: &PicklistValue) -> String {
    let names: Vec<&str> = match controlling.kind {
        FieldKind::Checkbox => vec!["false", "true"],
        _ => {
            let values = controlling.values.iter();
            values.map(|value| value.value.as_str()).collect()
        }
    };
    // A whole number of threes needs no padding.
    let mut bytes = vec![0_u8; names.len().div_ceil(24).max(1) * 3];
    for (place, name) in names.iter().enumerate() {
        if value.valid_for.contains(*name) {
            bytes[place / 8] |= 0x80 >> (place % 8);
        }
    }
    base64_of_threes(&bytes)
}

fn base64_of_threes(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() / 3 * 4);
    for three in bytes.chunks_exact(3) {
        let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
        for shift in [18, 12, 6, 0] {
            text.push(char::from(ALPHABET[(bits >> shift & 63) as usize]));
        }
    }
    text
}
