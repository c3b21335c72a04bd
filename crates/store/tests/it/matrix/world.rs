//! The world of the authorisation matrix: people of every standing, and records of every object
//! that are owned by each sort of them, every field filled with a value that no other has. And
//! the oracle, which says from the profiles and this page alone who may see what.
//!
//! It names nothing of one door, so that the tests of each crate can include it.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::access::{Operation, Permission, Profile, is_open_field};
use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::schema::{Field, FieldKind, Object, SharingDefault};
use offhook_org::{FieldName, RecordId, UserContext, Value};
use offhook_store::Store;

/// The objects whose records are looked for, in an order in which each can point to one before.
pub(crate) const OBJECTS: [&str; 8] = [
    "Account",
    "Contact",
    "Lead",
    "Opportunity",
    "Case",
    "Campaign",
    "Task",
    "Event",
];

/// Everybody: name, profile, role.
const PEOPLE: [(&str, &str, &str); 7] = [
    ("Ada", "System Administrator", ""),
    ("Mo", "Sales Rep", "lead"),
    ("Rae", "Sales Rep", "team"),
    ("Oli", "Sales Rep", ""),
    ("Sam", "Service Agent", ""),
    ("Vic", "Supervisor", ""),
    ("Nil", "Nobody", ""),
];

/// Who owns records.
const OWNERS: [&str; 3] = ["Rae", "Oli", "Ada"];

/// What every object's records are shared with by default in this world.
const DEFAULTS: [(&str, SharingDefault); 5] = [
    ("Account", SharingDefault::Private),
    ("Contact", SharingDefault::PublicReadWrite),
    ("Lead", SharingDefault::Private),
    ("Opportunity", SharingDefault::PublicRead),
    ("Case", SharingDefault::Private),
];

pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) id: RecordId,
    pub(crate) profile: Profile,
}

/// A record as it was made.
pub(crate) struct Known {
    pub(crate) id: RecordId,
    pub(crate) object: &'static str,
    pub(crate) owner: &'static str,
    /// Its place among the records of the object.
    pub(crate) number: usize,
    pub(crate) values: BTreeMap<String, Value>,
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) people: Vec<Person>,
    pub(crate) records: Vec<Known>,
    /// Records that are shared by hand: with whom.
    shared: BTreeSet<(RecordId, &'static str)>,
}

/// A profile that gives nothing but the doors themselves.
fn nobody() -> Profile {
    Profile {
        name: "Nobody".to_owned(),
        permissions: [Permission::ApiEnabled, Permission::CtiAccess].into(),
        objects: BTreeMap::new(),
        hidden_fields: BTreeSet::new(),
        read_only_fields: BTreeSet::new(),
    }
}

impl World {
    pub(crate) async fn new(store: Store) -> Self {
        let mut profiles = Profile::standard();
        profiles.push(nobody());
        for profile in &profiles {
            store.put_profile(profile).await.unwrap();
        }
        let mut world = Self {
            people: people(&store, &profiles).await,
            records: Vec::new(),
            shared: BTreeSet::new(),
            store,
        };
        let system = UserContext::system();
        for (object, sharing) in DEFAULTS {
            let set = world.store.set_sharing_default(&system, object, sharing);
            set.await.unwrap();
        }
        for object in OBJECTS {
            world.fill(object).await;
        }
        world.read_again().await;
        world.share_a_lead().await;
        world
    }

    /// The user's rights as they are now.
    pub(crate) async fn context(&self, person: &Person) -> UserContext {
        self.store.user_context(&person.id).await.unwrap().unwrap()
    }

