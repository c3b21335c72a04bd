//! What the configuration promises: layers, types, and errors that name the place.

use super::*;

fn load_with(set: &[&str], environment: &[(&str, &str)]) -> Result<Config> {
    let options = ConfigOptions {
        config: None,
        data_folder: None,
        set: set.iter().map(|s| (*s).to_owned()).collect(),
    };
    load(
        &options,
        environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
    )
}

fn message(result: Result<Config>) -> String {
    format!(
        "{:#}",
        result.expect_err("this configuration must be refused")
    )
}

#[test]
fn a_flag_goes_over_the_environment() {
    let config = load_with(
        &["server.console_address=127.0.0.1:9000"],
        &[
            ("OFFHOOK_SERVER_CONSOLE_ADDRESS", "127.0.0.1:7000"),
            ("OFFHOOK_CALLS_WRAP_UP_MS", "5"),
        ],
    )
    .expect("good");
    assert_eq!(config.server.console_address.port(), 9000);
    assert_eq!(config.calls.wrap_up_ms, 5);
}

#[test]
fn an_unknown_key_is_refused_with_the_keys_that_exist() {
    let text = message(load_with(&[], &[("OFFHOOK_SIP_UPD_ADDRESS", "x")]));
    assert!(text.contains("OFFHOOK_SIP_UPD_ADDRESS"), "{text}");
    assert!(text.contains("udp_address"), "{text}");
}

#[test]
fn a_number_that_is_none_is_refused() {
    let text = message(load_with(&["calls.ring_timeout_ms=soon"], &[]));
    assert!(text.contains("whole number"), "{text}");
}

#[test]
fn an_unknown_region_or_zone_is_refused_with_an_example() {
    assert!(message(load_with(&["org.region=XX"], &[])).contains("US"));
    assert!(message(load_with(&["org.time_zone=Mars/Base"], &[])).contains("Europe/Berlin"));
}

#[test]
fn the_file_s_errors_name_the_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("offhook.toml");
    std::fs::write(&path, "[server]\nconsole_adress = \"x\"\n").expect("written");
    let options = ConfigOptions {
        config: Some(path),
        ..ConfigOptions::default()
    };
    let text = message(load(&options, std::iter::empty()));
    assert!(text.contains("line 2"), "{text}");
    assert!(text.contains("console_adress"), "{text}");
}

#[test]
fn trunks_come_from_the_file_and_the_named_one_must_exist() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("offhook.toml");
    let text = "[[trunk]]\nname = \"carrier\"\naddress = \"192.0.2.7:5060\"\n";
    std::fs::write(&path, text).expect("written");
    let mut options = ConfigOptions {
        config: Some(path),
        ..ConfigOptions::default()
    };
    let config = load(&options, std::iter::empty()).expect("good");
    assert_eq!(config.trunk[0].transport, Transport::Udp);
    options.set.push("calls.outbound_trunk=other".to_owned());
    assert!(message(load(&options, std::iter::empty())).contains("\"other\""));
}
