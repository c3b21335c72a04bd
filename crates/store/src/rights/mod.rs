//! Who may see and do what, worked out from rows: profiles, permission sets, roles, groups and
//! queues are records like others, and a change of one acts with the next request. Nothing is
//! read for a request while no such row changes.

mod cache;
mod checks;
mod company;
mod explain;
mod first_rows;
mod following;
mod grid;
mod people;
pub(crate) mod rows;
mod sets;
mod sharing_settings;
mod source;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use offhook_org::access::{ProfileName, Rights, Sharing};
use offhook_org::{RecordId, Schema, UserContext};

use self::cache::Cached;
pub(crate) use self::checks::takes_queues;
pub use self::company::{COMPANY_TEXTS, Company};
pub use self::explain::{READERS_MAX, Reader};
pub use self::grid::{RightsChange, RightsSet, RightsSource, RightsSourceKind};
use self::people::{People, Person};
use self::sets::Sets;
pub use self::sharing_settings::{
    SHARING_RULES_MAX, StoredSharingRule, has_sharing_default, sharing_choices,
};
use self::source::Source;
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;

/// Contexts that are kept ready; when there are more users, all are worked out anew.
const CONTEXTS_MAX: usize = 10_000;

/// Different rights that are shared by users; what comes after them each user has alone.
const SHARED_RIGHTS_MAX: usize = 64;

/// What is known of rights.
#[derive(Default)]
pub(crate) struct RightsCache {
    sets: Cached<Sets>,
    people: Cached<People>,
    contexts: Mutex<Contexts>,
}

/// Contexts that were worked out from one state of everything.
#[derive(Default)]
struct Contexts {
    state: Option<State>,
    by_user: BTreeMap<RecordId, UserContext>,
    /// Rights that differ: users with the same ones share them.
    rights: Vec<Arc<Rights>>,
}

/// Generations of sets and people, and the schema.
#[derive(Clone)]
struct State {
    generations: (u64, u64),
    schema: Arc<Schema>,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.generations == other.generations && Arc::ptr_eq(&self.schema, &other.schema)
    }
}

impl Store {
    /// The user with all rights worked out; `None` when not there, not active, or frozen.
    pub async fn user_context(&self, user: &RecordId) -> Result<Option<UserContext>, StoreError> {
        let cache = &self.inner.rights;
        let (sets_generation, sets) = self.sets().await?;
        let (people_generation, people) = self.people().await?;
        let state = State {
            generations: (sets_generation, people_generation),
            schema: self.schema(),
        };
        if let Some(context) = cache.known(&state, user) {
            return Ok(Some(context));
        }
        let Some(person) = people.users.get(user).filter(|person| person.is_active) else {
            return Ok(None);
        };
        let context = self.work_out(user, person, &sets, &people, &state.schema)?;
        Ok(Some(cache.keep(&state, user, context)))
    }

    /// May the user not sign in for the time being?
    pub async fn is_frozen(&self, user: &RecordId) -> Result<bool, StoreError> {
        let frozen = Statement::new("SELECT user_id FROM user_freeze WHERE user_id = $1");
        let row = self.database().read_one(&frozen.with(user)).await?;
        Ok(row.is_some())
    }

    /// Freezes a user, which ends every session, or lets the user sign in again.
    pub async fn set_frozen(
        &self,
        by: &UserContext,
        user: &RecordId,
        frozen: bool,
    ) -> Result<(), StoreError> {
        let (set, said) = match frozen {
            true => (
                Statement::new(
                    "INSERT INTO user_freeze (user_id, at_ms) VALUES ($1, $2)
                     ON CONFLICT (user_id) DO NOTHING",
                )
                .with(user)
                .with(crate::now_ms()),
                "Froze user",
            ),
            false => (
                Statement::new("DELETE FROM user_freeze WHERE user_id = $1").with(user),
                "Unfroze user",
            ),
        };
        let end = Statement::new("DELETE FROM session WHERE user_id = $1").with(user);
        let end_api = Statement::new("DELETE FROM api_session WHERE user_id = $1").with(user);
        let mut transaction = self.database().begin().await?;
        for statement in [set, end, end_api] {
            transaction.execute(&statement).await?;
        }
        let said = format!("{said} {user}");
        self.audit_in(&mut transaction, by, "Manage Users", "frozeuser", &said)
            .await?;
        transaction.commit().await?;
        self.inner.rights.people.forget();
        self.note_revocation();
        Ok(())
    }

