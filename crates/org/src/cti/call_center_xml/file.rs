//! The definition file: `<callCenter>`, in it `<section>`, in it `<item>`, each in its
//! `sortOrder`.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use super::settle::{Settled, settle};
use super::text::{place, value};
use super::{Findings, ReadItem, ReadSection};

/// Reads the sections and makes a call center of them.
pub(super) fn read(document: &Document<'_>, findings: &mut Findings<'_>) -> Option<Settled> {
    let root = document.root_element();
    if root.tag_name().name() != "callCenter" || root.tag_name().namespace().is_some() {
        let other = root.tag_name().name();
        let expected =
            "<callCenter> of a definition file, or <CallCenter> of metadata, is expected";
        findings.error(
            place(root),
            format!("The root element is <{other}>; {expected}."),
        );
        return None;
    }
    let mut sections = Vec::new();
    for node in ordered(root, "section", findings) {
        sections.push(section(node, findings));
    }
    if sections.is_empty() {
        findings.error(place(root), "There is no <section> in <callCenter>.");
    }
    settle(place(root), sections, None, findings)
}

fn section(node: Node<'_, '_>, findings: &mut Findings<'_>) -> ReadSection {
    let (name, label) = head(node, findings);
    let mut items = Vec::new();
    for item in ordered(node, "item", findings) {
        let (name, label) = head(item, findings);
        items.push(ReadItem {
            name,
            label,
            value: value(item),
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

/// Name and label.
fn head(node: Node<'_, '_>, findings: &mut Findings<'_>) -> (String, Option<String>) {
    let name = node.attribute("name").map(str::trim).unwrap_or_default();
    findings.check_name(place(node), node.tag_name().name(), name);
    let label = node.attribute("label").map(ToOwned::to_owned);
    findings.check_label(place(node), label.as_deref());
    (name.to_owned(), label)
}

/// The children of this name in `sortOrder`; a missing or doubled one is an error, another
/// element a warning.
fn ordered<'a, 'input>(
    parent: Node<'a, 'input>,
    name: &str,
    findings: &mut Findings<'_>,
) -> Vec<Node<'a, 'input>> {
    let mut children = BTreeMap::<u32, Node<'a, 'input>>::new();
    for child in parent.children().filter(Node::is_element) {
        if child.tag_name().name() != name {
            let (found, parent) = (child.tag_name().name(), parent.tag_name().name());
            let message = format!("<{found}> has no meaning in <{parent}>; it is left out.");
            findings.warn(place(child), message);
            continue;
        }
        let given = child.attribute("sortOrder").map(str::trim);
        let Some(order) = given.and_then(|text| text.parse::<u32>().ok()) else {
            let given = given.map_or("missing".to_owned(), |text| format!("{text:?}"));
            let message = format!("sortOrder is {given}; a number from 0 is expected.");
            findings.error(place(child), message);
            continue;
        };
        if let Some(first) = children.get(&order) {
            let (line, _) = place(*first);
            let message = format!("sortOrder {order} is given twice; first in line {line}.");
            findings.error(place(child), message);
            continue;
        }
        children.insert(order, child);
    }
    let contiguous = children
        .keys()
        .zip(0_u32..)
        .all(|(order, place)| *order == place);
    if !contiguous {
        let message = format!(
            "The sortOrder of <{name}> does not count from 0 without gaps; the order is kept."
        );
        findings.warn(place(parent), message);
    }
    children.into_values().collect()
}
