//! A bulk job and its batches: how they begin, and which steps they may take. Names and states
//! are those of the platform's guide to the Bulk APIs.

use serde::{Deserialize, Serialize};

use crate::RecordId;

/// Which API a job was made by; jobs are seen by that one alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BulkApi {
    /// Bulk 1.0: batches.
    Classic,
    /// Bulk 2.0, rows in.
    V2Ingest,
    /// Bulk 2.0, rows out.
    V2Query,
}

impl BulkApi {
    /// As `jobType` says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "Classic",
            Self::V2Ingest => "V2Ingest",
            Self::V2Query => "V2Query",
        }
    }
}

/// What is done with each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are the platform's")]
pub enum BulkOperation {
    Insert,
    Update,
    Upsert,
    Delete,
    HardDelete,
    Query,
    QueryAll,
}

impl BulkOperation {
    /// The operation of this name, in any case of its letters.
    pub fn read(text: &str) -> Option<Self> {
        let all = [
            Self::Insert,
            Self::Update,
            Self::Upsert,
            Self::Delete,
            Self::HardDelete,
            Self::Query,
            Self::QueryAll,
        ];
        all.into_iter()
            .find(|one| one.as_str().eq_ignore_ascii_case(text))
    }

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Delete => "delete",
            Self::HardDelete => "hardDelete",
            Self::Query => "query",
            Self::QueryAll => "queryAll",
        }
    }

    /// Are rows read, and not written?
    pub fn is_query(self) -> bool {
        matches!(self, Self::Query | Self::QueryAll)
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobState {
    /// Takes data.
    Open,
    /// All data is there; it waits for its turn.
    UploadComplete,
    /// Its rows are being worked on.
    InProgress,
    /// All rows were worked on, whatever became of each.
    JobComplete,
    /// It ended before its last row.
    Failed,
    /// A person ended it.
    Aborted,
    /// Of Bulk 1.0: takes no further batch.
    Closed,
}

impl JobState {
    /// The state of this name.
    pub fn read(text: &str) -> Option<Self> {
        let all = [
            Self::Open,
            Self::UploadComplete,
            Self::InProgress,
            Self::JobComplete,
            Self::Failed,
            Self::Aborted,
            Self::Closed,
        ];
        all.into_iter().find(|one| one.as_str() == text)
    }

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::UploadComplete => "UploadComplete",
            Self::InProgress => "InProgress",
            Self::JobComplete => "JobComplete",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
            Self::Closed => "Closed",
        }
    }

    /// Does nothing happen any more?
    pub fn is_over(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }
}

/// The format of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub enum ContentType {
    Csv,
    Json,
    Xml,
}

impl ContentType {
    /// The format of this name. Formats for attachments are not among them.
    pub fn read(text: &str) -> Option<Self> {
        match text.to_ascii_uppercase().as_str() {
            "CSV" => Some(Self::Csv),
            "JSON" => Some(Self::Json),
            "XML" => Some(Self::Xml),
            _ => None,
        }
    }

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Xml => "XML",
        }
    }
}

/// What stands between two values of a CSV row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub enum Delimiter {
    Backquote,
    Caret,
    Comma,
    Pipe,
    Semicolon,
    Tab,
}

impl Delimiter {
    const ALL: [(Self, &'static str, u8); 6] = [
        (Self::Backquote, "BACKQUOTE", b'`'),
        (Self::Caret, "CARET", b'^'),
        (Self::Comma, "COMMA", b','),
        (Self::Pipe, "PIPE", b'|'),
        (Self::Semicolon, "SEMICOLON", b';'),
        (Self::Tab, "TAB", b'\t'),
    ];

    /// The delimiter of this name.
    pub fn read(text: &str) -> Option<Self> {
        let named = |(_, name, _): &&(Self, &str, u8)| name.eq_ignore_ascii_case(text);
        Self::ALL.iter().find(named).map(|(one, _, _)| *one)
    }

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        self.entry().1
    }

    /// The character.
    pub fn byte(self) -> u8 {
        self.entry().2
    }

    fn entry(self) -> (Self, &'static str, u8) {
        let comma = (Self::Comma, "COMMA", b',');
        Self::ALL
            .into_iter()
            .find(|(one, _, _)| *one == self)
            .unwrap_or(comma)
    }
}

/// How a CSV line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub enum LineEnding {
    Lf,
    Crlf,
}

impl LineEnding {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "LF",
            Self::Crlf => "CRLF",
        }
    }

    /// The characters.
    pub fn text(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::Crlf => "\r\n",
        }
    }
}

/// Rows that were worked on, and how many of them failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Worked on, failed ones included.
    pub processed: u64,
    /// Refused.
    pub failed: u64,
}

