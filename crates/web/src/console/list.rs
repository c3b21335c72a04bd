//! List views: all records of an object, mine, the ones I looked at last; searched within,
//! sorted by a column, page by page.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use offhook_org::access::Operation;
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{FieldName, Record, UserContext, Value};
use offhook_store::org::{Filter, ListQuery, Order, Page};

use super::flash::{self, Flash};
use super::shell::{self, Head};
use super::value::{self, Entry, RecordLink, Words};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, now_ms, query};

/// Records on a page of a list.
const PAGE_SIZE: u32 = 50;

/// The store counts no further.
const TOTAL_MAX: u32 = 2_000;

#[derive(Template)]
#[template(path = "list.html")]
struct ListTemplate<'a> {
    object: &'a Object,
    views: Vec<ViewLink>,
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

/// The list views that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    All,
    Mine,
    MyOpen,
    Due,
    Recent,
}

impl View {
    /// Those that the object has a use for.
    fn of(object: &Object) -> Vec<Self> {
        let mut views = vec![Self::All, Self::Mine];
        if object.field("IsClosed").is_some() {
            views.push(Self::MyOpen);
        }
        // Events have a date as well, and are never done.
        if object.field("ActivityDate").is_some() && object.field("IsClosed").is_some() {
            views.push(Self::Due);
        }
        views.push(Self::Recent);
        views
    }

    fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mine => "mine",
            Self::MyOpen => "open",
            Self::Due => "due",
            Self::Recent => "recent",
        }
    }

    fn label(self, object: &Object) -> String {
        let plural = &object.plural_label;
        match self {
            Self::All => format!("All {plural}"),
            Self::Mine => format!("My {plural}"),
            Self::MyOpen => format!("My Open {plural}"),
            Self::Due => "Due Today".to_owned(),
            Self::Recent => "Recently Viewed".to_owned(),
        }
    }

    fn filters(self, who: &SignedIn) -> Vec<Filter> {
        let mine = Filter::Equals("OwnerId".into(), Value::Reference(who.user_id().clone()));
        let open = Filter::Equals("IsClosed".into(), Value::Boolean(false));
        match self {
            Self::All | Self::Recent => vec![],
            Self::Mine => vec![mine],
            Self::MyOpen => vec![mine, open],
            Self::Due => vec![mine, open, due_by_today(&who.user)],
        }
    }
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
    let mut asked = Asked::read(object, &query::pairs(raw.unwrap_or_default().as_bytes()));
    // An order would tell of a field that is not shown.
    let reads = |name: &FieldName| who.user.may_read_field(object.name.as_str(), name.as_str());
    asked.sort = asked.sort.filter(|(name, _)| reads(name));
    let found = find(&state, &who, object, &asked).await?;
    if found.records.is_empty() && asked.page > 1 {
        let first = Asked { page: 1, ..asked };
        return Ok(Redirect::to(&first.href(object)).into_response());
    }
    let records: Vec<&Record> = found.records.iter().collect();
    let words = Words::of(&state, &who.user, &records).await?;
    let body = template(&who, object, &asked, &found, &words);
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
    if asked.view == View::Recent {
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
fn default_order(object: &Object) -> (FieldName, Order) {
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

    fn read(object: &Object, pairs: &[(String, String)]) -> Self {
        let name = query::value(pairs, "filterName");
        let views = View::of(object);
        let view = views.into_iter().find(|view| view.name() == name);
        let direction = match query::value(pairs, "dir") {
            "desc" => Order::Descending,
            _ => Order::Ascending,
        };
        let sort = object
            .field(query::value(pairs, "sort"))
            .filter(|field| sorts(field))
            .map(|field| (field.name.clone(), direction));
        Self {
            view: view.unwrap_or(View::All),
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
            object.name,
            self.view.name()
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
    who: &SignedIn,
    object: &'a Object,
    asked: &'a Asked,
    found: &Page,
    words: &Words<'_>,
) -> ListTemplate<'a> {
    let rows = rows(
        &who.user,
        object,
        &object.list_columns,
        &found.records,
        words,
    );
    let shown = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let before = (asked.page - 1) * PAGE_SIZE;
    let to_page = |page: u32| Asked {
        page,
        ..asked.clone()
    };
    ListTemplate {
        object,
        views: views(object, asked),
        asked,
        search_label: format!(
            "Search {} by {}",
            object.plural_label,
            search_field(object).label
        ),
        columns: columns(&who.user, object, asked),
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

fn views(object: &Object, asked: &Asked) -> Vec<ViewLink> {
    let link = |view: View| {
        let there = Asked {
            view,
            page: 1,
            ..asked.clone()
        };
        ViewLink {
            label: view.label(object),
            href: there.href(object),
            current: view == asked.view,
        }
    };
    View::of(object).into_iter().map(link).collect()
}

fn columns(user: &UserContext, object: &Object, asked: &Asked) -> Vec<Column> {
    let default = default_order(object);
    let present = asked.sort.as_ref().unwrap_or(&default);
    let column = |field: &Field| {
        let sorted = (present.0 == field.name && asked.view != View::Recent).then_some(present.1);
        let turned = match sorted {
            Some(Order::Ascending) => Order::Descending,
            Some(Order::Descending) | None => Order::Ascending,
        };
        let there = Asked {
            sort: Some((field.name.clone(), turned)),
            page: 1,
            ..asked.clone()
        };
        let sortable = sorts(field) && asked.view != View::Recent;
        Column {
            label: field.label.clone(),
            href: sortable.then(|| there.href(object)),
            sorted: sorted.map(|order| match order {
                Order::Ascending => "ascending",
                Order::Descending => "descending",
            }),
        }
    };
    value::readable(user, object, &object.list_columns)
        .map(column)
        .collect()
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
    let text = match asked.view {
        View::All => format!("There are no {plural} yet that you may see."),
        View::Mine => format!("You own no {plural}."),
        View::MyOpen => format!("You have no open {plural}."),
        View::Due => "Nothing is due today or overdue.".to_owned(),
        View::Recent => format!("The {plural} that you open will be listed here."),
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
