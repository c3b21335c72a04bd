//! Writing a call center as a file of either dialect. What is written can be imported again and
//! gives the same call center.

use super::super::CallCenter;
use super::super::call_center::DefinitionItem;

/// The namespace of metadata.
pub(super) const METADATA_NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// Writes the definition file of a call center; importing it again gives the same.
pub fn export(call_center: &CallCenter) -> String {
    let mut xml = String::from("<callCenter>\n");
    for (order, section) in call_center.sections.iter().enumerate() {
        let head = head(order, &section.name, section.label.as_deref());
        xml.push_str(&format!("  <section {head}>\n"));
        for (order, item) in section.items.iter().enumerate() {
            let head = self::head(order, &item.name, item.label.as_deref());
            xml.push_str(&format!(
                "    <item {head}>{}</item>\n",
                escaped(&item.value)
            ));
        }
        xml.push_str("  </section>\n");
    }
    xml.push_str("</callCenter>\n");
    xml
}

fn head(order: usize, name: &str, label: Option<&str>) -> String {
    let label = label.map_or(String::new(), |label| {
        format!(" label=\"{}\"", escaped(label))
    });
    format!("sortOrder=\"{order}\" name=\"{}\"{label}", escaped(name))
}

/// Writes `CallCenter` metadata; imported again under the internal name it gives the same. The
/// two names are elements of their own, and `customSettings` is made from the other items.
pub fn export_metadata(call_center: &CallCenter) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CallCenter xmlns=\"{METADATA_NAMESPACE}\">\n"
    );
    if let Some(url) = call_center.adapter_url() {
        xml.push_str(&element(1, "adapterUrl", url));
    }
    let settings = call_center.custom_settings();
    if !settings.is_empty() {
        let settings = serde_json::Value::Object(settings).to_string();
        xml.push_str(&element(1, "customSettings", &settings));
    }
    let label = |name: &str, default: &str| {
        let item = call_center.find_item(name);
        item.and_then(|item| item.label.clone())
            .unwrap_or_else(|| default.to_owned())
    };
    xml.push_str(&element(1, "displayName", &call_center.display_name));
    let labels = [
        ("displayNameLabel", label("reqDisplayName", "Display Name")),
        (
            "internalNameLabel",
            label("reqInternalName", "Internal Name"),
        ),
    ];
    for (name, label) in labels {
        xml.push_str(&element(1, name, &label));
    }
    for section in &call_center.sections {
        xml.push_str("    <sections>\n");
        for item in section.items.iter().filter(|item| !is_a_name(item)) {
            xml.push_str("        <items>\n");
            let label = item.label.as_ref().unwrap_or(&item.name);
            xml.push_str(&element(3, "label", label));
            xml.push_str(&element(3, "name", &item.name));
            xml.push_str(&element(3, "value", &item.value));
            xml.push_str("        </items>\n");
        }
        let label = section.label.as_ref().unwrap_or(&section.name);
        xml.push_str(&element(2, "label", label));
        xml.push_str(&element(2, "name", &section.name));
        xml.push_str("    </sections>\n");
    }
    let version = call_center.item("reqVersion");
    if let Some(version) = version.filter(|version| version.parse::<f64>().is_ok()) {
        xml.push_str(&element(1, "version", version));
    }
    xml.push_str("</CallCenter>\n");
    xml
}

fn is_a_name(item: &DefinitionItem) -> bool {
    matches!(item.name.as_str(), "reqInternalName" | "reqDisplayName")
}

fn element(depth: usize, name: &str, text: &str) -> String {
    let indent = " ".repeat(4 * depth);
    format!("{indent}<{name}>{}</{name}>\n", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\r' | '\t' => escaped.push_str(&format!("&#{};", u32::from(c))),
            other => escaped.push(other),
        }
    }
    escaped
}
