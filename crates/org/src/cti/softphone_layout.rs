//! Softphone layouts: what is searched for a call, what is shown, what pops.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::access::Operation;
use crate::schema::{Field, Schema};
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

/// Where a pop opens. The console always pops in its own window; adapters are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub enum OpenWithin {
    #[default]
    ExistingWindow,
    NewWindow,
}

/// Screen pop settings of inbound calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenPopSettings {
    /// Where.
    #[serde(default)]
    pub open_within: OpenWithin,
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
    /// A page of the org.
    Visualforce {
        /// Its name, as in `/apex/NAME`.
        page: String,
    },
    /// A screen flow.
    Flow {
        /// Its API name.
        flow: String,
    },
}

/// When one record matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SingleMatch {
    /// Nothing pops.
    DoNotPop,
    /// Its page.
    DetailPage,
    /// A page of the org.
    Visualforce {
        /// Its name, as in `/apex/NAME`.
        page: String,
    },
    /// A screen flow.
    Flow {
        /// Its API name.
        flow: String,
    },
}

/// When several records match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MultipleMatches {
    /// Nothing pops.
    DoNotPop,
    /// The search page with all of them.
    SearchPage,
    /// A page of the org.
    Visualforce {
        /// Its name, as in `/apex/NAME`.
        page: String,
    },
    /// A screen flow.
    Flow {
        /// Its API name.
        flow: String,
    },
}

impl SoftphoneLayout {
    /// The layout that an org starts with: Contact, Lead, Account, Case inbound and outbound,
    /// User internal; detail page, search page, new contact.
    pub fn standard() -> Self {
        let outside = |call_related_fields: &[&str]| CallTypeLayout {
            call_related_fields: call_related_fields
                .iter()
                .map(|f| (*f).to_owned())
                .collect(),
            objects: vec![
                shown("Contact", &["Name", "Title", "AccountId", "Phone"]),
                shown("Lead", &["Name", "Company", "Status", "Phone"]),
                shown("Account", &["Name", "Type", "Phone"]),
                shown("Case", &["CaseNumber", "Subject", "Status"]),
            ],
        };
        Self {
            name: "Standard Softphone Layout".to_owned(),
            is_default: true,
            inbound: outside(&["ANI", "DNIS"]),
            outbound: outside(&["DNIS"]),
            internal: CallTypeLayout {
                call_related_fields: vec!["ANI".to_owned(), "DNIS".to_owned()],
                objects: vec![shown("User", &["Name", "Title", "Extension"])],
            },
            screen_pop: ScreenPopSettings {
                open_within: OpenWithin::ExistingWindow,
                no_match: NoMatch::NewRecord {
                    object: ObjectName::new("Contact"),
                },
                single_match: SingleMatch::DetailPage,
                multiple_matches: MultipleMatches::SearchPage,
            },
        }
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
    pub fn to_contract(&self, schema: &Schema, user: &UserContext) -> Json {
        let part = |part: &CallTypeLayout, pop: Json| {
            json!({
                "callRelatedFields": part.call_related_fields,
                "objects": objects_json(part, schema, user),
                "screenPopSettings": pop,
            })
        };
        json!({
            "Inbound": part(&self.inbound, self.screen_pop.to_contract()),
            "Outbound": part(&self.outbound, json!({})),
            "Internal": part(&self.internal, json!({})),
        })
    }
}

impl ScreenPopSettings {
    fn to_contract(&self) -> Json {
        json!({
            "screenPopsOpenWithin": self.open_within,
            "NoMatch": match &self.no_match {
                NoMatch::DoNotPop => setting("DoNotPop"),
                NoMatch::NewRecord { object } => setting_of("PopToEntity", object.as_str()),
                NoMatch::Visualforce { page } => setting_of("PopToVisualforce", page),
                NoMatch::Flow { flow } => setting_of("PopToFlow", flow),
            },
            "SingleMatch": match &self.single_match {
                SingleMatch::DoNotPop => setting("DoNotPop"),
                SingleMatch::DetailPage => setting("PopToEntity"),
                SingleMatch::Visualforce { page } => setting_of("PopToVisualforce", page),
                SingleMatch::Flow { flow } => setting_of("PopToFlow", flow),
            },
            "MultipleMatches": match &self.multiple_matches {
                MultipleMatches::DoNotPop => setting("DoNotPop"),
                MultipleMatches::SearchPage => setting("PopToSearch"),
                MultipleMatches::Visualforce { page } => setting_of("PopToVisualforce", page),
                MultipleMatches::Flow { flow } => setting_of("PopToFlow", flow),
            },
        })
    }
}

fn setting(kind: &str) -> Json {
    json!({ "screenPopType": kind })
}

fn setting_of(kind: &str, data: &str) -> Json {
    json!({ "screenPopType": kind, "screenPopData": data })
}

impl LayoutObject {
    /// The fields of the layout that exist and that the user may read, in layout order.
    pub fn readable_fields<'a>(
        &'a self,
        schema: &'a Schema,
        user: &'a UserContext,
    ) -> impl Iterator<Item = &'a Field> {
        let object = schema.object(self.object.as_str());
        let object = object.filter(|object| user.may(object.name.as_str(), Operation::Read));
        let found = self
            .fields
            .iter()
            .filter_map(move |name| object?.field(name.as_str()));
        found.filter(|f| user.may_read_field(self.object.as_str(), f.name.as_str()))
    }
}

