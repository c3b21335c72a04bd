//! List views: which records of an object a list shows, with which columns, in which order, and
//! to whom. `logic.rs` reads what joins the conditions, `soql.rs` says them as SOQL.

use serde::{Deserialize, Serialize};

use super::{FieldKind, Object};
use crate::{FieldName, RecordId, UserContext};

pub mod logic;
mod soql;

#[cfg(test)]
mod tests;

/// Columns of one list view at most, as the platform has it.
pub const LIST_COLUMNS_MAX: usize = 15;
/// Conditions of one list view at most, as the platform has it.
pub const LIST_FILTERS_MAX: usize = 10;
/// Groups that one list view is shown to at most.
pub const LIST_GROUPS_MAX: usize = 50;

/// A list view of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListView {
    /// Its id, `00B…`.
    pub id: RecordId,
    /// API name.
    pub developer_name: String,
    /// What people see.
    pub label: String,
    /// Whose records it shows.
    #[serde(default)]
    pub scope: ListScope,
    /// Its conditions.
    #[serde(default)]
    pub filters: Vec<ListFilter>,
    /// What joins them: `1 AND (2 OR 3)`; `None`: all hold.
    #[serde(default)]
    pub logic: Option<String>,
    /// Its columns, the name first.
    pub columns: Vec<FieldName>,
    /// The order, where it is not that of the object's lists.
    #[serde(default)]
    pub sort: Option<ListSort>,
    /// Who sees it.
    pub shown_to: ListAudience,
}

/// Whose records a list view shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListScope {
    /// All that the user may see.
    #[default]
    Everything,
    /// Those of the user who looks.
    Mine,
    /// Those of a queue.
    Queue(RecordId),
}

/// In which order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSort {
    /// By which field.
    pub field: FieldName,
    /// From the end?
    #[serde(default)]
    pub descending: bool,
}

/// A condition of a list view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListFilter {
    /// The field that is compared.
    pub field: FieldName,
    /// How.
    pub operator: ListOperator,
    /// With what: values with commas between them, of which one is enough; empty text is "no
    /// value". Dates may be words, `LAST 7 DAYS`; of lookups it is the name.
    pub value: String,
}

/// How a list view compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the operators speak for themselves")]
pub enum ListOperator {
    Equals,
    NotEqual,
    StartsWith,
    Contains,
    NotContain,
    LessThan,
    LessOrEqual,
    GreaterThan,
    GreaterOrEqual,
    Includes,
    Excludes,
}

impl ListOperator {
    /// Every operator, in the order of the form.
    pub const ALL: [Self; 11] = [
        Self::Equals,
        Self::NotEqual,
        Self::StartsWith,
        Self::Contains,
        Self::NotContain,
        Self::LessThan,
        Self::LessOrEqual,
        Self::GreaterThan,
        Self::GreaterOrEqual,
        Self::Includes,
        Self::Excludes,
    ];

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::NotEqual => "not equal to",
            Self::StartsWith => "starts with",
            Self::Contains => "contains",
            Self::NotContain => "does not contain",
            Self::LessThan => "less than",
            Self::LessOrEqual => "less or equal",
            Self::GreaterThan => "greater than",
            Self::GreaterOrEqual => "greater or equal",
            Self::Includes => "includes",
            Self::Excludes => "excludes",
        }
    }

    /// The platform's word in metadata and forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::NotEqual => "notEqual",
            Self::StartsWith => "startsWith",
            Self::Contains => "contains",
            Self::NotContain => "notContain",
            Self::LessThan => "lessThan",
            Self::LessOrEqual => "lessOrEqual",
            Self::GreaterThan => "greaterThan",
            Self::GreaterOrEqual => "greaterOrEqual",
            Self::Includes => "includes",
            Self::Excludes => "excludes",
        }
    }

    /// Can fields of this kind be compared so?
    pub fn fits(self, kind: FieldKind) -> bool {
        let is_word = kind == FieldKind::Reference || kind.is_text();
        match self {
            Self::Equals | Self::NotEqual => true,
            Self::Includes | Self::Excludes => kind == FieldKind::MultiPicklist,
            _ if kind == FieldKind::MultiPicklist => false,
            Self::StartsWith | Self::Contains | Self::NotContain => is_word,
            Self::LessThan | Self::LessOrEqual | Self::GreaterThan | Self::GreaterOrEqual => {
                !matches!(
                    kind,
                    FieldKind::Checkbox | FieldKind::Reference | FieldKind::Id
                )
            }
        }
    }
}

