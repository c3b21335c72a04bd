//! What definition files, good, sloppy and hostile, become.

use proptest::prelude::*;

use super::*;

const GOOD: &str = r#"<callCenter>
  <section sortOrder="0" name="reqGeneralInfo" label="General Information">
    <item sortOrder="0" name="reqInternalName" label="Internal Name">AcmePhone</item>
    <item sortOrder="1" name="reqDisplayName" label="Display Name">Acme Phone</item>
    <item sortOrder="2" name="reqAdapterUrl" label="CTI Adapter URL">https://phone.example/?a=1&amp;b</item>
    <item sortOrder="3" name="reqUseApi" label="Use CTI API">true</item>
    <item sortOrder="4" name="reqSoftphoneHeight" label="Softphone Height">550</item>
    <item sortOrder="5" name="reqSoftphoneWidth" label="Softphone Width">400</item>
    <item sortOrder="6" name="reqSalesforceCompatibilityMode">Classic_and_Lightning</item>
  </section>
  <section sortOrder="1" name="reqDialingOptions" label="Dialing Options">
    <item sortOrder="0" name="reqOutsidePrefix" label="Outside Prefix">9</item>
    <item sortOrder="1" name="reqLongDistPrefix" label="Long Distance Prefix"></item>
  </section>
</callCenter>"#;

fn errors(xml: &str) -> Vec<String> {
    let findings = import(xml.as_bytes()).expect_err("this file must be refused");
    findings
        .iter()
        .map(|f| format!("{}:{} {}", f.line, f.column, f.message))
        .collect()
}

fn warned(xml: &str) -> String {
    let imported = import(xml.as_bytes()).expect("this file must be taken");
    imported
        .warnings
        .iter()
        .map(|w| w.message.as_str())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The good file with one thing changed.
fn with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replacen(from, to, 1)
}

#[test]
fn a_good_file_becomes_a_call_center_without_warnings() {
    let imported = import(GOOD.as_bytes()).expect("good");
    assert_eq!(imported.warnings, []);
    let center = &imported.call_center;
    assert_eq!(center.internal_name, "AcmePhone");
    assert_eq!(center.display_name, "Acme Phone");
    assert_eq!(center.adapter_url(), Some("https://phone.example/?a=1&b"));
    assert_eq!(center.sections.len(), 2);
    assert_eq!(center.item("reqLongDistPrefix"), Some(""));
}

#[test]
fn what_was_exported_is_imported_as_it_was() {
    let center = import(GOOD.as_bytes()).expect("good").call_center;
    let again = import(export(&center).as_bytes())
        .expect("our own file")
        .call_center;
    assert_eq!(again, center);
}

#[test]
fn a_file_that_is_not_well_formed_is_refused_with_its_place_and_a_hint() {
    let found = errors(&with("<callCenter>", "<callCenter>\n<-- a comment -->"));
    assert!(found[0].starts_with("2:"), "{found:?}");
    assert!(found[0].contains("<!--"), "{found:?}");
    let found = errors(&with("AcmePhone</item>", "AcmePhone"));
    assert!(found[0].contains("Close each element"), "{found:?}");
    let found = errors(&with("a=1&amp;b", "a=1&b"));
    assert!(found[0].starts_with("5:"), "{found:?}");
    assert!(found[0].contains("&amp;"), "{found:?}");
    let found = errors(&with("Acme Phone", "<YOUR NAME"));
    assert!(found[0].starts_with("4:"), "{found:?}");
}

#[test]
fn entities_and_doctypes_are_refused() {
    let bomb =
        "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><callCenter>&b;</callCenter>";
    assert!(errors(bomb)[0].contains("DOCTYPE"));
    let outside =
        "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><callCenter>&a;</callCenter>";
    assert!(errors(outside)[0].contains("DOCTYPE"));
}

#[test]
fn a_file_that_is_too_large_or_not_utf_8_is_refused() {
    let large = vec![b' '; DEFINITION_SIZE_MAX + 1];
    assert!(
        import(&large).expect_err("too large")[0]
            .message
            .contains("bytes")
    );
    let latin1 = import(b"<callCenter>\n  \xe4</callCenter>").expect_err("not UTF-8");
    assert_eq!((latin1[0].line, latin1[0].column), (2, 3));
    let many = format!("<callCenter>{}</callCenter>", "<a/>".repeat(30_000));
    assert!(errors(&many)[0].contains("too many"), "many elements");
}