/// A refusal of a step: the platform's code, and words for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BulkRefusal {
    /// `INVALIDJOB`, `INVALIDJOBSTATE`, `INVALIDBATCH`, …
    pub code: &'static str,
    /// What, and what to do.
    pub message: String,
}

impl BulkRefusal {
    /// A refusal.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// What a client asks a job to be; texts as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobRequest {
    /// `insert`, `query`.
    pub operation: String,
    /// API name of the object; of a query job, found in the query.
    pub object: String,
    /// Of an upsert: the field that tells records apart.
    pub external_id_field: Option<String>,
    /// `CSV`; empty: CSV.
    pub content_type: String,
    /// `COMMA`; empty: a comma.
    pub delimiter: String,
    /// `LF` or `CRLF`; empty: LF.
    pub line_ending: String,
    /// Of a query job.
    pub query: Option<String>,
    /// Of Bulk 1.0: one batch after the other.
    pub is_serial: bool,
    /// Of a query job of Bulk 1.0: ids in one chunk, where the client asked for chunks.
    pub chunk_ids: Option<u64>,
}

/// A bulk job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Begins with 750.
    pub id: RecordId,
    /// By which API.
    pub api: BulkApi,
    /// What is done with each row.
    pub operation: BulkOperation,
    /// The object, in the schema's spelling.
    pub object: String,
    /// Of an upsert: the field that tells records apart.
    pub external_id_field: Option<String>,
    /// Format of the rows.
    pub content_type: ContentType,
    /// Of CSV.
    pub delimiter: Delimiter,
    /// Of CSV.
    pub line_ending: LineEnding,
    /// Of a query job.
    pub query: Option<String>,
    /// One batch after the other?
    pub is_serial: bool,
    /// Ids in one chunk of a query.
    #[serde(default)]
    pub chunk_ids: Option<u64>,
    /// Where it stands.
    pub state: JobState,
    /// `64.0`: the version it was made with.
    pub api_version: String,
    /// Who made it, and with whose rights it runs.
    pub created_by: RecordId,
    /// UTC milliseconds.
    pub created_ms: i64,
    /// Of the last change, UTC milliseconds.
    pub changed_ms: i64,
    /// Its rows, all batches together.
    pub counts: Counts,
    /// Time spent on it, in milliseconds.
    pub processing_ms: u64,
    /// Why it failed.
    pub error: Option<String>,
}

impl Job {
    /// Reads a client's wish. That the object exists and may be written is the caller's to check.
    pub fn begin(
        api: BulkApi,
        request: &JobRequest,
        id: RecordId,
        created_by: RecordId,
        api_version: &str,
        now_ms: i64,
    ) -> Result<Self, BulkRefusal> {
        let operation = BulkOperation::read(&request.operation).ok_or_else(|| {
            let wanted = &request.operation;
            BulkRefusal::new(
                "INVALIDJOB",
                format!(
                    "Unsupported operation: {wanted:?}. It takes insert, update, upsert, delete, \
                     hardDelete, query and queryAll"
                ),
            )
        })?;
        let content_type = read_or(&request.content_type, ContentType::Csv, ContentType::read)
            .ok_or_else(|| unsupported("content type", &request.content_type, "CSV, JSON, XML"))?;
        let delimiter = read_or(&request.delimiter, Delimiter::Comma, Delimiter::read);
        let delimiter = delimiter.ok_or_else(|| {
            let all = Delimiter::ALL.map(|(_, name, _)| name).join(", ");
            unsupported("column delimiter", &request.delimiter, &all)
        })?;
        let line_ending = match request.line_ending.to_ascii_uppercase().as_str() {
            "" | "LF" => LineEnding::Lf,
            "CRLF" => LineEnding::Crlf,
            other => return Err(unsupported("line ending", other, "LF, CRLF")),
        };
        let job = Self {
            id,
            api,
            operation,
            object: request.object.clone(),
            external_id_field: request.external_id_field.clone(),
            content_type,
            delimiter,
            line_ending,
            query: request.query.clone(),
            is_serial: request.is_serial,
            chunk_ids: request.chunk_ids.filter(|_| operation.is_query()),
            state: match api {
                BulkApi::V2Query => JobState::UploadComplete,
                BulkApi::Classic | BulkApi::V2Ingest => JobState::Open,
            },
            api_version: api_version.to_owned(),
            created_by,
            created_ms: now_ms,
            changed_ms: now_ms,
            counts: Counts::default(),
            processing_ms: 0,
            error: None,
        };
        job.check()?;
        Ok(job)
    }

