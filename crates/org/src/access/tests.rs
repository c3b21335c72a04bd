//! Who may see and do what, by the standard profiles.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::Schema;

fn user(profile: &str, number: u64) -> UserContext {
    let mut profiles = Profile::standard().into_iter();
    let profile = profiles.find(|p| p.name == profile).unwrap();
    UserContext::of_profile(id(number), &profile, &Schema::standard())
}

fn id(number: u64) -> RecordId {
    RecordId::from_serial("005", number)
}

fn put_below(chief: &mut UserContext, user: &RecordId) {
    let reach = Arc::make_mut(&mut chief.reach);
    reach.subordinates.insert(user.clone());
}

#[test]
fn a_private_record_is_seen_by_its_owner_and_those_above() {
    let schema = Schema::standard();
    let lead = schema.object("Lead").unwrap();
    let (rep, colleague) = (user("Sales Rep", 1), user("Sales Rep", 2));
    let mut chief = user("Sales Rep", 3);
    put_below(&mut chief, &id(1));
    let owner = Some(&id(1)).cloned();
    assert!(rep.may_see_record(lead, owner.as_ref()));
    assert!(chief.may_see_record(lead, owner.as_ref()));
    assert!(!colleague.may_see_record(lead, owner.as_ref()));
    assert!(user("Supervisor", 4).may_see_record(lead, owner.as_ref()));
    assert!(UserContext::system().may_see_record(lead, None));
    assert!(!rep.may_see_record(lead, None));
}

#[test]
fn a_public_record_is_changed_as_its_sharing_says() {
    let schema = Schema::standard();
    let rep = user("Sales Rep", 1);
    let other = id(2);
    for (object, operation, expected) in [
        ("Contact", Operation::Edit, true),
        ("Contact", Operation::Delete, false),
        ("Opportunity", Operation::Edit, false),
        ("Lead", Operation::Edit, false),
    ] {
        let object = schema.object(object).unwrap();
        let allowed = rep.may_change_record(object, Some(&other), operation);
        assert_eq!(allowed, expected, "{} {operation:?}", object.name);
    }
    let opportunity = schema.object("Opportunity").unwrap();
    assert!(rep.may_change_record(opportunity, Some(&id(1)), Operation::Delete));
    assert_eq!(
        rep.level_by_owner(opportunity, Some(&other)),
        AccessLevel::Read
    );
}

#[test]
fn a_record_of_a_queue_is_its_members_own() {
    let schema = Schema::standard();
    let lead = schema.object("Lead").unwrap();
    let queue = RecordId::from_serial("00G", 1);
    let mut rep = user("Sales Rep", 1);
    assert!(!rep.may_see_record(lead, Some(&queue)));
    Arc::make_mut(&mut rep.reach).queues.insert(queue.clone());
    assert!(rep.may_change_record(lead, Some(&queue), Operation::Delete));
}

#[test]
fn a_profile_gives_only_what_it_names() {
    let rep = user("Sales Rep", 1);
    assert!(rep.may("Contact", Operation::Delete));
    assert!(!rep.may("Case", Operation::Delete));
    assert!(!rep.may("User", Operation::Edit));
    assert!(!rep.may("Delivery__c", Operation::Read));
    assert!(rep.holds(Permission::CtiAccess));
    assert!(!rep.holds(Permission::ViewSetup));
    assert!(user("System Administrator", 2).may("Delivery__c", Operation::Delete));
    assert!(user("Supervisor", 3).may("User", Operation::Read));
}

#[test]
fn objects_of_setup_are_written_by_permissions_over_the_org() {
    let (rep, admin) = (user("Sales Rep", 1), user("System Administrator", 2));
    for (object, rep_reads, admin_writes) in [
        ("Profile", true, true),
        ("permissionset", true, true),
        ("ObjectPermissions", false, true),
        ("PermissionSetAssignment", true, true),
        ("UserRole", true, true),
        ("SetupAuditTrail", false, false),
        ("LoginHistory", true, false),
        ("CaseHistory", true, false),
        ("CaseShare", true, true),
        ("Delivery__History", false, false),
        ("EntityDefinition", true, false),
    ] {
        assert_eq!(rep.may(object, Operation::Read), rep_reads, "{object}");
        assert_eq!(admin.may(object, Operation::Edit), admin_writes, "{object}");
    }
    for object in ["Profile", "PermissionSetAssignment", "GroupMember"] {
        assert!(!rep.may(object, Operation::Create), "{object}");
    }
    let mut bare = rep;
    Arc::make_mut(&mut bare.rights).permissions.clear();
    assert!(bare.may("Task", Operation::Read));
    assert!(!bare.may("Task", Operation::Create));
}

#[test]
fn hidden_fields_are_hidden_in_any_case_but_call_fields_never() {
    let agent = user("Service Agent", 1);
    assert!(!agent.may_read_field("Opportunity", "Amount"));
    assert!(!agent.may_write_field("opportunity", "amount"));
    assert!(agent.may_read_field("Account", "AnnualRevenue"));
    assert!(!agent.may_write_field("Account", "AnnualRevenue"));
    assert!(agent.may_write_field("Task", "CallType"));
    assert!(!agent.may_read_field("Task", "Unknown__c"));
}

#[test]
fn permission_sets_give_together_what_each_gives() {
    let schema = Schema::standard();
    let mut profiles = Profile::standard().into_iter();
    let agent = profiles.find(|p| p.name == "Service Agent").unwrap();
    let mut rights = agent.rights(&schema);
    let mut deals = Rights::default();
    deals.permissions.insert(Permission::ManageCallCenters);
    deals.grant("Opportunity", Operation::Delete);
    deals.grant_field("Opportunity", "Amount", FieldAccess::Read);
    assert!(!rights.contains(&deals));
    rights.add(&deals);
    assert!(rights.contains(&deals));
    assert!(rights.gives("opportunity", Operation::Edit));
    assert_eq!(
        rights.field("Opportunity", "AMOUNT"),
        Some(FieldAccess::Read)
    );
    assert!(rights.gives("Case", Operation::Create));
}

#[test]
fn columns_name_permissions() {
    for permission in Permission::ALL {
        assert_eq!(Permission::of_column(permission.column()), Some(permission));
    }
    assert_eq!(Permission::ApiEnabled.name(), "ApiEnabled");
    let distinct: BTreeSet<_> = Permission::ALL.into_iter().map(Permission::label).collect();
    assert_eq!(distinct.len(), Permission::ALL.len());
}

mod laws;
