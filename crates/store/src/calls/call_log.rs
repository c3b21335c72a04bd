//! Writing the Task of a call: one for each log key, whoever saves it and in whatever order.

use std::collections::BTreeSet;
use std::sync::Arc;

use offhook_calls::LogKey;
use offhook_org::cti::call_log::{CALL_KEY_FIELD, merge};
use offhook_org::record::Fields;
use offhook_org::save::{SaveError, SaveErrorCode, Strictness};
use offhook_org::schema::person_accounts::has_persons;
use offhook_org::schema::{FieldKind, Object};
use offhook_org::{FieldName, Record, RecordId, UserContext, Value};

use super::LoggedTask;
use crate::Store;
use crate::database::{Attempts, DbError, Dialect, Statement, Transaction};
use crate::error::{SaveFailure, StoreError};
use crate::org::references;
use crate::org::save::{BIN, SHELF};

/// Two that save one key at once: the second finds the first one's Task when it tries again.
const TRIES_MAX: u32 = 3;

/// What a log could not point to, by the name of the link.
type Vanished = Vec<(FieldName, String)>;

impl Store {
    /// Writes the Task of a key: creates it, or merges into the one that is there
    /// (`org::cti::call_log::merge`). Task, key, call row and outbox row change in one
    /// transaction. A link to a record that is gone is dropped and noted in the Description.
    /// `by_page` says that a person's softphone saved it; then the rights of `user` apply, and
    /// the key must be the user's own. Without it the system saves, with `user` as the author.
    /// A Task that a person deleted is not revived; the log counts as written.
    pub async fn save_call_log(
        &self,
        user: &UserContext,
        key: &LogKey,
        fields: &Fields,
        by_page: bool,
    ) -> Result<LoggedTask, SaveFailure> {
        if by_page {
            owns_key(user, key)?;
        }
        let system = UserContext::system();
        let mut fields = fields.clone();
        let rights = match by_page {
            true => user,
            false => {
                name_author(&mut fields, user, key);
                &system
            }
        };
        let mut tries = 1;
        let mut attempts = Attempts::default();
        loop {
            let saved = self
                .try_save_call_log(rights, key, &fields, by_page, &attempts)
                .await;
            match saved {
                Err(SaveFailure::Refused(errors)) if tries < TRIES_MAX && is_race(&errors) => {
                    tries += 1;
                }
                Err(failure) if attempts.again(&failure) => {}
                saved => return saved,
            }
        }
    }

    async fn try_save_call_log(
        &self,
        rights: &UserContext,
        key: &LogKey,
        fields: &Fields,
        by_page: bool,
        attempts: &Attempts,
    ) -> Result<LoggedTask, SaveFailure> {
        let object = &self.task_object()?;
        let mut transaction = self.database().begin_attempt(attempts).await?;
        let logged = match self.task_of(&mut transaction, key).await? {
            Some((task, BIN)) => LoggedTask {
                task,
                created: false,
            },
            Some((task, _)) => {
                self.merge_task(&mut transaction, rights, object, &task, fields, by_page)
                    .await?;
                LoggedTask {
                    task,
                    created: false,
                }
            }
            None => LoggedTask {
                task: self
                    .create_task(&mut transaction, rights, object, key, fields)
                    .await?,
                created: true,
            },
        };
        note_logged(&mut transaction, key, &logged.task).await?;
        self.keep_voice_call(&mut transaction, key, &logged.task)
            .await?;
        transaction.commit().await?;
        Ok(logged)
    }

    async fn create_task(
        &self,
        transaction: &mut Transaction,
        rights: &UserContext,
        object: &Object,
        key: &LogKey,
        fields: &Fields,
    ) -> Result<RecordId, SaveFailure> {
        let (mut fields, vanished) = self
            .without_vanished(transaction, rights, object, fields)
            .await?;
        note_vanished(object, &mut fields, None, &vanished);
        fields.insert(CALL_KEY_FIELD.into(), Value::Text(key.to_string()));
        self.create_in(transaction, rights, object, &fields, Strictness::Compatible)
            .await
    }

