//! Requests on their way to the dialog they belong to, and what both kinds of leg share.

use std::sync::Arc;

use rsipstack::dialog::DialogId;
use rsipstack::dialog::dialog::TerminatedReason;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::sip::prelude::HeadersExt;
use rsipstack::sip::{Header, Method, Request, StatusCode};
use rsipstack::transaction::transaction::Transaction;

/// Has this request a To-tag, that is, does it belong to a dialog?
pub(crate) fn is_in_dialog(request: &Request) -> bool {
    let tag = request
        .to_header()
        .ok()
        .and_then(|to| to.tag().ok().flatten());
    tag.is_some()
}

/// Brings a request with a To-tag to its dialog; 481 where there is none, never for an ACK.
pub(crate) async fn deliver(dialogs: &Arc<DialogLayer>, mut transaction: Transaction) {
    let handled = match dialogs.match_dialog(&transaction) {
        Some(mut dialog) => dialog.handle(&mut transaction).await,
        None if transaction.original.method == Method::Ack => Ok(()),
        None => {
            transaction
                .reply(StatusCode::CallTransactionDoesNotExist)
                .await
        }
    };
    if let Err(error) = handled {
        tracing::debug!(%error, "a request within a dialog was not carried out");
    }
}

/// A body of SDP needs its type.
pub(crate) fn sdp_headers() -> Vec<Header> {
    vec![Header::ContentType("application/sdp".into())]
}

/// The SIP status that tells why a dialog ended: 200 for a BYE, 487 for a CANCEL.
pub(crate) fn status_of(reason: &TerminatedReason) -> u16 {
    match reason {
        TerminatedReason::UacBye | TerminatedReason::UasBye => 200,
        TerminatedReason::UacCancel => 487,
        TerminatedReason::Timeout => 408,
        TerminatedReason::UacBusy | TerminatedReason::UasBusy => 486,
        TerminatedReason::UasDecline => 603,
        TerminatedReason::ProxyAuthRequired => 401,
        TerminatedReason::ProxyError(status)
        | TerminatedReason::UacOther(status)
        | TerminatedReason::UasOther(status) => u16::from(status.clone()),
    }
}

/// Takes the dialog out of the stack's table when dropped; without it the table grows with every
/// call made.
pub(crate) struct Registered {
    dialogs: Arc<DialogLayer>,
    id: DialogId,
}

impl Registered {
    pub(crate) fn new(dialogs: Arc<DialogLayer>, id: DialogId) -> Self {
        Self { dialogs, id }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.dialogs.remove_dialog(&self.id);
    }
}
