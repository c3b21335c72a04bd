//! What a user sets of the user's own: name, addresses and numbers, time zone, locale and
//! language, the password, and the sessions that are open.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::access::Permission;
use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::schema::{Field, FieldKind};
use offhook_org::{FieldName, Record, UserContext, Value};
use offhook_store::accounts::{OwnSession, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, SignInError};
use offhook_store::error::SaveFailure;

use super::flash::{self, Flash, Notice};
use super::shell::{self, Head};
use super::value;
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, now_ms, query};

pub(crate) const PATH: &str = "/lightning/settings/personal";

/// Fields of the user that the user sets; the last three are chosen from lists.
const OWN_FIELDS: [&str; 9] = [
    "FirstName",
    "LastName",
    "Title",
    "Email",
    "Phone",
    "MobilePhone",
    "TimeZoneSidKey",
    "LocaleSidKey",
    "LanguageLocaleKey",
];

struct Text {
    name: String,
    label: String,
    value: String,
    kind: &'static str,
    complete: &'static str,
    length_max: usize,
    required: bool,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

struct Line {
    key: String,
    what: String,
    source: String,
    began: String,
    is_this: bool,
}

#[derive(Template)]
#[template(path = "personal.html")]
struct PersonalTemplate<'a> {
    csrf: &'a str,
    user_name: String,
    problems: Vec<String>,
    password_problem: Option<String>,
    texts: Vec<Text>,
    time_zone: String,
    time_zones: Vec<String>,
    locales: Vec<Choice>,
    languages: Vec<Choice>,
    password_min: usize,
    password_max: usize,
    sessions: Vec<Line>,
    others: usize,
}

/// `GET /lightning/settings/personal`.
pub(crate) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let page = render(&state, &who, &Fields::new(), Problems::default(), notice).await;
    page.map(flash::said)
}

/// `POST /lightning/settings/personal`.
pub(crate) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    let sent = query::pairs(&body);
    let given = OWN_FIELDS.iter().filter_map(|name| {
        let (_, value) = sent.iter().find(|(key, _)| key == name)?;
        let value = match value.trim() {
            "" => Value::Null,
            text => Value::Text(text.to_owned()),
        };
        Some((FieldName::from(*name), value))
    });
    let given: Fields = given.collect();
    let zone = given.get(&FieldName::from("TimeZoneSidKey"));
    let zone = zone.and_then(Value::as_text).unwrap_or("UTC");
    if jiff::tz::TimeZone::get(zone).is_err() {
        let words = format!("Time Zone: there is no {zone}; choose one of the list.");
        let problems = Problems::of_fields(vec![words]);
        return render(&state, &who, &given, problems, None).await;
    }
    let rights = as_own_manager(&who.user);
    let (id, strictness) = (who.user_id(), Strictness::Strict);
    let saved = state.store.update(&rights, id, &given, strictness, None);
    match saved.await {
        Ok(()) => Ok(flash::redirect(PATH, "Your settings were saved.", None)),
        Err(SaveFailure::Refused(errors)) => {
            let problems = errors.into_iter().map(|error| error.message).collect();
            let problems = Problems::of_fields(problems);
            render(&state, &who, &given, problems, None).await
        }
        Err(SaveFailure::Store(error)) => Err(error.into()),
        Err(SaveFailure::NotFound | SaveFailure::Changed { .. }) => Err(Failure::NotFound),
    }
}

/// Users change these fields of their own record without the right to manage users.
fn as_own_manager(user: &UserContext) -> UserContext {
    let mut user = user.clone();
    let rights = std::sync::Arc::make_mut(&mut user.rights);
    rights.permissions.insert(Permission::ManageUsers);
    user
}

/// `POST /lightning/settings/personal/password`.
pub(crate) async fn change_password(
    State(state): State<AppState>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    let sent = query::pairs(&body);
    let given = |name: &str| {
        let pair = sent.iter().find(|(key, _)| key == name);
        pair.map_or("", |(_, value)| value.as_str())
    };
    let (present, new) = (given("present"), given("password"));
    let length = new.chars().count();
    let problem = if !(PASSWORD_LENGTH_MIN..=PASSWORD_LENGTH_MAX).contains(&length) {
        Some(format!(
            "The new password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters."
        ))
    } else if new != given("again") {
        Some("The new password and its repetition differ. Enter both again.".to_owned())
    } else {
        try_change(&state, &who, present, new).await?
    };
    match problem {
        None => {
            let said = "Your password was changed. You were signed out everywhere else.";
            Ok(flash::redirect(PATH, said, None))
        }
        Some(problem) => {
            let problems = Problems {
                password: Some(problem),
                ..Problems::default()
            };
            render(&state, &who, &Fields::new(), problems, None).await
        }
    }
}

/// What is wrong with the change, if anything is.
async fn try_change(
    state: &AppState,
    who: &SignedIn,
    present: &str,
    new: &str,
) -> Result<Option<String>, Failure> {
    let name = own_record(state, who).await?.text("Username").to_owned();
    let token = &who.session.token;
    let store = &state.store;
    let changed = store.change_password(&name, present, new, token, now_ms());
    Ok(match changed.await {
        Ok(()) => None,
        Err(SignInError::Wrong) => {
            Some("The present password is wrong. Nothing was changed.".to_owned())
        }
        Err(SignInError::Store(error)) => return Err(error.into()),
        Err(problem) => Some(super::login::told(&problem).1),
    })
}

