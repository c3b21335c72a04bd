//! Call centers and their users, layouts, traces.

use offhook_org::cti::CallCenter;
use offhook_store::cti::{CallCenterError, PopTrace};

use crate::databases::on_both_databases;
use crate::desk::Desk;

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
        let row = (rep.clone(), "Rae Test".to_owned(), "Sales Rep".to_owned());
        assert_eq!(users, [row]);

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

    async fn a_call_center_with_users_is_not_deleted(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin, rep) = (&desk.store, &desk.admin, id(&desk.rep));
        let center = store.import_call_center(admin, &definition("Phones")).await.unwrap();
        store.add_call_center_user(admin, &center, rep).await.unwrap();
        let refused = store.delete_call_center(admin, &center).await.unwrap_err();
        assert!(matches!(refused, CallCenterError::HasUsers { user_count: 1, .. }), "{refused}");
        store.remove_call_center_user(admin, &center, rep).await.unwrap();
        store.delete_call_center(admin, &center).await.unwrap();
        let gone = store.delete_call_center(admin, &center).await.unwrap_err();
        assert!(matches!(gone, CallCenterError::NotFound), "{gone}");
        let add = store.add_call_center_user(admin, &center, rep).await.unwrap_err();
        assert!(matches!(add, CallCenterError::NotFound), "{add}");
    }

    async fn only_active_users_without_a_call_center_are_offered(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin) = (&desk.store, &desk.admin);
        let center = store.import_call_center(admin, &definition("Phones")).await.unwrap();
        store.add_call_center_user(admin, &center, id(&desk.rep)).await.unwrap();
        desk.update(admin, id(&desk.other_rep), &[("IsActive", "false")]).await.unwrap();
        let offered = store.users_without_call_center("test", 10).await.unwrap();
        let names: Vec<_> = offered.iter().map(|(_, name, _)| name.as_str()).collect();
        assert_eq!(names, ["Ada Test", "Mo Test", "Sam Test"]);
        assert_eq!(store.users_without_call_center("SAM", 10).await.unwrap().len(), 1);
        assert_eq!(store.users_without_call_center("%", 10).await.unwrap().len(), 0);
        let refused = store.add_call_center_user(admin, &center, id(&desk.other_rep)).await;
        assert!(matches!(refused, Err(CallCenterError::UserInactive(name)) if name == "Oli Test"));
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
