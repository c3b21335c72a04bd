//! Outbound calls on the wire: answered, busy, not answered, with a password, and ended.

use std::time::Duration;

use offhook_calls::EndCause;
use offhook_calls::softphone::{Command, Phase};
use offhook_telephony::media::tone::amplitude_at;
use offhook_telephony::{CancellationToken, Transport, Trunk, start_answering_party};
use tokio::net::UdpSocket;

use crate::browser::Browser;
use crate::house::{Builder, House, loopback};
use crate::wire::{Message, Peer, response};

async fn with_trunk(credentials: Option<(String, String)>) -> (House, Peer) {
    let peer = Peer::new().await;
    let trunk = Trunk {
        name: "carrier".into(),
        address: peer.local,
        transport: Transport::Udp,
        credentials,
        caller_id: "+15550100".into(),
    };
    let mut house = Builder::new().trunk(trunk).start().await;
    house.desk.connect().await;
    let peer = peer.to(house.sip());
    (house, peer)
}

async fn dial(house: &mut House) {
    let number = "(415) 555-2671".to_owned();
    house
        .desk
        .command(Command::Dial {
            number,
            record: None,
        })
        .await;
}

async fn invite(peer: &Peer) -> Message {
    peer.until(|message| message.method() == "INVITE").await
}

fn contact(peer: &Peer) -> String {
    format!("Contact: <sip:far@{}>\r\n", peer.local)
}

#[tokio::test]
async fn a_call_goes_out_rings_and_is_answered() {
    let (mut house, peer) = with_trunk(None).await;
    dial(&mut house).await;
    let invite = invite(&peer).await;
    assert!(
        invite.0.starts_with("INVITE sip:+14155552671@"),
        "{invite:?}"
    );
    assert!(
        invite.header("From").contains("sip:+15550100@"),
        "{invite:?}"
    );
    peer.send(response(&invite, "180 Ringing", &contact(&peer), ""))
        .await;
    house
        .desk
        .view(|view| view.call.as_ref().is_some_and(|call| call.far_rings))
        .await;
    let audio = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let sdp = Peer::sdp(audio.local_addr().expect("its address").port(), "");
    peer.send(response(&invite, "200 OK", &contact(&peer), &sdp))
        .await;
    peer.until(|message| message.method() == "ACK").await;
    let talking = house.desk.phase(Phase::Talking).await;
    let mut buffer = [0; 2_000];
    let heard = tokio::time::timeout(Duration::from_secs(2), audio.recv_from(&mut buffer)).await;
    assert!(heard.is_ok(), "no audio after the answer");
    house
        .desk
        .command(Command::HangUp { call: talking.id })
        .await;
    peer.answered("BYE").await;
    let row = house.row(|call| call.ended_at_ms.is_some()).await;
    assert_eq!(row.end_cause, Some(EndCause::AgentHungUp));
    house.close().await;
}

#[tokio::test]
async fn busy_and_refused_calls_say_so() {
    for (status, cause) in [
        ("486 Busy Here", EndCause::Busy),
        ("404 Not Found", EndCause::Failed),
    ] {
        let (mut house, peer) = with_trunk(None).await;
        dial(&mut house).await;
        let invite = invite(&peer).await;
        peer.send(response(&invite, status, "", "")).await;
        peer.until(|message| message.method() == "ACK").await;
        let row = house.row(|call| call.ended_at_ms.is_some()).await;
        assert_eq!(row.end_cause, Some(cause));
        house.close().await;
    }
}

#[tokio::test]
async fn a_call_that_the_agent_takes_back_is_cancelled() {
    let (mut house, peer) = with_trunk(None).await;
    dial(&mut house).await;
    let invite = invite(&peer).await;
    peer.send(response(&invite, "180 Ringing", &contact(&peer), ""))
        .await;
    let dialling = house
        .desk
        .view(|v| v.call.as_ref().is_some_and(|c| c.far_rings))
        .await;
    let call = dialling.call.expect("a call").id;
    house.desk.command(Command::HangUp { call }).await;
    let cancel = peer.answered("CANCEL").await;
    assert_eq!(cancel.header("Call-ID"), invite.header("Call-ID"));
    peer.send(response(&invite, "487 Request Terminated", "", ""))
        .await;
    peer.until(|message| message.method() == "ACK").await;
    house.close().await;
}

