//! Sources and their versions: every save makes one, and going back is a save of an old text.

use offhook_org::UserContext;

use super::{
    BODY_SIZE_MAX, SOURCES_MAX, Source, SourceDraft, SourceError, SourceKind, SourceVersion,
    VERSIONS_MAX, is_name, may_author, name_key,
};
use crate::accounts::to_json;
use crate::database::{DbError, Row, Statement, Transaction};
use crate::error::StoreError;
use crate::{Store, now_ms, serial};

/// Characters of a note.
const NOTE_LENGTH_MAX: usize = 255;

/// Sources with this for their text.
fn select(body: &str) -> String {
    format!(
        "SELECT s.id, s.name, s.settings, s.version, {body}, v.author_name, v.at_ms
         FROM source s JOIN source_version v ON v.source_id = s.id AND v.version = s.version"
    )
}

impl Store {
    /// All sources of a kind by name, without their texts.
    pub async fn sources(&self, kind: SourceKind) -> Result<Vec<Source>, StoreError> {
        let all = format!("{} WHERE s.kind = $1 ORDER BY s.name_key", select("''"));
        let all = Statement::new(all);
        let rows = self.database().read(&all.with(kind.word())).await?;
        rows.iter().map(|row| Ok(source(row)?)).collect()
    }

    /// A source by its number.
    pub async fn source(&self, kind: SourceKind, id: i64) -> Result<Option<Source>, StoreError> {
        let one = format!("{} WHERE s.kind = $1 AND s.id = $2", select("v.body"));
        let one = Statement::new(one).with(kind.word()).with(id);
        self.one_source(&one).await
    }

    /// A source by its name, in any case, with `.` or `__` behind a namespace.
    pub async fn source_named(
        &self,
        kind: SourceKind,
        name: &str,
    ) -> Result<Option<Source>, StoreError> {
        let one = format!("{} WHERE s.kind = $1 AND s.name_key = $2", select("v.body"));
        let one = Statement::new(one).with(kind.word()).with(name_key(name));
        self.one_source(&one).await
    }

    async fn one_source(&self, statement: &Statement) -> Result<Option<Source>, StoreError> {
        let row = self.database().read_one(statement).await?;
        Ok(row.as_ref().map(source).transpose()?)
    }

