//! The Bayeux sessions: who is there, who listens to what from where, and whose connect is held.
//!
//! A machine without a clock: a request comes in with the time, replies go out. It holds no
//! events. A subscription is a place in the log of events ([`ChannelFacts`] say where it ends);
//! the caller reads the log from there whenever it grows, hands what it found to
//! [`Bayeux::take`], and so a slow client costs no memory.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::channel::{Channel, ChannelRefusal};
use super::message::Message;
use crate::RecordId;

/// What is said to a client that waits too long or is not known.
const UNKNOWN_CLIENT: &str = "403::Unknown client";
const INVALID: &str = "401::Authentication invalid";
const MISSING: &str = "401::Request requires authentication";

/// Limits of the sessions. Times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Clients of the whole org.
    pub clients_max: usize,
    /// Clients of one user.
    pub clients_per_user_max: usize,
    /// Channels of one client.
    pub channels_max: usize,
    /// A connect is held so long.
    pub hold_ms: i64,
    /// A client must come back within this time.
    pub return_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            clients_max: 1_000,
            clients_per_user_max: 50,
            channels_max: 100,
            hold_ms: 110_000,
            return_ms: 40_000,
        }
    }
}

/// What the log of events says about a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelFacts {
    /// What it carries.
    pub channel: Channel,
    /// The last replay id given out to any event; 0 when there was none.
    pub last: i64,
    /// The last replay id of an event of this channel that is kept no more; 0 when none went.
    pub gone: i64,
}

/// One request of a client whose token was good.
#[derive(Debug)]
pub struct Post<'a> {
    /// Whose token.
    pub user: &'a RecordId,
    /// Its messages.
    pub messages: &'a [Message],
    /// For each channel that the messages subscribe to: what it is, or why it is refused.
    pub channels: &'a BTreeMap<String, Result<ChannelFacts, ChannelRefusal>>,
    /// A name that nobody can guess, for a client that shakes hands.
    pub fresh_client: &'a str,
    /// Now, UTC milliseconds.
    pub now_ms: i64,
}

/// What is answered: at once, or when there is something to tell.
#[derive(Debug, Default, PartialEq)]
pub struct Answer {
    /// Replies, in the order of the messages.
    pub replies: Vec<Json>,
    /// The connect that waits; its reply is still to come.
    pub hold: Option<Hold>,
    /// Clients whose held connect should look again: something changed for them.
    pub wake: Vec<String>,
}

/// A connect that is held.
#[derive(Debug, Clone, PartialEq)]
pub struct Hold {
    /// Whose.
    pub client: String,
    /// Which one: a later connect of the client takes its place.
    ticket: u64,
    /// The client's number of it.
    id: Option<Json>,
    /// It is answered then at the latest.
    pub until_ms: i64,
}

/// What was read of a channel for a held connect.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The channel, by the name that the client knows.
    pub channel: String,
    /// From this replay id on, as [`Bayeux::places`] gave it.
    pub from: i64,
    /// Everything up to this replay id was read.
    pub to: i64,
    /// `data` of the events that the client is to be sent, as [`super::EventBody::data`] has it.
    pub data: Vec<Json>,
}

/// All sessions.
#[derive(Debug)]
pub struct Bayeux {
    limits: Limits,
    clients: BTreeMap<String, Client>,
    last_ticket: u64,
}

#[derive(Debug)]
struct Client {
    user: RecordId,
    /// By the name that the client knows.
    channels: BTreeMap<String, Subscription>,
    has_connected: bool,
    held: Option<u64>,
    /// Gone when it does not come back by then.
    expires_ms: i64,
}

#[derive(Debug)]
struct Subscription {
    channel: Channel,
    /// Everything up to this replay id was sent or passed over.
    cursor: i64,
}

