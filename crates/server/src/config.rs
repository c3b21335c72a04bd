//! The configuration: one file, every key with a default; environment variables
//! `OFFHOOK_SECTION_KEY` over the file; flags over both. Unknown keys are refused.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use crate::cli::ConfigOptions;
pub(crate) use crate::config_sections::*;

/// The file that is read when it is there and no other is named.
const DEFAULT_FILE: &str = "offhook.toml";

/// Environment variables that are not keys.
const NOT_KEYS: &[&str] = &[
    "OFFHOOK_CONFIG",
    "OFFHOOK_TEST_",
    "OFFHOOK_SIM_",
    "OFFHOOK_BLESS",
];

/// Reads file, environment and flags, in this order.
pub(crate) fn load(
    options: &ConfigOptions,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config> {
    let mut table = match file_to_read(options) {
        Some(path) => read_file(&path)?,
        None => Table::new(),
    };
    for (name, value) in environment {
        overlay_variable(&mut table, &name, &value)?;
    }
    for setting in &options.set {
        overlay_flag(&mut table, setting)?;
    }
    if let Some(folder) = &options.data_folder {
        put(
            &mut table,
            "server",
            "data_folder",
            Value::String(folder.display().to_string()),
        )?;
    }
    let config: Config = Value::Table(table)
        .try_into()
        .context("the configuration is wrong")?;
    check(&config)?;
    Ok(config)
}

fn file_to_read(options: &ConfigOptions) -> Option<PathBuf> {
    options.config.clone().or_else(|| {
        let path = PathBuf::from(DEFAULT_FILE);
        path.exists().then_some(path)
    })
}

/// The file's table. It is read as a whole configuration first, so that errors name line and
/// column of the file.
fn read_file(path: &Path) -> Result<Table> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the configuration file {shown}"))?;
    toml::from_str::<Config>(&text)
        .map_err(|error| anyhow::anyhow!("the configuration file {shown} is wrong:\n{error}"))?;
    toml::from_str(&text).with_context(|| format!("the configuration file {shown} is wrong"))
}

fn overlay_variable(table: &mut Table, name: &str, value: &str) -> Result<()> {
    let Some(key) = name.strip_prefix("OFFHOOK_") else {
        return Ok(());
    };
    if NOT_KEYS.iter().any(|other| name.starts_with(other)) {
        return Ok(());
    }
    let (section, key) = key
        .split_once('_')
        .with_context(|| format!("the environment variable {name} names no section and key"))?;
    overlay(table, &section.to_lowercase(), &key.to_lowercase(), value)
        .with_context(|| format!("the environment variable {name} is wrong"))
}

fn overlay_flag(table: &mut Table, setting: &str) -> Result<()> {
    let (path, value) = setting
        .split_once('=')
        .with_context(|| shape_of_flag(setting))?;
    let (section, key) = path
        .split_once('.')
        .with_context(|| shape_of_flag(setting))?;
    overlay(table, section, key, value).with_context(|| format!("--set {setting} is wrong"))
}

fn shape_of_flag(setting: &str) -> String {
    format!("--set {setting}: write it as SECTION.KEY=VALUE, for example server.data_folder=data")
}

/// Puts a value given as text where the defaults say which type it has.
fn overlay(table: &mut Table, section: &str, key: &str, text: &str) -> Result<()> {
    let defaults = Table::try_from(Config::default())?;
    let known = defaults
        .get(section)
        .and_then(Value::as_table)
        .with_context(|| format!("there is no configuration section [{section}]"))?;
    let default = known.get(key).with_context(|| {
        let keys = known
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        format!("there is no key {key} in [{section}]; it has {keys}")
    })?;
    put(table, section, key, typed(default, text)?)
}

fn typed(default: &Value, text: &str) -> Result<Value> {
    Ok(match default {
        Value::Integer(_) => Value::Integer(
            text.parse()
                .with_context(|| format!("{text:?} is no whole number"))?,
        ),
        Value::Boolean(_) => Value::Boolean(
            text.parse()
                .with_context(|| format!("{text:?} is not true or false"))?,
        ),
        _ => Value::String(text.to_owned()),
    })
}

fn put(table: &mut Table, section: &str, key: &str, value: Value) -> Result<()> {
    let entry = table
        .entry(section)
        .or_insert_with(|| Value::Table(Table::new()));
    let Some(entry) = entry.as_table_mut() else {
        bail!("[{section}] is no section")
    };
    entry.insert(key.to_owned(), value);
    Ok(())
}

/// What types cannot say.
fn check(config: &Config) -> Result<()> {
    if offhook_phone::Region::parse(&config.org.region).is_none() {
        bail!(
            "org.region {:?} is no region; write two letters, for example US",
            config.org.region
        );
    }
    if jiff::tz::TimeZone::get(&config.org.time_zone).is_err() {
        bail!(
            "org.time_zone {:?} is not known; write an IANA name such as Europe/Berlin",
            config.org.time_zone
        );
    }
    let files = &config.files;
    if !(1..=2_048).contains(&files.max_file_mb) || !(1..=1_048_576).contains(&files.max_total_gb) {
        bail!("files.max_file_mb goes from 1 to 2048, files.max_total_gb from 1 to 1048576");
    }
    if config.media.rtp_port_first > config.media.rtp_port_last {
        bail!("media.rtp_port_first is above media.rtp_port_last");
    }
    let named = &config.calls.outbound_trunk;
    if !named.is_empty() && !config.trunk.iter().any(|trunk| trunk.name == *named) {
        bail!("calls.outbound_trunk names {named:?}, but there is no [[trunk]] with that name");
    }
    Ok(())
}

impl Config {
    /// Where the database is.
    pub(crate) fn database_url(&self) -> String {
        if self.database.url.is_empty() {
            format!(
                "sqlite:{}",
                self.server.data_folder.join("offhook.db").display()
            )
        } else {
            self.database.url.clone()
        }
    }

    /// Where the https doors listen: console, then pages. `None`: wherever it is free.
    pub(crate) fn tls_addresses(&self) -> Result<[Option<SocketAddr>; 2]> {
        Ok([
            address_or_empty(&self.tls.console_address, "tls.console_address")?,
            address_or_empty(&self.tls.pages_address, "tls.pages_address")?,
        ])
    }

    /// The address where SIP listens over TCP.
    pub(crate) fn sip_tcp(&self) -> Result<Option<SocketAddr>> {
        address_or_empty(&self.sip.tcp_address, "sip.tcp_address")
    }

    /// The address to announce for audio when it differs.
    pub(crate) fn public_ip(&self) -> Result<Option<IpAddr>> {
        address_or_empty(&self.media.public_address, "media.public_address")
    }
}

fn address_or_empty<T: std::str::FromStr>(text: &str, key: &str) -> Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    if text.is_empty() {
        return Ok(None);
    }
    Ok(Some(text.parse().with_context(|| {
        format!("{key} {text:?} is no address")
    })?))
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
