//! What the rows of Setup may say: rights that hang together, named objects and fields that are
//! there, and nobody who gives away more than they hold.

use super::setup_objects::{Gate, gate, is_activity_list, owner_name};
use super::{FieldAccess, Operation, Permission, Rights, UserContext, is_open_field};
use crate::record::Fields;
use crate::save::{SaveError, SaveErrorCode};
use crate::schema::person_accounts::contact_field;
use crate::schema::{Field, Object};
use crate::{FieldName, Schema, Value};

/// Do rows of ObjectPermissions say what may be done with records of the object?
pub fn takes_object_rows(object: &Object) -> bool {
    gate(object.name.as_str()) == Gate::Rows
}

/// Do rows of FieldPermissions say who sees the field? What an account shows of its person follows
/// the contact's field.
pub fn takes_field_rows(object: &Object, field: &Field) -> bool {
    let is_persons = contact_field(object.name.as_str(), field.name.as_str()).is_some();
    let is_list = is_activity_list(object.name.as_str());
    !is_open_field(object, field) && !is_persons && !is_list
}

/// The object that this one's rows are shares or history of, by its name.
pub fn belongs_to(object: &str) -> Option<String> {
    match gate(object) {
        Gate::Belongs(parent) | Gate::Shares(parent) => Some(owner_name(parent)),
        _ => None,
    }
}

/// Is it the object of another object's shares?
pub fn is_share(object: &str) -> bool {
    matches!(gate(object), Gate::Shares(_))
}

/// Checks a whole row of ObjectPermissions, and gives its object's name as the schema spells it.
pub fn check_object_row(schema: &Schema, row: &Fields) -> Result<String, SaveError> {
    let name = text(row, "SobjectType");
    let object = schema
        .object(name)
        .filter(|object| takes_object_rows(object));
    let Some(object) = object else {
        let words = format!(
            "sObject Type: {name} is no object whose records a permission set gives; check the \
             spelling of its API name"
        );
        return Err(refusal(words, &["SobjectType"]));
    };
    for operation in Operation::ALL {
        let lacking = (operation.with_needed().iter())
            .filter(|needed| is_on(row, operation.column()) && !is_on(row, needed.column()));
        if let Some(needed) = lacking.into_iter().next() {
            let (name, needed) = (operation_label(operation), operation_label(*needed));
            let words = format!(
                "Permission {name} {object} depends on permission(s): {needed} {object}",
                object = object.name
            );
            return Err(refusal(words, &[operation.column()]));
        }
    }
    Ok(object.name.as_str().to_owned())
}

/// Checks a whole row of FieldPermissions, and gives object and field as the schema spells them.
pub fn check_field_row(schema: &Schema, row: &Fields) -> Result<(String, String), SaveError> {
    let (object_name, name) = (text(row, "SobjectType"), text(row, "Field"));
    let field_name = match name.split_once('.') {
        Some((object, field)) if object.eq_ignore_ascii_case(object_name) => field,
        _ => {
            let words = format!(
                "Field Name: bad value for restricted picklist field: {name}. Name the field \
                 with its object, {object_name}.Field__c"
            );
            return Err(refusal(words, &["Field"]));
        }
    };
    let object = schema.object(object_name);
    let field = object.and_then(|object| Some((object, object.field(field_name)?)));
    let field = field.filter(|(object, field)| takes_field_rows(object, field));
    let Some((object, field)) = field else {
        let words = format!(
            "Field Name: bad value for restricted picklist field: {name}. There is no such \
             field, or everybody who reads the object sees it"
        );
        return Err(refusal(words, &["Field"]));
    };
    if is_on(row, "PermissionsEdit") && !is_on(row, "PermissionsRead") {
        let words = format!("Permission Edit {name} depends on permission(s): Read {name}");
        return Err(refusal(words, &["PermissionsEdit"]));
    }
    let object = object.name.as_str();
    Ok((object.to_owned(), format!("{object}.{}", field.name)))
}

/// Checks the columns of rights over the org in a whole row of PermissionSet or Profile.
pub fn check_permission_columns(row: &Fields) -> Result<(), SaveError> {
    for permission in Permission::ALL {
        let needed = permission.depends_on().iter();
        let mut lacking = needed.filter(|needed| !is_on(row, needed.column()));
        if let (true, Some(needed)) = (is_on(row, permission.column()), lacking.next()) {
            let words = format!(
                "Permission {} depends on permission(s): {}",
                permission.label(),
                needed.label()
            );
            return Err(refusal(words, &[permission.column()]));
        }
    }
    Ok(())
}

/// What a row of PermissionSet, Profile, ObjectPermissions or FieldPermissions gives by itself.
pub fn given_by_row(object: &str, row: &Fields) -> Rights {
    let mut rights = Rights::default();
    match object {
        "PermissionSet" | "Profile" => {
            let on = Permission::ALL
                .into_iter()
                .filter(|p| is_on(row, p.column()));
            rights.permissions.extend(on);
        }
        "ObjectPermissions" => {
            for operation in Operation::ALL {
                if is_on(row, operation.column()) {
                    rights.grant(text(row, "SobjectType"), operation);
                }
            }
        }
        "FieldPermissions" => {
            let access = match (is_on(row, "PermissionsEdit"), is_on(row, "PermissionsRead")) {
                (true, _) => Some(FieldAccess::Edit),
                (false, true) => Some(FieldAccess::Read),
                (false, false) => None,
            };
            if let (Some(access), Some((object, field))) =
                (access, text(row, "Field").split_once('.'))
            {
                rights.grant_field(object, field, access);
            }
        }
        _ => {}
    }
    rights
}

/// Refuses to give away what one does not hold; who manages users may.
pub fn check_giver(giver: &UserContext, given: &Rights) -> Result<(), SaveError> {
    if giver.holds(Permission::ManageUsers) || giver.rights.contains(given) {
        return Ok(());
    }
    let words = "insufficient access rights on object id: this gives rights that you do not hold \
                 yourself. Ask somebody with the permission Manage Users";
    let code = SaveErrorCode::InsufficientAccessOrReadonly;
    Err(SaveError::new(code, words, Vec::new()))
}

fn operation_label(operation: Operation) -> &'static str {
    match operation {
        Operation::Read => "Read",
        Operation::Create => "Create",
        Operation::Edit => "Edit",
        Operation::Delete => "Delete",
        Operation::ViewAll => "View All",
        Operation::ModifyAll => "Modify All",
    }
}

fn is_on(row: &Fields, column: &str) -> bool {
    row.get(&FieldName::new(column)) == Some(&Value::Boolean(true))
}

fn text<'a>(row: &'a Fields, name: &str) -> &'a str {
    match row.get(&FieldName::new(name)) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

fn refusal(words: String, fields: &[&str]) -> SaveError {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    SaveError::new(SaveErrorCode::FieldIntegrityException, words, fields)
}
