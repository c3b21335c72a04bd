//! Person accounts: customers who are people. Where the org has them, an account may be a person;
//! it then has a contact of its own, which shows the same facts: the account's `PersonEmail` is
//! the contact's `Email`, its `Level__pc` the contact's `Level__c`.

use super::{Field, FieldKind, Object, Section};
use crate::{FieldName, ObjectName};

/// API name of the record type that every org with person accounts has.
pub const PERSON_RECORD_TYPE: &str = "PersonAccount";

/// Name of the layout that persons have without any admin's doing.
pub const PERSON_LAYOUT: &str = "Person Account Layout";

/// Fields of the contact's name, which the account has under the same names.
const NAME_PARTS: [&str; 3] = ["Salutation", "FirstName", "LastName"];

/// Fields that account and contact have both, and that say the same of a person.
const COMMON: [&str; 4] = ["OwnerId", "Phone", "Fax", "Description"];

/// Fields of a contact that an account has with `Person` before the name.
const PERSONAL: [&str; 35] = [
    "Title",
    "Department",
    "Email",
    "MobilePhone",
    "HomePhone",
    "OtherPhone",
    "AssistantName",
    "AssistantPhone",
    "Birthdate",
    "LeadSource",
    "DoNotCall",
    "HasOptedOutOfEmail",
    "HasOptedOutOfFax",
    "EmailBouncedReason",
    "EmailBouncedDate",
    "LastCURequestDate",
    "LastCUUpdateDate",
    "MailingStreet",
    "MailingCity",
    "MailingState",
    "MailingPostalCode",
    "MailingCountry",
    "MailingLatitude",
    "MailingLongitude",
    "MailingGeocodeAccuracy",
    "MailingAddress",
    "OtherStreet",
    "OtherCity",
    "OtherState",
    "OtherPostalCode",
    "OtherCountry",
    "OtherLatitude",
    "OtherLongitude",
    "OtherGeocodeAccuracy",
    "OtherAddress",
];

/// Have accounts of this schema persons among them?
pub fn has_persons(account: &Object) -> bool {
    account.name.as_str() == "Account" && account.field("IsPersonAccount").is_some()
}

/// Of a field that only persons have: the contact's field that it shows, which also says who may
/// see it.
pub fn contact_field(object: &str, field: &str) -> Option<FieldName> {
    if !object.eq_ignore_ascii_case("Account") {
        return None;
    }
    let same = |name: &&&str| name.eq_ignore_ascii_case(field);
    let ends = (field.len().checked_sub(4)).and_then(|at| field.split_at_checked(at));
    if let Some((plain, end)) = ends
        && end.eq_ignore_ascii_case("__pc")
    {
        return Some(FieldName::new(format!("{plain}__c")));
    }
    match field.split_at_checked(6) {
        Some((begin, rest)) if begin.eq_ignore_ascii_case("Person") => {
            let mut personal = PERSONAL.iter();
            let found = personal.find(|name| name.eq_ignore_ascii_case(rest));
            found.map(|name| FieldName::from(*name))
        }
        _ => (NAME_PARTS.iter().find(same)).map(|name| FieldName::from(*name)),
    }
}

/// The contact's field that says the same as this one of a person's account.
pub fn same_of_contact(field: &str) -> Option<FieldName> {
    let common = COMMON.iter().find(|name| name.eq_ignore_ascii_case(field));
    common
        .map(|name| FieldName::from(*name))
        .or_else(|| contact_field("Account", field))
}

/// The account's field that says the same as this one of a person's contact, where there is one.
pub fn same_of_account(account: &Object, contact_field: &str) -> Option<FieldName> {
    let mut fields = account.fields.iter();
    let found = fields.find(|field| {
        same_of_contact(field.name.as_str())
            .is_some_and(|same| same.as_str().eq_ignore_ascii_case(contact_field))
    });
    found.map(|field| field.name.clone())
}

/// Adds what objects have more where the org has person accounts.
pub(super) fn add(objects: &mut [Object]) {
    let find = |objects: &[Object], name: &str| {
        let mut objects = objects.iter();
        objects.position(|object| object.name.as_str() == name)
    };
    let (Some(account), Some(contact)) = (find(objects, "Account"), find(objects, "Contact"))
    else {
        return;
    };
    let mut fields = vec![
        closed("IsPersonAccount", "Is Person Account", FieldKind::Checkbox),
        person_contact(&objects[contact].name),
    ];
    fields.extend(objects[contact].fields.iter().filter_map(shown_at_account));
    insert(&mut objects[account], fields);
    let flag = closed("IsPersonAccount", "Is Person Account", FieldKind::Checkbox);
    insert(&mut objects[contact], vec![flag]);
    if let Some(types) = find(objects, "RecordType") {
        let flag = closed("IsPersonType", "Is Person Type", FieldKind::Checkbox);
        insert(&mut objects[types], vec![flag]);
    }
    // A lead without a company becomes a person.
    if let Some(lead) = find(objects, "Lead") {
        let mut fields = objects[lead].fields.iter_mut();
        if let Some(company) = fields.find(|field| field.name.as_str() == "Company") {
            company.required = false;
            company.nillable = true;
        }
    }
}

/// Puts fields before those of the system.
fn insert(object: &mut Object, fields: Vec<Field>) {
    let is_system = |field: &Field| ["IsDeleted", "CreatedById"].contains(&field.name.as_str());
    let at = object.fields.iter().position(is_system);
    let at = at.unwrap_or(object.fields.len());
    object.fields.splice(at..at, fields);
}

fn closed(name: &str, label: &str, kind: FieldKind) -> Field {
    let mut field = Field::new(name, label, kind);
    field.createable = false;
    field.updateable = false;
    field
}

