//! `RecentlyViewed`: the records of all objects that the user who asks looked at or referred to
//! last. It has no table of its own; its rows are those of the other objects.

use super::{Abilities, Field, FieldKind, Object, ObjectKind, SharingDefault, relationships};

/// API name.
pub const RECENTLY_VIEWED: &str = "RecentlyViewed";

/// When the user looked at a record last. It is no column: every user has a time of their own.
pub const VIEWED: &str = "LastViewedDate";

/// When the user looked at a record, or at one that refers to it, last.
pub const REFERENCED: &str = "LastReferencedDate";

/// Are looks at records of the object remembered, and told in `RecentlyViewed`?
pub fn is_remembered(object: &Object) -> bool {
    let is_of_people = matches!(object.kind, ObjectKind::Standard | ObjectKind::Custom);
    object.abilities.mru_enabled && (is_of_people || object.name.as_str() == "User")
}

/// Adds the object, where there are users.
pub(super) fn add(objects: &mut Vec<Object>) {
    let has = |name: &str| objects.iter().any(|object| object.name.as_str() == name);
    if !has("User") || !has("Profile") || has(RECENTLY_VIEWED) {
        return;
    }
    let fields = fields(has);
    objects.push(Object {
        name: RECENTLY_VIEWED.into(),
        label: "Recently Viewed".to_owned(),
        plural_label: "Recently Viewed".to_owned(),
        key_prefix: String::new(),
        kind: ObjectKind::View,
        abilities: Abilities::READ_ONLY,
        icon: "recent".to_owned(),
        name_field: "Name".into(),
        sharing: SharingDefault::PublicRead,
        has_tab: false,
        description: String::new(),
        fields,
        record_types: Vec::new(),
        sections: Vec::new(),
        highlights: Vec::new(),
        list_columns: vec!["Name".into(), "Type".into()],
        related_lists: Vec::new(),
        layouts: Vec::new(),
        layout_assignments: Vec::new(),
        list_views: Vec::new(),
    });
}

/// What the records of all objects have in common, and what people have.
fn fields(has: impl Fn(&str) -> bool) -> Vec<Field> {
    let mut id = Field::new("Id", "Record ID", FieldKind::Id);
    id.nillable = false;
    let mut fields = vec![id];
    for (name, label, kind) in [
        ("Name", "Name", FieldKind::Text),
        ("LastName", "Last Name", FieldKind::Text),
        ("FirstName", "First Name", FieldKind::Text),
        ("Type", "Type", FieldKind::Text),
        ("Alias", "Alias", FieldKind::Text),
        ("IsActive", "Active", FieldKind::Checkbox),
        ("Title", "Title", FieldKind::Text),
        ("Email", "Email", FieldKind::Email),
        ("Phone", "Phone", FieldKind::Phone),
        (VIEWED, "Last Viewed Date", FieldKind::DateTime),
        (REFERENCED, "Last Referenced Date", FieldKind::DateTime),
    ] {
        fields.push(Field::new(name, label, kind));
    }
    for (name, label, target) in [
        ("UserRoleId", "Role ID", "UserRole"),
        ("ProfileId", "Profile ID", "Profile"),
        ("RecordTypeId", "Record Type ID", "RecordType"),
    ] {
        if has(target) {
            let mut field = Field::new(name, label, FieldKind::Reference);
            field.reference_to = vec![target.into()];
            field.relationship_name = relationships::parent(field.kind, name, None);
            fields.push(field);
        }
    }
    for field in &mut fields {
        field.createable = false;
        field.updateable = false;
        field.match_caller = false;
        if field.length_max == 0 && field.kind.is_text() {
            field.length_max = 255;
        }
    }
    fields
}
