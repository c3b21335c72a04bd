//! A call center's definition as pages show it: secrets behind dots, and what differs from what
//! its maker supplied.

use offhook_org::UserContext;
use offhook_org::cti::CallCenter;
use offhook_org::cti::call_center_edit::Difference;
use offhook_org::cti::call_center_lint::is_secret;
use offhook_store::cti::CallCenterVersion;

use super::show;

/// What stands in the place of a secret.
const DOTS: &str = "\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}";

/// A section.
pub(super) struct SectionView {
    pub(super) label: String,
    pub(super) name: String,
    pub(super) items: Vec<ItemView>,
}

/// An item.
pub(super) struct ItemView {
    pub(super) label: String,
    pub(super) name: String,
    /// Dots for a secret that is not revealed.
    pub(super) value: String,
    pub(super) is_secret: bool,
    /// What the maker supplied, where it is something else now; dots for a secret.
    pub(super) vendor_default: Option<String>,
}

/// All sections. `original` is what was imported.
pub(super) fn sections(
    center: &CallCenter,
    original: Option<&CallCenter>,
    revealed: bool,
) -> Vec<SectionView> {
    let mut sections = Vec::new();
    for (number, section) in center.sections.iter().enumerate() {
        let first = original.and_then(|center| center.sections.get(number));
        let mut items = Vec::new();
        for (place, item) in section.items.iter().enumerate() {
            let was = first.and_then(|section| section.items.get(place));
            let was = was.filter(|was| was.value != item.value);
            let secret = is_secret(item) || was.is_some_and(is_secret);
            let shown = |value: &str| match secret && !revealed && !value.is_empty() {
                true => DOTS.to_owned(),
                false => value.to_owned(),
            };
            items.push(ItemView {
                label: item.label.clone().unwrap_or_else(|| item.name.clone()),
                name: item.name.clone(),
                value: shown(&item.value),
                is_secret: secret,
                vendor_default: was.map(|was| shown(&was.value)),
            });
        }
        sections.push(SectionView {
            label: section
                .label
                .clone()
                .unwrap_or_else(|| section.name.clone()),
            name: section.name.clone(),
            items,
        });
    }
    sections
}

/// What changed of one item, for people.
pub(super) struct ChangeView {
    pub(super) label: String,
    pub(super) path: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// Differences, the secrets among them behind dots.
pub(super) fn changes(differences: Vec<Difference>) -> Vec<ChangeView> {
    let change = |difference: Difference| {
        let shown = |value: Option<String>| match value {
            None => "(not there)".to_owned(),
            Some(value) if value.is_empty() => "(empty)".to_owned(),
            Some(_) if difference.is_secret => DOTS.to_owned(),
            Some(value) => value,
        };
        ChangeView {
            label: difference.label,
            path: difference.path,
            before: shown(difference.before),
            after: shown(difference.after),
        }
    };
    differences.into_iter().map(change).collect()
}

/// `Nov 24, 2026, 9:12:05 AM by Ada Tester`.
pub(super) fn made(version: &CallCenterVersion, user: &UserContext) -> String {
    let at = show::moment(version.made_at_ms, user);
    match version.made_by.as_str() {
        "" => at,
        by => format!("{at} by {by}"),
    }
}

/// `10 s`, `2.5 s`.
pub(super) fn seconds(ms: u64) -> String {
    match ms % 1_000 {
        0 => format!("{} s", ms / 1_000),
        rest => format!("{}.{} s", ms / 1_000, rest / 100),
    }
}
