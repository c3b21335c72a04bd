//! Describing the schema to API clients: which objects there are, and all that a client must know
//! of one, as the user may see it. An object or a field that the user may not read is absent.

use serde_json::{Value as Json, json};

use super::{DeleteRule, Object, ObjectKind, Schema};
use crate::UserContext;
use crate::access::Operation;

mod field;

pub use field::{describe_field, type_name};

/// Every object's master record type.
pub const MASTER_RECORD_TYPE_ID: &str = "012000000000000AAA";

/// Most records that clients may send in one call, as the platform tells them.
pub const BATCH_MAX: u32 = 200;

/// The answer to "which objects are there?": `encoding`, `maxBatchSize` and `sobjects`, in the
/// order of the names. `base` is the path of the version, `/services/data/v60.0`.
pub fn describe_global(schema: &Schema, user: &UserContext, base: &str) -> Json {
    let mut objects: Vec<&Object> = visible_objects(schema, user).collect();
    objects.sort_by(|a, b| a.name.cmp(&b.name));
    let objects: Vec<Json> = objects
        .into_iter()
        .map(|object| describe_briefly(user, object, base))
        .collect();
    json!({
        "encoding": "UTF-8",
        "maxBatchSize": BATCH_MAX,
        "sobjects": objects,
    })
}

/// The objects that the user is told of.
pub fn visible_objects<'a>(
    schema: &'a Schema,
    user: &'a UserContext,
) -> impl Iterator<Item = &'a Object> {
    let objects = schema.objects().iter().map(AsRef::as_ref);
    objects.filter(|object: &&Object| is_visible(user, object))
}

/// Is the user told of the object?
pub fn is_visible(user: &UserContext, object: &Object) -> bool {
    let operation = match object.kind {
        // A platform event is published and heard; one of both is enough.
        ObjectKind::Event if user.may(object.name.as_str(), Operation::Create) => return true,
        _ => Operation::Read,
    };
    user.may(object.name.as_str(), operation)
}

/// One object in the list of all: the flags without the fields.
pub fn describe_briefly(user: &UserContext, object: &Object, base: &str) -> Json {
    let abilities = object.abilities;
    let name = object.name.as_str();
    let may = |is_able: bool, operation| is_able && user.may(name, operation);
    let (associate, parent) = associate(object);
    json!({
        "activateable": false,
        "associateEntityType": associate,
        "associateParentEntity": parent,
        "createable": may(abilities.createable, Operation::Create),
        "custom": object.is_custom(),
        "customSetting": false,
        "deepCloneable": false,
        "deletable": may(abilities.deletable, Operation::Delete),
        "deprecatedAndHidden": false,
        "feedEnabled": false,
        "hasSubtypes": false,
        "idEnabled": true,
        "isInterface": false,
        "isSubtype": false,
        "keyPrefix": key_prefix(object),
        "label": object.label,
        "labelPlural": object.plural_label,
        "layoutable": abilities.layoutable,
        "mergeable": may(abilities.mergeable, Operation::Delete),
        "mruEnabled": abilities.mru_enabled,
        "name": name,
        "queryable": abilities.queryable,
        "replicateable": is_replicateable(object),
        "retrieveable": abilities.queryable,
        "searchable": abilities.searchable,
        "triggerable": false,
        "undeletable": may(abilities.undeletable, Operation::Delete),
        "updateable": may(abilities.updateable, Operation::Edit),
        "urls": brief_urls(object, base),
    })
}

/// One object with its fields, its relationships down and its record types.
pub fn describe_object(schema: &Schema, user: &UserContext, object: &Object, base: &str) -> Json {
    let mut described = describe_briefly(user, object, base);
    let fields: Vec<Json> = object
        .fields
        .iter()
        .filter(|field| user.may_read_field(object.name.as_str(), field.name.as_str()))
        .map(|field| describe_field(schema, user, object, field))
        .collect();
    let more = json!({
        "actionOverrides": [],
        "childRelationships": child_relationships(schema, user, object),
        "compactLayoutable": object.abilities.layoutable,
        "defaultImplementation": null,
        "extendedBy": null,
        "extendsInterfaces": null,
        "fields": fields,
        "implementedBy": null,
        "implementsInterfaces": null,
        "listviewable": null,
        "lookupLayoutable": null,
        "namedLayoutInfos": [],
        "networkScopeFieldName": null,
        "recordTypeInfos": record_types(user, object, base),
        "searchLayoutable": object.abilities.searchable,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": scopes(object),
        "urls": urls(object, base),
    });
    if let (Json::Object(described), Json::Object(more)) = (&mut described, more) {
        described.extend(more);
    }
    described
}

