//! The audit trail, checked: is every entry as it was written?

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use offhook_store::audit_anchors;

use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::error::Failure;
use crate::session::SignedIn;

struct Line {
    number: i64,
    row: String,
    what: String,
}

#[derive(Template)]
#[template(path = "setup/audit_check.html")]
struct CheckTemplate {
    rows: String,
    anchors: usize,
    head: Option<(i64, String)>,
    problems: Vec<Line>,
}

/// `GET /lightning/setup/audit-trail/verify`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Response, Failure> {
    admit(&who, Place::AuditTrail)?;
    let folder = &state.settings.data_folder;
    let anchors = audit_anchors::read(folder).unwrap_or_else(|error| {
        tracing::warn!(%error, "the anchors of the audit trail were not read");
        Vec::new()
    });
    let report = state.store.verify_audit(&anchors).await?;
    let line = |problem: offhook_store::AuditProblem| Line {
        number: problem.number,
        row: problem.row.map_or(String::new(), |row| row.to_string()),
        what: problem.what,
    };
    let body = CheckTemplate {
        rows: show::number(report.rows.unsigned_abs()),
        anchors: report.anchors,
        head: report.head.map(|head| (head.number, head.hash)),
        problems: report.problems.into_iter().map(line).collect(),
    };
    frame::page(
        &state,
        &who,
        Place::AuditTrail,
        "Audit Trail Check",
        None,
        &body,
    )
    .await
}
