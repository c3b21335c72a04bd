//! One field of an object: what it holds, within which limits, and what may be done with it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{FieldName, ObjectName};

/// One field. A custom one is kept as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Field {
    /// API name.
    pub name: FieldName,
    /// `Mobile`.
    pub label: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Must it have a value when a record is saved?
    pub required: bool,
    /// May it be empty, seen from outside? `OwnerId` is never empty and yet not required, since
    /// the system fills it in.
    pub nillable: bool,
    /// May no two records have the same value?
    pub unique: bool,
    /// Of a unique text: do `a` and `A` differ?
    pub case_sensitive: bool,
    /// Is it the id of the record in another system, by which records are found and upserted?
    pub external_id: bool,
    /// May it be set when a record is created?
    pub createable: bool,
    /// May it be changed afterwards?
    pub updateable: bool,
    /// Most characters of a text; 0 where it has no meaning.
    pub length_max: usize,
    /// Most digits of a number in all; 0 where it has no meaning.
    pub precision: u8,
    /// Digits of a number behind the point.
    pub scale: u8,
    /// Values of a picklist, in order.
    pub values: Vec<PicklistValue>,
    /// May a picklist hold only its values?
    pub restricted: bool,
    /// The field whose value says which values of this picklist fit.
    pub controller: Option<FieldName>,
    /// The objects that a reference may point to.
    pub reference_to: Vec<ObjectName>,
    /// The key prefixes of those objects; filled in by [`super::Schema::new`].
    #[serde(skip)]
    pub reference_prefixes: Vec<String>,
    /// What the record is called that a reference points to: `Account`, `Vehicle__r`.
    pub relationship_name: Option<String>,
    /// What the records with this reference are called at the record it points to: `Contacts`.
    pub child_relationship: Option<String>,
    /// What happens to this record when the one that it points to is deleted.
    pub delete_rule: DeleteRule,
    /// Does the record belong to the one that it points to, with its sharing and its end?
    pub is_master_detail: bool,
    /// How the number of an automatic number is written: `INV-{0000}`.
    pub auto_number_format: Option<String>,
    /// The field of several parts that this one is a part of: `BillingAddress`, `Name`.
    pub compound: Option<FieldName>,
    /// Are changes of it kept in the object's history?
    pub history_tracked: bool,
    /// Of a phone field: is a caller found by it? Not so for fax numbers.
    pub match_caller: bool,
    /// Value of a new record where none is given.
    pub default: Option<String>,
    /// Help text for people.
    pub help: Option<String>,
}

/// One value of a picklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PicklistValue {
    /// What is stored, and what clients say.
    pub value: String,
    /// What people see.
    pub label: String,
    /// May it still be chosen? One that may not stays in old records.
    pub is_active: bool,
    /// Has a new record this value?
    pub is_default: bool,
    /// Of a dependent picklist: values of the controlling field with which this one fits;
    /// `true` and `false` of a checkbox.
    #[serde(default)]
    pub valid_for: BTreeSet<String>,
    /// What it means, where the system acts on it.
    #[serde(default)]
    pub meaning: Meaning,
}

/// What a value of a status, a stage or a priority means to the system.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "columns of the platform's objects of statuses and stages"
)]
pub struct Meaning {
    /// The task, the case or the opportunity is over.
    pub is_closed: bool,
    /// The opportunity is won.
    pub is_won: bool,
    /// The lead is converted.
    pub is_converted: bool,
    /// The task is of high priority.
    pub is_high_priority: bool,
    /// How probable a deal is at this stage, in percent.
    pub probability: Option<u8>,
    /// Where a deal of this stage counts in a forecast: `Pipeline`, `Closed`, `Omitted`.
    pub forecast_category: Option<String>,
}

impl PicklistValue {
    /// An active value that is called what it is.
    pub fn new(value: impl Into<String>) -> Self {
        let value = value.into();
        Self {
            label: value.clone(),
            value,
            is_active: true,
            is_default: false,
            valid_for: BTreeSet::new(),
            meaning: Meaning::default(),
        }
    }
}

/// What happens to a record when the one that a reference of it points to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeleteRule {
    /// The reference becomes empty.
    #[default]
    SetNull,
    /// The other one cannot be deleted.
    Restrict,
    /// It is deleted too.
    Cascade,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the platform's field types")]
pub enum FieldKind {
    Id,
    Text,
    /// Text over several lines that can still be filtered, at most 255 characters.
    TextArea,
    LongText,
    Integer,
    Number,
    Currency,
    Percent,
    Checkbox,
    Date,
    DateTime,
    Time,
    Phone,
    Email,
    Url,
    Picklist,
    /// Several values of a picklist, parted by semicolons.
    MultiPicklist,
    /// Text with proposals: the values are not the only ones.
    Combobox,
    Reference,
    AutoNumber,
    /// An address of several fields. It has no column.
    Address,
    /// The content of a file. It has no column.
    Base64,
}

/// How a database keeps the values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Text; dates too, as `YYYY-MM-DD`.
    Text,
    /// A whole number: also moments (milliseconds since 1970) and times of day (milliseconds
    /// since midnight).
    Integer,
    /// A number with fractions.
    Real,
    /// True or false.
    Boolean,
}

