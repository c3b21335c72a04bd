//! Who stands where: users in the tree of roles, in public groups and in queues. From it follow
//! whose records a user sees (those of everybody below, those of the user's queues) and by which
//! names records are shared with the user.
//!
//! Nothing here trusts the rows: a ring of roles or groups ends at itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::RecordId;

/// What a row of Group stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// A public group: its members are those of its rows of GroupMember.
    Regular,
    /// A queue: its members own its records together.
    Queue,
    /// Everybody in the role that the group is related to.
    Role,
    /// Everybody in that role and below.
    RoleAndSubordinates,
    /// Everybody.
    Organization,
}

impl GroupKind {
    /// From the value of `Group.Type`; `None` for one that gives nobody anything.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "Regular" => Some(Self::Regular),
            "Queue" => Some(Self::Queue),
            "Role" => Some(Self::Role),
            "RoleAndSubordinates" | "RoleAndSubordinatesInternal" => {
                Some(Self::RoleAndSubordinates)
            }
            "Organization" => Some(Self::Organization),
            _ => None,
        }
    }
}

/// A group, a queue, or what stands for a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What it stands for.
    pub kind: GroupKind,
    /// The role, where it stands for one.
    pub role: Option<RecordId>,
    /// `DoesIncludeBosses`: those above its members have what it has.
    pub includes_bosses: bool,
}

/// Users, roles, groups and their members.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Each user's role.
    users: BTreeMap<RecordId, Option<RecordId>>,
    /// Each role's parent.
    roles: BTreeMap<RecordId, Option<RecordId>>,
    groups: BTreeMap<RecordId, Group>,
    users_of_role: BTreeMap<RecordId, BTreeSet<RecordId>>,
    roles_below: BTreeMap<RecordId, BTreeSet<RecordId>>,
    /// The groups that a user or a group is a member of.
    groups_of: BTreeMap<RecordId, BTreeSet<RecordId>>,
    /// The users and groups that are members of a group.
    members_of: BTreeMap<RecordId, BTreeSet<RecordId>>,
    groups_of_role: BTreeMap<RecordId, BTreeSet<RecordId>>,
    groups_of_all: BTreeSet<RecordId>,
}

/// What follows for one user from where the user stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Users below in the tree of roles.
    pub subordinates: BTreeSet<RecordId>,
    /// Roles below the user's own.
    pub roles_below: BTreeSet<RecordId>,
    /// Queues whose records the user owns with others.
    pub queues: BTreeSet<RecordId>,
    /// Users and groups whose shares reach the user: the user, those below, and all groups
    /// that one of them is in.
    pub grantees: BTreeSet<RecordId>,
}

impl Directory {
    /// Adds a user with the user's role.
    pub fn add_user(&mut self, user: RecordId, role: Option<RecordId>) {
        if let Some(role) = &role {
            let users = self.users_of_role.entry(role.clone()).or_default();
            users.insert(user.clone());
        }
        self.users.insert(user, role);
    }

    /// Adds a role below its parent.
    pub fn add_role(&mut self, role: RecordId, parent: Option<RecordId>) {
        if let Some(parent) = &parent {
            let below = self.roles_below.entry(parent.clone()).or_default();
            below.insert(role.clone());
        }
        self.roles.insert(role, parent);
    }

    /// Adds a group.
    pub fn add_group(&mut self, id: RecordId, group: Group) {
        match (group.kind, &group.role) {
            (GroupKind::Role | GroupKind::RoleAndSubordinates, Some(role)) => {
                let groups = self.groups_of_role.entry(role.clone()).or_default();
                groups.insert(id.clone());
            }
            (GroupKind::Organization, _) => drop(self.groups_of_all.insert(id.clone())),
            _ => {}
        }
        self.groups.insert(id, group);
    }

    /// Adds a user or a group to a group.
    pub fn add_member(&mut self, group: RecordId, member: RecordId) {
        let members = self.members_of.entry(group.clone()).or_default();
        members.insert(member.clone());
        self.groups_of.entry(member).or_default().insert(group);
    }

