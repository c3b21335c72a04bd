//! Rights as one table: changed all or none, copied, and never more for oneself than one holds.

use std::collections::BTreeSet;

use offhook_org::access::{FieldAccess, Operation, Permission};
use offhook_org::save::SaveErrorCode;
use offhook_org::{RecordId, UserContext};
use offhook_store::rights::RightsChange;

use crate::databases::on_both_databases;
use crate::desk::{Desk, context, refusal};

fn id(user: &UserContext) -> &RecordId {
    user.user.as_ref().unwrap()
}

async fn again(desk: &Desk, user: &UserContext) -> UserContext {
    context(&desk.store, id(user)).await
}

async fn set(desk: &Desk, name: &str, rights: &[&str]) -> RecordId {
    let mut values = vec![("Name", name), ("Label", name)];
    values.extend(rights.iter().map(|right| (*right, "true")));
    desk.create(&desk.admin, "PermissionSet", &values).await
}

async fn assign(
    desk: &Desk,
    by: &UserContext,
    set: &RecordId,
    to: &UserContext,
) -> Option<SaveErrorCode> {
    let values = [
        ("AssigneeId", id(to).as_str()),
        ("PermissionSetId", set.as_str()),
    ];
    let tried = desk
        .try_create(by, "PermissionSetAssignment", &values)
        .await;
    match tried {
        Ok(_) => None,
        refused => Some(refusal(refused).0),
    }
}

/// Lead: edit, with what it needs; Lead.Rating and Title: changed, Lead.Company: not at all.
fn some_change() -> RightsChange {
    let mut change = RightsChange::default();
    change.permissions.insert(Permission::ManageUsers, true);
    let edit: BTreeSet<Operation> = [Operation::Edit].into();
    change.objects.insert("Lead".to_owned(), edit);
    for (field, access) in [
        ("Rating", Some(FieldAccess::Edit)),
        ("Title", Some(FieldAccess::Read)),
    ] {
        change
            .fields
            .insert(("Lead".to_owned(), field.to_owned()), access);
    }
    change
}

on_both_databases! {
    async fn a_table_of_rights_is_saved_as_a_whole_with_what_each_needs(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let desks = set(&desk, "Desk", &[]).await;
        let target = desk.store.rights_set(&desks).await.unwrap().unwrap();
        let written = desk.store.change_rights(&desk.admin, &target, &some_change()).await.unwrap();
        assert_eq!(written, 4);
        let saved = desk.store.rights_set(&desks).await.unwrap().unwrap();
        assert!(saved.rights.permissions.contains(&Permission::ViewAllUsers), "needed with it");
        assert!(saved.rights.gives("Lead", Operation::Read));
        assert_eq!(saved.rights.field("Lead", "Rating"), Some(FieldAccess::Edit));
        let again = desk.store.change_rights(&desk.admin, &saved, &some_change()).await.unwrap();
        assert_eq!(again, 0, "nothing is new");
        let mut less = RightsChange::default();
        less.objects.insert("Lead".to_owned(), BTreeSet::new());
        less.fields.insert(("Lead".to_owned(), "Rating".to_owned()), None);
        desk.store.change_rights(&desk.admin, &saved, &less).await.unwrap();
        let left = desk.store.rights_set(&desks).await.unwrap().unwrap();
        assert!(!left.rights.gives("Lead", Operation::Read));
        assert_eq!(left.rights.field("Lead", "Rating"), None);
        let mut wrong = some_change();
        let unknown = ("Lead".to_owned(), "Nothing__c".to_owned());
        wrong.fields.insert(unknown, Some(FieldAccess::Read));
        refusal(desk.store.change_rights(&desk.admin, &left, &wrong).await);
        let after = desk.store.rights_set(&desks).await.unwrap().unwrap();
        assert_eq!(after, left, "all or none");
    }

    async fn a_copy_gives_what_the_first_one_gives(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let rep = desk.rep.profile.id.clone().unwrap();
        let profile = desk.store.rights_set(&rep).await.unwrap().unwrap();
        let copy = desk.store.clone_rights(&desk.admin, &profile, "Closers").await.unwrap();
        let copied = desk.store.rights_set(&copy).await.unwrap().unwrap();
        assert_eq!((copied.label.as_str(), &copied.rights), ("Closers", &profile.rights));
        assert!(copied.profile.is_some());
        let twice = desk.store.clone_rights(&desk.admin, &profile, "closers").await;
        assert_eq!(refusal(twice).0, SaveErrorCode::DuplicateValue);
        let first = set(&desk, "First", &["PermissionsTransferCalls"]).await;
        let first = desk.store.rights_set(&first).await.unwrap().unwrap();
        desk.store.change_rights(&desk.admin, &first, &some_change()).await.unwrap();
        let first = desk.store.rights_set(&first.set).await.unwrap().unwrap();
        let second = desk.store.clone_rights(&desk.admin, &first, "Second one").await.unwrap();
        assert_eq!(desk.text(&second, "Name").await, "Second_one");
        let second = desk.store.rights_set(&second).await.unwrap().unwrap();
        assert_eq!(second.rights, first.rights);
        let denied = desk.store.clone_rights(&desk.rep, &first, "Mine").await;
        assert_eq!(refusal(denied).0, SaveErrorCode::InsufficientAccessOrReadonly);
        assert!(!desk.store.rights_sets().await.unwrap().iter().any(|(_, name)| name == "Mine"));
    }

    async fn who_manages_users_does_not_raise_themselves(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let manages = ["PermissionsManageUsers", "PermissionsViewSetup", "PermissionsViewAllUsers",
            "PermissionsAssignPermissionSets", "PermissionsManageProfilesPermissionsets"];
        let helper = set(&desk, "Helper", &manages).await;
        assert_eq!(assign(&desk, &desk.admin, &helper, &desk.rep).await, None);
        let rep = again(&desk, &desk.rep).await;
        let all = set(&desk, "All", &["PermissionsViewAllData", "PermissionsModifyAllData"]).await;
        let denied = Some(SaveErrorCode::InsufficientAccessOrReadonly);
        assert_eq!(assign(&desk, &rep, &all, &rep).await, denied, "by a set");
        let admins = desk.admin.profile.id.clone().unwrap();
        let profile = desk.update(&rep, id(&rep), &[("ProfileId", admins.as_str())]).await;
        assert_eq!(Some(refusal(profile).0), denied, "by the profile");
        let target = desk.store.rights_set(&helper).await.unwrap().unwrap();
        let mut wider = RightsChange::default();
        let everything: BTreeSet<Operation> = [Operation::ModifyAll].into();
        wider.objects.insert("Opportunity".to_owned(), everything);
        let widened = desk.store.change_rights(&rep, &target, &wider).await;
        assert_eq!(Some(refusal(widened).0), denied, "by a wider set of one's own");
        assert_eq!(assign(&desk, &rep, &all, &desk.agent).await, None, "others are given it");
        assert_eq!(assign(&desk, &desk.admin, &all, &desk.admin).await, None, "who holds all");
    }
}
