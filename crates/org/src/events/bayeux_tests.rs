//! The sessions, message by message.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::bayeux::{Answer, Bayeux, ChannelFacts, Limits, Post, Read, unauthenticated};
use super::channel::{Channel, ChannelRefusal};
use super::message::read_batch;
use crate::RecordId;

const EVENT: &str = "/event/CallEvent__e";

/// A machine with one channel whose log ends at 9 and begins after 2.
struct Room {
    bayeux: Bayeux,
    channels: BTreeMap<String, Result<ChannelFacts, ChannelRefusal>>,
    users: [RecordId; 2],
    now_ms: i64,
    count: u32,
}

impl Room {
    fn new(limits: Limits) -> Self {
        let facts = ChannelFacts {
            channel: Channel::parse(EVENT).unwrap(),
            last: 9,
            gone: 2,
        };
        let mut channels = BTreeMap::new();
        channels.insert(EVENT.to_owned(), Ok(facts));
        let bad = "/topic/No";
        channels.insert(bad.to_owned(), Err(Channel::parse(bad).unwrap_err()));
        Self {
            bayeux: Bayeux::new(limits),
            channels,
            users: [1, 2].map(|serial| RecordId::from_serial("005", serial)),
            now_ms: 1_000,
            count: 0,
        }
    }

    fn post_as(&mut self, user: usize, body: Json) -> Answer {
        self.count += 1;
        let messages = read_batch(&body.to_string()).unwrap();
        self.bayeux.answer(&Post {
            user: &self.users[user],
            messages: &messages,
            channels: &self.channels,
            fresh_client: &format!("c{}", self.count),
            now_ms: self.now_ms,
        })
    }

    fn post(&mut self, body: Json) -> Answer {
        self.post_as(0, body)
    }

    fn shake_hands(&mut self) -> String {
        let answer = self.post(json!([{ "channel": "/meta/handshake" }]));
        answer.replies[0]["clientId"].as_str().unwrap().to_owned()
    }

    fn connected(&mut self) -> String {
        let client = self.shake_hands();
        assert!(self.post(connect(&client)).hold.is_none());
        client
    }
}

fn connect(client: &str) -> Json {
    json!([{
        "channel": "/meta/connect", "clientId": client, "connectionType": "long-polling", "id": "7",
    }])
}

fn subscribe(client: &str, replay: i64) -> Json {
    json!([{
        "channel": "/meta/subscribe", "clientId": client, "subscription": EVENT, "id": "8",
        "ext": { "replay": { EVENT: replay } },
    }])
}

fn read(from: i64, to: i64, replays: &[i64]) -> Read {
    let data = |id: &i64| json!({ "event": { "replayId": id } });
    Read {
        channel: EVENT.to_owned(),
        from,
        to,
        data: replays.iter().map(data).collect(),
    }
}

fn error(answer: &Answer) -> &str {
    answer.replies[0]["error"].as_str().unwrap_or_default()
}

#[test]
fn a_handshake_and_the_first_connect_are_answered_as_on_the_platform() {
    let mut room = Room::new(Limits::default());
    let answer = room.post(json!([{
        "channel": "/meta/handshake", "version": "1.0", "minimumVersion": "1.0", "id": "0",
        "supportedConnectionTypes": ["websocket", "long-polling"],
    }]));
    assert_eq!(
        answer.replies,
        [json!({
            "ext": { "replay": true, "payload.format": true }, "minimumVersion": "1.0",
            "clientId": "c1", "supportedConnectionTypes": ["long-polling"],
            "channel": "/meta/handshake", "id": "0", "version": "1.0", "successful": true,
        })]
    );
    assert_eq!(
        room.post(connect("c1")).replies,
        [json!({
            "clientId": "c1",
            "advice": { "interval": 0, "timeout": 110_000, "reconnect": "retry" },
            "channel": "/meta/connect", "id": "7", "successful": true,
        })]
    );
}

#[test]
fn connect_and_subscribe_in_one_array_are_answered_at_once() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    let both = json!([connect(&client)[0], subscribe(&client, -1)[0]]);
    let answer = room.post(both);
    assert!(answer.hold.is_none());
    let channels: Vec<_> = answer.replies.iter().map(|r| &r["channel"]).collect();
    assert_eq!(channels, ["/meta/connect", "/meta/subscribe"]);
}