impl Bayeux {
    /// Nobody is there yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            clients: BTreeMap::new(),
            last_ticket: 0,
        }
    }

    /// Clients that are there.
    pub fn client_count(&self) -> usize {
        self.clients.len()
    }

    /// Answers a request.
    pub fn answer(&mut self, post: &Post) -> Answer {
        self.expire(post.now_ms);
        let mut answer = Answer::default();
        let is_alone = post.messages.len() == 1;
        for message in post.messages {
            match message.channel.as_str() {
                "/meta/handshake" => answer.replies.push(self.handshake(post, message)),
                "/meta/connect" => self.connect(post, message, is_alone, &mut answer),
                "/meta/subscribe" => self.subscribe(post, message, &mut answer),
                "/meta/unsubscribe" => self.unsubscribe(post, message, &mut answer),
                "/meta/disconnect" => self.disconnect(post, message, &mut answer),
                other => answer.replies.push(refused_publish(message, other)),
            }
        }
        answer
    }

    /// Where a held connect's client listens and from where, by the name of each channel; `None`
    /// when the connect is not held any more and must be answered.
    pub fn places(&self, hold: &Hold) -> Option<Vec<(String, Channel, i64)>> {
        let client = self.holder(hold)?;
        let places = client.channels.iter();
        Some(
            places
                .map(|(name, at)| (name.clone(), at.channel.clone(), at.cursor))
                .collect(),
        )
    }

    /// Takes over what was read for a held connect, and answers it when there is something to
    /// tell. Of a channel that the client left or began anew meanwhile, nothing is taken.
    pub fn take(&mut self, hold: &Hold, reads: Vec<Read>, now_ms: i64) -> Option<Vec<Json>> {
        self.holder(hold)?;
        let client = self.clients.get_mut(&hold.client)?;
        let mut replies = Vec::new();
        for read in reads {
            let Some(at) = client.channels.get_mut(&read.channel) else {
                continue;
            };
            if at.cursor != read.from {
                continue;
            }
            at.cursor = read.to.max(read.from);
            let deliver =
                |data| json!({ "channel": read.channel, "clientId": hold.client, "data": data });
            replies.extend(read.data.into_iter().map(deliver));
        }
        if replies.is_empty() {
            return None;
        }
        replies.extend(self.release(hold, now_ms));
        Some(replies)
    }

    /// Answers a held connect, or one that is held no more, without an event.
    pub fn release(&mut self, hold: &Hold, now_ms: i64) -> Vec<Json> {
        self.let_go(hold, now_ms);
        let mut reply = json!({ "clientId": hold.client });
        finish(&mut reply, "/meta/connect", &hold.id, true);
        vec![reply]
    }

    /// The connection of a held connect broke; the client may come back.
    pub fn let_go(&mut self, hold: &Hold, now_ms: i64) {
        if self.holder(hold).is_none() {
            return;
        }
        let return_ms = self.limits.return_ms;
        if let Some(client) = self.clients.get_mut(&hold.client) {
            client.held = None;
            client.expires_ms = now_ms + return_ms;
        }
    }

    /// The token of a held connect is good no more: its client is put out.
    pub fn put_out(&mut self, hold: &Hold) -> Vec<Json> {
        if self.holder(hold).is_some() {
            self.clients.remove(&hold.client);
        }
        let mut reply = json!({
            "clientId": hold.client,
            "advice": { "reconnect": "none", "interval": 0 },
        });
        fail(&mut reply, "/meta/connect", &hold.id, INVALID);
        vec![reply]
    }

    /// Forgets clients that did not come back.
    pub fn expire(&mut self, now_ms: i64) {
        self.clients
            .retain(|_, client| client.held.is_some() || client.expires_ms >= now_ms);
    }

    fn holder(&self, hold: &Hold) -> Option<&Client> {
        let client = self.clients.get(&hold.client)?;
        (client.held == Some(hold.ticket)).then_some(client)
    }

    fn handshake(&mut self, post: &Post, message: &Message) -> Json {
        let channel = "/meta/handshake";
        let mut reply = json!({ "ext": { "replay": true, "payload.format": true } });
        let types = &message.connection_types;
        if !types.is_empty() && !types.iter().any(|kind| kind == "long-polling") {
            let kinds: String = types.join(",").chars().take(80).collect();
            let why = format!("400::Invalid connection type {{{kinds}}}");
            reply["supportedConnectionTypes"] = json!(["long-polling"]);
            return deny(reply, &message.id, &why);
        }
        let of_user = self.clients.values().filter(|c| c.user == *post.user);
        if self.clients.len() >= self.limits.clients_max
            || of_user.count() >= self.limits.clients_per_user_max
        {
            return deny(
                reply,
                &message.id,
                "403::Organization concurrent user limit exceeded",
            );
        }
        if self.clients.contains_key(post.fresh_client) {
            return deny(
                reply,
                &message.id,
                "400::One handshake in a request is enough",
            );
        }
        let client = Client {
            user: post.user.clone(),
            channels: BTreeMap::new(),
            has_connected: false,
            held: None,
            expires_ms: post.now_ms + self.limits.return_ms,
        };
        self.clients.insert(post.fresh_client.to_owned(), client);
        reply["minimumVersion"] = "1.0".into();
        reply["clientId"] = post.fresh_client.into();
        reply["supportedConnectionTypes"] = json!(["long-polling"]);
        finish(&mut reply, channel, &message.id, true);
        reply["version"] = "1.0".into();
        reply
    }

    /// The first connect is answered at once, so that the client learns what to do; so is one
    /// that comes with other messages, whose replies must not wait.
    fn connect(&mut self, post: &Post, message: &Message, is_alone: bool, answer: &mut Answer) {
        let limits = self.limits;
        let ticket = self.last_ticket + 1;
        let Some((name, client)) = self.known(post, message) else {
            answer.replies.push(unknown_client(message));
            return;
        };
        if let Some(kind) = wrong_kind(&message.connection_types) {
            let mut reply = json!({ "clientId": name });
            let why = format!("400::Invalid connection type {{{kind}}}");
            fail(&mut reply, "/meta/connect", &message.id, &why);
            answer.replies.push(reply);
            return;
        }
        if client.held.take().is_some() {
            // The earlier one is answered, empty.
            answer.wake.push(name.clone());
        }
        client.expires_ms = post.now_ms + limits.return_ms;
        let is_first = !std::mem::replace(&mut client.has_connected, true);
        if is_first || !is_alone || message.is_impatient {
            let mut reply = json!({ "clientId": name });
            if is_first {
                reply["advice"] = json!({
                    "interval": 0, "timeout": limits.hold_ms, "reconnect": "retry",
                });
            }
            finish(&mut reply, "/meta/connect", &message.id, true);
            answer.replies.push(reply);
            return;
        }
        client.held = Some(ticket);
        answer.hold = Some(Hold {
            client: name,
            ticket,
            id: message.id.clone(),
            until_ms: post.now_ms + limits.hold_ms,
        });
        self.last_ticket = ticket;
    }

    fn subscribe(&mut self, post: &Post, message: &Message, answer: &mut Answer) {
        let (channels_max, return_ms) = (self.limits.channels_max, self.limits.return_ms);
        let Some((name, client)) = self.known(post, message) else {
            answer.replies.push(unknown_client(message));
            return;
        };
        client.expires_ms = client.expires_ms.max(post.now_ms + return_ms);
        for channel in channels_of(message) {
            let outcome = match post.channels.get(&channel) {
                _ if client.channels.len() >= channels_max
                    && !client.channels.contains_key(&channel) =>
                {
                    Err(format!(
                        "403::A client may subscribe to {channels_max} channels"
                    ))
                }
                Some(Ok(facts)) => place(facts, message.replay.get(&channel).copied())
                    .map(|cursor| (facts.channel.clone(), cursor)),
                Some(Err(refusal)) => Err(refusal.to_string()),
                None => Err(ChannelRefusal::Unknown(channel.clone()).to_string()),
            };
            let mut reply = json!({ "clientId": name });
            match outcome {
                Ok((kind, cursor)) => {
                    finish(&mut reply, "/meta/subscribe", &message.id, true);
                    let at = Subscription {
                        channel: kind,
                        cursor,
                    };
                    client.channels.insert(channel.clone(), at);
                }
                Err(why) => fail(&mut reply, "/meta/subscribe", &message.id, &why),
            }
            reply["subscription"] = channel.into();
            answer.replies.push(reply);
        }
        if client.held.is_some() {
            answer.wake.push(name);
        }
    }

    fn unsubscribe(&mut self, post: &Post, message: &Message, answer: &mut Answer) {
        let Some((name, client)) = self.known(post, message) else {
            answer.replies.push(unknown_client(message));
            return;
        };
        for channel in channels_of(message) {
            client.channels.remove(&channel);
            let mut reply = json!({ "clientId": name });
            finish(&mut reply, "/meta/unsubscribe", &message.id, true);
            reply["subscription"] = channel.into();
            answer.replies.push(reply);
        }
    }

    fn disconnect(&mut self, post: &Post, message: &Message, answer: &mut Answer) {
        let Some((name, _)) = self.known(post, message) else {
            answer.replies.push(unknown_client(message));
            return;
        };
        self.clients.remove(&name);
        let mut reply = json!({ "clientId": name });
        finish(&mut reply, "/meta/disconnect", &message.id, true);
        answer.replies.push(reply);
        answer.wake.push(name);
    }

    /// The client that the message names, if it belongs to the user who asks.
    fn known(&mut self, post: &Post, message: &Message) -> Option<(String, &mut Client)> {
        let name = message.client.as_ref()?;
        let client = self.clients.get_mut(name)?;
        (client.user == *post.user).then(|| (name.clone(), client))
    }
}

