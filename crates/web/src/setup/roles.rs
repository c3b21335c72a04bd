//! The role tree: who stands above whom, with the users of each role. A role is added below
//! another, renamed, moved and deleted by the forms of its row; the write gate refuses a role
//! below itself and the deletion of one that is in use.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use offhook_org::access::Operation;
use offhook_org::{FieldName, ObjectName, Record, RecordId, Value};
use offhook_store::org::{Filter, ListQuery, Order};

use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::session::SignedIn;

/// Roles and users that are read at once.
const STEP_ROWS: u32 = 100;

/// Roles of one tree, and users in it; more are not shown.
const ROLES_MAX: usize = 2_000;
const USERS_MAX: usize = 5_000;

/// Users that are named at a role.
const NAMED_MAX: usize = 10;

/// How deep the tree is drawn; what stands deeper is drawn at this depth.
const DEPTH_MAX: usize = 30;

struct UserLink {
    name: String,
    href: String,
}

struct Role {
    id: String,
    name: String,
    href: String,
    below_href: Option<String>,
    delete_href: Option<String>,
    users: Vec<UserLink>,
    /// `and 5 more`: those that are not named.
    more: Option<String>,
}

/// The tree as it is written: a role begins, and ends behind those below it.
enum Step {
    Begin(Role),
    /// A list of roles below the one that has begun.
    Open,
    Close,
    End,
}

#[derive(Template)]
#[template(path = "setup/roles.html")]
struct RolesTemplate {
    steps: Vec<Step>,
    count: usize,
    is_cut: bool,
    new_href: Option<String>,
}

/// `GET /lightning/setup/roles`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let place = Place::Roles;
    admit(&who, place)?;
    let roles = rows(&state, &who, "UserRole", "Name", Vec::new(), ROLES_MAX).await?;
    let active = vec![Filter::Equals("IsActive".into(), Value::Boolean(true))];
    let users = rows(&state, &who, "User", "Name", active, USERS_MAX).await?;
    let may = |operation| who.user.may("UserRole", operation);
    let tree = Tree {
        may_create: may(Operation::Create),
        may_delete: may(Operation::Delete),
        children: children(&roles),
        users: by_role(&users),
    };
    let mut steps = Vec::new();
    for role in tree.children.get(&None).into_iter().flatten() {
        tree.write(role, 0, &mut steps);
    }
    let body = RolesTemplate {
        steps,
        count: roles.len(),
        is_cut: roles.len() == ROLES_MAX,
        new_href: tree.may_create.then(|| format!("{ROWS}/new")),
    };
    let page = frame::page(&state, &who, place, place.label(), notice, &body).await;
    page.map(flash::said)
}

/// The rows of roles.
const ROWS: &str = "/lightning/setup/rows/UserRole";

async fn rows(
    state: &AppState,
    who: &SignedIn,
    object: &str,
    order: &str,
    filters: Vec<Filter>,
    most: usize,
) -> Result<Vec<Record>, Failure> {
    let mut query = ListQuery {
        object: ObjectName::new(object),
        filters,
        order: Some((FieldName::new(order), Order::Ascending)),
        offset: 0,
        limit: STEP_ROWS,
    };
    let mut records = Vec::new();
    while records.len() < most {
        let found = state.store.list(&who.user, &query).await?;
        let count = found.records.len();
        records.extend(found.records);
        if count < STEP_ROWS as usize {
            break;
        }
        query.offset += STEP_ROWS;
    }
    records.truncate(most);
    Ok(records)
}

/// Roles by the role above them. One whose role above is not there stands at the top.
fn children(roles: &[Record]) -> BTreeMap<Option<&RecordId>, Vec<&Record>> {
    let known: BTreeSet<&RecordId> = roles.iter().map(|role| &role.id).collect();
    let mut children: BTreeMap<Option<&RecordId>, Vec<&Record>> = BTreeMap::new();
    for role in roles {
        let parent = role.get("ParentRoleId").as_reference();
        let parent = parent.filter(|parent| known.contains(parent));
        children.entry(parent).or_default().push(role);
    }
    children
}

fn by_role(users: &[Record]) -> BTreeMap<&RecordId, Vec<&Record>> {
    let mut by_role: BTreeMap<&RecordId, Vec<&Record>> = BTreeMap::new();
    for user in users {
        if let Some(role) = user.get("UserRoleId").as_reference() {
            by_role.entry(role).or_default().push(user);
        }
    }
    by_role
}

struct Tree<'a> {
    may_create: bool,
    may_delete: bool,
    children: BTreeMap<Option<&'a RecordId>, Vec<&'a Record>>,
    users: BTreeMap<&'a RecordId, Vec<&'a Record>>,
}

impl Tree<'_> {
    fn write(&self, role: &Record, depth: usize, steps: &mut Vec<Step>) {
        steps.push(Step::Begin(self.role(role)));
        let below = self.children.get(&Some(&role.id));
        let nests = depth < DEPTH_MAX;
        if let Some(below) = below {
            steps.push(if nests { Step::Open } else { Step::End });
            for role in below {
                self.write(role, depth + usize::from(nests), steps);
            }
            if !nests {
                return;
            }
            steps.push(Step::Close);
        }
        steps.push(Step::End);
    }

    fn role(&self, role: &Record) -> Role {
        let users = self.users.get(&role.id).map_or(&[][..], Vec::as_slice);
        let link = |user: &&Record| UserLink {
            name: user.text("Name").to_owned(),
            href: format!("/lightning/setup/rows/User/{}", user.id),
        };
        let id = &role.id;
        let unnamed = users.len().saturating_sub(NAMED_MAX);
        Role {
            id: id.to_string(),
            name: role.text("Name").to_owned(),
            href: format!("{ROWS}/{id}"),
            below_href: (self.may_create).then(|| format!("{ROWS}/new?ParentRoleId={id}")),
            delete_href: self.may_delete.then(|| format!("{ROWS}/{id}/delete")),
            users: users.iter().take(NAMED_MAX).map(link).collect(),
            more: (unnamed > 0).then(|| show::count(unnamed, "more user", "more users")),
        }
    }
}
