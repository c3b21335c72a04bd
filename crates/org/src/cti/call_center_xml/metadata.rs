//! `CallCenter` metadata: `<CallCenter>` with `<sections>` and `<items>` in the order of the file,
//! some items as elements of their own, and `customSettings`, a JSON text that repeats items whose
//! names begin with `req`. Where two of them differ, the sections win.

use roxmltree::{Document, Node};
use serde_json::{Map, Value as Json};

use super::settle::{Settled, settle};
use super::text::{place, value, whole_text};
use super::{Findings, Place, ReadItem, ReadSection};

/// The section of the items that every definition has.
pub(super) const GENERAL: &str = "reqGeneralInfo";

/// Elements of the root that are read here.
const KNOWN: &[&str] = &[
    "adapterUrl",
    "contactCenterChannels",
    "customSettings",
    "displayName",
    "displayNameLabel",
    "fullName",
    "internalNameLabel",
    "sections",
    "version",
];

/// Is it metadata? By its name, its namespace, or (files with a root in lower-case letters are
/// about) what stands in it.
pub(super) fn is_metadata(root: Node<'_, '_>) -> bool {
    let name = root.tag_name().name();
    let is_inside = |name: &str| root.children().any(|c| c.tag_name().name() == name);
    let in_lower_case = root.tag_name().namespace() == Some(super::write::METADATA_NAMESPACE)
        || is_inside("sections")
        || is_inside("displayNameLabel");
    name == "CallCenter" || (name == "callCenter" && in_lower_case)
}

/// Reads the file and makes a call center of it.
pub(super) fn read(document: &Document<'_>, findings: &mut Findings<'_>) -> Option<Settled> {
    let root = document.root_element();
    if root.tag_name().name() != "CallCenter" {
        let message = "The root element of call center metadata is written <CallCenter>; it is \
                       taken all the same.";
        findings.warn(place(root), message);
    }
    if let Some(channels) = child(root, "contactCenterChannels") {
        findings.error(place(channels), super::settle::VOICE_PRODUCT);
        return None;
    }
    for other in root.children().filter(Node::is_element) {
        let name = other.tag_name().name();
        if !KNOWN.contains(&name) {
            let message = format!("<{name}> has no meaning in <CallCenter>; it is left out.");
            findings.warn(place(other), message);
        }
    }
    let mut sections = Vec::new();
    for node in root
        .children()
        .filter(|c| c.tag_name().name() == "sections")
    {
        sections.push(section(node, findings));
    }
    elements_as_items(root, &mut sections, findings);
    let settings = custom_settings(root, findings);
    settings_as_items(settings.as_ref(), &mut sections, findings);
    let internal_name = internal_name(settings.as_ref(), root, findings);
    settle(place(root), sections, internal_name, findings)
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|c| c.tag_name().name() == name)
}

fn section(node: Node<'_, '_>, findings: &mut Findings<'_>) -> ReadSection {
    let (name, label) = head(node, findings);
    let mut items = Vec::new();
    for item in node.children().filter(|c| c.tag_name().name() == "items") {
        let (name, label) = head(item, findings);
        items.push(ReadItem {
            name,
            label,
            value: child(item, "value").map(value).unwrap_or_default(),
            place: place(item),
        });
    }
    ReadSection {
        name,
        label,
        place: place(node),
        items,
    }
}

fn head(node: Node<'_, '_>, findings: &mut Findings<'_>) -> (String, Option<String>) {
    let name = child(node, "name").map(value).unwrap_or_default();
    findings.check_name(place(node), node.tag_name().name(), &name);
    let label = child(node, "label").map(whole_text);
    findings.check_label(place(node), label.as_deref());
    (name, label)
}

/// An item, wherever it stands.
fn item<'a>(sections: &'a [ReadSection], name: &str) -> Option<&'a ReadItem> {
    let mut items = sections.iter().flat_map(|section| &section.items);
    items.find(|item| item.name == name)
}

/// The items of the general section; the section is made where there is none.
fn general(sections: &mut Vec<ReadSection>, place: Place) -> &mut Vec<ReadItem> {
    let at = sections.iter().position(|section| section.name == GENERAL);
    let at = at.unwrap_or_else(|| {
        sections.insert(
            0,
            ReadSection {
                name: GENERAL.to_owned(),
                label: Some("General Information".to_owned()),
                place,
                items: Vec::new(),
            },
        );
        0
    });
    &mut sections[at].items
}

