//! The configuration: one file, every key with a default; environment variables
//! `OFFHOOK_SECTION_KEY` over the file; flags over both. Unknown keys are refused.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::cli::ConfigOptions;

/// The file that is read when it is there and no other is named.
const DEFAULT_FILE: &str = "offhook.toml";

/// Environment variables that are not keys.
const NOT_KEYS: &[&str] = &[
    "OFFHOOK_CONFIG",
    "OFFHOOK_TEST_",
    "OFFHOOK_SIM_",
    "OFFHOOK_BLESS",
];

/// Everything that is settled before the first login.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Addresses of the web, and the data folder.
    pub server: ServerConfig,
    /// https beside http.
    pub tls: TlsConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// The contents of files.
    pub files: FilesConfig,
    /// The org's own region and time zone.
    pub org: OrgConfig,
    /// Where SIP listens.
    pub sip: SipConfig,
    /// Where audio goes.
    pub media: MediaConfig,
    /// What becomes of calls.
    pub calls: CallsConfig,
    /// Logs.
    pub log: LogConfig,
    /// The trunks, each a `[[trunk]]` section.
    pub trunk: Vec<TrunkConfig>,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerConfig {
    /// Folder for the database and everything else that must last.
    pub data_folder: PathBuf,
    /// Where the console listens.
    pub console_address: SocketAddr,
    /// Where pages listen: the softphone and adapters, on an origin of their own.
    pub pages_address: SocketAddr,
    /// The console's origin as browsers see it (`https://crm.example`); empty: the address.
    pub console_origin: String,
    /// The origin of pages as browsers see it; empty: the address.
    pub pages_origin: String,
}

/// Where the certificate of the https doors comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TlsMode {
    /// No https here.
    Off,
    /// A certificate authority of our own, made at the first start.
    Local,
    /// Files that somebody else renews.
    Files,
}

/// `[tls]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TlsConfig {
    /// `local` (an authority of our own, made at the first start), `files`, or `off`.
    pub mode: TlsMode,
    /// Where the console and the API listen for https; empty: beside http, on port 8443 where that is free.
    pub console_address: String,
    /// Where pages listen for https; empty: beside http, on port 8444 where that is free.
    pub pages_address: String,
    /// The console's https origin as browsers see it; empty: the address.
    pub console_origin: String,
    /// The https origin of pages as browsers see it; empty: the address.
    pub pages_origin: String,
    /// More names and addresses for the certificate of our own authority, parted by commas.
    pub names: String,
    /// PEM of the certificate and of those above it (mode `files`); read again when it changes.
    pub certificate_file: String,
    /// PEM of its private key (mode `files`).
    pub key_file: String,
}

/// `[database]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DatabaseConfig {
    /// `postgres://user:password@host/name`; empty: `offhook.db` (SQLite) in the data folder.
    pub url: String,
}

/// `[files]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FilesConfig {
    /// Megabytes of one file; at most 2048. A file that comes as base64 within JSON has 37.5.
    pub max_file_mb: u64,
    /// Gigabytes of all files together, each version counted by itself.
    pub max_total_gb: u64,
}

/// `[org]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OrgConfig {
    /// Two letters: how numbers without a country code are read.
    pub region: String,
    /// IANA name.
    pub time_zone: String,
}

/// `[sip]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SipConfig {
    /// Where SIP listens over UDP.
    pub udp_address: SocketAddr,
    /// Where SIP listens over TCP; empty: nowhere.
    pub tcp_address: String,
    /// The number that people call, shown in the console.
    pub number: String,
}

/// `[media]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MediaConfig {
    /// Where audio sockets are bound.
    pub address: IpAddr,
    /// The address to announce when it is another (behind NAT); empty: the same.
    pub public_address: String,
    /// First UDP port for audio of SIP calls.
    pub rtp_port_first: u16,
    /// Last UDP port for audio of SIP calls.
    pub rtp_port_last: u16,
    /// The one UDP port for audio of browsers; 0: any free one.
    pub webrtc_port: u16,
    /// Parts every call's audio: only for the test that proves the audio tests can fail.
    pub bridge_disabled: bool,
}

