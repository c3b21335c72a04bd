//! The test caller and the demo's answering party, against each other.

use std::net::SocketAddr;

use offhook_telephony::{
    TestCall, media::tone::amplitude_at, place_test_call, start_answering_party,
};
use tokio_util::sync::CancellationToken;

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn call_to(to: SocketAddr) -> TestCall {
    TestCall {
        to,
        dialled: "+15550100".into(),
        from: "+15550101".into(),
        credentials: ("nobody".into(), "nothing".into()),
        say: None,
        hear: None,
        talk_ms: 300,
        ring_ms: 10_000,
    }
}

#[tokio::test]
async fn the_answering_party_rings_answers_and_talks() {
    let stop = CancellationToken::new();
    let to = start_answering_party(loopback(), stop.clone())
        .await
        .expect("started");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("heard.wav");
    let call = TestCall {
        hear: Some(path.clone()),
        talk_ms: 7_500,
        ..call_to(to)
    };
    let result = place_test_call(call).await.expect("placed");
    stop.cancel();
    assert_eq!(result.status, 200);
    assert!((1_900..4_000).contains(&result.ring_ms), "{result:?}");
    assert!(!result.ended_by_system);
    assert!(result.packets_heard > 300, "{result:?}");
    let mut reader = hound::WavReader::open(path).expect("a recording");
    let heard: Vec<i16> = reader.samples::<i16>().filter_map(Result::ok).collect();
    let loud = heard
        .iter()
        .take(40_000)
        .filter(|sample| sample.abs() > 1_500)
        .count();
    assert!(loud > 2_000, "the greeting is silent");
    let after = heard.chunks_exact(800).skip(55);
    let tone = after
        .filter(|tenth| amplitude_at(tenth, 1_000.0) > 0.1)
        .count();
    assert!(
        (3..8).contains(&tone),
        "{tone} tenths of a tone after the greeting"
    );
}

#[tokio::test]
async fn a_caller_who_gives_up_hears_that_he_did() {
    let stop = CancellationToken::new();
    let to = start_answering_party(loopback(), stop.clone())
        .await
        .expect("started");
    let call = TestCall {
        ring_ms: 300,
        ..call_to(to)
    };
    let result = place_test_call(call).await.expect("placed");
    stop.cancel();
    assert_eq!((result.status, result.talk_ms), (487, 0));
}

#[tokio::test]
async fn a_second_party_cannot_take_the_same_port() {
    let stop = CancellationToken::new();
    let taken = start_answering_party(loopback(), stop.clone())
        .await
        .expect("started");
    let refused = start_answering_party(taken, stop.clone())
        .await
        .expect_err("refused");
    stop.cancel();
    let message = refused.to_string();
    assert!(
        message.contains(&taken.to_string()) && message.contains("Stop the program"),
        "{message}"
    );
}