/// `adapterUrl`, `displayName` and `version` are columns of their own beside the sections.
fn elements_as_items(
    root: Node<'_, '_>,
    sections: &mut Vec<ReadSection>,
    findings: &mut Findings<'_>,
) {
    let columns = [
        ("displayName", "reqDisplayName", "displayNameLabel"),
        ("adapterUrl", "reqAdapterUrl", ""),
        ("version", "reqVersion", ""),
    ];
    for (element, name, label) in columns {
        let Some(node) = child(root, element) else {
            continue;
        };
        let given = value(node);
        match item(sections, name) {
            Some(known) if same(&known.value, &given) => {}
            Some(known) => {
                let message = format!(
                    "<{element}> says {given:?}, {name} in the sections says {:?}: the sections \
                     count.",
                    known.value
                );
                findings.warn(place(node), message);
            }
            None => {
                let label = child(root, label).map(whole_text);
                findings.check_label(place(node), label.as_deref());
                let items = general(sections, place(node));
                let is_named = items.first().is_some_and(|i| i.name == "reqInternalName");
                let at = match name {
                    "reqDisplayName" => usize::from(is_named),
                    _ => items.len(),
                };
                let item = ReadItem {
                    name: name.to_owned(),
                    label,
                    value: given,
                    place: place(node),
                };
                items.insert(at, item);
            }
        }
    }
}

/// Versions are numbers: `1` and `1.0` are the same.
fn same(one: &str, other: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    one == other || matches!((number(one), number(other)), (Some(a), Some(b)) if a == b)
}

struct Settings {
    values: Map<String, Json>,
    place: Place,
}

fn custom_settings(root: Node<'_, '_>, findings: &mut Findings<'_>) -> Option<Settings> {
    let node = child(root, "customSettings")?;
    match serde_json::from_str::<Json>(&value(node)) {
        Ok(Json::Object(values)) => Some(Settings {
            values,
            place: place(node),
        }),
        Ok(_) | Err(_) => {
            let message = "customSettings is no JSON object; it is left out.";
            findings.warn(place(node), message);
            None
        }
    }
}

fn settings_as_items(
    settings: Option<&Settings>,
    sections: &mut Vec<ReadSection>,
    findings: &mut Findings<'_>,
) {
    let Some(settings) = settings else {
        return;
    };
    for (name, given) in &settings.values {
        if matches!(name.as_str(), "reqInternalName" | "reqDisplayName") {
            continue;
        }
        let given = json_text(given);
        match item(sections, name) {
            Some(known) if same(&known.value, &given) => {}
            Some(known) => {
                let message = format!(
                    "customSettings says {given:?} for {name}, the sections say {:?}: the \
                     sections count.",
                    known.value
                );
                findings.warn(settings.place, message);
            }
            None => {
                findings.check_name(settings.place, "customSettings", name);
                general(sections, settings.place).push(ReadItem {
                    name: name.clone(),
                    label: None,
                    value: given,
                    place: settings.place,
                });
            }
        }
    }
}

fn json_text(value: &Json) -> String {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    };
    // A JSON text can hold what no XML can.
    let text = text.chars().filter(|c| super::may_stand_in_a_file(*c));
    text.collect::<String>().trim().to_owned()
}

/// The internal name where the sections do not say it: from `customSettings`, `fullName`, or the
/// name of the file, with its label.
fn internal_name(
    settings: Option<&Settings>,
    root: Node<'_, '_>,
    findings: &Findings<'_>,
) -> Option<ReadItem> {
    let by_settings = settings.and_then(|s| s.values.get("reqInternalName").map(json_text));
    let full_name = child(root, "fullName").map(value);
    let file_name = findings.options.file_name;
    let file_name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = file_name.split('.').next().unwrap_or_default();
    let by_file = (!stem.is_empty()).then(|| stem.to_owned());
    let value = by_settings.or(full_name).or(by_file)?;
    Some(ReadItem {
        name: "reqInternalName".to_owned(),
        label: child(root, "internalNameLabel").map(whole_text),
        value,
        place: place(root),
    })
}
