//! The objects of shares: every object whose records are shared has one, a custom object too.

use super::{Object, ObjectKind, standard};
use crate::access::Shares;

/// Key prefixes of the standard ones.
const PREFIXES: [(&str, &str); 6] = [
    ("Account", "00r"),
    ("Contact", "03s"),
    ("Opportunity", "00t"),
    ("Lead", "01o"),
    ("Case", "01n"),
    ("Campaign", "08s"),
];

/// Adds the objects of shares that are lacking.
pub(super) fn add(objects: &mut Vec<Object>) {
    // In a schema without groups, made for a test, there is nobody to share with.
    let has = |name: &str| objects.iter().any(|object| object.name.as_str() == name);
    if !(has("User") && has("Group")) {
        return;
    }
    let lacking: Vec<Object> = (objects.iter())
        .filter_map(|object| Some((object, Shares::of(object)?)))
        .filter(|(_, shares)| {
            objects
                .iter()
                .all(|other| other.name.as_str() != shares.object)
        })
        .map(|(object, shares)| object_of(object, &shares))
        .collect();
    objects.extend(lacking);
}

fn object_of(object: &Object, shares: &Shares) -> Object {
    let (name, record, level) = (&shares.object, &shares.record_field, &shares.level_field);
    let text = format!(
        r#"
        name = "{name}"
        label = "Share"
        plural_label = "Shares"
        key_prefix = "{prefix}"
        kind = "share"
        abilities.undeletable = false
        abilities.searchable = false
        abilities.mru_enabled = false
        abilities.layoutable = false
        icon = "user"
        name_field = "Id"
        sharing = "private"
        has_tab = false
        without = ["CreatedById", "CreatedDate", "SystemModstamp"]
        list_columns = ["{record}", "UserOrGroupId", "{level}", "RowCause"]
        [[fields]]
        name = "{record}"
        label = "Record"
        kind = "reference"
        reference_to = ["{target}"]
        children = "Shares"
        required = true
        create_only = true
        master_detail = true
        relationship = "{relationship}"
        [[fields]]
        name = "UserOrGroupId"
        label = "User/Group"
        kind = "reference"
        reference_to = ["User", "Group"]
        required = true
        create_only = true
        on_delete = "cascade"
        [[fields]]
        name = "{level}"
        label = "Access Level"
        kind = "picklist"
        values = ["Read", "Edit"]
        restricted = true
        required = true
        [[fields]]
        name = "RowCause"
        label = "Row Cause"
        kind = "picklist"
        values = ["Manual"]
        restricted = true
        default = "Manual"
        create_only = true
        "#,
        prefix = prefix(object),
        target = object.name,
        relationship = match object.kind {
            ObjectKind::Custom => "Parent",
            _ => object.name.as_str(),
        },
    );
    let mut share = standard::object_from(&text);
    share.label = format!("{} Share", object.label);
    share.plural_label = format!("{} Shares", object.label);
    share
}

/// Prefixes of custom objects begin with `a`; those of their shares with `s` in its place.
fn prefix(object: &Object) -> String {
    let name = object.name.as_str();
    let known = PREFIXES.iter().find(|(standard, _)| *standard == name);
    match known {
        Some((_, prefix)) => (*prefix).to_owned(),
        None => format!("s{}", object.key_prefix.get(1..).unwrap_or("00")),
    }
}