#[test]
fn the_internal_name_must_be_there_once_short_and_plain() {
    let check = |xml: &str, line: u32, part: &str| {
        let found = errors(xml);
        let hit = found
            .iter()
            .any(|f| f.starts_with(&format!("{line}:")) && f.contains(part));
        assert!(hit, "{part:?} in line {line}: {found:?}");
    };
    check(
        &with("reqInternalName", "reqInternName"),
        1,
        "reqInternalName is missing",
    );
    check(
        &with("name=\"reqDisplayName\"", "name=\"reqInternalName\""),
        4,
        "first in line 3",
    );
    check(&with("AcmePhone", &"a".repeat(41)), 3, "41 characters");
    check(&with("AcmePhone", "Acme_Phone"), 3, "letters and digits");
    check(&with("AcmePhone", "1Acme"), 3, "begin with a letter");
    check(&with("AcmePhone", " "), 3, "is empty");
    check(
        &with("reqOutsidePrefix", "reqInternalName"),
        12,
        "first in line 3",
    );
}

#[test]
fn a_doubled_or_missing_sort_order_is_refused_with_its_place() {
    let item = "sortOrder=\"1\" name=\"reqDisplayName\"";
    let found = errors(&with(item, "sortOrder=\"0\" name=\"reqDisplayName\""));
    assert!(found[0].starts_with("4:5"), "{found:?}");
    assert!(found[0].contains("first in line 3"), "{found:?}");
    assert!(errors(&with(item, "name=\"reqDisplayName\""))[0].contains("missing"));
    assert!(errors(&with(item, "sortOrder=\"-1\" name=\"reqDisplayName\""))[0].contains("\"-1\""));
}

#[test]
fn every_problem_is_told_at_once() {
    let xml = with("AcmePhone", "Acme_Phone").replacen("reqUseApi", &"x".repeat(47), 1);
    let found = errors(&xml);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn other_kinds_of_files_are_recognised() {
    let metadata = "<CallCenter xmlns=\"http://soap.sforce.com/2006/04/metadata\"/>";
    assert!(errors(metadata)[0].contains("metadata"));
    assert!(errors("<html/>")[0].contains("<html>"));
    let voice = with("reqDialingOptions", "reqHvcc");
    assert!(errors(&voice)[0].contains("voice product"));
    assert!(!errors("").is_empty());
}

#[test]
fn sloppiness_of_real_files_is_taken_with_a_warning() {
    let mode = "reqSalesforceCompatibilityMode";
    assert!(warned(&with(mode, "reqSalesforceCompatabilityMode")).contains("did you mean"));
    assert!(warned(&with(mode, "vendorMode")).contains("Classic"));
    assert!(warned(&with("https://phone", "http://phone")).contains("https"));
    assert!(warned(&with("reqOutsidePrefix", "vendorPassword")).contains("secret"));
    assert!(warned(&with("reqLongDistPrefix", "reqOutsidePrefix")).contains("twice"));
    assert!(
        warned(&with(
            "sortOrder=\"1\" name=\"reqLong",
            "sortOrder=\"5\" name=\"reqLong"
        ))
        .contains("gaps")
    );
    assert!(warned(&with("<callCenter>", "<callCenter><note/>")).contains("<note>"));
}

#[test]
fn the_order_of_the_file_gives_way_to_the_sort_order() {
    let xml = GOOD.replace(
        "sortOrder=\"0\" name=\"reqOut",
        "sortOrder=\"7\" name=\"reqOut",
    );
    let center = import(xml.as_bytes()).expect("taken").call_center;
    let names = center.sections[1]
        .items
        .iter()
        .map(|i| i.name.as_str())
        .collect::<Vec<_>>();
    assert_eq!(names, ["reqLongDistPrefix", "reqOutsidePrefix"]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = import(&bytes);
    }

    #[test]
    fn any_values_survive_export_and_import(
        values in proptest::collection::vec("[ -~äß€\\n\\t<>&\"']{0,40}", 1..6),
        label in proptest::option::of("[ -~é<>&\"']{0,20}"),
    ) {
        let mut center = import(GOOD.as_bytes()).expect("good").call_center;
        for (number, value) in values.iter().enumerate() {
            center.sections[1].items.push(DefinitionItem {
                name: format!("vendor{number}"),
                label: label.clone(),
                value: value.trim().to_owned(),
            });
        }
        let again = import(export(&center).as_bytes()).expect("our own file").call_center;
        prop_assert_eq!(again, center);
    }
}
