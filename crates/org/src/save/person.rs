//! Accounts that are persons: what makes one, which fields it has, and what its contact says.

use std::collections::BTreeSet;

use super::{SaveError, SaveErrorCode, Strictness};
use crate::record::Fields;
use crate::schema::person_accounts::{self, PERSON_RECORD_TYPE, has_persons};
use crate::schema::{Field, FieldKind, Object, RecordType};
use crate::{FieldName, Record, RecordId, UserContext, Value};

/// What is found of an account: refusals, and what was left out.
#[derive(Default)]
pub(super) struct Found {
    pub(super) errors: Vec<SaveError>,
    pub(super) warnings: Vec<String>,
}

/// Is the record a person's account, or a person's contact?
pub fn is_person(fields: &Fields) -> bool {
    fields.get(&FieldName::new("IsPersonAccount")) == Some(&Value::Boolean(true))
}

/// Decides whether a new account is a person: by its record type, or by a field that only persons
/// have where no name is given for a business. Then checks that the account is given the fields
/// of its kind. `before` is empty for a new one.
pub(super) fn settle(
    user: &UserContext,
    object: &Object,
    before: Option<&Fields>,
    fields: &mut Fields,
    strictness: Strictness,
) -> Found {
    let mut found = Found::default();
    if !has_persons(object) {
        return found;
    }
    let type_field = FieldName::new("RecordTypeId");
    let given_type = fields.get(&type_field).and_then(Value::as_reference);
    let given_type = given_type.and_then(|id| object.record_type(id));
    let is_person = match (before, given_type) {
        (Some(before), _) => is_person(before),
        (None, Some(given)) => given.is_person,
        (None, None) => is_told_as_person(fields),
    };
    match before {
        None => {
            fields.insert("IsPersonAccount".into(), Value::Boolean(is_person));
            if let (true, None, Some(id)) = (is_person, given_type, person_type(user, object)) {
                fields.insert(type_field, Value::Reference(id));
            }
        }
        Some(_) => {
            let becomes_other = given_type.is_some_and(|given| given.is_person != is_person);
            let loses_type = is_person && fields.get(&type_field).is_some_and(Value::is_null);
            if becomes_other || loses_type {
                found.errors.push(other_kind(is_person));
            }
        }
    }
    leave_out_foreign(fields, is_person, strictness, &mut found);
    if is_person {
        check_person(object, before, fields, &mut found);
    }
    found
}

/// Is a field given that only persons have, and no business's name?
fn is_told_as_person(fields: &Fields) -> bool {
    let given = |name: &str| {
        let value = fields.get(&FieldName::new(name));
        value.is_some_and(|value| !value.is_null())
    };
    given("LastName") || (!given("Name") && fields.iter().any(|(n, v)| is_persons(n, v)))
}

/// Is it a value that only a person has?
fn is_persons(name: &FieldName, value: &Value) -> bool {
    let is_value = !value.is_null() && *value != Value::Boolean(false);
    is_value && person_accounts::contact_field("Account", name.as_str()).is_some()
}

/// The record type of persons for whom none is chosen: the user's default where that is one of
/// persons, else the one that every org has, else any that the user may choose.
fn person_type(user: &UserContext, object: &Object) -> Option<RecordId> {
    let default = object.default_record_type(user);
    let is_standard = |t: &&RecordType| t.developer_name == PERSON_RECORD_TYPE;
    let mut standard = object.record_types_for(user).filter(|t| t.is_person);
    let mut any = object.record_types_for(user).filter(|t| t.is_person);
    let chosen = default.filter(|t| t.is_person);
    let chosen = chosen.or_else(|| standard.find(is_standard));
    chosen
        .or_else(|| any.next())
        .map(|chosen| chosen.id.clone())
}

