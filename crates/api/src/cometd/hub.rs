//! The sessions of all clients, and a bell for each that is held.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use offhook_org::events::{Answer, Bayeux, Limits, Post};
use tokio::sync::watch;

/// All sessions; one for the process. They end with it: clients shake hands anew then, and go on
/// from the replay id that they know.
pub(crate) struct Hub(Mutex<Inside>);

pub(super) struct Inside {
    pub(super) bayeux: Bayeux,
    /// By client; rung when a held connect should look again.
    bells: BTreeMap<String, watch::Sender<()>>,
}

impl Hub {
    pub(crate) fn new(limits: Limits) -> Self {
        Self(Mutex::new(Inside {
            bayeux: Bayeux::new(limits),
            bells: BTreeMap::new(),
        }))
    }

    /// The machine; held for as long as one step takes.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clients that have a session now.
    pub(crate) fn clients(&self, now_ms: i64) -> usize {
        let mut inside = self.lock();
        inside.bayeux.expire(now_ms);
        inside.bayeux.client_count()
    }

    /// Answers a request and rings for those whom it concerns.
    pub(super) fn answer(&self, post: &Post) -> Answer {
        let mut inside = self.lock();
        let answer = inside.bayeux.answer(post);
        for bell in answer.wake.iter().filter_map(|c| inside.bells.get(c)) {
            bell.send_replace(());
        }
        answer
    }
}

impl Inside {
    /// The bell of a client whose connect is held.
    pub(super) fn bell(&mut self, client: &str) -> watch::Receiver<()> {
        let bell = self.bells.entry(client.to_owned()).or_default();
        bell.subscribe()
    }

    /// Nobody of this client listens any more, unless another connect of it does.
    pub(super) fn forget_bell(&mut self, client: &str) {
        let is_heard = |bell: &watch::Sender<()>| bell.receiver_count() > 0;
        if !self.bells.get(client).is_some_and(is_heard) {
            self.bells.remove(client);
        }
    }
}
