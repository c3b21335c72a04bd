//! Inbound calls on the wire: set-up, refusal, cancel, hold and end, as a carrier sees them.

use std::time::Duration;

use offhook_calls::softphone::{Command, Phase};
use offhook_calls::{CallState, EndCause};
use offhook_telephony::{Transport, Trunk};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::house::{Builder, House};
use crate::wire::{Dialog, Message, Peer};

/// A house with a trunk, and the trunk's end of the wire.
async fn with_trunk() -> (House, Peer) {
    let peer = Peer::new().await;
    let trunk = Trunk {
        name: "carrier".into(),
        address: peer.local,
        transport: Transport::Udp,
        credentials: None,
        caller_id: "+15550100".into(),
    };
    let mut house = Builder::new().trunk(trunk).start().await;
    house.desk.connect().await;
    let peer = peer.to(house.sip());
    (house, peer)
}

async fn audio() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let port = socket.local_addr().expect("its address").port();
    (socket, port)
}

/// A call that the agent has answered: the dialog and the 200.
async fn answered(house: &mut House, peer: &mut Peer, name: &str, port: u16) -> (Dialog, Message) {
    let dialog = Dialog::new(name);
    let invite = peer.request("INVITE", &dialog, 1, "", &Peer::sdp(port, ""));
    peer.send(invite).await;
    let ringing = house.desk.phase(Phase::Ringing).await;
    house
        .desk
        .command(Command::Answer { call: ringing.id })
        .await;
    let ok = peer.status(200).await;
    let dialog = dialog.established(&ok);
    let ack = peer.request("ACK", &dialog, 1, "", "");
    peer.send(ack).await;
    (dialog, ok)
}

#[tokio::test]
async fn a_call_from_a_trunk_is_tried_rings_is_answered_and_ended() {
    let (mut house, mut peer) = with_trunk().await;
    let dialog = Dialog::new("plain");
    let (_audio, port) = audio().await;
    let invite = peer.request("INVITE", &dialog, 1, "", &Peer::sdp(port, ""));
    peer.send(invite).await;
    peer.status(100).await;
    peer.status(180).await;
    let ringing = house.desk.phase(Phase::Ringing).await;
    assert_eq!(ringing.far_number, "+15551234567");
    assert_eq!(ringing.far_name.as_deref(), Some("Ada King"));
    assert_eq!(ringing.dialled, "+15550100");
    let row = house.row(|call| call.state == CallState::Ringing).await;
    assert_eq!(row.trunk, "carrier");
    house
        .desk
        .command(Command::Answer { call: ringing.id })
        .await;
    let ok = peer.status(200).await;
    assert!(ok.body().contains("RTP/AVP 0 101"), "{ok:?}");
    let dialog = dialog.established(&ok);
    let ack = peer.request("ACK", &dialog, 1, "", "");
    peer.send(ack).await;
    house.desk.phase(Phase::Talking).await;
    let bye = peer.request("BYE", &dialog, 2, "", "");
    peer.send(bye).await;
    peer.until(|m| m.status() == 200 && m.header("CSeq") == "2 BYE")
        .await;
    let row = house.row(|call| call.ended_at_ms.is_some()).await;
    assert_eq!(row.end_cause, Some(EndCause::FarEndHungUp));
    house.close().await;
}

