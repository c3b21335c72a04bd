//! The names of things in a call: calls, legs, agents, devices, log keys.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id with this text. The text is opaque to this crate.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A call, from its first INVITE to its log: a ULID minted by the shell.
    CallId
}
text_id! {
    /// A person who takes calls: the 18-character id of the user in the org.
    AgentId
}
text_id! {
    /// One softphone page of an agent (a browser tab): minted for each socket by the shell.
    DeviceId
}

/// One SIP dialog of a call. The first leg of an inbound call has number 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LegId {
    /// The call that the leg belongs to.
    pub call: CallId,
    /// Counts from 0 within the call.
    pub number: u8,
}

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.call, self.number)
    }
}

/// What makes a call log unique: one for each call and agent. Written to the Task field
/// `Offhook_Call_Key__c` as `CALL_ID:REP_ID`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LogKey {
    /// The call.
    pub call: CallId,
    /// The agent who took it, or the default owner for a call nobody took.
    pub agent: AgentId,
}

impl fmt::Display for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.call, self.agent)
    }
}

impl LogKey {
    /// Reads `CALL_ID:REP_ID`; `None` when either part is missing.
    pub fn parse(text: &str) -> Option<Self> {
        let (call, agent) = text.split_once(':')?;
        if call.is_empty() || agent.is_empty() || agent.contains(':') {
            return None;
        }
        Some(Self {
            call: CallId::new(call),
            agent: AgentId::new(agent),
        })
    }
}
