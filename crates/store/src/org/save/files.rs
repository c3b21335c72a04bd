//! Steps of the gate that are about files: a version brings its file and its links along, a
//! change of the one is a change of the other, and a link is made by whoever may share.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::access::AccessLevel;
use offhook_org::files::{Preview, base_name, recognise, title_of};
use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode};
use offhook_org::schema::Object;
use offhook_org::{FieldName, Record, RecordId, Value};

use super::changes::{Changed, Kind};
use super::complete;
use super::gate::{Draft, Gate};
use super::row::SHELF;
use crate::database::{DbError, Statement, Transaction};
use crate::files::Stored;

/// The content that a new version brings, and where it belongs.
pub(super) struct NewVersion {
    content: Stored,
    media_type: &'static str,
    preview: Preview,
    document: RecordId,
    is_first: bool,
    number: i64,
}

impl Gate<'_> {
    /// Before rows are written: what a new version must have, and what follows from its content;
    /// who may link a file to what.
    pub(super) async fn prepare_files(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        match object.name.as_str() {
            "ContentVersion" => self.prepare_versions(transaction, drafts).await,
            "ContentDocumentLink" => self.check_links(transaction, drafts).await,
            "ContentDocument" => {
                let owner = FieldName::new("OwnerId");
                let gives = |draft: &Draft| {
                    draft.prepared.contains_key(&owner) && draft.level < AccessLevel::Full
                };
                for draft in drafts.iter_mut().filter(|draft| gives(draft)) {
                    let error = SaveError::no_access("give away", "this file");
                    draft.refuse(error);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// After rows are written: the rows that go with them.
    pub(super) async fn complete_files(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        drafts: &mut [Draft],
        changes: &[Changed],
    ) -> Result<(), DbError> {
        match object.name.as_str() {
            "ContentVersion" => {
                for draft in drafts.iter_mut() {
                    let id = draft.written.as_ref().map(|written| written.id.clone());
                    if let (Some(version), Some(id)) = (draft.version.take(), id)
                        && let Some(change) = changes.iter().find(|c| c.id == id)
                    {
                        self.complete_version(transaction, &version, change).await?;
                    }
                }
                let renamed = changes.iter().filter(|c| c.kind == Kind::Update);
                for change in renamed {
                    self.rename_document(transaction, change).await?;
                }
                Ok(())
            }
            "ContentDocument" => {
                for change in changes.iter().filter(|c| c.kind == Kind::Update) {
                    self.follow_document(transaction, change).await?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn prepare_versions(
        &self,
        transaction: &mut Transaction,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        let mut numbers = BTreeMap::new();
        let is_new = |draft: &&mut Draft| !draft.is_refused() && draft.before.is_none();
        for draft in drafts.iter_mut().filter(is_new) {
            let content = match self.content_of(draft) {
                Ok(content) => content,
                Err(error) => {
                    draft.refuse(error);
                    continue;
                }
            };
            let path = text(&draft.prepared, "PathOnClient");
            let name = base_name(&path);
            if name.is_empty() {
                draft.refuse(missing("PathOnClient", "Path On Client"));
                continue;
            }
            let given = reference(&draft.prepared, "ContentDocumentId");
            let location = reference(&draft.prepared, "FirstPublishLocationId");
            if given.is_some() && location.is_some() {
                draft.refuse(published_already());
                continue;
            }
            let (document, is_first) = match given {
                Some(document) => (document, false),
                None => (self.new_id(transaction, "ContentDocument").await?, true),
            };
            let number = match numbers.get(&document) {
                Some(last) => last + 1,
                None if is_first => 1,
                None => self.versions_of(transaction, &document).await? + 1,
            };
            numbers.insert(document.clone(), number);
            let facts = recognise(&name, &content.head);
            let version = NewVersion {
                content,
                media_type: facts.media_type,
                preview: facts.preview,
                document,
                is_first,
                number,
            };
            self.derive_version(&mut draft.prepared, &version, &path, facts.file_type);
            put(
                &mut draft.prepared,
                "FileExtension",
                extension(facts.extension),
            );
            draft.version = Some(version);
        }
        Ok(())
    }

    /// The content that the version brings; what stood for it is taken out of the fields.
    fn content_of(&self, draft: &mut Draft) -> Result<Stored, SaveError> {
        let upload = draft.prepared.remove(&FieldName::new("VersionData"));
        let Some(Value::Text(upload)) = upload else {
            return Err(missing("VersionData", "Version Data"));
        };
        let shelf = self.store.shelf().map_err(|_| {
            let words = "files are not kept here: no folder for them was named";
            SaveError::new(
                SaveErrorCode::InvalidFieldForInsertUpdate,
                words,
                Vec::new(),
            )
        })?;
        shelf.waiting_content(self.user.user.as_ref(), &upload)
    }

    /// What follows from the content, or from the name.
    fn derive_version(
        &self,
        fields: &mut Fields,
        version: &NewVersion,
        path: &str,
        file_type: &str,
    ) {
        if text(fields, "Title").is_empty() {
            put(fields, "Title", Value::Text(title_of(path)));
        }
        let size = i64::try_from(version.content.size).unwrap_or(i64::MAX);
        let by = self.user.user.clone().map_or(Value::Null, Value::Reference);
        let number = version.number.to_string();
        put(
            fields,
            "ContentDocumentId",
            Value::Reference(version.document.clone()),
        );
        put(fields, "IsLatest", Value::Boolean(true));
        put(fields, "VersionNumber", Value::Text(number));
        put(fields, "IsMajorVersion", Value::Boolean(true));
        put(fields, "ContentSize", Value::Integer(size));
        put(fields, "Checksum", Value::Text(version.content.md5.clone()));
        put(fields, "FileType", Value::Text(file_type.to_owned()));
        put(fields, "ContentModifiedDate", Value::DateTime(self.now_ms));
        put(fields, "ContentModifiedById", by);
    }

    /// Versions that a file has, in the recycle bin or not. Nobody else adds one meanwhile.
    async fn versions_of(
        &self,
        transaction: &mut Transaction,
        document: &RecordId,
    ) -> Result<i64, DbError> {
        let mut hold = Statement::new("SELECT id FROM org_contentdocument WHERE id = ");
        hold.arg(document);
        hold.push(self.store.database().dialect().for_update());
        transaction.fetch_one(&hold).await?;
        let count =
            Statement::new("SELECT count(*) FROM org_contentversion WHERE contentdocumentid = $1");
        let row = transaction.fetch_one(&count.with(document)).await?;
        row.map_or(Ok(0), |row| row.integer(0))
    }

    async fn complete_version(
        &self,
        transaction: &mut Transaction,
        version: &NewVersion,
        change: &Changed,
    ) -> Result<(), DbError> {
        let content = &version.content;
        let size = i64::try_from(content.size).unwrap_or(i64::MAX);
        let row = Statement::new(
            "INSERT INTO file_content (version, sha256, size, media_type, preview)
             VALUES ($1, $2, $3, $4, $5)",
        );
        let row = row
            .with(&change.id)
            .with(content.sha256.as_str())
            .with(size)
            .with(version.media_type)
            .with(preview_word(version.preview));
        transaction.execute(&row).await?;
        let unmark = Statement::new("DELETE FROM file_unnamed WHERE sha256 = $1");
        transaction
            .execute(&unmark.with(content.sha256.as_str()))
            .await?;
        match version.is_first {
            true => self.make_document(transaction, version, change).await,
            false => self.supersede(transaction, version, change).await,
        }
    }

    /// The file of a first version, and its links: to its owner, and to where it is published.
    async fn make_document(
        &self,
        transaction: &mut Transaction,
        version: &NewVersion,
        change: &Changed,
    ) -> Result<(), DbError> {
        let mut fields = of_latest(&change.id, &change.after);
        let owner = change.after.get(&FieldName::new("OwnerId")).cloned();
        put(&mut fields, "OwnerId", owner.clone().unwrap_or(Value::Null));
        put(&mut fields, "IsArchived", Value::Boolean(false));
        put(&mut fields, "PublishStatus", Value::Text("P".to_owned()));
        let document = (version.document.clone(), fields);
        self.add_rows(transaction, "ContentDocument", vec![document])
            .await?;
        let owner = owner.and_then(|owner| owner.as_reference().cloned());
        let location = reference(&change.after, "FirstPublishLocationId");
        let location = location.filter(|location| Some(location) != owner.as_ref());
        for (entity, share) in owner
            .iter()
            .map(|o| (o, "I"))
            .chain(location.iter().map(|l| (l, "V")))
        {
            self.add_link(transaction, &version.document, entity, share)
                .await?;
        }
        Ok(())
    }

    /// A new version takes the place of the one before.
    async fn supersede(
        &self,
        transaction: &mut Transaction,
        version: &NewVersion,
        change: &Changed,
    ) -> Result<(), DbError> {
        let older = Statement::new(
            "UPDATE org_contentversion SET islatest = (id = $2) WHERE contentdocumentid = $1",
        );
        transaction
            .execute(&older.with(&version.document).with(&change.id))
            .await?;
        let fields = of_latest(&change.id, &change.after);
        self.change_document(transaction, &version.document, fields)
            .await
    }

    /// The latest version's title and description are those of its file.
    async fn rename_document(
        &self,
        transaction: &mut Transaction,
        change: &Changed,
    ) -> Result<(), DbError> {
        let is_latest = change.after.get(&FieldName::new("IsLatest"));
        let document = reference(&change.after, "ContentDocumentId");
        if let (Some(Value::Boolean(true)), Some(document)) = (is_latest, document) {
            let fields = named(change, &["Title", "Description"]);
            self.change_document(transaction, &document, fields).await?;
        }
        Ok(())
    }

    async fn change_document(
        &self,
        transaction: &mut Transaction,
        id: &RecordId,
        fields: Fields,
    ) -> Result<(), DbError> {
        if let Some(document) = self.schema.object("ContentDocument") {
            self.change_row(transaction, document, id, fields).await?;
        }
        Ok(())
    }

    /// A file that gets another name or owner gives them to its latest version; the new owner
    /// gets a link, and the one before keeps it as somebody who works on the file.
    async fn follow_document(
        &self,
        transaction: &mut Transaction,
        change: &Changed,
    ) -> Result<(), DbError> {
        let latest = reference(&change.after, "LatestPublishedVersionId");
        let fields = named(change, &["Title", "Description", "OwnerId"]);
        let version = self.schema.object("ContentVersion");
        if let (Some(latest), Some(version)) = (latest, version) {
            self.change_row(transaction, version, &latest, fields)
                .await?;
        }
        let owner = reference(&change.after, "OwnerId");
        let before = reference(&change.before, "OwnerId");
        if owner == before {
            return Ok(());
        }
        for (who, share) in [(before, "C"), (owner, "I")] {
            let Some(who) = who else { continue };
            let end = Statement::new(
                "UPDATE org_contentdocumentlink SET sharetype = $1
                 WHERE contentdocumentid = $2 AND linkedentityid = $3 AND NOT is_deleted",
            );
            let end = end.with(share).with(&change.id).with(&who);
            if transaction.execute(&end).await? == 0 {
                self.add_link(transaction, &change.id, &who, share).await?;
            }
        }
        Ok(())
    }

    /// One link of a file to a record; who only sees the file shows it, and gives nobody the
    /// right to change it.
    async fn check_links(
        &self,
        transaction: &mut Transaction,
        drafts: &mut [Draft],
    ) -> Result<(), DbError> {
        let Some(document) = self.schema.object("ContentDocument") else {
            return Ok(());
        };
        let new = |draft: &Draft| !draft.is_refused() && draft.before.is_none();
        let ids = drafts.iter().filter(|draft| new(draft));
        let ids = ids.filter_map(|draft| reference(&draft.prepared, "ContentDocumentId"));
        let ids: Vec<RecordId> = ids.collect();
        let levels = (self.store)
            .access_levels(transaction, self.user, document, &ids)
            .await?;
        let mut pairs = BTreeSet::new();
        for draft in drafts.iter_mut().filter(|draft| new(draft)) {
            let file = reference(&draft.prepared, "ContentDocumentId");
            let entity = reference(&draft.prepared, "LinkedEntityId");
            let (Some(file), Some(entity)) = (file, entity) else {
                continue;
            };
            let edits = levels.get(&file).is_some_and(|l| *l >= AccessLevel::Edit);
            if !edits && text(&draft.prepared, "ShareType") != "V" {
                draft.refuse(only_viewers());
                continue;
            }
            let known = Statement::new(
                "SELECT id FROM org_contentdocumentlink
                 WHERE contentdocumentid = $1 AND linkedentityid = $2 AND NOT is_deleted",
            );
            let known = known.with(&file).with(&entity);
            let is_known = transaction.fetch_one(&known).await?.is_some();
            if is_known || !pairs.insert((file.clone(), entity.clone())) {
                draft.refuse(linked_already(&file, &entity));
            }
        }
        Ok(())
    }

    async fn add_link(
        &self,
        transaction: &mut Transaction,
        document: &RecordId,
        entity: &RecordId,
        share: &str,
    ) -> Result<(), DbError> {
        let id = self.new_id(transaction, "ContentDocumentLink").await?;
        let fields = Fields::from([
            (
                "ContentDocumentId".into(),
                Value::Reference(document.clone()),
            ),
            ("LinkedEntityId".into(), Value::Reference(entity.clone())),
            ("ShareType".into(), Value::Text(share.to_owned())),
            ("Visibility".into(), Value::Text("AllUsers".to_owned())),
        ]);
        self.add_rows(transaction, "ContentDocumentLink", vec![(id, fields)])
            .await
    }

    async fn new_id(
        &self,
        transaction: &mut Transaction,
        object: &str,
    ) -> Result<RecordId, DbError> {
        let Some(object) = self.schema.object(object) else {
            return Err(DbError::Failed(format!("there is no object {object}")));
        };
        let first = self.store.take_ids(transaction, object, 1).await?;
        Ok(RecordId::from_serial(&object.key_prefix, first))
    }

    /// Rows that come with another one: nobody's rights are asked.
    async fn add_rows(
        &self,
        transaction: &mut Transaction,
        object: &str,
        rows: Vec<(RecordId, Fields)>,
    ) -> Result<(), DbError> {
        let Some(object) = self.schema.object(object) else {
            return Ok(());
        };
        let rows: Vec<(RecordId, Fields)> = rows
            .into_iter()
            .map(|(id, fields)| (id, complete(self.user, object, fields, &[], self.now_ms)))
            .collect();
        let insertion = self.store.insertion(object, &rows)?;
        transaction.execute(&insertion.rows).await?;
        if let Some(words) = self.store.words(object, &rows) {
            transaction.execute(&words).await?;
        }
        let changes = rows
            .into_iter()
            .map(|(id, after)| self.changed(object, id, Kind::Create, Fields::new(), after));
        let changes: Vec<Changed> = changes.collect();
        self.note_changes(transaction, object, &changes).await
    }

    async fn change_row(
        &self,
        transaction: &mut Transaction,
        object: &Object,
        id: &RecordId,
        mut fields: Fields,
    ) -> Result<(), DbError> {
        let before = (self.store)
            .locked_record(transaction, object, id, SHELF)
            .await?;
        let Some(before) = before else {
            return Ok(());
        };
        fields.retain(|name, value| before.get(name.as_str()) != value);
        if fields.is_empty() {
            return Ok(());
        }
        let after = (self.store)
            .update_row(transaction, self.user, object, &before, fields)
            .await?;
        let Record { id, fields, .. } = before;
        let change = self.changed(object, id, Kind::Update, fields, after);
        self.note_changes(transaction, object, &[change]).await
    }
}

/// What a file has of its latest version.
fn of_latest(id: &RecordId, version: &Fields) -> Fields {
    let mut fields = Fields::new();
    for name in [
        "Title",
        "Description",
        "FileType",
        "FileExtension",
        "ContentSize",
        "ContentModifiedDate",
    ] {
        let value = version.get(&FieldName::new(name)).cloned();
        put(&mut fields, name, value.unwrap_or(Value::Null));
    }
    put(
        &mut fields,
        "LatestPublishedVersionId",
        Value::Reference(id.clone()),
    );
    fields
}

/// Those of these fields that changed.
fn named(change: &Changed, names: &[&str]) -> Fields {
    let after = change.after.iter();
    after
        .filter(|(name, _)| change.fields.contains(*name) && names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn put(fields: &mut Fields, name: &str, value: Value) {
    fields.insert(name.into(), value);
}

fn text(fields: &Fields, name: &str) -> String {
    match fields.get(&FieldName::new(name)) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

fn reference(fields: &Fields, name: &str) -> Option<RecordId> {
    let value = fields.get(&FieldName::new(name));
    value.and_then(Value::as_reference).cloned()
}

fn extension(extension: String) -> Value {
    match extension.is_empty() {
        true => Value::Null,
        false => Value::Text(extension),
    }
}

fn preview_word(preview: Preview) -> &'static str {
    match preview {
        Preview::None => "none",
        Preview::Image => "image",
        Preview::Audio => "audio",
        Preview::Video => "video",
    }
}

fn missing(field: &str, label: &str) -> SaveError {
    let words = format!("Required fields are missing: [{label}]");
    let fields = vec![field.to_owned()];
    SaveError::new(SaveErrorCode::RequiredFieldMissing, words, fields)
}

fn published_already() -> SaveError {
    let words = "First Publish Location ID: a file is published with its first version; leave it \
                 empty in a new version, and link the file by a ContentDocumentLink";
    let fields = vec!["FirstPublishLocationId".to_owned()];
    SaveError::new(SaveErrorCode::FieldIntegrityException, words, fields)
}

fn only_viewers() -> SaveError {
    let words = "Share Type: you may see this file, not change it; link it with the share type V \
                 (Viewer)";
    let code = SaveErrorCode::InsufficientAccessOnCrossReferenceEntity;
    SaveError::new(code, words, vec!["ShareType".to_owned()])
}

fn linked_already(file: &RecordId, entity: &RecordId) -> SaveError {
    let words =
        format!("Document with ID: {file} is already linked with the entity with ID: {entity}");
    let fields = vec!["LinkedEntityId".to_owned()];
    SaveError::new(SaveErrorCode::DuplicateValue, words, fields)
}
