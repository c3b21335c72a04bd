//! What is odd in a call center, as real definition files are: said, not refused (spec/open-cti
//! 4.4). At the import and beside the items in Setup.

use super::CallCenter;
use super::call_center::{DefinitionItem, HEIGHT_PX, STANDBY_MS, WIDTH_PX, url_problem};

/// How the compatibility item is misspelt, also in makers' own files.
pub const MISSPELT_MODE: &str = "reqSalesforceCompatabilityMode";
/// The item as it is right.
pub const MODE: &str = "reqSalesforceCompatibilityMode";
/// The values of [`MODE`].
pub const MODES: [&str; 3] = ["Classic", "Lightning", "Classic_and_Lightning"];

/// Parts of names of items that hold secrets, in lower case and without separators.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
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
/// The names with the reserved prefix that the platform gives a meaning.
const KNOWN_NAMES: &[&str] = &[
    "reqGeneralInfo",
    "reqDialingOptions",
    "reqInternalName",
    "reqDisplayName",
    "reqAdapterUrl",
    "reqUseApi",
    "reqSoftphoneHeight",
    "reqSoftphoneWidth",
    "reqCanvasApiName",
    "reqCanvasNamespace",
    MODE,
    MISSPELT_MODE,
    "reqStandbyUrl",
    "reqTimeout",
    "reqOutsidePrefix",
    "reqLongDistPrefix",
    "reqInternationalPrefix",
    "reqDescription",
    "reqProgId",
    "reqVersion",
];

/// What an admin should know of a call center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The name of the item or section that it is about; `None` for the whole.
    pub item: Option<String>,
    /// What kind it is.
    pub kind: AdviceKind,
    /// What, and what to do, for a person.
    pub message: String,
}

/// How much an advice weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdviceKind {
    /// The softphone cannot be loaded.
    CannotLoad,
    /// [`MISSPELT_MODE`]; it can be mended with a click.
    Misspelt,
    /// A secret that every user of the call center can read.
    Secret,
    /// A value without its meaning.
    Value,
    /// Nothing is wrong for certain.
    Hint,
}

/// All advice, in the order of weight.
pub fn advice(call_center: &CallCenter) -> Vec<Advice> {
    let mut all = Vec::new();
    loading(call_center, &mut all);
    values(call_center, &mut all);
    standby(call_center, &mut all);
    for item in call_center.items().filter(|item| is_secret(item)) {
        all.push(about(
            item.name.as_str(),
            AdviceKind::Secret,
            format!(
                "{} looks like a secret: every user of the call center can read it.",
                item.name
            ),
        ));
    }
    reserved_names(call_center, &mut all);
    all
}

fn about(item: &str, kind: AdviceKind, message: impl Into<String>) -> Advice {
    Advice {
        item: Some(item.to_owned()),
        kind,
        message: message.into(),
    }
}

fn loading(call_center: &CallCenter, all: &mut Vec<Advice>) {
    for name in REQUIRED
        .iter()
        .filter(|name| call_center.item(name).is_none())
    {
        let kind = match *name {
            "reqAdapterUrl" => AdviceKind::CannotLoad,
            _ => AdviceKind::Value,
        };
        all.push(about(
            name,
            kind,
            format!("{name} is missing from the file."),
        ));
    }
    if call_center.item(MISSPELT_MODE).is_some() {
        let message = format!(
            "{MISSPELT_MODE} is misspelt; did you mean {MODE}? As it is, the softphone counts as \
             Classic-only."
        );
        all.push(about(MISSPELT_MODE, AdviceKind::Misspelt, message));
    }
    if call_center.item(MODE).unwrap_or_default().is_empty() {
        let message = "reqSalesforceCompatibilityMode is missing, so the softphone gets the \
                       Classic API alone: set it to Lightning or Classic_and_Lightning if it \
                       speaks the other.";
        all.push(about(MODE, AdviceKind::Value, message));
    }
    if let Some(problem) = call_center.load_problem() {
        all.push(about("reqAdapterUrl", AdviceKind::CannotLoad, problem));
    }
}

fn values(call_center: &CallCenter, all: &mut Vec<Advice>) {
    for item in call_center.items().filter(|item| !item.value.is_empty()) {
        // The addresses are told with the loading and the standby page.
        let is_told = matches!(
            item.name.as_str(),
            "reqAdapterUrl" | "reqStandbyUrl" | "reqTimeout"
        );
        if let Some(problem) = value_problem(&item.name, &item.value).filter(|_| !is_told) {
            all.push(about(&item.name, AdviceKind::Value, problem));
        }
    }
    let canvas = ["reqCanvasApiName", "reqCanvasNamespace"];
    let canvas = canvas.iter().find(|name| {
        call_center
            .item(name)
            .is_some_and(|value| !value.is_empty())
    });
    if let Some(name) = canvas {
        let message =
            format!("{name} names a canvas app; there are none here, so reqAdapterUrl is loaded.");
        all.push(about(name, AdviceKind::Value, message));
    }
}

