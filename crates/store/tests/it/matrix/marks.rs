//! What of the world of the matrix stands in a text that some door has answered: the marks that
//! its values are, its telephone numbers, the ids of its records. And which of these a person may
//! ever be told, whatever the door: the oracle of the doors that answer in text.

use std::collections::{BTreeMap, BTreeSet};

use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::schema::FieldKind;
use offhook_org::{FieldName, RecordId, UserContext, Value};

use super::world::{Known, OBJECTS, Person, World};

/// Digits of a telephone number without its country.
const NATIONAL_DIGITS: usize = 10;

/// Characters of an id.
const ID_LENGTH: usize = 18;

/// Everything in the world that can be told from everything else in it, as text.
pub(crate) struct Marks {
    /// By what stands in a text: the records and fields that it is of.
    owners: BTreeMap<String, BTreeSet<(RecordId, String)>>,
}

impl Marks {
    pub(crate) fn of(world: &World) -> Self {
        let mut owners: BTreeMap<String, BTreeSet<(RecordId, String)>> = BTreeMap::new();
        for known in &world.records {
            let own = (known.id.clone(), "Id".to_owned());
            owners.entry(known.id.to_string()).or_default().insert(own);
            for (field, value) in &known.values {
                for token in tokens_of(value) {
                    let owner = (known.id.clone(), field.clone());
                    owners.entry(token).or_default().insert(owner);
                }
            }
        }
        Self { owners }
    }

    /// What of the world stands in the text.
    pub(crate) fn found(&self, text: &str) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = words(text)
            .flat_map(|word| marks_in(word).chain(Some(word.to_owned())))
            .filter(|word| self.owners.contains_key(word))
            .collect();
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
        let numbers = digits.windows(NATIONAL_DIGITS).filter_map(|window| {
            let number = std::str::from_utf8(window).ok()?;
            self.owners.contains_key(number).then(|| number.to_owned())
        });
        found.extend(numbers);
        found
    }

    /// What the person may be told of these fields of an object, or of all with `None`.
    pub(crate) fn of_fields(
        &self,
        world: &World,
        person: &Person,
        known: &Known,
        fields: Option<&[&str]>,
    ) -> BTreeSet<String> {
        let mut told = BTreeSet::new();
        if !world.sees(person, known) {
            return told;
        }
        for (field, value) in &known.values {
            let is_asked = fields.is_none_or(|fields| fields.contains(&field.as_str()));
            if is_asked && world.sees_field(person, known.object, field) {
                let tokens = tokens_of(value).into_iter();
                told.extend(tokens.filter(|token| self.owners.contains_key(token)));
            }
        }
        told
    }

    /// Everything that the person may ever be told.
    pub(crate) fn allowed(&self, world: &World, person: &Person) -> BTreeSet<String> {
        let mut allowed = BTreeSet::new();
        for known in &world.records {
            if world.sees(person, known) {
                allowed.insert(known.id.to_string());
            }
            allowed.extend(self.of_fields(world, person, known, None));
        }
        allowed
    }

    /// Whose values these are, for a message.
    pub(crate) fn explain(&self, tokens: &BTreeSet<String>) -> String {
        let said = tokens.iter().map(|token| {
            let owners = self.owners.get(token).into_iter().flatten();
            let owners: Vec<String> = owners
                .map(|(id, field)| format!("{field} of {id}"))
                .collect();
            format!("{token} ({})", owners.join(", "))
        });
        said.take(5).collect::<Vec<_>>().join("; ")
    }
}

impl World {
    /// Gives everything that the person may not learn another value, and puts more records beside
    /// those that the person may not see: what the person is told must stay the same.
    pub(crate) async fn change_secrets(&mut self, person: usize) {
        let system = UserContext::system();
        let schema = self.store.schema();
        let person = &self.people[person];
        let mut more: Vec<(&'static str, Fields)> = Vec::new();
        for known in &self.records {
            let sees = self.sees(person, known);
            let object = schema.object(known.object).unwrap();
            let mut changes = Fields::new();
            for field in &object.fields {
                let name = field.name.as_str();
                let is_secret = !sees || !self.sees_field(person, known.object, name);
                let value = known
                    .values
                    .get(name)
                    .filter(|_| field.updateable && is_secret);
                if let Some(value) = value.and_then(|value| another(field.kind, value)) {
                    changes.insert(FieldName::new(name), value);
                }
            }
            if changes.is_empty() {
                continue;
            }
            let done = self
                .store
                .update(&system, &known.id, &changes, Strictness::Strict, None);
            done.await
                .unwrap_or_else(|e| panic!("{}: {e:?}", known.object));
            if !sees {
                let mut fields = Fields::new();
                for field in object.fields.iter().filter(|f| f.createable && !f.unique) {
                    let changed = changes.get(&field.name);
                    let value = changed.or_else(|| known.values.get(field.name.as_str()));
                    if let Some(value) = value.filter(|value| !value.is_null()) {
                        fields.insert(field.name.clone(), value.clone());
                    }
                }
                more.push((known.object, fields));
            }
        }
        for object in OBJECTS {
            let fields: Vec<Fields> = more
                .iter()
                .filter(|(other, _)| *other == object)
                .map(|(_, fields)| fields.clone())
                .collect();
            if !fields.is_empty() {
                self.store
                    .create_many(&object.into(), &fields)
                    .await
                    .unwrap();
            }
        }
    }
}

/// Another value of the kind.
fn another(kind: FieldKind, value: &Value) -> Option<Value> {
    Some(match (kind, value) {
        (FieldKind::Text | FieldKind::TextArea | FieldKind::LongText, Value::Text(text)) => {
            Value::Text(text.chars().rev().collect())
        }
        (FieldKind::Email, Value::Text(text)) => Value::Text(format!("other{text}")),
        (FieldKind::Phone, Value::Text(text)) => Value::Text(text.replace("415", "510")),
        (FieldKind::Number | FieldKind::Currency | FieldKind::Percent, Value::Number(number)) => {
            Value::Number(60.0 - number)
        }
        (FieldKind::Integer, Value::Integer(number)) => Value::Integer(60 - number),
        _ => return None,
    })
}

fn tokens_of(value: &Value) -> Vec<String> {
    match value {
        Value::Reference(id) => vec![id.to_string()],
        Value::Text(text) if text.starts_with("+1 ") => {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            vec![digits.chars().skip(1).collect()]
        }
        Value::Text(text) => words(text).flat_map(marks_in).collect(),
        _ => Vec::new(),
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| word.starts_with("mark") || word.contains("mark") || word.len() == ID_LENGTH)
}

/// `mark70123x` in a word; one that was cut has no end and is none.
fn marks_in(word: &str) -> impl Iterator<Item = String> {
    word.split("mark").skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let is_whole = rest[digits.len()..].starts_with('x') && !digits.is_empty();
        is_whole.then(|| format!("mark{digits}x"))
    })
}
