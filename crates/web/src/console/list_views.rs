//! The list views of an object: those that every object has, and those that admins and the user
//! made.

use offhook_org::schema::{ListAudience, ListFilter, ListScope, ListView, Object};
use offhook_org::{FieldName, UserContext, Value};
use offhook_store::org::{Filter, Order};

use super::list;
use crate::session::SignedIn;

/// A list view as the console knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    /// Its word in addresses: `all`, or the id of one that was made.
    pub(crate) key: String,
    pub(crate) label: String,
    pub(crate) kind: Kind,
}

/// Which records it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    All,
    Mine,
    MyOpen,
    Due,
    Recent,
    Made(Box<ListView>),
}

impl View {
    /// Those that the object has a use for and the user sees.
    pub(crate) fn of(object: &Object, user: &UserContext) -> Vec<Self> {
        let plural = &object.plural_label;
        let view = |key: &str, label: String, kind| Self {
            key: key.to_owned(),
            label,
            kind,
        };
        let mut views = vec![view("all", format!("All {plural}"), Kind::All)];
        if object.field("OwnerId").is_some() {
            views.push(view("mine", format!("My {plural}"), Kind::Mine));
            if object.field("IsClosed").is_some() {
                views.push(view("open", format!("My Open {plural}"), Kind::MyOpen));
            }
        }
        // Events have a date as well, and are never done.
        if object.field("ActivityDate").is_some() && object.field("IsClosed").is_some() {
            views.push(view("due", "Due Today".to_owned(), Kind::Due));
        }
        views.push(view("recent", "Recently Viewed".to_owned(), Kind::Recent));
        let mut made: Vec<&ListView> = object.list_views.iter().collect();
        made.retain(|view| view.is_for(object, user));
        made.sort_by_key(|view| view.label.to_lowercase());
        let made = made.into_iter();
        views.extend(made.map(|made| {
            view(
                made.id.as_str(),
                made.label.clone(),
                Kind::Made(Box::new(made.clone())),
            )
        }));
        views
    }

    /// The one of this name: the console's word, an API name or an id; the first one for any
    /// other name.
    pub(crate) fn named(object: &Object, user: &UserContext, name: &str) -> Self {
        let standard = object.standard_list_views();
        let of_id = standard.iter().find(|view| view.id.as_str() == name);
        let name = match of_id.map_or(name, |view| view.developer_name.as_str()) {
            "MyOpen" => "open",
            "__Recent" => "recent",
            name => name,
        };
        let mut views = Self::of(object, user);
        let is_it = |view: &Self| {
            let is_made = match &view.kind {
                Kind::Made(made) => made.developer_name.eq_ignore_ascii_case(name),
                _ => false,
            };
            // Ids differ by the case of their letters.
            view.key == name || view.key == name.to_ascii_lowercase() || is_made
        };
        let place = views.iter().position(is_it).unwrap_or(0);
        views.swap_remove(place)
    }

    /// Its conditions, where the store's lists can say them.
    pub(crate) fn filters(&self, who: &SignedIn) -> Vec<Filter> {
        let mine = Filter::Equals("OwnerId".into(), Value::Reference(who.user_id().clone()));
        let open = Filter::Equals("IsClosed".into(), Value::Boolean(false));
        match self.kind {
            Kind::All | Kind::Recent | Kind::Made(_) => vec![],
            Kind::Mine => vec![mine],
            Kind::MyOpen => vec![mine, open],
            Kind::Due => vec![mine, open, list::due_by_today(&who.user)],
        }
    }

    /// Its columns; the first one is the name, which leads to the record.
    pub(crate) fn columns(&self, object: &Object) -> Vec<FieldName> {
        let Kind::Made(view) = &self.kind else {
            return object.list_columns.clone();
        };
        let mut columns = view.columns.clone();
        columns.retain(|name| *name != object.name_field);
        columns.insert(0, object.name_field.clone());
        columns
    }

    /// The order that it has of its own.
    pub(crate) fn order(&self) -> Option<(FieldName, Order)> {
        let Kind::Made(view) = &self.kind else {
            return None;
        };
        let sort = view.sort.as_ref()?;
        let order = match sort.descending {
            true => Order::Descending,
            false => Order::Ascending,
        };
        Some((sort.field.clone(), order))
    }

    /// Did the user make it for nobody else?
    pub(crate) fn is_own(&self, user: &UserContext) -> bool {
        match &self.kind {
            Kind::Made(view) => match &view.shown_to {
                ListAudience::Only(owner) => user.user.as_ref() == Some(owner),
                ListAudience::Everyone | ListAudience::Groups(_) => false,
            },
            _ => false,
        }
    }

    /// The conditions of one that was made, as people say them.
    pub(crate) fn words(&self, object: &Object) -> Vec<String> {
        let Kind::Made(view) = &self.kind else {
            return Vec::new();
        };
        let filter = |filter: &ListFilter| {
            let field = object.field(filter.field.as_str());
            let label = field.map_or(filter.field.as_str(), |field| &field.label);
            let value = match filter.value.as_str() {
                "" => "nothing",
                value => value,
            };
            format!("{label} {} {value}", filter.operator.label())
        };
        let scope = match view.scope {
            ListScope::Everything => None,
            ListScope::Mine => Some(format!("My {}", object.plural_label.to_lowercase())),
            ListScope::Queue(_) => Some("Of a queue".to_owned()),
        };
        let mut words: Vec<String> = scope.into_iter().collect();
        let filters = view.filters.iter().map(filter);
        match &view.logic {
            Some(logic) => {
                let numbered = (1..).zip(filters);
                words.extend(numbered.map(|(number, filter)| format!("{number}. {filter}")));
                words.push(logic.clone());
            }
            None => words.extend(filters),
        }
        words
    }
}
