//! The one writer: what callers hand in while one transaction is on its way to the disk goes
//! into the next one together, so a hundred calls or saved records at once cost few flushes.
//! Nobody is answered before the commit.

use std::sync::Arc;

use offhook_org::UserContext;
use tokio::sync::{mpsc, oneshot};

use super::Durable;
use crate::Store;
use crate::accounts::to_json;
use crate::database::{Database, DbError, Statement, Transaction};
use crate::error::StoreError;
use crate::org::{Outcome, Write, WriteOptions};

/// Callers that wait in line; the next one waits to stand in line.
const QUEUE_MAX: usize = 1_024;

/// Callers in one transaction: enough to share a flush, few enough to answer soon.
const GROUP_MAX: usize = 256;

/// Rows in one transaction of several callers: a call that comes meanwhile waits for it.
const GROUP_ROWS_MAX: usize = 1_000;

/// One caller.
enum Request {
    Calls {
        batch: Vec<Durable>,
        answer: oneshot::Sender<Result<(), StoreError>>,
    },
    Save(Box<SaveJob>, Answer),
}

type Answer = oneshot::Sender<Result<Vec<Outcome>, StoreError>>;

/// Records to be saved.
pub(crate) struct SaveJob {
    store: Store,
    user: UserContext,
    writes: Vec<Write>,
    options: WriteOptions,
}

impl SaveJob {
    pub(crate) fn new(
        store: Store,
        user: UserContext,
        writes: Vec<Write>,
        options: WriteOptions,
    ) -> Self {
        Self {
            store,
            user,
            writes,
            options,
        }
    }
}

/// What a request's rows came to; answered when they are committed.
enum Outcomes {
    Calls,
    Save(Vec<Outcome>),
}

impl Request {
    fn rows(&self) -> usize {
        match self {
            Self::Calls { batch, .. } => batch.len(),
            Self::Save(job, _) => job.writes.len(),
        }
    }

    async fn write(&self, transaction: &mut Transaction) -> Result<Outcomes, StoreError> {
        match self {
            Self::Calls { batch, .. } => {
                for durable in batch {
                    write_one(transaction, durable).await?;
                }
                Ok(Outcomes::Calls)
            }
            Self::Save(job, _) => {
                let SaveJob {
                    store,
                    user,
                    writes,
                    options,
                } = job.as_ref();
                let saved = store.write_in(transaction, user, writes, options).await?;
                Ok(Outcomes::Save(saved))
            }
        }
    }

    /// A caller that went away does not need the answer.
    fn answer(self, outcome: Result<Outcomes, StoreError>) {
        match self {
            Self::Calls { answer, .. } => drop(answer.send(outcome.map(drop))),
            Self::Save(_, answer) => drop(answer.send(outcome.map(|outcomes| match outcomes {
                Outcomes::Save(saved) => saved,
                Outcomes::Calls => Vec::new(),
            }))),
        }
    }
}

enum Message {
    Commit(Request),
    Finish(oneshot::Sender<()>),
}

/// The line in front of the writer.
pub(crate) struct GroupCommit {
    line: mpsc::Sender<Message>,
}

impl GroupCommit {
    /// Starts the writer; it ends when it is told to or when the line's last end is dropped.
    pub(crate) fn start(database: Arc<Database>) -> Self {
        let (line, requests) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(write(database, requests));
        Self { line }
    }

    /// Returns when the batch is on disk, all of it or nothing.
    pub(crate) async fn commit(&self, batch: Vec<Durable>) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.stand_in_line(Request::Calls { batch, answer }).await?;
        answered.await.map_err(|_| closed())?
    }

    /// Returns when what is not refused of the records is on disk.
    pub(crate) async fn save(&self, job: SaveJob) -> Result<Vec<Outcome>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.stand_in_line(Request::Save(Box::new(job), answer))
            .await?;
        answered.await.map_err(|_| closed())?
    }

    async fn stand_in_line(&self, request: Request) -> Result<(), StoreError> {
        let message = Message::Commit(request);
        self.line.send(message).await.map_err(|_| closed())
    }

    /// Returns when everything that stands in line is written.
    pub(crate) async fn finish(&self) {
        let (answer, answered) = oneshot::channel();
        if self.line.send(Message::Finish(answer)).await.is_ok() {
            // The writer drops the answer only when it has ended, which is what we wait for.
            let _ = answered.await;
        }
    }
}

