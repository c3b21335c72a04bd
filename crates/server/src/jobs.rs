//! What is done in the background while the server runs: counts are saved, and what was kept
//! long enough is forgotten, in steps so small that nobody waits for them.

use std::path::PathBuf;
use std::time::Duration;

use offhook_org::UserContext;
use offhook_store::usage::UsageLevel;
use offhook_store::{Store, StoreError};
use offhook_telephony::CancellationToken;
use tokio::time::{MissedTickBehavior, interval};

use crate::house::now_ms;

/// How often API calls are saved: what a crash forgets at most.
const SAVE_EVERY: Duration = Duration::from_secs(3);

/// Of how many of these rounds one also tidies up.
const TIDY_EVERY: u32 = 20;

/// Of how many of these rounds one looks for contents of files that nobody needs: once an hour.
const SWEEP_EVERY: u32 = 1_200;

/// Steps of one kind in a round; what is left waits for the next.
const STEPS_MAX: u32 = 200;

/// Works until the end.
pub(crate) async fn work(store: Store, folder: PathBuf, end: CancellationToken) {
    let mut clock = interval(SAVE_EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut level = UsageLevel::Fine;
    let mut round = 0_u32;
    loop {
        tokio::select! {
            () = end.cancelled() => return crate::audit::keep_anchor(&store, &folder).await,
            _ = clock.tick() => {}
        }
        note("count API calls", store.flush_api_usage().await);
        level = alert(&store, level).await;
        if round.is_multiple_of(TIDY_EVERY) {
            tidy(&store, &end).await;
            crate::audit::keep_anchor(&store, &folder).await;
        }
        if round.is_multiple_of(SWEEP_EVERY) {
            note("sweep files", store.sweep_files(now_ms()).await.map(drop));
        }
        round = round.wrapping_add(1);
    }
}

/// Says once when the use of the APIs comes near its limit: in the log and in the audit trail of
/// Setup, where a notice stands on each page besides.
async fn alert(store: &Store, before: UsageLevel) -> UsageLevel {
    let (calls, max) = (
        store.api_calls(now_ms()),
        store.api_limits().daily_requests_max,
    );
    let level = UsageLevel::of(calls, max);
    if level > before {
        match level {
            UsageLevel::Full => tracing::error!(
                calls,
                max,
                "the limit of API calls is reached: API clients are refused; calls and the \
                 console go on. Raise it in Setup > API Usage"
            ),
            _ => tracing::warn!(calls, max, "the use of the APIs comes near its limit"),
        }
        let percent = u128::from(calls) * 100 / u128::from(max.max(1));
        let said = format!("{calls} of {max} API calls of 24 hours are used ({percent} %)");
        let system = UserContext::system();
        let noted = store.audit(&system, "API Usage", "apiUsageAlert", &said);
        note("note the use of the APIs", noted.await);
    }
    level
}

async fn tidy(store: &Store, end: &CancellationToken) {
    for _ in 0..STEPS_MAX {
        let steps = async {
            let events = store.prune_events(now_ms()).await?;
            let counts = store.prune_api_usage(now_ms()).await?;
            let records = store.expire_bin(now_ms()).await?;
            let sign_ins = store.prune_sign_ins(now_ms()).await?;
            Ok::<_, StoreError>(events + counts + records + sign_ins)
        };
        match steps.await {
            Ok(0) => return,
            Ok(_) if end.is_cancelled() => return,
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => return note("tidy up", Err(error)),
        }
    }
}

fn note(what: &str, outcome: Result<(), StoreError>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "could not {what}; it is tried again");
    }
}