/// Answers a request whose token is missing or not good.
pub fn unauthenticated(messages: &[Message], has_token: bool) -> Vec<Json> {
    let why = if has_token { INVALID } else { MISSING };
    let refuse = |message: &Message| {
        if message.channel == "/meta/handshake" {
            let ext =
                json!({ "sfdc": { "failureReason": why }, "replay": true, "payload.format": true });
            let mut reply = json!({ "ext": ext, "advice": { "reconnect": "none" } });
            fail(
                &mut reply,
                "/meta/handshake",
                &message.id,
                "403::Handshake denied",
            );
            return reply;
        }
        let mut reply = json!({ "advice": { "reconnect": "none", "interval": 0 } });
        if let Some(client) = &message.client {
            reply["clientId"] = client.as_str().into();
        }
        if let Some(channel) = message.subscriptions.first() {
            reply["subscription"] = channel.as_str().into();
        }
        fail(&mut reply, &message.channel, &message.id, why);
        reply
    };
    messages.iter().map(refuse).collect()
}

/// Where a subscription begins.
fn place(facts: &ChannelFacts, from: Option<i64>) -> Result<i64, String> {
    match from.unwrap_or(-1) {
        -1 => Ok(facts.last),
        -2 => Ok(facts.gone),
        // Events after it are kept no more: the client must learn that it missed some.
        id if id < facts.gone.max(0) || id > facts.last => Err(format!(
            "400::The replayId {{{id}}} you provided was invalid.  Please provide a valid ID, -2 \
             to replay all events, or -1 to replay only new events."
        )),
        id => Ok(id),
    }
}

