//! An inbound leg (RFC 3261 section 13.3): 100, 180, 200 with our answer, ACK, BYE; CANCEL while
//! it rings. An INVITE without an offer gets ours with the 200.

use std::sync::Arc;
use std::time::Duration;

use offhook_calls::{Input, LegId};
use rsipstack::dialog::dialog::DialogState;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::platform::mpsc::UnboundedReceiver;
use rsipstack::sip::{StatusCode, Uri};
use rsipstack::transaction::transaction::Transaction;
use tokio::sync::{mpsc, oneshot};

use super::dialog::{Registered, sdp_headers, status_of};
use super::leg::{Conversation, LegHandle, LegOrder, Reporter, say_goodbye};
use super::sdp::Description;
use super::trunk::InSetUp;

/// A final answer that is not ACKed is repeated for this long (64*T1), and a little.
const TRANSACTION_LIFE: Duration = Duration::from_secs(40);

/// What an inbound leg is made of.
pub(crate) struct Inbound {
    pub(crate) leg: LegId,
    pub(crate) dialogs: Arc<DialogLayer>,
    pub(crate) transaction: Transaction,
    pub(crate) contact: Uri,
    pub(crate) offer: Option<Description>,
    pub(crate) conversation: Conversation,
    pub(crate) in_set_up: InSetUp,
    pub(crate) inbox: mpsc::UnboundedSender<Input>,
}

impl Inbound {
    /// Starts the leg's task.
    pub(crate) fn start(self) -> LegHandle {
        let (orders, order_queue) = mpsc::unbounded_channel();
        tokio::spawn(self.run(order_queue));
        LegHandle { orders }
    }

    async fn run(mut self, orders: UnboundedReceiver<LegOrder>) {
        let mut reporter = Reporter::new(self.leg, self.inbox);
        let (state_sender, states) = self.dialogs.new_dialog_state_channel();
        let dialog = self.dialogs.get_or_create_server_invite(
            &self.transaction,
            state_sender,
            None,
            Some(self.contact),
        );
        let dialog = match dialog {
            Ok(dialog) => dialog,
            Err(error) => {
                tracing::debug!(%error, "an INVITE makes no dialog");
                // The caller asks again when this is lost.
                let _ = self.transaction.reply(StatusCode::BadRequest).await;
                return reporter.ended(400);
            }
        };
        let _registered = Registered::new(self.dialogs, dialog.id());
        let mut transaction = self.transaction;
        let mut driven = dialog.clone();
        let (handled_sender, handled) = oneshot::channel();
        tokio::spawn(async move {
            let result = driven.handle(&mut transaction).await;
            if let Err(error) = &result {
                tracing::debug!(%error, "an INVITE transaction ended badly");
            }
            // The leg may be over already.
            let _ = handled_sender.send(());
            // A refusal is repeated until it is ACKed.
            let rest = async { while transaction.receive().await.is_some() {} };
            let _ = tokio::time::timeout(TRANSACTION_LIFE, rest).await;
        });
        let leg = Leg {
            dialog,
            offer: self.offer,
            conversation: self.conversation,
            in_set_up: Some(self.in_set_up),
            confirmed: false,
            hang_up_when_confirmed: false,
        };
        let status = leg.live(orders, states, handled, &reporter).await;
        reporter.ended(status);
    }
}

struct Leg {
    dialog: InviteDialog,
    offer: Option<Description>,
    conversation: Conversation,
    /// Until it is answered.
    in_set_up: Option<InSetUp>,
    confirmed: bool,
    hang_up_when_confirmed: bool,
}

/// Why the leg's loop goes on or not.
enum Next {
    GoOn,
    Over(u16),
}

impl Leg {
    async fn live(
        mut self,
        mut orders: UnboundedReceiver<LegOrder>,
        mut states: UnboundedReceiver<DialogState>,
        mut handled: oneshot::Receiver<()>,
        reporter: &Reporter,
    ) -> u16 {
        let mut invite_lives = true;
        loop {
            let next = tokio::select! {
                _ = &mut handled, if invite_lives => {
                    invite_lives = false;
                    self.invite_is_over()
                }
                state = states.recv() => match state {
                    Some(state) => self.state(state, reporter).await,
                    None => Next::Over(408),
                },
                order = orders.recv() => match order {
                    Some(order) => self.order(order).await,
                    // The engine forgot the leg: it must not live on.
                    None => self.order(LegOrder::HangUpNow).await,
                },
            };
            if let Next::Over(status) = next {
                return status;
            }
        }
    }

    /// The INVITE's transaction is done. Unless it led somewhere, so is the leg.
    fn invite_is_over(&self) -> Next {
        match self.dialog.state() {
            DialogState::Confirmed(..) | DialogState::Terminated(..) => Next::GoOn,
            _ => Next::Over(408),
        }
    }

    async fn order(&mut self, order: LegOrder) -> Next {
        let done = match order {
            LegOrder::Ring => self.dialog.ringing(None, None),
            LegOrder::Answer => match self.conversation.answer(self.offer.as_ref()) {
                Ok(body) => {
                    self.in_set_up = None;
                    self.dialog.accept(Some(sdp_headers()), Some(body))
                }
                // The door saw to it that it can be answered; be safe all the same.
                Err(_) => self
                    .dialog
                    .reject(Some(StatusCode::NotAcceptableHere), None),
            },
            LegOrder::Reject(status) => self.dialog.reject(Some(StatusCode::from(status)), None),
            LegOrder::HangUp if self.is_waiting_for_ack() => {
                // RFC 3261 section 15: no BYE before the ACK.
                self.hang_up_when_confirmed = true;
                Ok(())
            }
            LegOrder::HangUp | LegOrder::HangUpNow => return self.hang_up().await,
        };
        if let Err(error) = done {
            tracing::debug!(%error, ?order, "a leg could not do as told");
        }
        Next::GoOn
    }

    fn is_waiting_for_ack(&self) -> bool {
        matches!(self.dialog.state(), DialogState::WaitAck(..))
    }

    async fn hang_up(&mut self) -> Next {
        if self.dialog.state().is_confirmed() || self.is_waiting_for_ack() {
            say_goodbye(self.dialog.clone()).await;
            return Next::Over(200);
        }
        if let DialogState::Terminated(_, reason) = self.dialog.state() {
            return Next::Over(status_of(&reason));
        }
        // Not answered: a refusal is its end.
        let status = StatusCode::TemporarilyUnavailable;
        if let Err(error) = self.dialog.reject(Some(status), None) {
            tracing::debug!(%error, "a leg could not be refused");
        }
        Next::GoOn
    }

    async fn state(&mut self, state: DialogState, reporter: &Reporter) -> Next {
        match state {
            DialogState::Terminated(_, reason) => return Next::Over(status_of(&reason)),
            DialogState::Confirmed(..) => {
                if !self.conversation.acknowledged(&self.dialog) {
                    tracing::debug!("the ACK should have brought an answer to our offer");
                    return self.hang_up().await;
                }
                if !self.confirmed {
                    self.confirmed = true;
                    reporter.answered();
                }
                if self.hang_up_when_confirmed {
                    return self.hang_up().await;
                }
            }
            other => self.conversation.request(other, reporter).await,
        }
        Next::GoOn
    }
}