    /// A new source; its number.
    pub async fn create_source(
        &self,
        user: &UserContext,
        kind: SourceKind,
        draft: &SourceDraft,
    ) -> Result<i64, SourceError> {
        may_author(user)?;
        check(draft)?;
        let mut transaction = self.database().begin().await?;
        let count = Statement::new("SELECT count(*) FROM source WHERE kind = $1");
        let count = transaction.fetch_one(&count.with(kind.word())).await?;
        if count.map_or(Ok(0), |row| row.integer(0))? >= i64::from(SOURCES_MAX) {
            let why = format!("there may be {SOURCES_MAX}: delete one that nobody uses");
            return Err(SourceError::TooLarge(why));
        }
        let number = serial::take(&mut transaction, "source", 1).await?;
        let id = i64::try_from(number).unwrap_or(i64::MAX);
        let insert = Statement::new(
            "INSERT INTO source (id, kind, name, name_key, version, settings)
             VALUES ($1, $2, $3, $4, 1, $5) ON CONFLICT (kind, name_key) DO NOTHING",
        )
        .with(id)
        .with(kind.word())
        .with(draft.name.trim())
        .with(name_key(&draft.name))
        .with(to_json(&draft.settings)?);
        if transaction.execute(&insert).await? == 0 {
            return Err(SourceError::Exists(draft.name.trim().to_owned()));
        }
        insert_version(&mut transaction, user, id, 1, draft).await?;
        let said = format!("Created {}", draft.name.trim());
        let (section, action) = (kind.section(), kind.action("created"));
        self.audit_in(&mut transaction, user, section, &action, &said)
            .await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Another version of a source. `known` is the version that the author began with: if it is
    /// not in force any more, nothing is saved.
    pub async fn save_source(
        &self,
        user: &UserContext,
        kind: SourceKind,
        id: i64,
        known: i64,
        draft: &SourceDraft,
    ) -> Result<i64, SourceError> {
        may_author(user)?;
        check(draft)?;
        let before = self.source(kind, id).await?.ok_or(SourceError::NotFound)?;
        let changed = || SourceError::Changed {
            by: before.author_name.clone(),
        };
        if before.version != known {
            return Err(changed());
        }
        let mut transaction = self.database().begin().await?;
        let taken =
            Statement::new("SELECT id FROM source WHERE kind = $1 AND name_key = $2 AND id <> $3")
                .with(kind.word())
                .with(name_key(&draft.name))
                .with(id);
        if transaction.fetch_one(&taken).await?.is_some() {
            return Err(SourceError::Exists(draft.name.trim().to_owned()));
        }
        let update = Statement::new(
            "UPDATE source SET version = version + 1, name = $3, name_key = $4, settings = $5
             WHERE id = $1 AND version = $2",
        )
        .with(id)
        .with(known)
        .with(draft.name.trim())
        .with(name_key(&draft.name))
        .with(to_json(&draft.settings)?);
        if transaction.execute(&update).await? == 0 {
            return Err(changed());
        }
        insert_version(&mut transaction, user, id, known + 1, draft).await?;
        let prune =
            Statement::new("DELETE FROM source_version WHERE source_id = $1 AND version <= $2");
        let oldest = known + 1 - i64::from(VERSIONS_MAX);
        transaction.execute(&prune.with(id).with(oldest)).await?;
        let said = format!("Saved version {} of {}", known + 1, draft.name.trim());
        let (section, action) = (kind.section(), kind.action("changed"));
        self.audit_in(&mut transaction, user, section, &action, &said)
            .await?;
        transaction.commit().await?;
        Ok(known + 1)
    }

    /// Deletes a source with all its versions.
    pub async fn delete_source(
        &self,
        user: &UserContext,
        kind: SourceKind,
        id: i64,
    ) -> Result<(), SourceError> {
        may_author(user)?;
        let before = self.source(kind, id).await?.ok_or(SourceError::NotFound)?;
        let mut transaction = self.database().begin().await?;
        for table in ["source_version WHERE source_id", "source WHERE id"] {
            let delete = Statement::new(format!("DELETE FROM {table} = $1"));
            transaction.execute(&delete.with(id)).await?;
        }
        let said = format!(
            "Deleted {} with its {} versions",
            before.name, before.version
        );
        let (section, action) = (kind.section(), kind.action("deleted"));
        self.audit_in(&mut transaction, user, section, &action, &said)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The versions that are kept of a source, newest first, without their texts.
    pub async fn source_versions(&self, id: i64) -> Result<Vec<SourceVersion>, StoreError> {
        let all = Statement::new(
            "SELECT version, '', note, author_name, at_ms FROM source_version
             WHERE source_id = $1 ORDER BY version DESC",
        );
        let rows = self.database().read(&all.with(id)).await?;
        rows.iter().map(|row| Ok(version(row)?)).collect()
    }

    /// One version of a source.
    pub async fn source_version(
        &self,
        id: i64,
        number: i64,
    ) -> Result<Option<SourceVersion>, StoreError> {
        let one = Statement::new(
            "SELECT version, body, note, author_name, at_ms FROM source_version
             WHERE source_id = $1 AND version = $2",
        );
        let row = self.database().read_one(&one.with(id).with(number)).await?;
        Ok(row.as_ref().map(version).transpose()?)
    }
}

fn check(draft: &SourceDraft) -> Result<(), SourceError> {
    if !is_name(draft.name.trim()) {
        return Err(SourceError::BadName);
    }
    if draft.body.len() > BODY_SIZE_MAX {
        let why = format!("the text may have {} KiB", BODY_SIZE_MAX / 1024);
        return Err(SourceError::TooLarge(why));
    }
    Ok(())
}

async fn insert_version(
    transaction: &mut Transaction,
    user: &UserContext,
    id: i64,
    number: i64,
    draft: &SourceDraft,
) -> Result<(), DbError> {
    let note: String = draft.note.trim().chars().take(NOTE_LENGTH_MAX).collect();
    let insert = Statement::new(
        "INSERT INTO source_version (source_id, version, body, note, author_name, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .with(id)
    .with(number)
    .with(draft.body.as_str())
    .with(note)
    .with(user.user_name.as_str())
    .with(now_ms());
    transaction.execute(&insert).await?;
    Ok(())
}

fn source(row: &Row) -> Result<Source, DbError> {
    Ok(Source {
        id: row.integer(0)?,
        name: row.text(1)?.to_owned(),
        settings: row.json(2)?,
        version: row.integer(3)?,
        body: row.text(4)?.to_owned(),
        author_name: row.text(5)?.to_owned(),
        at_ms: row.integer(6)?,
    })
}

fn version(row: &Row) -> Result<SourceVersion, DbError> {
    Ok(SourceVersion {
        version: row.integer(0)?,
        body: row.text(1)?.to_owned(),
        note: row.text(2)?.to_owned(),
        author_name: row.text(3)?.to_owned(),
        at_ms: row.integer(4)?,
    })
}
