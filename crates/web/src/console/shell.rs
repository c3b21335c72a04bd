//! The frame around every page: brand, navigation, search, the user's menu, and the places where
//! the console's script draws its tabs and the utility bar. A script that asks for a fragment
//! gets the `<main>` element alone.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use offhook_org::access::{Operation, Permission};
use offhook_org::schema::Schema;
use offhook_org::schema::person_accounts::has_persons;
use serde_json::json;

use super::flash::Notice;
use crate::error::Failure;
use crate::headers::Frames;
use crate::session::{SignedIn, Visit};
use crate::{AppState, assets};

/// Name of the one app that there is.
const APP: &str = "Sales Console";

/// What the shell must know of a page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    /// `home`, `list`, `record`, `new`, `edit`, `search`, `setup`.
    pub(crate) kind: &'static str,
    /// Of the tab and of the window.
    pub(crate) title: String,
    /// Name in the design system's standard sprite.
    pub(crate) icon: String,
    /// The record that the page shows.
    pub(crate) record: Option<RecordHead>,
    /// The object of a list or a form.
    pub(crate) object: Option<String>,
    /// What was just done.
    pub(crate) notice: Option<Notice>,
}

/// The record that a page shows.
#[derive(Debug, Clone)]
pub(crate) struct RecordHead {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) object: String,
    /// Of a person's account or contact, as [`super::value::person_of`] says it.
    pub(crate) person: Option<String>,
}

impl Head {
    /// What adapters are told of persons on this page: the other record of the person; `no` where
    /// it shows no account; nothing of a business, and in an org without person accounts.
    fn person(&self, schema: &Schema) -> String {
        let account = schema.object("Account");
        if !account.is_some_and(|account| has_persons(account)) {
            return String::new();
        }
        match &self.record {
            Some(RecordHead {
                person: Some(person),
                ..
            }) => person.clone(),
            Some(record) if record.object == "Account" => String::new(),
            _ => "no".to_owned(),
        }
    }
}

#[derive(Template)]
#[template(path = "shell.html")]
struct ShellTemplate<'a> {
    title: &'a str,
    app: &'static str,
    nonce: &'a str,
    csrf: &'a str,
    boot: String,
    links: Vec<Link>,
    user_name: &'a str,
    profile_name: &'a str,
    initials: String,
    setup: bool,
    main: String,
}

#[derive(Template)]
#[template(path = "main.html")]
struct MainTemplate<'a> {
    head: &'a Head,
    person: String,
    url: &'a str,
    csrf: &'a str,
    built: bool,
    notice: &'a Option<Notice>,
    body: String,
}

#[derive(Template)]
#[template(path = "bare.html")]
struct BareTemplate<'a> {
    title: &'a str,
    body: String,
}

struct Link {
    label: String,
    href: String,
    current: bool,
}

/// A page of the console with status 200.
pub(crate) async fn page(
    state: &AppState,
    who: &SignedIn,
    head: Head,
    body: &impl Template,
) -> Result<Response, Failure> {
    page_with_status(state, who, StatusCode::OK, head, body).await
}

/// A page of the console: the whole document, or its `<main>` for a script.
pub(crate) async fn page_with_status(
    state: &AppState,
    who: &SignedIn,
    status: StatusCode,
    head: Head,
    body: &impl Template,
) -> Result<Response, Failure> {
    let main = MainTemplate {
        head: &head,
        person: head.person(&state.store.schema()),
        url: &who.visit.url,
        csrf: &who.session.csrf_token,
        built: assets::built(),
        notice: &head.notice,
        body: render(body)?,
    };
    let main = render(&main)?;
    if who.visit.fragment {
        return Ok((status, Html(main)).into_response());
    }
    let call_center = state.store.call_center_of(who.user_id()).await?;
    let profile = &who.user.profile;
    let shell = ShellTemplate {
        title: &head.title,
        app: APP,
        nonce: &who.visit.nonce,
        csrf: &who.session.csrf_token,
        boot: boot(state, who, call_center.is_some()),
        links: links(state, who, &head),
        user_name: &who.user.user_name,
        profile_name: &profile.name,
        initials: initials(&who.user.user_name),
        setup: who.user.holds(Permission::ViewSetup),
        main,
    };
    let mut response = (status, Html(render(&shell)?)).into_response();
    let definition = call_center.as_ref().map(|center| &center.definition);
    let adapter = definition.and_then(|center| center.adapter_url());
    let standby = definition.and_then(|center| center.standby());
    let pages = adapter.into_iter().chain(standby.map(|(url, _)| url));
    let origins = pages.filter_map(origin_of).collect();
    response.extensions_mut().insert(Frames(origins));
    Ok(response)
}