/// What is wrong with the value of an item that has a meaning, as a sentence; `None` for what is
/// right, and for items of the maker.
pub fn value_problem(name: &str, value: &str) -> Option<String> {
    let pixels = |range: std::ops::RangeInclusive<u32>| {
        let is_good = value.parse().is_ok_and(|px| range.contains(&px));
        (!is_good).then(|| {
            format!(
                "{name} is {value:?}: a number of pixels from {} to {} is expected.",
                range.start(),
                range.end()
            )
        })
    };
    match name {
        "reqSoftphoneHeight" => pixels(HEIGHT_PX),
        "reqSoftphoneWidth" => pixels(WIDTH_PX),
        "reqUseApi" => (!matches!(value, "true" | "false"))
            .then(|| format!("reqUseApi is {value:?}: true or false is expected.")),
        MODE | MISSPELT_MODE => (!MODES.contains(&value)).then(|| {
            let modes = MODES.join(", ");
            format!("{name} is {value:?}, which counts as Classic: one of {modes} is expected.")
        }),
        "reqAdapterUrl" | "reqStandbyUrl" => {
            let problem = url_problem(name, value)?;
            Some(format!("{problem}."))
        }
        "reqTimeout" => {
            let is_good = value.parse().is_ok_and(|ms| STANDBY_MS.contains(&ms));
            (!is_good).then(|| {
                format!(
                    "reqTimeout is {value:?}: a number of milliseconds from {} to {} is expected.",
                    STANDBY_MS.start(),
                    STANDBY_MS.end()
                )
            })
        }
        _ => None,
    }
}

/// `reqStandbyUrl` and `reqTimeout` go together.
fn standby(call_center: &CallCenter, all: &mut Vec<Advice>) {
    let given = |name| call_center.item(name).filter(|value| !value.is_empty());
    match (given("reqStandbyUrl"), given("reqTimeout")) {
        (None, None) => {}
        (Some(url), Some(timeout)) => {
            for (name, value) in [("reqStandbyUrl", url), ("reqTimeout", timeout)] {
                if let Some(problem) = value_problem(name, value) {
                    all.push(about(name, AdviceKind::Value, problem));
                }
            }
        }
        (Some(_), None) => {
            let message = "reqStandbyUrl needs reqTimeout, in milliseconds; 10 seconds are taken.";
            all.push(about("reqStandbyUrl", AdviceKind::Value, message));
        }
        (None, Some(_)) => {
            let message = "reqTimeout needs reqStandbyUrl; nothing is loaded after it.";
            all.push(about("reqTimeout", AdviceKind::Value, message));
        }
    }
}

/// One hint for all: vendors use the prefix, and the platform lets them.
fn reserved_names(call_center: &CallCenter, all: &mut Vec<Advice>) {
    let sections = call_center.sections.iter().map(|s| s.name.as_str());
    let names = sections.chain(call_center.items().map(|item| item.name.as_str()));
    let mut reserved = Vec::new();
    for name in names.filter(|name| name.starts_with("req") && !KNOWN_NAMES.contains(name)) {
        if !reserved.contains(&name) {
            reserved.push(name);
        }
    }
    if let Some(first) = reserved.first() {
        let names = reserved.join(", ");
        let message = format!(
            "{names}: names that begin with req are reserved for the platform. They are kept, and \
             the softphone gets them."
        );
        all.push(about(first, AdviceKind::Hint, message));
    }
}

/// Does an item look as if it held a secret? By its name or label, or a password in an address.
pub fn is_secret(item: &DefinitionItem) -> bool {
    if item.value.is_empty() || matches!(item.value.as_str(), "true" | "false") {
        return false;
    }
    let names = [Some(&item.name), item.label.as_ref()];
    let is_named = names.into_iter().flatten().any(|name| {
        let letters = name.chars().filter(|c| c.is_alphanumeric());
        let name = letters.collect::<String>().to_lowercase();
        SECRET_WORDS.iter().any(|word| name.contains(word))
    });
    is_named || has_password(&item.value)
}

/// `https://user:password@host/`.
fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    user.and_then(|user| user.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty())
}

impl CallCenter {
    /// With the misspelt compatibility item named right; `None` when there is none, or the right
    /// one is there too.
    #[must_use]
    pub fn with_mode_spelt_right(&self) -> Option<Self> {
        if self.item(MODE).is_some() || self.item(MISSPELT_MODE).is_none() {
            return None;
        }
        let mut right = self.clone();
        for item in right.sections.iter_mut().flat_map(|s| &mut s.items) {
            if item.name == MISSPELT_MODE {
                MODE.clone_into(&mut item.name);
                item.label = item.label.take().filter(|label| label != MODE);
            }
        }
        Some(right)
    }
}

#[cfg(test)]
#[path = "call_center_lint_tests.rs"]
mod tests;
