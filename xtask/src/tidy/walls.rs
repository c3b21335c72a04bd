//! The walls: which crate may use which, and which crate owns which outside library.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};
use toml::Table;

use crate::shell::root;

/// Each crate with the crates below it that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("phone", &[]),
    ("org", &["phone"]),
    ("calls", &["phone"]),
    ("store", &["phone", "org", "calls"]),
    ("script", &["org", "store"]),
    ("web", &["phone", "org", "calls", "store", "script"]),
    ("api", &["phone", "org", "store"]),
    ("telephony", &["phone", "org", "calls", "store"]),
    (
        "server",
        &["phone", "org", "calls", "store", "web", "api", "telephony"],
    ),
];

/// Crates that have no business with the outside world.
const PURE: &[&str] = &["phone", "org", "calls"];

/// Libraries that any crate may use.
const COMMON: &[&str] = &["serde", "serde_json", "thiserror"];
/// Libraries that any crate which is not pure may use.
const COMMON_SHELL: &[&str] = &["tokio", "tracing", "anyhow"];
/// Libraries for tests.
const TESTS: &[&str] = &["insta", "proptest", "tempfile"];

/// Each outside library with the crates that may name it.
const OWNERS: &[(&str, &[&str])] = &[
    ("rlibphonenumber", &["phone"]),
    ("roxmltree", &["org", "api"]),
    ("csv", &["api"]),
    (
        "jiff",
        &["org", "store", "web", "api", "telephony", "server"],
    ),
    ("toml", &["org", "server", "xtask"]),
    ("sqlx", &["store"]),
    ("argon2", &["store"]),
    ("aws-lc-rs", &["store", "telephony", "api"]),
    ("base64", &["store", "api"]),
    ("x509-cert", &["store", "server"]),
    ("ulid", &["store"]),
    ("axum", &["web", "api"]),
    ("tower", &["web", "api"]),
    ("tower-http", &["web", "api"]),
    ("askama", &["web"]),
    ("rust-embed", &["web"]),
    ("form_urlencoded", &["web", "api"]),
    ("futures-core", &["api"]),
    ("futures-util", &["web"]),
    ("percent-encoding", &["web", "api", "script"]),
    ("rquickjs", &["script"]),
    ("tokio-tungstenite", &["web"]),
    ("rsipstack", &["telephony"]),
    ("str0m", &["telephony"]),
    ("audio-codec", &["telephony"]),
    ("hound", &["telephony"]),
    ("socket2", &["telephony"]),
    ("tokio-util", &["telephony"]),
    ("md-5", &["telephony", "store"]),
    ("sha2", &["telephony"]),
    ("async-trait", &["telephony"]),
    ("clap", &["server"]),
    ("rustls", &["server"]),
    ("tokio-rustls", &["server"]),
    ("rcgen", &["server"]),
    ("instant-acme", &["server"]),
    ("hyper", &["web"]),
    ("hyper-util", &["web"]),
    ("hyper-rustls", &["web"]),
    ("tracing-subscriber", &["server"]),
];

/// What stands against the rules above.
pub(crate) fn problems() -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut named = BTreeSet::new();
    for (name, may_use) in MAY_USE {
        let manifest = read(&format!("crates/{name}/Cargo.toml"))?;
        for (dependency, in_tests) in dependencies(&manifest) {
            named.insert(dependency.clone());
            problems.extend(problem(name, may_use, &dependency, in_tests));
        }
    }
    named.extend(
        dependencies(&read("xtask/Cargo.toml")?)
            .into_iter()
            .map(|(name, _)| name),
    );
    let manifest = read("Cargo.toml")?;
    for name in table(&manifest, &["workspace", "dependencies"]).keys() {
        if !named.contains(name) {
            problems.push(format!("Cargo.toml: nobody uses {name}"));
        }
    }
    Ok(problems)
}

fn problem(name: &str, may_use: &[&str], dependency: &str, in_tests: bool) -> Option<String> {
    let place = format!("crates/{name}/Cargo.toml");
    if let Some(own) = dependency.strip_prefix("offhook-") {
        // A crate's own tests may switch its features on.
        let allowed = may_use.contains(&own) || (own == name && in_tests);
        return (!allowed).then(|| format!("{place}: {name} must not know {own}"));
    }
    let owners = OWNERS.iter().find(|(library, _)| *library == dependency);
    let allowed = COMMON.contains(&dependency)
        || (COMMON_SHELL.contains(&dependency) && !PURE.contains(&name))
        || (TESTS.contains(&dependency) && in_tests)
        || owners.is_some_and(|(_, owners)| owners.contains(&name));
    (!allowed).then(|| match owners {
        Some((_, owners)) => format!("{place}: {dependency} belongs to {}", owners.join(", ")),
        None => format!("{place}: {dependency} has no owner in xtask/src/tidy/walls.rs"),
    })
}

/// Every dependency of a manifest, and whether only tests have it.
fn dependencies(manifest: &Table) -> Vec<(String, bool)> {
    let names = |section: &str, in_tests: bool| {
        table(manifest, &[section])
            .keys()
            .map(|name| (name.clone(), in_tests))
            .collect::<Vec<_>>()
    };
    let mut all = names("dependencies", false);
    all.extend(names("build-dependencies", false));
    all.extend(names("dev-dependencies", true));
    all
}

fn table(manifest: &Table, path: &[&str]) -> Table {
    let mut at = manifest.clone();
    for name in path {
        at = at
            .get(*name)
            .and_then(|value| value.as_table())
            .cloned()
            .unwrap_or_default();
    }
    at
}

fn read(path: &str) -> Result<Table> {
    let text = fs::read_to_string(root().join(path)).with_context(|| format!("no {path}"))?;
    toml::from_str(&text).with_context(|| format!("{path} is not well-formed"))
}