    pub(crate) fn of_object<'a>(&'a self, object: &str) -> impl Iterator<Item = &'a Known> {
        let object = object.to_owned();
        self.records
            .iter()
            .filter(move |known| known.object == object)
    }

    /// Some fields follow records that were made later: the date of the last activity does.
    async fn read_again(&mut self) {
        let system = UserContext::system();
        for known in &mut self.records {
            let record = self.store.record(&system, &known.id).await;
            let fields = record.unwrap().unwrap().fields.into_iter();
            let values = fields.map(|(name, value)| (name.as_str().to_owned(), value));
            known.values = values.collect();
        }
    }

    async fn fill(&mut self, name: &'static str) {
        let schema = self.store.schema();
        let object = schema.object(name).unwrap();
        for (number, owner) in OWNERS.into_iter().enumerate() {
            let mut fields = Fields::new();
            for field in object.fields.iter().filter(|field| field.createable) {
                if let Some(value) = self.value(object, field, number, owner) {
                    fields.insert(field.name.clone(), value);
                }
            }
            let made = self.store.create_many(&name.into(), &[fields]).await;
            let id = made.unwrap_or_else(|e| panic!("{name}: {e:?}")).remove(0);
            let system = UserContext::system();
            let record = self.store.record(&system, &id).await.unwrap().unwrap();
            let values = record.fields.into_iter();
            self.records.push(Known {
                id,
                object: name,
                owner,
                number,
                values: values
                    .map(|(name, value)| (name.as_str().to_owned(), value))
                    .collect(),
            });
        }
    }

    /// A value that no other field and no other record has, where the field can have one.
    fn value(&self, object: &Object, field: &Field, number: usize, owner: &str) -> Option<Value> {
        let name = field.name.as_str();
        let place = object.fields.iter().position(|f| f.name == field.name)?;
        let kinds = OBJECTS.iter().position(|o| *o == object.name.as_str())?;
        let unique = kinds * 10_000 + place * 10 + number;
        let text = format!("mark{unique}x");
        let cut = |text: String| match field.length_max {
            0 => text,
            most => text.chars().take(most).collect(),
        };
        Some(match field.kind {
            FieldKind::Reference => return self.reference(object, name, number, owner),
            FieldKind::Text | FieldKind::TextArea | FieldKind::LongText | FieldKind::Combobox => {
                Value::Text(cut(text))
            }
            FieldKind::Email => Value::Text(format!("{text}@mail.example")),
            FieldKind::Url => Value::Text(format!("https://{text}.example")),
            FieldKind::Phone => Value::Text(format!("+1 415 {:07}", 2_000_000 + unique)),
            FieldKind::Picklist if field.restricted || field.required => return None,
            FieldKind::Picklist if name == "Status" || field.controller.is_some() => return None,
            FieldKind::Picklist => {
                Value::Text(field.active_values().nth(number % 2)?.value.clone())
            }
            FieldKind::Integer => Value::Integer(10 + i64::try_from(number).ok()?),
            FieldKind::Number | FieldKind::Currency | FieldKind::Percent => {
                Value::Number(f64::from(u32::try_from(10 + number).ok()?))
            }
            FieldKind::Date => {
                Value::Date(jiff::civil::date(2026, 12, 1 + i8::try_from(number).ok()?))
            }
            FieldKind::DateTime if name == "StartDateTime" => Value::DateTime(1_795_518_000_000),
            FieldKind::DateTime if name == "EndDateTime" => Value::DateTime(1_795_521_600_000),
            _ => return None,
        })
    }

    fn reference(&self, object: &Object, field: &str, number: usize, owner: &str) -> Option<Value> {
        let nth = |object: &str| {
            self.of_object(object)
                .nth(number)
                .map(|known| known.id.clone())
        };
        let id = match (object.name.as_str(), field) {
            (_, "OwnerId") => self.person(owner).id.clone(),
            ("Contact" | "Opportunity" | "Case", "AccountId") => nth("Account")?,
            ("Case", "ContactId") => nth("Contact")?,
            ("Task" | "Event", "WhoId") => nth("Contact")?,
            ("Task" | "Event", "WhatId") => nth("Account")?,
            _ => return None,
        };
        Some(Value::Reference(id))
    }

    /// The last lead, of the administrator, is shown to the agent.
    async fn share_a_lead(&mut self) {
        let lead = self.of_object("Lead").last().unwrap().id.clone();
        let agent = self.person("Sam").id.clone();
        let share = Fields::from([
            (FieldName::new("LeadId"), Value::Reference(lead.clone())),
            (FieldName::new("UserOrGroupId"), Value::Reference(agent)),
            (
                FieldName::new("LeadAccessLevel"),
                Value::Text("Read".to_owned()),
            ),
        ]);
        let system = UserContext::system();
        let object = "LeadShare".into();
        let shared = self
            .store
            .create(&system, &object, &share, Strictness::Strict);
        shared.await.unwrap();
        self.shared.insert((lead, "Sam"));
    }

    pub(crate) fn person(&self, name: &str) -> &Person {
        self.people
            .iter()
            .find(|person| person.name == name)
            .unwrap()
    }
}

