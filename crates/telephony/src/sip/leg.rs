//! A leg: one SIP dialog of a call, from the shell's side. Each runs in a task of its own, so
//! that what goes wrong in one call stays there; it takes orders and reports what happened.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use offhook_calls::{Input, LegId};
use rsipstack::dialog::dialog::{DialogState, TransactionHandle};
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::prelude::HeadersExt;
use rsipstack::sip::{Header, Method, Request, StatusCode};
use tokio::sync::mpsc;

use super::dialog::sdp_headers;
use super::endpoint::{allow_header, reachable_ip};
use super::sdp::{self, Description, Local};
use crate::media::dtmf;
use crate::media::g711::Law;
use crate::media::session::RtpSession;

/// After BYE or CANCEL the far end has this long to say its last word; then the leg is over here.
pub(crate) const LAST_WORD: Duration = Duration::from_secs(2);

/// What a leg is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LegOrder {
    /// Send 180.
    Ring,
    /// Send 200.
    Answer,
    /// Refuse.
    Reject(u16),
    /// BYE, or CANCEL while an outbound leg rings. A 200 that is not confirmed yet is waited for.
    HangUp,
    /// BYE at once, confirmed or not: the process ends.
    HangUpNow,
}

/// The handle of a leg's task.
#[derive(Debug)]
pub(crate) struct LegHandle {
    pub(crate) orders: mpsc::UnboundedSender<LegOrder>,
}

impl LegHandle {
    /// Gives an order. A leg that is gone has reported its end already.
    pub(crate) fn order(&self, order: LegOrder) {
        let _ = self.orders.send(order);
    }
}

/// Tells the engine what happens to a leg; its end exactly once, also when the task panics.
pub(crate) struct Reporter {
    pub(crate) leg: LegId,
    inbox: mpsc::UnboundedSender<Input>,
    ended: bool,
}

impl Reporter {
    /// The engine's inbox needs no bound: a leg reports a handful of things, and legs are limited.
    pub(crate) fn new(leg: LegId, inbox: mpsc::UnboundedSender<Input>) -> Self {
        let ended = false;
        Self { leg, inbox, ended }
    }

    pub(crate) fn rings(&self) {
        self.tell(Input::LegRinging {
            leg: self.leg.clone(),
        });
    }

    pub(crate) fn answered(&self) {
        self.tell(Input::LegAnswered {
            leg: self.leg.clone(),
        });
    }

    pub(crate) fn digit(&self, digit: char) {
        self.tell(Input::Digit {
            leg: self.leg.clone(),
            digit,
        });
    }

    pub(crate) fn ended(&mut self, status: u16) {
        if !self.ended {
            self.ended = true;
            self.tell(Input::LegEnded {
                leg: self.leg.clone(),
                status,
            });
        }
    }

    fn tell(&self, input: Input) {
        // The engine ends last.
        let _ = self.inbox.send(input);
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        if !self.ended {
            tracing::error!(leg.id = %self.leg, "a leg ended without a reason; its call is closed");
        }
        self.ended(500);
    }
}

/// The address of an RTP socket as this peer reaches it.
pub(crate) fn media_address(
    session: &RtpSession,
    public_ip: Option<IpAddr>,
    peer: SocketAddr,
) -> SocketAddr {
    let bound = session.local();
    let ip = match public_ip {
        Some(public) if !peer.ip().is_loopback() => public,
        _ => reachable_ip(bound.ip(), peer),
    };
    SocketAddr::new(ip, bound.port())
}

/// The session descriptions of a dialog, and its RTP.
pub(crate) struct Conversation {
    pub(crate) session: RtpSession,
    pub(crate) local: Local,
    /// We offered; the answer comes with the ACK.
    answer_in_ack: bool,
}

impl Conversation {
    pub(crate) fn new(session: RtpSession, address: SocketAddr) -> Self {
        let local = Local {
            address,
            session: u64::from(address.port()),
            version: 0,
        };
        Self {
            session,
            local,
            answer_in_ack: false,
        }
    }

