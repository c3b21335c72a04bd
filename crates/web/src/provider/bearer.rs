//! Who stands behind a softphone page: its ticket, and the headers it comes in.

use axum::http::{HeaderMap, header};
use offhook_store::StoreError;
use offhook_store::accounts::SoftphoneUser;

use crate::{AppState, now_ms};

/// No ticket or token of ours is longer.
const TICKET_LENGTH_MAX: usize = 200;

/// The ticket of `Authorization: Bearer …`.
pub(super) fn authorization(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, ticket) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(ticket.trim())
}

/// The ticket among the socket's subprotocols, as `ticket.…`: a browser can send no other header
/// with a WebSocket.
pub(super) fn subprotocol(headers: &HeaderMap) -> Option<&str> {
    subprotocols(headers).find_map(|name| name.strip_prefix("ticket."))
}

/// The subprotocols that the page offers.
pub(super) fn subprotocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
}

/// The user behind a ticket; `None` when it is not good, or no longer.
pub(super) async fn user(
    state: &AppState,
    ticket: &str,
) -> Result<Option<SoftphoneUser>, StoreError> {
    if ticket.is_empty() || ticket.len() > TICKET_LENGTH_MAX {
        return Ok(None);
    }
    state.store.softphone_user(ticket, now_ms()).await
}

/// Does the request come from a page of our pages origin? Exact: `null`, a missing header and a
/// look-alike are refused.
pub(super) fn from_pages_origin(state: &AppState, headers: &HeaderMap) -> bool {
    let origin = headers
        .get(header::ORIGIN)
        .and_then(|value| value.to_str().ok());
    origin == Some(state.settings.pages_origin.as_str())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn with(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_ticket_is_found_among_the_subprotocols() {
        let headers = with(header::SEC_WEBSOCKET_PROTOCOL, "offhook.v1, ticket.abc");
        assert_eq!(subprotocol(&headers), Some("abc"));
        assert_eq!(
            subprotocol(&with(header::SEC_WEBSOCKET_PROTOCOL, "offhook.v1")),
            None
        );
    }

    #[test]
    fn only_a_bearer_authorization_carries_a_ticket() {
        assert_eq!(
            authorization(&with(header::AUTHORIZATION, "bearer abc")),
            Some("abc")
        );
        assert_eq!(
            authorization(&with(header::AUTHORIZATION, "Basic abc")),
            None
        );
        assert_eq!(authorization(&HeaderMap::new()), None);
    }
}
