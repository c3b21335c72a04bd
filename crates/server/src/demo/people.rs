//! The demo's team: who signs in, who owns records, who reports to whom.

use offhook_org::{ObjectName, RecordId};

use super::fields::{Build, DAY_MS};
use super::{Login, Making};

/// The password of everybody who signs in to the demo.
const PASSWORD: &str = "offhook-demo";

struct Person {
    given: &'static str,
    family: &'static str,
    title: &'static str,
    department: &'static str,
    profile: &'static str,
    extension: &'static str,
    /// What the login is called where it is printed; empty for one who does not sign in.
    role: &'static str,
    user_name: &'static str,
    active: bool,
}

const PEOPLE: &[Person] = &[
    person(
        "Ana",
        "Reyes",
        "CRM Administrator",
        "System Administrator",
        "administrator",
    ),
    person(
        "Sam",
        "Carter",
        "Account Executive",
        "Sales Rep",
        "sales rep",
    ),
    person(
        "Sofia",
        "Lindqvist",
        "Service Specialist",
        "Service Agent",
        "service agent",
    ),
    person("Victor", "Hale", "Team Lead", "Supervisor", "supervisor"),
    person("Maya", "Okafor", "Account Executive", "Sales Rep", ""),
    person("Jonas", "Weber", "Service Specialist", "Service Agent", ""),
    person("Nina", "Petrov", "Account Executive", "Sales Rep", "left"),
];

const fn person(
    given: &'static str,
    family: &'static str,
    title: &'static str,
    profile: &'static str,
    role: &'static str,
) -> Person {
    let (department, extension, user_name, active) = match profile.as_bytes()[1] {
        b'y' => ("IT", "201", "ana.admin@demo.example", true),
        b'u' => (
            "Customer Care",
            "210",
            "victor.supervisor@demo.example",
            true,
        ),
        b'a' => match given.as_bytes()[0] {
            b'S' => ("Sales", "221", "sam.sales@demo.example", true),
            b'M' => ("Sales", "222", "maya.okafor@demo.example", true),
            _ => ("Sales", "", "nina.petrov@demo.example", false),
        },
        _ => match given.as_bytes()[0] {
            b'S' => ("Customer Care", "231", "sofia.service@demo.example", true),
            _ => ("Customer Care", "232", "jonas.weber@demo.example", true),
        },
    };
    Person {
        given,
        family,
        title,
        department,
        profile,
        extension,
        role,
        user_name,
        active,
    }
}

impl Person {
    fn signs_in(&self) -> bool {
        self.active && !self.role.is_empty()
    }
}

/// The demo's users, made.
pub(super) struct Team {
    ids: Vec<RecordId>,
}

impl Team {
    /// Everybody who signs in has the phone.
    pub(super) fn with_phone(&self) -> impl Iterator<Item = &RecordId> {
        self.of(Person::signs_in)
    }

    /// Those who sell; the first has most of the work.
    pub(super) fn sellers(&self) -> Vec<&RecordId> {
        self.of(|person| person.profile == "Sales Rep").collect()
    }

    /// Those who serve.
    pub(super) fn servers(&self) -> Vec<&RecordId> {
        self.of(|person| person.profile == "Service Agent")
            .collect()
    }

    fn of(&self, wanted: impl Fn(&Person) -> bool) -> impl Iterator<Item = &RecordId> {
        self.ids
            .iter()
            .zip(PEOPLE)
            .filter(move |(_, person)| wanted(person))
            .map(|(id, _)| id)
    }
}

/// The logins, the administrator first.
pub(super) fn logins() -> Vec<Login> {
    let those = PEOPLE.iter().filter(|person| person.signs_in());
    let login = |person: &Person| Login {
        username: person.user_name.to_owned(),
        password: PASSWORD.to_owned(),
        role: person.role.to_owned(),
    };
    those.map(login).collect()
}

/// Makes the users: the lead first, so that the others can report to him.
pub(super) async fn hire(making: &Making<'_>) -> anyhow::Result<Team> {
    let object = ObjectName::new("User");
    let is_lead = |person: &&Person| person.profile == "Supervisor";
    let mut lead = None;
    let mut ids = vec![None; PEOPLE.len()];
    for leads in [true, false] {
        for (place, person) in PEOPLE
            .iter()
            .enumerate()
            .filter(|(_, p)| is_lead(p) == leads)
        {
            let mut fields = record(person).made(making.now_ms - 400 * DAY_MS);
            if let Some(lead) = lead
                .as_ref()
                .filter(|_| !person.profile.starts_with("System"))
            {
                fields = fields.link("ManagerId", lead);
            }
            let made = making.store.create_many(&object, &[fields.done()]).await?;
            let id = made.into_iter().next();
            if leads {
                lead.clone_from(&id);
            }
            if let (true, Some(id)) = (person.signs_in(), &id) {
                making.store.set_password(id, PASSWORD).await?;
            }
            ids[place] = id;
        }
    }
    Ok(Team {
        ids: ids.into_iter().flatten().collect(),
    })
}

fn record(person: &Person) -> Build {
    Build::new()
        .text("Username", person.user_name)
        .text("Email", person.user_name)
        .text("FirstName", person.given)
        .text("LastName", person.family)
        .text("Title", person.title)
        .text("Department", person.department)
        .text("ProfileName", person.profile)
        .text("Extension", person.extension)
        .text("TimeZoneSidKey", "America/New_York")
        .flag("IsActive", person.active)
}
