//! Bayeux messages as clients write them: one object or an array of them.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// Most messages in one request.
const MESSAGES_MAX: usize = 100;

/// Most channels that one message may name.
const CHANNELS_MAX: usize = 100;

/// One message of a client.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// `/meta/connect` and so on.
    pub channel: String,
    /// The client's number of it, given back as it came: text or a number.
    pub id: Option<Json>,
    /// Who says that it is, from its handshake.
    pub client: Option<String>,
    /// The channels to subscribe to, or to leave.
    pub subscriptions: Vec<String>,
    /// Where to begin, by channel: -1 only what is new, -2 everything kept, else after this id.
    pub replay: BTreeMap<String, i64>,
    /// What the client can speak; of a connect, what it speaks.
    pub connection_types: Vec<String>,
    /// Does it want its connect answered at once?
    pub is_impatient: bool,
}

/// A body that holds no Bayeux messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBatch {
    /// It is not JSON.
    #[error("400::The body is not JSON: {0}")]
    NotJson(String),
    /// It is JSON of another shape.
    #[error(
        "400::Message {0} of the body is no Bayeux message: an object with a channel is expected"
    )]
    NoMessage(usize),
    /// Nothing is in it, or too much.
    #[error("400::The body must hold between 1 and {MESSAGES_MAX} messages, and holds {0}")]
    Count(usize),
    /// A replay id that is no number.
    #[error(
        "400::The replayId {{{0}}} you provided was invalid.  Please provide a valid ID, -2 to \
         replay all events, or -1 to replay only new events."
    )]
    Replay(String),
}

/// The messages of a request's body, in their order.
pub fn read_batch(body: &str) -> Result<Vec<Message>, BadBatch> {
    let json: Json = serde_json::from_str(body).map_err(|e| BadBatch::NotJson(e.to_string()))?;
    let messages = match json {
        Json::Array(messages) => messages,
        message => vec![message],
    };
    if messages.is_empty() || messages.len() > MESSAGES_MAX {
        return Err(BadBatch::Count(messages.len()));
    }
    let numbered = messages.iter().enumerate();
    numbered.map(|(at, json)| read_message(at, json)).collect()
}

fn read_message(at: usize, json: &Json) -> Result<Message, BadBatch> {
    let channel = json["channel"].as_str().ok_or(BadBatch::NoMessage(at))?;
    let id = match &json["id"] {
        Json::String(text) => Some(Json::from(text.chars().take(128).collect::<String>())),
        Json::Number(number) => Some(Json::Number(number.clone())),
        _ => None,
    };
    let mut connection_types = texts(&json["supportedConnectionTypes"]);
    connection_types.extend(texts(&json["connectionType"]));
    Ok(Message {
        channel: channel.to_owned(),
        id,
        client: json["clientId"].as_str().map(str::to_owned),
        subscriptions: texts(&json["subscription"]),
        replay: replay(&json["ext"]["replay"])?,
        connection_types,
        is_impatient: json["advice"]["timeout"].as_i64() == Some(0),
    })
}

/// One text or a list of them.
fn texts(json: &Json) -> Vec<String> {
    let list = match json {
        Json::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let texts = list.iter().filter_map(Json::as_str);
    texts.take(CHANNELS_MAX).map(str::to_owned).collect()
}

fn replay(json: &Json) -> Result<BTreeMap<String, i64>, BadBatch> {
    let Json::Object(channels) = json else {
        return Ok(BTreeMap::new());
    };
    let mut replay = BTreeMap::new();
    for (channel, from) in channels.iter().take(CHANNELS_MAX) {
        let number = match from {
            Json::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        };
        let number = number.ok_or_else(|| {
            let text = from.to_string();
            BadBatch::Replay(text.trim_matches('"').chars().take(40).collect())
        })?;
        replay.insert(channel.clone(), number);
    }
    Ok(replay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_is_read_like_an_array_of_one() {
        let text =
            r#"{"channel":"/meta/connect","clientId":"c1","id":7,"connectionType":"long-polling"}"#;
        let alone = read_batch(text).unwrap();
        assert_eq!(alone, read_batch(&format!("[{text}]")).unwrap());
        assert_eq!(alone[0].id, Some(Json::from(7)));
        assert_eq!(alone[0].connection_types, ["long-polling"]);
    }

    #[test]
    fn a_replay_id_may_be_a_number_or_its_text() {
        let text = r#"[{"channel":"/meta/subscribe","subscription":["/a","/b"],
            "ext":{"replay":{"/a":-2,"/b":"17"}}}]"#;
        let messages = read_batch(text).unwrap();
        assert_eq!(messages[0].subscriptions, ["/a", "/b"]);
        assert_eq!(messages[0].replay["/a"], -2);
        assert_eq!(messages[0].replay["/b"], 17);
    }

    #[test]
    fn what_is_no_batch_is_refused_with_400() {
        let many = format!("[{}]", vec![r#"{"channel":"/x"}"#; 101].join(","));
        for body in [
            "",
            "null",
            "[]",
            "[1]",
            r#"[{"id":"1"}]"#,
            "[{",
            many.as_str(),
            r#"{"channel":"/meta/subscribe","ext":{"replay":{"/a":"soon"}}}"#,
            r#"{"channel":"/meta/subscribe","ext":{"replay":{"/a":1.5}}}"#,
        ] {
            let refused = read_batch(body).unwrap_err().to_string();
            assert!(refused.starts_with("400::"), "{body}: {refused}");
        }
    }
}
