//! What a call center says of itself.

use super::*;

fn call_center(items: &[(&str, &str)]) -> CallCenter {
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
            label: Some("General Information".to_owned()),
            items: items.iter().map(item).collect(),
        }],
    }
}

fn check_url(url: &str, fine: bool) {
    let mode = ("reqSalesforceCompatibilityMode", "Lightning");
    let problem = call_center(&[("reqAdapterUrl", url), mode]).load_problem();
    assert_eq!(problem.is_none(), fine, "{url}: {problem:?}");
}

#[test]
fn only_addresses_that_a_console_may_load_are_loaded() {
    check_url("https://phone.example/adapter", true);
    check_url("/softphone", true);
    check_url("http://localhost:3000/", true);
    check_url("http://127.0.0.1:3000/x?y", true);
    check_url("http://[::1]:3000/", true);
    check_url("http://phone.example/adapter", false);
    check_url("http://localhost.evil.test/", false);
    check_url("http://localhost@evil.test/", false);
    check_url("//evil.test/", false);
    check_url("/\\evil.test/", false);
    check_url("/\t/evil.test/", false);
    check_url("https://", false);
    check_url("https://{your_host}/adapter", false);
    check_url("javascript:alert(1)", false);
    check_url("data:text/html,x", false);
    check_url("PUT_YOUR_URL_HERE", false);
    check_url("", false);
}

#[test]
fn a_missing_compatibility_mode_is_classic_and_is_loaded_as_such() {
    let center = call_center(&[("reqAdapterUrl", "https://phone.example/")]);
    assert_eq!(center.compatibility_mode(), CompatibilityMode::Classic);
    assert_eq!(center.load_problem(), None);
}

#[test]
fn sizes_stay_within_the_documented_ranges() {
    let size = |height, width| {
        call_center(&[("reqSoftphoneHeight", height), ("reqSoftphoneWidth", width)])
            .softphone_size_px()
    };
    assert_eq!(size("550", "390"), (550, 390));
    assert_eq!(size("1", "99999"), (240, 1_920));
    assert_eq!(size("tall", "-5"), (500, 400));
}

#[test]
fn the_settings_map_is_flat_and_all_text() {
    let map = call_center(&[("reqInternalName", "Acme"), ("reqUseApi", "true")]).settings_map();
    assert_eq!(map["/label"], "Acme Phone");
    assert_eq!(map["/reqGeneralInfo/label"], "General Information");
    assert_eq!(map["/reqGeneralInfo/sortOrder"], "0.0");
    assert_eq!(map["/reqGeneralInfo/reqInternalName"], "Acme");
    assert!(!map.contains_key("/reqGeneralInfo/reqInternalName/label"));
    assert_eq!(map["/reqGeneralInfo/reqUseApi"], "true");
    assert_eq!(map["/reqGeneralInfo/reqUseApi/label"], "reqUseApi");
    assert_eq!(map["/reqGeneralInfo/reqUseApi/sortOrder"], "1.0");
    assert!(map.values().all(Json::is_string));
}

#[test]
fn a_standby_page_has_its_time_and_the_same_rules_as_the_adapter() {
    let standby = |items: &[(&str, &str)]| {
        let center = call_center(items);
        let found = center.standby().map(|(url, ms)| (url.to_owned(), ms));
        (found, center.standby_problem())
    };
    let url = ("reqStandbyUrl", "https://phone.example/standby");
    let found = |ms| Some(("https://phone.example/standby".to_owned(), ms));
    assert_eq!(standby(&[]), (None, None));
    assert_eq!(standby(&[("reqTimeout", "5000")]), (None, None));
    assert_eq!(
        standby(&[url, ("reqTimeout", "5000")]),
        (found(5_000), None)
    );
    assert_eq!(standby(&[url]), (found(10_000), None));
    assert_eq!(
        standby(&[url, ("reqTimeout", "soon")]),
        (found(10_000), None)
    );
    assert_eq!(standby(&[url, ("reqTimeout", "0")]), (found(1_000), None));
    let (_, problem) = standby(&[("reqStandbyUrl", "http://phone.example/standby")]);
    assert!(problem.is_some_and(|p| p.contains("reqStandbyUrl")));
}
