//! An agent: a person who takes calls, the pages that are open, and the one call there can be.

use std::collections::{BTreeMap, VecDeque};

use crate::id::{AgentId, CallId, DeviceId};
use crate::softphone::{AgentView, Presence, ToPage};

/// Where media with a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// None.
    Closed,
    /// An offer was taken; ICE and DTLS are coming up.
    Accepted,
    /// Audio can flow.
    Up,
}

/// One softphone page of an agent.
#[derive(Debug)]
pub(crate) struct Device {
    /// Counts up with everything a page of any agent did: the highest was used last.
    pub(crate) activity: u64,
    pub(crate) media: Media,
    /// Is the page's audio silenced, as last asked for?
    pub(crate) muted: bool,
    /// The replies to its last commands, by command id.
    pub(crate) replies: VecDeque<(String, ToPage)>,
}

impl Device {
    /// A page without media that was just used.
    pub(crate) fn new(activity: u64) -> Self {
        Self {
            activity,
            media: Media::Closed,
            muted: false,
            replies: VecDeque::new(),
        }
    }
}

/// One agent.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) id: AgentId,
    pub(crate) name: String,
    pub(crate) presence: Presence,
    pub(crate) devices: BTreeMap<DeviceId, Device>,
    /// The page that holds the microphone: one of `devices`, and one whenever there are any.
    pub(crate) media_device: Option<DeviceId>,
    /// The call that the agent has or that rings here; never more than one.
    pub(crate) call: Option<CallId>,
    /// Since when the agent waits for a call, on the boot clock.
    pub(crate) idle_since_ms: u64,
    /// The number of the last view.
    pub(crate) sequence: u64,
    /// What the pages show, as last sent.
    pub(crate) shown: Option<AgentView>,
}

impl Agent {
    /// An agent who has just signed in: ready, without pages.
    pub(crate) fn new(id: AgentId, name: String, now_ms: u64) -> Self {
        Self {
            id,
            name,
            presence: Presence::Ready,
            devices: BTreeMap::new(),
            media_device: None,
            call: None,
            idle_since_ms: now_ms,
            sequence: 0,
            shown: None,
        }
    }

    /// May a call ring here now?
    pub(crate) fn is_free(&self) -> bool {
        self.takes_calls() && self.call.is_none()
    }

    /// Is the agent there for calls, busy or not?
    pub(crate) fn takes_calls(&self) -> bool {
        self.presence == Presence::Ready && !self.devices.is_empty()
    }

    /// The page that was used last.
    pub(crate) fn latest_device(&self) -> Option<DeviceId> {
        let latest = self.devices.iter().max_by_key(|(_, page)| page.activity);
        latest.map(|(device, _)| device.clone())
    }
}
