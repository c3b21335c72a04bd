//! The caller for people without a telephone: places one real SIP call with audio into the
//! running system, from a SIP endpoint of its own.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rsipstack::dialog::authenticate::Credential;
use rsipstack::dialog::dialog::{DialogState, TerminatedReason};
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::platform::mpsc::UnboundedReceiver;
use rsipstack::sip::{Auth, HostWithPort, Scheme, StatusCode, Transport as SipTransport, Uri};
use rsipstack::transport::SipAddr;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::media::g711::Law;
use crate::media::station::{self, Heard, Program};
use crate::media::wav;
use crate::sip::dialog::{self, Registered};
use crate::sip::endpoint::{Listen, SipEndpoint, reachable_ip};
use crate::sip::sdp::{self, Agreed, Description, Local};
use crate::{TestCall, TestCallError, TestCallResult};

/// After CANCEL or BYE the other side has this long to say its last word.
const LAST_WORD: Duration = Duration::from_secs(5);

/// Places a real SIP call with audio and waits for its end.
pub async fn place_test_call(call: TestCall) -> Result<TestCallResult, TestCallError> {
    let program = match &call.say {
        Some(path) => Program::say(wav::read(path).map_err(|e| TestCallError(e.to_string()))?),
        None => Program::murmur(),
    };
    let stop = CancellationToken::new();
    let _guard = stop.clone().drop_guard();
    let ip = reachable_ip(any_ip(call.to), call.to);
    let listen = Listen {
        udp: SocketAddr::new(ip, 0),
        tcp: None,
        public_ip: None,
    };
    let endpoint = SipEndpoint::open(listen, stop.clone()).await;
    let mut endpoint = endpoint.map_err(|e| TestCallError(e.to_string()))?;
    let rtp = UdpSocket::bind(SocketAddr::new(ip, 0)).await;
    let rtp = rtp.map_err(|e| TestCallError(format!("no port for audio on {ip}: {e}")))?;
    let option = invite(&call, &endpoint, &rtp)?;
    let (state_sender, states) = endpoint.dialogs.new_dialog_state_channel();
    let started = Instant::now();
    let (invite_dialog, progress) = endpoint
        .dialogs
        .do_invite_async(option, state_sender)
        .map_err(|e| TestCallError(e.to_string()))?;
    let dialogs = endpoint.dialogs.clone();
    let mut incoming = std::mem::replace(
        &mut endpoint.incoming,
        tokio::sync::mpsc::unbounded_channel().1,
    );
    tokio::spawn(async move {
        while let Some(transaction) = incoming.recv().await {
            let dialogs = dialogs.clone();
            tokio::spawn(async move { dialog::deliver(&dialogs, transaction).await });
        }
    });
    let (status, agreed) = final_answer(&call, &invite_dialog, progress).await?;
    let ring_ms = millis(started.elapsed());
    let Some(agreed) = agreed else {
        return Ok(TestCallResult {
            status,
            ring_ms,
            talk_ms: 0,
            ended_by_system: false,
            packets_heard: 0,
        });
    };
    let _registered = Registered::new(endpoint.dialogs.clone(), invite_dialog.id());
    let talk = Talk {
        invite_dialog,
        states,
        agreed,
        rtp,
        program,
    };
    let (heard, talk_ms, ended_by_system) = talk.until_the_end(call.talk_ms).await;
    if let Some(path) = &call.hear {
        wav::write(path, &heard.samples).map_err(|e| TestCallError(e.to_string()))?;
    }
    Ok(TestCallResult {
        status,
        ring_ms,
        talk_ms,
        ended_by_system,
        packets_heard: heard.packets,
    })
}

fn any_ip(like: SocketAddr) -> IpAddr {
    match like {
        SocketAddr::V4(_) => IpAddr::from([0, 0, 0, 0]),
        SocketAddr::V6(_) => IpAddr::from([0_u16; 8]),
    }
}

fn invite(
    call: &TestCall,
    endpoint: &SipEndpoint,
    rtp: &UdpSocket,
) -> Result<InviteOption, TestCallError> {
    let address = rtp.local_addr().map_err(|e| TestCallError(e.to_string()))?;
    let local = Local {
        address,
        session: 1,
        version: 1,
    };
    let (user, password) = call.credentials.clone();
    Ok(InviteOption {
        caller: sip_uri(&call.from, endpoint.udp),
        callee: sip_uri(&call.dialled, call.to),
        destination: Some(SipAddr::new(SipTransport::Udp, call.to.into())),
        content_type: Some("application/sdp".into()),
        offer: Some(sdp::offer(local, Law::Mu).into_bytes()),
        contact: endpoint.contacts().contact(SipTransport::Udp, call.to),
        credential: Some(Credential {
            username: user,
            password,
            ..Credential::default()
        }),
        ..InviteOption::default()
    })
}

