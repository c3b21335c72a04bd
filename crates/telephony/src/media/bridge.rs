//! Who hears whom: the one table of legs and pages. It carries out what the switchboard wants of
//! audio, and knows nothing of calls.

use std::collections::HashMap;
use std::io;

use offhook_calls::action::Treatment;
use offhook_calls::{DeviceId, LegId};
use tokio::sync::mpsc;

use super::rtp::RtpPorts;
use super::session::{Hears, RtpSession};
use super::webrtc::Pages;

/// The bridge.
pub(crate) struct Bridge {
    ports: RtpPorts,
    pages: Pages,
    digits: mpsc::Sender<(LegId, char)>,
    /// For the test that proves that the audio test can fail: everything but voice goes on.
    disabled: bool,
    legs: HashMap<LegId, Leg>,
}

struct Leg {
    session: RtpSession,
    joined: Option<DeviceId>,
}

impl Bridge {
    pub(crate) fn new(
        ports: RtpPorts,
        pages: Pages,
        digits: mpsc::Sender<(LegId, char)>,
        disabled: bool,
    ) -> Self {
        Self {
            ports,
            pages,
            digits,
            disabled,
            legs: HashMap::new(),
        }
    }

    /// A session for a new leg. Fails when no port is free.
    pub(crate) async fn open(&mut self, leg: LegId) -> io::Result<RtpSession> {
        let socket = self.ports.bind().await?;
        let session =
            RtpSession::start(leg.clone(), socket, self.pages.voice(), self.digits.clone())?;
        let joined = None;
        self.legs.insert(
            leg,
            Leg {
                session: session.clone(),
                joined,
            },
        );
        Ok(session)
    }

    /// The leg is gone, and its session with it.
    pub(crate) fn close(&mut self, leg: &LegId) {
        if let Some(Leg {
            joined: Some(device),
            ..
        }) = self.legs.remove(leg)
        {
            self.pages.part(device, leg.clone());
        }
    }

    /// Joins a leg and a page.
    pub(crate) fn join(&mut self, leg: &LegId, device: DeviceId) {
        let disabled = self.disabled;
        let Some(found) = self.legs.get_mut(leg) else {
            return;
        };
        if let Some(old) = found.joined.take().filter(|old| *old != device) {
            self.pages.part(old, leg.clone());
        }
        if disabled {
            return found.session.hears(Hears::Silence);
        }
        found.joined = Some(device.clone());
        self.pages
            .join(device.clone(), leg.clone(), found.session.frames());
        found.session.hears(Hears::Page(device));
    }

    /// Parts a leg from its page and plays something to the far end.
    pub(crate) fn play(&mut self, leg: &LegId, treatment: Treatment) {
        let Some(found) = self.legs.get_mut(leg) else {
            return;
        };
        if let Some(old) = found.joined.take() {
            self.pages.part(old, leg.clone());
        }
        found.session.hears(match treatment {
            Treatment::Hold => Hears::Hold,
            Treatment::AgentAway => Hears::AgentAway,
        });
    }

    /// Sends digits to a leg's far end.
    pub(crate) fn digits(&self, leg: &LegId, digits: &str) {
        if let Some(found) = self.legs.get(leg) {
            found.session.digits(digits);
        }
    }

    /// The pages' media.
    pub(crate) fn pages(&self) -> &Pages {
        &self.pages
    }
}
