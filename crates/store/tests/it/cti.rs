//! Call centers and their users, layouts, traces.

use offhook_calls::{AgentId, CallState};
use offhook_org::cti::{CallCenter, SoftphoneLayout};
use offhook_store::calls::Durable;
use offhook_store::cti::{
    CallCenterError, GroupSettlement, MembershipChange, PopTrace, UserSearch,
};

use crate::databases::on_both_databases;
use crate::desk::Desk;
use crate::query::ask;

pub(crate) fn definition(internal_name: &str) -> CallCenter {
    CallCenter {
        internal_name: internal_name.to_owned(),
        display_name: format!("{internal_name} for all"),
        sections: Vec::new(),
    }
}

fn id(user: &offhook_org::UserContext) -> &offhook_org::RecordId {
    user.user.as_ref().unwrap()
}

on_both_databases! {
    async fn a_call_center_is_imported_once_under_its_name(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        let imported = store.import_call_center(&desk.admin, &definition("Phones")).await.unwrap();
        assert_eq!(imported.key_prefix(), "04v");
        let again = store.import_call_center(&desk.admin, &definition("phones")).await;
        assert!(matches!(again, Err(CallCenterError::Exists(name)) if name == "phones"));
        let by_rep = store.import_call_center(&desk.rep, &definition("Mine")).await;
        assert!(matches!(by_rep, Err(CallCenterError::NotAllowed)));
        let all = store.call_centers().await.unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!((&all[0].id, &all[0].definition), (&imported, &definition("Phones")));
        assert_eq!(store.call_center(&imported).await.unwrap().as_ref(), Some(&all[0]));
    }

    async fn a_user_is_in_one_call_center_at_most(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin, rep) = (&desk.store, &desk.admin, id(&desk.rep));
        let here = store.import_call_center(admin, &definition("Here")).await.unwrap();
        let there = store.import_call_center(admin, &definition("There")).await.unwrap();
        store.add_call_center_user(admin, &here, rep).await.unwrap();
        store.add_call_center_user(admin, &here, rep).await.unwrap();
        let elsewhere = store.add_call_center_user(admin, &there, rep).await;
        let error = elsewhere.unwrap_err().to_string();
        assert!(error.contains("Rae Test is in the call center Here for all"), "{error}");
        assert_eq!(store.call_center_of(rep).await.unwrap().unwrap().id, here);
        let users = store.call_center_users(&here).await.unwrap();
        let told = (&users[0].id, users[0].name.as_str(), users[0].profile.as_str());
        assert_eq!((users.len(), told), (1, (rep, "Rae Test", "Sales Rep")));

        store.remove_call_center_user(admin, &there, rep).await.unwrap();
        assert_eq!(store.call_center_users(&here).await.unwrap().len(), 1);
        store.remove_call_center_user(admin, &here, rep).await.unwrap();
        assert!(store.call_center_of(rep).await.unwrap().is_none());
        store.add_call_center_user(admin, &there, rep).await.unwrap();
    }

    async fn of_two_call_centers_that_take_a_user_at_once_one_wins(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin) = (&desk.store, &desk.admin);
        let here = store.import_call_center(admin, &definition("Here")).await.unwrap();
        let there = store.import_call_center(admin, &definition("There")).await.unwrap();
        for user in [&desk.rep, &desk.other_rep, &desk.manager, &desk.agent] {
            let add = |center| {
                let (store, admin, user) = (store.clone(), admin.clone(), id(user).clone());
                tokio::spawn(async move {
                    store.add_call_center_user(&admin, &center, &user).await
                })
            };
            let (a, b) = (add(here.clone()), add(there.clone()));
            let outcomes = [a.await.unwrap(), b.await.unwrap()];
            assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1, "{outcomes:?}");
            let lost = outcomes.into_iter().find_map(Result::err).unwrap();
            assert!(matches!(lost, CallCenterError::UserElsewhere { .. }), "{lost}");
        }
        let centers = store.call_centers().await.unwrap();
        assert_eq!(centers.iter().map(|c| c.user_count).sum::<u32>(), 4);
    }

    async fn a_deleted_call_center_takes_the_phones_that_were_told(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin, rep) = (&desk.store, &desk.admin, id(&desk.rep));
        let center = store.import_call_center(admin, &definition("Phones")).await.unwrap();
        store.add_call_center_user(admin, &center, rep).await.unwrap();
        store.add_call_center_user(admin, &center, id(&desk.manager)).await.unwrap();
        let refused = store.delete_call_center(admin, &center, 1).await.unwrap_err();
        assert!(matches!(refused, CallCenterError::OtherUsers { user_count: 2, told: 1, .. }),
            "{refused}");
        assert_eq!(store.call_center_users(&center).await.unwrap().len(), 2);
        let by_rep = store.delete_call_center(&desk.rep, &center, 2).await.unwrap_err();
        assert!(matches!(by_rep, CallCenterError::NotAllowed), "{by_rep}");
        store.delete_call_center(admin, &center, 2).await.unwrap();
        assert!(store.call_center_of(rep).await.unwrap().is_none());
        let gone = store.delete_call_center(admin, &center, 0).await.unwrap_err();
        assert!(matches!(gone, CallCenterError::NotFound), "{gone}");
        let add = store.add_call_center_user(admin, &center, rep).await.unwrap_err();
        assert!(matches!(add, CallCenterError::NotFound), "{add}");
    }

    async fn a_deleted_call_center_is_restored_with_those_who_have_no_other(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin) = (&desk.store, &desk.admin);
        let (rep, manager) = (id(&desk.rep), id(&desk.manager));
        let center = store.import_call_center(admin, &definition("Phones")).await.unwrap();
        let other = store.import_call_center(admin, &definition("Other")).await.unwrap();
        for user in [rep, manager] {
            store.add_call_center_user(admin, &center, user).await.unwrap();
        }
        store.delete_call_center(admin, &center, 2).await.unwrap();
        store.add_call_center_user(admin, &other, manager).await.unwrap();
        let deleted = store.deleted_call_centers().await.unwrap();
        assert_eq!((deleted.len(), &deleted[0].id), (1, &center));
        assert_eq!((deleted[0].users.len(), deleted[0].deleted_by.as_str()), (2, "Ada Test"));
        // Somebody took the name meanwhile.
        let taken = store.import_call_center(admin, &definition("PHONES")).await.unwrap();
        let refused = store.restore_call_center(admin, &center).await.unwrap_err();
        assert!(matches!(refused, CallCenterError::Exists(_)), "{refused}");
        store.delete_call_center(admin, &taken, 0).await.unwrap();
        assert_eq!(store.restore_call_center(admin, &center).await.unwrap(), 1);
        assert_eq!(store.call_center_of(rep).await.unwrap().unwrap().id, center);
        assert_eq!(store.call_center_of(manager).await.unwrap().unwrap().id, other);
        let history = store.call_center_history(&center).await.unwrap();
        let reasons: Vec<&str> = history.iter().map(|v| v.reason.as_str()).collect();
        assert_eq!(reasons, ["Restored", "Imported"]);
        let again = store.restore_call_center(admin, &center).await.unwrap_err();
        assert!(matches!(again, CallCenterError::NotFound), "{again}");
    }

    async fn every_state_of_a_definition_is_kept_and_an_old_form_changes_nothing(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin) = (&desk.store, &desk.admin);
        let first = definition("Phones");
        let center = store.import_call_center(admin, &first).await.unwrap();
        let mut second = first.clone();
        second.display_name = "Phones of Sales".to_owned();
        store.change_call_center(admin, &center, 1, &second, "Edited").await.unwrap();
        let stale = store.change_call_center(admin, &center, 1, &first, "Edited").await;
        assert!(matches!(stale.unwrap_err(), CallCenterError::Changed(_)));
        let mut renamed = second.clone();
        renamed.internal_name = "Other".to_owned();
        let renamed = store.change_call_center(admin, &center, 2, &renamed, "Edited").await;
        assert!(matches!(renamed.unwrap_err(), CallCenterError::Changed(_)));
        let by_rep = store.change_call_center(&desk.rep, &center, 2, &first, "Edited").await;
        assert!(matches!(by_rep.unwrap_err(), CallCenterError::NotAllowed));
        let history = store.call_center_history(&center).await.unwrap();
        assert_eq!(history.len(), 2);
        assert_eq!((history[0].version, &history[0].definition), (2, &second));
        assert_eq!((history[1].version, &history[1].definition), (1, &first));
        assert_eq!(history[0].made_by, "Ada Test");
        assert_eq!(store.call_center(&center).await.unwrap().unwrap().definition, second);
        let clone = store.clone_call_center(admin, &center, "Second", "Second").await.unwrap();
        let clone = store.call_center(&clone).await.unwrap().unwrap();
        assert_eq!((clone.definition.internal_name.as_str(), clone.version), ("Second", 1));
        let twice = store.clone_call_center(admin, &center, "second", "Again").await;
        assert!(matches!(twice.unwrap_err(), CallCenterError::Exists(_)));
        for number in 2..210 {
            second.display_name = format!("Phones {number}");
            store.change_call_center(admin, &center, number, &second, "Edited").await.unwrap();
        }
        let history = store.call_center_history(&center).await.unwrap();
        assert_eq!((history.len(), history.last().unwrap().version), (201, 1));
        assert_eq!(history.last().unwrap().definition, first);
    }

    async fn active_users_are_found_by_name_profile_and_role(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin) = (&desk.store, &desk.admin);
        let center = store.import_call_center(admin, &definition("Phones")).await.unwrap();
        store.add_call_center_user(admin, &center, id(&desk.rep)).await.unwrap();
        desk.update(admin, id(&desk.other_rep), &[("IsActive", "false")]).await.unwrap();
        let find = async |text: &str, only_free| {
            let search = UserSearch {
                text: text.to_owned(),
                only_free,
                limit: 10,
                ..UserSearch::default()
            };
            let found = store.find_phone_users(&search).await.unwrap();
            found.into_iter().map(|user| user.name).collect::<Vec<_>>()
        };
        assert_eq!(find("test", true).await, ["Ada Test", "Mo Test", "Sam Test"]);
        assert_eq!(find("SAM", true).await, ["Sam Test"]);
        assert_eq!(find("%", false).await, Vec::<String>::new());
        assert_eq!(find("sales rep", false).await, ["Mo Test", "Rae Test"]);
        assert_eq!(find("", false).await.len(), 4);
        let refused = store.add_call_center_user(admin, &center, id(&desk.other_rep)).await;
        assert!(matches!(refused, Err(CallCenterError::UserInactive(name)) if name == "Oli Test"));
    }

    async fn many_users_are_added_moved_and_removed_with_an_answer_for_each(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin) = (&desk.store, &desk.admin);
        let here = store.import_call_center(admin, &definition("Here")).await.unwrap();
        let there = store.import_call_center(admin, &definition("There")).await.unwrap();
        store.add_call_center_user(admin, &there, id(&desk.rep)).await.unwrap();
        desk.update(admin, id(&desk.other_rep), &[("IsActive", "false")]).await.unwrap();
        let nobody = offhook_org::RecordId::from_serial("005", 999_999);
        let users = [&desk.rep, &desk.other_rep, &desk.manager, &desk.agent].map(|u| id(u).clone());
        let users: Vec<_> = users.into_iter().chain([nobody]).collect();
        let change = async |center, change| {
            let done = store.change_call_center_users(admin, center, change, &users).await;
            let told = done.unwrap().into_iter().map(|outcome| match outcome.done {
                Ok(changed) => format!("{} {changed}", outcome.name),
                Err(error) => error.to_string(),
            });
            told.collect::<Vec<_>>()
        };
        let told = change(&here, MembershipChange::Add).await;
        assert!(told[0].contains("Rae Test is in the call center There for all"), "{told:?}");
        assert!(told[1].contains("Oli Test is not an active user"), "{told:?}");
        assert_eq!((&*told[2], &*told[3]), ("Mo Test true", "Sam Test true"));
        assert!(told[4].contains("is not an active user"), "{told:?}");
        let told = change(&here, MembershipChange::Move).await;
        assert_eq!((&*told[0], &*told[2]), ("Rae Test true", "Mo Test false"));
        assert_eq!(store.call_center_users(&here).await.unwrap().len(), 3);
        assert!(store.call_center_users(&there).await.unwrap().is_empty());
        let told = change(&there, MembershipChange::Remove).await;
        assert_eq!(told[0], "Rae Test false");
        let told = change(&here, MembershipChange::Remove).await;
        assert_eq!(told[0], "Rae Test true");
        assert!(store.call_center_users(&here).await.unwrap().is_empty());
        let refused = store
            .change_call_center_users(&desk.rep, &here, MembershipChange::Add, &users)
            .await;
        assert!(matches!(refused.unwrap_err(), CallCenterError::NotAllowed));
    }

    async fn whoever_changes_users_at_once_each_is_in_one_call_center(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin) = (&desk.store, &desk.admin);
        let mut centers = Vec::new();
        for name in ["One", "Two", "Three"] {
            centers.push(store.import_call_center(admin, &definition(name)).await.unwrap());
        }
        let users = [&desk.rep, &desk.other_rep, &desk.manager, &desk.agent].map(|u| id(u).clone());
        let group = desk.create(admin, "Group", &[("Name", "Phones"), ("Type", "Regular")]).await;
        for user in &users {
            let member = [("GroupId", group.as_str()), ("UserOrGroupId", user.as_str())];
            desk.create(admin, "GroupMember", &member).await;
        }
        store.map_call_center_group(admin, &centers[2], &group).await.unwrap();
        let mut tasks = Vec::new();
        for round in 0..8 {
            for (number, center) in centers.iter().cloned().enumerate() {
                let (store, admin, users) = (store.clone(), admin.clone(), users.clone());
                tasks.push(tokio::spawn(async move {
                    let change = match (round + number) % 3 {
                        0 => MembershipChange::Add,
                        1 => MembershipChange::Move,
                        _ => MembershipChange::Remove,
                    };
                    let done = store.change_call_center_users(&admin, &center, change, &users);
                    done.await.map(drop).map_err(|error| error.to_string())
                }));
                let desk_store = desk.store.clone();
                tasks.push(tokio::spawn(async move {
                    let settled = desk_store.settle_call_center_groups().await;
                    settled.map(drop).map_err(|error| error.to_string())
                }));
            }
            // The API writes the same field through the gate.
            let user = &users[round % users.len()];
            let wanted = [("CallCenterId", centers[round % 3].as_str())];
            desk.update(admin, user, &wanted).await.unwrap();
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let mut seen = std::collections::BTreeSet::new();
        for center in &centers {
            for user in store.call_center_users(center).await.unwrap() {
                assert!(seen.insert(user.id.clone()), "{} is in two", user.name);
                assert_eq!(store.call_center_of(&user.id).await.unwrap().unwrap().id, *center);
            }
        }
        // Id and name say the same for everybody, and settling comes to rest.
        let ids = "SELECT Id FROM User WHERE CallCenterId != null";
        let names = "SELECT Id FROM User WHERE CallCenterName != null";
        assert_eq!(ask(store, admin, ids).await, ask(store, admin, names).await);
        store.settle_call_center_groups().await.unwrap();
        let rest = store.settle_call_center_groups().await.unwrap();
        assert_eq!(rest, GroupSettlement::default());
    }

    async fn who_joins_a_mapped_group_has_the_phone_and_who_leaves_loses_it_after_the_call(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin) = (&desk.store, &desk.admin);
        let (rep, manager, agent) = (id(&desk.rep), id(&desk.manager), id(&desk.agent));
        let center = store.import_call_center(admin, &definition("Phones")).await.unwrap();
        let other = store.import_call_center(admin, &definition("Other")).await.unwrap();
        let group = |name: &'static str| [("Name", name), ("Type", "Regular")];
        let outer = desk.create(admin, "Group", &group("Outer")).await;
        let inner = desk.create(admin, "Group", &group("Inner")).await;
        let member = async |group: &offhook_org::RecordId, member: &offhook_org::RecordId| {
            let fields = [("GroupId", group.as_str()), ("UserOrGroupId", member.as_str())];
            desk.create(admin, "GroupMember", &fields).await
        };
        member(&outer, &inner).await;
        assert_eq!(store.settle_call_center_groups().await.unwrap(), GroupSettlement::default());
        store.map_call_center_group(admin, &center, &outer).await.unwrap();
        let twice = store.map_call_center_group(admin, &other, &outer).await.unwrap_err();
        assert!(matches!(twice, CallCenterError::GroupElsewhere { .. }), "{twice}");
        let in_inner = member(&inner, rep).await;
        store.add_call_center_user(admin, &other, manager).await.unwrap();
        member(&outer, manager).await;
        store.add_call_center_user(admin, &center, agent).await.unwrap();
        let joined = store.settle_call_center_groups().await.unwrap();
        assert_eq!(joined.joined, std::slice::from_ref(rep));
        let users = store.call_center_users(&center).await.unwrap();
        let by = |name: &str| users.iter().find(|u| u.name == name).unwrap().by_group.clone();
        assert_eq!((by("Rae Test"), by("Sam Test")), (Some("Outer".to_owned()), None));
        // The manager keeps the other phone, and the admin is told.
        let conflicts = store.call_center_group_conflicts().await.unwrap();
        assert_eq!(conflicts.len(), 1);
        assert_eq!((conflicts[0].name.as_str(), conflicts[0].present.as_deref()),
            ("Mo Test", Some("Other for all")));
        let taken_out = store.remove_call_center_user(admin, &center, rep).await.unwrap_err();
        assert!(taken_out.to_string().contains("group Outer"), "{taken_out}");

        let mut call = crate::calls::call("01A", 1, CallState::Talking);
        call.agent = Some(AgentId::new(rep.as_str()));
        store.commit(&[Durable::Call(Box::new(call.clone()))]).await.unwrap();
        store.delete(admin, &in_inner).await.unwrap();
        let waiting = store.settle_call_center_groups().await.unwrap();
        assert_eq!((waiting.waiting, waiting.left), (vec![rep.clone()], Vec::new()));
        assert_eq!(store.call_center_of(rep).await.unwrap().unwrap().id, center);
        (call.version, call.state) = (2, CallState::Closed);
        store.commit(&[Durable::Call(Box::new(call))]).await.unwrap();
        let left = store.settle_call_center_groups().await.unwrap();
        assert_eq!(left.left, std::slice::from_ref(rep));
        assert!(store.call_center_of(rep).await.unwrap().is_none());
        // Who was put in by hand stays, whatever becomes of the group.
        store.unmap_call_center_group(admin, &center, &outer).await.unwrap();
        store.settle_call_center_groups().await.unwrap();
        assert_eq!(store.call_center_users(&center).await.unwrap().len(), 1);
    }

    async fn a_profile_has_the_layout_that_is_assigned_to_it_or_the_default(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin) = (&desk.store, &desk.admin);
        let mut layout = SoftphoneLayout::standard();
        let default = layout.name.clone();
        store.put_softphone_layout(admin, &layout).await.unwrap();
        layout.name = "Service".to_owned();
        layout.is_default = false;
        store.create_softphone_layout(admin, &layout).await.unwrap();
        layout.name = "SERVICE".to_owned();
        let twice = store.create_softphone_layout(admin, &layout).await.unwrap_err();
        assert!(matches!(twice, CallCenterError::LayoutExists(_)), "{twice}");
        let profiles = store.layout_assignments().await.unwrap();
        let rep = profiles.iter().find(|p| p.profile_name == "Sales Rep").unwrap();
        assert!(rep.user_count > 0 && rep.layout.is_none());
        let wanted = [(rep.profile.clone(), Some("Service".to_owned()))].into();
        assert_eq!(store.assign_softphone_layouts(admin, &wanted).await.unwrap(), 1);
        assert_eq!(store.assign_softphone_layouts(admin, &wanted).await.unwrap(), 0);
        assert_eq!(store.softphone_layout("sales rep").await.unwrap().name, "Service");
        assert_eq!(store.softphone_layout("Service Agent").await.unwrap().name, default);
        assert!(!store.assigned_layout("Service Agent").await.unwrap().is_assigned);

        let used = store.delete_softphone_layout(admin, "Service").await.unwrap_err();
        assert!(used.to_string().contains("Sales Rep"), "{used}");
        let used = store.delete_softphone_layout(admin, &default).await.unwrap_err();
        assert!(used.to_string().contains("it is the default"), "{used}");
        layout.name = "Service 2".to_owned();
        store.change_softphone_layout(admin, "Service", &layout).await.unwrap();
        assert_eq!(store.softphone_layout("Sales Rep").await.unwrap().name, "Service 2");
        let gone = store.change_softphone_layout(admin, "Service", &layout).await.unwrap_err();
        assert!(matches!(gone, CallCenterError::NoLayout | CallCenterError::LayoutExists(_)));
        let ghost = [(rep.profile.clone(), Some("Ghost".to_owned()))].into();
        let refused = store.assign_softphone_layouts(admin, &ghost).await.unwrap_err();
        assert!(matches!(refused, CallCenterError::NoLayout), "{refused}");
        let none = [(rep.profile.clone(), None)].into();
        store.assign_softphone_layouts(admin, &none).await.unwrap();
        store.delete_softphone_layout(admin, "Service 2").await.unwrap();
        assert_eq!(store.softphone_layouts().await.unwrap().len(), 1);
        let by_rep = store.assign_softphone_layouts(&desk.rep, &wanted).await.unwrap_err();
        assert!(matches!(by_rep, CallCenterError::NotAllowed), "{by_rep}");
    }

    async fn a_users_call_center_must_be_there(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let rep = id(&desk.rep);
        let nowhere = desk.update(&desk.admin, rep, &[("CallCenterName", "Nowhere")]).await;
        assert_eq!(crate::desk::refusal(nowhere).1, ["CallCenterName"]);
    }

    async fn the_newest_thousand_traces_are_kept(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let trace = |at_ms| PopTrace {
            at_ms,
            user: id(&desk.rep).clone(),
            search_params: "+14155550100".to_owned(),
            call_type: "inbound".to_owned(),
            outcome: "Contact Ann Smith".to_owned(),
            lines: vec!["searched Contact: 1".to_owned()],
            search_us: 120,
        };
        for at_ms in 0..1_005 {
            desk.store.put_pop_trace(&trace(at_ms)).await.unwrap();
        }
        let kept = desk.store.pop_traces(5_000).await.unwrap();
        assert_eq!(kept.len(), 1_000);
        assert_eq!((kept[0].at_ms, kept[999].at_ms), (1_004, 5));
        assert_eq!(kept[3], trace(1_001));
    }
}
