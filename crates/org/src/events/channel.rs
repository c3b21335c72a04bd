//! Channels: the names that clients subscribe to, and who may.

use std::collections::BTreeSet;

use crate::UserContext;
use crate::access::Operation;
use crate::schema::Schema;

/// Longest channel name that is read.
const NAME_MAX: usize = 120;

/// What a channel carries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// `/event/Call_Event__e`: one kind of platform event, by its object's API name.
    Platform(String),
    /// `/data/ChangeEvents`: changes of every object that publishes them.
    AllChanges,
    /// `/data/TaskChangeEvent`: changes of one object, by its API name.
    Changes(String),
}

/// The objects whose changes are published, by API name (Change Data Capture in Setup).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Publishing(BTreeSet<String>);

impl Publishing {
    /// These objects, named as the schema spells them.
    pub fn new(objects: impl IntoIterator<Item = String>) -> Self {
        Self(objects.into_iter().collect())
    }

    /// Are changes of this object published?
    pub fn contains(&self, object: &str) -> bool {
        self.0.iter().any(|name| name.eq_ignore_ascii_case(object))
    }

    /// Their names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Why a channel cannot be subscribed to. The texts are the platform's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelRefusal {
    /// No name.
    #[error("400::Channel name not specified")]
    Empty,
    /// A name without its slash.
    #[error("400::Channel subscriptions must start with a leading '/'")]
    NoSlash,
    /// There is no such channel, or the object does not publish, or the user may not know it.
    #[error("400::The channel you requested to subscribe to does not exist {{{0}}}")]
    Unknown(String),
    /// The user may not read any object of the channel.
    #[error("403::Restricted channel")]
    Restricted,
}

impl Channel {
    /// The channel of this name.
    pub fn parse(name: &str) -> Result<Self, ChannelRefusal> {
        if name.is_empty() {
            return Err(ChannelRefusal::Empty);
        }
        let unknown = || ChannelRefusal::Unknown(name.chars().take(NAME_MAX).collect());
        let path = name.strip_prefix('/').ok_or(ChannelRefusal::NoSlash)?;
        let (room, rest) = path.split_once('/').ok_or_else(unknown)?;
        let is_name = rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_name || name.len() > NAME_MAX {
            return Err(unknown());
        }
        match room {
            "event" if rest.len() > 3 && rest.ends_with("__e") => {
                Ok(Self::Platform(rest.to_owned()))
            }
            "data" if rest == "ChangeEvents" => Ok(Self::AllChanges),
            "data" => match rest.strip_suffix("ChangeEvent") {
                Some("" | "__") | None => Err(unknown()),
                Some(custom) if custom.ends_with("__") => Ok(Self::Changes(format!("{custom}c"))),
                Some(object) => Ok(Self::Changes(object.to_owned())),
            },
            _ => Err(unknown()),
        }
    }

    /// The channel with its object as the schema spells it, if there is such an object, it
    /// publishes, and the user may read it. What a user may not read is not there.
    pub fn resolve(
        &self,
        name: &str,
        schema: &Schema,
        publishing: &Publishing,
        user: &UserContext,
    ) -> Result<Self, ChannelRefusal> {
        let unknown = || ChannelRefusal::Unknown(name.to_owned());
        let object = match self {
            Self::AllChanges => {
                let mut reads = publishing.names().map(|o| user.may(o, Operation::Read));
                return match reads.any(|may| may) {
                    true => Ok(Self::AllChanges),
                    false => Err(ChannelRefusal::Restricted),
                };
            }
            Self::Platform(object) | Self::Changes(object) => object,
        };
        let object = schema.object(object).ok_or_else(unknown)?;
        let object = object.name.as_str();
        if !user.may(object, Operation::Read) {
            return Err(unknown());
        }
        match self {
            Self::Changes(_) if !publishing.contains(object) => Err(unknown()),
            Self::Changes(_) => Ok(Self::Changes(object.to_owned())),
            _ => Ok(Self::Platform(object.to_owned())),
        }
    }

    /// Does the channel carry events of this object? `is_change` tells a change from a platform
    /// event.
    pub fn carries(&self, object: &str, is_change: bool) -> bool {
        match self {
            Self::AllChanges => is_change,
            Self::Changes(name) => is_change && name == object,
            Self::Platform(name) => !is_change && name == object,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_read_from_its_name() {
        for (name, channel) in [
            ("/event/Call__e", Channel::Platform("Call__e".to_owned())),
            ("/data/ChangeEvents", Channel::AllChanges),
            ("/data/TaskChangeEvent", Channel::Changes("Task".to_owned())),
            (
                "/data/Delivery__ChangeEvent",
                Channel::Changes("Delivery__c".to_owned()),
            ),
        ] {
            assert_eq!(Channel::parse(name), Ok(channel), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_no_channel_is_refused_with_400() {
        for name in [
            "",
            "event/Call__e",
            "/",
            "/event",
            "/event/",
            "/event/__e",
            "/event/Call",
            "/event/Ca*__e",
            "/data/ChangeEvent",
            "/data/__ChangeEvent",
            "/data/Task",
            "/topic/Any",
            "/data/../ChangeEvents",
        ] {
            let refused = Channel::parse(name).unwrap_err().to_string();
            assert!(refused.starts_with("400::"), "{name}: {refused}");
        }
        let refused = Channel::parse("/topic/Any").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "400::The channel you requested to subscribe to does not exist {/topic/Any}"
        );
    }

    #[test]
    fn an_object_that_does_not_publish_has_no_channel() {
        let schema = Schema::standard();
        let publishing = Publishing::new(["Task".to_owned()]);
        let user = UserContext::system();
        let resolve = |name: &str| {
            let channel = Channel::parse(name).unwrap();
            channel.resolve(name, &schema, &publishing, &user)
        };
        assert_eq!(
            resolve("/data/taskChangeEvent"),
            Ok(Channel::Changes("Task".to_owned()))
        );
        for name in ["/data/CaseChangeEvent", "/data/NothingChangeEvent"] {
            assert!(matches!(resolve(name), Err(ChannelRefusal::Unknown(_))));
        }
    }
}
