//! Events: what a change of a record or a published platform event says, and the Bayeux sessions
//! of the clients that listen (CometD, as the platform's Streaming API speaks it).
//!
//! An [`EventBody`] is built once, when the record is saved, and holds everything; what one
//! subscriber is sent of it is worked out when it is delivered, from the subscriber's rights at
//! that moment ([`EventBody::payload`]). Where events are kept and who reads them is not known
//! here: replay ids are numbers that ascend.

pub mod bayeux;
pub mod body;
pub mod change;
pub mod channel;
pub mod message;
mod payload;

pub use bayeux::{Answer, Bayeux, ChannelFacts, Hold, Limits, Post, Read, unauthenticated};
pub use body::{EventBody, EventKind};
pub use change::{Change, ChangeType, Commit, change_event, overflow_event};
pub use channel::{Channel, ChannelRefusal, Publishing};
pub use message::{BadBatch, Message, read_batch};
pub use payload::platform_event;

#[cfg(test)]
mod bayeux_tests;
#[cfg(test)]
mod simulation;