#[tokio::test]
async fn a_caller_who_cancels_is_gone_with_487() {
    let (mut house, mut peer) = with_trunk().await;
    let dialog = Dialog::new("cancel");
    let invite = peer.request("INVITE", &dialog, 1, "", &Peer::sdp(40_000, ""));
    peer.send(&invite).await;
    house.desk.phase(Phase::Ringing).await;
    // CANCEL has the branch of its INVITE.
    let cancel = invite.replace("INVITE", "CANCEL");
    let head = cancel.split("Content-Type").next().expect("a head");
    peer.send(format!("{head}Content-Length: 0\r\n\r\n")).await;
    peer.until(|m| m.status() == 200 && m.header("CSeq") == "1 CANCEL")
        .await;
    peer.until(|m| m.status() == 487 && m.header("CSeq") == "1 INVITE")
        .await;
    let row = house.row(|call| call.ended_at_ms.is_some()).await;
    assert_eq!(row.end_cause, Some(EndCause::CallerGaveUp));
    house.desk.view(|view| view.call.is_none()).await;
    house.close().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_before_his_ack_is_gone_too() {
    let (mut house, mut peer) = with_trunk().await;
    let dialog = Dialog::new("early-bye");
    let invite = peer.request("INVITE", &dialog, 1, "", &Peer::sdp(40_000, ""));
    peer.send(invite).await;
    let ringing = house.desk.phase(Phase::Ringing).await;
    house
        .desk
        .command(Command::Answer { call: ringing.id })
        .await;
    let ok = peer.status(200).await;
    let dialog = dialog.established(&ok);
    let bye = peer.request("BYE", &dialog, 2, "", "");
    peer.send(bye).await;
    peer.until(|m| m.status() == 200 && m.header("CSeq") == "2 BYE")
        .await;
    house.row(|call| call.ended_at_ms.is_some()).await;
    house.close().await;
}

#[tokio::test]
async fn a_call_that_every_agent_declines_is_refused() {
    let (mut house, mut peer) = with_trunk().await;
    let invite = peer.request(
        "INVITE",
        &Dialog::new("declined"),
        1,
        "",
        &Peer::sdp(40_000, ""),
    );
    peer.send(invite).await;
    let ringing = house.desk.phase(Phase::Ringing).await;
    house
        .desk
        .command(Command::Decline { call: ringing.id })
        .await;
    assert_eq!(peer.final_status().await.status(), 480);
    let row = house.row(|call| call.ended_at_ms.is_some()).await;
    assert_eq!(row.end_cause, Some(EndCause::Declined));
    house.close().await;
}

#[tokio::test]
async fn with_no_agent_the_caller_hears_ringing_and_then_480() {
    let peer = Peer::new().await;
    let mut builder = Builder::new();
    builder.settings.calls.ring_timeout_ms = 700;
    builder.settings.trunks.push(Trunk {
        name: "carrier".into(),
        address: peer.local,
        transport: Transport::Udp,
        credentials: None,
        caller_id: String::new(),
    });
    let house = builder.start().await;
    let mut peer = peer.to(house.sip());
    let invite = peer.request(
        "INVITE",
        &Dialog::new("nobody"),
        1,
        "",
        &Peer::sdp(40_000, ""),
    );
    peer.send(invite).await;
    peer.status(180).await;
    assert_eq!(peer.final_status().await.status(), 480);
    let row = house.row(|call| call.ended_at_ms.is_some()).await;
    assert_eq!(row.end_cause, Some(EndCause::NoAnswer));
    house.close().await;
}

#[tokio::test]
async fn hold_and_resume_of_the_far_end_are_answered_and_obeyed() {
    let (mut house, mut peer) = with_trunk().await;
    let (socket, port) = audio().await;
    let (dialog, _) = answered(&mut house, &mut peer, "hold", port).await;
    assert!(
        hears_packets(&socket).await,
        "nothing is sent after the answer"
    );
    let mut cseq = 1;
    for (method, spelling, answer) in [
        ("INVITE", "a=sendonly\r\n", "a=recvonly"),
        ("UPDATE", "a=inactive\r\n", "a=inactive"),
        ("INVITE", "c=IN IP4 0.0.0.0\r\n", "a=sendrecv"),
    ] {
        cseq += 1;
        let hold = Peer::sdp(port, spelling);
        let text = peer.request(method, &dialog, cseq, "", &hold);
        peer.send(text).await;
        let ok = peer
            .until(|m| m.status() == 200 && m.header("CSeq") == format!("{cseq} {method}"))
            .await;
        assert!(ok.body().contains(answer), "{spelling} got {ok:?}");
        if method == "INVITE" {
            let ack = peer.request("ACK", &dialog, cseq, "", "");
            peer.send(ack).await;
        }
        drain(&socket);
        assert!(
            !hears_packets(&socket).await,
            "held by {spelling}, yet sent to"
        );
        cseq += 1;
        let resume = peer.request("INVITE", &dialog, cseq, "", &Peer::sdp(port, ""));
        peer.send(resume).await;
        peer.until(|m| m.status() == 200 && m.header("CSeq") == format!("{cseq} INVITE"))
            .await;
        let ack = peer.request("ACK", &dialog, cseq, "", "");
        peer.send(ack).await;
        assert!(hears_packets(&socket).await, "resumed, yet silent");
    }
    // What we cannot take leaves the session as it was.
    cseq += 1;
    let odd = Peer::sdp(port, "").replace("RTP/AVP 0 101", "RTP/AVP 9");
    let text = peer.request("INVITE", &dialog, cseq, "", &odd);
    peer.send(text).await;
    peer.until(|m| m.status() == 488).await;
    assert!(
        hears_packets(&socket).await,
        "a refused offer silenced the call"
    );
    house.close().await;
}

fn drain(socket: &UdpSocket) {
    let mut buffer = [0; 2_000];
    while socket.try_recv_from(&mut buffer).is_ok() {}
}

async fn hears_packets(socket: &UdpSocket) -> bool {
    let mut buffer = [0; 2_000];
    let hearing = async {
        for _ in 0..5 {
            socket.recv_from(&mut buffer).await.expect("a packet");
        }
    };
    tokio::time::timeout(Duration::from_millis(600), hearing)
        .await
        .is_ok()
}

#[tokio::test]
async fn an_invite_without_an_offer_gets_ours_and_answers_in_the_ack() {
    let (mut house, mut peer) = with_trunk().await;
    let dialog = Dialog::new("delayed");
    let invite = peer.request("INVITE", &dialog, 1, "", "");
    peer.send(invite).await;
    let ringing = house.desk.phase(Phase::Ringing).await;
    house
        .desk
        .command(Command::Answer { call: ringing.id })
        .await;
    let ok = peer.status(200).await;
    assert!(ok.body().contains("RTP/AVP 0 8 101"), "{ok:?}");
    let (socket, port) = audio().await;
    let dialog = dialog.established(&ok);
    let ack = peer.request("ACK", &dialog, 1, "", &Peer::sdp(port, ""));
    peer.send(ack).await;
    assert!(
        hears_packets(&socket).await,
        "the answer in the ACK was not used"
    );
    house.close().await;
}

#[tokio::test]
async fn what_we_cannot_speak_is_refused_before_anybody_is_disturbed() {
    let (mut house, mut peer) = with_trunk().await;
    let g722 = Peer::sdp(40_000, "").replace("RTP/AVP 0 101", "RTP/AVP 9");
    for (name, extra, body, status) in [
        ("codec", "", g722.as_str(), 488),
        ("garbage", "", "this is no description", 488),
        (
            "require",
            "Require: 100rel\r\n",
            Peer::sdp(1, "").as_str(),
            420,
        ),
        (
            "twice",
            "Call-ID: other\r\n",
            Peer::sdp(1, "").as_str(),
            400,
        ),
    ] {
        let invite = peer.request("INVITE", &Dialog::new(name), 1, extra, body);
        peer.send(invite).await;
        assert_eq!(peer.final_status().await.status(), status, "{name}");
    }
    let calls = house.store.latest_calls(10).await.expect("calls");
    assert!(calls.is_empty(), "{calls:?}");
    house.desk.ping().await;
    house.close().await;
}

#[tokio::test]
async fn callers_of_every_kind_ring() {
    let (mut house, mut peer) = with_trunk().await;
    let forty = "1".repeat(40);
    let cases = [
        (
            "<sip:anonymous@anonymous.invalid>;tag=1".to_owned(),
            "anonymous".to_owned(),
        ),
        ("<sip:192.0.2.1>;tag=2".to_owned(), String::new()),
        (format!("<sip:{forty}@carrier>;tag=3"), forty.clone()),
        (
            "\"山田 太郎\" <sip:%E5%B1%B1@carrier>;tag=4".to_owned(),
            "山".to_owned(),
        ),
        (
            "\"\"><script>alert(1)</script>\" <sip:+1555@carrier>;tag=5".to_owned(),
            "+1555".to_owned(),
        ),
    ];
    for (number, (from, expected)) in cases.into_iter().enumerate() {
        let dialog = Dialog::new(&format!("caller-{number}")).from(&from);
        let more = "X-Filler: of no meaning\r\n".repeat(70);
        let invite = peer.request("INVITE", &dialog, 1, &more, &Peer::sdp(40_000, ""));
        peer.send(invite).await;
        let ringing = house.desk.phase(Phase::Ringing).await;
        assert_eq!(ringing.far_number, expected, "{from}");
        house
            .desk
            .command(Command::Answer {
                call: ringing.id.clone(),
            })
            .await;
        let ok = peer.status(200).await;
        let dialog = dialog.established(&ok);
        let ack = peer.request("ACK", &dialog, 1, "", "");
        peer.send(ack).await;
        house.desk.phase(Phase::Talking).await;
        // Our own requests reach the far end whatever its name looks like.
        house
            .desk
            .command(Command::HangUp {
                call: ringing.id.clone(),
            })
            .await;
        let bye = peer.answered("BYE").await;
        assert!(
            bye.header("To").contains(&format!("tag={}", number + 1)),
            "{bye:?}"
        );
        house.desk.phase(Phase::WrapUp).await;
        let call = ringing.id.clone();
        let command = Command::WrapUp {
            call,
            outcome: None,
            notes: String::new(),
        };
        house.desk.command(command).await;
        let up = offhook_calls::link::Up::Logged {
            call: ringing.id,
            agent: offhook_calls::AgentId::new("005000000000002AAA"),
            task: "00T000000000001AAA".into(),
        };
        house.desk.send(up).await;
        house.desk.view(|view| view.call.is_none()).await;
    }
    house.close().await;
}

#[tokio::test]
async fn digits_of_the_far_end_and_unknown_requests_within_a_dialog_are_answered() {
    let (mut house, mut peer) = with_trunk().await;
    let (_socket, port) = audio().await;
    let (dialog, _) = answered(&mut house, &mut peer, "within", port).await;
    for (cseq, method, extra, status) in [
        (2, "INFO", "Content-Type: application/dtmf-relay\r\n", 200),
        (3, "OPTIONS", "", 200),
        (4, "REFER", "Refer-To: <sip:x@y>\r\n", 405),
        (5, "MESSAGE", "", 405),
    ] {
        let text = peer.request(method, &dialog, cseq, extra, "");
        peer.send(text).await;
        let answer = peer
            .until(|m| m.header("CSeq") == format!("{cseq} {method}"))
            .await;
        assert_eq!(answer.status(), status, "{method}");
    }
    let bye = peer.request(
        "BYE",
        &Dialog::new("unknown").from("<sip:x@y>;tag=1"),
        1,
        "",
        "",
    );
    let bye = bye.replace(
        "To: <sip:+15550100@offhook.example>",
        "To: <sip:x@y>;tag=zz",
    );
    peer.send(bye).await;
    peer.status(481).await;
    house.close().await;
}

#[tokio::test]
async fn garbage_harms_nobody() {
    let (mut house, mut peer) = with_trunk().await;
    let (_socket, port) = audio().await;
    let good = peer.request("INVITE", &Dialog::new("good"), 1, "", &Peer::sdp(port, ""));
    let mut random = 0x1234_5678_u32;
    for round in 0..400_usize {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..1 + round % 9 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let place = random as usize % bytes.len();
            bytes[place] = (random >> 24) as u8;
        }
        bytes.truncate(1 + random as usize % bytes.len());
        // Whole messages under another branch could ring; these are cut or broken.
        let text = String::from_utf8_lossy(&bytes).replace("z9hG4bKgood", "z9hG4bKbad");
        peer.send(text).await;
        peer.send(&bytes[..bytes.len() / 2]).await;
    }
    peer.send([0_u8; 1_200]).await;
    peer.send("\r\n\r\n").await;
    half_messages_over_tcp(&house).await;
    let call = Dialog::new("after");
    let invite = peer.request("INVITE", &call, 1, "", &Peer::sdp(port, ""));
    peer.send(invite).await;
    peer.until(|m| m.status() == 180 && m.header("Call-ID") == "after")
        .await;
    house.desk.ping().await;
    house.close().await;
}

