//! The parts of an object in the Object Manager, as links at the head of each of its pages.

use offhook_org::schema::Object;

use super::path;

/// A part of an object.
pub(super) struct Tab {
    pub(super) label: &'static str,
    pub(super) path: String,
    pub(super) current: bool,
}

/// Have records of the object types?
pub(super) fn has_record_types(object: &Object) -> bool {
    object.field("RecordTypeId").is_some()
}

/// Has the object pages that admins arrange?
pub(super) fn has_pages(object: &Object) -> bool {
    object.abilities.layoutable && !object.sections.is_empty()
}

/// Has the object lists of its own?
pub(super) fn has_lists(object: &Object) -> bool {
    object.has_tab
}

/// The parts that the object has; the current one by its label.
pub(super) fn tabs(object: &Object, current: &str) -> Vec<Tab> {
    let parts = [
        ("Fields", "", true),
        ("Page Layouts", "/layouts", has_pages(object)),
        ("Record Types", "/record-types", has_record_types(object)),
        ("List Views", "/list-views", has_lists(object)),
    ];
    let has = parts.into_iter().filter(|(_, _, has)| *has);
    has.map(|(label, rest, _)| Tab {
        label,
        path: format!("{}{rest}", path(object)),
        current: label == current,
    })
    .collect()
}
