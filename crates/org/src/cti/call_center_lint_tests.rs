//! What is said of call centers that are a little wrong.

use super::*;
use crate::cti::call_center::DefinitionSection;

fn with(items: &[(&str, &str)]) -> CallCenter {
    let general = [
        ("reqInternalName", "Acme"),
        ("reqDisplayName", "Acme Phone"),
        ("reqAdapterUrl", "https://phone.example/"),
        ("reqUseApi", "true"),
        ("reqSoftphoneHeight", "500"),
        ("reqSoftphoneWidth", "400"),
        (MODE, "Lightning"),
    ];
    let kept = general
        .iter()
        .filter(|(name, _)| items.iter().all(|(n, _)| n != name));
    let item = |(name, value): &(&str, &str)| DefinitionItem {
        name: (*name).to_owned(),
        label: None,
        value: (*value).to_owned(),
    };
    CallCenter {
        internal_name: "Acme".to_owned(),
        display_name: "Acme Phone".to_owned(),
        sections: vec![DefinitionSection {
            name: "reqGeneralInfo".to_owned(),
            label: None,
            items: kept.chain(items).map(item).collect(),
        }],
    }
}

fn check(items: &[(&str, &str)], kind: AdviceKind, about: &str, part: &str) {
    let found = advice(&with(items));
    let hit = found
        .iter()
        .any(|a| a.kind == kind && a.item.as_deref() == Some(about) && a.message.contains(part));
    assert!(hit, "{kind:?} {about} {part:?}: {found:?}");
}

#[test]
fn a_good_call_center_is_not_spoken_of() {
    assert_eq!(advice(&with(&[])), []);
    let standby = [("reqStandbyUrl", "/standby"), ("reqTimeout", "10000")];
    assert_eq!(advice(&with(&standby)), []);
    assert_eq!(with(&standby).standby(), Some(("/standby", 10_000)));
}

#[test]
fn values_without_a_meaning_are_told_with_what_is_expected() {
    use AdviceKind::Value;
    check(
        &[("reqSoftphoneHeight", "239")],
        Value,
        "reqSoftphoneHeight",
        "240 to 2560",
    );
    check(
        &[("reqSoftphoneWidth", "NaN")],
        Value,
        "reqSoftphoneWidth",
        "200 to 1920",
    );
    check(&[("reqUseApi", "yes")], Value, "reqUseApi", "true or false");
    check(&[(MODE, "lightning")], Value, MODE, "Classic_and_Lightning");
    check(
        &[("reqCanvasApiName", "Acme")],
        Value,
        "reqCanvasApiName",
        "canvas",
    );
}

#[test]
fn a_standby_page_needs_its_time_and_an_address() {
    use AdviceKind::Value;
    let url = ("reqStandbyUrl", "https://standby.example/");
    check(&[url], Value, "reqStandbyUrl", "needs reqTimeout");
    check(
        &[("reqTimeout", "5000")],
        Value,
        "reqTimeout",
        "needs reqStandbyUrl",
    );
    for timeout in ["-1", "soon", "999", "600001", "1e4"] {
        let items = [url, ("reqTimeout", timeout)];
        check(&items, Value, "reqTimeout", "milliseconds");
    }
    let script = [
        ("reqStandbyUrl", "javascript:alert(1)"),
        ("reqTimeout", "5000"),
    ];
    check(&script, Value, "reqStandbyUrl", "cannot be loaded");
    assert!(with(&script).standby_problem().is_some());
}

#[test]
fn the_misspelt_mode_is_explained_and_mended() {
    let wrong = {
        let mut center = with(&[(MISSPELT_MODE, "Lightning")]);
        center.sections[0].items.retain(|item| item.name != MODE);
        center
    };
    let found = advice(&wrong);
    assert!(
        found.iter().any(|a| a.kind == AdviceKind::Misspelt),
        "{found:?}"
    );
    assert!(
        found.iter().any(|a| a.item.as_deref() == Some(MODE)),
        "{found:?}"
    );
    let right = wrong.with_mode_spelt_right().expect("it is misspelt");
    assert_eq!(advice(&right), []);
    assert_eq!(right.with_mode_spelt_right(), None);
    let both = with(&[(MISSPELT_MODE, "Lightning")]);
    assert_eq!(both.with_mode_spelt_right(), None);
}

#[test]
fn secrets_are_known_by_name_label_and_address() {
    let secret = |name: &str, label: Option<&str>, value: &str| {
        is_secret(&DefinitionItem {
            name: name.to_owned(),
            label: label.map(ToOwned::to_owned),
            value: value.to_owned(),
        })
    };
    assert!(secret("pbxPassword", None, "x"));
    assert!(secret("field7", Some("API key"), "x"));
    assert!(secret("server", None, "wss://user:pass@pbx.example/"));
    assert!(!secret("pbxPassword", None, ""));
    assert!(!secret("askForPassword", None, "true"));
    assert!(!secret("server", None, "wss://pbx.example/?a=b:c@d"));
    assert!(!secret("server", None, "wss://user@pbx.example/"));
}

#[test]
fn reserved_names_of_vendors_are_one_hint() {
    let found = advice(&with(&[("reqAcme", "1"), ("reqOther", "2")]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind, AdviceKind::Hint);
    assert!(
        found[0].message.starts_with("reqAcme, reqOther:"),
        "{found:?}"
    );
}
