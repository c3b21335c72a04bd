//! The softphone pages that are connected, and the way to each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use offhook_calls::link::Down;
use offhook_calls::softphone::ToPage;
use offhook_calls::{AgentId, DeviceId};
use tokio::sync::mpsc;

/// Messages that may wait for one page. A page that is this far behind is cut off; it connects
/// again and is given a whole view, so nothing is lost.
pub(crate) const SOCKET_QUEUE_MAX: usize = 64;

/// Connected pages of one user. People have a few tabs; more is a script gone wrong.
const DEVICES_PER_USER_MAX: usize = 64;

/// The connected pages. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Sockets {
    by_device: Arc<Mutex<BTreeMap<DeviceId, Connected>>>,
}

struct Connected {
    agent: AgentId,
    queue: mpsc::Sender<ToPage>,
}

/// The connected pages, as long as anybody else has them.
pub(crate) struct WatchedSockets(Weak<Mutex<BTreeMap<DeviceId, Connected>>>);

impl WatchedSockets {
    pub(crate) fn get(&self) -> Option<Sockets> {
        let by_device = self.0.upgrade()?;
        Some(Sockets { by_device })
    }
}

impl Sockets {
    /// Takes a page in; what it is told comes out of the queue. `None` when the user has too
    /// many pages already. The queue ends when the page is cut off.
    pub(crate) fn connect(
        &self,
        device: DeviceId,
        agent: AgentId,
    ) -> Option<mpsc::Receiver<ToPage>> {
        let (queue, waiting) = mpsc::channel(SOCKET_QUEUE_MAX);
        let mut pages = self.pages();
        if pages.values().filter(|page| page.agent == agent).count() >= DEVICES_PER_USER_MAX {
            return None;
        }
        pages.insert(device, Connected { agent, queue });
        Some(waiting)
    }

    /// The page is gone.
    pub(crate) fn disconnect(&self, device: &DeviceId) {
        self.pages().remove(device);
    }

    /// Tells a page. One that is gone is skipped; one that does not read is cut off.
    pub(crate) fn send(&self, down: Down) {
        let mut pages = self.pages();
        let Some(page) = pages.get(&down.device) else {
            return;
        };
        if page.queue.try_send(down.message).is_err() {
            tracing::warn!(device.id = %down.device, "a softphone page is too slow and is cut off");
            pages.remove(&down.device);
        }
    }

    /// How many users have a softphone page open.
    pub(crate) fn agent_count(&self) -> usize {
        self.agents().len()
    }

    /// The users that have a softphone page open.
    pub(crate) fn agents(&self) -> BTreeSet<AgentId> {
        self.pages().values().map(|p| p.agent.clone()).collect()
    }

    /// Cuts the pages of one user off.
    pub(crate) fn close_agent(&self, agent: &AgentId) {
        self.pages().retain(|_, page| page.agent != *agent);
    }

    /// For who must not keep the pages alive.
    pub(crate) fn watch(&self) -> WatchedSockets {
        WatchedSockets(Arc::downgrade(&self.by_device))
    }

    /// Has this user a softphone page open?
    pub(crate) fn is_connected(&self, agent: &AgentId) -> bool {
        self.pages().values().any(|page| page.agent == *agent)
    }

    /// Cuts every page off.
    pub(crate) fn close_all(&self) {
        self.pages().clear();
    }

    fn pages(&self) -> MutexGuard<'_, BTreeMap<DeviceId, Connected>> {
        self.by_device
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(number: usize) -> DeviceId {
        DeviceId::new(format!("page-{number}"))
    }

    fn pong_to(device: &DeviceId) -> Down {
        Down {
            device: device.clone(),
            message: ToPage::Pong,
        }
    }

    #[test]
    fn a_message_reaches_the_page_that_it_names_and_no_other() {
        let sockets = Sockets::default();
        let mut one = sockets.connect(page(1), AgentId::new("ann")).unwrap();
        let mut two = sockets.connect(page(2), AgentId::new("ann")).unwrap();
        sockets.send(pong_to(&page(2)));
        assert!(one.try_recv().is_err());
        assert_eq!(two.try_recv(), Ok(ToPage::Pong));
    }

    #[test]
    fn a_page_that_does_not_read_is_cut_off() {
        let sockets = Sockets::default();
        let mut slow = sockets.connect(page(1), AgentId::new("ann")).unwrap();
        for _ in 0..=SOCKET_QUEUE_MAX {
            sockets.send(pong_to(&page(1)));
        }
        assert_eq!(sockets.agent_count(), 0);
        for _ in 0..SOCKET_QUEUE_MAX {
            assert_eq!(slow.try_recv(), Ok(ToPage::Pong));
        }
        assert_eq!(
            slow.try_recv(),
            Err(mpsc::error::TryRecvError::Disconnected)
        );
    }

    #[test]
    fn a_user_with_too_many_pages_gets_no_more_and_others_still_do() {
        let sockets = Sockets::default();
        let pages: Vec<_> = (0..DEVICES_PER_USER_MAX)
            .map(|number| sockets.connect(page(number), AgentId::new("ann")).unwrap())
            .collect();
        assert!(sockets.connect(page(1_000), AgentId::new("ann")).is_none());
        assert!(sockets.connect(page(1_001), AgentId::new("bob")).is_some());
        drop(pages);
    }
}
