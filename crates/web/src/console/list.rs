//! Lists: the records of a list view that the user may see, searched within, sorted by a column,
//! page by page.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use offhook_org::access::Operation;
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{FieldName, Record, UserContext, Value};
use offhook_store::org::query::QueryFailure;
use offhook_store::org::{Filter, ListQuery, ListViewPage, Order, Page};

use super::flash::{self, Flash};
use super::list_views::{Kind, View};
use super::shell::{self, Head};
use super::value::{self, Entry, RecordLink, Words};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, now_ms, query};

/// Records on a page of a list.
const PAGE_SIZE: u32 = 50;

/// List views that are links at once.
const VIEWS_SHOWN: usize = 8;

/// The store counts no further.
const TOTAL_MAX: u32 = 2_000;

#[derive(Template)]
#[template(path = "list.html")]
struct ListTemplate<'a> {
    object: &'a Object,
    views: Vec<ViewLink>,
    /// Further list views, behind a button.
    more_views: Vec<ViewLink>,
    /// The conditions of the list view, as people say them.
    filters: Vec<String>,
    is_pinned: bool,
    /// The user made it, and may change it.
    is_own: bool,
    csrf: &'a str,
    asked: &'a Asked,
    search_label: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    summary: String,
    previous: Option<String>,
    next: Option<String>,
    new_href: Option<String>,
    empty: Option<EmptyState>,
}

/// A list view to choose.
struct ViewLink {
    label: String,
    href: String,
    current: bool,
}

/// A column's heading; one that sorts has a link.
struct Column {
    label: String,
    href: Option<String>,
    /// `ascending` or `descending` when the list is sorted by it.
    sorted: Option<&'static str>,
}

/// A record in a table: its link, then the other columns.
pub(crate) struct Row {
    pub(crate) link: RecordLink,
    pub(crate) label: String,
    pub(crate) cells: Vec<Entry>,
}

/// Why the list is empty, and what to do.
struct EmptyState {
    title: String,
    text: String,
    clear_href: Option<String>,
}

/// What the query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    view: View,
    text: String,
    sort: Option<(FieldName, Order)>,
    /// From 1.
    page: u32,
}

/// Tasks whose date is today or gone by.
pub(crate) fn due_by_today(user: &UserContext) -> Filter {
    let today = today(user);
    let tomorrow = today.tomorrow().unwrap_or(today);
    Filter::LessThan("ActivityDate".into(), Value::Date(tomorrow))
}

/// Today where the user is.
pub(crate) fn today(user: &UserContext) -> jiff::civil::Date {
    let now = jiff::Timestamp::from_millisecond(now_ms()).unwrap_or_default();
    value::zone_of(user).to_datetime(now).date()
}

/// `/lightning/o/{object}/home`.
pub(crate) async fn home(Path(object): Path<String>) -> Redirect {
    Redirect::to(&format!("/lightning/o/{}/list", query::encode(&object)))
}

/// `/lightning/o/{object}/list`.
pub(crate) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
    Path(object): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Failure> {
    let object = &object_with_tab(&state, &who, &object)?;
    let pairs = query::pairs(raw.unwrap_or_default().as_bytes());
    let pinned = state.store.pinned_list(&who.user, &object.name).await?;
    let asked = Asked::read(object, &who.user, &pairs, pinned.as_deref());
    let found = find(&state, &who, object, &asked).await?;
    if found.records.is_empty() && asked.page > 1 {
        let first = Asked { page: 1, ..asked };
        return Ok(Redirect::to(&first.href(object)).into_response());
    }
    let records: Vec<&Record> = found.records.iter().collect();
    let words = Words::of(&state, &who.user, &records).await?;
    let is_pinned = pinned.as_deref().unwrap_or("all") == asked.view.key;
    let body = template(&who, object, &asked, &found, &words, is_pinned);
    let head = Head {
        kind: "list",
        title: object.plural_label.clone(),
        icon: object.icon.clone(),
        object: Some(object.name.to_string()),
        notice,
        ..Head::default()
    };
    shell::page(&state, &who, head, &body)
        .await
        .map(flash::said)
}

/// The object of this name, if it has pages of its own and the user may read it.
pub(crate) fn object_with_tab(
    state: &AppState,
    who: &SignedIn,
    name: &str,
) -> Result<Arc<Object>, Failure> {
    state
        .store
        .schema()
        .object(name)
        .filter(|object| object.has_tab)
        .filter(|object| who.user.may(object.name.as_str(), Operation::Read))
        .cloned()
        .ok_or(Failure::NotFound)
}

