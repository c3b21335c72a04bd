//! What definition files, good, sloppy and hostile, become.

use proptest::prelude::*;

use super::*;
use crate::cti::call_center::DefinitionItem;

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
fn what_lint_says_of_an_item_is_told_at_its_place() {
    let xml = with("reqOutsidePrefix", "vendorPassword");
    let warnings = import(xml.as_bytes()).expect("taken").warnings;
    assert_eq!(
        (warnings[0].line, warnings[0].column),
        (12, 5),
        "{warnings:?}"
    );
}

#[test]
fn the_two_names_are_moved_to_where_they_belong() {
    let xml = with(
        "sortOrder=\"0\" name=\"reqInternalName\"",
        "sortOrder=\"9\" name=\"reqInternalName\"",
    );
    let xml = xml.replacen("</callCenter>", "<!-- end --></callCenter>", 1);
    assert!(
        warned(&xml).contains("must stand first"),
        "{}",
        warned(&xml)
    );
    let center = import(xml.as_bytes()).expect("taken").call_center;
    assert_eq!(center, import(GOOD.as_bytes()).expect("good").call_center);
}

#[test]
fn a_lenient_org_takes_long_names_and_underscores() {
    let xml = with("AcmePhone", "Acme_Phone").replacen("reqUseApi", &"x".repeat(47), 1);
    let options = ImportOptions {
        lenient: true,
        file_name: "",
    };
    let imported = import_with(xml.as_bytes(), options).expect("lenient");
    let told: Vec<&str> = imported
        .warnings
        .iter()
        .map(|w| w.message.as_str())
        .collect();
    assert!(told.iter().any(|m| m.contains("underscore")), "{told:?}");
    assert!(told.iter().any(|m| m.contains("47 characters")), "{told:?}");
    assert_eq!(errors(&xml).len(), 2);
    let over = with("reqUseApi", &"x".repeat(300));
    assert!(import_with(over.as_bytes(), options).is_err());
    let space = with("AcmePhone", "Acme Phone");
    assert!(import_with(space.as_bytes(), options).is_err());
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_file_and_utf_16_is_named() {
    let marked = format!("\u{feff}{GOOD}");
    assert!(import(marked.as_bytes()).is_ok());
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(GOOD.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert!(
        import(&wide).expect_err("UTF-16")[0]
            .message
            .contains("UTF-16")
    );
    let latin1 = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<callCenter>\xe9";
    let found = import(latin1).expect_err("Latin 1");
    assert_eq!((found[0].line, found[0].column), (2, 13));
}

const METADATA: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<CallCenter xmlns="http://soap.sforce.com/2006/04/metadata">
    <adapterUrl>/apex/softphone</adapterUrl>
    <customSettings>{"reqTimeout":"10000","reqStandbyUrl":"/apex/x",
        "reqSoftphoneHeight":"550","reqSoftphoneWidth":"400","reqUseApi":"true",
        "reqSalesforceCompatibilityMode":"Classic_and_Lightning"}</customSettings>
    <displayName>Acme Phone</displayName>
    <displayNameLabel>Shown as</displayNameLabel>
    <internalNameLabel>Internal Name</internalNameLabel>
    <sections>
        <items>
            <label>CTI Adapter URL</label>
            <name>reqAdapterUrl</name>
            <value>/apex/softphone</value>
        </items>
        <items>
            <label>Height</label>
            <name>reqSoftphoneHeight</name>
            <value>600</value>
        </items>
        <label>General Information</label>
        <name>reqGeneralInfo</name>
    </sections>
    <sections>
        <items>
            <label>vendorThing</label>
            <name>vendorThing</name>
        </items>
        <label>Acme</label>
        <name>acme</name>
    </sections>
    <version>4.0</version>
</CallCenter>"#;

fn metadata(xml: &str) -> Result<Imported, Vec<Finding>> {
    let options = ImportOptions {
        lenient: false,
        file_name: "callCenters/AcmePhone.callCenter-meta.xml",
    };
    import_with(xml.as_bytes(), options)
}

#[test]
fn metadata_becomes_a_call_center_with_what_its_custom_settings_add() {
    let imported = metadata(METADATA).expect("metadata");
    let center = &imported.call_center;
    assert_eq!(imported.dialect, Dialect::Metadata);
    assert_eq!(center.internal_name, "AcmePhone");
    assert_eq!(center.display_name, "Acme Phone");
    assert_eq!(center.standby(), Some(("/apex/x", 10_000)));
    assert_eq!(center.item("vendorThing"), Some(""));
    assert_eq!(center.item("reqVersion"), Some("4.0"));
    // Sections win over custom settings, and that is told.
    assert_eq!(center.item("reqSoftphoneHeight"), Some("600"));
    assert_eq!(imported.warnings.len(), 1, "{:?}", imported.warnings);
    let told = &imported.warnings[0];
    assert_eq!(told.line, 4);
    assert!(
        told.message.contains("550") && told.message.contains("600"),
        "{told:?}"
    );
    let names: Vec<_> = center.sections[0]
        .items
        .iter()
        .take(2)
        .map(|i| &*i.name)
        .collect();
    assert_eq!(names, ["reqInternalName", "reqDisplayName"]);
    assert_eq!(center.settings_map()["/displayNameLabel"], "Shown as");
    assert_eq!(
        metadata(&export_metadata(center))
            .expect("ours")
            .call_center,
        *center
    );
    assert_eq!(
        import(export(center).as_bytes()).expect("ours").call_center,
        *center
    );
}

#[test]
fn metadata_that_is_a_little_wrong_is_taken_with_a_warning() {
    let lower = METADATA
        .replace("CallCenter xmlns", "callCenter xmlns")
        .replace("</CallCenter>", "</callCenter>");
    let imported = metadata(&lower).expect("lower case");
    assert!(
        imported.warnings[0].message.contains("<CallCenter>"),
        "{:?}",
        imported.warnings
    );
    let bare = "<CallCenter><displayName>A</displayName></CallCenter>";
    let imported = metadata(bare).expect("bare");
    let told: String = imported
        .warnings
        .iter()
        .map(|w| w.message.as_str())
        .collect();
    assert!(told.contains("reqAdapterUrl is missing"), "{told}");
    assert!(told.contains("reqGeneralInfo is missing") || imported.call_center.sections.len() == 1);
    let nameless = import(bare.as_bytes()).expect_err("no name");
    assert!(
        nameless[0].message.contains("name of the file"),
        "{nameless:?}"
    );
    let voice = METADATA.replace("<version>4.0</version>", "<contactCenterChannels/>");
    assert!(
        metadata(&voice).expect_err("voice")[0]
            .message
            .contains("voice product")
    );
    let broken = METADATA.replace("{\"reqTimeout\"", "{reqTimeout");
    assert!(
        metadata(&broken)
            .expect("taken")
            .warnings
            .iter()
            .any(|w| w.message.contains("JSON"))
    );
}

/// Any element of a definition file, good and bad.
fn any_file() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("reqDisplayName".to_owned()),
        Just("reqAdapterUrl".to_owned()),
        Just("reqSalesforceCompatabilityMode".to_owned()),
        Just("reqTimeout".to_owned()),
        Just("reqVersion".to_owned()),
        "[a-zA-Z][a-zA-Z0-9]{0,12}",
    ];
    let label = proptest::option::of("[ -%'-;=?-~é\u{1F4DE}]{0,12}");
    let item = (name, label.clone(), "[ -%'-;=?-~äß€\n]{0,20}");
    let items = proptest::collection::vec(item, 0..6);
    let section = ("(reqGeneralInfo|acme|[a-z]{1,8})", label, items);
    let sections = proptest::collection::vec(section, 0..5);
    (sections, 0_usize..6, 0_usize..8).prop_map(|(sections, in_section, at)| {
        let mut xml = String::from("<callCenter>");
        let escape = |text: &str| {
            text.replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('"', "&quot;")
        };
        let attribute = |label: &Option<String>| {
            label
                .as_ref()
                .map_or(String::new(), |l| format!(" label=\"{}\"", escape(l)))
        };
        let count = sections.len();
        for (order, (name, label, items)) in sections.iter().enumerate() {
            xml.push_str(&format!(
                "<section sortOrder=\"{order}\" name=\"{name}\"{}>",
                attribute(label)
            ));
            let mut items: Vec<_> = items
                .iter()
                .map(|(n, l, v)| (n.as_str(), l.clone(), v.as_str()))
                .collect();
            if order == in_section.min(count - 1) {
                items.insert(at.min(items.len()), ("reqInternalName", None, "Acme1"));
            }
            for (order, (name, label, value)) in items.iter().enumerate() {
                xml.push_str(&format!(
                    "<item sortOrder=\"{order}\" name=\"{name}\"{}>{}</item>",
                    attribute(label),
                    escape(value)
                ));
            }
            xml.push_str("</section>");
        }
        xml + "</callCenter>"
    })
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
    fn whatever_is_imported_is_the_same_after_export_in_both_dialects(xml in any_file()) {
        if let Ok(imported) = import(xml.as_bytes()) {
            let center = imported.call_center;
            let file = export(&center);
            let again = import(file.as_bytes()).expect("our own file").call_center;
            prop_assert_eq!(&again, &center, "{}", file);
            let file = export_metadata(&center);
            let options = ImportOptions { lenient: false, file_name: "Acme1.callCenter" };
            let again = import_with(file.as_bytes(), options).expect("our own metadata");
            prop_assert_eq!(&again.call_center, &center, "{}", file);
            prop_assert_eq!(again.dialect, Dialect::Metadata);
            prop_assert_eq!(again.call_center.settings_map(), center.settings_map());
        }
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