    /// Contents of files come neither in rows nor out of them.
    fn binary_content(&self) -> Option<&'static str> {
        use BulkOperation::{Insert, Upsert};
        let is_file = self.object.eq_ignore_ascii_case("ContentVersion");
        if is_file && matches!(self.operation, Insert | Upsert) {
            return Some(
                "Entity 'ContentVersion' is not supported to use bulk insert: the contents of \
                 files would come in a ZIP file, which is not taken here. Send each file to \
                 /sobjects/ContentVersion",
            );
        }
        let query = self.query.as_ref()?.to_ascii_lowercase();
        query.contains("versiondata").then_some(
            "Binary fields are not supported in bulk queries: leave VersionData out, and read \
             each content at /sobjects/ContentVersion/{id}/VersionData",
        )
    }

    /// What does not go together.
    fn check(&self) -> Result<(), BulkRefusal> {
        let invalid = |message: String| Err(BulkRefusal::new("INVALIDJOB", message));
        let is_query = self.operation.is_query();
        let named = self.operation.as_str();
        if let Some(words) = self.binary_content() {
            return invalid(words.to_owned());
        }
        if self.api == BulkApi::V2Ingest && is_query {
            return invalid(format!(
                "{named} is not an ingest operation; use jobs/query"
            ));
        }
        if self.api == BulkApi::V2Query && !is_query {
            return invalid(format!("{named} is not a query operation; use jobs/ingest"));
        }
        if self.api != BulkApi::Classic && self.content_type != ContentType::Csv {
            return invalid("Bulk 2.0 takes CSV only; give contentType CSV".to_owned());
        }
        if self.operation == BulkOperation::Upsert && self.external_id_field.is_none() {
            return invalid(
                "External ID field is required for an upsert; give externalIdFieldName".to_owned(),
            );
        }
        if self.api == BulkApi::V2Query && self.query.as_deref().is_none_or(str::is_empty) {
            return invalid("A query job needs a query".to_owned());
        }
        Ok(())
    }

    /// Are data taken now?
    pub fn takes_data(&self) -> Result<(), BulkRefusal> {
        match self.state {
            JobState::Open => Ok(()),
            state => Err(BulkRefusal::new(
                "INVALIDJOBSTATE",
                format!(
                    "Can't add data to job {} when it is in the {} state; make a new job",
                    self.id,
                    state.as_str()
                ),
            )),
        }
    }

    /// A client asks for another state. True when something changes.
    pub fn ask(&mut self, wanted: JobState, now_ms: i64) -> Result<bool, BulkRefusal> {
        let is_allowed = match (self.api, self.state, wanted) {
            (_, now, wanted) if now == wanted => return Ok(false),
            (BulkApi::V2Ingest, JobState::Open, JobState::UploadComplete)
            | (BulkApi::Classic, JobState::Open, JobState::Closed)
            | (BulkApi::Classic, JobState::Closed, JobState::Aborted) => true,
            (_, now, JobState::Aborted) => !now.is_over(),
            _ => false,
        };
        if !is_allowed {
            return Err(BulkRefusal::new(
                "INVALIDJOBSTATE",
                format!(
                    "Invalid job state transition from {} to {} for job {}",
                    self.state.as_str(),
                    wanted.as_str(),
                    self.id
                ),
            ));
        }
        self.state = wanted;
        self.changed_ms = now_ms;
        Ok(true)
    }

    /// May the job be deleted? One that is being worked on must be aborted first.
    pub fn may_delete(&self) -> Result<(), BulkRefusal> {
        if self.state == JobState::InProgress {
            return Err(BulkRefusal::new(
                "INVALIDJOBSTATE",
                format!("Job {} is in progress; abort it first", self.id),
            ));
        }
        Ok(())
    }
}

/// A batch of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Begins with 751; of Bulk 2.0 the job's id.
    pub id: RecordId,
    /// Its job.
    pub job: RecordId,
    /// Where it stands.
    pub state: BatchState,
    /// Why it failed.
    pub error: Option<String>,
    /// Its rows.
    pub counts: Counts,
    /// UTC milliseconds.
    pub created_ms: i64,
    /// Of the last change, UTC milliseconds.
    pub changed_ms: i64,
}

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the platform's")]
pub enum BatchState {
    Queued,
    InProgress,
    Completed,
    Failed,
    NotProcessed,
}

impl BatchState {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::InProgress => "InProgress",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::NotProcessed => "Not Processed",
        }
    }
}

/// An empty text is the usual value.
fn read_or<T>(text: &str, usual: T, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    match text {
        "" => Some(usual),
        text => read(text),
    }
}

fn unsupported(what: &str, found: &str, all: &str) -> BulkRefusal {
    BulkRefusal::new(
        "INVALIDJOB",
        format!("Unsupported {what}: {found:?}. It takes {all}"),
    )
}
