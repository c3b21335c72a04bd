//! From the sections of a file to a call center: internal and display name stand first in the
//! general section, no item stands twice in a section, labels that say nothing are none.

use super::super::CallCenter;
use super::super::call_center::{DefinitionItem, DefinitionSection};
use super::metadata::GENERAL;
use super::{Findings, LABEL_LENGTH_MAX, Place, ReadItem, ReadSection, internal_name_problem};

/// A call center, and where the first item of each name stood.
pub(super) type Settled = (CallCenter, Vec<(String, Place)>);

/// Why a file of the platform's own voice product is refused.
pub(super) const VOICE_PRODUCT: &str = "This is a contact center file of the vendor's own voice \
     product, which has no softphone page; it cannot be used here.";

/// Makes a call center of what was read; `None` with errors in `findings`. `internal_name` is the
/// name that the file says elsewhere than in its sections.
pub(super) fn settle(
    root: Place,
    mut sections: Vec<ReadSection>,
    internal_name: Option<ReadItem>,
    findings: &mut Findings<'_>,
) -> Option<Settled> {
    if let Some(section) = sections.iter().find(|section| section.name == "reqHvcc") {
        findings.error(section.place, VOICE_PRODUCT);
        return None;
    }
    let internal = take_internal_name(root, &mut sections, internal_name, findings)?;
    let display = take_display_name(root, &mut sections, &internal.value, findings);
    let names = (internal.value.clone(), display.value.clone());
    put_first(root, &mut sections, [internal, display], findings);
    for (place, section) in sections.iter().enumerate() {
        let earlier = &sections[..place];
        if earlier.iter().any(|known| known.name == section.name) {
            let message = format!(
                "There are two sections {}: a softphone that asks for one of their items gets \
                 the first.",
                section.name
            );
            findings.warn(section.place, message);
        }
    }
    let mut places = Vec::new();
    let sections = sections.into_iter().map(|section| {
        let section = without_twins(section, findings);
        for item in &section.items {
            places.push((item.name.clone(), item.place));
        }
        finished(section)
    });
    let call_center = CallCenter {
        sections: sections.collect(),
        internal_name: names.0,
        display_name: names.1,
    };
    Some((call_center, places))
}

/// Takes all items of a name out of the sections, with the place in them of each.
fn take(sections: &mut [ReadSection], name: &str) -> Vec<(bool, ReadItem)> {
    let mut taken = Vec::new();
    for section in sections {
        let order = match name {
            "reqInternalName" => 0,
            // Behind the internal name, or first where that was taken out already.
            _ => 1,
        };
        let mut place = 0;
        let general = section.name == GENERAL;
        while let Some(at) = section.items.iter().position(|item| item.name == name) {
            place += at;
            let in_place = general && (place == order || place + 1 == order);
            taken.push((in_place, section.items.remove(at)));
        }
    }
    taken
}

fn take_internal_name(
    root: Place,
    sections: &mut [ReadSection],
    elsewhere: Option<ReadItem>,
    findings: &mut Findings<'_>,
) -> Option<ReadItem> {
    let mut found = take(sections, "reqInternalName").into_iter();
    let Some((in_place, first)) = found.next() else {
        let Some(item) = elsewhere else {
            let message = "reqInternalName is missing: every definition needs it, in the section \
                           reqGeneralInfo. It cannot be given later. (For metadata the name of \
                           the file says it.)";
            findings.error(root, message);
            return None;
        };
        check_internal_name(&item, findings);
        return Some(item);
    };
    for (_, other) in found {
        let line = first.place.0;
        let message = format!("reqInternalName is given twice; first in line {line}.");
        findings.error(other.place, message);
    }
    if let Some(elsewhere) = elsewhere
        && elsewhere.value != first.value
    {
        let message = format!(
            "The file is named {}, reqInternalName says {}: that one counts.",
            elsewhere.value, first.value
        );
        findings.warn(first.place, message);
    }
    if !in_place {
        let message = "reqInternalName must stand first in reqGeneralInfo; it is moved there.";
        findings.warn(first.place, message);
    }
    check_internal_name(&first, findings);
    Some(first)
}

fn check_internal_name(item: &ReadItem, findings: &mut Findings<'_>) {
    let lenient = findings.options.lenient;
    let strictly = internal_name_problem(&item.value, false);
    match internal_name_problem(&item.value, lenient) {
        Some(problem) => findings.error(item.place, format!("reqInternalName {problem}")),
        None => {
            if let Some(problem) = strictly {
                findings.warn(item.place, format!("reqInternalName {problem}"));
            }
        }
    }
}

fn take_display_name(
    root: Place,
    sections: &mut [ReadSection],
    internal_name: &str,
    findings: &mut Findings<'_>,
) -> ReadItem {
    let mut found = take(sections, "reqDisplayName").into_iter();
    let first = found.next();
    for (_, other) in found {
        let message = format!(
            "reqDisplayName is given twice: the first one counts, {:?} is dropped.",
            other.value
        );
        findings.warn(other.place, message);
    }
    let (in_place, mut item) = first.unwrap_or_else(|| {
        let item = ReadItem {
            name: "reqDisplayName".to_owned(),
            label: None,
            value: String::new(),
            place: root,
        };
        (true, item)
    });
    if !in_place {
        let message = "reqDisplayName must stand second in reqGeneralInfo; it is moved there.";
        findings.warn(item.place, message);
    }
    if item.value.is_empty() {
        let message = "reqDisplayName is missing or empty: the internal name is shown.";
        findings.warn(item.place, message);
        item.value = internal_name.to_owned();
    }
    if item.value.chars().count() > LABEL_LENGTH_MAX {
        let message = format!("reqDisplayName is over {LABEL_LENGTH_MAX} characters long.");
        findings.error(item.place, message);
    }
    item
}

fn put_first(
    root: Place,
    sections: &mut Vec<ReadSection>,
    names: [ReadItem; 2],
    findings: &mut Findings<'_>,
) {
    let at = sections.iter().position(|section| section.name == GENERAL);
    let at = at.unwrap_or_else(|| {
        let message = format!("The section {GENERAL} is missing; it is added.");
        findings.warn(root, message);
        let section = ReadSection {
            name: GENERAL.to_owned(),
            label: Some("General Information".to_owned()),
            place: root,
            items: Vec::new(),
        };
        sections.insert(0, section);
        0
    });
    sections[at].items.splice(0..0, names);
}

fn without_twins(mut section: ReadSection, findings: &mut Findings<'_>) -> ReadSection {
    let mut kept = Vec::<ReadItem>::new();
    for item in section.items {
        if kept.iter().any(|known| known.name == item.name) {
            let message = format!(
                "The item {} is in this section twice: the first one counts, {:?} is dropped.",
                item.name, item.value
            );
            findings.warn(item.place, message);
        } else {
            kept.push(item);
        }
    }
    section.items = kept;
    section
}

fn finished(section: ReadSection) -> DefinitionSection {
    let item = |item: ReadItem| {
        let default = match item.name.as_str() {
            "reqInternalName" => Some("Internal Name"),
            "reqDisplayName" => Some("Display Name"),
            _ => None,
        };
        let label = item.label.filter(|label| *label != item.name);
        DefinitionItem {
            label: label.or_else(|| default.map(ToOwned::to_owned)),
            name: item.name,
            value: item.value,
        }
    };
    DefinitionSection {
        label: section.label.filter(|label| *label != section.name),
        items: section.items.into_iter().map(item).collect(),
        name: section.name,
    }
}
