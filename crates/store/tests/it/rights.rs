//! Rights as rows: what is given acts at once, what is taken away too, nobody gives more than they
//! hold, and records are seen by owners, those above, members, rules and shares.

use offhook_org::access::{
    Comparison, Criterion, Operation, Permission, SharingBasis, SharingRule,
};
use offhook_org::save::SaveErrorCode;
use offhook_org::schema::SharingDefault;
use offhook_org::{RecordId, UserContext};

use crate::databases::on_both_databases;
use crate::desk::{Desk, add_role, add_user, context, refusal};

fn id(user: &UserContext) -> &RecordId {
    user.user.as_ref().unwrap()
}

/// The user as of now.
async fn again(desk: &Desk, user: &UserContext) -> UserContext {
    context(&desk.store, id(user)).await
}

/// A permission set with one right, without any assignment.
async fn set(desk: &Desk, name: &str, values: &[(&str, &str)]) -> RecordId {
    let mut all = vec![("Name", name), ("Label", name)];
    all.extend(values);
    desk.create(&desk.admin, "PermissionSet", &all).await
}

async fn assign(desk: &Desk, set: &RecordId, user: &UserContext) -> RecordId {
    let values = [
        ("AssigneeId", id(user).as_str()),
        ("PermissionSetId", set.as_str()),
    ];
    desk.create(&desk.admin, "PermissionSetAssignment", &values)
        .await
}

async fn group(desk: &Desk, name: &str, kind: &str) -> RecordId {
    desk.create(&desk.admin, "Group", &[("Name", name), ("Type", kind)])
        .await
}

async fn put_in(desk: &Desk, group: &RecordId, member: &RecordId) -> RecordId {
    let values = [
        ("GroupId", group.as_str()),
        ("UserOrGroupId", member.as_str()),
    ];
    desk.create(&desk.admin, "GroupMember", &values).await
}

/// The group that stands for a role or for everybody.
async fn standing(desk: &Desk, kind: &str, role: Option<&RecordId>) -> RecordId {
    let related = role.map_or("null".to_owned(), |role| format!("'{role}'"));
    let soql = format!("SELECT Id FROM Group WHERE Type = '{kind}' AND RelatedId = {related}");
    let page = crate::query::page(&desk.store, &desk.admin, &soql).await;
    page.rows[0].id.clone().unwrap()
}

async fn lead(desk: &Desk, owner: &UserContext, company: &str) -> RecordId {
    let values = [("LastName", "Smith"), ("Company", company)];
    desk.create(owner, "Lead", &values).await
}

async fn sees(desk: &Desk, user: &UserContext, record: &RecordId) -> bool {
    let user = again(desk, user).await;
    let by_id = desk.store.record(&user, record).await.unwrap().is_some();
    let soql = format!("SELECT count() FROM Lead WHERE Id = '{record}'");
    let counted = crate::query::page(&desk.store, &user, &soql).await.total;
    assert_eq!(counted, u64::from(by_id));
    by_id
}

async fn edits(desk: &Desk, user: &UserContext, record: &RecordId) -> bool {
    let user = again(desk, user).await;
    desk.update(&user, record, &[("Title", "Boss")])
        .await
        .is_ok()
}

