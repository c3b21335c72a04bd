//! Who may call: trunks by their address, the test caller by digest, nobody else.

use offhook_calls::EndCause;
use offhook_telephony::place_test_call;

use crate::house::{Builder, House};
use crate::wire::{Dialog, Peer};

#[tokio::test]
async fn a_stranger_is_asked_for_a_password_with_the_better_hash_first() {
    let house = House::new().await;
    let mut peer = Peer::new().await.to(house.sip());
    let invite = peer.request(
        "INVITE",
        &Dialog::new("stranger"),
        1,
        "",
        &Peer::sdp(40_000, ""),
    );
    peer.send(invite).await;
    let asked = peer.status(401).await;
    let challenges: Vec<&str> = asked.headers("WWW-Authenticate").collect();
    assert_eq!(challenges.len(), 2, "{asked:?}");
    assert!(challenges[0].contains("algorithm=SHA-256"), "{asked:?}");
    assert!(challenges[1].contains("algorithm=MD5"), "{asked:?}");
    house.close().await;
}

#[tokio::test]
async fn the_test_caller_gets_in_with_the_right_password_only() {
    let house = House::new().await;
    let mut wrong = house.call("+15551234567");
    wrong.credentials.1 = "guess".into();
    assert_eq!(place_test_call(wrong).await.expect("placed").status, 403);
    assert!(
        house
            .store
            .latest_calls(10)
            .await
            .expect("calls")
            .is_empty()
    );
    let mut right = house.call("+15551234567");
    right.ring_ms = 500;
    assert_eq!(place_test_call(right).await.expect("placed").status, 487);
    let row = house.row(|call| call.ended_at_ms.is_some()).await;
    assert_eq!(row.end_cause, Some(EndCause::CallerGaveUp));
    assert_eq!(row.far_number, "+15551234567");
    house.close().await;
}

#[tokio::test]
async fn without_a_test_password_strangers_are_forbidden() {
    let mut builder = Builder::new();
    builder.settings.test_caller.1.clear();
    let house = builder.start().await;
    let mut peer = Peer::new().await.to(house.sip());
    let invite = peer.request(
        "INVITE",
        &Dialog::new("stranger"),
        1,
        "",
        &Peer::sdp(40_000, ""),
    );
    peer.send(invite).await;
    assert_eq!(peer.final_status().await.status(), 403);
    house.close().await;
}

#[tokio::test]
async fn one_address_cannot_flood_us_with_invites() {
    let house = House::new().await;
    let mut peer = Peer::new().await.to(house.sip());
    let mut asked = 0;
    for number in 0..160 {
        let dialog = Dialog::new(&format!("flood-{number}"));
        let invite = peer.request("INVITE", &dialog, 1, "", &Peer::sdp(40_000, ""));
        peer.send(invite).await;
    }
    let busy = loop {
        let answer = peer.final_status().await;
        match answer.status() {
            503 => break answer,
            _ => asked += 1,
        }
    };
    assert!(!busy.header("Retry-After").is_empty(), "{busy:?}");
    assert!(asked >= 50, "{asked}");
    house.close().await;
}

#[tokio::test]
async fn we_say_what_we_can_and_what_we_do_not_do() {
    let house = House::new().await;
    let mut peer = Peer::new().await.to(house.sip());
    let options = peer.request("OPTIONS", &Dialog::new("ping"), 1, "", "");
    peer.send(options).await;
    let answer = peer.status(200).await;
    assert!(answer.header("Allow").contains("INVITE"), "{answer:?}");
    let register = peer.request("REGISTER", &Dialog::new("register"), 1, "", "");
    peer.send(register).await;
    peer.status(405).await;
    house.close().await;
}
