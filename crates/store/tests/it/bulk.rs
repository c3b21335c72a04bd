//! Bulk jobs: whose they are, which batch is next, and that a row is written once.

use offhook_org::bulk::{BatchState, BulkApi, Job, JobRequest, JobState, Outcome};
use offhook_org::record::Fields;
use offhook_org::{UserContext, Value};
use offhook_store::bulk::{BulkFailure, RowWrite};
use offhook_store::org::{Filter, ListQuery, Write, WriteOptions};

use crate::databases::on_both_databases;
use crate::desk::Desk;

async fn job(desk: &Desk, user: &UserContext, api: BulkApi) -> Job {
    let request = JobRequest {
        operation: "insert".to_owned(),
        object: "Lead".to_owned(),
        ..JobRequest::default()
    };
    let job = desk
        .store
        .create_bulk_job(user, api, &request, "64.0", 1_000);
    job.await.unwrap()
}

fn rows(names: &[&str]) -> Vec<RowWrite> {
    let row = |name: &&str| {
        let mut fields = Fields::new();
        fields.insert("LastName".into(), Value::Text((*name).to_owned()));
        if *name != "Nobody" {
            fields.insert("Company".into(), Value::Text("Bulk".to_owned()));
        }
        Ok(Write::Create {
            object: "Lead".into(),
            fields,
            lookups: Vec::new(),
        })
    };
    names.iter().map(row).collect()
}

async fn leads(desk: &Desk) -> Vec<String> {
    let query = ListQuery {
        object: "Lead".into(),
        filters: vec![Filter::IsNull("Email".into())],
        order: Some(("LastName".into(), offhook_store::org::Order::Ascending)),
        offset: 0,
        limit: 50,
    };
    let page = desk
        .store
        .list(&UserContext::system(), &query)
        .await
        .unwrap();
    let names = page.records.iter().map(|r| r.text("LastName").to_owned());
    names.collect()
}