fn closed() -> StoreError {
    StoreError::Failed("the store was closed".to_owned())
}

async fn write(database: Arc<Database>, mut line: mpsc::Receiver<Message>) {
    let mut messages = Vec::with_capacity(GROUP_MAX);
    while line.recv_many(&mut messages, GROUP_MAX).await > 0 {
        let mut group = Vec::with_capacity(messages.len());
        let mut rows = 0;
        let mut finish = None;
        for message in messages.drain(..) {
            match message {
                Message::Commit(request) => {
                    if !group.is_empty() && rows + request.rows() > GROUP_ROWS_MAX {
                        write_group(&database, std::mem::take(&mut group)).await;
                        rows = 0;
                    }
                    rows += request.rows();
                    group.push(request);
                }
                Message::Finish(answer) => finish = Some(answer),
            }
        }
        if !group.is_empty() {
            write_group(&database, group).await;
        }
        if let Some(answer) = finish {
            line.close();
            // Nobody waits any more when the one who asked has gone.
            let _ = answer.send(());
        }
    }
}

/// Commits all of them together. When that fails for another reason than a busy database, one of
/// them may be at fault, and each is tried alone.
async fn write_group(database: &Database, group: Vec<Request>) {
    match write_all(database, &group).await {
        Ok(outcomes) => {
            for (request, outcome) in group.into_iter().zip(outcomes) {
                request.answer(Ok(outcome));
            }
        }
        Err(StoreError::Failed(_) | StoreError::Full(_)) if group.len() > 1 => {
            for request in group {
                let alone = write_all(database, std::slice::from_ref(&request)).await;
                let alone = alone.and_then(|mut outcomes| outcomes.pop().ok_or_else(closed));
                request.answer(alone);
            }
        }
        Err(error) => {
            for request in group {
                request.answer(Err(error.clone()));
            }
        }
    }
}

async fn write_all(database: &Database, group: &[Request]) -> Result<Vec<Outcomes>, StoreError> {
    let mut transaction = database.begin().await?;
    let mut outcomes = Vec::with_capacity(group.len());
    for request in group {
        outcomes.push(request.write(&mut transaction).await?);
    }
    transaction.commit().await?;
    Ok(outcomes)
}

async fn write_one(transaction: &mut Transaction, durable: &Durable) -> Result<(), StoreError> {
    let statement = match durable {
        Durable::Call(call) => Statement::new(
            "INSERT INTO call (call_id, version, is_open, agent, started_at_ms, task, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (call_id) DO UPDATE SET
                 version = excluded.version, is_open = excluded.is_open, agent = excluded.agent,
                 started_at_ms = excluded.started_at_ms, body = excluded.body,
                 task = coalesce(excluded.task, call.task)
             WHERE call.version < excluded.version",
        )
        .with(call.call.as_str())
        .with(version(call.version)?)
        .with(call.state != offhook_calls::CallState::Closed)
        .with(call.agent.as_ref().map(|agent| agent.as_str().to_owned()))
        .with(call.started_at_ms)
        .with(call.task.clone())
        .with(to_json(call)?),
        Durable::Log(entry) => Statement::new(
            "INSERT INTO outbox (log_key, state, attempts, next_ms, last_error, body)
             VALUES ($1, 'due', 0, 0, '', $2)
             ON CONFLICT (log_key) DO NOTHING",
        )
        .with(entry.key.to_string())
        .with(to_json(entry)?),
    };
    transaction.execute(&statement).await?;
    Ok(())
}

fn version(version: u64) -> Result<i64, DbError> {
    i64::try_from(version).map_err(|_| DbError::Failed(format!("{version} is no version")))
}

#[cfg(test)]
mod tests {
    use offhook_calls::{CallId, CallRecord, CallState, Direction};
    use offhook_phone::Region;