fn shown(object: &str, fields: &[&str]) -> LayoutObject {
    LayoutObject {
        object: ObjectName::new(object),
        fields: fields.iter().map(|field| FieldName::new(*field)).collect(),
    }
}

/// Objects in layout order; one without a readable field is left out.
fn objects_json(part: &CallTypeLayout, schema: &Schema, user: &UserContext) -> Json {
    let mut objects = Map::new();
    for entry in &part.objects {
        let fields = entry.readable_fields(schema, user);
        let fields = fields.map(|f| json!({ "displayName": f.label, "apiName": f.name }));
        let fields = fields.collect::<Vec<_>>();
        if !fields.is_empty() {
            objects.insert(entry.object.as_str().to_owned(), Json::Array(fields));
        }
    }
    Json::Object(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_has_three_call_types_and_pop_settings_for_inbound_only() {
        let schema = Schema::standard();
        let json = SoftphoneLayout::standard().to_contract(&schema, &UserContext::system());
        let inbound = &json["Inbound"];
        assert_eq!(inbound["callRelatedFields"], json!(["ANI", "DNIS"]));
        let first = inbound["objects"]
            .as_object()
            .and_then(|o| o.keys().next().cloned());
        assert_eq!(first.as_deref(), Some("Contact"));
        assert_eq!(
            inbound["objects"]["Contact"][0],
            json!({ "displayName": "Name", "apiName": "Name" })
        );
        assert_eq!(
            inbound["screenPopSettings"]["NoMatch"]["screenPopData"],
            "Contact"
        );
        assert_eq!(json["Outbound"]["screenPopSettings"], json!({}));
        assert_eq!(json["Internal"]["objects"]["User"][0]["apiName"], "Name");
    }

    #[test]
    fn what_the_user_may_not_read_is_left_out() {
        let schema = Schema::standard();
        let profile = crate::access::Profile {
            name: "Clerk".to_owned(),
            permissions: [].into(),
            objects: [("Contact".to_owned(), [Operation::Read].into())].into(),
            hidden_fields: ["Contact.Phone".to_owned()].into(),
            read_only_fields: [].into(),
        };
        let user = crate::RecordId::from_serial("005", 1);
        let user = UserContext::of_profile(user, &profile, &schema);
        let json = SoftphoneLayout::standard().to_contract(&schema, &user);
        let objects = json["Inbound"]["objects"].as_object().expect("objects");
        assert_eq!(objects.keys().collect::<Vec<_>>(), ["Contact"]);
        let fields = objects["Contact"].as_array().expect("fields");
        assert!(
            fields.iter().all(|field| field["apiName"] != "Phone"),
            "{fields:?}"
        );
    }
}