on_both_databases! {
    async fn a_permission_set_acts_at_once_and_so_does_its_end(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let deals = set(&desk, "Deals", &[("PermissionsViewAllData", "true")]).await;
        let given = [
            ("ParentId", deals.as_str()),
            ("SobjectType", "opportunity"),
            ("PermissionsRead", "true"),
            ("PermissionsEdit", "true"),
        ];
        desk.create(&desk.admin, "ObjectPermissions", &given).await;
        let field = [
            ("ParentId", deals.as_str()),
            ("SobjectType", "Opportunity"),
            ("Field", "Opportunity.amount"),
            ("PermissionsRead", "true"),
        ];
        let field = desk.create(&desk.admin, "FieldPermissions", &field).await;
        assert_eq!(desk.text(&field, "Field").await, "Opportunity.Amount");
        assert!(!desk.agent.may_read_field("Opportunity", "Amount"));

        let assignment = assign(&desk, &deals, &desk.agent).await;
        let agent = again(&desk, &desk.agent).await;
        assert!(agent.may_read_field("Opportunity", "Amount"));
        assert!(!agent.may_write_field("Opportunity", "Amount"));
        assert!(agent.may("Opportunity", Operation::Edit));
        assert!(agent.holds(Permission::ViewAllData));

        desk.store.delete(&desk.admin, &field).await.unwrap();
        assert!(!again(&desk, &desk.agent).await.may_read_field("Opportunity", "Amount"));
        desk.store.delete(&desk.admin, &assignment).await.unwrap();
        let agent = again(&desk, &desk.agent).await;
        assert!(!agent.holds(Permission::ViewAllData));
        assert!(!agent.may("Opportunity", Operation::Edit));
    }

    async fn a_group_of_permission_sets_gives_what_its_sets_give(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let one = set(&desk, "One", &[("PermissionsViewSetup", "true")]).await;
        let two = set(&desk, "Two", &[("PermissionsViewAllUsers", "true")]).await;
        let values = [("DeveloperName", "Both"), ("MasterLabel", "Both")];
        let both = desk.create(&desk.admin, "PermissionSetGroup", &values).await;
        for set in [&one, &two] {
            let values = [
                ("PermissionSetGroupId", both.as_str()),
                ("PermissionSetId", set.as_str()),
            ];
            desk.create(&desk.admin, "PermissionSetGroupComponent", &values).await;
        }
        let values = [
            ("AssigneeId", id(&desk.rep).as_str()),
            ("PermissionSetGroupId", both.as_str()),
        ];
        desk.create(&desk.admin, "PermissionSetAssignment", &values).await;
        let rep = again(&desk, &desk.rep).await;
        assert!(rep.holds(Permission::ViewSetup));
        assert!(rep.holds(Permission::ViewAllUsers));
    }

    async fn assignments_that_must_not_be_are_refused(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let calls = set(&desk, "Calls", &[("PermissionsTransferCalls", "true")]).await;
        let values = |user: &UserContext, set: &RecordId| {
            [
                ("AssigneeId", id(user).as_str().to_owned()),
                ("PermissionSetId", set.as_str().to_owned()),
            ]
        };
        let try_assign = async |by: &UserContext, user: &UserContext, set: &RecordId| {
            let values = values(user, set);
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            refusal(desk.try_create(by, "PermissionSetAssignment", &values).await).0
        };
        assign(&desk, &calls, &desk.rep).await;
        let twice = try_assign(&desk.admin, &desk.rep, &calls).await;
        assert_eq!(twice, SaveErrorCode::DuplicateValue);
        desk.update(&desk.admin, id(&desk.agent), &[("IsActive", "false")]).await.unwrap();
        let inactive = try_assign(&desk.admin, &desk.agent, &calls).await;
        assert_eq!(inactive, SaveErrorCode::InactiveOwnerOrUser);
        let soql = "SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = true LIMIT 1";
        let owned = crate::query::page(&desk.store, &desk.admin, soql).await.rows.remove(0).id;
        let owned = try_assign(&desk.admin, &desk.rep, &owned.unwrap()).await;
        assert_eq!(owned, SaveErrorCode::InvalidCrossReferenceKey);
        let by_rep = try_assign(&desk.rep, &desk.manager, &calls).await;
        assert_eq!(by_rep, SaveErrorCode::InsufficientAccessOrReadonly);
    }

    async fn nobody_gives_themselves_more_than_they_hold(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let helper = set(&desk, "Helper", &[
            ("PermissionsAssignPermissionSets", "true"),
            ("PermissionsManageProfilesPermissionsets", "true"),
            ("PermissionsViewSetup", "true"),
        ])
        .await;
        assign(&desk, &helper, &desk.rep).await;
        let rep = again(&desk, &desk.rep).await;
        let all = set(&desk, "All", &[("PermissionsViewAllData", "true")]).await;
        let own = [("AssigneeId", id(&rep).as_str()), ("PermissionSetId", all.as_str())];
        let denied = desk.try_create(&rep, "PermissionSetAssignment", &own).await;
        assert_eq!(refusal(denied).0, SaveErrorCode::InsufficientAccessOrReadonly);
        let widened = desk.update(&rep, &helper, &[("PermissionsViewAllData", "true")]).await;
        assert_eq!(refusal(widened).0, SaveErrorCode::InsufficientAccessOrReadonly);
        let row = [
            ("ParentId", helper.as_str()),
            ("SobjectType", "Opportunity"),
            ("PermissionsRead", "true"),
            ("PermissionsViewAllRecords", "true"),
        ];
        let row = desk.try_create(&rep, "ObjectPermissions", &row).await;
        assert_eq!(refusal(row).0, SaveErrorCode::InsufficientAccessOrReadonly);
        let mine = set(&desk, "Mine", &[("PermissionsCtiAccess", "true")]).await;
        let held = [("AssigneeId", id(&desk.agent).as_str()), ("PermissionSetId", mine.as_str())];
        desk.try_create(&rep, "PermissionSetAssignment", &held).await.unwrap();
    }

    async fn rows_of_rights_hang_together(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let one = set(&desk, "One", &[]).await;
        for (object, values) in [
            ("ObjectPermissions", vec![("SobjectType", "Case"), ("PermissionsEdit", "true")]),
            ("ObjectPermissions", vec![("SobjectType", "Nothing"), ("PermissionsRead", "true")]),
            ("ObjectPermissions", vec![("SobjectType", "User"), ("PermissionsRead", "true")]),
            ("FieldPermissions", vec![
                ("SobjectType", "Case"),
                ("Field", "Case.OwnerId"),
                ("PermissionsRead", "true"),
            ]),
            ("FieldPermissions", vec![
                ("SobjectType", "Case"),
                ("Field", "Case.Reason"),
                ("PermissionsEdit", "true"),
            ]),
            ("FieldPermissions", vec![
                ("SobjectType", "Case"),
                ("Field", "Lead.Rating"),
                ("PermissionsRead", "true"),
            ]),
        ] {
            let mut all = vec![("ParentId", one.as_str())];
            all.extend(&values);
            let refused = refusal(desk.try_create(&desk.admin, object, &all).await);
            assert_eq!(refused.0, SaveErrorCode::FieldIntegrityException, "{values:?}");
        }
        let lone = desk.update(&desk.admin, &one, &[("PermissionsModifyAllData", "true")]).await;
        assert_eq!(refusal(lone).0, SaveErrorCode::FieldIntegrityException);
    }

    async fn a_profile_and_its_permission_set_say_the_same(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let profile = desk.rep.profile.id.clone().unwrap();
        desk.update(&desk.admin, &profile, &[("PermissionsApiEnabled", "false")]).await.unwrap();
        assert!(!again(&desk, &desk.rep).await.holds(Permission::ApiEnabled));
        let soql = format!("SELECT Id FROM PermissionSet WHERE ProfileId = '{profile}'");
        let own = crate::query::page(&desk.store, &desk.admin, &soql).await.rows.remove(0).id;
        let own = own.unwrap();
        desk.update(&desk.admin, &own, &[("PermissionsApiEnabled", "true")]).await.unwrap();
        assert_eq!(desk.text(&profile, "Name").await, "Sales Rep");
        assert!(again(&desk, &desk.rep).await.holds(Permission::ApiEnabled));
        let soql = "SELECT PermissionsApiEnabled FROM Profile WHERE Name = 'Sales Rep'";
        assert_eq!(crate::query::ask(&desk.store, &desk.rep, soql).await, ["true"]);
        let made = desk.create(&desk.admin, "Profile", &[("Name", "Clerk")]).await;
        let clerk = add_user(&desk.store, "Cleo", "Clerk", None).await;
        assert_eq!(context(&desk.store, &clerk).await.profile.id, Some(made.clone()));
        let deleted = desk.store.delete(&desk.admin, &made).await;
        assert_eq!(refusal(deleted).0, SaveErrorCode::DeleteFailed);
    }

    async fn nobody_is_shut_out_for_good(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let own = desk.update(&desk.admin, id(&desk.admin), &[("IsActive", "false")]).await;
        assert_eq!(refusal(own).0, SaveErrorCode::FieldIntegrityException);
        let last = [("ProfileName", "Sales Rep")];
        let last = desk.update(&desk.admin, id(&desk.admin), &last).await;
        assert_eq!(refusal(last).0, SaveErrorCode::FieldIntegrityException);
        desk.update(&desk.admin, id(&desk.rep), &[("IsActive", "false")]).await.unwrap();
        assert!(desk.store.user_context(id(&desk.rep)).await.unwrap().is_none());
    }

    async fn rings_of_roles_and_groups_are_refused(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let top = add_role(&desk.store, "Top", None).await;
        let middle = add_role(&desk.store, "Middle", Some(&top)).await;
        let ring = desk.update(&desk.admin, &top, &[("ParentRoleId", middle.as_str())]).await;
        assert_eq!(refusal(ring).0, SaveErrorCode::FieldIntegrityException);
        let one = group(&desk, "One", "Regular").await;
        let two = group(&desk, "Two", "Regular").await;
        put_in(&desk, &one, &two).await;
        let ring = [("GroupId", two.as_str()), ("UserOrGroupId", one.as_str())];
        let ring = desk.try_create(&desk.admin, "GroupMember", &ring).await;
        assert_eq!(refusal(ring).0, SaveErrorCode::FieldIntegrityException);
    }

    async fn a_queues_records_are_its_members_own(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let queue = group(&desk, "Callers", "Queue").await;
        let lead = lead(&desk, &desk.rep, "Pumps").await;
        let give = [("OwnerId", queue.as_str())];
        let refused = refusal(desk.update(&desk.rep, &lead, &give).await);
        assert_eq!(refused.0, SaveErrorCode::InvalidCrossReferenceKey);
        let takes = [("QueueId", queue.as_str()), ("SobjectType", "Lead")];
        desk.create(&desk.admin, "QueueSobject", &takes).await;
        desk.update(&desk.rep, &lead, &give).await.unwrap();
        assert!(!sees(&desk, &desk.rep, &lead).await);
        let member = put_in(&desk, &queue, id(&desk.other_rep)).await;
        assert!(sees(&desk, &desk.other_rep, &lead).await);
        assert!(edits(&desk, &desk.other_rep, &lead).await);
        desk.store.delete(&desk.admin, &member).await.unwrap();
        assert!(!sees(&desk, &desk.other_rep, &lead).await);
    }

    async fn a_record_is_shared_by_hand_as_far_as_its_owner_wants(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let lead = lead(&desk, &desk.rep, "Pumps").await;
        let friends = group(&desk, "Friends", "Regular").await;
        put_in(&desk, &friends, id(&desk.other_rep)).await;
        let share = [
            ("LeadId", lead.as_str()),
            ("UserOrGroupId", friends.as_str()),
            ("LeadAccessLevel", "Read"),
        ];
        let by_other = desk.try_create(&desk.other_rep, "LeadShare", &share).await;
        assert_eq!(refusal(by_other).0, SaveErrorCode::InvalidCrossReferenceKey);
        let shared = desk.create(&desk.rep, "LeadShare", &share).await;
        assert!(sees(&desk, &desk.other_rep, &lead).await);
        assert!(!edits(&desk, &desk.other_rep, &lead).await);
        let by_reader = [
            ("LeadId", lead.as_str()),
            ("UserOrGroupId", id(&desk.agent).as_str()),
            ("LeadAccessLevel", "Read"),
        ];
        let reader = again(&desk, &desk.other_rep).await;
        let by_reader = desk.try_create(&reader, "LeadShare", &by_reader).await;
        let code = SaveErrorCode::InsufficientAccessOnCrossReferenceEntity;
        assert_eq!(refusal(by_reader).0, code);
        desk.update(&desk.rep, &shared, &[("LeadAccessLevel", "Edit")]).await.unwrap();
        assert!(edits(&desk, &desk.other_rep, &lead).await);
        let deleted = desk.store.delete(&again(&desk, &desk.other_rep).await, &lead).await;
        assert_eq!(refusal(deleted).0, SaveErrorCode::InsufficientAccessOrReadonly);
        assert!(!sees(&desk, &desk.agent, &lead).await);
        desk.store.delete(&desk.rep, &shared).await.unwrap();
        assert!(!sees(&desk, &desk.other_rep, &lead).await);
    }

    async fn rules_share_what_somebody_owns_or_what_looks_so(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (pumps, pipes) = (
            lead(&desk, &desk.rep, "Pumps").await,
            lead(&desk, &desk.admin, "Pipes & Co").await,
        );
        let role = desk.store.record(&desk.admin, id(&desk.rep)).await.unwrap().unwrap();
        let role = role.get("UserRoleId").as_reference().unwrap().clone();
        let team = standing(&desk, "RoleAndSubordinates", Some(&role)).await;
        let friends = group(&desk, "Friends", "Regular").await;
        put_in(&desk, &friends, id(&desk.other_rep)).await;
        let mut rule = SharingRule {
            label: "Team to friends".to_owned(),
            object: "Lead".into(),
            basis: SharingBasis::OwnedBy(team),
            grantee: friends.clone(),
            edits: false,
        };
        let denied = desk.store.put_sharing_rule(&desk.rep, None, &rule).await;
        assert_eq!(refusal(denied).0, SaveErrorCode::InsufficientAccessOrReadonly);
        let number = desk.store.put_sharing_rule(&desk.admin, None, &rule).await.unwrap();
        assert!(sees(&desk, &desk.other_rep, &pumps).await);
        assert!(!edits(&desk, &desk.other_rep, &pumps).await);
        assert!(!sees(&desk, &desk.other_rep, &pipes).await);

        rule.basis = SharingBasis::Criteria(vec![Criterion {
            field: "Company".into(),
            comparison: Comparison::StartsWith,
            value: "PIPES".to_owned(),
        }]);
        rule.edits = true;
        desk.store.put_sharing_rule(&desk.admin, Some(number), &rule).await.unwrap();
        assert!(!sees(&desk, &desk.other_rep, &pumps).await);
        assert!(edits(&desk, &desk.other_rep, &pipes).await);
        desk.store.delete_sharing_rule(&desk.admin, number).await.unwrap();
        assert!(!sees(&desk, &desk.other_rep, &pipes).await);
    }

    async fn defaults_of_sharing_act_at_once_and_stay(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let mine = lead(&desk, &desk.rep, "Pumps").await;
        let account = [("Name", "Pumps")];
        let account = desk.create(&desk.rep, "Account", &account).await;
        let contact = [("LastName", "Smith"), ("AccountId", account.as_str())];
        let contact = desk.create(&desk.admin, "Contact", &contact).await;
        let set = async |object: &str, sharing| {
            desk.store.set_sharing_default(&desk.admin, object, sharing).await.unwrap();
        };
        set("Lead", SharingDefault::PublicRead).await;
        assert!(sees(&desk, &desk.other_rep, &mine).await);
        assert!(!edits(&desk, &desk.other_rep, &mine).await);
        set("Account", SharingDefault::Private).await;
        set("Contact", SharingDefault::ControlledByParent).await;
        let other = again(&desk, &desk.other_rep).await;
        assert!(desk.store.record(&other, &contact).await.unwrap().is_none());
        let rep = again(&desk, &desk.rep).await;
        desk.update(&rep, &contact, &[("Title", "Boss")]).await.unwrap();
        let soql = "SELECT DefaultLeadAccess, DefaultContactAccess FROM Organization";
        let told = crate::query::ask(&desk.store, &desk.rep, soql).await;
        assert_eq!(told, ["Read, ControlledByParent"]);
        desk.store.close().await;
        let store = database.open().await;
        let lead = store.schema().object("Lead").unwrap().sharing;
        assert_eq!(lead, SharingDefault::PublicRead);
    }

    async fn a_guess_at_a_hidden_field_tells_nothing(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let values = [
            ("Name", "Deal"),
            ("StageName", "Prospecting"),
            ("CloseDate", "2026-12-01"),
            ("Amount", "1000"),
        ];
        let deal = desk.create(&desk.rep, "Opportunity", &values).await;
        let set = set(&desk, "All", &[("PermissionsViewAllData", "true")]).await;
        let values = [
            ("ParentId", set.as_str()),
            ("SobjectType", "Opportunity"),
            ("PermissionsRead", "true"),
            ("PermissionsEdit", "true"),
            ("PermissionsDelete", "true"),
            ("PermissionsViewAllRecords", "true"),
            ("PermissionsModifyAllRecords", "true"),
        ];
        desk.create(&desk.admin, "ObjectPermissions", &values).await;
        assign(&desk, &set, &desk.agent).await;
        let agent = again(&desk, &desk.agent).await;
        let right = refusal(desk.update(&agent, &deal, &[("Amount", "1000")]).await);
        let wrong = refusal(desk.update(&agent, &deal, &[("Amount", "999")]).await);
        assert_eq!(right, wrong);
    }

    async fn every_change_of_rights_is_in_the_audit_trail(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let calls = set(&desk, "Calls", &[("PermissionsTransferCalls", "true")]).await;
        let assignment = assign(&desk, &calls, &desk.rep).await;
        desk.store.delete(&desk.admin, &assignment).await.unwrap();
        desk.store.audit(&desk.admin, "Calls\r\nand", "x", "a\u{1b}[31mline").await.unwrap();
        let soql = "SELECT Action, CreatedBy.Name FROM SetupAuditTrail ORDER BY Id";
        let lines = crate::query::ask(&desk.store, &desk.admin, soql).await;
        let expected = [
            "createdPermissionSet, (Ada Test)",
            "createdPermissionSetAssignment, (Ada Test)",
            "deletedPermissionSetAssignment, (Ada Test)",
            "x, (Ada Test)",
        ];
        assert_eq!(lines, expected);
        let display = "SELECT Display FROM SetupAuditTrail WHERE Action = 'x'";
        assert_eq!(crate::query::ask(&desk.store, &desk.admin, display).await, ["a [31mline"]);
        let hidden = desk.store.query(&desk.rep, soql, crate::query::options()).await;
        assert!(hidden.is_err());
        let line = "SELECT Id FROM SetupAuditTrail LIMIT 1";
        let line = crate::query::page(&desk.store, &desk.admin, line).await.rows.remove(0).id;
        assert!(desk.store.delete(&desk.admin, &line.unwrap()).await.is_err());
    }
}
