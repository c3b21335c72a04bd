//! Editing a call center in Setup: values alone, since the set of items is fixed at the import;
//! and what differs between two states of one.

use super::CallCenter;
use super::call_center::DefinitionItem;
use super::call_center_lint::{is_secret, value_problem};
use super::call_center_xml::{LABEL_LENGTH_MAX, may_stand_in_a_file};

/// The most characters of a value that is typed.
pub const VALUE_LENGTH_MAX: usize = 32_000;

/// A new value for an item, by the places of its section and of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// From 0.
    pub section: usize,
    /// From 0.
    pub item: usize,
    /// Its new value.
    pub value: String,
}

/// Why a value is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditProblem {
    /// From 0.
    pub section: usize,
    /// From 0.
    pub item: usize,
    /// As a sentence that names the item.
    pub message: String,
}

/// The call center with these values. Only values that change are checked: what an import let
/// pass may stay. White space at the ends is taken off, as an import does. With a problem
/// nothing is changed.
pub fn edited(call_center: &CallCenter, edits: &[Edit]) -> Result<CallCenter, Vec<EditProblem>> {
    let mut changed = call_center.clone();
    let mut problems = Vec::new();
    for edit in edits {
        let section = changed.sections.get_mut(edit.section);
        let Some(item) = section.and_then(|section| section.items.get_mut(edit.item)) else {
            problems.push(EditProblem {
                section: edit.section,
                item: edit.item,
                message: "The definition has changed meanwhile: load the form again.".to_owned(),
            });
            continue;
        };
        let value = edit.value.replace("\r\n", "\n").trim().to_owned();
        if value == item.value {
            continue;
        }
        match problem(item, &value) {
            Some(message) => problems.push(EditProblem {
                section: edit.section,
                item: edit.item,
                message,
            }),
            None => item.value = value,
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if let Some(name) = changed.item("reqDisplayName").map(ToOwned::to_owned) {
        changed.display_name = name;
    }
    Ok(changed)
}

fn problem(item: &DefinitionItem, value: &str) -> Option<String> {
    let name = item.name.as_str();
    if name == "reqInternalName" {
        return Some(
            "reqInternalName never changes: clone the call center to have it under another name."
                .to_owned(),
        );
    }
    if let Some(c) = value.chars().find(|c| !may_stand_in_a_file(*c)) {
        let code = u32::from(c);
        return Some(format!(
            "{name} has a control character (U+{code:04X}), which cannot stand in a definition: \
             take it out."
        ));
    }
    let length_max = match name {
        "reqDisplayName" => LABEL_LENGTH_MAX,
        _ => VALUE_LENGTH_MAX,
    };
    let length = value.chars().count();
    if length > length_max {
        return Some(format!(
            "{name} has {length} characters; {length_max} are allowed."
        ));
    }
    let is_needed = matches!(
        name,
        "reqDisplayName"
            | "reqAdapterUrl"
            | "reqUseApi"
            | "reqSoftphoneHeight"
            | "reqSoftphoneWidth"
    );
    match (value.is_empty(), is_needed) {
        (true, true) => Some(format!("{name} is empty: give it a value.")),
        (true, false) => None,
        (false, _) => value_problem(name, value),
    }
}

/// An item that is not the same in two states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `/section/item`.
    pub path: String,
    /// What people call it.
    pub label: String,
    /// `None` when it was not there.
    pub before: Option<String>,
    /// `None` when it is not there any more.
    pub after: Option<String>,
    /// It looks like a secret: show that it changed, not to what.
    pub is_secret: bool,
}

/// What differs, in the order of the new state, what is gone at the end.
pub fn differences(before: &CallCenter, after: &CallCenter) -> Vec<Difference> {
    let (old, new) = (paths(before), paths(after));
    let find = |all: &[(String, DefinitionItem)], path: &str| {
        let found = all.iter().find(|(known, _)| known == path);
        found.map(|(_, item)| item.clone())
    };
    let mut differences = Vec::new();
    for (path, item) in &new {
        let was = find(&old, path);
        if was.as_ref().is_some_and(|was| was.value == item.value) {
            continue;
        }
        differences.push(difference(path, was.as_ref(), Some(item)));
    }
    for (path, item) in &old {
        if find(&new, path).is_none() {
            differences.push(difference(path, Some(item), None));
        }
    }
    differences
}

fn difference(
    path: &str,
    before: Option<&DefinitionItem>,
    after: Option<&DefinitionItem>,
) -> Difference {
    let one = after.or(before);
    let label = one.and_then(|item| item.label.clone().or_else(|| Some(item.name.clone())));
    Difference {
        path: path.to_owned(),
        label: label.unwrap_or_default(),
        is_secret: before.is_some_and(is_secret) || after.is_some_and(is_secret),
        before: before.map(|item| item.value.clone()),
        after: after.map(|item| item.value.clone()),
    }
}

/// Items by their paths; of two of one path the first, as softphones see it.
fn paths(call_center: &CallCenter) -> Vec<(String, DefinitionItem)> {
    let mut paths = Vec::<(String, DefinitionItem)>::new();
    for section in &call_center.sections {
        for item in &section.items {
            let path = format!("/{}/{}", section.name, item.name);
            if !paths.iter().any(|(known, _)| *known == path) {
                paths.push((path, item.clone()));
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cti::call_center_xml::{export, import};

    fn center() -> CallCenter {
        let xml = r#"<callCenter>
          <section sortOrder="0" name="reqGeneralInfo">
            <item sortOrder="0" name="reqInternalName">Acme</item>
            <item sortOrder="1" name="reqDisplayName">Acme Phone</item>
            <item sortOrder="2" name="reqAdapterUrl">PUT_URL_HERE</item>
            <item sortOrder="3" name="reqSoftphoneHeight">500</item>
            <item sortOrder="4" name="pbxPassword" label="Password">s3cret</item>
          </section>
        </callCenter>"#;
        import(xml.as_bytes()).expect("taken").call_center
    }

    fn edit(item: usize, value: &str) -> Edit {
        Edit {
            section: 0,
            item,
            value: value.to_owned(),
        }
    }

    #[test]
    fn values_change_and_the_display_name_follows() {
        let before = center();
        let edits = [
            edit(0, "Acme"),
            edit(1, " Acme 2 "),
            edit(2, "PUT_URL_HERE"),
            edit(3, "600"),
        ];
        let after = edited(&before, &edits).expect("good values");
        assert_eq!(after.display_name, "Acme 2");
        assert_eq!(after.item("reqDisplayName"), Some("Acme 2"));
        let changed = differences(&before, &after);
        let paths: Vec<&str> = changed.iter().map(|d| d.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "/reqGeneralInfo/reqDisplayName",
                "/reqGeneralInfo/reqSoftphoneHeight"
            ]
        );
        assert_eq!(changed[1].before.as_deref(), Some("500"));
        assert_eq!(differences(&after, &after), []);
        let again = import(export(&after).as_bytes()).expect("our own file");
        assert_eq!(again.call_center, after);
    }

    #[test]
    fn what_may_not_be_is_named_and_nothing_is_changed() {
        let refused = |item: usize, value: &str| {
            let problems = edited(&center(), &[edit(item, value)]).expect_err(value);
            assert_eq!((problems[0].section, problems[0].item), (0, item));
            problems[0].message.clone()
        };
        assert!(refused(0, "Other").contains("clone"));
        assert!(refused(1, " ").contains("empty"));
        assert!(refused(2, "javascript:alert(1)").contains("cannot be loaded"));
        assert!(refused(2, "http://phone.example/").contains("https"));
        assert!(refused(3, "-1").contains("240 to 2560"));
        assert!(refused(4, "a\u{1}b").contains("U+0001"));
        assert!(refused(4, &"x".repeat(VALUE_LENGTH_MAX + 1)).contains("allowed"));
        assert!(refused(9, "x").contains("load the form again"));
    }

    #[test]
    fn a_changed_secret_is_known_as_one() {
        let after = edited(&center(), &[edit(4, "n3w")]).expect("good");
        assert!(differences(&center(), &after)[0].is_secret);
        let gone = edited(&center(), &[edit(4, "")]).expect("good");
        assert!(differences(&center(), &gone)[0].is_secret);
    }
}
