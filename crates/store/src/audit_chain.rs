//! The audit trail as a chain of hashes: each row has a link, whose hash is over the row and over
//! the link before it. Whoever edits, deletes, reorders or back-dates a row in the database, or
//! adds one, breaks the chain at that row; who cuts its end off, or makes it all anew, is found by
//! anchors: heads of the chain that were written elsewhere as time went by.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::RecordId;

use crate::Store;
use crate::accounts::text_hash;
use crate::database::{DbError, Row, Statement, Transaction};
use crate::error::StoreError;

/// Rows that are read at once.
const STEP_ROWS: i64 = 1_000;

/// Problems that are told; the first is what matters.
const PROBLEMS_MAX: usize = 100;

/// The columns of a row that its link holds fast.
const COLUMNS: &str = "t.createddate, t.createdbyid, t.section, t.action, t.display";

/// A head of the chain as it was at some time, kept outside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditAnchor {
    /// How many links there were.
    pub number: i64,
    /// The hash of the last.
    pub hash: String,
}

/// What is wrong with the trail at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditProblem {
    /// The number of the link, from 1; that of the link before for a row that has none.
    pub number: i64,
    /// The row, where one is known.
    pub row: Option<RecordId>,
    /// What is wrong, for people.
    pub what: String,
}

/// What a check of the whole trail found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Rows that were looked at.
    pub rows: i64,
    /// The last link, to be kept as an anchor.
    pub head: Option<AuditAnchor>,
    /// Anchors that were held against the chain.
    pub anchors: usize,
    /// In the order of the chain, the first first; at most 100.
    pub problems: Vec<AuditProblem>,
}

/// A row of the trail as its link sees it; no text when the row is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Linked {
    number: i64,
    row: String,
    hash: String,
    content: Option<String>,
}

impl Store {
    /// Links a row that was just written to the end of the chain, in the same transaction.
    pub(crate) async fn link_audit_row(
        &self,
        transaction: &mut Transaction,
        row: &RecordId,
    ) -> Result<(), DbError> {
        let lock = self.database().dialect().for_update();
        let head = Statement::new(format!(
            "SELECT number, hash FROM audit_head WHERE id = 1{lock}"
        ));
        let (number, before) = match transaction.fetch_one(&head).await? {
            Some(head) => (head.integer(0)?, head.text(1)?.to_owned()),
            None => {
                return Err(DbError::Corrupt(
                    "the head of the audit trail is gone".into(),
                ));
            }
        };
        let select = Statement::new(format!(
            "SELECT {COLUMNS} FROM org_setupaudittrail t WHERE t.id = $1"
        ));
        let Some(found) = transaction.fetch_one(&select.with(row)).await? else {
            return Err(DbError::Failed("the row of the audit trail is gone".into()));
        };
        let content = content_of(&found, 0)?;
        let number = number + 1;
        let hash = link_hash(&before, number, row.as_str(), &content);
        let link =
            Statement::new("INSERT INTO audit_link (number, row_id, hash) VALUES ($1, $2, $3)");
        transaction
            .execute(&link.with(number).with(row).with(hash.as_str()))
            .await?;
        let move_head = Statement::new("UPDATE audit_head SET number = $1, hash = $2 WHERE id = 1");
        transaction
            .execute(&move_head.with(number).with(hash))
            .await?;
        Ok(())
    }

