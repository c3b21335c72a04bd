//! The SIP and media door: trunks, calls, audio. It decides nothing: the one loop in `engine`
//! gives what happens to the switchboard and carries out what the switchboard wants, what is
//! durable first. It does not know the web: softphone pages are devices that `Up` and `Down` of
//! `offhook_calls::link` speak of.
//!
//! The rooms: `sip` (who may call, and the legs), `media` (RTP, WebRTC, sounds, who hears whom),
//! `legs` (the table between engine and SIP), `crm` (the outbox worker that brings logs to the
//! org), `caller` and `answering_party` (telephones without a person), `start` (putting it
//! together).

mod answering_party;
mod caller;
mod crm;
mod engine;
mod legs;
pub mod media;
mod sip;
mod start;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use offhook_calls::Settings;

pub use tokio_util::sync::CancellationToken;

pub use answering_party::start_answering_party;
pub use caller::place_test_call;
pub use start::start;

/// How SIP messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the RFC's")]
pub enum Transport {
    Udp,
    Tcp,
}

/// A configured trunk: INVITEs from its address are taken, outbound calls go to it.
#[derive(Debug, Clone)]
pub struct Trunk {
    /// Its name in settings, logs and call rows.
    pub name: String,
    /// Where it is. On loopback the port counts too when deciding whom to trust.
    pub address: SocketAddr,
    /// How to reach it.
    pub transport: Transport,
    /// User name and password for its digest challenges.
    pub credentials: Option<(String, String)>,
    /// The number shown on outbound calls.
    pub caller_id: String,
}

/// What the telephone needs to know.
#[derive(Debug, Clone)]
pub struct TelephonySettings {
    /// Where SIP listens over UDP.
    pub sip_udp: SocketAddr,
    /// Where SIP listens over TCP.
    pub sip_tcp: Option<SocketAddr>,
    /// Where WebRTC and RTP sockets are bound.
    pub media_ip: IpAddr,
    /// The address written into SDP when it is not `media_ip` (behind NAT).
    pub public_ip: Option<IpAddr>,
    /// First and last UDP port for RTP.
    pub rtp_ports: (u16, u16),
    /// The one UDP port of all browser legs; 0 takes any.
    pub webrtc_port: u16,
    /// The trunks.
    pub trunks: Vec<Trunk>,
    /// Digest user and password with which `offhook call` may place calls into the system.
    pub test_caller: (String, String),
    /// A folder with WAV files to say in test calls; the built-in voice where there is none.
    pub sounds: Option<PathBuf>,
    /// Parts every call's audio: only for the test that proves that the audio tests can fail.
    pub bridge_disabled: bool,
    /// The switchboard's settings.
    pub calls: Settings,
}

/// Why the telephone could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port is taken or may not be bound.
    #[error(
        "cannot listen for {what} on {address}: {why}. Stop the program that uses it, or choose \
         another address in the configuration"
    )]
    Bind {
        /// `SIP over UDP`.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// The system's words.
        why: String,
    },
    /// Calls that the last process left could not be read.
    #[error(transparent)]
    Store(#[from] offhook_store::StoreError),
}

/// The running telephone.
#[derive(Debug)]
pub struct Telephony {
    /// Where SIP really listens over UDP.
    pub sip_udp: SocketAddr,
    /// The engine's task; ends after `shutdown`, when every call was told goodbye.
    pub engine: tokio::task::JoinHandle<()>,
}

/// A call to place from outside, as `offhook call` does.
#[derive(Debug, Clone)]
pub struct TestCall {
    /// Where the system listens for SIP.
    pub to: SocketAddr,
    /// The number to call there.
    pub dialled: String,
    /// The caller's number to show; anything a network could send.
    pub from: String,
    /// Digest user and password.
    pub credentials: (String, String),
    /// A WAV file to say; the built-in speech-like sound when there is none.
    pub say: Option<PathBuf>,
    /// Write what was heard to this WAV file.
    pub hear: Option<PathBuf>,
    /// Hang up this long after the answer, in milliseconds.
    pub talk_ms: u64,
    /// Give up when nobody answers for this long, in milliseconds.
    pub ring_ms: u64,
}

/// What became of a test call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestCallResult {
    /// The final SIP status: 200 when it was answered.
    pub status: u16,
    /// INVITE to final answer, in milliseconds.
    pub ring_ms: u64,
    /// Answer to hang-up, in milliseconds.
    pub talk_ms: u64,
    /// Did the system hang up first?
    pub ended_by_system: bool,
    /// Packets of audio heard.
    pub packets_heard: u64,
}

/// Why a test call could not even be tried.
#[derive(Debug, thiserror::Error)]
#[error("the test call could not be placed: {0}")]
pub struct TestCallError(pub String);
