//! Who may see and do what, by the standard profiles.

use super::*;
use crate::Schema;

fn user(profile: &str, number: u64) -> UserContext {
    let profile = Profile::standard()
        .into_iter()
        .find(|p| p.name == profile)
        .unwrap();
    UserContext {
        user: Some(id(number)),
        user_name: profile.name.clone(),
        profile,
        subordinates: BTreeSet::new(),
        time_zone: "UTC".to_owned(),
    }
}

fn id(number: u64) -> RecordId {
    RecordId::from_serial("005", number)
}

#[test]
fn a_private_record_is_seen_by_its_owner_and_those_above() {
    let schema = Schema::standard();
    let lead = schema.object("Lead").unwrap();
    let (rep, colleague) = (user("Sales Rep", 1), user("Sales Rep", 2));
    let mut chief = user("Sales Rep", 3);
    chief.subordinates.insert(id(1));
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
fn hidden_fields_are_hidden_in_any_case_but_call_fields_never() {
    let mut agent = user("Service Agent", 1);
    assert!(!agent.may_read_field("Opportunity", "Amount"));
    assert!(!agent.may_write_field("opportunity", "amount"));
    assert!(agent.may_read_field("Account", "AnnualRevenue"));
    assert!(!agent.may_write_field("Account", "AnnualRevenue"));
    agent
        .profile
        .hidden_fields
        .insert("Task.CallType".to_owned());
    assert!(agent.may_write_field("Task", "CallType"));
}