    async fn merge_task(
        &self,
        transaction: &mut Transaction,
        rights: &UserContext,
        object: &Object,
        task: &RecordId,
        fields: &Fields,
        by_page: bool,
    ) -> Result<(), SaveFailure> {
        let existing = self.locked_record(transaction, object, task, SHELF).await?;
        let Some(existing) = existing else {
            return Err(SaveFailure::NotFound);
        };
        let (mut fields, vanished) = self
            .without_vanished(transaction, rights, object, fields)
            .await?;
        note_vanished(object, &mut fields, Some(&existing), &vanished);
        fields.remove(&CALL_KEY_FIELD.into());
        fields.remove(&"CreatedById".into());
        let changes = merge(&existing, &fields, by_page);
        self.update_in(
            transaction,
            rights,
            object,
            &existing,
            &changes,
            Strictness::Compatible,
        )
        .await
    }

    /// The fields without links to records that are not there for this user, or that such a link
    /// cannot point to: a call must not stay unlogged for a wrong link.
    async fn without_vanished(
        &self,
        transaction: &mut Transaction,
        rights: &UserContext,
        object: &Object,
        fields: &Fields,
    ) -> Result<(Fields, Vanished), DbError> {
        let mut kept = fields.clone();
        let mut vanished = Vanished::new();
        for field in object
            .fields
            .iter()
            .filter(|f| f.kind == FieldKind::Reference)
        {
            let given = match kept.get(&field.name) {
                None | Some(Value::Null) => continue,
                Some(Value::Reference(id)) => id.to_string(),
                Some(Value::Text(text)) => text.clone(),
                Some(_) => String::new(),
            };
            let fits = |id: &RecordId| {
                let prefixes = &field.reference_prefixes;
                prefixes.iter().any(|prefix| prefix == id.key_prefix())
            };
            match RecordId::parse(given.trim()).ok().filter(fits) {
                Some(id) => drop(kept.insert(field.name.clone(), Value::Reference(id))),
                None => {
                    kept.remove(&field.name);
                    vanished.push((field.name.clone(), given));
                }
            }
        }
        let ids = references::pointed_to([&kept]);
        let missing: BTreeSet<RecordId> = self.missing(transaction, rights, &ids).await?;
        kept.retain(|name, value| match value.as_reference() {
            Some(id) if missing.contains(id) => {
                vanished.push((name.clone(), id.to_string()));
                false
            }
            _ => true,
        });
        self.name_person(transaction, &mut kept).await?;
        Ok((kept, vanished))
    }

    /// A log about an account that is a person is about that person: the contact is its name, and
    /// the account follows from it.
    async fn name_person(
        &self,
        transaction: &mut Transaction,
        fields: &mut Fields,
    ) -> Result<(), DbError> {
        let schema = self.schema();
        let has_persons = (schema.object("Account")).is_some_and(|account| has_persons(account));
        let (who, what) = (FieldName::new("WhoId"), FieldName::new("WhatId"));
        let is_named = fields.get(&who).is_some_and(|who| !who.is_null());
        let about = fields.get(&what).and_then(Value::as_reference);
        let Some(account) = about.filter(|_| has_persons && !is_named) else {
            return Ok(());
        };
        let person = "SELECT personcontactid FROM org_account
            WHERE id = $1 AND ispersonaccount AND personcontactid IS NOT NULL";
        let person = Statement::new(person).with(account);
        if let Some(row) = transaction.fetch_one(&person).await? {
            fields.insert(who, Value::Reference(row.record_id(0)?));
            fields.insert(what, Value::Null);
        }
        Ok(())
    }

    /// The Task of the key, and whether it is in the recycle bin.
    async fn task_of(
        &self,
        transaction: &mut Transaction,
        key: &LogKey,
    ) -> Result<Option<(RecordId, bool)>, DbError> {
        let row = transaction.fetch_one(&self.task_by_key(key)).await?;
        row.map(|row| Ok((row.record_id(0)?, row.boolean(1)?)))
            .transpose()
    }

