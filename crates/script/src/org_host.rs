//! What `org` answers in a script: queries, searches and writes through the store, with the
//! caller's rights. The first write begins a transaction, which holds all writes of the run.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use offhook_org::record::Fields;
use offhook_org::save::{SaveError, Strictness};
use offhook_org::soql::json::Rendering;
use offhook_org::soql::result::ResultRow;
use offhook_org::{FieldName, ObjectName, RecordId, UserContext, Value};
use offhook_store::org::query::{BATCH_MAX, QueryFailure, QueryOptions, QueryPage};
use offhook_store::org::{Write, WriteOptions, WriteUnit};
use offhook_store::{Store, StoreError};
use serde_json::{Map, Value as Json, json};
use tokio::runtime::Handle;

use crate::binds;
use crate::engine::{Clock, Host, Refusal};
use crate::limits::{Limit, Limits};

/// The version whose dialect scripts speak.
const API_VERSION: u32 = 66;

/// The addresses in the attributes of records.
const ROOT: &str = "/services/data/v66.0";

/// What a run has used, and its transaction once it has written.
#[derive(Default)]
pub(crate) struct Used {
    pub(crate) queries: u32,
    pub(crate) rows: u32,
    pub(crate) writes: u32,
    pub(crate) unit: Option<WriteUnit>,
    /// Two writers waited for each other: the run is worth another attempt.
    pub(crate) met_deadlock: bool,
}

/// The host of one run.
pub(crate) struct OrgHost {
    pub(crate) store: Store,
    pub(crate) user: UserContext,
    pub(crate) user_facts: Json,
    pub(crate) runtime: Handle,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) now_ms: i64,
    pub(crate) used: Rc<RefCell<Used>>,
}

impl Host for OrgHost {
    fn user(&self) -> Json {
        self.user_facts.clone()
    }

    fn answer(&mut self, what: &str, request: &Json) -> Result<Json, Refusal> {
        match what {
            "query" => self.query(request),
            "search" => self.search(request),
            "create" | "update" => self.write(what == "create", request),
            other => Err(Refusal::Broken(format!("scripts have no {other}"))),
        }
    }
}

impl OrgHost {
    /// Waits for the store, at most for what is left of the run.
    fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Refusal> {
        let left = self.clock.left();
        let waited = async { tokio::time::timeout(left, work).await };
        let done = self.runtime.block_on(waited);
        done.map_err(|_| Refusal::Limit(Limit::Time))
    }

    /// The text of a query or search, its values put in; counted.
    fn asked(&self, request: &Json, name: &str) -> Result<String, Refusal> {
        let mut used = self.used.borrow_mut();
        used.queries += 1;
        if used.queries > self.limits.queries {
            return Err(Refusal::Limit(Limit::Queries));
        }
        let text = request[name].as_str().unwrap_or_default();
        let none = Map::new();
        let binds = request["binds"].as_object().unwrap_or(&none);
        binds::fill(text, binds).map_err(|why| refused("MALFORMED_QUERY", &why))
    }

    fn options(&self) -> QueryOptions {
        QueryOptions {
            all_rows: false,
            batch_size: BATCH_MAX,
            api_version: API_VERSION,
            now_ms: self.now_ms,
        }
    }

    fn query(&self, request: &Json) -> Result<Json, Refusal> {
        let soql = self.asked(request, "soql")?;
        let used = self.used.borrow();
        let answer = self.wait(async {
            match &used.unit {
                Some(unit) => unit.query(&self.user, &soql, self.options()).await,
                None => self.store.query(&self.user, &soql, self.options()).await,
            }
        })?;
        drop(used);
        let page: QueryPage = answer.map_err(|error| self.failure(error))?;
        if is_count(&soql) {
            return Ok(json!(page.total));
        }
        if page.locator.is_some() {
            return Err(Refusal::Limit(Limit::Rows));
        }
        self.rows(&page.rows)
    }

    fn search(&self, request: &Json) -> Result<Json, Refusal> {
        let sosl = self.asked(request, "sosl")?;
        let searching = self.store.search(&self.user, &sosl, self.options());
        let rows = self.wait(searching)?;
        let rows = rows.map_err(|error| self.failure(error))?;
        self.rows(&rows)
    }

    fn rows(&self, rows: &[ResultRow]) -> Result<Json, Refusal> {
        let mut used = self.used.borrow_mut();
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        used.rows = used.rows.saturating_add(count);
        if used.rows > self.limits.rows {
            return Err(Refusal::Limit(Limit::Rows));
        }
        let schema = self.store.schema();
        let rendering = Rendering {
            schema: &schema,
            root: ROOT,
        };
        Ok(rows.iter().map(|row| rendering.row(row)).collect())
    }

