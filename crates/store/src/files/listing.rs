//! Files as pages list them: those of a record, the versions of one, and where it is linked.

use offhook_org::access::AccessLevel;
use offhook_org::files::Preview;
use offhook_org::schema::Object;
use offhook_org::{RecordId, UserContext};

use super::content::preview_of;
use crate::Store;
use crate::database::{DbError, Row, Statement};
use crate::error::StoreError;
use crate::org::visibility::{Asker, push_level};

/// Rows of one list.
const ROWS_MAX: u32 = 200;

/// A file, or one version of it, as a line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// The file.
    pub document: RecordId,
    /// Its latest version, or the version that the line is about.
    pub version: RecordId,
    /// Title.
    pub title: String,
    /// The platform's word: `PDF`.
    pub file_type: String,
    /// Small letters, without the dot; may be empty.
    pub extension: String,
    /// Bytes.
    pub size: u64,
    /// Its owner.
    pub owner: Option<RecordId>,
    /// When the content came, UTC milliseconds.
    pub changed_at_ms: i64,
    /// `1`, `2`, …
    pub version_number: String,
    /// Why there is another version; may be empty.
    pub reason: String,
    /// Whether it can be shown in a page.
    pub preview: Preview,
}

/// What every list selects; `d` is the file, `v` the version, `c` its content.
const COLUMNS: &str = "org_contentdocument.id, v.id, v.title, v.filetype, v.fileextension, c.size, \
    v.contentmodifiedbyid, v.contentmodifieddate, v.versionnumber, v.reasonforchange, c.preview, \
    org_contentdocument.ownerid";

impl Store {
    /// The files that are linked to a record and that the user may see, the newest first, and how
    /// many there are in all.
    pub async fn linked_files(
        &self,
        user: &UserContext,
        record: &RecordId,
        limit: u32,
    ) -> Result<(Vec<FileRow>, u64), StoreError> {
        let Some(object) = self.readable_object(user, &"ContentDocument".into()) else {
            return Ok((Vec::new(), 0));
        };
        let from = |columns: &str| {
            let mut statement = Statement::new(format!(
                "SELECT {columns} FROM org_contentdocumentlink AS l
                 JOIN org_contentdocument ON org_contentdocument.id = l.contentdocumentid
                 JOIN org_contentversion AS v
                     ON v.id = org_contentdocument.latestpublishedversionid
                 JOIN file_content AS c ON c.version = v.id
                 WHERE NOT l.is_deleted AND NOT org_contentdocument.is_deleted
                     AND l.linkedentityid = "
            ));
            statement.arg(record);
            seen(&mut statement, self.asker(user), &object);
            statement
        };
        let mut rows = from(COLUMNS);
        rows.push(" ORDER BY v.contentmodifieddate DESC, v.id DESC LIMIT ");
        rows.arg(limit.min(ROWS_MAX));
        let rows = self.database().read(&rows).await?;
        let count = self.database().read_one(&from("count(*)")).await?;
        let count = count.map_or(Ok(0), |row| row.integer(0))?;
        Ok((files(&rows)?, u64::try_from(count).unwrap_or(0)))
    }

    /// The versions of a file that the user may see, the latest first; none of a file that the
    /// user may not see.
    pub async fn file_versions(
        &self,
        user: &UserContext,
        document: &RecordId,
    ) -> Result<Vec<FileRow>, StoreError> {
        let Some(object) = self.readable_object(user, &"ContentDocument".into()) else {
            return Ok(Vec::new());
        };
        let mut rows = Statement::new(format!(
            "SELECT {COLUMNS} FROM org_contentdocument
             JOIN org_contentversion AS v ON v.contentdocumentid = org_contentdocument.id
             JOIN file_content AS c ON c.version = v.id
             WHERE NOT v.is_deleted AND NOT org_contentdocument.is_deleted
                 AND org_contentdocument.id = "
        ));
        rows.arg(document);
        seen(&mut rows, self.asker(user), &object);
        rows.push(" ORDER BY v.islatest DESC, v.contentmodifieddate DESC, v.id DESC LIMIT ");
        rows.arg(ROWS_MAX);
        Ok(files(&self.database().read(&rows).await?)?)
    }

    /// The records that a file is linked to and that the user may see.
    pub async fn linked_records(
        &self,
        user: &UserContext,
        document: &RecordId,
    ) -> Result<Vec<RecordId>, StoreError> {
        let Some(object) = self.readable_object(user, &"ContentDocumentLink".into()) else {
            return Ok(Vec::new());
        };
        let mut links = Statement::new(
            "SELECT linkedentityid FROM org_contentdocumentlink
             WHERE NOT is_deleted AND contentdocumentid = ",
        );
        links.arg(document);
        let table = "org_contentdocumentlink";
        push_level(
            &mut links,
            self.asker(user),
            &object,
            table,
            AccessLevel::Read,
        );
        links.push(" ORDER BY linkedentityid LIMIT ").arg(ROWS_MAX);
        let rows = self.database().read(&links).await?;
        let records = rows.iter().map(|row| row.record_id(0));
        Ok(records.collect::<Result<Vec<_>, _>>()?)
    }
}

fn seen(statement: &mut Statement, asker: Asker<'_>, document: &Object) {
    let table = "org_contentdocument";
    push_level(statement, asker, document, table, AccessLevel::Read);
}

fn files(rows: &[Row]) -> Result<Vec<FileRow>, DbError> {
    let text = |row: &Row, column| {
        Ok::<_, DbError>(row.optional_text(column)?.unwrap_or_default().to_owned())
    };
    let file = |row: &Row| {
        let by = row.optional_text(6)?.or(row.optional_text(11)?);
        Ok(FileRow {
            document: row.record_id(0)?,
            version: row.record_id(1)?,
            title: text(row, 2)?,
            file_type: text(row, 3)?,
            extension: text(row, 4)?,
            size: u64::try_from(row.integer(5)?).unwrap_or(0),
            owner: by.and_then(|id| RecordId::parse(id).ok()),
            changed_at_ms: row.integer(7)?,
            version_number: text(row, 8)?,
            reason: text(row, 9)?,
            preview: preview_of(row.text(10)?),
        })
    };
    rows.iter().map(file).collect()
}
