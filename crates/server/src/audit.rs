//! `offhook audit verify`: checks the audit trail's chain, and holds it against the anchors that
//! the server wrote into the data folder, and any that were kept elsewhere.

use std::path::Path;

use offhook_store::{AuditAnchor, AuditReport, Store, audit_anchors};

use crate::cli::AuditOptions;
use crate::data_folder::DataFolder;
use crate::exit::{Failure, OrEnd, Outcome};
use crate::{config, house, say};

/// Problems that are printed; the first is where to look.
const SHOWN_MAX: usize = 10;

/// Checks, prints what is wrong, and ends with 1 when something is.
pub(crate) fn verify(options: &AuditOptions) -> Outcome {
    let config = config::load(&options.config, std::env::vars()).or_end(Failure::Configuration)?;
    DataFolder::open(&config.server.data_folder).or_end(Failure::Data)?;
    let folder = &config.server.data_folder;
    let mut anchors = audit_anchors::read(folder).map_err(anyhow::Error::from)?;
    anchors.extend(given(options)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(async {
        let store = house::open_store(&config).await?;
        let report = store.verify_audit(&anchors).await;
        store.close().await;
        report.or_end(Failure::Data)
    })?;
    tell(&report);
    match report.problems.first() {
        None => Ok(()),
        Some(_) => Err(anyhow::anyhow!(
            "the audit trail is not as it was written; compare it with a backup from before"
        ))?,
    }
}

/// An anchor of the command line: `NUMBER:HASH`.
fn given(options: &AuditOptions) -> Result<Vec<AuditAnchor>, crate::exit::Ended> {
    let mut anchors = Vec::new();
    for text in &options.anchor {
        let parts = text.split_once(':');
        let anchor = parts.and_then(|(number, hash)| {
            Some(AuditAnchor {
                number: number.parse().ok()?,
                hash: hash.to_owned(),
            })
        });
        let anchor = anchor.ok_or_else(|| {
            anyhow::anyhow!("--anchor {text}: a number, a colon and a hash are expected")
        });
        anchors.push(anchor.or_end(Failure::Configuration)?);
    }
    Ok(anchors)
}

fn tell(report: &AuditReport) {
    say(&format!(
        "Entries checked: {}. Heads kept elsewhere that they were held against: {}.",
        report.rows, report.anchors
    ));
    for problem in report.problems.iter().take(SHOWN_MAX) {
        let row = problem.row.as_ref();
        let row = row.map_or(String::new(), |row| format!(" ({row})"));
        say(&format!(
            "  Entry {}{row}: {}.",
            problem.number, problem.what
        ));
    }
    if report.problems.len() > SHOWN_MAX {
        say(&format!(
            "  … and {} more.",
            report.problems.len() - SHOWN_MAX
        ));
    }
    match (&report.head, report.problems.is_empty()) {
        (Some(head), true) => say(&format!(
            "The audit trail is whole. Its head, to be kept elsewhere: {}:{}",
            head.number, head.hash
        )),
        (None, true) => say("The audit trail is empty."),
        (_, false) => {}
    }
}

/// Writes the head of the chain into the data folder, and into the log.
pub(crate) async fn keep_anchor(store: &Store, folder: &Path) {
    let head = match store.audit_head().await {
        Ok(Some(head)) => head,
        Ok(None) => return,
        Err(error) => return tracing::warn!(%error, "the head of the audit trail was not read"),
    };
    match audit_anchors::keep(folder, &head, house::now_ms()) {
        Ok(false) => {}
        Ok(true) => {
            let (number, hash) = (head.number, head.hash);
            tracing::info!(number, %hash, "head of the audit trail");
        }
        Err(error) => tracing::warn!(%error, "the head of the audit trail was not kept"),
    }
}
