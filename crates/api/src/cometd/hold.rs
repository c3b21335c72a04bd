//! A connect that is held: it waits for events, for its time to be over, for the client to leave,
//! or for its session to end. A connection that breaks drops it at any of these points.

use std::sync::Arc;
use std::time::Duration;

use offhook_org::events::{Channel, Hold, Read};
use serde_json::Value as Json;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Hub;
use crate::error::ApiError;
use crate::session::{ApiUser, authenticate};
use crate::{ApiState, now_ms};

/// How often a session is looked at that nobody revoked: its user may have been deactivated.
/// Before an event is delivered it is looked at in any case.
const RECHECK: Duration = Duration::from_secs(5);

/// A held connect.
pub(super) struct Held<'a> {
    state: &'a ApiState,
    hub: Arc<Hub>,
    hold: Hold,
    token: &'a str,
    user: ApiUser,
    /// Taken out when it is dropped, so that the bell knows whether anybody listens.
    bell: Option<watch::Receiver<()>>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.bell = None;
        let mut hub = self.hub.lock();
        hub.forget_bell(&self.hold.client);
        // Does nothing to one that was answered.
        hub.bayeux.let_go(&self.hold, now_ms());
    }
}

impl<'a> Held<'a> {
    pub(super) fn new(state: &'a ApiState, hold: Hold, token: &'a str, user: ApiUser) -> Self {
        let hub = state.hub.clone();
        let bell = hub.lock().bell(&hold.client);
        Self {
            state,
            hub,
            hold,
            token,
            user,
            bell: Some(bell),
        }
    }

    /// The replies, when there is something to tell or the time is over.
    pub(super) async fn wait(mut self) -> Result<Vec<Json>, ApiError> {
        let store = &self.state.store;
        let mut events = store.watch_events();
        let mut revocations = store.api_revocations();
        let left_ms = u64::try_from(self.hold.until_ms - now_ms()).unwrap_or(0);
        let end = Instant::now() + Duration::from_millis(left_ms);
        let mut recheck = Instant::now() + RECHECK;
        loop {
            events.borrow_and_update();
            if let Some(replies) = self.look().await? {
                return Ok(replies);
            }
            tokio::select! {
                () = sleep_until(end) => return Ok(self.release()),
                () = rung(&mut self.bell) => {}
                _ = events.changed() => {}
                _ = revocations.changed() => {
                    if !self.is_good().await? {
                        return Ok(self.put_out());
                    }
                }
                () = sleep_until(recheck) => {
                    if !self.is_good().await? {
                        return Ok(self.put_out());
                    }
                    recheck = Instant::now() + RECHECK;
                }
            }
        }
    }

    /// Reads what is new for the client.
    async fn look(&mut self) -> Result<Option<Vec<Json>>, ApiError> {
        loop {
            let places = self.hub.lock().bayeux.places(&self.hold);
            let Some(places) = places else {
                return Ok(Some(self.release()));
            };
            let (mut reads, mut has_more) = self.read(&places).await?;
            if reads.iter().any(|read| !read.data.is_empty()) {
                let user = self.user.user.clone();
                if !self.is_good().await? {
                    return Ok(Some(self.put_out()));
                }
                if user != self.user.user {
                    (reads, has_more) = self.read(&places).await?;
                }
            }
            let told = self.hub.lock().bayeux.take(&self.hold, reads, now_ms());
            if told.is_some() || !has_more {
                return Ok(told);
            }
        }
    }

    async fn read(&self, places: &[(String, Channel, i64)]) -> Result<(Vec<Read>, bool), ApiError> {
        let store = &self.state.store;
        let last = store.last_event();
        let mut reads = Vec::new();
        let mut has_more = false;
        for (name, channel, from) in places.iter().filter(|(_, _, from)| *from < last) {
            let page = store.events_after(&self.user.user, channel, *from).await?;
            has_more |= page.has_more;
            reads.push(Read {
                channel: name.clone(),
                from: *from,
                to: page.read_to,
                data: page.deliveries.into_iter().map(|d| d.data).collect(),
            });
        }
        Ok((reads, has_more))
    }

    /// Is the session still good? The user's rights are taken anew.
    async fn is_good(&mut self) -> Result<bool, ApiError> {
        match authenticate(self.state, self.token, self.user.version).await {
            Ok(user) => {
                self.user = user;
                Ok(true)
            }
            Err(error) if error.status == axum::http::StatusCode::UNAUTHORIZED => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn release(&self) -> Vec<Json> {
        self.hub.lock().bayeux.release(&self.hold, now_ms())
    }

    fn put_out(&self) -> Vec<Json> {
        self.hub.lock().bayeux.put_out(&self.hold)
    }
}

/// Waits for the bell; for ever where there is none.
async fn rung(bell: &mut Option<watch::Receiver<()>>) {
    if let Some(bell) = bell
        && bell.changed().await.is_ok()
    {
        return;
    }
    std::future::pending().await
}
