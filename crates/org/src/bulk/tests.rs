//! What jobs may become, and what headers mean.

use super::*;
use crate::{RecordId, Schema};

fn begin(api: BulkApi, request: &JobRequest) -> Result<Job, BulkRefusal> {
    let id = RecordId::from_serial("750", 1);
    let user = RecordId::from_serial("005", 1);
    Job::begin(api, request, id, user, "64.0", 1_000)
}

fn insert() -> JobRequest {
    JobRequest {
        operation: "insert".to_owned(),
        object: "Contact".to_owned(),
        ..JobRequest::default()
    }
}

#[test]
fn an_ingest_job_takes_data_until_its_upload_is_complete() {
    let mut job = begin(BulkApi::V2Ingest, &insert()).unwrap();
    assert_eq!(job.state, JobState::Open);
    assert!(job.takes_data().is_ok());
    assert!(job.ask(JobState::UploadComplete, 2_000).unwrap());
    assert_eq!(job.changed_ms, 2_000);
    assert_eq!(job.takes_data().unwrap_err().code, "INVALIDJOBSTATE");
    assert!(!job.ask(JobState::UploadComplete, 3_000).unwrap());
}

#[test]
fn a_job_that_is_over_takes_no_step() {
    for over in [JobState::JobComplete, JobState::Failed, JobState::Aborted] {
        for wanted in [JobState::Open, JobState::UploadComplete, JobState::Aborted] {
            let mut job = begin(BulkApi::V2Ingest, &insert()).unwrap();
            job.state = over;
            if over == wanted {
                continue;
            }
            assert_eq!(job.ask(wanted, 0).unwrap_err().code, "INVALIDJOBSTATE");
            assert_eq!(job.state, over);
        }
    }
}

#[test]
fn a_job_in_progress_is_aborted_before_it_is_deleted() {
    let mut job = begin(BulkApi::V2Ingest, &insert()).unwrap();
    job.state = JobState::InProgress;
    assert!(job.may_delete().is_err());
    assert!(job.ask(JobState::Aborted, 5).unwrap());
    assert!(job.may_delete().is_ok());
}

#[test]
fn wishes_that_do_not_go_together_are_refused_with_what_to_do() {
    let bad = [
        (
            BulkApi::V2Ingest,
            JobRequest {
                operation: "explode".into(),
                ..insert()
            },
            "insert",
        ),
        (
            BulkApi::V2Ingest,
            JobRequest {
                operation: "query".into(),
                ..insert()
            },
            "jobs/query",
        ),
        (BulkApi::V2Query, insert(), "jobs/ingest"),
        (
            BulkApi::V2Query,
            JobRequest {
                operation: "query".into(),
                ..insert()
            },
            "query",
        ),
        (
            BulkApi::V2Ingest,
            JobRequest {
                operation: "upsert".into(),
                ..insert()
            },
            "externalId",
        ),
        (
            BulkApi::V2Ingest,
            JobRequest {
                content_type: "JSON".into(),
                ..insert()
            },
            "CSV",
        ),
        (
            BulkApi::V2Ingest,
            JobRequest {
                delimiter: "DOT".into(),
                ..insert()
            },
            "SEMICOLON",
        ),
        (
            BulkApi::V2Ingest,
            JobRequest {
                line_ending: "CR".into(),
                ..insert()
            },
            "CRLF",
        ),
    ];
    for (api, request, hint) in bad {
        let refusal = begin(api, &request).unwrap_err();
        assert_eq!(refusal.code, "INVALIDJOB");
        assert!(refusal.message.contains(hint), "{refusal}");
    }
}

#[test]
fn a_header_knows_ids_fields_and_references_by_external_id() {
    let schema = Schema::standard();
    let task = schema.object("Task").unwrap();
    let names = ["id", "subject", "Lead:Who.Email", "Owner.Username"];
    let header = Header::read(&schema, task, names).unwrap();
    let lookup = |field: &str, object: &str, key: &str| Column::Lookup {
        field: field.into(),
        object: object.into(),
        key: key.into(),
    };
    let expected = [
        Column::Id,
        Column::Field("Subject".into()),
        lookup("WhoId", "Lead", "Email"),
        lookup("OwnerId", "User", "Username"),
    ];
    assert_eq!(header.columns, expected);
}

#[test]
fn a_column_that_is_no_field_fails_the_batch_by_name() {
    let schema = Schema::standard();
    let task = schema.object("Task").unwrap();
    for (names, found) in [
        (vec!["Subject", "Colour"], "Field name not found : Colour"),
        (vec!["Nobody.Email"], "Field name not found : Nobody.Email"),
        (vec!["Who.Colour"], "Field name not found : Who.Colour"),
        (vec!["Subject", "SUBJECT"], "Duplicate field name : Subject"),
        (vec![], "names no columns"),
    ] {
        let refusal = Header::read(&schema, task, names).unwrap_err();
        assert_eq!(refusal.code, "INVALIDBATCH");
        assert!(refusal.message.contains(found), "{refusal}");
    }
}