/// `sip:user@address`; any text may be the user, the writer escapes it.
pub(crate) fn sip_uri(user: &str, at: SocketAddr) -> Uri {
    let auth = (!user.is_empty()).then(|| Auth {
        user: user.to_owned(),
        password: None,
    });
    Uri {
        scheme: Some(Scheme::Sip),
        auth,
        host_with_port: HostWithPort::from(at),
        params: Vec::new(),
        headers: Vec::new(),
    }
}

/// Waits for the final answer, or gives up after `ring_ms`. What was agreed when it is 200.
async fn final_answer(
    call: &TestCall,
    dialog: &InviteDialog,
    mut progress: JoinHandle<rsipstack::dialog::invitation::InviteAsyncResult>,
) -> Result<(u16, Option<Agreed>), TestCallError> {
    let patience = Duration::from_millis(call.ring_ms);
    let outcome = match tokio::time::timeout(patience, &mut progress).await {
        Ok(outcome) => outcome,
        Err(_) => {
            // The final answer, 487 or a 200 that crossed it, comes by the INVITE.
            tokio::spawn({
                let dialog = dialog.clone();
                async move { dialog.cancel().await }
            });
            match tokio::time::timeout(LAST_WORD, progress).await {
                Ok(_) => return Ok((487, None)),
                Err(_) => return Ok((408, None)),
            }
        }
    };
    let outcome = outcome.map_err(|e| TestCallError(e.to_string()))?;
    let (_, response) = outcome.map_err(|e| TestCallError(e.to_string()))?;
    let Some(response) = response else {
        return Ok((408, None));
    };
    if response.status_code != StatusCode::OK {
        return Ok((u16::from(response.status_code), None));
    }
    match Description::parse(&response.body).and_then(|answer| answer.settled()) {
        Ok(agreed) => Ok((200, Some(agreed))),
        Err(error) => {
            // It ends itself; the caller is told the reason either way.
            let _ = tokio::time::timeout(LAST_WORD, dialog.bye()).await;
            Err(TestCallError(format!("the answer cannot be used: {error}")))
        }
    }
}

/// An answered call.
struct Talk {
    invite_dialog: InviteDialog,
    states: UnboundedReceiver<DialogState>,
    agreed: Agreed,
    rtp: UdpSocket,
    program: Program,
}

impl Talk {
    async fn until_the_end(mut self, talk_ms: u64) -> (Heard, u64, bool) {
        let answered = Instant::now();
        let quiet = CancellationToken::new();
        let talking = tokio::spawn(station::run(
            self.rtp,
            self.agreed,
            self.program,
            quiet.clone(),
        ));
        let far_hung_up = async {
            while let Some(state) = self.states.recv().await {
                if let DialogState::Terminated(_, reason) = state {
                    return matches!(reason, TerminatedReason::UasBye);
                }
            }
            false
        };
        let limit = Duration::from_millis(talk_ms);
        let ended_by_system = match tokio::time::timeout(limit, far_hung_up).await {
            Ok(by_system) => by_system,
            Err(_) => {
                let _ = tokio::time::timeout(LAST_WORD, self.invite_dialog.bye()).await;
                false
            }
        };
        let talked_ms = millis(answered.elapsed());
        quiet.cancel();
        // A station that panicked heard nothing.
        (
            talking.await.unwrap_or_default(),
            talked_ms,
            ended_by_system,
        )
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Keeps the compiler honest: a test call may be spawned.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_becomes_an_address_a_network_could_send() {
        let at = SocketAddr::from(([127, 0, 0, 1], 5060));
        let text = |user| sip_uri(user, at).to_string();
        assert_eq!(text("+15551234567"), "sip:+15551234567@127.0.0.1:5060");
        assert_eq!(text(""), "sip:127.0.0.1:5060");
        assert_eq!(
            text("+1 (555) 山"),
            "sip:+1%20(555)%20%E5%B1%B1@127.0.0.1:5060"
        );
        assert_eq!(text("a@b"), "sip:a%40b@127.0.0.1:5060");
    }
}
