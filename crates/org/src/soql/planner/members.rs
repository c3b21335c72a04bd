//! What a member of a campaign shows of its person: e-mail, numbers and the like are read from
//! the contact or lead when they are asked for, as far as the user sees them there.

use super::super::ast::{Name, Path};
use super::super::parse::Read;
use super::super::plan::TableId;
use super::names::{Found, Names, Step, column};
use crate::schema::Object;

/// The member's field, the contact's, the lead's.
const SHOWN: [(&str, &str, &str); 14] = [
    ("Title", "Title", "Title"),
    ("Email", "Email", "Email"),
    ("Phone", "Phone", "Phone"),
    ("MobilePhone", "MobilePhone", "MobilePhone"),
    ("Fax", "Fax", "Fax"),
    ("Street", "MailingStreet", "Street"),
    ("City", "MailingCity", "City"),
    ("State", "MailingState", "State"),
    ("PostalCode", "MailingPostalCode", "PostalCode"),
    ("Country", "MailingCountry", "Country"),
    ("LeadSource", "LeadSource", "LeadSource"),
    ("DoNotCall", "DoNotCall", "DoNotCall"),
    (
        "HasOptedOutOfEmail",
        "HasOptedOutOfEmail",
        "HasOptedOutOfEmail",
    ),
    ("HasOptedOutOfFax", "HasOptedOutOfFax", "HasOptedOutOfFax"),
];

/// Is it a member's field that is read from the person?
fn shown(object: &Object, name: &Name) -> Option<(&'static str, &'static str)> {
    let is_it = |(own, _, _): &&(&str, &str, &str)| own.eq_ignore_ascii_case(&name.text);
    let found = SHOWN.iter().find(is_it);
    let found = found.filter(|_| object.name.as_str() == "CampaignMember");
    found.map(|(_, contact, lead)| (*contact, *lead))
}

impl<'a> Names<'_, 'a> {
    /// The field of a member's person; `None` where the table is of other records, or the field
    /// is the member's own.
    pub(super) fn find_of_person(
        &mut self,
        path: &Path,
        table: TableId,
        name: &Name,
        steps: &[Step],
    ) -> Read<Option<Found<'a>>> {
        let member = self.object(table);
        let Some((of_contact, of_lead)) = shown(member, name) else {
            return Ok(None);
        };
        let planner = self.planner;
        let field = planner.field(member, name)?;
        let mut columns = Vec::new();
        for (link, object, shown) in [
            ("ContactId", "Contact", of_contact),
            ("LeadId", "Lead", of_lead),
        ] {
            let link = member.field(link);
            let link = link.filter(|link| planner.may_read_field(member, link));
            let person = planner.schema.object(object).map(AsRef::as_ref);
            let person = person.filter(|person| planner.may_read(person));
            let (Some(link), Some(person)) = (link, person) else {
                continue;
            };
            let shown = person.field(shown);
            if let Some(shown) = shown.filter(|shown| planner.may_read_field(person, shown)) {
                let joined = self.join(path.at(), table, link, person)?;
                columns.extend(column(joined, shown));
            }
        }
        Ok(Some(Found {
            at: path.at(),
            steps: steps.to_vec(),
            name: field.name.as_str().to_owned(),
            kind: field.kind,
            field: Some(field),
            columns,
            is_object_name: false,
        }))
    }
}