    /// What follows for the user.
    pub fn reach(&self, user: &RecordId) -> Reach {
        let role = self.users.get(user).cloned().flatten();
        let mut roles_below = role.map_or_else(BTreeSet::new, |role| {
            let mut below = closure(&self.roles_below, role.clone());
            below.remove(&role);
            below
        });
        roles_below.retain(|role| self.roles.contains_key(role));
        let below = roles_below
            .iter()
            .filter_map(|role| self.users_of_role.get(role));
        let mut subordinates: BTreeSet<RecordId> = below.flatten().cloned().collect();
        subordinates.remove(user);

        let mut grantees = self.groups_with(user);
        grantees.insert(user.clone());
        for subordinate in &subordinates {
            let groups = self.groups_with(subordinate).into_iter();
            let inherits = |id: &RecordId| self.groups.get(id).is_some_and(|g| g.includes_bosses);
            grantees.extend(groups.filter(inherits));
            grantees.insert(subordinate.clone());
        }
        let is_queue = |id: &&RecordId| {
            (self.groups.get(*id)).is_some_and(|group| group.kind == GroupKind::Queue)
        };
        Reach {
            queues: grantees.iter().filter(is_queue).cloned().collect(),
            subordinates,
            roles_below,
            grantees,
        }
    }

    /// The owners that a group stands for where its members' records are shared: its users, those
    /// of the groups in it, and a queue itself.
    pub fn members(&self, group: &RecordId) -> BTreeSet<RecordId> {
        let mut owners = BTreeSet::new();
        for id in closure(&self.members_of, group.clone()) {
            let Some(group) = self.groups.get(&id) else {
                if self.users.contains_key(&id) {
                    owners.insert(id);
                }
                continue;
            };
            let in_role = |role: &RecordId| self.users_of_role.get(role).into_iter().flatten();
            match (group.kind, &group.role) {
                (GroupKind::Queue, _) => drop(owners.insert(id)),
                (GroupKind::Organization, _) => owners.extend(self.users.keys().cloned()),
                (GroupKind::Role, Some(role)) => owners.extend(in_role(role).cloned()),
                (GroupKind::RoleAndSubordinates, Some(role)) => {
                    let roles = closure(&self.roles_below, role.clone());
                    owners.extend(roles.iter().flat_map(in_role).cloned());
                }
                _ => {}
            }
        }
        owners
    }

    /// Would the role be below itself under this parent?
    pub fn role_makes_ring(&self, role: &RecordId, parent: &RecordId) -> bool {
        closure(&self.roles_below, role.clone()).contains(parent)
    }

    /// Would the group hold itself with this member?
    pub fn member_makes_ring(&self, group: &RecordId, member: &RecordId) -> bool {
        closure(&self.groups_of, group.clone()).contains(member)
    }

    /// Every group that the user is in: by a row, by the role, by being there, and through groups.
    fn groups_with(&self, user: &RecordId) -> BTreeSet<RecordId> {
        let mut found = BTreeSet::new();
        let mut open: Vec<RecordId> = self.groups_of_all.iter().cloned().collect();
        open.extend(self.groups_of.get(user).into_iter().flatten().cloned());
        let own = self.users.get(user).cloned().flatten();
        let mut seen = BTreeSet::new();
        let mut role = own.clone();
        while let Some(id) = role.filter(|id| seen.insert(id.clone())) {
            for group in self.groups_of_role.get(&id).into_iter().flatten() {
                let kind = self.groups.get(group).map(|g| g.kind);
                let is_own = own.as_ref() == Some(&id);
                if is_own || kind == Some(GroupKind::RoleAndSubordinates) {
                    open.push(group.clone());
                }
            }
            role = self.roles.get(&id).cloned().flatten();
        }
        while let Some(group) = open.pop() {
            if found.insert(group.clone()) {
                open.extend(self.groups_of.get(&group).into_iter().flatten().cloned());
            }
        }
        found.retain(|group| self.groups.contains_key(group));
        found
    }
}

/// The one it starts from, and all that is reached from there.
fn closure(edges: &BTreeMap<RecordId, BTreeSet<RecordId>>, from: RecordId) -> BTreeSet<RecordId> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        if found.insert(id.clone()) {
            open.extend(edges.get(&id).into_iter().flatten().cloned());
        }
    }
    found
}
