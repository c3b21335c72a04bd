//! Seeded worlds: clients come, listen, break off and come back while events happen. What must
//! hold: nobody is sent an event twice, none between its first and its last is left out, nobody
//! who stayed away too long is still there, and the limits hold.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::bayeux::{Bayeux, ChannelFacts, Hold, Limits, Post, Read};
use super::channel::Channel;
use super::message::read_batch;
use crate::RecordId;

const CHANNELS: [&str; 3] = [
    "/event/Call__e",
    "/data/TaskChangeEvent",
    "/data/ChangeEvents",
];

/// Chance from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What a real client knows about itself.
#[derive(Default)]
struct Listener {
    client: Option<String>,
    hold: Option<Hold>,
    /// By channel, the last replay id that came; what comes next must be the next of the log.
    heard: BTreeMap<&'static str, i64>,
    last_seen_ms: i64,
}

struct World {
    chance: Chance,
    bayeux: Bayeux,
    limits: Limits,
    user: RecordId,
    now_ms: i64,
    /// Replay id, object, is it a change?
    log: Vec<(i64, &'static str, bool)>,
    last: i64,
    listeners: Vec<Listener>,
    handshakes: u32,
    delivered: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let limits = Limits {
            clients_max: 6,
            clients_per_user_max: 6,
            ..Limits::default()
        };
        Self {
            chance: Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            bayeux: Bayeux::new(limits),
            limits,
            user: RecordId::from_serial("005", 1),
            now_ms: 0,
            log: Vec::new(),
            last: 0,
            listeners: (0..8).map(|_| Listener::default()).collect(),
            handshakes: 0,
            delivered: 0,
        }
    }

    fn step(&mut self) {
        let pause_ms = if self.chance.below(40) == 0 {
            60_000
        } else {
            1_000
        };
        self.now_ms += i64::try_from(self.chance.below(pause_ms)).unwrap();
        let who = usize::try_from(self.chance.below(8)).unwrap();
        match self.chance.below(12) {
            0 => self.shake_hands(who),
            1..=3 => self.connect(who),
            4 => self.subscribe(who),
            5 => self.break_off(who),
            6 => self.leave(who),
            7..=9 => self.publish(),
            10 => self.restart_seldom(),
            _ => {}
        }
        self.look_at_holds();
        assert!(self.bayeux.client_count() <= self.limits.clients_max);
    }

    fn post(&mut self, who: usize, body: Json) -> (Vec<Json>, Option<Hold>) {
        let facts = CHANNELS.map(|name| {
            let channel = Channel::parse(name).unwrap();
            let facts = ChannelFacts {
                channel,
                last: self.last,
                gone: 0,
            };
            (name.to_owned(), Ok(facts))
        });
        self.handshakes += 1;
        let messages = read_batch(&body.to_string()).unwrap();
        let answer = self.bayeux.answer(&Post {
            user: &self.user,
            messages: &messages,
            channels: &BTreeMap::from(facts),
            fresh_client: &format!("c{}", self.handshakes),
            now_ms: self.now_ms,
        });
        let listener = &mut self.listeners[who];
        let away_ms = self.now_ms - listener.last_seen_ms;
        let unknown = answer
            .replies
            .iter()
            .any(|r| r["error"] == "403::Unknown client");
        if listener.client.is_some() && listener.hold.is_none() {
            assert_eq!(unknown, away_ms > self.limits.return_ms, "away {away_ms}");
        }
        if unknown {
            *listener = Listener::default();
        }
        listener.last_seen_ms = self.now_ms;
        (answer.replies, answer.hold)
    }

    fn shake_hands(&mut self, who: usize) {
        if self.listeners[who].client.is_some() {
            return;
        }
        let (replies, _) = self.post(who, json!([{ "channel": "/meta/handshake" }]));
        let client = replies[0]["clientId"].as_str().map(str::to_owned);
        if let Some(client) = client {
            self.listeners[who].client = Some(client.clone());
            self.post(
                who,
                json!([{ "channel": "/meta/connect", "clientId": client }]),
            );
        }
    }

    fn connect(&mut self, who: usize) {
        let Some(client) = self.listeners[who].client.clone() else {
            return;
        };
        let body = json!([{ "channel": "/meta/connect", "clientId": client }]);
        let (_, hold) = self.post(who, body);
        self.listeners[who].hold = hold;
    }