/// A page without a session: login, about.
pub(crate) fn bare_page(
    visit: &Visit,
    status: StatusCode,
    title: &str,
    body: &impl Template,
) -> Result<Response, Failure> {
    let body = render(body)?;
    if visit.fragment {
        return Ok((status, Html(body)).into_response());
    }
    Ok((status, Html(render(&BareTemplate { title, body })?)).into_response())
}

/// A template as text.
pub(crate) fn render(template: &impl Template) -> Result<String, Failure> {
    template
        .render()
        .map_err(|error| Failure::Broken(format!("a page could not be written: {error}")))
}

/// What the console's script needs at start, as JSON that cannot end its `<script>`.
fn boot(state: &AppState, who: &SignedIn, phone: bool) -> String {
    json!({
        "user": {"id": who.user_id().as_str(), "name": who.user.user_name},
        "csrf": who.session.csrf_token,
        "phone": phone && who.user.holds(Permission::CtiAccess),
        "pages_origin": state.settings.pages_origin,
        "app": APP,
        "version": state.settings.version,
    })
    .to_string()
    .replace('<', "\\u003c")
    .replace('>', "\\u003e")
    .replace('&', "\\u0026")
}

fn links(state: &AppState, who: &SignedIn, head: &Head) -> Vec<Link> {
    let object = head
        .record
        .as_ref()
        .map(|r| r.object.as_str())
        .or(head.object.as_deref());
    let mut links = vec![Link {
        label: "Home".to_owned(),
        href: "/lightning/page/home".to_owned(),
        current: head.kind == "home",
    }];
    let schema = state.store.schema();
    let tabs = schema.objects().iter().filter(|o| o.has_tab);
    for tab in tabs.filter(|o| who.user.may(o.name.as_str(), Operation::Read)) {
        links.push(Link {
            label: tab.plural_label.clone(),
            href: format!("/lightning/o/{}/list", tab.name),
            current: object == Some(tab.name.as_str()),
        });
    }
    if who.user.holds(Permission::ViewSetup) {
        links.push(Link {
            label: "Setup".to_owned(),
            href: "/lightning/setup".to_owned(),
            current: head.kind == "setup",
        });
    }
    links
}

/// First letters of the first and the last name.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().next());
    let first = words.next();
    first
        .into_iter()
        .chain(words.next_back())
        .flat_map(char::to_uppercase)
        .collect()
}

/// The origin of an absolute http or https URL; `None` for anything else, so that nothing
/// strange gets into a header.
fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    if !matches!(scheme, "http" | "https") {
        return None;
    }
    let host = rest
        .split(['/', '?', '#'])
        .next()
        .filter(|host| !host.is_empty())?;
    let plain = host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    plain.then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::{initials, origin_of};

    #[test]
    fn only_a_plain_origin_of_an_adapter_gets_into_a_header() {
        let cases = [
            (
                "https://phone.example.com/a?b#c",
                Some("https://phone.example.com"),
            ),
            (
                "http://127.0.0.1:8081/softphone",
                Some("http://127.0.0.1:8081"),
            ),
            ("/softphone", None),
            ("javascript://x/", None),
            ("https://", None),
            ("https://a b; script-src *", None),
            ("https://user@evil.example", None),
        ];
        for (url, origin) in cases {
            assert_eq!(origin_of(url).as_deref(), origin, "{url}");
        }
    }

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        assert_eq!(initials("Ada King Lovelace"), "AL");
        assert_eq!(initials("émile"), "É");
        assert_eq!(initials(""), "");
    }
}
