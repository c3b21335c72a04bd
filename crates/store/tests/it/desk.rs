//! A small sales team to test with: an administrator, a rep with a manager, a rep of another
//! team, a service agent.

use std::sync::Arc;

use offhook_org::access::{Profile, Rights};
use offhook_org::record::Fields;
use offhook_org::save::{SaveErrorCode, Strictness};
use offhook_org::{RecordId, UserContext, Value};
use offhook_store::Store;
use offhook_store::error::SaveFailure;

pub(crate) struct Desk {
    pub(crate) store: Store,
    pub(crate) admin: UserContext,
    /// In the role above `rep`, with a rep's own rights.
    pub(crate) manager: UserContext,
    pub(crate) rep: UserContext,
    pub(crate) other_rep: UserContext,
    /// May not read `Opportunity.Amount`.
    pub(crate) agent: UserContext,
}

impl Desk {
    pub(crate) async fn new(store: Store) -> Self {
        for profile in Profile::standard() {
            store.put_profile(&profile).await.unwrap();
        }
        let lead = add_role(&store, "Sales Lead", None).await;
        let team = add_role(&store, "Sales Team", Some(&lead)).await;
        let admin = add_user(&store, "Ada", "System Administrator", None).await;
        let manager = add_user(&store, "Mo", "Sales Rep", Some(&lead)).await;
        let rep = add_user(&store, "Rae", "Sales Rep", Some(&team)).await;
        let reports_to = fields(&[("ManagerId", manager.as_str())]);
        let system = UserContext::system();
        let reports = store.update(&system, &rep, &reports_to, Strictness::Strict, None);
        reports.await.unwrap();
        let other_rep = add_user(&store, "Oli", "Sales Rep", None).await;
        let agent = add_user(&store, "Sam", "Service Agent", None).await;
        Self {
            admin: context(&store, &admin).await,
            manager: context(&store, &manager).await,
            rep: context(&store, &rep).await,
            other_rep: context(&store, &other_rep).await,
            agent: context(&store, &agent).await,
            store,
        }
    }

    pub(crate) async fn create(
        &self,
        user: &UserContext,
        object: &str,
        values: &[(&str, &str)],
    ) -> RecordId {
        self.try_create(user, object, values).await.unwrap()
    }

    pub(crate) async fn try_create(
        &self,
        user: &UserContext,
        object: &str,
        values: &[(&str, &str)],
    ) -> Result<RecordId, SaveFailure> {
        let fields = fields(values);
        self.store
            .create(user, &object.into(), &fields, Strictness::Strict)
            .await
    }

    pub(crate) async fn update(
        &self,
        user: &UserContext,
        id: &RecordId,
        values: &[(&str, &str)],
    ) -> Result<(), SaveFailure> {
        let fields = fields(values);
        self.store
            .update(user, id, &fields, Strictness::Strict, None)
            .await
    }

    /// The fields of a record as the administrator sees it.
    pub(crate) async fn text(&self, id: &RecordId, field: &str) -> String {
        let record = self.store.record(&self.admin, id).await.unwrap().unwrap();
        record.text(field).to_owned()
    }
}

/// Texts, which the checks turn into each field's type; an empty one is nothing.
pub(crate) fn fields(values: &[(&str, &str)]) -> Fields {
    let value = |text: &str| match text {
        "" => Value::Null,
        text => Value::Text(text.to_owned()),
    };
    values
        .iter()
        .map(|(name, text)| ((*name).into(), value(text)))
        .collect()
}

/// The code and the fields of the first refusal.
pub(crate) fn refusal<T: std::fmt::Debug>(
    outcome: Result<T, SaveFailure>,
) -> (SaveErrorCode, Vec<String>) {
    match outcome {
        Err(SaveFailure::Refused(errors)) => (errors[0].status_code, errors[0].fields.clone()),
        other => panic!("a refusal was expected: {other:?}"),
    }
}

pub(crate) async fn add_user(
    store: &Store,
    name: &str,
    profile: &str,
    role: Option<&RecordId>,
) -> RecordId {
    let user_name = format!("{}@example.com", name.to_lowercase());
    let fields = fields(&[
        ("FirstName", name),
        ("LastName", "Test"),
        ("Username", &user_name),
        ("Email", &user_name),
        ("ProfileName", profile),
        ("UserRoleId", role.map_or("", RecordId::as_str)),
        ("TimeZoneSidKey", "Europe/Berlin"),
    ]);
    let created = store.create_many(&"User".into(), &[fields]).await;
    created.unwrap().remove(0)
}

/// A role, made as an administrator makes it.
pub(crate) async fn add_role(store: &Store, name: &str, parent: Option<&RecordId>) -> RecordId {
    let fields = fields(&[
        ("Name", name),
        ("ParentRoleId", parent.map_or("", RecordId::as_str)),
    ]);
    let system = UserContext::system();
    let object = "UserRole".into();
    let role = store.create(&system, &object, &fields, Strictness::Strict);
    role.await.unwrap()
}

pub(crate) async fn context(store: &Store, user: &RecordId) -> UserContext {
    store.user_context(user).await.unwrap().unwrap()
}

/// The rights of one user of a test, to be changed.
pub(crate) fn rights_of(user: &mut UserContext) -> &mut Rights {
    Arc::make_mut(&mut user.rights)
}
