//! The demo's answering party: somebody at the other end of an outbound call. A SIP endpoint of
//! its own behind a loopback trunk; it rings, answers, murmurs, and then echoes after a tone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rsipstack::dialog::dialog::DialogState;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::platform::mpsc::UnboundedReceiver;
use rsipstack::sip::{Method, StatusCode, Transport as SipTransport};
use rsipstack::transaction::transaction::Transaction;
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use crate::StartError;
use crate::media::station::{self, Program};
use crate::sip::dialog::{self, Registered, sdp_headers};
use crate::sip::endpoint::{Contacts, Listen, SipEndpoint, allow_header, reachable_ip};
use crate::sip::sdp::{Agreed, Description, Local};

const RING: Duration = Duration::from_secs(2);
const TALK: Duration = Duration::from_secs(120);
/// Calls at once; one more is busy.
const CALLS_MAX: usize = 100;

/// Starts the demo's answering party: a SIP endpoint of its own that rings 2 s, answers, plays
/// speech-like audio, then echoes after a tone, and hangs up after 2 minutes. Gives its address.
pub async fn start_answering_party(
    address: SocketAddr,
    shutdown: CancellationToken,
) -> Result<SocketAddr, StartError> {
    let listen = Listen {
        udp: address,
        tcp: None,
        public_ip: None,
    };
    let mut endpoint = SipEndpoint::open(listen, shutdown.clone()).await?;
    let listening = endpoint.udp;
    let party = Party {
        dialogs: endpoint.dialogs.clone(),
        contacts: endpoint.contacts(),
        address: listening,
        calls: Arc::new(AtomicUsize::new(0)),
    };
    tokio::spawn(async move {
        while let Some(transaction) = endpoint.incoming.recv().await {
            let party = party.clone();
            tokio::spawn(async move { party.request(transaction).await });
        }
    });
    Ok(listening)
}

#[derive(Clone)]
struct Party {
    dialogs: Arc<DialogLayer>,
    contacts: Contacts,
    address: SocketAddr,
    calls: Arc<AtomicUsize>,
}

/// Counts a call for as long as it lasts.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Party {
    async fn request(self, mut transaction: Transaction) {
        if dialog::is_in_dialog(&transaction.original) {
            return dialog::deliver(&self.dialogs, transaction).await;
        }
        let answered = match transaction.original.method {
            Method::Invite => return self.invite(transaction).await,
            Method::Options => {
                transaction
                    .reply_with(StatusCode::OK, vec![allow_header()], None)
                    .await
            }
            Method::Ack => return,
            _ => transaction.reply(StatusCode::MethodNotAllowed).await,
        };
        if let Err(error) = answered {
            tracing::debug!(%error, "the answering party could not reply");
        }
    }

    async fn invite(self, mut transaction: Transaction) {
        let before = self.calls.fetch_add(1, Ordering::Relaxed);
        let _counted = Counted(self.calls.clone());
        let media = match before < CALLS_MAX {
            true => self.media(&transaction).await,
            false => Err(StatusCode::BusyHere),
        };
        let (rtp, answer, agreed) = match media {
            Ok(media) => media,
            Err(status) => {
                // The caller asks again if this is lost.
                let _ = transaction.reply(status).await;
                return;
            }
        };
        let (state_sender, states) = self.dialogs.new_dialog_state_channel();
        let contact = self.contacts.contact(SipTransport::Udp, self.address);
        let created = self.dialogs.get_or_create_server_invite(
            &transaction,
            state_sender,
            None,
            Some(contact),
        );
        let Ok(mut invite_dialog) = created else {
            let _ = transaction.reply(StatusCode::BadRequest).await;
            return;
        };
        let _registered = Registered::new(self.dialogs.clone(), invite_dialog.id());
        let call = Call {
            invite_dialog: invite_dialog.clone(),
            states,
            answer,
            agreed,
            rtp,
        };
        let driving = tokio::spawn(async move { invite_dialog.handle(&mut transaction).await });
        if let Err(error) = call.talk().await {
            tracing::debug!(%error, "a call to the answering party ended early");
        }
        // The transaction outlives the talk when the caller cancelled.
        let _ = driving.await;
    }

    async fn media(
        &self,
        transaction: &Transaction,
    ) -> Result<(UdpSocket, String, Agreed), StatusCode> {
        let offer = Description::parse(&transaction.original.body)
            .map_err(|_| StatusCode::NotAcceptableHere)?;
        let peer = self.address;
        let ip = reachable_ip(self.address.ip(), peer);
        let rtp = UdpSocket::bind(SocketAddr::new(ip, 0)).await;
        let rtp = rtp.map_err(|_| StatusCode::ServiceUnavailable)?;
        let address = rtp
            .local_addr()
            .map_err(|_| StatusCode::ServiceUnavailable)?;
        let local = Local {
            address,
            session: u64::from(address.port()),
            version: 1,
        };
        let (answer, agreed) = offer
            .answer(local)
            .map_err(|_| StatusCode::NotAcceptableHere)?;
        Ok((rtp, answer, agreed))
    }
}

struct Call {
    invite_dialog: InviteDialog,
    states: UnboundedReceiver<DialogState>,
    answer: String,
    agreed: Agreed,
    rtp: UdpSocket,
}

impl Call {
    async fn talk(mut self) -> rsipstack::Result<()> {
        self.invite_dialog.ringing(None, None)?;
        if tokio::time::timeout(RING, ended(&mut self.states))
            .await
            .is_ok()
        {
            return Ok(());
        }
        self.invite_dialog
            .accept(Some(sdp_headers()), Some(self.answer.into_bytes()))?;
        let quiet = CancellationToken::new();
        let _guard = quiet.clone().drop_guard();
        tokio::spawn(station::run(
            self.rtp,
            self.agreed,
            Program::answering_party(),
            quiet,
        ));
        if tokio::time::timeout(TALK, ended(&mut self.states))
            .await
            .is_err()
        {
            self.invite_dialog.bye().await?;
        }
        Ok(())
    }
}

/// Until the dialog is over. Requests within it get the plainest answer.
async fn ended(states: &mut UnboundedReceiver<DialogState>) {
    while let Some(state) = states.recv().await {
        let (handle, status) = match state {
            DialogState::Terminated(..) => return,
            DialogState::Options(_, _, handle) | DialogState::Info(_, _, handle) => {
                (handle, StatusCode::OK)
            }
            // The session stays as it is.
            DialogState::Updated(_, _, handle) => (handle, StatusCode::NotAcceptableHere),
            _ => continue,
        };
        // The request is answered by the stack when we are too late.
        let _ = handle.reply(status).await;
    }
}
