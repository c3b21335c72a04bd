//! An outbound leg (RFC 3261 section 13.2): INVITE to a trunk, with its password when it asks,
//! 180 or 183, 200 and ACK, busy, no answer, CANCEL.

use std::net::SocketAddr;
use std::sync::Arc;

use offhook_calls::{Input, LegId};
use rsipstack::dialog::authenticate::Credential;
use rsipstack::dialog::dialog::DialogState;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invitation::{InviteAsyncResult, InviteOption};
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::platform::mpsc::UnboundedReceiver;
use rsipstack::sip::{Response, StatusCodeKind, Transport as SipTransport, Uri};
use rsipstack::transport::SipAddr;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::dialog::{Registered, status_of};
use super::leg::{Conversation, LAST_WORD, LegHandle, LegOrder, Reporter, say_goodbye};
use crate::caller::sip_uri;
use crate::{Transport, Trunk};

/// What an outbound leg is made of.
pub(crate) struct Outbound {
    pub(crate) leg: LegId,
    pub(crate) dialogs: Arc<DialogLayer>,
    pub(crate) trunk: Trunk,
    pub(crate) number: String,
    pub(crate) contact: Uri,
    /// Our own SIP address as the trunk reaches it.
    pub(crate) own_address: SocketAddr,
    pub(crate) conversation: Conversation,
    pub(crate) inbox: mpsc::UnboundedSender<Input>,
}

impl Outbound {
    /// Starts the leg's task.
    pub(crate) fn start(self) -> LegHandle {
        let (orders, order_queue) = mpsc::unbounded_channel();
        tokio::spawn(self.run(order_queue));
        LegHandle { orders }
    }

    async fn run(mut self, orders: UnboundedReceiver<LegOrder>) {
        let option = self.invite();
        let mut reporter = Reporter::new(self.leg, self.inbox);
        let (state_sender, states) = self.dialogs.new_dialog_state_channel();
        let (dialog, progress) = match self.dialogs.do_invite_async(option, state_sender) {
            Ok(placed) => placed,
            Err(error) => {
                tracing::warn!(trunk = self.trunk.name, %error, "a call could not be placed");
                return reporter.ended(500);
            }
        };
        let leg = Leg {
            dialog,
            dialogs: self.dialogs,
            states,
            orders,
            conversation: self.conversation,
            rings: false,
        };
        let status = leg.live(progress, &reporter).await;
        reporter.ended(status);
    }

    fn invite(&mut self) -> InviteOption {
        let transport = match self.trunk.transport {
            Transport::Udp => SipTransport::Udp,
            Transport::Tcp => SipTransport::Tcp,
        };
        let caller = match self.trunk.caller_id.as_str() {
            "" => "anonymous",
            number => number,
        };
        InviteOption {
            caller: sip_uri(caller, self.own_address),
            callee: sip_uri(&self.number, self.trunk.address),
            destination: Some(SipAddr::new(transport, self.trunk.address.into())),
            content_type: Some("application/sdp".into()),
            offer: Some(self.conversation.offer()),
            contact: self.contact.clone(),
            credential: self
                .trunk
                .credentials
                .clone()
                .map(|(username, password)| Credential {
                    username,
                    password,
                    ..Credential::default()
                }),
            ..InviteOption::default()
        }
    }
}

struct Leg {
    dialog: InviteDialog,
    dialogs: Arc<DialogLayer>,
    states: UnboundedReceiver<DialogState>,
    orders: UnboundedReceiver<LegOrder>,
    conversation: Conversation,
    rings: bool,
}

impl Leg {
    /// From INVITE to the end; the status that tells why.
    async fn live(
        mut self,
        mut progress: JoinHandle<InviteAsyncResult>,
        reporter: &Reporter,
    ) -> u16 {
        loop {
            tokio::select! {
                // What the far end said comes before what we want now.
                biased;
                outcome = &mut progress => match self.outcome(outcome).await {
                    Ok(()) => break,
                    Err(status) => return status,
                },
                Some(state) = self.states.recv() => self.ringing(state, reporter),
                order = self.orders.recv() => {
                    if !matches!(order, Some(LegOrder::Ring | LegOrder::Answer)) {
                        return self.cancel(progress).await;
                    }
                }
            }
        }
        let _registered = Registered::new(self.dialogs.clone(), self.dialog.id());
        reporter.answered();
        self.talk(reporter).await
    }

    fn ringing(&mut self, state: DialogState, reporter: &Reporter) {
        let DialogState::Early(_, response) = state else {
            return;
        };
        // 183 with a description is early media: what the far end says can be heard already.
        if !response.body.is_empty() && self.conversation.settle(&response.body).is_err() {
            tracing::debug!("an early description cannot be used");
        }
        if !std::mem::replace(&mut self.rings, true) {
            reporter.rings();
        }
    }

    /// The final answer to the INVITE: `Ok` when there is a conversation.
    async fn outcome(
        &mut self,
        outcome: Result<InviteAsyncResult, tokio::task::JoinError>,
    ) -> Result<(), u16> {
        let response = match outcome {
            Ok(Ok((_, response))) => response,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a trunk's answer cannot be used");
                return Err(502);
            }
            Err(error) => {
                tracing::error!(%error, "an INVITE failed");
                return Err(500);
            }
        };
        let Some(response) = response else {
            return Err(408);
        };
        if response.status_code.kind() != StatusCodeKind::Successful {
            return Err(u16::from(response.status_code));
        }
        self.settle(&response).await
    }

    async fn settle(&mut self, response: &Response) -> Result<(), u16> {
        if self.conversation.settle(&response.body).is_ok() {
            return Ok(());
        }
        tracing::warn!("the far end answered without G.711 audio; the call is ended");
        say_goodbye(self.dialog.clone()).await;
        self.dialogs.remove_dialog(&self.dialog.id());
        Err(488)
    }

    /// CANCEL. A 200 that crosses it is ACKed and ended by the stack.
    async fn cancel(self, progress: JoinHandle<InviteAsyncResult>) -> u16 {
        let dialog = self.dialog.clone();
        tokio::spawn(async move {
            if let Err(error) = dialog.cancel().await {
                tracing::debug!(%error, "CANCEL was not answered as it should");
            }
        });
        match tokio::time::timeout(LAST_WORD, progress).await {
            Ok(Ok(Ok((_, Some(response))))) => {
                // The 200 came before our CANCEL could leave: the dialog stands, so end it.
                if self.dialog.state().is_confirmed() {
                    say_goodbye(self.dialog.clone()).await;
                    self.dialogs.remove_dialog(&self.dialog.id());
                }
                match response.status_code.kind() {
                    StatusCodeKind::Successful => 487,
                    _ => u16::from(response.status_code),
                }
            }
            _ => 487,
        }
    }

    async fn talk(mut self, reporter: &Reporter) -> u16 {
        loop {
            tokio::select! {
                state = self.states.recv() => match state {
                    Some(DialogState::Terminated(_, reason)) => return status_of(&reason),
                    Some(DialogState::Confirmed(..)) => {
                        if !self.conversation.acknowledged(&self.dialog) {
                            say_goodbye(self.dialog).await;
                            return 488;
                        }
                    }
                    Some(state) => self.conversation.request(state, reporter).await,
                    None => return 408,
                },
                order = self.orders.recv() => match order {
                    Some(LegOrder::Ring | LegOrder::Answer | LegOrder::Reject(_)) => {}
                    Some(LegOrder::HangUp | LegOrder::HangUpNow) | None => {
                        say_goodbye(self.dialog).await;
                        return 200;
                    }
                },
            }
        }
    }
}