/// The oracle.
impl World {
    /// May the person read the object at all?
    pub(crate) fn reads_object(&self, person: &Person, object: &str) -> bool {
        let rights = person.profile.objects.get(object);
        let everything = [Permission::ViewAllData, Permission::ModifyAllData];
        ["Task", "Event"].contains(&object)
            || everything
                .iter()
                .any(|p| person.profile.permissions.contains(p))
            || rights.is_some_and(|rights| !rights.is_empty())
    }

    /// May the person see this record?
    pub(crate) fn sees(&self, person: &Person, known: &Known) -> bool {
        let rights = person.profile.objects.get(known.object);
        let all = [Operation::ViewAll, Operation::ModifyAll];
        let everything = [Permission::ViewAllData, Permission::ModifyAllData];
        self.reads_object(person, known.object)
            && (everything
                .iter()
                .any(|p| person.profile.permissions.contains(p))
                || rights.is_some_and(|rights| all.iter().any(|right| rights.contains(right)))
                || self.sharing(known.object) != SharingDefault::Private
                || person.name == known.owner
                || (person.name == "Mo" && known.owner == "Rae")
                || self.shared.contains(&(known.id.clone(), person.name)))
    }

    /// May the person read this field of records that the person sees?
    pub(crate) fn sees_field(&self, person: &Person, object: &str, field: &str) -> bool {
        let schema = self.store.schema();
        let object = schema.object(object).unwrap();
        let name = object.name.as_str();
        let described = object.field(field).unwrap();
        let is_named = format!("{name}.{}", described.name);
        let has_row =
            person.profile.objects.contains_key(name) || ["Task", "Event"].contains(&name);
        self.reads_object(person, name)
            && (is_open_field(object, described)
                || (has_row && !person.profile.hidden_fields.contains(&is_named)))
    }

    fn sharing(&self, object: &str) -> SharingDefault {
        let chosen = DEFAULTS.iter().find(|(name, _)| *name == object);
        let schema = self.store.schema();
        chosen.map_or_else(
            || schema.object(object).unwrap().sharing,
            |(_, sharing)| *sharing,
        )
    }

    /// Record and field: everything that the person may learn of these fields.
    pub(crate) fn expected(
        &self,
        person: &Person,
        object: &str,
        fields: &[&str],
    ) -> BTreeSet<(RecordId, String)> {
        let mut expected = BTreeSet::new();
        for known in self
            .of_object(object)
            .filter(|known| self.sees(person, known))
        {
            for field in fields {
                let has_value = known
                    .values
                    .get(*field)
                    .is_some_and(|value| !value.is_null());
                if has_value && self.sees_field(person, object, field) {
                    expected.insert((known.id.clone(), (*field).to_owned()));
                }
            }
        }
        expected
    }
}

async fn people(store: &Store, profiles: &[Profile]) -> Vec<Person> {
    let system = UserContext::system();
    let mut roles: BTreeMap<&str, RecordId> = BTreeMap::new();
    for (name, parent) in [("lead", ""), ("team", "lead")] {
        let mut fields = Fields::from([(FieldName::new("Name"), Value::Text(name.to_owned()))]);
        if let Some(parent) = roles.get(parent) {
            fields.insert(
                FieldName::new("ParentRoleId"),
                Value::Reference(parent.clone()),
            );
        }
        let object = "UserRole".into();
        let role = store.create(&system, &object, &fields, Strictness::Strict);
        roles.insert(name, role.await.unwrap());
    }
    let mut people = Vec::new();
    for (name, profile, role) in PEOPLE {
        let text = |text: &str| Value::Text(text.to_owned());
        let user_name = format!("{}@example.com", name.to_lowercase());
        let mut fields = Fields::from([
            (FieldName::new("LastName"), text(name)),
            (FieldName::new("Username"), text(&user_name)),
            (FieldName::new("Email"), text(&user_name)),
            (FieldName::new("ProfileName"), text(profile)),
        ]);
        if let Some(role) = roles.get(role) {
            fields.insert(FieldName::new("UserRoleId"), Value::Reference(role.clone()));
        }
        let made = store.create_many(&"User".into(), &[fields]).await.unwrap();
        let profile = profiles.iter().find(|p| p.name == profile).unwrap();
        people.push(Person {
            name,
            id: made.into_iter().next().unwrap(),
            profile: profile.clone(),
        });
    }
    people
}