    /// Links the rows of an org that was made before there was a chain.
    pub(crate) async fn link_old_audit_rows(&self) -> Result<(), StoreError> {
        let head = Statement::new("SELECT number FROM audit_head WHERE id = 1");
        let head = self.database().read_one(&head).await?;
        if head.is_none_or(|head| head.integer(0).unwrap_or(1) > 0) {
            return Ok(());
        }
        let rows = Statement::new("SELECT id FROM org_setupaudittrail ORDER BY id");
        let mut transaction = self.database().begin().await?;
        for row in transaction.fetch(&rows).await? {
            self.link_audit_row(&mut transaction, &row.record_id(0)?)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The end of the chain as it is now; nothing while there is no row.
    pub async fn audit_head(&self) -> Result<Option<AuditAnchor>, StoreError> {
        let head = Statement::new("SELECT number, hash FROM audit_head WHERE id = 1");
        let Some(row) = self.database().read_one(&head).await? else {
            return Ok(None);
        };
        let anchor = AuditAnchor {
            number: row.integer(0)?,
            hash: row.text(1)?.to_owned(),
        };
        Ok((anchor.number > 0).then_some(anchor))
    }

    /// Checks the whole trail, and holds it against what was kept of it elsewhere.
    pub async fn verify_audit(&self, anchors: &[AuditAnchor]) -> Result<AuditReport, StoreError> {
        // One look at the end first: rows that come while it is checked belong to the next check.
        let head = self.audit_head().await?;
        let mut check = Check::new(anchors);
        let mut last = 0;
        loop {
            let select = Statement::new(format!(
                "SELECT l.number, l.row_id, l.hash, t.id, {COLUMNS} FROM audit_link l
                 LEFT JOIN org_setupaudittrail t ON t.id = l.row_id
                 WHERE l.number > $1 ORDER BY l.number LIMIT $2"
            ));
            let rows = self
                .database()
                .read(&select.with(last).with(STEP_ROWS))
                .await?;
            for row in &rows {
                let linked = Linked {
                    number: row.integer(0)?,
                    row: row.text(1)?.to_owned(),
                    hash: row.text(2)?.to_owned(),
                    content: match row.is_null(3) {
                        true => None,
                        false => Some(content_of(row, 4)?),
                    },
                };
                last = linked.number;
                check.take(&linked);
            }
            if rows.len() < usize::try_from(STEP_ROWS).unwrap_or(usize::MAX) {
                break;
            }
        }
        let unlinked = Statement::new(
            "SELECT t.id FROM org_setupaudittrail t
             LEFT JOIN audit_link l ON l.row_id = t.id WHERE l.number IS NULL
             ORDER BY t.id LIMIT 100",
        );
        for row in self.database().read(&unlinked).await? {
            check.unlinked(row.text(0)?);
        }
        Ok(check.end(head))
    }
}

/// The row as one text that no other row has: each part with its length before it.
fn content_of(row: &Row, first: usize) -> Result<String, DbError> {
    let made_ms = match row.is_null(first) {
        true => String::new(),
        false => row.integer(first)?.to_string(),
    };
    let mut content = part(&made_ms);
    for column in first + 1..first + 5 {
        content.push_str(&part(row.optional_text(column)?.unwrap_or_default()));
    }
    Ok(content)
}

fn part(text: &str) -> String {
    format!("{}:{text};", text.len())
}

fn link_hash(before: &str, number: i64, row: &str, content: &str) -> String {
    let number = number.to_string();
    text_hash(&format!(
        "{}{}{}{content}",
        part(before),
        part(&number),
        part(row)
    ))
}

/// A walk along the chain.
struct Check<'a> {
    anchors: BTreeMap<i64, BTreeSet<&'a str>>,
    anchor_count: usize,
    /// The number and the hash of the link before, as stored.
    at: (i64, String),
    problems: Vec<AuditProblem>,
    rows: i64,
}

impl<'a> Check<'a> {
    fn new(anchors: &'a [AuditAnchor]) -> Self {
        let mut by_number: BTreeMap<i64, BTreeSet<&str>> = BTreeMap::new();
        for anchor in anchors {
            by_number
                .entry(anchor.number)
                .or_default()
                .insert(&anchor.hash);
        }
        Self {
            anchors: by_number,
            anchor_count: anchors.len(),
            at: (0, String::new()),
            problems: Vec::new(),
            rows: 0,
        }
    }

    fn take(&mut self, linked: &Linked) {
        self.rows += 1;
        let expected = self.at.0 + 1;
        if linked.number != expected {
            let what = match linked.number - expected {
                1 => format!("entry {expected} is gone"),
                _ => format!("entries {expected} to {} are gone", linked.number - 1),
            };
            self.problem(expected, None, what);
        }
        let row = &linked.row;
        match &linked.content {
            None => self.problem(linked.number, Some(row), "the row was deleted".to_owned()),
            Some(content) => {
                let hash = link_hash(&self.at.1, linked.number, row, content);
                // After a gap nothing fits the link before; the row itself may be as it was.
                if hash != linked.hash && linked.number == expected {
                    let what = "the row was edited, back-dated or moved".to_owned();
                    self.problem(linked.number, Some(row), what);
                }
            }
        }
        let anchors = self.anchors.get(&linked.number);
        if anchors.is_some_and(|hashes| hashes.iter().any(|hash| *hash != linked.hash)) {
            let what = "the entry differs from what was kept of it outside the database";
            self.problem(linked.number, Some(row), what.to_owned());
        }
        self.at = (linked.number, linked.hash.clone());
    }

    fn unlinked(&mut self, row: &str) {
        let what = "the row was added past Offhook, or its entry was deleted".to_owned();
        self.problem(self.at.0, Some(row), what);
    }

    fn problem(&mut self, number: i64, row: Option<&str>, what: String) {
        if self.problems.len() < PROBLEMS_MAX {
            let row = row.and_then(|row| RecordId::parse(row).ok());
            self.problems.push(AuditProblem { number, row, what });
        }
    }

    fn end(mut self, head: Option<AuditAnchor>) -> AuditReport {
        let (last, hash) = self.at.clone();
        let kept = self.anchors.keys().next_back().copied().unwrap_or(0);
        let said = head.as_ref().map_or(0, |head| head.number);
        let wanted = kept.max(said);
        if last < wanted {
            let what = match wanted - last {
                1 => "the last entry is gone".to_owned(),
                gone => format!("the last {gone} entries are gone"),
            };
            self.problem(last + 1, None, what);
        }
        let is_head = head
            .as_ref()
            .is_none_or(|head| head.number != last || head.hash == hash);
        if !is_head {
            self.problem(last, None, "the head of the chain is another".to_owned());
        }
        self.problems.sort_by_key(|problem| problem.number);
        AuditReport {
            rows: self.rows,
            head: (last > 0).then_some(AuditAnchor { number: last, hash }),
            anchors: self.anchor_count,
            problems: self.problems,
        }
    }
}

#[cfg(test)]
mod tests;
