//! The table of resources: from method and path to the handler.

use axum::http::Method;
use serde_json::json;

use super::{
    Call, Reply, batch, changes, collections, composite, describe, external, home, layouts, limits,
    listviews, passwords, query, quick_actions, records, related, search, select, tooling, tree,
    versions,
};
use crate::error::ApiError;
use crate::{ApiState, bulk};

/// Answers one call for as long as its session is good. What only reads ends with 401 where it
/// stands; what writes is not begun any more, and what is begun is done.
pub(crate) async fn checked(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    call.user.check(state).await?;
    match call.only_reads() {
        true => call.user.while_good(state, dispatch(state, call)).await,
        false => dispatch(state, call).await,
    }
}

/// Answers one call, whether it came by HTTP or out of a composite.
pub(crate) async fn dispatch(state: &ApiState, call: &Call) -> Result<Reply, ApiError> {
    let path = call.literals();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        [] => call.only_get(|| versions::resources(state, call)),
        ["sobjects", rest @ ..] => sobjects(state, call, rest).await,
        ["composite", rest @ ..] => composites(state, call, rest).await,
        ["jobs"] => call.only_get(|| versions::jobs(call)),
        ["jobs", rest @ ..] if !rest.is_empty() => bulk::jobs(state, call, rest).await,
        ["tooling", rest @ ..] => tooling::tooling(state, call, rest).await,
        ["quickActions"] => call.only_get(|| quick_actions::list(call, None)),
        ["quickActions", rest @ ..] => quick_actions::one(state, call, None, rest).await,
        ["actions", rest @ ..] => home::actions(call, rest),
        ["parameterizedSearch"] => search::parameterized(state, call).await,
        _ => read_only(state, call, &path).await,
    }
}

/// Resources that are read and nothing else.
async fn read_only(state: &ApiState, call: &Call, path: &[&str]) -> Result<Reply, ApiError> {
    let is_there = matches!(
        path,
        ["query" | "queryAll"]
            | ["query" | "queryAll", _]
            | ["search" | "limits" | "recent" | "tabs" | "theme" | "process"]
            | ["limits", "recordCount"]
            | ["process", "rules" | "approvals"]
            | ["chatter"]
            | ["chatter", "users", "me"]
    );
    if !is_there {
        return Err(ApiError::not_found());
    }
    if !matches!(call.method, Method::GET | Method::HEAD) {
        return Err(ApiError::method_not_allowed("GET, HEAD"));
    }
    match path {
        ["query"] => query::first(state, call, false).await,
        ["queryAll"] => query::first(state, call, true).await,
        ["query" | "queryAll", locator] => query::more(state, call, locator).await,
        ["search"] => search::sosl(state, call).await,
        ["limits"] => limits::limits(state).await,
        ["limits", _] => limits::record_count(state, call).await,
        ["recent"] => home::recent(state, call).await,
        ["tabs"] => Ok(home::tabs(state, call)),
        ["theme"] => Ok(home::theme(state, call)),
        ["process", "rules"] => Ok(Reply::ok(json!({"rules": {}}))),
        ["process", "approvals"] => Ok(Reply::ok(json!({"approvals": {}}))),
        ["process"] => {
            let root = format!("{}/process", call.root());
            Ok(Reply::ok(json!({
                "rules": format!("{root}/rules"),
                "approvals": format!("{root}/approvals"),
            })))
        }
        ["chatter"] => {
            let users = format!("{}/chatter/users/me", call.root());
            Ok(Reply::ok(json!({"users": users})))
        }
        ["chatter", ..] => home::me(state, call).await,
        _ => Err(ApiError::not_found()),
    }
}

async fn sobjects(state: &ApiState, call: &Call, path: &[&str]) -> Result<Reply, ApiError> {
    let Some((name, rest)) = path.split_first() else {
        require(call, &Method::GET, "GET, HEAD")?;
        return describe::global(state, call);
    };
    let object = select::object_of(state, call, name)?;
    match rest {
        [] if call.method == Method::POST => records::create(state, call, &object).await,
        [] => {
            require(call, &Method::GET, "GET, HEAD, POST")?;
            describe::basic(state, call, &object).await
        }
        ["describe", rest @ ..] => {
            require(call, &Method::GET, "GET, HEAD")?;
            describes(state, call, &object, rest)
        }
        ["listviews", rest @ ..] => {
            require(call, &Method::GET, "GET, HEAD")?;
            listviews::listviews(state, call, &object, rest).await
        }
        ["quickActions"] => call.only_get(|| quick_actions::list(call, Some(&object))),
        ["quickActions", rest @ ..] => quick_actions::one(state, call, Some(&object), rest).await,
        ["updated"] => {
            require(call, &Method::GET, "GET, HEAD")?;
            changes::updated(state, call, &object).await
        }
        ["deleted"] => {
            require(call, &Method::GET, "GET, HEAD")?;
            changes::deleted(state, call, &object).await
        }
        [id] => records::by_id(state, call, &object, id).await,
        [id, "password"] if object.name.as_str() == "User" => {
            let id = records::id_in_path(&object, id)?;
            passwords::password(state, call, &id).await
        }
        [first, rest @ ..] => match records::id_in_path(&object, first) {
            Ok(id) => related::follow(state, call, &object, id, rest).await,
            Err(_) => match (rest, call.path.get(3)) {
                ([_], Some(value)) => external::by_key(state, call, &object, first, value).await,
                _ => Err(ApiError::not_found()),
            },
        },
    }
}

fn describes(
    state: &ApiState,
    call: &Call,
    object: &offhook_org::schema::Object,
    path: &[&str],
) -> Result<Reply, ApiError> {
    match path {
        [] => describe::object(state, call, object),
        ["layouts"] => layouts::layouts(state, call, object, None),
        ["layouts", record_type] => layouts::layouts(state, call, object, Some(record_type)),
        ["compactLayouts"] => Ok(layouts::compact(state, call, object)),
        ["approvalLayouts"] => Ok(Reply::ok(json!({"approvalLayouts": []}))),
        _ => Err(ApiError::not_found()),
    }
}

async fn composites(state: &ApiState, call: &Call, path: &[&str]) -> Result<Reply, ApiError> {
    match path {
        ["sobjects"] => return collections::all(state, call).await,
        ["sobjects", name] => {
            let object = select::object_of(state, call, name)?;
            return collections::retrieve(state, call, &object).await;
        }
        ["sobjects", name, field] => {
            let object = select::object_of(state, call, name)?;
            return collections::upsert(state, call, &object, field).await;
        }
        [] if matches!(call.method, Method::GET | Method::HEAD) => {
            return Ok(composite::resources(call));
        }
        _ => {}
    }
    let is_there = matches!(path, [] | ["batch" | "graph"] | ["tree", _]);
    if !is_there {
        return Err(ApiError::not_found());
    }
    require(call, &Method::POST, "POST")?;
    match path {
        [] => composite::composite(state, call).await,
        ["batch"] => batch::batch(state, call).await,
        ["graph"] => composite::graph(state, call).await,
        [_, name] => {
            let object = select::object_of(state, call, name)?;
            tree::tree(state, call, &object).await
        }
        _ => Err(ApiError::not_found()),
    }
}

/// HEAD is as good as GET.
fn require(call: &Call, method: &Method, allowed: &str) -> Result<(), ApiError> {
    let is_head = call.method == Method::HEAD && *method == Method::GET;
    match call.method == *method || is_head {
        true => Ok(()),
        false => Err(ApiError::method_not_allowed(allowed)),
    }
}
