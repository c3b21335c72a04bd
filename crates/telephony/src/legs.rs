//! The legs that live, each with its task and its audio: the table between the engine and SIP.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use offhook_calls::{Input, LegId};
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::sip::{Header, StatusCode, Transport as SipTransport};
use tokio::sync::mpsc;

use crate::media::bridge::Bridge;
use crate::sip::endpoint::Contacts;
use crate::sip::inbound::Inbound;
use crate::sip::leg::{Conversation, LegHandle, LegOrder, media_address};
use crate::sip::outbound::Outbound;
use crate::sip::trunk::Arrival;
use crate::{Transport, Trunk};

/// The table.
pub(crate) struct Legs {
    pub(crate) bridge: Bridge,
    dialogs: Arc<DialogLayer>,
    contacts: Contacts,
    public_ip: Option<IpAddr>,
    inbox: mpsc::UnboundedSender<Input>,
    handles: HashMap<LegId, LegHandle>,
}

impl Legs {
    pub(crate) fn new(
        bridge: Bridge,
        dialogs: Arc<DialogLayer>,
        contacts: Contacts,
        public_ip: Option<IpAddr>,
        inbox: mpsc::UnboundedSender<Input>,
    ) -> Self {
        Self {
            bridge,
            dialogs,
            contacts,
            public_ip,
            inbox,
            handles: HashMap::new(),
        }
    }

    /// A leg for a call that came in. False when there is no port for its audio: then it is
    /// refused already.
    pub(crate) async fn inbound(&mut self, leg: LegId, arrival: Arrival) -> bool {
        let Some(conversation) = self.conversation(&leg, arrival.source).await else {
            refuse(arrival).await;
            return false;
        };
        let inbound = Inbound {
            leg: leg.clone(),
            dialogs: self.dialogs.clone(),
            contact: self.contacts.contact(arrival.transport, arrival.source),
            transaction: arrival.transaction,
            offer: arrival.offer,
            conversation,
            in_set_up: arrival.in_set_up,
            inbox: self.inbox.clone(),
        };
        self.handles.insert(leg, inbound.start());
        true
    }

    /// A leg to a number through a trunk.
    pub(crate) async fn outbound(&mut self, leg: LegId, trunk: Trunk, number: String) {
        let Some(conversation) = self.conversation(&leg, trunk.address).await else {
            return self.report_failed(leg, 503);
        };
        let transport = match trunk.transport {
            Transport::Udp => SipTransport::Udp,
            Transport::Tcp => SipTransport::Tcp,
        };
        let outbound = Outbound {
            leg: leg.clone(),
            dialogs: self.dialogs.clone(),
            contact: self.contacts.contact(transport, trunk.address),
            own_address: self.contacts.own_address(transport, trunk.address),
            trunk,
            number,
            conversation,
            inbox: self.inbox.clone(),
        };
        self.handles.insert(leg, outbound.start());
    }

    async fn conversation(&mut self, leg: &LegId, peer: SocketAddr) -> Option<Conversation> {
        match self.bridge.open(leg.clone()).await {
            Ok(session) => {
                let address = media_address(&session, self.public_ip, peer);
                Some(Conversation::new(session, address))
            }
            Err(error) => {
                tracing::error!(%error, "no port for a call's audio; widen the RTP port range");
                None
            }
        }
    }

    /// Gives a leg an order; nothing when it is gone.
    pub(crate) fn order(&self, leg: &LegId, order: LegOrder) {
        if let Some(handle) = self.handles.get(leg) {
            handle.order(order);
        }
    }

    /// Gives every leg an order.
    pub(crate) fn order_all(&self, order: LegOrder) {
        for handle in self.handles.values() {
            handle.order(order);
        }
    }

    /// The leg has ended.
    pub(crate) fn forget(&mut self, leg: &LegId) {
        self.handles.remove(leg);
        self.bridge.close(leg);
    }

    /// The leg could not even begin.
    pub(crate) fn report_failed(&mut self, leg: LegId, status: u16) {
        // The engine reads its own inbox.
        let _ = self.inbox.send(Input::LegEnded { leg, status });
    }

    /// Legs that live.
    pub(crate) fn count(&self) -> usize {
        self.handles.len()
    }
}

/// Asks the caller to come back later.
pub(crate) async fn refuse(mut arrival: Arrival) {
    let headers = vec![Header::RetryAfter("5".into())];
    // The caller asks again when this is lost.
    let _ = arrival
        .transaction
        .reply_with(StatusCode::ServiceUnavailable, headers, None)
        .await;
}
