//! Calls and the outbox: durable, in order, once.

use std::sync::Arc;

use offhook_calls::{AgentId, CallId, CallRecord, CallState, Direction, LogEntry, LogKey};
use offhook_store::calls::Durable;

use crate::databases::on_both_databases;

pub(crate) fn call(id: &str, version: u64, state: CallState) -> CallRecord {
    CallRecord {
        call: CallId::new(id),
        version,
        direction: Direction::Inbound,
        trunk: "loopback".to_owned(),
        far_number: "+14155550100".to_owned(),
        far_name: None,
        dialled: "+14155550199".to_owned(),
        agent: Some(AgentId::new("005000000000001AAA")),
        state,
        started_at_ms: 1_000,
        answered_at_ms: None,
        ended_at_ms: None,
        ring_duration_ms: 0,
        talk_duration_ms: 0,
        end_cause: None,
        record: None,
        outcome: None,
        notes: String::new(),
        task: None,
    }
}

fn row(id: &str, version: u64, state: CallState) -> Durable {
    Durable::Call(Box::new(call(id, version, state)))
}

pub(crate) fn log(call: &CallRecord, agent: &str) -> LogEntry {
    LogEntry {
        key: LogKey {
            call: call.call.clone(),
            agent: AgentId::new(agent),
        },
        call: call.clone(),
    }
}

on_both_databases! {
    async fn an_older_version_of_a_call_never_replaces_a_newer_one(database: TestDatabase) {
        let store = database.open().await;
        let newer = row("01A", 7, CallState::Talking);
        store.commit(&[newer, row("01A", 5, CallState::Ringing)]).await.unwrap();
        store.commit(&[row("01A", 7, CallState::Closed)]).await.unwrap();
        let stored = store.call(&CallId::new("01A")).await.unwrap().unwrap();
        assert_eq!((stored.version, stored.state), (7, CallState::Talking));
    }

    async fn only_calls_that_are_not_closed_are_open_after_a_restart(database: TestDatabase) {
        let store = database.open().await;
        let calls = [
            row("01A", 1, CallState::Ringing),
            row("01B", 1, CallState::Talking),
            row("01C", 1, CallState::WrapUp),
            row("01D", 1, CallState::Closed),
            row("01B", 2, CallState::Closed),
        ];
        store.commit(&calls).await.unwrap();
        store.close().await;
        let store = database.open().await;
        let open = store.open_calls().await.unwrap();
        let open: Vec<_> = open.iter().map(|c| c.call.as_str()).collect();
        assert_eq!(open, ["01A", "01C"]);
    }

    async fn recent_calls_are_the_agents_own_newest_first(database: TestDatabase) {
        let store = database.open().await;
        for (id, started_at_ms, agent) in [("01A", 5, "x"), ("01B", 9, "x"), ("01C", 7, "y")] {
            let mut call = call(id, 1, CallState::Closed);
            call.started_at_ms = started_at_ms;
            call.agent = Some(AgentId::new(agent));
            store.commit(&[Durable::Call(Box::new(call))]).await.unwrap();
        }
        let ids = |calls: Vec<CallRecord>| -> Vec<String> {
            calls.into_iter().map(|c| c.call.to_string()).collect()
        };
        let agent = AgentId::new("x");
        assert_eq!(ids(store.recent_calls(&agent, 10).await.unwrap()), ["01B", "01A"]);
        assert_eq!(ids(store.recent_calls(&agent, 1).await.unwrap()), ["01B"]);
        assert_eq!(ids(store.latest_calls(2).await.unwrap()), ["01B", "01C"]);
    }

    async fn many_callers_at_once_are_all_committed(database: TestDatabase) {
        let store = Arc::new(database.open().await);
        let tasks: Vec<_> = (0..300)
            .map(|i| {
                let store = store.clone();
                tokio::spawn(async move {
                    let call = row(&format!("call{i:03}"), 1, CallState::Ringing);
                    store.commit(&[call]).await.unwrap();
                    let id = CallId::new(format!("call{i:03}"));
                    assert!(store.call(&id).await.unwrap().is_some());
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(store.open_calls().await.unwrap().len(), 300);
    }

    async fn a_row_that_cannot_be_written_does_not_stop_the_others(database: TestDatabase) {
        let store = Arc::new(database.open().await);
        let commits: Vec<_> = (0..40)
            .map(|i| {
                let store = store.clone();
                let version = if i % 10 == 0 { u64::MAX } else { 1 };
                tokio::spawn(async move {
                    let rows = [
                        row(&format!("{i}a"), 1, CallState::Ringing),
                        row(&format!("{i}b"), version, CallState::Ringing),
                    ];
                    store.commit(&rows).await.is_ok()
                })
            })
            .collect();
        let mut committed = 0;
        for commit in commits {
            committed += usize::from(commit.await.unwrap());
        }
        assert_eq!(committed, 36);
        assert_eq!(store.open_calls().await.unwrap().len(), 2 * committed);
    }

    async fn a_log_enters_the_outbox_once_for_each_key(database: TestDatabase) {
        let store = database.open().await;
        let call = call("01A", 1, CallState::WrapUp);
        let entry = log(&call, "005000000000001AAA");
        let mut again = entry.clone();
        again.call.notes = "changed".to_owned();
        store.commit(&[Durable::Log(Box::new(entry.clone()))]).await.unwrap();
        store.commit(&[Durable::Log(Box::new(again))]).await.unwrap();
        let due = store.due_logs(0, 10).await.unwrap();
        assert_eq!(due.len(), 1);
        assert_eq!(due[0].entry, entry);
    }

    async fn a_log_that_is_put_off_comes_back_when_its_time_has_come(database: TestDatabase) {
        let store = database.open().await;
        let entry = log(&call("01A", 1, CallState::WrapUp), "005000000000001AAA");
        store.commit(&[Durable::Log(Box::new(entry.clone()))]).await.unwrap();
        store.postpone_log(&entry.key, "busy", Some(5_000)).await.unwrap();
        assert!(store.due_logs(4_999, 10).await.unwrap().is_empty());
        assert_eq!(store.due_logs(5_000, 10).await.unwrap()[0].attempts, 1);

        store.postpone_log(&entry.key, "REQUIRED_FIELD_MISSING", None).await.unwrap();
        assert!(store.due_logs(i64::MAX, 10).await.unwrap().is_empty());
        let parked = store.parked_logs().await.unwrap();
        assert_eq!(parked, [(entry.clone(), "REQUIRED_FIELD_MISSING".to_owned())]);

        store.resend_log(&entry.key).await.unwrap();
        assert!(store.parked_logs().await.unwrap().is_empty());
        assert_eq!(store.due_logs(0, 10).await.unwrap()[0].attempts, 2);
    }

    async fn call_ids_are_new_and_sort_by_time(database: TestDatabase) {
        let store = database.open().await;
        let ids: std::collections::BTreeSet<_> = (0..1_000).map(|_| store.new_call_id()).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| id.as_str().len() == 26));
    }
}