    fn write(&self, is_new: bool, request: &Json) -> Result<Json, Refusal> {
        let object = request["object"].as_str();
        let records = request["records"].as_array().cloned().unwrap_or_default();
        let writes = records.iter().map(|record| read(is_new, object, record));
        let writes = writes.collect::<Result<Vec<_>, _>>()?;
        let mut used = self.used.borrow_mut();
        let count = u32::try_from(writes.len()).unwrap_or(u32::MAX);
        used.writes = used.writes.saturating_add(count);
        if used.writes > self.limits.writes {
            return Err(Refusal::Limit(Limit::Writes));
        }
        if used.unit.is_none() {
            let begun = self.wait(self.store.begin_writes())?;
            used.unit = Some(begun.map_err(|error| broken(&error))?);
            self.clock.shorten_to(self.limits.time_writing);
        }
        let Some(unit) = &mut used.unit else {
            return Err(Refusal::Broken("there is no transaction".to_owned()));
        };
        let options = WriteOptions {
            all_or_none: true,
            strictness: Strictness::Strict,
            client: "script".to_owned(),
            ..WriteOptions::default()
        };
        let written = self.wait(unit.write(&self.user, &writes, &options));
        let written = written.and_then(|done| done.map_err(|error| self.write_fault(&error)));
        let outcomes = match written {
            Ok(outcomes) => outcomes,
            Err(refusal) => {
                used.met_deadlock |= matches!(&refusal, Refusal::Broken(why) if why == DEADLOCK);
                return Err(refusal);
            }
        };
        let mut ids = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            match outcome {
                Ok(written) => ids.push(Json::from(written.id.as_str())),
                // Of those that were taken back with another, the reason is the other.
                Err(errors) => return Err(refused_save(&errors)),
            }
        }
        Ok(Json::Array(ids))
    }

    fn write_fault(&self, error: &StoreError) -> Refusal {
        match error {
            StoreError::Deadlock(_) => Refusal::Broken(DEADLOCK.to_owned()),
            StoreError::BadQuery(why) => refused("INVALID_FIELD", why),
            other => broken(other),
        }
    }

    fn failure(&self, error: QueryFailure) -> Refusal {
        match error {
            QueryFailure::Refused { code, message } => refused(code, &message),
            QueryFailure::Store(StoreError::BadQuery(why)) => refused("MALFORMED_QUERY", &why),
            QueryFailure::Store(error) => broken(&error),
        }
    }
}

/// What is said of a deadlock, by which it is known again.
pub(crate) const DEADLOCK: &str = "The database is busy. Try again in a moment.";

fn broken(error: &StoreError) -> Refusal {
    tracing::warn!(%error, "a script could not reach the database");
    Refusal::Broken(match error {
        StoreError::Full(_) => "The disk of the server is full. Nothing was saved.".to_owned(),
        _ => "The database did not answer. Try again in a moment.".to_owned(),
    })
}

fn refused(code: &str, message: &str) -> Refusal {
    Refusal::Refused(json!({ "code": code, "message": message, "fields": [] }))
}

fn refused_save(errors: &[SaveError]) -> Refusal {
    let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    let fields: Vec<&String> = errors.iter().flat_map(|error| &error.fields).collect();
    let code = errors.first().map(|error| json!(error.status_code));
    Refusal::Refused(json!({
        "code": code,
        "message": messages.join("; "),
        "fields": fields,
    }))
}

/// `SELECT COUNT()` has a number and no rows.
fn is_count(soql: &str) -> bool {
    let start: String = soql.split_whitespace().collect::<String>();
    start.to_ascii_lowercase().starts_with("selectcount()")
}

/// A record of a script as a write.
fn read(is_new: bool, object: Option<&str>, record: &Json) -> Result<Write, Refusal> {
    let Json::Object(members) = record else {
        return Err(refused(
            "INVALID_TYPE",
            "A record must be an object with fields",
        ));
    };
    let mut fields = Fields::new();
    let mut id = None;
    for (name, value) in members {
        if name == "attributes" {
            continue;
        }
        if !is_new && name.eq_ignore_ascii_case("Id") {
            id = value.as_str().and_then(|text| RecordId::parse(text).ok());
            continue;
        }
        fields.insert(FieldName::new(name), plain(name, value)?);
    }
    match (is_new, object, id) {
        (true, Some(object), _) => Ok(Write::Create {
            object: ObjectName::new(object),
            fields,
            lookups: Vec::new(),
        }),
        (true, None, _) => Err(refused(
            "INVALID_TYPE",
            "org.create needs the name of an object first: org.create(\"Task\", {…})",
        )),
        (false, _, Some(id)) => Ok(Write::Update {
            id,
            fields,
            lookups: Vec::new(),
        }),
        (false, _, None) => Err(refused(
            "MISSING_ARGUMENT",
            "org.update needs a record with its Id",
        )),
    }
}

fn plain(name: &str, value: &Json) -> Result<Value, Refusal> {
    Ok(match value {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::String(text) => Value::Text(text.clone()),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Number(number.as_f64().unwrap_or(f64::MAX)),
        },
        Json::Array(_) | Json::Object(_) => {
            let why = format!("{name}: a value must be a text, a number, true, false or null");
            return Err(refused("INVALID_FIELD", &why));
        }
    })
}
