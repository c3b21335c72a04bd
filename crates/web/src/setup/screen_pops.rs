//! Screen pops: what popped lately and why, and a form to try a number as any user.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::cti::screen_pop::PopRequest;
use offhook_org::cti::softphone_layout::CallType;
use offhook_org::{FieldName, ObjectName, RecordId, Value};
use offhook_store::cti::PopTrace;
use offhook_store::org::{Filter, ListQuery, Order};
use serde::Deserialize;

use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::error::Failure;
use crate::opencti::{Popped, search_and_choose};
use crate::session::SignedIn;

/// Traces on the page.
const TRACES_MAX: u32 = 50;

/// Users to choose from.
const USERS_MAX: u32 = 200;

/// What is tried is cut to this.
const NUMBER_LENGTH_MAX: usize = 250;

struct Trace {
    at: String,
    user: String,
    search: String,
    call_type: String,
    outcome: String,
    took: String,
    lines: Vec<String>,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "setup/screen_pops.html")]
struct ScreenPopsTemplate<'a> {
    number: &'a str,
    users: Vec<Choice>,
    call_types: Vec<Choice>,
    problem: Option<&'a str>,
    tried: Option<Trace>,
    traces: Vec<Trace>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    number: Option<String>,
    #[serde(default)]
    user: String,
    #[serde(default)]
    call_type: String,
}

/// `GET /lightning/setup/screen-pops`, with `number`, `user` and `call_type` to try one. Trying
/// changes nothing, so it can be a link that one sends to a colleague.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    admit(&who, Place::ScreenPops)?;
    let number: String = asked
        .number
        .as_deref()
        .unwrap_or("")
        .trim()
        .chars()
        .take(NUMBER_LENGTH_MAX)
        .collect();
    let as_user = if asked.user.is_empty() {
        who.user_id().as_str()
    } else {
        &asked.user
    };
    let call_type = CallType::parse(&asked.call_type).unwrap_or(CallType::Inbound);
    let mut problem = None;
    let mut tried = None;
    if asked.number.is_some() {
        match attempt(&state, &number, as_user, call_type).await? {
            Ok(popped) => tried = Some(traces(&state, &who, vec![popped.trace]).await?.remove(0)),
            Err(why) => problem = Some(why),
        }
    }
    let status = match problem {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let kept = state.store.pop_traces(TRACES_MAX).await?;
    let body = ScreenPopsTemplate {
        number: &number,
        users: users(&state, &who, as_user).await?,
        call_types: call_types(call_type),
        problem,
        tried,
        traces: traces(&state, &who, kept).await?,
    };
    let place = Place::ScreenPops;
    frame::page_with_status(&state, &who, status, place, place.label(), None, &body).await
}

/// What would pop, with that user's rights and layout; or why it cannot be tried.
async fn attempt(
    state: &AppState,
    number: &str,
    user: &str,
    call_type: CallType,
) -> Result<Result<Popped, &'static str>, Failure> {
    if number.is_empty() {
        return Ok(Err(
            "Type a number, or a name, as a softphone would send it.",
        ));
    }
    let no_user = "This user does not exist or is not active: choose another one.";
    let Ok(id) = RecordId::parse(user) else {
        return Ok(Err(no_user));
    };
    let Some(context) = state.store.user_context(&id).await? else {
        return Ok(Err(no_user));
    };
    let request = PopRequest {
        search_params: number.to_owned(),
        call_type,
        deferred: false,
        default_field_values: serde_json::Map::new(),
        query_params: String::new(),
        flow_args: Vec::new(),
    };
    Ok(Ok(search_and_choose(state, &context, &id, &request).await?))
}

async fn users(state: &AppState, who: &SignedIn, chosen: &str) -> Result<Vec<Choice>, Failure> {
    let query = ListQuery {
        object: ObjectName::new("User"),
        filters: vec![Filter::Equals(
            FieldName::new("IsActive"),
            Value::Boolean(true),
        )],
        order: Some((FieldName::new("Name"), Order::Ascending)),
        offset: 0,
        limit: USERS_MAX,
    };
    let page = state.store.list(&who.user, &query).await?;
    let choice = |user: &offhook_org::Record| Choice {
        value: user.id.as_str().to_owned(),
        label: format!("{} ({})", user.text("Name"), user.text("ProfileName")),
        chosen: user.id.as_str() == chosen,
    };
    Ok(page.records.iter().map(choice).collect())
}

fn call_types(chosen: CallType) -> Vec<Choice> {
    [
        (CallType::Inbound, "inbound", "Inbound"),
        (CallType::Outbound, "outbound", "Outbound"),
        (CallType::Internal, "internal", "Internal"),
    ]
    .map(|(call_type, value, label)| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        chosen: call_type == chosen,
    })
    .into()
}

async fn traces(
    state: &AppState,
    who: &SignedIn,
    kept: Vec<PopTrace>,
) -> Result<Vec<Trace>, Failure> {
    let mut ids: Vec<RecordId> = kept.iter().map(|trace| trace.user.clone()).collect();
    ids.sort();
    ids.dedup();
    let names = state.store.names(&who.user, &ids).await?;
    let trace = |trace: PopTrace| Trace {
        at: show::moment(trace.at_ms, &who.user),
        user: names.get(&trace.user).cloned().unwrap_or_default(),
        search: trace.search_params,
        call_type: trace.call_type,
        outcome: trace.outcome,
        took: took(trace.search_us),
        lines: trace.lines,
    };
    Ok(kept.into_iter().map(trace).collect())
}

/// `0.8 ms`.
fn took(search_us: u64) -> String {
    let tenths = search_us.div_ceil(100);
    format!("{}.{} ms", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::took;

    #[test]
    fn a_search_took_a_tenth_of_a_millisecond_at_least() {
        assert_eq!(took(1), "0.1 ms");
        assert_eq!(took(800), "0.8 ms");
        assert_eq!(took(12_345), "12.4 ms");
    }
}
