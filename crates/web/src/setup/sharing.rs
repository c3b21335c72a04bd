//! Sharing settings: organisation-wide defaults, and the rules beside them.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use offhook_org::access::{Comparison, Criterion, SharingBasis, SharingRule};
use offhook_org::schema::SharingDefault;
use offhook_org::{FieldName, ObjectName, RecordId};
use offhook_store::error::SaveFailure;
use offhook_store::org::{Filter, ListQuery, Order};
use offhook_store::rights::{has_sharing_default, sharing_choices};

use super::frame::{self, Place, admit};
use crate::AppState;
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::query;
use crate::session::SignedIn;

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

struct Default {
    object: String,
    label: String,
    choices: Vec<Choice>,
}

struct Rule {
    id: i64,
    label: String,
    object: String,
    which: String,
    with: String,
    level: &'static str,
}

#[derive(Template)]
#[template(path = "setup/sharing.html")]
struct SharingTemplate<'a> {
    csrf: &'a str,
    problems: Vec<String>,
    defaults: Vec<Default>,
    rules: Vec<Rule>,
    groups: Vec<(String, String)>,
}

/// `GET /lightning/setup/sharing`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::Sharing)?;
    let page = render(&state, &who, Vec::new(), notice).await;
    page.map(flash::said)
}

async fn render(
    state: &AppState,
    who: &SignedIn,
    problems: Vec<String>,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let groups = groups(state, who).await?;
    let name = |id: &RecordId| {
        let known = groups.iter().find(|(other, _)| other == id.as_str());
        known.map_or_else(|| id.to_string(), |(_, name)| name.clone())
    };
    let rules = state.store.sharing_rules().await?;
    let rules = rules.into_iter().map(|stored| Rule {
        id: stored.id,
        which: match &stored.rule.basis {
            SharingBasis::OwnedBy(group) => format!("owned by members of {}", name(group)),
            SharingBasis::Criteria(criteria) => {
                let said = criteria.iter().map(|c| {
                    format!(
                        "{} {} \u{201c}{}\u{201d}",
                        c.field,
                        word(c.comparison),
                        c.value
                    )
                });
                format!("where {}", said.collect::<Vec<_>>().join(" and "))
            }
        },
        with: name(&stored.rule.grantee),
        level: match stored.rule.edits {
            true => "Read/Write",
            false => "Read Only",
        },
        object: stored.rule.object.as_str().to_owned(),
        label: stored.rule.label,
    });
    let rules = rules.collect();
    let schema = state.store.schema();
    let shared = schema
        .objects()
        .iter()
        .filter(|object| has_sharing_default(object));
    let defaults = shared.map(|object| Default {
        object: object.name.as_str().to_owned(),
        label: object.plural_label.clone(),
        choices: sharing_choices(object)
            .into_iter()
            .map(|sharing| Choice {
                value: label(sharing).to_owned(),
                label: label(sharing).to_owned(),
                chosen: sharing == object.sharing,
            })
            .collect(),
    });
    let status = match problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let body = SharingTemplate {
        csrf: &who.session.csrf_token,
        problems,
        defaults: defaults.collect(),
        rules,
        groups: groups.clone(),
    };
    let title = "Sharing Settings";
    frame::page_with_status(state, who, status, Place::Sharing, title, notice, &body).await
}

/// Groups by id and name, those of roles with their kind.
async fn groups(state: &AppState, who: &SignedIn) -> Result<Vec<(String, String)>, Failure> {
    let asked = ListQuery {
        object: ObjectName::new("Group"),
        filters: Vec::<Filter>::new(),
        order: Some((FieldName::new("Name"), Order::Ascending)),
        offset: 0,
        limit: 200,
    };
    let found = state.store.list(&who.user, &asked).await?;
    let named = found.records.iter().map(|group| {
        let kind = match group.text("Type") {
            "Regular" => "Group",
            "Role" => "Role",
            "RoleAndSubordinates" => "Role and Subordinates",
            "Organization" => "Everybody",
            _ => "Queue",
        };
        (
            group.id.to_string(),
            format!("{kind}: {}", group.text("Name")),
        )
    });
    Ok(named.collect())
}