impl FieldKind {
    /// How values are kept; `None` for what has no column.
    pub fn storage(self) -> Option<Storage> {
        match self {
            Self::Id
            | Self::Text
            | Self::TextArea
            | Self::LongText
            | Self::Phone
            | Self::Email
            | Self::Url
            | Self::Picklist
            | Self::MultiPicklist
            | Self::Combobox
            | Self::Reference
            | Self::AutoNumber
            | Self::Date => Some(Storage::Text),
            Self::Integer | Self::DateTime | Self::Time => Some(Storage::Integer),
            Self::Number | Self::Currency | Self::Percent => Some(Storage::Real),
            Self::Checkbox => Some(Storage::Boolean),
            Self::Address | Self::Base64 => None,
        }
    }

    /// Is it text for people, compared without case?
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::TextArea
                | Self::LongText
                | Self::Phone
                | Self::Email
                | Self::Url
                | Self::Picklist
                | Self::MultiPicklist
                | Self::Combobox
                | Self::AutoNumber
        )
    }

    /// Is it a number?
    pub fn is_number(self) -> bool {
        matches!(
            self,
            Self::Integer | Self::Number | Self::Currency | Self::Percent
        )
    }

    /// Has it a list of values?
    pub fn is_picklist(self) -> bool {
        matches!(self, Self::Picklist | Self::MultiPicklist | Self::Combobox)
    }
}

impl Default for Field {
    fn default() -> Self {
        Self::new("", "", FieldKind::Text)
    }
}

impl Field {
    /// A field that may be empty, set and changed, without limits.
    pub fn new(name: &str, label: &str, kind: FieldKind) -> Self {
        Self {
            name: FieldName::new(name),
            label: label.to_owned(),
            kind,
            required: false,
            nillable: kind != FieldKind::Checkbox,
            unique: false,
            case_sensitive: false,
            external_id: false,
            createable: true,
            updateable: true,
            length_max: 0,
            precision: 0,
            scale: 0,
            values: Vec::new(),
            restricted: false,
            controller: None,
            reference_to: Vec::new(),
            reference_prefixes: Vec::new(),
            relationship_name: None,
            child_relationship: None,
            delete_rule: DeleteRule::SetNull,
            is_master_detail: false,
            auto_number_format: None,
            compound: None,
            history_tracked: false,
            match_caller: kind == FieldKind::Phone,
            default: None,
            help: None,
        }
    }

    /// Did an admin, or Offhook, make it?
    pub fn is_custom(&self) -> bool {
        let name = self.name.as_str();
        name.ends_with("__c") || name.ends_with("__pc")
    }

    /// Is it `IsDeleted`: does the record lie in the recycle bin? It is not set as others are.
    pub fn is_bin_flag(&self) -> bool {
        self.name.as_str() == "IsDeleted"
    }

    /// Has it a column of its own?
    pub fn has_column(&self) -> bool {
        self.kind.storage().is_some()
    }

    /// May a reference point to records of several objects?
    pub fn is_polymorphic(&self) -> bool {
        self.reference_to.len() > 1
    }

    /// The values of a picklist that may be chosen, in order.
    pub fn active_values(&self) -> impl Iterator<Item = &PicklistValue> {
        self.values.iter().filter(|value| value.is_active)
    }

    /// The picklist's value, in any case of its letters.
    pub fn picklist_value(&self, text: &str) -> Option<&PicklistValue> {
        self.values
            .iter()
            .find(|value| value.value.eq_ignore_ascii_case(text))
    }

    /// An automatic number as its format writes it: `{0000}` is the number with at least so many
    /// digits.
    pub fn numbered(&self, number: u64) -> String {
        let format = self.auto_number_format.as_deref().unwrap_or("{0}");
        let parts = format.split_once('{').and_then(|(before, rest)| {
            let (digits, after) = rest.split_once('}')?;
            Some((before, digits.len(), after))
        });
        match parts {
            Some((before, width, after)) => format!("{before}{number:0width$}{after}"),
            None => format!("{format}{number}"),
        }
    }

    /// May it stand in a condition of a query?
    pub fn is_filterable(&self) -> bool {
        !matches!(self.kind, FieldKind::LongText | FieldKind::Base64)
    }

    /// May records be sorted by it?
    pub fn is_sortable(&self) -> bool {
        !matches!(
            self.kind,
            FieldKind::LongText | FieldKind::Base64 | FieldKind::Address | FieldKind::MultiPicklist
        )
    }

    /// May records be grouped by it?
    pub fn is_groupable(&self) -> bool {
        self.is_sortable()
            && !matches!(
                self.kind,
                FieldKind::Number
                    | FieldKind::Currency
                    | FieldKind::Percent
                    | FieldKind::DateTime
                    | FieldKind::Time
                    | FieldKind::AutoNumber
            )
    }

    /// May `COUNT`, `MIN` and the like be asked of it?
    pub fn is_aggregatable(&self) -> bool {
        self.is_sortable() && !matches!(self.kind, FieldKind::Checkbox | FieldKind::Time)
    }

    /// May an upsert name records by it?
    pub fn is_id_lookup(&self) -> bool {
        let named = ["Id", "Name", "Email", "Username"].contains(&self.name.as_str());
        self.external_id || self.kind == FieldKind::Id || (named && self.kind.is_text())
    }
}
