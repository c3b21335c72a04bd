//! Counting API calls: over restarts, by caller, against the org's limit.

use offhook_store::usage::{ApiLimits, HOUR_MS};

use crate::databases::on_both_databases;
use crate::desk::Desk;

on_both_databases! {
    async fn counts_survive_a_restart(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (rep, admin) = (desk.rep.user.clone().unwrap(), desk.admin.user.clone().unwrap());
        let now_ms = jiff::Timestamp::now().as_millisecond();
        for _ in 0..3 {
            desk.store.count_api_call(&rep, "loader", now_ms);
        }
        desk.store.flush_api_usage().await.unwrap();
        desk.store.count_api_call(&rep, "loader", now_ms);
        desk.store.count_api_call(&admin, "cli", now_ms);
        desk.store.close().await;
        let store = database.open().await;
        assert_eq!(store.api_calls(now_ms), 5);
        let usage = store.count_api_call(&rep, "loader", now_ms);
        assert_eq!((usage.org, usage.caller), (6, 5));
        let report = store.api_usage_report(24, now_ms).await.unwrap();
        assert_eq!(report.by_hour.len(), 24);
        assert_eq!(report.by_hour[23], 6);
        assert_eq!(report.day, 6);
        let callers: Vec<_> = report.callers.iter().map(|c| (c.app.as_str(), c.calls)).collect();
        assert_eq!(callers, [("loader", 5), ("cli", 1)]);
        assert_eq!(report.callers[0].user.as_ref(), Some(&rep));
    }

    async fn the_limit_is_a_setting_and_frees_itself(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let rep = desk.rep.user.clone().unwrap();
        for max in [0, u64::MAX] {
            let limits = ApiLimits { daily_requests_max: max, ..ApiLimits::default() };
            desk.store.put_api_limits(limits).await.unwrap_err();
        }
        let limits = ApiLimits { daily_requests_max: 2, ..ApiLimits::default() };
        desk.store.put_api_limits(limits).await.unwrap();
        let now_ms = jiff::Timestamp::now().as_millisecond();
        let over: Vec<bool> =
            (0..3).map(|_| desk.store.count_api_call(&rep, "a", now_ms).is_over).collect();
        assert_eq!(over, [false, false, true]);
        assert!(!desk.store.count_api_call(&rep, "a", now_ms + 24 * HOUR_MS).is_over);
        desk.store.close().await;
        assert_eq!(database.open().await.api_limits(), limits);
    }

    async fn old_hours_are_forgotten_one_at_a_time(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let rep = desk.rep.user.clone().unwrap();
        let long_ago = 1_000 * HOUR_MS;
        for hour in 0..3 {
            desk.store.count_api_call(&rep, "a", long_ago + hour * HOUR_MS);
        }
        desk.store.flush_api_usage().await.unwrap();
        let now_ms = long_ago + (31 * 24 + 2) * HOUR_MS;
        let gone = [
            desk.store.prune_api_usage(now_ms).await.unwrap(),
            desk.store.prune_api_usage(now_ms).await.unwrap(),
            desk.store.prune_api_usage(now_ms).await.unwrap(),
        ];
        assert_eq!(gone, [1, 1, 0]);
    }
}