/// Who sees a list view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListAudience {
    /// Everyone who may read the object.
    Everyone,
    /// The one user who made it.
    Only(RecordId),
    /// Members of these groups, also through roles.
    Groups(Vec<RecordId>),
}

impl ListView {
    /// Does this user see the list view of the object? Not where it compares or sorts by a field
    /// that the user may not read.
    pub fn is_for(&self, object: &Object, user: &UserContext) -> bool {
        let is_shown = match &self.shown_to {
            _ if user.is_system() => true,
            ListAudience::Everyone => true,
            ListAudience::Only(owner) => user.user.as_ref() == Some(owner),
            ListAudience::Groups(groups) => {
                let mut groups = groups.iter();
                groups.any(|group| user.reach.grantees.contains(group))
            }
        };
        let used = self.filters.iter().map(|filter| &filter.field);
        let mut used = used.chain(self.sort.iter().map(|sort| &sort.field));
        is_shown && used.all(|name| user.may_read_field(object.name.as_str(), name.as_str()))
    }
}

impl Object {
    /// The list views that the object has without any admin's doing: `All`, `Mine`, `MyOpen`.
    pub fn standard_list_views(&self) -> Vec<ListView> {
        let plural = &self.plural_label;
        let view = |place, name: &str, label: String, scope| ListView {
            id: standard_id("00B", self, place),
            developer_name: name.to_owned(),
            label,
            scope,
            filters: Vec::new(),
            logic: None,
            columns: self.list_columns.clone(),
            sort: None,
            shown_to: ListAudience::Everyone,
        };
        let all = view(1, "All", format!("All {plural}"), ListScope::Everything);
        let mut views = vec![all];
        if self.field("OwnerId").is_some() {
            views.push(view(2, "Mine", format!("My {plural}"), ListScope::Mine));
            if self.field("IsClosed").is_some() {
                let label = format!("My Open {plural}");
                let mut open = view(3, "MyOpen", label, ListScope::Mine);
                open.filters.push(ListFilter {
                    field: "IsClosed".into(),
                    operator: ListOperator::Equals,
                    value: "false".to_owned(),
                });
                views.push(open);
            }
        }
        views
    }

    /// The list views that the user sees: the standard ones, then those that were made, by their
    /// labels.
    pub fn list_views_for(&self, user: &UserContext) -> Vec<ListView> {
        let mut made: Vec<&ListView> = self.list_views.iter().collect();
        made.retain(|view| view.is_for(self, user));
        made.sort_by_key(|view| view.label.to_lowercase());
        let mut views = self.standard_list_views();
        views.retain(|view| view.is_for(self, user));
        views.extend(made.into_iter().cloned());
        views
    }
}

/// The id of what an object has without any admin's doing: far from those that are given out.
pub(super) fn standard_id(prefix: &str, object: &Object, place: u64) -> RecordId {
    let digits = object.key_prefix.bytes().map(u64::from);
    let number = digits.fold(0, |number, digit| number * 128 + digit);
    let named = object.name.as_str().bytes().map(u64::from);
    // Histories and values of picklists share a prefix: their names tell them apart.
    let name = named.fold(0, |sum: u64, byte| (sum * 31 + byte) % 100_003);
    RecordId::from_serial(prefix, (1 << 50) + (number * 100_003 + name) * 16 + place)
}
