//! Softphone layouts: what is searched for a call, what is shown, what pops.

use serde::{Deserialize, Serialize};

use crate::schema::Schema;
use crate::{FieldName, ObjectName, UserContext};

/// A softphone layout. Stored as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftphoneLayout {
    /// Its name in Setup.
    pub name: String,
    /// Used by profiles that have none assigned; exactly one layout of an org.
    pub is_default: bool,
    /// Calls from outside.
    pub inbound: CallTypeLayout,
    /// Calls to the outside.
    pub outbound: CallTypeLayout,
    /// Calls between users.
    pub internal: CallTypeLayout,
    /// What pops on inbound calls.
    pub screen_pop: ScreenPopSettings,
}

/// The part of a layout for one type of call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallTypeLayout {
    /// `ANI`, `DNIS`, `SEGMENT`, `QUEUE`.
    pub call_related_fields: Vec<String>,
    /// The objects to search, in order, each with the fields to show.
    pub objects: Vec<LayoutObject>,
}

/// An object to search, and its fields to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayoutObject {
    /// The object.
    pub object: ObjectName,
    /// The fields to show; with none, nothing is returned for the object.
    pub fields: Vec<FieldName>,
}

/// The type of a call, as Open CTI names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the contract's")]
pub enum CallType {
    Inbound,
    Outbound,
    Internal,
}

impl CallType {
    /// In any case of the letters; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "inbound" => Some(Self::Inbound),
            "outbound" => Some(Self::Outbound),
            "internal" => Some(Self::Internal),
            _ => None,
        }
    }
}

/// Screen pop settings of inbound calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenPopSettings {
    /// No record matches.
    pub no_match: NoMatch,
    /// One does.
    pub single_match: SingleMatch,
    /// Several do.
    pub multiple_matches: MultipleMatches,
}

/// When no record matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NoMatch {
    /// Nothing pops.
    DoNotPop,
    /// The form for a new record of this object, the number filled in.
    NewRecord {
        /// The object.
        object: ObjectName,
    },
}

/// When one record matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SingleMatch {
    /// Nothing pops.
    DoNotPop,
    /// Its page.
    DetailPage,
}

/// When several records match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MultipleMatches {
    /// Nothing pops.
    DoNotPop,
    /// The search page with all of them.
    SearchPage,
}

impl SoftphoneLayout {
    /// The layout that an org starts with: Contact, Lead, Account, Case inbound and outbound,
    /// User internal; detail page, search page, new contact.
    pub fn standard() -> Self {
        todo!()
    }

    /// The part for this type of call.
    pub fn part(&self, call_type: CallType) -> &CallTypeLayout {
        match call_type {
            CallType::Inbound => &self.inbound,
            CallType::Outbound => &self.outbound,
            CallType::Internal => &self.internal,
        }
    }

    /// The answer of `getSoftphoneLayout` (spec 5.2) for this user: objects and fields that the
    /// user may not read are left out.
    pub fn to_contract(&self, schema: &Schema, user: &UserContext) -> serde_json::Value {
        let _ = (schema, user);
        todo!()
    }
}
