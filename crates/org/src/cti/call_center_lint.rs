//! Milder defects of call centers as real definition files have them: said, not refused.

use super::CallCenter;
use super::call_center::CompatibilityMode;
use super::call_center_xml::Finding;

/// How the compatibility item is misspelt, also in makers' own files.
pub const MISSPELT_MODE: &str = "reqSalesforceCompatabilityMode";
/// Parts of names of items that hold secrets.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "apikey",
    "token",
    "credential",
];
/// Items that the admin guide says a definition must have.
const REQUIRED: &[&str] = &[
    "reqAdapterUrl",
    "reqUseApi",
    "reqSoftphoneHeight",
    "reqSoftphoneWidth",
];

/// What an admin should know of a call center; each concerns the whole of it.
pub fn warnings(call_center: &CallCenter) -> Vec<Finding> {
    let mut messages = Vec::new();
    for name in REQUIRED
        .iter()
        .filter(|name| call_center.item(name).is_none())
    {
        messages.push(format!("{name} is missing from the file."));
    }
    if call_center.item(MISSPELT_MODE).is_some() {
        messages.push(format!(
            "{MISSPELT_MODE} is misspelt; did you mean reqSalesforceCompatibilityMode? As it is, \
             the softphone counts as Classic-only."
        ));
    }
    let mode = call_center.item("reqSalesforceCompatibilityMode");
    if call_center.compatibility_mode() == CompatibilityMode::Classic && mode != Some("Classic") {
        messages.push(
            "reqSalesforceCompatibilityMode is missing or unknown, so the softphone gets the \
             Classic API alone: set it to Lightning or Classic_and_Lightning if it speaks the \
             other."
                .to_owned(),
        );
    }
    messages.extend(call_center.load_problem());
    for item in call_center
        .sections
        .iter()
        .flat_map(|section| &section.items)
    {
        let name = item.name.to_lowercase();
        if !item.value.is_empty() && SECRET_WORDS.iter().any(|word| name.contains(word)) {
            messages.push(format!(
                "{} looks like a secret: every user of the call center can read it.",
                item.name
            ));
        }
    }
    let whole = |message| Finding {
        line: 0,
        column: 0,
        message,
    };
    messages.into_iter().map(whole).collect()
}