    use super::*;
    use crate::{Store, StoreSettings};

    fn ringing(id: u32) -> Durable {
        Durable::Call(Box::new(CallRecord {
            call: CallId::new(id.to_string()),
            version: 1,
            direction: Direction::Inbound,
            trunk: "loopback".to_owned(),
            far_number: "+14155550100".to_owned(),
            far_name: None,
            dialled: "+14155550199".to_owned(),
            agent: None,
            state: CallState::Ringing,
            started_at_ms: 0,
            answered_at_ms: None,
            ended_at_ms: None,
            ring_duration_ms: 0,
            talk_duration_ms: 0,
            end_cause: None,
            record: None,
            outcome: None,
            notes: "x".repeat(2_000),
            task: None,
        }))
    }

    async fn limit_pages(store: &Store, pages: u32) {
        let Database::Sqlite { writer, .. } = store.database() else {
            panic!("a test of SQLite");
        };
        let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::raw_sql(limit).execute(writer).await.unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_loses_nothing_that_was_acknowledged_and_heals() {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings {
            database_url: format!("sqlite:{}", folder.path().join("full.db").display()),
            region: Region::parse("US").unwrap(),
            time_zone: "UTC".to_owned(),
        };
        let store = Store::open(&settings).await.unwrap();
        limit_pages(&store, 300).await;
        let mut acknowledged = 0;
        let refused = loop {
            match store.commit(&[ringing(acknowledged)]).await {
                Ok(()) => acknowledged += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(&refused, StoreError::Full(_)), "{refused}");
        let open = store.open_calls().await.unwrap();
        assert_eq!(open.len(), acknowledged as usize);
        // The limit went with the connection that met it.
        store.commit(&[ringing(acknowledged)]).await.unwrap();
        store.close().await;
        let store = Store::open(&settings).await.unwrap();
        assert_eq!(
            store.open_calls().await.unwrap().len(),
            acknowledged as usize + 1
        );
    }

    async fn count(store: &Store, statement: &str) -> i64 {
        let row = store.database().read_one(&Statement::new(statement)).await;
        row.unwrap().unwrap().integer(0).unwrap()
    }

    fn caller(number: i64) -> Write {
        use offhook_org::Value;
        let text = |text: String| Value::Text(text);
        Write::Create {
            object: "Contact".into(),
            fields: [
                ("LastName".into(), text(format!("Last{number}"))),
                ("Phone".into(), text(format!("+1415555{number:04}"))),
                ("Description".into(), text("x".repeat(500))),
            ]
            .into(),
            lookups: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_full_disk_leaves_no_half_of_a_record_wherever_it_is_met() {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings {
            database_url: format!("sqlite:{}", folder.path().join("full.db").display()),
            region: Region::parse("US").unwrap(),
            time_zone: "UTC".to_owned(),
        };
        let store = Store::open(&settings).await.unwrap();
        let system = UserContext::system();
        let mut acknowledged = 0;
        for spare in 1..12 {
            let pages = count(&store, "SELECT page_count FROM pragma_page_count").await;
            limit_pages(&store, u32::try_from(pages).unwrap() + spare).await;
            let refused = loop {
                let writes = (0..3).map(|n| caller(acknowledged + n)).collect();
                match store.write(&system, writes, WriteOptions::default()).await {
                    Ok(outcomes) => {
                        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
                        acknowledged += 3;
                    }
                    Err(error) => break error,
                }
            };
            let is_full = matches!(&refused, StoreError::Full(_));
            assert!(is_full, "{refused}");
            let by_number = "SELECT count(DISTINCT record) FROM phone_key k
                             JOIN org_contact c ON c.id = k.record";
            for counted in [
                "SELECT count(*) FROM org_contact",
                "SELECT count(*) FROM words_contact_docsize",
                "SELECT count(DISTINCT record) FROM phone_key",
                by_number,
            ] {
                assert_eq!(count(&store, counted).await, acknowledged, "{counted}");
            }
        }
        assert!(acknowledged > 0);
    }
}