    fn subscribe(&mut self, who: usize) {
        let Some(client) = self.listeners[who].client.clone() else {
            return;
        };
        let channel = CHANNELS[usize::try_from(self.chance.below(3)).unwrap()];
        let any = i64::try_from(self.chance.below(u64::try_from(self.last).unwrap() + 1)).unwrap();
        let replay = match self.chance.below(3) {
            0 => -1,
            1 => -2,
            _ => any,
        };
        let body = json!([{
            "channel": "/meta/subscribe", "clientId": client, "subscription": channel,
            "ext": { "replay": { channel: replay } },
        }]);
        let (replies, _) = self.post(who, body);
        if replies[0]["successful"] == true {
            let heard = match replay {
                -1 => self.last,
                -2 => 0,
                id => id,
            };
            self.listeners[who].heard.insert(channel, heard);
        }
    }

    fn break_off(&mut self, who: usize) {
        if let Some(hold) = self.listeners[who].hold.take() {
            self.bayeux.let_go(&hold, self.now_ms);
            self.listeners[who].last_seen_ms = self.now_ms;
        }
    }

    fn leave(&mut self, who: usize) {
        if let Some(client) = self.listeners[who].client.clone() {
            self.post(
                who,
                json!([{ "channel": "/meta/disconnect", "clientId": client }]),
            );
            self.listeners[who] = Listener::default();
        }
    }

    fn publish(&mut self) {
        self.last += 1 + i64::try_from(self.chance.below(2)).unwrap();
        let (object, is_change) = match self.chance.below(3) {
            0 => ("Call__e", false),
            1 => ("Task", true),
            _ => ("Case", true),
        };
        self.log.push((self.last, object, is_change));
    }

    /// The machine forgets everybody; clients shake hands anew and go on where they were.
    fn restart_seldom(&mut self) {
        if self.chance.below(10) == 0 {
            self.bayeux = Bayeux::new(self.limits);
            self.listeners = (0..8).map(|_| Listener::default()).collect();
        }
    }

    /// What the shell does when the log grows or time passes.
    fn look_at_holds(&mut self) {
        for who in 0..self.listeners.len() {
            let Some(hold) = self.listeners[who].hold.clone() else {
                continue;
            };
            let Some(places) = self.bayeux.places(&hold) else {
                self.listeners[who].hold = None;
                continue;
            };
            let mut reads = Vec::new();
            for (name, channel, cursor) in places {
                let limit = 1 + usize::try_from(self.chance.below(3)).unwrap();
                let new = self.log.iter().filter(|(id, object, is_change)| {
                    *id > cursor && channel.carries(object, *is_change)
                });
                let new: Vec<i64> = new.take(limit).map(|(id, _, _)| *id).collect();
                reads.push(Read {
                    channel: name,
                    from: cursor,
                    to: new.last().copied().unwrap_or(cursor),
                    data: new
                        .iter()
                        .map(|id| json!({ "event": { "replayId": id } }))
                        .collect(),
                });
            }
            let told = self.bayeux.take(&hold, reads, self.now_ms);
            let is_late = self.now_ms >= hold.until_ms;
            let late = || self.bayeux.release(&hold, self.now_ms);
            if let Some(replies) = told.or_else(|| is_late.then(late)) {
                self.hear(who, &replies);
            }
        }
    }

    fn hear(&mut self, who: usize, replies: &[Json]) {
        let listener = &mut self.listeners[who];
        listener.hold = None;
        listener.last_seen_ms = self.now_ms;
        for reply in replies {
            let Some(id) = reply["data"]["event"]["replayId"].as_i64() else {
                continue;
            };
            let name = reply["channel"].as_str().unwrap();
            let channel = Channel::parse(name).unwrap();
            let heard = listener.heard.iter_mut().find(|(known, _)| **known == name);
            let (_, heard) = heard.expect("only what was subscribed to comes");
            let mut carried = self.log.iter().filter(|(_, o, c)| channel.carries(o, *c));
            let next = carried
                .find(|(id, _, _)| *id > *heard)
                .map(|(id, _, _)| *id);
            assert_eq!(next, Some(id), "on {name} after {heard}");
            *heard = id;
            self.delivered += 1;
        }
    }
}

#[test]
fn two_hundred_worlds_lose_and_repeat_nothing() {
    let mut delivered = 0;
    for seed in 1..=200 {
        let mut world = World::new(seed);
        for _ in 0..1_200 {
            world.step();
        }
        delivered += world.delivered;
    }
    assert!(delivered > 5_000, "the worlds are too quiet: {delivered}");
}
