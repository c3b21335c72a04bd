//! Laws of rights: a union takes nothing away, and those above reach what those below reach.

use proptest::prelude::*;

use crate::RecordId;
use crate::access::{Directory, FieldAccess, Group, GroupKind, Operation, Permission, Rights};

const OBJECTS: [&str; 3] = ["Case", "Lead", "Visit__c"];
const FIELDS: [&str; 3] = ["Amount", "Rating__c", "Phone"];

fn rights() -> impl Strategy<Value = Rights> {
    let permissions = proptest::sample::subsequence(Permission::ALL.to_vec(), 0..5);
    let operations = proptest::collection::vec((0..3_usize, 0..6_usize), 0..6);
    let fields = proptest::collection::vec((0..3_usize, 0..3_usize, any::<bool>()), 0..6);
    (permissions, operations, fields).prop_map(|(permissions, operations, fields)| {
        let mut rights = Rights::default();
        rights.permissions.extend(permissions);
        for (object, operation) in operations {
            rights.grant(OBJECTS[object], Operation::ALL[operation]);
        }
        for (object, field, edits) in fields {
            let access = match edits {
                true => FieldAccess::Edit,
                false => FieldAccess::Read,
            };
            rights.grant_field(OBJECTS[object], FIELDS[field], access);
        }
        rights
    })
}

/// People, roles and groups at random; rings among them.
#[derive(Debug, Clone)]
struct Town {
    roles: Vec<Option<usize>>,
    users: Vec<Option<usize>>,
    groups: Vec<(u8, Option<usize>, bool)>,
    members: Vec<(usize, bool, usize)>,
}

fn town() -> impl Strategy<Value = Town> {
    let role = || proptest::option::of(0..6_usize);
    (
        proptest::collection::vec(role(), 6),
        proptest::collection::vec(role(), 8),
        proptest::collection::vec((0..5_u8, role(), any::<bool>()), 5),
        proptest::collection::vec((0..5_usize, any::<bool>(), 0..8_usize), 0..12),
    )
        .prop_map(|(roles, users, groups, members)| Town {
            roles,
            users,
            groups,
            members,
        })
}

fn id(prefix: &str, number: usize) -> RecordId {
    RecordId::from_serial(prefix, number as u64)
}

fn directory(town: &Town) -> Directory {
    let mut directory = Directory::default();
    let role = |number: &Option<usize>| number.map(|number| id("00E", number));
    for (number, parent) in town.roles.iter().enumerate() {
        directory.add_role(id("00E", number), role(parent));
    }
    for (number, own) in town.users.iter().enumerate() {
        directory.add_user(id("005", number), role(own));
    }
    for (number, (kind, of, includes_bosses)) in town.groups.iter().enumerate() {
        let kinds = [
            GroupKind::Regular,
            GroupKind::Queue,
            GroupKind::Role,
            GroupKind::RoleAndSubordinates,
            GroupKind::Organization,
        ];
        let group = Group {
            kind: kinds[usize::from(*kind)],
            role: role(of),
            includes_bosses: *includes_bosses,
        };
        directory.add_group(id("00G", number), group);
    }
    for (group, is_user, member) in &town.members {
        let member = match is_user {
            true => id("005", *member),
            false => id("00G", member % 5),
        };
        directory.add_member(id("00G", *group), member);
    }
    directory
}

proptest! {
    #[test]
    fn a_union_gives_all_that_its_parts_give(a in rights(), b in rights()) {
        let mut union = a.clone();
        union.add(&b);
        prop_assert!(union.contains(&a));
        prop_assert!(union.contains(&b));
        let mut turned = b;
        turned.add(&a);
        prop_assert_eq!(union, turned);
    }

    #[test]
    fn who_gives_all_that_another_gives_is_not_changed_by_it(a in rights(), b in rights()) {
        let mut union = a.clone();
        union.add(&b);
        prop_assert_eq!(a.contains(&b), union == a);
    }

    #[test]
    fn those_above_reach_what_those_below_reach(mut town in town()) {
        for group in &mut town.groups {
            group.2 = true;
        }
        // In a ring nobody is above.
        for (number, parent) in town.roles.iter_mut().enumerate() {
            *parent = parent.filter(|parent| *parent < number);
        }
        let directory = directory(&town);
        for number in 0..town.users.len() {
            let chief = directory.reach(&id("005", number));
            for below in &chief.subordinates {
                let theirs = directory.reach(below);
                prop_assert!(theirs.grantees.is_subset(&chief.grantees));
                prop_assert!(theirs.queues.is_subset(&chief.queues));
            }
        }
    }

    #[test]
    fn nobody_is_below_themselves_and_everybody_is_reached_by_their_own_name(town in town()) {
        let directory = directory(&town);
        for number in 0..town.users.len() {
            let user = id("005", number);
            let reach = directory.reach(&user);
            prop_assert!(!reach.subordinates.contains(&user));
            prop_assert!(reach.grantees.contains(&user));
            prop_assert!(reach.queues.is_subset(&reach.grantees));
        }
    }

    #[test]
    fn a_ring_is_told_before_it_is_made(town in town(), role in 0..6_usize, parent in 0..6_usize) {
        let directory = directory(&town);
        let (role, parent) = (id("00E", role), id("00E", parent));
        if role == parent {
            prop_assert!(directory.role_makes_ring(&role, &parent));
        }
        let group = id("00G", 1);
        prop_assert!(directory.member_makes_ring(&group, &group));
    }
}