/// `POST /lightning/setup/sharing/default`.
pub(super) async fn set_default(
    State(state): State<AppState>,
    who: SignedIn,
    body: String,
) -> Result<Response, Failure> {
    admit(&who, Place::Sharing)?;
    let sent = entered(&body);
    let value = |name: &str| sent.get(name).map_or("", String::as_str);
    let all = [
        SharingDefault::Private,
        SharingDefault::PublicRead,
        SharingDefault::PublicReadWrite,
        SharingDefault::ControlledByParent,
    ];
    let Some(sharing) = all
        .into_iter()
        .find(|sharing| label(*sharing) == value("sharing"))
    else {
        return render(&state, &who, vec!["Choose a default.".to_owned()], None).await;
    };
    let object = value("object");
    let done = state
        .store
        .set_sharing_default(&who.user, object, sharing)
        .await;
    let said = format!(
        "{object} is {} now; it acts with the next request.",
        label(sharing)
    );
    answer(&state, &who, done, &said).await
}

/// `POST /lightning/setup/sharing/rule`.
pub(super) async fn add_rule(
    State(state): State<AppState>,
    who: SignedIn,
    body: String,
) -> Result<Response, Failure> {
    admit(&who, Place::Sharing)?;
    let sent = entered(&body);
    let value = |name: &str| sent.get(name).map_or("", |text| text.trim());
    let group = |name: &str| RecordId::parse(value(name)).ok();
    let basis = match group("owners") {
        Some(owners) if value("field").is_empty() => Some(SharingBasis::OwnedBy(owners)),
        _ => {
            let comparison = Comparison::ALL.into_iter();
            let comparison = comparison
                .into_iter()
                .find(|c| word(*c) == value("comparison"));
            comparison
                .filter(|_| !value("field").is_empty())
                .map(|comparison| {
                    SharingBasis::Criteria(vec![Criterion {
                        field: FieldName::new(value("field")),
                        comparison,
                        value: value("value").to_owned(),
                    }])
                })
        }
    };
    let (Some(basis), Some(grantee)) = (basis, group("grantee")) else {
        let words = "Choose whom to share with, and which records: owners, or a field.";
        return render(&state, &who, vec![words.to_owned()], None).await;
    };
    let rule = SharingRule {
        label: value("label").to_owned(),
        object: ObjectName::new(value("object")),
        basis,
        grantee,
        edits: value("level") == "Read/Write",
    };
    let done = state.store.put_sharing_rule(&who.user, None, &rule).await;
    answer(
        &state,
        &who,
        done.map(drop),
        "The rule acts with the next request.",
    )
    .await
}

/// `POST /lightning/setup/sharing/rule/delete`.
pub(super) async fn delete_rule(
    State(state): State<AppState>,
    who: SignedIn,
    body: String,
) -> Result<Response, Failure> {
    admit(&who, Place::Sharing)?;
    let sent = entered(&body);
    let id = sent
        .get("rule")
        .and_then(|id| id.parse().ok())
        .ok_or(Failure::NotFound)?;
    let done = state.store.delete_sharing_rule(&who.user, id).await;
    answer(
        &state,
        &who,
        done,
        "The rule is gone; what it shared is no longer shared.",
    )
    .await
}

async fn answer(
    state: &AppState,
    who: &SignedIn,
    done: Result<(), SaveFailure>,
    said: &str,
) -> Result<Response, Failure> {
    match done {
        Ok(()) => Ok(flash::redirect(Place::Sharing.path(), said, None)),
        Err(SaveFailure::Refused(errors)) => {
            let problems = errors.into_iter().map(|error| error.message).collect();
            render(state, who, problems, None).await
        }
        Err(SaveFailure::NotFound) => Err(Failure::NotFound),
        Err(changed @ SaveFailure::Changed { .. }) => {
            render(state, who, vec![changed.to_string()], None).await
        }
        Err(SaveFailure::Store(error)) => Err(error.into()),
    }
}

fn entered(body: &str) -> BTreeMap<String, String> {
    query::pairs(body.as_bytes()).into_iter().collect()
}

fn label(sharing: SharingDefault) -> &'static str {
    match sharing {
        SharingDefault::Private => "Private",
        SharingDefault::PublicRead => "Public Read Only",
        SharingDefault::PublicReadWrite => "Public Read/Write",
        SharingDefault::ControlledByParent => "Controlled by Parent",
    }
}

fn word(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equals => "equals",
        Comparison::NotEquals => "not equal to",
        Comparison::Contains => "contains",
        Comparison::StartsWith => "starts with",
    }
}
