//! Records created, changed, deleted and taken back.

use offhook_org::save::Strictness;
use offhook_org::{FieldName, Value};
use offhook_store::org::{Outcome, Write, WriteOptions};

use super::Ask;
use super::sobject::{json_of, nil};
use crate::error::ApiError;
use crate::rest::body;
use crate::xml::{Element, Node};

/// Records of one request.
const RECORDS_MAX: usize = 200;

/// `create`, `update`, `upsert`, `delete`, `undelete`, `emptyRecycleBin`.
pub(super) async fn many(ask: &Ask<'_>) -> Result<Vec<Element>, ApiError> {
    let operation = ask.operation.name.as_str();
    let records = match operation {
        "delete" | "undelete" | "emptyRecycleBin" => "ids",
        _ => "sObjects",
    };
    let records: Vec<&Node> = ask.operation.all(records).collect();
    if records.len() > RECORDS_MAX {
        return Err(ApiError::bad(
            "EXCEEDED_ID_LIMIT",
            format!("record limit reached. cannot submit more than {RECORDS_MAX} records"),
        ));
    }
    // A record that cannot be read has its error in its place; the others are written.
    let read: Vec<Result<Write, ApiError>> =
        records.iter().map(|record| write(ask, record)).collect();
    let writes: Vec<Write> = read
        .iter()
        .filter_map(|one| one.as_ref().ok().cloned())
        .collect();
    let options = WriteOptions {
        all_or_none: ask.options.all_or_none,
        strictness: Strictness::Strict,
        allow_truncation: ask.options.allow_truncation,
        unchanged_since: None,
        client: client(ask),
    };
    let user = &ask.user.user;
    if options.all_or_none && writes.len() < read.len() {
        let refused = read.into_iter().find_map(Result::err);
        return Err(refused.unwrap_or_else(ApiError::not_found));
    }
    let mut outcomes = ask
        .state
        .store
        .write(user, writes, options)
        .await?
        .into_iter();
    let says_created = operation == "upsert";
    let results = read.into_iter().map(|one| match one {
        Err(error) => refused(&error, says_created),
        Ok(_) => match outcomes.next() {
            Some(outcome) => result(outcome, says_created),
            None => refused(&ApiError::not_found(), says_created),
        },
    });
    Ok(results.collect())
}

pub(super) fn client(ask: &Ask<'_>) -> String {
    match ask.options.client.as_str() {
        "" => ask.user.session.app.clone(),
        client => client.to_owned(),
    }
}

fn write(ask: &Ask<'_>, record: &Node) -> Result<Write, ApiError> {
    match ask.operation.name.as_str() {
        "delete" => {
            let id = body::read_id(record.text.trim())?;
            return Ok(Write::Delete { id });
        }
        "undelete" => {
            let id = body::read_id(record.text.trim())?;
            return Ok(Write::Undelete { id });
        }
        "emptyRecycleBin" => {
            let id = body::read_id(record.text.trim())?;
            return Ok(Write::Purge { id });
        }
        _ => {}
    }
    let json = json_of(record)?;
    let schema = ask.state.store.schema();
    let given = body::read(&schema, None, &json)?;
    let name = given.object.unwrap_or_default();
    let object = schema.object(&name);
    let object = object.ok_or_else(|| body::no_such_type(&name))?;
    let object = object.name.clone();
    let (mut fields, lookups) = (given.fields, given.lookups);
    Ok(match ask.operation.name.as_str() {
        "create" => Write::Create {
            object,
            fields,
            lookups,
        },
        "update" => Write::Update {
            id: body::read_id(given.id.as_deref().unwrap_or_default())?,
            fields,
            lookups,
        },
        _ => {
            let key_field = FieldName::new(ask.operation.value("externalIDFieldName"));
            let key = match key_field.as_str().eq_ignore_ascii_case("Id") {
                true => given.id.map_or(Value::Null, Value::Text),
                false => {
                    let is_key =
                        |name: &FieldName| name.as_str().eq_ignore_ascii_case(key_field.as_str());
                    let name = fields.keys().find(|name| is_key(name)).cloned();
                    name.and_then(|name| fields.remove(&name))
                        .unwrap_or(Value::Null)
                }
            };
            Write::Upsert {
                object,
                key_field,
                key,
                fields,
                lookups,
            }
        }
    })
}

fn result(outcome: Outcome, says_created: bool) -> Element {
    let flag = |name: &str, value: bool| Element::new(name).text(value.to_string());
    match outcome {
        Err(errors) => refused(&ApiError::from(errors), says_created),
        Ok(written) => {
            let result = Element::new("result");
            let result = match says_created {
                true => result.child(flag("created", written.created)),
                false => result,
            };
            result
                .child(Element::new("id").text(written.id.as_str()))
                .child(flag("success", true))
        }
    }
}

fn refused(error: &ApiError, says_created: bool) -> Element {
    let result = Element::new("result");
    let result = match says_created {
        true => result.child(Element::new("created").text("false")),
        false => result,
    };
    result
        .children(errors(error))
        .child(nil("id"))
        .child(Element::new("success").text("false"))
}

pub(super) fn errors(error: &ApiError) -> Vec<Element> {
    let one = |problem: &crate::error::Problem| {
        let fields = problem.fields.iter();
        let fields = fields.map(|field| Element::new("fields").text(field.as_str()));
        Element::new("errors")
            .children(fields)
            .child(Element::new("message").text(problem.message.as_str()))
            .child(Element::new("statusCode").text(problem.code.as_ref()))
    };
    error.problems.iter().map(one).collect()
}