#[test]
fn a_later_connect_is_held_and_released_with_the_events_before_its_reply() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    room.post(subscribe(&client, -1));
    let hold = room.post(connect(&client)).hold.unwrap();
    assert_eq!(hold.until_ms, 1_000 + 110_000);
    let channel = Channel::parse(EVENT).unwrap();
    assert_eq!(
        room.bayeux.places(&hold).unwrap(),
        [(EVENT.to_owned(), channel, 9)]
    );
    assert_eq!(room.bayeux.take(&hold, vec![read(9, 10, &[])], 4_000), None);
    let replies = room.bayeux.take(&hold, vec![read(10, 12, &[12])], 5_000);
    let replies = replies.unwrap();
    assert_eq!(
        replies[0],
        json!({ "channel": EVENT, "clientId": client, "data": { "event": { "replayId": 12 } } })
    );
    assert_eq!(replies[1]["channel"], "/meta/connect");
    assert_eq!(replies[1]["successful"], true);
    let hold = room.post(connect(&client)).hold.unwrap();
    assert_eq!(room.bayeux.places(&hold).unwrap()[0].2, 12);
}

#[test]
fn replay_begins_where_the_client_says() {
    for (replay, cursor) in [(-1, 9), (-2, 2), (2, 2), (5, 5), (9, 9)] {
        let mut room = Room::new(Limits::default());
        let client = room.connected();
        room.post(subscribe(&client, replay));
        let hold = room.post(connect(&client)).hold.unwrap();
        assert_eq!(room.bayeux.places(&hold).unwrap()[0].2, cursor, "{replay}");
    }
}

#[test]
fn a_replay_id_that_is_gone_or_was_never_given_is_refused() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    for replay in [1, 0, 10, -3, i64::MAX, i64::MIN] {
        let answer = room.post(subscribe(&client, replay));
        let why = format!("400::The replayId {{{replay}}} you provided was invalid.  Please");
        assert!(error(&answer).starts_with(&why), "{}", error(&answer));
        assert_eq!(answer.replies[0]["subscription"], EVENT);
    }
}

#[test]
fn a_channel_that_is_not_there_is_refused_with_400() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    for subscription in [json!("/topic/No"), json!("/elsewhere"), json!(null)] {
        let answer = room.post(json!({
            "channel": "/meta/subscribe", "clientId": client, "subscription": subscription,
        }));
        assert!(error(&answer).starts_with("400::"), "{subscription}");
        assert_eq!(answer.replies[0]["successful"], false);
    }
}

#[test]
fn a_client_that_stays_away_is_unknown_and_told_to_shake_hands() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    room.now_ms += 40_000;
    room.post(subscribe(&client, -1));
    room.now_ms += 40_001;
    let answer = room.post(connect(&client));
    assert_eq!(
        answer.replies,
        [json!({
            "advice": { "interval": 0, "reconnect": "handshake" },
            "channel": "/meta/connect", "id": "7", "successful": false,
            "error": "403::Unknown client",
        })]
    );
}

#[test]
fn a_held_client_is_not_away() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    let hold = room.post(connect(&client)).hold.unwrap();
    room.now_ms = hold.until_ms;
    room.bayeux.expire(room.now_ms);
    room.bayeux.release(&hold, room.now_ms);
    room.now_ms += 39_000;
    assert!(room.post(connect(&client)).hold.is_some());
}

#[test]
fn another_users_client_is_unknown() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    let disconnect = json!([{ "channel": "/meta/disconnect", "clientId": client }]);
    for body in [connect(&client), subscribe(&client, -2), disconnect] {
        let answer = room.post_as(1, body);
        assert_eq!(error(&answer), "403::Unknown client");
    }
    assert!(room.post(connect(&client)).hold.is_some());
}

#[test]
fn a_second_connect_takes_the_place_of_the_first() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    let first = room.post(connect(&client)).hold.unwrap();
    let answer = room.post(connect(&client));
    assert_eq!(answer.wake, std::slice::from_ref(&client));
    let second = answer.hold.unwrap();
    assert_eq!(room.bayeux.places(&first), None);
    assert_eq!(
        room.bayeux
            .take(&first, vec![read(9, 12, &[12])], room.now_ms),
        None
    );
    assert_eq!(room.bayeux.release(&first, room.now_ms).len(), 1);
    assert!(room.bayeux.places(&second).is_some());
}

