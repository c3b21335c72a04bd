//! Logs that the server writes by itself: through the outbox, into our own org, one for a call.

use offhook_calls::softphone::{Command, Phase};
use offhook_calls::{AgentId, CallState};
use offhook_org::access::Profile;
use offhook_org::record::Fields;
use offhook_org::{Record, RecordId, UserContext, Value};
use offhook_store::Store;
use offhook_telephony::place_test_call;

use crate::house::{Builder, House};

/// A house with an owner of calls nobody took, and these contacts.
async fn with_contacts(contacts: &[(&str, &str)]) -> (House, Vec<RecordId>) {
    let mut builder = Builder::new();
    let store = builder.store().await;
    for profile in Profile::standard() {
        store.put_profile(&profile).await.expect("a profile");
    }
    let owner = create(
        &store,
        "User",
        &[
            ("FirstName", "Rita"),
            ("LastName", "Rep"),
            ("Username", "rita@example.com"),
            ("Email", "rita@example.com"),
            ("ProfileName", "Sales Rep"),
            ("TimeZoneSidKey", "America/New_York"),
        ],
    )
    .await;
    let mut ids = Vec::new();
    for (name, phone) in contacts {
        let fields = [
            ("LastName", *name),
            ("Phone", *phone),
            ("OwnerId", owner.as_str()),
        ];
        ids.push(create(&store, "Contact", &fields).await);
    }
    store.close().await;
    builder.settings.calls.default_owner = AgentId::new(owner.as_str());
    builder.settings.calls.wrap_up_ms = 300;
    (builder.start().await, ids)
}

async fn create(store: &Store, object: &str, values: &[(&str, &str)]) -> RecordId {
    let text = |text: &str| Value::Text(text.to_owned());
    let fields: Fields = values
        .iter()
        .map(|(name, value)| ((*name).into(), text(value)))
        .collect();
    let created = store.create_many(&object.into(), &[fields]).await;
    created.expect("created").remove(0)
}

/// A call that nobody takes, and its Task.
async fn missed_call(house: &House, from: &str) -> Record {
    let mut call = house.call(from);
    call.ring_ms = 400;
    place_test_call(call).await.expect("placed");
    task(house).await
}

async fn task(house: &House) -> Record {
    let row = house.row(|call| call.state == CallState::Closed).await;
    let id = RecordId::parse(row.task.as_deref().expect("a task")).expect("an id");
    let task = house
        .store
        .record(&UserContext::system(), &id)
        .await
        .expect("read");
    task.expect("the task is there")
}

#[tokio::test]
async fn a_missed_call_is_one_task_with_the_caller_as_who() {
    let (house, ids) =
        with_contacts(&[("King", "(555) 123-4567"), ("Other", "555 999 0000")]).await;
    let task = missed_call(&house, "+1 555 123 4567").await;
    assert_eq!(task.text("CallType"), "Inbound");
    assert_eq!(
        task.get("WhoId"),
        &Value::Reference(ids[0].clone()),
        "{task:?}"
    );
    assert!(task.text("Offhook_Call_Key__c").contains(':'), "{task:?}");
    assert_eq!(task.text("CallDisposition"), "Caller hung up");
    house.close().await;
}

#[tokio::test]
async fn several_candidates_are_named_and_none_is_chosen() {
    let (house, _) = with_contacts(&[("King", "555-123-4567"), ("Queen", "+1 555 123 4567")]).await;
    let task = missed_call(&house, "5551234567").await;
    assert_eq!(task.get("WhoId"), &Value::Null, "{task:?}");
    let description = task.text("Description");
    assert!(
        description.contains("King") && description.contains("Queen"),
        "{description}"
    );
    house.close().await;
}

#[tokio::test]
async fn a_converted_lead_gives_way_to_its_contact() {
    let (house, ids) = with_contacts(&[("King", "(555) 123-4567")]).await;
    let lead = Fields::from([
        ("LastName".into(), Value::Text("King".to_owned())),
        ("Company".into(), Value::Text("Chess".to_owned())),
        ("Phone".into(), Value::Text("5551234567".to_owned())),
        ("IsConverted".into(), Value::Boolean(true)),
        (
            "ConvertedContactId".into(),
            Value::Reference(ids[0].clone()),
        ),
    ]);
    let made = house.store.create_many(&"Lead".into(), &[lead]).await;
    made.expect("a converted lead");
    let task = missed_call(&house, "+1 555 123 4567").await;
    assert_eq!(
        task.get("WhoId"),
        &Value::Reference(ids[0].clone()),
        "{task:?}"
    );
    house.close().await;
}

#[tokio::test]
async fn a_caller_without_a_number_is_logged_all_the_same() {
    let (house, _) = with_contacts(&[("King", "555-123-4567")]).await;
    let task = missed_call(&house, "anonymous").await;
    assert_eq!(task.get("WhoId"), &Value::Null, "{task:?}");
    house.close().await;
}

#[tokio::test]
async fn when_the_page_never_logs_the_server_does() {
    let (mut house, ids) = with_contacts(&[("King", "555-123-4567")]).await;
    let owner = house.default_owner.clone();
    house.desk.connect_as(&owner).await;
    let caller = tokio::spawn(place_test_call(house.call("+15551234567")));
    let ringing = house.desk.phase(Phase::Ringing).await;
    house
        .desk
        .command(Command::Answer {
            call: ringing.id.clone(),
        })
        .await;
    house.desk.phase(Phase::Talking).await;
    house
        .desk
        .command(Command::HangUp { call: ringing.id })
        .await;
    caller.await.expect("the caller lives").expect("placed");
    let task = task(&house).await;
    assert_eq!(
        task.get("WhoId"),
        &Value::Reference(ids[0].clone()),
        "{task:?}"
    );
    assert_eq!(task.text("CallDisposition"), "Not set");
    house.close().await;
}

#[tokio::test]
async fn a_log_that_cannot_be_written_is_parked_with_the_reason() {
    let house = House::new().await;
    let mut call = house.call("+15551234567");
    call.ring_ms = 300;
    place_test_call(call).await.expect("placed");
    let mut parked = Vec::new();
    for _ in 0..250 {
        parked = house.store.parked_logs().await.expect("read");
        if !parked.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let (entry, why) = parked.first().expect("a parked log");
    assert_eq!(entry.call.far_number, "+15551234567");
    assert!(why.contains("does not exist"), "{why}");
    house.close().await;
}