async fn find(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    asked: &Asked,
) -> Result<Page, Failure> {
    if let Kind::Made(view) = &asked.view.kind {
        let page = ListViewPage {
            text: (!asked.text.is_empty())
                .then(|| (search_field(object).name.clone(), asked.text.clone())),
            order: asked.sort.clone().or_else(|| match view.sort {
                Some(_) => None,
                None => Some(default_order(object)),
            }),
            offset: (asked.page - 1) * PAGE_SIZE,
            limit: PAGE_SIZE,
            now_ms: now_ms(),
        };
        let found = state.store.list_view_page(&who.user, object, view, &page);
        return found.await.map_err(not_found);
    }
    if asked.view.kind == Kind::Recent {
        return recent(state, who, object, asked).await;
    }
    let mut filters = asked.view.filters(who);
    if !asked.text.is_empty() {
        let field = search_field(object).name.clone();
        filters.push(Filter::Contains(field, asked.text.clone()));
    }
    let list = ListQuery {
        object: object.name.clone(),
        filters,
        order: asked.sort.clone().or_else(|| Some(default_order(object))),
        offset: (asked.page - 1) * PAGE_SIZE,
        limit: PAGE_SIZE,
    };
    Ok(state.store.list(&who.user, &list).await?)
}

/// A list view that cannot be read (any more) says why.
fn not_found(failure: QueryFailure) -> Failure {
    match failure {
        QueryFailure::Refused { message, .. } => Failure::BadRequest {
            why: format!(
                "This list view cannot be shown: {message}. Change it, or choose another."
            ),
        },
        QueryFailure::Store(error) => error.into(),
    }
}

async fn recent(
    state: &AppState,
    who: &SignedIn,
    object: &Object,
    asked: &Asked,
) -> Result<Page, Failure> {
    let name = Some(&object.name);
    let mut records = state
        .store
        .recently_viewed(&who.user, name, PAGE_SIZE)
        .await?;
    let wanted = asked.text.to_lowercase();
    let field = search_field(object).name.as_str();
    records.retain(|record| record.text(field).to_lowercase().contains(&wanted));
    let total = u32::try_from(records.len()).unwrap_or(u32::MAX);
    Ok(Page { records, total })
}

/// The field that the search within a list looks at.
fn search_field(object: &Object) -> &Field {
    object
        .field("Subject")
        .or_else(|| object.field(object.name_field.as_str()))
        .unwrap_or(&object.fields[0])
}

/// By name where records have names of their own; the newest first where they are numbered or
/// many have the same.
pub(crate) fn default_order(object: &Object) -> (FieldName, Order) {
    match object.name_field.as_str() {
        "Name" => (object.name_field.clone(), Order::Ascending),
        _ => ("CreatedDate".into(), Order::Descending),
    }
}

impl Asked {
    /// The direction as the query has it.
    fn direction(&self) -> &'static str {
        self.sort
            .as_ref()
            .map_or("asc", |(_, order)| direction_name(*order))
    }

    fn read(
        object: &Object,
        user: &UserContext,
        pairs: &[(String, String)],
        pinned: Option<&str>,
    ) -> Self {
        let name = match query::value(pairs, "filterName") {
            "" => pinned.unwrap_or_default(),
            name => name,
        };
        let view = View::named(object, user, name);
        let direction = match query::value(pairs, "dir") {
            "desc" => Order::Descending,
            _ => Order::Ascending,
        };
        let sort = object
            .field(query::value(pairs, "sort"))
            .filter(|field| user.may_read_field(object.name.as_str(), field.name.as_str()))
            .filter(|field| sorts(field))
            .map(|field| (field.name.clone(), direction));
        Self {
            view,
            text: query::value(pairs, "q").trim().chars().take(250).collect(),
            sort,
            page: query::value(pairs, "page")
                .parse()
                .unwrap_or(1)
                .clamp(1, 100_000),
        }
    }

    fn href(&self, object: &Object) -> String {
        let mut href = format!(
            "/lightning/o/{}/list?filterName={}",
            object.name, self.view.key
        );
        if !self.text.is_empty() {
            href.push_str(&format!("&q={}", query::encode(&self.text)));
        }
        if let Some((field, order)) = &self.sort {
            href.push_str(&format!("&sort={field}&dir={}", direction_name(*order)));
        }
        if self.page > 1 {
            href.push_str(&format!("&page={}", self.page));
        }
        href
    }
}

fn direction_name(order: Order) -> &'static str {
    match order {
        Order::Ascending => "asc",
        Order::Descending => "desc",
    }
}

/// Long texts have no order, and the order of a reference's ids means nothing to people.
fn sorts(field: &Field) -> bool {
    field.is_sortable() && field.kind != FieldKind::Reference
}

fn template<'a>(
    who: &'a SignedIn,
    object: &'a Object,
    asked: &'a Asked,
    found: &Page,
    words: &Words<'_>,
    is_pinned: bool,
) -> ListTemplate<'a> {
    let columns_shown = asked.view.columns(object);
    let rows = rows(&who.user, object, &columns_shown, &found.records, words);
    let (views, more_views) = views(object, &who.user, asked);
    let shown = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let before = (asked.page - 1) * PAGE_SIZE;
    let to_page = |page: u32| Asked {
        page,
        ..asked.clone()
    };
    ListTemplate {
        object,
        views,
        more_views,
        filters: asked.view.words(object),
        is_pinned,
        is_own: asked.view.is_own(&who.user),
        csrf: &who.session.csrf_token,
        asked,
        search_label: format!(
            "Search {} by {}",
            object.plural_label,
            search_field(object).label
        ),
        columns: columns(&who.user, object, asked, &columns_shown),
        summary: summary(before, shown, found.total),
        previous: (asked.page > 1).then(|| to_page(asked.page - 1).href(object)),
        next: (before + shown < found.total).then(|| to_page(asked.page + 1).href(object)),
        new_href: new_href(who, object),
        empty: rows.is_empty().then(|| empty_state(object, asked)),
        rows,
    }
}

