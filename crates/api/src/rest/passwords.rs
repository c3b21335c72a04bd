//! Passwords of users: are they expired, set one, make one anew.

use axum::http::{Method, StatusCode};
use offhook_org::RecordId;
use offhook_org::access::Permission;
use serde_json::json;

use super::body::text_of;
use super::{Call, Reply, select};
use crate::ApiState;
use crate::error::ApiError;

/// Shortest and longest password.
const LENGTH_MIN: usize = 8;
const LENGTH_MAX: usize = 1_000;

/// `/sobjects/User/{id}/password`.
pub(super) async fn password(
    state: &ApiState,
    call: &Call,
    user: &RecordId,
) -> Result<Reply, ApiError> {
    let soql = format!("SELECT Id FROM User WHERE Id = '{user}'");
    let page = select::run(state, call, &soql, false).await?;
    if page.rows.is_empty() {
        return Err(ApiError::not_found());
    }
    match call.method {
        // Passwords do not expire here.
        Method::GET | Method::HEAD => Ok(Reply::ok(json!({"isExpired": false}))),
        Method::POST => {
            may_set(call, user)?;
            let body = call.json()?;
            let password = text_of(&body, "NewPassword").ok_or_else(|| {
                ApiError::bad("MISSING_ARGUMENT", "NewPassword not specified")
                    .with_fields(&["NewPassword"])
            })?;
            if !(LENGTH_MIN..=LENGTH_MAX).contains(&password.chars().count()) {
                return Err(ApiError::bad(
                    "INVALID_NEW_PASSWORD",
                    format!("Your password must be at least {LENGTH_MIN} characters long"),
                ));
            }
            state.store.set_password(user, &password).await?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        Method::DELETE => {
            may_set(call, user)?;
            let mut password = offhook_store::random::token();
            password.truncate(20);
            state.store.set_password(user, &password).await?;
            Ok(Reply::ok(json!({"NewPassword": password})))
        }
        _ => Err(ApiError::method_not_allowed("GET, HEAD, POST, DELETE")),
    }
}

/// Users set their own, who manages users sets anybody's.
fn may_set(call: &Call, user: &RecordId) -> Result<(), ApiError> {
    let asks = &call.user.user;
    match asks.user.as_ref() == Some(user) || asks.holds(Permission::ManageUsers) {
        true => Ok(()),
        false => Err(ApiError::forbidden(
            "INSUFFICIENT_ACCESS",
            "insufficient access rights on object id: only who manages users may set the \
             password of another user",
        )),
    }
}
