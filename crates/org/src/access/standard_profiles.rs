//! The profiles that an org starts with. They differ in what a sales and service team really
//! tells apart: service agents do not see what a deal is worth, reps do not delete cases.

use std::collections::{BTreeMap, BTreeSet};

use super::Operation::{Create, Delete, Edit, ModifyAll, Read, ViewAll};
use super::{Operation, Permission, Profile};

const FULL: &[Operation] = &[Read, Create, Edit, Delete];
const EVERYTHING: &[Operation] = &[Read, Create, Edit, Delete, ViewAll, ModifyAll];
const NO_DELETE: &[Operation] = &[Read, Create, Edit];

/// What everybody who works with records and calls holds.
const DESK: [Permission; 8] = [
    Permission::CtiAccess,
    Permission::TransferCalls,
    Permission::ApiEnabled,
    Permission::EditTask,
    Permission::EditEvent,
    Permission::RunFlow,
    Permission::RunReports,
    Permission::LightningConsoleAllowedForUser,
];

pub(super) fn all() -> Vec<Profile> {
    vec![
        system_administrator(),
        sales_rep(),
        service_agent(),
        supervisor(),
    ]
}

fn system_administrator() -> Profile {
    let objects = [
        ("Account", EVERYTHING),
        ("Contact", EVERYTHING),
        ("Lead", EVERYTHING),
        ("Opportunity", EVERYTHING),
        ("Case", EVERYTHING),
        ("Campaign", EVERYTHING),
        ("CampaignMember", EVERYTHING),
        ("VoiceCall", EVERYTHING),
    ];
    // What cannot be undone is given to somebody on purpose, or to nobody.
    let usual = |permission: &Permission| *permission != Permission::BulkApiHardDelete;
    let permissions: Vec<_> = Permission::ALL.into_iter().filter(usual).collect();
    profile("System Administrator", &permissions, &objects)
}

fn sales_rep() -> Profile {
    let objects = [
        ("Account", FULL),
        ("Contact", FULL),
        ("Lead", FULL),
        ("Opportunity", FULL),
        ("Case", NO_DELETE),
        ("Campaign", &[Read][..]),
        ("CampaignMember", FULL),
        ("VoiceCall", NO_DELETE),
    ];
    profile("Sales Rep", &DESK, &objects)
}

fn service_agent() -> Profile {
    let objects = [
        ("Account", NO_DELETE),
        ("Contact", NO_DELETE),
        ("Lead", NO_DELETE),
        ("Opportunity", &[Read][..]),
        ("Case", FULL),
        ("Campaign", &[Read][..]),
        ("CampaignMember", NO_DELETE),
        ("VoiceCall", NO_DELETE),
    ];
    let mut profile = profile("Service Agent", &DESK, &objects);
    profile.hidden_fields = names(&["Opportunity.Amount", "Lead.AnnualRevenue"]);
    profile.read_only_fields = names(&["Account.AnnualRevenue"]);
    profile
}

fn supervisor() -> Profile {
    let objects = [
        ("Account", FULL),
        ("Contact", FULL),
        ("Lead", EVERYTHING),
        ("Opportunity", EVERYTHING),
        ("Case", EVERYTHING),
        ("Campaign", EVERYTHING),
        ("CampaignMember", EVERYTHING),
        ("VoiceCall", EVERYTHING),
    ];
    let mut profile = profile("Supervisor", &DESK, &objects);
    profile.permissions.insert(Permission::ViewAllData);
    profile
}

fn profile(name: &str, permissions: &[Permission], objects: &[(&str, &[Operation])]) -> Profile {
    let objects: BTreeMap<_, _> = objects
        .iter()
        .map(|(object, rights)| ((*object).to_owned(), rights.iter().copied().collect()))
        .collect();
    Profile {
        name: name.to_owned(),
        permissions: permissions.iter().copied().collect(),
        objects,
        hidden_fields: BTreeSet::new(),
        read_only_fields: BTreeSet::new(),
    }
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
