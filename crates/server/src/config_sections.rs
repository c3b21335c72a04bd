//! The sections of the configuration, each key with its meaning and its default. The reference of
//! the configuration is written from the comments here.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Everything that is settled before the first login.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Addresses of the web, and the data folder.
    pub server: ServerConfig,
    /// https beside http.
    pub tls: TlsConfig,
    /// Certificates by ACME.
    pub acme: AcmeConfig,
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
    /// An authority that is asked by ACME, and again in time.
    Acme,
}

/// `[tls]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TlsConfig {
    /// `local` (an authority of our own, made at the first start), `acme`, `files`, or `off`.
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

/// How the authority is shown that the domains are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AcmeChallenge {
    /// It connects to port 443 (RFC 8737).
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn01,
    /// It fetches a file from port 80 (RFC 8555, 8.3).
    #[serde(rename = "http-01")]
    Http01,
}

/// `[acme]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AcmeConfig {
    /// Address of the authority's directory (tls.mode `acme`).
    pub directory: String,
    /// The domains of the certificate, parted by commas; empty: the hosts of
    /// `tls.console_origin` and `tls.pages_origin`.
    pub domains: String,
    /// E-mail address that the authority may write to; may be empty.
    pub contact: String,
    /// `true`: you have read the authority's terms of service and agree to them.
    pub terms_accepted: bool,
    /// `tls-alpn-01` (port 443 leads to the console's https door) or `http-01` (port 80 leads
    /// to an http door).
    pub challenge: AcmeChallenge,
    /// PEM of the certificate that an authority of your own is trusted by; empty: those of the
    /// system.
    pub root_file: String,
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

impl Default for AcmeConfig {
    fn default() -> Self {
        Self {
            directory: "https://acme-v02.api.letsencrypt.org/directory".to_owned(),
            domains: String::new(),
            contact: String::new(),
            terms_accepted: false,
            challenge: AcmeChallenge::TlsAlpn01,
            root_file: String::new(),
        }
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