/// The way to the form for a new record, for who may create one.
pub(crate) fn new_href(who: &SignedIn, object: &Object) -> Option<String> {
    who.user
        .may(object.name.as_str(), Operation::Create)
        .then(|| format!("/lightning/o/{}/new", object.name))
}

/// The list views to choose: a handful at once, the rest behind a button.
fn views(object: &Object, user: &UserContext, asked: &Asked) -> (Vec<ViewLink>, Vec<ViewLink>) {
    let link = |view: View| {
        let there = Asked {
            page: 1,
            sort: match view.key == asked.view.key {
                true => asked.sort.clone(),
                false => None,
            },
            text: asked.text.clone(),
            view,
        };
        ViewLink {
            label: there.view.label.clone(),
            href: there.href(object),
            current: there.view.key == asked.view.key,
        }
    };
    let all: Vec<ViewLink> = View::of(object, user).into_iter().map(link).collect();
    let mut shown = Vec::new();
    let mut more = Vec::new();
    for (place, link) in all.into_iter().enumerate() {
        match place < VIEWS_SHOWN || link.current {
            true => shown.push(link),
            false => more.push(link),
        }
    }
    (shown, more)
}

fn columns(user: &UserContext, object: &Object, asked: &Asked, names: &[FieldName]) -> Vec<Column> {
    let default = asked.view.order().unwrap_or_else(|| default_order(object));
    let present = asked.sort.as_ref().unwrap_or(&default);
    let is_recent = asked.view.kind == Kind::Recent;
    let column = |field: &Field| {
        let sorted = (present.0 == field.name && !is_recent).then_some(present.1);
        let turned = match sorted {
            Some(Order::Ascending) => Order::Descending,
            Some(Order::Descending) | None => Order::Ascending,
        };
        let there = Asked {
            sort: Some((field.name.clone(), turned)),
            page: 1,
            ..asked.clone()
        };
        let sortable = sorts(field) && !is_recent;
        Column {
            label: field.label.clone(),
            href: sortable.then(|| there.href(object)),
            sorted: sorted.map(|order| match order {
                Order::Ascending => "ascending",
                Order::Descending => "descending",
            }),
        }
    };
    value::readable(user, object, names).map(column).collect()
}

/// Records as rows of a table: the first column is the link.
pub(crate) fn rows(
    user: &UserContext,
    object: &Object,
    columns: &[FieldName],
    records: &[Record],
    words: &Words<'_>,
) -> Vec<Row> {
    let row = |record: &Record| {
        let mut cells = words.entries(user, object, record, columns);
        let label = match cells.is_empty() {
            true => object.label.clone(),
            false => cells.remove(0).label,
        };
        let name = value::name_of(object, record);
        Row {
            link: words.link(object, &record.id, &name),
            label,
            cells,
        }
    };
    records.iter().map(row).collect()
}

pub(crate) fn summary(before: u32, shown: u32, total: u32) -> String {
    match (shown, total) {
        (0, _) => "No items".to_owned(),
        (1, 1) => "1 item".to_owned(),
        (shown, total) if shown == total => format!("{total} items"),
        (shown, TOTAL_MAX..) => format!("{}–{} of 2,000+ items", before + 1, before + shown),
        (shown, total) => format!("{}–{} of {total} items", before + 1, before + shown),
    }
}

fn empty_state(object: &Object, asked: &Asked) -> EmptyState {
    let plural = object.plural_label.to_lowercase();
    if !asked.text.is_empty() {
        let all = Asked {
            text: String::new(),
            page: 1,
            ..asked.clone()
        };
        return EmptyState {
            title: format!("Nothing here matches “{}”", asked.text),
            text: format!(
                "The search looks at {} only. Use the search at the top of the page for \
                 everything else.",
                search_field(object).label
            ),
            clear_href: Some(all.href(object)),
        };
    }
    let text = match asked.view.kind {
        Kind::All => format!("There are no {plural} yet that you may see."),
        Kind::Mine => format!("You own no {plural}."),
        Kind::MyOpen => format!("You have no open {plural}."),
        Kind::Due => "Nothing is due today or overdue.".to_owned(),
        Kind::Recent => format!("The {plural} that you open will be listed here."),
        Kind::Made(_) => format!("No {plural} that you may see meet the filters of this list."),
    };
    EmptyState {
        title: "Nothing to show".to_owned(),
        text,
        clear_href: None,
    }
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn the_summary_says_how_many_of_how_many() {
        let cases = [
            ((0, 0, 0), "No items"),
            ((0, 1, 1), "1 item"),
            ((0, 12, 12), "12 items"),
            ((50, 50, 120), "51–100 of 120 items"),
            ((0, 50, 2_000), "1–50 of 2,000+ items"),
        ];
        for ((before, shown, total), text) in cases {
            assert_eq!(summary(before, shown, total), text);
        }
    }
}
