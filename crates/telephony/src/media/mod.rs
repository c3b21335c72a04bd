//! Voice: RTP to the trunk, WebRTC to the browser, and the sounds that we make ourselves.

pub(crate) mod bridge;
pub(crate) mod dtmf;
pub(crate) mod g711;
pub(crate) mod page;
pub(crate) mod rtp;
pub(crate) mod session;
pub(crate) mod station;
pub mod tone;
pub(crate) mod wav;
pub(crate) mod webrtc;