    /// The Task of a key, if it is written.
    pub async fn logged_task(&self, key: &LogKey) -> Result<Option<RecordId>, StoreError> {
        let row = self.database().read_one(&self.task_by_key(key)).await?;
        Ok(row.map(|row| row.record_id(0)).transpose()?)
    }

    fn task_object(&self) -> Result<Arc<Object>, StoreError> {
        let task = self.schema().object("Task").cloned();
        task.ok_or_else(|| StoreError::Corrupt("the schema has no object Task".to_owned()))
    }

    fn task_by_key(&self, key: &LogKey) -> Statement {
        task_by_key(key, self.database().dialect())
    }
}

pub(crate) fn task_by_key(key: &LogKey, dialect: Dialect) -> Statement {
    let (known, wanted) = (dialect.folded("offhook_call_key__c"), dialect.folded("$1"));
    let statement = format!("SELECT id, is_deleted FROM org_task WHERE {known} = {wanted}");
    Statement::new(statement).with(key.to_string())
}

/// Row of the outbox and row of the call learn of the Task with the same commit.
async fn note_logged(
    transaction: &mut Transaction,
    key: &LogKey,
    task: &RecordId,
) -> Result<(), DbError> {
    let delivered =
        Statement::new("UPDATE outbox SET state = 'done', last_error = '' WHERE log_key = $1");
    transaction
        .execute(&delivered.with(key.to_string()))
        .await?;
    let linked = Statement::new("UPDATE call SET task = $2 WHERE call_id = $1");
    transaction
        .execute(&linked.with(key.call.as_str()).with(task))
        .await?;
    Ok(())
}

/// A page logs its own user's calls only: another's key would take that one's log away.
fn owns_key(user: &UserContext, key: &LogKey) -> Result<(), SaveFailure> {
    let user = user.user.as_ref().map(RecordId::as_str);
    let agent = RecordId::parse(key.agent.as_str()).ok();
    if user.is_some() && user == agent.as_ref().map(RecordId::as_str) {
        return Ok(());
    }
    Err(SaveFailure::Refused(vec![SaveError::new(
        SaveErrorCode::InsufficientAccessOrReadonly,
        "Call Key: this is another user's call; only that user's softphone logs it",
        vec![CALL_KEY_FIELD.to_owned()],
    )]))
}

/// What the system saves is the agent's all the same.
fn name_author(fields: &mut Fields, user: &UserContext, key: &LogKey) {
    let agent = RecordId::parse(key.agent.as_str()).ok();
    if let Some(agent) = &agent {
        let owner = fields.entry("OwnerId".into()).or_insert(Value::Null);
        if owner.is_null() {
            *owner = Value::Reference(agent.clone());
        }
    }
    if let Some(author) = user.user.clone().or(agent) {
        fields.insert("CreatedById".into(), Value::Reference(author));
    }
}

fn is_race(errors: &[SaveError]) -> bool {
    errors.iter().any(|error| {
        error.status_code == SaveErrorCode::DuplicateValue
            && error.fields.iter().any(|field| field == CALL_KEY_FIELD)
    })
}

/// Adds a line for each dropped link to the Description; one that is there is not added again.
fn note_vanished(
    object: &Object,
    fields: &mut Fields,
    existing: Option<&Record>,
    vanished: &Vanished,
) {
    let description = FieldName::new("Description");
    let given = fields.get(&description).and_then(Value::as_text);
    let present = existing.map_or("", |task| task.text("Description"));
    let mut text = given.unwrap_or(present).to_owned();
    let before = text.len();
    for (name, id) in vanished {
        let label = object
            .field(name.as_str())
            .map_or(name.as_str(), |f| &f.label);
        let id: String = id.chars().take(40).collect();
        let line = format!(
            "{label}: the record {id} does not exist any more or cannot be seen; \
             logged without it."
        );
        if !text.contains(&line) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&line);
        }
    }
    if text.len() > before {
        fields.insert(description, Value::Text(text));
    }
}
