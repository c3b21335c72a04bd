//! Phones that come and go with call centers: users are kept in step with public groups, and a
//! softphone page is cut off when its user has no phone any more and no call either.

use std::time::Duration;

use offhook_org::RecordId;
use offhook_store::Store;

use crate::provider::Sockets;

/// Whoever joins a group has the phone after this at most, and the time of the work.
const EVERY: Duration = Duration::from_secs(2);

/// Keeps phones in step until all pages of the house are gone.
pub(crate) async fn keep(store: Store, sockets: Sockets) {
    let watched = sockets.watch();
    drop(sockets);
    let mut beat = tokio::time::interval(EVERY);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        let Some(sockets) = watched.get() else {
            return;
        };
        if let Err(error) = settle(&store, &sockets).await {
            tracing::debug!(%error, "phones could not be brought in step");
        }
    }
}

async fn settle(store: &Store, sockets: &Sockets) -> Result<(), offhook_store::StoreError> {
    store.settle_call_center_groups().await?;
    let agents = sockets.agents();
    let users: Vec<RecordId> = (agents.iter())
        .filter_map(|agent| RecordId::parse(agent.as_str()).ok())
        .collect();
    for user in store.users_without_phone(&users).await? {
        sockets.close_agent(&offhook_calls::AgentId::new(user.as_str()));
    }
    Ok(())
}
