//! Company Information: the org's name and address, its time zone, locale, language and fiscal
//! year, and the id by which API clients know it.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::schema::FieldKind;
use offhook_store::error::SaveFailure;
use offhook_store::rights::{COMPANY_TEXTS, Company};

use super::frame::{self, Place, admit};
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

struct Text {
    name: &'static str,
    label: &'static str,
    value: String,
    length_max: usize,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "setup/company.html")]
struct CompanyTemplate<'a> {
    csrf: &'a str,
    problems: Vec<String>,
    org_id: String,
    texts: Vec<Text>,
    time_zone: String,
    time_zones: Vec<String>,
    locales: Vec<Choice>,
    languages: Vec<Choice>,
    months: Vec<Choice>,
}

/// `GET /lightning/setup/company`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::Company)?;
    let company = state.store.company().await?;
    let page = render(&state, &who, &company, Vec::new(), notice).await;
    page.map(flash::said)
}

/// `POST /lightning/setup/company`.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    admit(&who, Place::Company)?;
    let sent = query::pairs(&body);
    let given = |name: &str| {
        let pair = sent.iter().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.clone())
    };
    // What a form does not name stays as it is.
    let mut company = state.store.company().await?;
    for ((name, ..), text) in COMPANY_TEXTS.iter().zip(&mut company.texts) {
        if let Some(value) = given(name) {
            *text = value;
        }
    }
    if let Some(language) = given("LanguageLocaleKey") {
        company.language = language;
    }
    if let Some(month) = given("FiscalYearStartMonth") {
        company.fiscal_start = month.parse().unwrap_or(0);
    }
    match state.store.put_company(&who.user, &company).await {
        Ok(()) => {
            let said = "Company information was saved.";
            Ok(flash::redirect(Place::Company.path(), said, None))
        }
        Err(SaveFailure::Refused(errors)) => {
            let problems = errors.into_iter().map(|error| error.message).collect();
            render(&state, &who, &company, problems, None).await
        }
        Err(SaveFailure::Store(error)) => Err(error.into()),
        Err(SaveFailure::NotFound | SaveFailure::Changed { .. }) => Err(Failure::NotFound),
    }
}

async fn render(
    state: &AppState,
    who: &SignedIn,
    company: &Company,
    problems: Vec<String>,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let status = match problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let texts = COMPANY_TEXTS.iter().zip(&company.texts);
    let texts = texts
        .filter(|((name, ..), _)| !name.ends_with("SidKey"))
        .map(|((name, label, length_max), value)| Text {
            name,
            label,
            value: value.clone(),
            length_max: *length_max,
        });
    let zones = jiff::tz::db().available();
    let months = (1_u8..).zip(MONTHS).map(|(number, name)| Choice {
        value: number.to_string(),
        label: name.to_owned(),
        chosen: number == company.fiscal_start,
    });
    let locale = company.text("DefaultLocaleSidKey");
    let body = CompanyTemplate {
        csrf: &who.session.csrf_token,
        problems,
        org_id: state.store.org_id().to_string(),
        texts: texts.collect(),
        time_zone: company.text("TimeZoneSidKey").to_owned(),
        time_zones: zones.map(|zone| zone.to_string()).collect(),
        locales: choices(state, "LocaleSidKey", locale),
        languages: choices(state, "LanguageLocaleKey", &company.language),
        months: months.collect(),
    };
    let place = Place::Company;
    frame::page_with_status(state, who, status, place, place.label(), notice, &body).await
}

/// The values that users can have in this field too, and the present one.
fn choices(state: &AppState, field: &str, chosen: &str) -> Vec<Choice> {
    let schema = state.store.schema();
    let field = schema.object("User").and_then(|user| user.field(field));
    let mut values: Vec<String> = match field {
        Some(field) if field.kind == FieldKind::Picklist => field
            .values
            .iter()
            .map(|value| value.value.clone())
            .collect(),
        _ => Vec::new(),
    };
    if !values.iter().any(|value| value == chosen) {
        values.insert(0, chosen.to_owned());
    }
    let choice = |value: String| Choice {
        label: value.clone(),
        chosen: value == chosen,
        value,
    };
    values.into_iter().map(choice).collect()
}
