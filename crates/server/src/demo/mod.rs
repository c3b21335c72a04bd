//! The demo org: a maker of pumps with its sales and service team, their accounts, and half a
//! year of work. The same at every start, but for the dates, which end today.

mod activities;
mod dice;
mod fields;
mod numbers;
mod people;
mod records;
mod tables;

use anyhow::Context;
use offhook_org::access::Profile;
use offhook_org::cti::{SoftphoneLayout, call_center_xml};
use offhook_org::{RecordId, UserContext};
use offhook_store::Store;
use offhook_store::accounts::ApiPolicy;

use dice::Dice;
use numbers::Numbers;

/// The definition of Offhook's own softphone, as it ships.
const DEFINITION: &str = include_str!("../../definitions/offhook.xml");

/// One login of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
    /// What the person is: `administrator`, `sales rep`, `service agent`, `supervisor`.
    pub role: String,
}

/// The logins that the demo prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DemoLogins(Vec<Login>);

impl DemoLogins {
    /// Each login, the administrator first.
    pub(crate) fn users(&self) -> &[Login] {
        &self.0
    }
}

/// The logins of a demo that is there.
pub(crate) fn logins() -> DemoLogins {
    DemoLogins(people::logins())
}

/// What the parts of the demo share while they are made.
struct Making<'a> {
    store: &'a Store,
    dice: Dice,
    numbers: Numbers,
    now_ms: i64,
}

/// Fills an empty org.
pub(crate) async fn fill(store: &Store, now_ms: i64) -> anyhow::Result<DemoLogins> {
    for profile in Profile::standard() {
        store
            .put_profile(&profile)
            .await
            .context("cannot store the demo's profiles")?;
    }
    let mut making = Making {
        store,
        dice: Dice::new(),
        numbers: Numbers::new(),
        now_ms,
    };
    let team = people::hire(&making)
        .await
        .context("cannot make the demo's users")?;
    let book = records::open(&mut making, &team)
        .await
        .context("cannot make the demo's records")?;
    activities::tell(&mut making, &team, &book)
        .await
        .context("cannot make the demo's history")?;
    phone_system(store, &team.with_phone().collect::<Vec<_>>())
        .await
        .context("cannot make the demo's call center")?;
    passwords_for_apis(store)
        .await
        .context("cannot set up the demo's API access")?;
    Ok(logins())
}

/// A demo is there to be tried with a script: the short ways in, which an org for real work
/// leaves off.
async fn passwords_for_apis(store: &Store) -> anyhow::Result<()> {
    let policy = ApiPolicy {
        soap_login: true,
        password_flow: true,
        ..ApiPolicy::default()
    };
    store
        .put_api_policy(&UserContext::system(), &policy)
        .await?;
    Ok(())
}

/// Offhook's own call center from its definition file, these users, and the softphone layout.
pub(crate) async fn phone_system(store: &Store, users: &[&RecordId]) -> anyhow::Result<()> {
    let system = UserContext::system();
    let imported = call_center_xml::import(DEFINITION.as_bytes())
        .map_err(|problems| anyhow::anyhow!("the shipped definition is wrong: {problems:?}"))?;
    let center = store
        .import_call_center(&system, &imported.call_center)
        .await?;
    for user in users {
        store.add_call_center_user(&system, &center, user).await?;
    }
    store
        .put_softphone_layout(&system, &SoftphoneLayout::standard())
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