/// Whom an inbound call rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RingStrategy {
    /// All free agents at once.
    RingAll,
    /// One at a time, longest idle first.
    LongestIdle,
}

/// When the caller's record pops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PopMoment {
    /// On ring for a call that rings one agent, on answer when it rings all.
    Automatic,
    /// As soon as it rings.
    OnRing,
    /// When the agent answers.
    OnAnswer,
    /// Only when the agent asks.
    ByHand,
}

/// `[calls]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CallsConfig {
    /// `ring_all` or `longest_idle`.
    pub ring_strategy: RingStrategy,
    /// `automatic`, `on_ring`, `on_answer` or `by_hand`.
    pub pop_moment: PopMoment,
    /// How long an inbound call rings before the caller is told that nobody is free.
    pub ring_timeout_ms: u64,
    /// How long one agent rings before the next, under `longest_idle`.
    pub agent_ring_ms: u64,
    /// Time for wrap-up before the log is written without an outcome.
    pub wrap_up_ms: u64,
    /// How long the far end is held when the agent's tab is gone.
    pub media_return_ms: u64,
    /// The most calls at once.
    pub call_count_max: usize,
    /// The trunk that outbound calls take; empty: the first one.
    pub outbound_trunk: String,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LogConfig {
    /// `info`, or directives such as `info,offhook_telephony=debug`.
    pub filter: String,
    /// `text` or `json`.
    pub format: LogFormat,
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// How SIP messages travel to a trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
}

/// `[[trunk]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrunkConfig {
    /// Its name in Setup, logs and call rows.
    pub name: String,
    /// Where it is; calls from there are taken, outbound calls go there.
    pub address: SocketAddr,
    /// `udp` or `tcp`.
    #[serde(default = "TrunkConfig::udp")]
    pub transport: Transport,
    /// For its digest challenges.
    #[serde(default)]
    pub username: String,
    /// For its digest challenges.
    #[serde(default)]
    pub password: String,
    /// The number shown on outbound calls.
    #[serde(default)]
    pub caller_id: String,
}

impl TrunkConfig {
    fn udp() -> Transport {
        Transport::Udp
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            data_folder: PathBuf::from("data"),
            console_address: SocketAddr::from(([127, 0, 0, 1], 8080)),
            pages_address: SocketAddr::from(([127, 0, 0, 1], 8081)),
            console_origin: String::new(),
            pages_origin: String::new(),
        }
    }
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self {
            mode: TlsMode::Local,
            console_address: String::new(),
            pages_address: String::new(),
            console_origin: String::new(),
            pages_origin: String::new(),
            names: String::new(),
            certificate_file: String::new(),
            key_file: String::new(),
        }
    }
}

impl TlsConfig {
    /// The names of `names`.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
    }
}

impl Default for FilesConfig {
    fn default() -> Self {
        Self {
            max_file_mb: 100,
            max_total_gb: 10,
        }
    }
}

impl Default for OrgConfig {
    fn default() -> Self {
        Self {
            region: "US".to_owned(),
            time_zone: "America/New_York".to_owned(),
        }
    }
}

impl Default for SipConfig {
    fn default() -> Self {
        Self {
            udp_address: SocketAddr::from(([127, 0, 0, 1], 5060)),
            tcp_address: "127.0.0.1:5060".to_owned(),
            number: "+15035550100".to_owned(),
        }
    }
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            address: IpAddr::from([127, 0, 0, 1]),
            public_address: String::new(),
            rtp_port_first: 20_000,
            rtp_port_last: 29_999,
            webrtc_port: 0,
            bridge_disabled: false,
        }
    }
}

impl Default for CallsConfig {
    fn default() -> Self {
        Self {
            ring_strategy: RingStrategy::RingAll,
            pop_moment: PopMoment::Automatic,
            ring_timeout_ms: 30_000,
            agent_ring_ms: 15_000,
            wrap_up_ms: 60_000,
            media_return_ms: 30_000,
            call_count_max: 500,
            outbound_trunk: String::new(),
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

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