on_both_databases! {
    async fn a_job_is_its_makers_and_the_administrators(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let job = job(&desk, &desk.rep, BulkApi::V2Ingest).await;
        for (user, sees) in [(&desk.rep, true), (&desk.admin, true), (&desk.other_rep, false)] {
            let found = desk.store.bulk_job(user, BulkApi::V2Ingest, &job.id).await;
            assert_eq!(found.is_ok(), sees);
            let listed = desk.store.bulk_jobs(user, BulkApi::V2Ingest, None, 10).await.unwrap();
            assert_eq!(listed.len(), usize::from(sees));
        }
        let wrong = desk.store.bulk_job(&desk.rep, BulkApi::V2Query, &job.id).await;
        assert!(matches!(wrong, Err(BulkFailure::NotFound)));
        let foreign = desk.store.put_bulk_input(&desk.other_rep, &job.id, "LastName\nx\n").await;
        assert!(matches!(foreign, Err(BulkFailure::NotFound)));
        desk.store.delete_bulk_job(&desk.rep, BulkApi::V2Ingest, &job.id).await.unwrap();
        let gone = desk.store.bulk_job(&desk.rep, BulkApi::V2Ingest, &job.id).await;
        assert!(matches!(gone, Err(BulkFailure::NotFound)));
        desk.store.close().await;
    }

    async fn an_upload_that_is_repeated_counts_once(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let job = job(&desk, &desk.rep, BulkApi::V2Ingest).await;
        // Longer than a stored piece, with letters of several bytes at every place.
        let text = format!("LastName\n{}\n", "äö€😀".repeat(200_000));
        store.put_bulk_input(&desk.rep, &job.id, &text).await.unwrap();
        store.put_bulk_input(&desk.rep, &job.id, &text).await.unwrap();
        assert_eq!(store.bulk_input(&job.id).await.unwrap(), text);
        assert!(store.claim_bulk_batch(2_000).await.unwrap().is_none());
        let complete = JobState::UploadComplete;
        store.ask_bulk_job(&desk.rep, BulkApi::V2Ingest, &job.id, complete, 3_000).await.unwrap();
        let late = store.put_bulk_input(&desk.rep, &job.id, "LastName\nx\n").await;
        assert!(matches!(late, Err(BulkFailure::Refused(_))));
        assert_eq!(store.bulk_input(&job.id).await.unwrap(), text);
        store.close().await;
    }

    async fn a_row_is_written_once_however_often_the_work_is_cut(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let options = WriteOptions::default();
        let job = job(&desk, &desk.rep, BulkApi::V2Ingest).await;
        let complete = JobState::UploadComplete;
        store.ask_bulk_job(&desk.rep, BulkApi::V2Ingest, &job.id, complete, 0).await.unwrap();
        let mut claim = store.claim_bulk_batch(1).await.unwrap().unwrap();
        assert_eq!((claim.next_row, claim.job.state), (0, JobState::InProgress));
        let first = rows(&["Ann", "Nobody"]);
        assert!(store.write_bulk_rows(&desk.rep, &mut claim, first, &options, 5).await.unwrap());
        // The process ends here; the next one claims the same batch.
        let mut claim = store.claim_bulk_batch(2).await.unwrap().unwrap();
        assert_eq!(claim.next_row, 2);
        let mut second = rows(&["Bob"]);
        second.push(Err("MALFORMED_ID:malformed id x:Id --".to_owned()));
        assert!(store.write_bulk_rows(&desk.rep, &mut claim, second, &options, 5).await.unwrap());
        store.finish_bulk_batch(&claim, None, 0, 9).await.unwrap();
        assert_eq!(leads(&desk).await, ["Ann", "Bob"]);
        let job = store.bulk_job(&desk.rep, BulkApi::V2Ingest, &job.id).await.unwrap();
        assert_eq!(job.state, JobState::JobComplete);
        assert_eq!((job.counts.processed, job.counts.failed), (4, 2));
        let piece = store.bulk_output(&job.id, 0).await.unwrap().unwrap();
        let outcomes: Vec<Outcome> = serde_json::from_str(&piece.body).unwrap();
        assert!(matches!(&outcomes[0], Outcome::Written { created: true, .. }));
        let expected = "REQUIRED_FIELD_MISSING:Required fields are missing: [Company]:Company --";
        assert!(
            matches!(&outcomes[1], Outcome::Refused(why) if why.as_str() == expected),
            "{outcomes:?}"
        );
        assert!(store.claim_bulk_batch(10).await.unwrap().is_none());
        store.close().await;
    }

    async fn an_aborted_job_writes_nothing_more(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let job = job(&desk, &desk.rep, BulkApi::V2Ingest).await;
        let ask = |state| store.ask_bulk_job(&desk.rep, BulkApi::V2Ingest, &job.id, state, 0);
        ask(JobState::UploadComplete).await.unwrap();
        let mut claim = store.claim_bulk_batch(1).await.unwrap().unwrap();
        ask(JobState::Aborted).await.unwrap();
        let options = WriteOptions::default();
        let goes_on = store.write_bulk_rows(&desk.rep, &mut claim, rows(&["Ann"]), &options, 0);
        assert!(!goes_on.await.unwrap());
        store.finish_bulk_batch(&claim, None, 0, 9).await.unwrap();
        assert!(leads(&desk).await.is_empty());
        let job = store.bulk_job(&desk.rep, BulkApi::V2Ingest, &job.id).await.unwrap();
        assert_eq!(job.state, JobState::Aborted);
        assert!(store.claim_bulk_batch(2).await.unwrap().is_none());
        store.close().await;
    }

    async fn batches_of_the_first_generation_take_their_turns(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let job = job(&desk, &desk.rep, BulkApi::Classic).await;
        let one = store.add_bulk_batch(&desk.rep, &job.id, "LastName\nx\n", 10).await.unwrap();
        let two = store.add_bulk_batch(&desk.rep, &job.id, "LastName\ny\n", 10).await.unwrap();
        let claim = store.claim_bulk_batch(11).await.unwrap().unwrap();
        assert_eq!(claim.batch.id, one.id);
        store.finish_bulk_batch(&claim, Some("InvalidBatch : no"), 0, 12).await.unwrap();
        let claim = store.claim_bulk_batch(13).await.unwrap().unwrap();
        assert_eq!(claim.batch.id, two.id);
        store.finish_bulk_batch(&claim, None, 0, 14).await.unwrap();
        let batches = store.bulk_batches(&desk.rep, &job.id).await.unwrap();
        let states: Vec<_> = batches.iter().map(|batch| batch.state).collect();
        assert_eq!(states, [BatchState::Failed, BatchState::Completed]);
        let state = JobState::Closed;
        store.ask_bulk_job(&desk.rep, BulkApi::Classic, &job.id, state, 0).await.unwrap();
        let late = store.add_bulk_batch(&desk.rep, &job.id, "LastName\nz\n", 20).await;
        assert!(matches!(late, Err(BulkFailure::Refused(_))));
        store.close().await;
    }
}
