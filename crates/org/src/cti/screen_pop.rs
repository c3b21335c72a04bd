//! Screen pop: which record a call brings up, and why. The search itself is asked for and
//! answered; this room says what to search and chooses among what was found.

use offhook_phone::MatchStrength;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::SoftphoneLayout;
use super::softphone_layout::CallType;
use crate::schema::Schema;
use crate::{FieldName, ObjectName, Record, RecordId, UserContext};

/// What an adapter asks with `searchAndScreenPop`.
#[derive(Debug, Clone, PartialEq)]
pub struct PopRequest {
    /// `searchParams` as given: a number in any spelling, a name, an id, or several with ` OR `.
    pub search_params: String,
    /// Inbound where the adapter says nothing.
    pub call_type: CallType,
    /// Only say what would pop.
    pub deferred: bool,
    /// `defaultFieldValues` for a new record.
    pub default_field_values: Map<String, Json>,
}

/// One thing to search: the shell runs it over the objects, within the user's rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// By telephone number (`offhook_phone::lookup_keys`).
    Phone(String),
    /// By the text of names and e-mail addresses; at least 3 characters.
    Text(String),
    /// The record with this id.
    Id(RecordId),
}

/// What to search for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPlan {
    /// The objects, in layout order, that the user may read and that have fields in the layout.
    pub objects: Vec<ObjectName>,
    /// The searches, in order; the hits of all count together.
    pub searches: Vec<Search>,
    /// The text for a search page.
    pub search_string: String,
}

/// A record that a search found, readable by the user.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The record, with the fields that the user may read.
    pub record: Record,
    /// The field that matched, and how, for a number.
    pub phone_match: Option<(FieldName, MatchStrength)>,
}

/// What pops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "pop", rename_all = "snake_case")]
pub enum ScreenPop {
    /// The page of this record.
    Record {
        /// Its id.
        id: RecordId,
    },
    /// The search page.
    SearchPage {
        /// For this text.
        search_string: String,
    },
    /// The form for a new record.
    NewRecord {
        /// Of this object.
        object: ObjectName,
        /// Filled in with this.
        default_field_values: Map<String, Json>,
    },
    /// Nothing.
    Nothing,
}

/// The decision, with the reasons an admin can read.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What pops.
    pub pop: ScreenPop,
    /// The map that the adapter gets: record id to its fields (spec 1.12), without
    /// `SCREEN_POP_DATA`.
    pub matches: Map<String, Json>,
    /// Why, line by line: what was searched, where, what was found, which rule chose.
    pub trace: Vec<String>,
}

/// Says what to search.
pub fn plan(
    request: &PopRequest,
    layout: &SoftphoneLayout,
    schema: &Schema,
    user: &UserContext,
    region: offhook_phone::Region,
) -> SearchPlan {
    let _ = (request, layout, schema, user, region);
    todo!()
}

/// Chooses among the candidates. They are ranked by strength (short matches only count when no
/// stronger ones were found), then by the order of objects, then newest first. A converted lead
/// gives way to its contact where the user may read that.
pub fn choose(
    request: &PopRequest,
    plan: &SearchPlan,
    candidates: &[Candidate],
    layout: &SoftphoneLayout,
    schema: &Schema,
    user: &UserContext,
    region: offhook_phone::Region,
) -> Decision {
    let _ = (request, plan, candidates, layout, schema, user, region);
    todo!()
}

/// The `SCREEN_POP_DATA` of a decision (spec 1.12); `None` for nothing.
pub fn screen_pop_data(pop: &ScreenPop) -> Option<Json> {
    let _ = pop;
    todo!()
}

/// Where the console goes for a `screenPop` call (spec 1.11), as a path with query; or the
/// documented error.
pub fn screen_pop_path(
    args: &Map<String, Json>,
    schema: &Schema,
) -> Result<String, super::contract::ContractError> {
    let _ = (args, schema);
    todo!()
}