fn person_contact(contact: &ObjectName) -> Field {
    let mut field = closed("PersonContactId", "Contact ID", FieldKind::Reference);
    field.reference_to = vec![contact.clone()];
    field.relationship_name = Some("PersonContact".to_owned());
    field
}

/// The field under which an account shows a field of its person.
fn shown_at_account(field: &Field) -> Option<Field> {
    let name = field.name.as_str();
    let personal = |name: &str| format!("Person{name}");
    let shown = match name.strip_suffix("__c") {
        _ if NAME_PARTS.contains(&name) => name.to_owned(),
        _ if PERSONAL.contains(&name) => personal(name),
        Some(plain) if field.kind != FieldKind::AutoNumber && !field.is_master_detail => {
            format!("{plain}__pc")
        }
        _ => return None,
    };
    let at_account = |name: &FieldName| match name.as_str() {
        "Name" => FieldName::from("Name"),
        name => match name.strip_suffix("__c") {
            Some(plain) => FieldName::new(format!("{plain}__pc")),
            None => FieldName::new(personal(name)),
        },
    };
    let mut field = field.clone();
    field.name = FieldName::new(shown);
    // Businesses have no such field, and the contact sees to it that no two are alike.
    field.required = false;
    field.unique = false;
    field.nillable = field.kind != FieldKind::Checkbox;
    field.history_tracked = false;
    field.compound = field.compound.as_ref().map(at_account);
    field.controller = field.controller.as_ref().map(at_account);
    field.child_relationship = None;
    field.delete_rule = super::DeleteRule::SetNull;
    if let Some(name) = &field.relationship_name {
        field.relationship_name = Some(match name.strip_suffix("__r") {
            Some(plain) => format!("{plain}__pr"),
            None => personal(name),
        });
    }
    Some(field)
}

/// The sections of a person's page, as far as the account has their fields.
pub fn person_sections(account: &Object) -> Vec<Section> {
    let section = |label: &str, names: &[&str]| Section {
        label: label.to_owned(),
        fields: names
            .iter()
            .filter_map(|name| account.field(name))
            .map(|field| field.name.clone())
            .collect(),
    };
    let mut sections = vec![
        section(
            "Person Information",
            &[
                "Salutation",
                "FirstName",
                "LastName",
                "OwnerId",
                "PersonTitle",
                "PersonEmail",
                "PersonBirthdate",
                "PersonLeadSource",
                "Type",
                "Rating",
            ],
        ),
        section(
            "Telephone",
            &[
                "Phone",
                "PersonMobilePhone",
                "PersonHomePhone",
                "PersonOtherPhone",
                "PersonAssistantPhone",
                "PersonAssistantName",
                "Fax",
                "PersonDoNotCall",
            ],
        ),
        section(
            "Address Information",
            &[
                "PersonMailingStreet",
                "PersonMailingCity",
                "PersonMailingState",
                "PersonMailingPostalCode",
                "PersonMailingCountry",
            ],
        ),
        section("Description Information", &["Description"]),
    ];
    let custom = account.fields.iter().filter(|field| {
        let placed = |section: &Section| section.fields.contains(&field.name);
        field.is_custom() && !sections.iter().any(placed)
    });
    let custom: Vec<FieldName> = custom.map(|field| field.name.clone()).collect();
    sections[0].fields.extend(custom);
    sections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;
    use crate::schema::definition::{Metadata, compile};

    fn schema() -> Schema {
        let metadata = Metadata {
            person_accounts: true,
            ..Metadata::default()
        };
        compile(&metadata).unwrap()
    }

    #[test]
    fn accounts_have_the_fields_of_persons_only_where_the_org_has_person_accounts() {
        let names = [
            "IsPersonAccount",
            "PersonContactId",
            "LastName",
            "PersonEmail",
        ];
        let (without, with) = (Schema::standard(), schema());
        for name in names {
            assert!(without.object("Account").unwrap().field(name).is_none());
            assert!(with.object("Account").unwrap().field(name).is_some());
        }
        let contact = with.object("Contact").unwrap();
        assert!(!contact.field("IsPersonAccount").unwrap().createable);
        assert!(
            !with
                .object("Lead")
                .unwrap()
                .field("Company")
                .unwrap()
                .required
        );
    }

    #[test]
    fn fields_of_persons_are_those_of_the_contact_under_other_names() {
        let schema = schema();
        let account = schema.object("Account").unwrap();
        for (of_account, of_contact) in [
            ("PersonEmail", Some("Email")),
            ("personmobilephone", Some("MobilePhone")),
            ("LastName", Some("LastName")),
            ("Direct_Line__pc", Some("Direct_Line__c")),
            ("PersonContactId", None),
            ("Person_Since__c", None),
            ("Phone", None),
            ("é", None),
        ] {
            let found = contact_field("Account", of_account);
            assert_eq!(found.as_ref().map(FieldName::as_str), of_contact);
        }
        assert_eq!(contact_field("Lead", "LastName"), None);
        assert_eq!(same_of_contact("Phone").unwrap().as_str(), "Phone");
        assert_eq!(
            same_of_account(account, "Email").unwrap().as_str(),
            "PersonEmail"
        );
        assert!(same_of_account(account, "ReportsToId").is_none());
        let street = account.field("PersonMailingStreet").unwrap();
        assert_eq!(
            street.compound.as_ref().unwrap().as_str(),
            "PersonMailingAddress"
        );
        let phone = account.field("PersonHomePhone").unwrap();
        assert!(phone.match_caller);
    }

    #[test]
    fn every_field_of_a_persons_page_is_there() {
        let schema = schema();
        let sections = person_sections(schema.object("Account").unwrap());
        let count: usize = sections.iter().map(|section| section.fields.len()).sum();
        assert_eq!(count, 24 + 2);
    }
}