    /// Rows of this object were changed and committed: rights that follow from them are worked
    /// out anew.
    pub(crate) fn rights_changed(&self, object: &str) {
        let cache = &self.inner.rights;
        if object.eq_ignore_ascii_case("User") {
            // One may have been deactivated: whatever goes on for a session looks at it again.
            self.note_revocation();
        }
        match object.to_ascii_lowercase().as_str() {
            "profile"
            | "permissionset"
            | "permissionsetgroup"
            | "permissionsetgroupcomponent"
            | "objectpermissions"
            | "fieldpermissions" => cache.sets.forget(),
            "organization"
            | "user"
            | "userrole"
            | "group"
            | "groupmember"
            | "permissionsetassignment" => {
                cache.people.forget();
            }
            _ => {}
        }
    }

    /// The active users that a public group stands for, through groups and roles in it too.
    pub(crate) async fn active_members(
        &self,
        group: &RecordId,
    ) -> Result<Vec<RecordId>, StoreError> {
        let (_, people) = self.people().await?;
        let members = people.directory.members(group).into_iter();
        let is_active = |id: &RecordId| people.users.get(id).is_some_and(|p| p.is_active);
        Ok(members.filter(is_active).collect())
    }

    /// The name of a user; empty for one who is not there.
    pub(crate) async fn person_name(&self, user: &RecordId) -> Result<String, StoreError> {
        let (_, people) = self.people().await?;
        let person = people.users.get(user);
        Ok(person.map_or_else(String::new, |person| person.name.clone()))
    }

    async fn sets(&self) -> Result<(u64, Arc<Sets>), StoreError> {
        let load = async || Ok(Sets::load(&mut Source::Committed(self.database())).await?);
        self.inner.rights.sets.get(load).await
    }

    async fn people(&self) -> Result<(u64, Arc<People>), StoreError> {
        let load = async || Ok(People::load(&mut Source::Committed(self.database())).await?);
        self.inner.rights.people.get(load).await
    }

    fn work_out(
        &self,
        user: &RecordId,
        person: &Person,
        sets: &Sets,
        people: &People,
        schema: &Schema,
    ) -> Result<UserContext, StoreError> {
        let (profile, mut rights) = profile_of(user, person, sets)?;
        for given in &person.sets {
            rights.add(&sets.rights_of(given));
        }
        let first = |texts: [&str; 3]| {
            let given = texts.into_iter().find(|text| !text.is_empty());
            given.unwrap_or_default().to_owned()
        };
        let reach = people.directory.reach(user);
        let rules = &people.sharing_rules;
        let sharing = Sharing::of_user(schema, &people.directory, rules, &reach);
        Ok(UserContext {
            user: Some(user.clone()),
            user_name: person.name.clone(),
            profile,
            rights: Arc::new(rights.with_open_fields(schema)),
            reach: Arc::new(reach),
            sharing: Arc::new(sharing),
            time_zone: first([&person.time_zone, &people.time_zone, self.time_zone()]),
            locale: first([&person.locale, &people.locale, "en_US"]),
            fiscal_start: people.fiscal_start,
        })
    }
}

/// The user's profile and what it gives.
fn profile_of(
    user: &RecordId,
    person: &Person,
    sets: &Sets,
) -> Result<(ProfileName, Rights), StoreError> {
    let named = || {
        let mut profiles = sets.profiles.iter();
        let found = profiles.find(|(_, name)| **name == person.profile_name);
        found.map(|(id, _)| id.clone())
    };
    let id = person.profile.clone().or_else(named);
    let name = id.as_ref().and_then(|id| sets.profiles.get(id));
    let (Some(id), Some(name)) = (id.clone(), name) else {
        return Err(StoreError::Corrupt(format!(
            "the user {user} has the profile {}, which does not exist: give the user another one",
            id.map_or(person.profile_name.clone(), |id| id.to_string())
        )));
    };
    let set = sets.of_profile.get(&id);
    let rights = set.and_then(|set| sets.rights.get(set)).cloned();
    let profile = ProfileName {
        id: Some(id),
        name: name.clone(),
    };
    Ok((profile, rights.unwrap_or_default()))
}

impl RightsCache {
    fn known(&self, state: &State, user: &RecordId) -> Option<UserContext> {
        let contexts = self.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = contexts.state.as_ref() == Some(state);
        is_same
            .then(|| contexts.by_user.get(user).cloned())
            .flatten()
    }

    /// Keeps what was worked out, and gives it with rights that are shared with equal ones.
    fn keep(&self, state: &State, user: &RecordId, mut context: UserContext) -> UserContext {
        let mut contexts = self.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        if contexts.state.as_ref() != Some(state) || contexts.by_user.len() >= CONTEXTS_MAX {
            *contexts = Contexts {
                state: Some(state.clone()),
                ..Contexts::default()
            };
        }
        match contexts.rights.iter().find(|r| **r == context.rights) {
            Some(shared) => context.rights = shared.clone(),
            None if contexts.rights.len() < SHARED_RIGHTS_MAX => {
                contexts.rights.push(context.rights.clone());
            }
            None => {}
        }
        contexts.by_user.insert(user.clone(), context.clone());
        context
    }
}
