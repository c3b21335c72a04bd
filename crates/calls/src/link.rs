//! What goes between the web door and the telephone door. The two do not know each other: the
//! binary makes two channels of these words and gives each door its ends.

use crate::id::{AgentId, CallId, DeviceId};
use crate::softphone::{FromPage, ToPage};

/// From the web to the telephone.
#[derive(Debug, Clone, PartialEq)]
pub enum Up {
    /// A softphone page connected.
    Connected {
        /// The page.
        device: DeviceId,
        /// Whose page.
        agent: AgentId,
        /// The agent's name.
        agent_name: String,
    },
    /// A softphone page is gone.
    Gone {
        /// The page.
        device: DeviceId,
    },
    /// A softphone page said this.
    Said {
        /// The page.
        device: DeviceId,
        /// What.
        message: FromPage,
    },
    /// A Task under our log key is durable (the page's `saveLog` went through).
    Logged {
        /// The call.
        call: CallId,
        /// The owner of the log.
        agent: AgentId,
        /// The Task's id.
        task: String,
    },
    /// An admin asks for a test call into the running system.
    PlaceTestCall {
        /// The caller's number to show.
        from: String,
    },
}

/// From the telephone to the web: for one softphone page.
#[derive(Debug, Clone, PartialEq)]
pub struct Down {
    /// The page.
    pub device: DeviceId,
    /// What it is told.
    pub message: ToPage,
}