/// A person is called by the parts of the name, a business has no such parts.
fn leave_out_foreign(
    fields: &mut Fields,
    is_person: bool,
    strictness: Strictness,
    found: &mut Found,
) {
    let is_foreign = |name: &FieldName, value: &Value| match is_person {
        true => name.as_str() == "Name" && !value.is_null(),
        false => is_persons(name, value),
    };
    let foreign = fields
        .iter()
        .filter(|(name, value)| is_foreign(name, value));
    let foreign: Vec<String> = foreign.map(|(name, _)| name.to_string()).collect();
    if foreign.is_empty() {
        return;
    }
    let names = foreign.join(", ");
    let why = match is_person {
        true => "The name of a person account follows FirstName and LastName",
        false => "Only person accounts have them; give a record type of person accounts",
    };
    let words = format!("Account: bad field names on insert/update call: {names}. {why}");
    fields.retain(|name, _| !foreign.iter().any(|other| other == name.as_str()));
    match strictness {
        Strictness::Strict => {
            let code = SaveErrorCode::InvalidFieldForInsertUpdate;
            found.errors.push(SaveError::new(code, words, foreign));
        }
        Strictness::Compatible => found.warnings.push(words),
    }
}

fn check_person(object: &Object, before: Option<&Fields>, fields: &Fields, found: &mut Found) {
    let name = FieldName::new("LastName");
    let before = before.and_then(|before| before.get(&name));
    let last_name = fields.get(&name).or(before).and_then(Value::as_text);
    if let (true, Some(field)) = (last_name.unwrap_or("").is_empty(), object.field("LastName")) {
        found.errors.push(SaveError::required(field));
    }
    let parent = fields.get(&FieldName::new("ParentId"));
    if parent.is_some_and(|parent| !parent.is_null()) {
        let words = "Parent Account: a person account has no parent account; leave it empty";
        let code = SaveErrorCode::InvalidPersonAccountOperation;
        let fields = vec!["ParentId".to_owned()];
        found.errors.push(SaveError::new(code, words, fields));
    }
}

fn other_kind(is_person: bool) -> SaveError {
    let words = match is_person {
        true => "Record Type ID: a person account stays one; use a record type of persons",
        false => "Record Type ID: a business account stays one; use a record type of businesses",
    };
    let code = SaveErrorCode::InvalidPersonAccountOperation;
    SaveError::new(code, words, vec!["RecordTypeId".to_owned()])
}

/// Of a field that only persons have: is it without default in a new account that is none?
pub(super) fn has_no_default(object: &Object, fields: &Fields, field: &Field) -> bool {
    field.kind != FieldKind::Checkbox
        && has_persons(object)
        && !is_person(fields)
        && person_accounts::contact_field("Account", field.name.as_str()).is_some()
}

/// Leaves out the contacts of persons whose accounts were found as well: a person is found once,
/// as an account.
pub fn once_each<T>(found: &mut Vec<T>, record: impl Fn(&T) -> &Record) {
    let persons = found.iter().map(&record).filter(|record| {
        let is_account = record.object.as_str() == "Account";
        is_account && is_person(&record.fields)
    });
    let persons: BTreeSet<RecordId> = persons.map(|record| record.id.clone()).collect();
    if persons.is_empty() {
        return;
    }
    found.retain(|it| {
        let record = record(it);
        let account = record.get("AccountId").as_reference();
        let is_contact = record.object.as_str() == "Contact" && is_person(&record.fields);
        !is_contact || account.is_none_or(|account| !persons.contains(account))
    });
}

/// What the contact of a person says where the account says this.
pub fn fields_of_contact(contact: &Object, account: &Fields) -> Fields {
    let same = account.iter().filter_map(|(name, value)| {
        let same = person_accounts::same_of_contact(name.as_str())?;
        let field = contact.field(same.as_str())?;
        field
            .has_column()
            .then(|| (field.name.clone(), value.clone()))
    });
    same.collect()
}

/// A refusal of the contact's fields, told of the account's.
pub fn told_of_account(account: &Object, mut error: SaveError) -> SaveError {
    for field in &mut error.fields {
        if let Some(same) = person_accounts::same_of_account(account, field) {
            error.message = error.message.replace(field.as_str(), same.as_str());
            *field = same.to_string();
        }
    }
    error
}

/// A person's contact is changed and deleted through the account.
pub fn only_through_account(verb: &str) -> SaveError {
    let words = format!(
        "the contact belongs to a person account: {verb} the account, and the contact follows"
    );
    let code = SaveErrorCode::InvalidPersonAccountOperation;
    SaveError::new(code, words, Vec::new())
}

#[cfg(test)]
mod tests;