#[tokio::test]
async fn an_answer_that_crosses_our_cancel_is_ended_with_bye() {
    let (mut house, peer) = with_trunk(None).await;
    dial(&mut house).await;
    let invite = invite(&peer).await;
    peer.send(response(&invite, "180 Ringing", &contact(&peer), ""))
        .await;
    let dialling = house
        .desk
        .view(|v| v.call.as_ref().is_some_and(|c| c.far_rings))
        .await;
    let call = dialling.call.expect("a call").id;
    house.desk.command(Command::HangUp { call }).await;
    peer.until(|message| message.method() == "CANCEL").await;
    let sdp = Peer::sdp(40_000, "");
    peer.send(response(&invite, "200 OK", &contact(&peer), &sdp))
        .await;
    peer.until(|message| message.method() == "ACK").await;
    peer.answered("BYE").await;
    house.close().await;
}

#[tokio::test]
async fn a_trunk_that_asks_for_a_password_gets_it_with_the_better_hash() {
    let secret = ("line1".to_owned(), "s3cret".to_owned());
    let (mut house, peer) = with_trunk(Some(secret)).await;
    dial(&mut house).await;
    let first = invite(&peer).await;
    let challenge = "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", \
        qop=\"auth,auth-int\", \
        algorithm=MD5\r\n\
        WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n2\", qop=\"auth\", \
        algorithm=SHA-256\r\n";
    peer.send(response(&first, "401 Unauthorized", challenge, ""))
        .await;
    let second = peer
        .until(|m| m.method() == "INVITE" && !m.header("Authorization").is_empty())
        .await;
    let proof = second.header("Authorization");
    assert!(
        proof.contains("algorithm=SHA-256") && proof.contains("nonce=\"n2\""),
        "{proof}"
    );
    assert!(
        proof.contains("username=\"line1\"") && proof.contains("qop=auth,"),
        "{proof}"
    );
    assert_ne!(first.header("CSeq"), second.header("CSeq"));
    peer.send(response(&second, "486 Busy Here", "", "")).await;
    house
        .row(|call| call.end_cause == Some(EndCause::Busy))
        .await;
    house.close().await;
}

#[tokio::test]
async fn click_to_dial_reaches_the_answering_party_and_is_echoed() {
    let stop = CancellationToken::new();
    let address = start_answering_party(loopback(), stop.clone())
        .await
        .expect("started");
    let trunk = Trunk {
        name: "demo".into(),
        address,
        transport: Transport::Udp,
        credentials: None,
        caller_id: "+15550100".into(),
    };
    let mut house = Builder::new().trunk(trunk).start().await;
    house.desk.connect().await;
    dial(&mut house).await;
    house.desk.phase(Phase::Dialling).await;
    let (browser, offer) = Browser::new().await;
    let answer = house.desk.offer(offer).await;
    let browser = browser.talk(&answer, 811.0);
    let talking = house.desk.phase(Phase::Talking).await;
    tokio::time::sleep(Duration::from_secs(9)).await;
    let heard = browser.heard();
    let end = &heard[heard.len() - 8_000..];
    assert!(amplitude_at(end, 811.0) > 0.1, "the party does not echo");
    house
        .desk
        .command(Command::Digits {
            call: talking.id.clone(),
            digits: "12#".into(),
        })
        .await;
    house
        .desk
        .command(Command::HangUp { call: talking.id })
        .await;
    house
        .row(|call| call.end_cause == Some(EndCause::AgentHungUp))
        .await;
    stop.cancel();
    house.close().await;
}

#[tokio::test]
async fn keypad_digits_go_out_as_telephone_events() {
    let (mut house, peer) = with_trunk(None).await;
    dial(&mut house).await;
    let invite = invite(&peer).await;
    let audio = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let sdp = Peer::sdp(audio.local_addr().expect("its address").port(), "");
    peer.send(response(&invite, "200 OK", &contact(&peer), &sdp))
        .await;
    let talking = house.desk.phase(Phase::Talking).await;
    house
        .desk
        .command(Command::Digits {
            call: talking.id,
            digits: "5#".into(),
        })
        .await;
    let mut events = Vec::new();
    let mut ends = 0;
    let mut buffer = [0; 2_000];
    while ends < 6 {
        let next = tokio::time::timeout(Duration::from_secs(3), audio.recv_from(&mut buffer)).await;
        let (length, _) = next.expect("a packet in time").expect("a packet");
        assert!(length > 12);
        if buffer[1] & 0x7F == 101 {
            let event = buffer[12];
            if events.last() != Some(&event) {
                events.push(event);
            }
            ends += usize::from(buffer[13] & 0x80 != 0);
        }
    }
    assert_eq!(events, [5, 11]);
    house.close().await;
}