/// The channels of a message; one without a name when it names none, to be refused.
fn channels_of(message: &Message) -> Vec<String> {
    match message.subscriptions.is_empty() {
        true => vec![String::new()],
        false => message.subscriptions.clone(),
    }
}

fn wrong_kind(types: &[String]) -> Option<String> {
    let kind = types.first()?;
    (kind != "long-polling").then(|| kind.chars().take(40).collect())
}

fn unknown_client(message: &Message) -> Json {
    let mut reply = json!({ "advice": { "interval": 0, "reconnect": "handshake" } });
    if let Some(channel) = message.subscriptions.first() {
        reply["subscription"] = channel.as_str().into();
    }
    fail(&mut reply, &message.channel, &message.id, UNKNOWN_CLIENT);
    reply
}

fn refused_publish(message: &Message, channel: &str) -> Json {
    let mut reply = json!({});
    let why = match channel.starts_with("/meta/") {
        true => "400::Unknown meta channel",
        false => "403::Restricted channel: publish events through the REST API",
    };
    fail(&mut reply, channel, &message.id, why);
    reply
}

fn deny(mut reply: Json, id: &Option<Json>, why: &str) -> Json {
    reply["ext"]["sfdc"] = json!({ "failureReason": why });
    reply["advice"] = json!({ "reconnect": "none" });
    fail(&mut reply, "/meta/handshake", id, why);
    reply
}

fn fail(reply: &mut Json, channel: &str, id: &Option<Json>, why: &str) {
    finish(reply, channel, id, false);
    reply["error"] = why.into();
}

fn finish(reply: &mut Json, channel: &str, id: &Option<Json>, successful: bool) {
    reply["channel"] = channel.chars().take(200).collect::<String>().into();
    if let Some(id) = id {
        reply["id"] = id.clone();
    }
    reply["successful"] = successful.into();
}