    /// Our own offer.
    pub(crate) fn offer(&mut self) -> Vec<u8> {
        self.local.version += 1;
        sdp::offer(self.local, Law::Mu).into_bytes()
    }

    /// The answer to an offer, or our offer when there was none.
    pub(crate) fn answer(&mut self, offer: Option<&Description>) -> Result<Vec<u8>, sdp::SdpError> {
        let Some(offer) = offer else {
            self.answer_in_ack = true;
            return Ok(self.offer());
        };
        self.local.version += 1;
        let (answer, agreed) = offer.answer(self.local)?;
        self.session.agreed(agreed);
        Ok(answer.into_bytes())
    }

    /// The far end's answer to our offer.
    pub(crate) fn settle(&self, body: &[u8]) -> Result<(), sdp::SdpError> {
        let agreed = Description::parse(body)?.settled()?;
        self.session.agreed(agreed);
        Ok(())
    }

    /// The ACK came. False when it should have brought an answer and did not.
    pub(crate) fn acknowledged(&mut self, dialog: &InviteDialog) -> bool {
        if !std::mem::take(&mut self.answer_in_ack) {
            return true;
        }
        let body = dialog
            .last_remote_ack()
            .map(|ack| ack.body)
            .unwrap_or_default();
        self.settle(&body).is_ok()
    }

    /// A request within the dialog.
    pub(crate) async fn request(&mut self, state: DialogState, reporter: &Reporter) {
        match state {
            DialogState::Updated(_, request, handle) => self.renegotiate(&request, &handle).await,
            DialogState::Info(_, request, handle) => {
                let kind = request.header_value("Content-Type").unwrap_or_default();
                if let Some(digit) = dtmf::digit_of_info(&kind, &request.body) {
                    reporter.digit(digit);
                }
                respond(&handle, StatusCode::OK, None, None).await;
            }
            DialogState::Options(_, _, handle) => {
                respond(&handle, StatusCode::OK, Some(vec![allow_header()]), None).await;
            }
            DialogState::Refer(_, _, handle)
            | DialogState::Notify(_, _, handle)
            | DialogState::Message(_, _, handle)
            | DialogState::Publish(_, _, handle) => {
                let headers = Some(vec![allow_header()]);
                respond(&handle, StatusCode::MethodNotAllowed, headers, None).await;
            }
            DialogState::Calling(_)
            | DialogState::Trying(_)
            | DialogState::Early(..)
            | DialogState::WaitAck(..)
            | DialogState::Confirmed(..)
            | DialogState::Terminated(..) => {}
        }
    }

    /// re-INVITE or UPDATE: hold, resume, another address. What cannot be taken leaves the
    /// session as it was (RFC 3261 section 14.2).
    async fn renegotiate(&mut self, request: &Request, handle: &TransactionHandle) {
        let refresh = request.method == Method::Update && request.body.is_empty();
        if refresh {
            return respond(handle, StatusCode::OK, None, None).await;
        }
        let offer = match request.body.is_empty() {
            true => Ok(None),
            false => Description::parse(&request.body).map(Some),
        };
        match offer.and_then(|offer| self.answer(offer.as_ref())) {
            Ok(body) => respond(handle, StatusCode::OK, Some(sdp_headers()), Some(body)).await,
            Err(_) => respond(handle, StatusCode::NotAcceptableHere, None, None).await,
        }
    }
}

async fn respond(
    handle: &TransactionHandle,
    status: StatusCode,
    headers: Option<Vec<Header>>,
    body: Option<Vec<u8>>,
) {
    // Too late: the stack has answered for us.
    let _ = handle.respond(status, headers, body).await;
}

/// Sends BYE; done when it is answered, or when the last word has not come in time. The stack
/// goes on repeating it either way.
pub(crate) async fn say_goodbye(dialog: InviteDialog) {
    let saying = tokio::spawn(async move { dialog.bye().await });
    match tokio::time::timeout(LAST_WORD, saying).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::debug!(%error, "BYE was not answered as it should"),
        Ok(Err(error)) => tracing::error!(%error, "BYE failed"),
        Err(_) => tracing::debug!("BYE is not answered"),
    }
}