/// Shares and histories belong to another object.
fn associate(object: &Object) -> (Option<&'static str>, Option<String>) {
    let (kind, suffix) = match object.kind {
        ObjectKind::Share => ("Share", "Share"),
        ObjectKind::History => ("History", "History"),
        _ => return (None, None),
    };
    let parent = object.name.as_str().strip_suffix(suffix);
    let parent = parent.map(|parent| match parent.strip_suffix("__") {
        Some(custom) => format!("{custom}__c"),
        None => parent.to_owned(),
    });
    (Some(kind), parent)
}

/// Those that share a prefix are described with it too; it only finds no record.
fn key_prefix(object: &Object) -> Option<&str> {
    (!object.key_prefix.is_empty()).then_some(object.key_prefix.as_str())
}

/// Can what changed and what was deleted be asked for by time?
fn is_replicateable(object: &Object) -> bool {
    object.abilities.queryable && object.field("SystemModstamp").is_some()
}

fn brief_urls(object: &Object, base: &str) -> Json {
    let sobject = format!("{base}/sobjects/{}", object.name);
    json!({
        "rowTemplate": format!("{sobject}/{{ID}}"),
        "describe": format!("{sobject}/describe"),
        "sobject": sobject,
    })
}

fn urls(object: &Object, base: &str) -> Json {
    let mut urls = brief_urls(object, base);
    let sobject = format!("{base}/sobjects/{}", object.name);
    let page = |rest: &str| format!("/lightning/r/{}/{{ID}}/{rest}", object.name);
    if let Json::Object(urls) = &mut urls {
        if object.abilities.layoutable {
            urls.insert(
                "layouts".into(),
                json!(format!("{sobject}/describe/layouts")),
            );
            let compact = format!("{sobject}/describe/compactLayouts");
            urls.insert("compactLayouts".into(), json!(compact));
        }
        if object.has_tab {
            let new = format!("/lightning/o/{}/new", object.name);
            urls.insert("listviews".into(), json!(format!("{sobject}/listviews")));
            urls.insert("uiDetailTemplate".into(), json!(page("view")));
            urls.insert("uiEditTemplate".into(), json!(page("edit")));
            urls.insert("uiNewRecord".into(), json!(new));
        }
    }
    urls
}

fn child_relationships(schema: &Schema, user: &UserContext, object: &Object) -> Vec<Json> {
    schema
        .child_relationships(object)
        .filter(|relationship| {
            let (child, field) = (relationship.object, relationship.field);
            is_visible(user, child) && user.may_read_field(child.name.as_str(), field.name.as_str())
        })
        .map(|relationship| {
            json!({
                "cascadeDelete": relationship.field.delete_rule == DeleteRule::Cascade,
                "childSObject": relationship.object.name.as_str(),
                "deprecatedAndHidden": false,
                "field": relationship.field.name.as_str(),
                "junctionIdListNames": [],
                "junctionReferenceTo": [],
                "relationshipName": relationship.name(),
                "restrictedDelete": relationship.field.delete_rule == DeleteRule::Restrict,
            })
        })
        .collect()
}

/// The record types as the user has them: `available` for new records, and which is the default.
fn record_types(user: &UserContext, object: &Object, base: &str) -> Vec<Json> {
    let layouts = format!("{base}/sobjects/{}/describe/layouts", object.name);
    let default = object.default_record_type(user).map(|it| &it.id);
    let own = object.record_types.iter().map(|it| {
        let id = it.id.as_str();
        json!({
            "active": it.is_active,
            "available": object.is_available(user, it),
            "defaultRecordTypeMapping": default == Some(&it.id),
            "developerName": it.developer_name,
            "master": false,
            "name": it.label,
            "recordTypeId": id,
            "urls": { "layout": format!("{layouts}/{id}") },
        })
    });
    let master = json!({
        "active": true,
        "available": true,
        "defaultRecordTypeMapping": default.is_none(),
        "developerName": "Master",
        "master": true,
        "name": "Master",
        "recordTypeId": MASTER_RECORD_TYPE_ID,
        "urls": { "layout": format!("{layouts}/{MASTER_RECORD_TYPE_ID}") },
    });
    own.chain([master]).collect()
}

fn scopes(object: &Object) -> Vec<Json> {
    let plural = object.plural_label.to_lowercase();
    let scope = |name: &str, label: String| json!({ "label": label, "name": name });
    let mut scopes = vec![scope("everything", format!("All {plural}"))];
    if object.field("OwnerId").is_some() {
        scopes.push(scope("mine", format!("My {plural}")));
    }
    scopes
}

#[cfg(test)]
mod tests;