async fn half_messages_over_tcp(house: &House) {
    for bytes in [
        &b"INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/TCP h;bra"[..],
        b"INVITE sip:1@h SIP/2.0\r\nContent-Length: -5\r\n\r\n",
        b"INVITE sip:1@h SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"\x16\x03\x01\x02\x00 hello, this is TLS",
    ] {
        let mut stream = TcpStream::connect(house.sip_tcp).await.expect("connected");
        stream.write_all(bytes).await.expect("written");
        stream.shutdown().await.expect("closed");
        let mut rest = Vec::new();
        // Whatever it says, it ends.
        let _ = tokio::time::timeout(Duration::from_secs(3), stream.read_to_end(&mut rest)).await;
    }
}

#[tokio::test]
async fn a_call_over_tcp_a_byte_at_a_time_is_a_call() {
    let mut builder = Builder::new();
    builder.settings.trunks.push(Trunk {
        name: "stream".into(),
        address: crate::house::loopback(),
        transport: Transport::Tcp,
        credentials: None,
        caller_id: String::new(),
    });
    let mut house = builder.start().await;
    house.desk.connect().await;
    let mut stream = TcpStream::connect(house.sip_tcp).await.expect("connected");
    let mut peer = Peer::new().await.to(house.sip());
    let invite = peer.request("INVITE", &Dialog::new("tcp"), 1, "", &Peer::sdp(40_000, ""));
    let invite = invite.replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    for byte in invite.as_bytes() {
        stream.write_all(&[*byte]).await.expect("written");
    }
    let ringing = house.desk.phase(Phase::Ringing).await;
    house
        .desk
        .command(Command::Answer { call: ringing.id })
        .await;
    let mut text = String::new();
    let mut buffer = [0; 4_096];
    while !text.contains("SIP/2.0 200") {
        let length = stream.read(&mut buffer).await.expect("an answer");
        assert!(length > 0, "closed after {text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    assert!(text.contains("SIP/2.0 180"), "{text}");
    assert!(
        text.contains("transport=TCP") || text.contains("transport=tcp"),
        "{text}"
    );
    house.close().await;
}