/// `POST /lightning/settings/personal/sessions`: ends one session, or all others.
pub(crate) async fn end_sessions(
    State(state): State<AppState>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    let sent = query::pairs(&body);
    let key = sent.iter().find(|(name, _)| name == "session");
    let (store, user) = (&state.store, who.user_id());
    let said = match key {
        Some((_, key)) => match store.end_own_session(user, key).await? {
            true => "The session was ended.".to_owned(),
            false => "That session has ended already.".to_owned(),
        },
        None => match store.end_other_sessions(user, &who.session.token).await? {
            0 => "There was no other session.".to_owned(),
            1 => "You were signed out of one other session.".to_owned(),
            ended => format!("You were signed out of {ended} other sessions."),
        },
    };
    Ok(flash::redirect(PATH, &said, None))
}

/// What was wrong with a form that was sent.
#[derive(Default)]
struct Problems {
    fields: Vec<String>,
    password: Option<String>,
}

impl Problems {
    fn of_fields(fields: Vec<String>) -> Self {
        Self {
            fields,
            password: None,
        }
    }
}

async fn own_record(state: &AppState, who: &SignedIn) -> Result<Record, Failure> {
    let record = state.store.record(&who.user, who.user_id()).await?;
    record.ok_or(Failure::NotFound)
}

async fn render(
    state: &AppState,
    who: &SignedIn,
    given: &Fields,
    problems: Problems,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let status = match problems.fields.is_empty() && problems.password.is_none() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let record = own_record(state, who).await?;
    let value_of = |name: &str| match given.get(&FieldName::new(name)) {
        Some(given) => given.as_text().unwrap_or("").to_owned(),
        None => record.text(name).to_owned(),
    };
    let schema = state.store.schema();
    let user = schema.object("User").ok_or(Failure::NotFound)?;
    let own = OWN_FIELDS.iter().filter_map(|name| user.field(name));
    let texts = own.filter(|field| !field.name.as_str().ends_with("Key"));
    let sessions = state
        .store
        .own_sessions(who.user_id(), &who.session.token, now_ms())
        .await?;
    let body = PersonalTemplate {
        csrf: &who.session.csrf_token,
        user_name: record.text("Username").to_owned(),
        problems: problems.fields,
        password_problem: problems.password,
        texts: texts
            .map(|field| text(field, value_of(field.name.as_str())))
            .collect(),
        time_zone: value_of("TimeZoneSidKey"),
        time_zones: jiff::tz::db().available().map(|z| z.to_string()).collect(),
        locales: choices(user.field("LocaleSidKey"), &value_of("LocaleSidKey")),
        languages: choices(
            user.field("LanguageLocaleKey"),
            &value_of("LanguageLocaleKey"),
        ),
        password_min: PASSWORD_LENGTH_MIN,
        password_max: PASSWORD_LENGTH_MAX,
        others: sessions.iter().filter(|session| !session.is_this).count(),
        sessions: sessions.iter().map(|session| line(who, session)).collect(),
    };
    let head = Head {
        kind: "settings",
        title: "Personal Settings".to_owned(),
        icon: "user".to_owned(),
        notice,
        ..Head::default()
    };
    shell::page_with_status(state, who, status, head, &body).await
}

fn text(field: &Field, value: String) -> Text {
    let name = field.name.as_str();
    Text {
        name: name.to_owned(),
        label: field.label.clone(),
        value,
        kind: match field.kind {
            FieldKind::Email => "email",
            FieldKind::Phone => "tel",
            _ => "text",
        },
        complete: match name {
            "FirstName" => "given-name",
            "LastName" => "family-name",
            "Title" => "organization-title",
            "Email" => "email",
            "Phone" => "tel",
            _ => "off",
        },
        length_max: field.length_max,
        required: field.required,
    }
}

fn choices(field: Option<&Field>, chosen: &str) -> Vec<Choice> {
    let values = field.into_iter().flat_map(|field| &field.values);
    let mut choices: Vec<Choice> = values
        .map(|value| Choice {
            value: value.value.clone(),
            label: value.label.clone(),
            chosen: value.value == chosen,
        })
        .collect();
    if !choices.iter().any(|choice| choice.chosen) {
        let kept = Choice {
            value: chosen.to_owned(),
            label: chosen.to_owned(),
            chosen: true,
        };
        choices.insert(0, kept);
    }
    choices
}

fn line(who: &SignedIn, session: &OwnSession) -> Line {
    let forms = value::forms_of(&who.user);
    Line {
        key: session.key.clone(),
        what: match &session.app {
            Some(app) => format!("{app} (API)"),
            None => browser(&session.program),
        },
        source: match session.source.is_empty() {
            true => "unknown".to_owned(),
            false => session.source.clone(),
        },
        began: match session.began_at_ms {
            Some(ms) => forms.page_moment(ms),
            None => "before the last update".to_owned(),
        },
        is_this: session.is_this,
    }
}

/// The browser's name and its system, from what it says of itself.
fn browser(program: &str) -> String {
    let first = |words: &[(&str, &'static str)]| {
        let mut words = words.iter();
        let found = words.find(|(word, _)| program.contains(word));
        found.map(|(_, name)| *name)
    };
    let name = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (name, system) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        (Some(name), None) => name.to_owned(),
        _ => "Browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn browsers_are_named_by_what_they_say_of_themselves() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome on Linux");
        assert_eq!(browser(&format!("{chrome} Edg/140.0")), "Edge on Linux");
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 \
                      Mobile/15E148 Safari/604.1";
        assert_eq!(browser(iphone), "Safari on iPhone");
        assert_eq!(browser("curl/8.5"), "Browser");
    }
}
