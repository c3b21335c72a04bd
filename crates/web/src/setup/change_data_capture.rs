//! Change Data Capture: the objects whose changes are published to streaming clients.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use offhook_org::Schema;
use offhook_org::schema::Object;

use super::frame::{self, Place, admit};
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

struct Choice {
    name: String,
    label: String,
    channel: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "setup/change_data_capture.html")]
struct CaptureTemplate<'a> {
    csrf: &'a str,
    choices: Vec<Choice>,
}

/// `GET /lightning/setup/change-data-capture`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let place = Place::ChangeDataCapture;
    admit(&who, place)?;
    let publishing = state.store.publishing();
    let schema = state.store.schema();
    let choice = |object: &Object| Choice {
        name: object.name.to_string(),
        label: object.plural_label.clone(),
        channel: channel(object),
        is_chosen: publishing.contains(object.name.as_str()),
    };
    let body = CaptureTemplate {
        csrf: &who.session.csrf_token,
        choices: publishable(&schema).map(choice).collect(),
    };
    frame::page(&state, &who, place, place.label(), notice, &body)
        .await
        .map(flash::said)
}

/// `POST /lightning/setup/change-data-capture`.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    let place = Place::ChangeDataCapture;
    admit(&who, place)?;
    let sent = query::pairs(&body);
    let schema = state.store.schema();
    let chosen = publishable(&schema).map(|object| object.name.to_string());
    let chosen: Vec<String> = chosen
        .filter(|name| {
            sent.iter()
                .any(|(key, value)| key == "object" && value == name)
        })
        .collect();
    state.store.put_publishing(&chosen).await?;
    let list = match chosen.is_empty() {
        true => "no object".to_owned(),
        false => chosen.join(", "),
    };
    let said = format!("Changes are published of: {list}");
    state
        .store
        .audit(&who.user, place.label(), "changedChangeDataCapture", &said)
        .await?;
    Ok(flash::redirect(place.path(), &format!("{said}."), None))
}

/// Objects of people's records.
fn publishable(schema: &Schema) -> impl Iterator<Item = &Object> {
    let objects = schema.objects().iter().map(AsRef::as_ref);
    objects.filter(|object: &&Object| object.has_tab || object.name.as_str().ends_with("__c"))
}

fn channel(object: &Object) -> String {
    match object.name.as_str().strip_suffix("__c") {
        Some(custom) => format!("/data/{custom}__ChangeEvent"),
        None => format!("/data/{}ChangeEvent", object.name),
    }
}
