//! The end of the process and the start of the next: nobody is left on a dead line, no call is
//! left open.

use std::time::Duration;

use offhook_calls::softphone::{Command, Phase};
use offhook_calls::{CallId, CallRecord, CallState, Direction, EndCause};
use offhook_store::calls::Durable;
use offhook_telephony::place_test_call;

use crate::house::{Builder, House};

#[tokio::test]
async fn shutdown_says_goodbye_to_every_call_within_four_seconds() {
    let mut house = House::new().await;
    house.desk.connect().await;
    let first = tokio::spawn(place_test_call(house.call("+15551234567")));
    let ringing = house.desk.phase(Phase::Ringing).await;
    house
        .desk
        .command(Command::Answer {
            call: ringing.id.clone(),
        })
        .await;
    house.desk.phase(Phase::Talking).await;
    let second = tokio::spawn(place_test_call(house.call("+15557654321")));
    house.row(|call| call.far_number == "+15557654321").await;
    let store = house.store.clone();
    let took = house.close().await;
    assert!(took < Duration::from_secs(4), "{took:?}");
    let first = first.await.expect("the caller lives").expect("placed");
    assert!(first.ended_by_system, "{first:?}");
    let second = second.await.expect("the caller lives").expect("placed");
    assert_eq!(second.status, 503, "{second:?}");
    for call in store.latest_calls(10).await.expect("calls") {
        assert_eq!(call.end_cause, Some(EndCause::Interrupted), "{call:?}");
    }
}

#[tokio::test]
async fn a_call_that_cannot_be_stored_is_asked_to_come_back() {
    let mut house = House::new().await;
    house.desk.connect().await;
    house.store.close().await;
    for number in ["+15551234567", "+15557654321"] {
        let result = place_test_call(house.call(number)).await.expect("placed");
        assert_eq!(
            result.status, 503,
            "{number} was given hope by a system that forgets it"
        );
    }
    // Pages are still spoken to.
    house.desk.ping().await;
    house.close().await;
}

#[tokio::test]
async fn calls_that_a_crash_left_open_are_closed_as_interrupted() {
    let builder = Builder::new();
    let left = CallRecord {
        call: CallId::new("01J00000000000000000000000"),
        version: 3,
        direction: Direction::Inbound,
        trunk: "carrier".into(),
        far_number: "+15551234567".into(),
        far_name: None,
        dialled: "+15550100".into(),
        agent: None,
        state: CallState::Ringing,
        started_at_ms: 1_700_000_000_000,
        answered_at_ms: None,
        ended_at_ms: None,
        ring_duration_ms: 0,
        talk_duration_ms: 0,
        end_cause: None,
        record: None,
        outcome: None,
        notes: String::new(),
        task: None,
    };
    let store = builder.store().await;
    store
        .commit(&[Durable::Call(Box::new(left))])
        .await
        .expect("stored");
    store.close().await;
    let house = builder.start().await;
    let row = house
        .row(|call| call.end_cause == Some(EndCause::Interrupted))
        .await;
    assert_eq!(row.far_number, "+15551234567");
    house.close().await;
}