#[test]
fn a_disconnect_answers_the_held_connect_and_ends_the_session() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    let hold = room.post(connect(&client)).hold.unwrap();
    let answer = room.post(json!([{ "channel": "/meta/disconnect", "clientId": client }]));
    assert_eq!(answer.replies[0]["successful"], true);
    assert_eq!(answer.wake, std::slice::from_ref(&client));
    assert_eq!(room.bayeux.places(&hold), None);
    assert_eq!(error(&room.post(connect(&client))), "403::Unknown client");
}

#[test]
fn what_was_left_is_not_heard_any_more() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    room.post(subscribe(&client, -2));
    room.post(json!([{
        "channel": "/meta/unsubscribe", "clientId": client, "subscription": EVENT,
    }]));
    let hold = room.post(connect(&client)).hold.unwrap();
    assert_eq!(room.bayeux.places(&hold).unwrap(), []);
}

#[test]
fn a_channel_that_was_begun_anew_while_it_was_read_is_read_again() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    room.post(subscribe(&client, -1));
    let hold = room.post(connect(&client)).hold.unwrap();
    let answer = room.post(subscribe(&client, -2));
    assert_eq!(answer.wake, std::slice::from_ref(&client));
    assert_eq!(
        room.bayeux
            .take(&hold, vec![read(9, 12, &[12])], room.now_ms),
        None
    );
    assert_eq!(room.bayeux.places(&hold).unwrap()[0].2, 2);
}

#[test]
fn more_clients_than_allowed_are_turned_away() {
    let limits = Limits {
        clients_max: 3,
        clients_per_user_max: 2,
        ..Limits::default()
    };
    let mut room = Room::new(limits);
    let shake = json!([{ "channel": "/meta/handshake" }]);
    room.post(shake.clone());
    room.post(shake.clone());
    let why = "403::Organization concurrent user limit exceeded";
    assert_eq!(error(&room.post(shake.clone())), why);
    assert_eq!(error(&room.post_as(1, shake.clone())), "");
    assert_eq!(error(&room.post_as(1, shake.clone())), why);
    room.now_ms += 40_001;
    assert_eq!(error(&room.post_as(1, shake)), "");
}

#[test]
fn a_client_that_cannot_poll_is_told_what_can_be_done() {
    let mut room = Room::new(Limits::default());
    let answer = room.post(json!([{
        "channel": "/meta/handshake", "supportedConnectionTypes": ["websocket"],
    }]));
    assert_eq!(error(&answer), "400::Invalid connection type {websocket}");
    let client = room.connected();
    let answer = room.post(json!([{
        "channel": "/meta/connect", "clientId": client, "connectionType": "callback-polling",
    }]));
    assert_eq!(
        error(&answer),
        "400::Invalid connection type {callback-polling}"
    );
}

#[test]
fn nobody_publishes_over_bayeux() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    let answer = room.post(json!([{ "channel": EVENT, "clientId": client, "data": {} }]));
    assert!(error(&answer).starts_with("403::Restricted channel"));
}

#[test]
fn a_dead_token_is_refused_by_each_message_in_its_own_way() {
    let messages = read_batch(
        &json!([
            { "channel": "/meta/handshake", "id": "1" },
            { "channel": "/meta/connect", "clientId": "c1", "id": 7 },
        ])
        .to_string(),
    )
    .unwrap();
    assert_eq!(
        unauthenticated(&messages, true),
        [
            json!({
                "ext": {
                    "sfdc": { "failureReason": "401::Authentication invalid" },
                    "replay": true, "payload.format": true,
                },
                "advice": { "reconnect": "none" }, "channel": "/meta/handshake", "id": "1",
                "error": "403::Handshake denied", "successful": false,
            }),
            json!({
                "clientId": "c1", "advice": { "reconnect": "none", "interval": 0 },
                "channel": "/meta/connect", "id": 7, "error": "401::Authentication invalid",
                "successful": false,
            }),
        ]
    );
    let missing = unauthenticated(&messages, false);
    assert_eq!(missing[1]["error"], "401::Request requires authentication");
}

#[test]
fn a_held_client_whose_token_dies_is_put_out() {
    let mut room = Room::new(Limits::default());
    let client = room.connected();
    let hold = room.post(connect(&client)).hold.unwrap();
    let replies = room.bayeux.put_out(&hold);
    assert_eq!(replies[0]["error"], "401::Authentication invalid");
    assert_eq!(replies[0]["advice"]["reconnect"], "none");
    assert_eq!(room.bayeux.client_count(), 0);
}
