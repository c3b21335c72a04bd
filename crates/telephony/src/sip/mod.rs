//! SIP (RFC 3261): who may call, how a call is set up, held and ended, and how we place one. The
//! stack's names stay in this room; what it means for a call is said in the words of
//! `offhook_calls`.
//!
//! Its log targets: everything of the stack is under `rsipstack`, and at INFO it writes whole
//! messages with numbers and digest answers in them. Keep `rsipstack=warn` outside of debugging.

mod check;
pub(crate) mod dialog;
pub(crate) mod digest;
pub(crate) mod endpoint;
pub(crate) mod identity;
pub(crate) mod inbound;
pub(crate) mod leg;
pub(crate) mod outbound;
pub(crate) mod sdp;
pub(crate) mod trunk;
