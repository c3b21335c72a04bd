//! The CRM: it keeps one Task for each log key. It is slow, confirms twice, late, or never.

use std::collections::BTreeMap;

use offhook_calls::{Input, LogKey};

use super::random::Random;

/// All Tasks, and what is on its way.
#[derive(Debug, Default)]
pub(super) struct Crm {
    /// Durable: keys that wait for delivery.
    outbox: BTreeMap<LogKey, ()>,
    tasks: BTreeMap<LogKey, String>,
}

impl Crm {
    /// A log was committed to the outbox; when is it delivered, in milliseconds? `None` when
    /// this key is there already.
    pub(super) fn committed(&mut self, key: &LogKey, random: &mut Random) -> Option<u64> {
        if self.outbox.contains_key(key) {
            return None;
        }
        self.outbox.insert(key.clone(), ());
        Some(slowly(random))
    }

    /// A page got the right to log; when does its save arrive, in milliseconds? `None` when it
    /// never does.
    pub(super) fn page_saves(&mut self, random: &mut Random) -> Option<u64> {
        random.chance(85).then(|| slowly(random))
    }

    /// A log arrives, from the outbox or from a page: one Task for its key. Says when the
    /// switchboard hears of it.
    pub(super) fn save(&mut self, key: &LogKey, random: &mut Random) -> Vec<(u64, Input)> {
        let fresh = format!("00T{}", self.tasks.len());
        let task = self.tasks.entry(key.clone()).or_insert(fresh).clone();
        let logged = Input::Logged {
            call: key.call.clone(),
            agent: key.agent.clone(),
            task,
        };
        match random.between(0, 19) {
            0 => Vec::new(),
            1 | 2 => vec![(0, logged.clone()), (slowly(random), logged)],
            3 => vec![(slowly(random), logged)],
            _ => vec![(0, logged)],
        }
    }

    /// The keys under which this call is logged.
    pub(super) fn keys_of(&self, call: &offhook_calls::CallId) -> Vec<&LogKey> {
        let keys = self.tasks.keys();
        keys.filter(|key| key.call == *call).collect()
    }
}

/// Mostly soon, at times after minutes.
fn slowly(random: &mut Random) -> u64 {
    if random.chance(10) {
        random.between(1_000, 150_000)
    } else {
        random.between(5, 2_000)
    }
}
