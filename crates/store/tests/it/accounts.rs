//! Signing in and out, and what ends with it.

use offhook_org::RecordId;
use offhook_store::Store;
use offhook_store::accounts::{Session, SignInError};

use crate::databases::on_both_databases;
use crate::desk::{Desk, context, fields};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

fn id(user: &offhook_org::UserContext) -> &RecordId {
    user.user.as_ref().unwrap()
}

async fn signed_in(desk: &Desk, now_ms: i64) -> Session {
    let rep = id(&desk.rep);
    desk.store.set_password(rep, "open sesame").await.unwrap();
    desk.store
        .sign_in("rae@example.com", "open sesame", now_ms)
        .await
        .unwrap()
}

async fn in_call_center(desk: &Desk) {
    let definition = crate::cti::definition("Phones");
    let center = desk
        .store
        .import_call_center(&desk.admin, &definition)
        .await
        .unwrap();
    let rep = id(&desk.rep);
    desk.store
        .add_call_center_user(&desk.admin, &center, rep)
        .await
        .unwrap();
}

async fn is_alive(store: &Store, session: &Session, now_ms: i64) -> bool {
    store
        .session(&session.token, now_ms)
        .await
        .unwrap()
        .is_some()
}

on_both_databases! {
    async fn the_right_password_begins_a_session_and_no_secret_is_kept(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let session = signed_in(&desk, 0).await;
        assert_eq!(&session.user, id(&desk.rep));
        assert_eq!(session.token.len(), 64);
        assert_ne!(session.csrf_token, session.token);
        let found = desk.store.session(&session.token, 1).await.unwrap().unwrap();
        assert_eq!(found, session);
        let other_case = desk.store.sign_in("RAE@Example.com ", "open sesame", 0).await;
        assert!(other_case.is_ok());
        if let Some(path) = database.path() {
            desk.store.close().await;
            let file = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
            for secret in ["open sesame", &session.token, &session.csrf_token] {
                assert!(!file.contains(secret));
            }
            assert!(file.contains("$argon2id$"));
        }
    }

    async fn a_wrong_password_and_an_unknown_user_get_the_same_answer(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        signed_in(&desk, 0).await;
        for name in ["rae@example.com", "nobody@example.com", "oli@example.com"] {
            for _ in 0..5 {
                let outcome = desk.store.sign_in(name, "wrong", 0).await;
                assert!(matches!(outcome, Err(SignInError::Wrong)), "{name}: {outcome:?}");
            }
            let outcome = desk.store.sign_in(name, "wrong", MINUTE_MS).await;
            let locked = matches!(outcome, Err(SignInError::Locked { minutes: 14 }));
            assert!(locked, "{name}: {outcome:?}");
        }
    }

    async fn a_lock_ends_after_15_minutes_whatever_was_tried_meanwhile(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        signed_in(&desk, 0).await;
        for _ in 0..9 {
            store.sign_in("rae@example.com", "wrong", 0).await.unwrap_err();
        }
        let early = store.sign_in("rae@example.com", "open sesame", 15 * MINUTE_MS - 1).await;
        assert!(matches!(early, Err(SignInError::Locked { minutes: 1 })), "{early:?}");
        store.sign_in("rae@example.com", "open sesame", 15 * MINUTE_MS).await.unwrap();
        for _ in 0..4 {
            store.sign_in("rae@example.com", "wrong", 16 * MINUTE_MS).await.unwrap_err();
        }
        store.sign_in("rae@example.com", "open sesame", 16 * MINUTE_MS).await.unwrap();
    }

    async fn many_guesses_at_once_are_not_many_first_ones(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        signed_in(&desk, 0).await;
        let guesses: Vec<_> = (0..20)
            .map(|_| {
                let store = desk.store.clone();
                tokio::spawn(async move { store.sign_in("rae@example.com", "wrong", 0).await })
            })
            .collect();
        let mut wrong = 0;
        for guess in guesses {
            match guess.await.unwrap() {
                Err(SignInError::Wrong) => wrong += 1,
                Err(SignInError::Locked { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(wrong, 5);
    }

    async fn a_session_ends_12_hours_after_its_last_use(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let session = signed_in(&desk, 0).await;
        assert!(is_alive(&desk.store, &session, 11 * HOUR_MS).await);
        assert!(is_alive(&desk.store, &session, 22 * HOUR_MS).await);
        assert!(!is_alive(&desk.store, &session, 34 * HOUR_MS).await);
        assert!(desk.store.session("no such token", 0).await.unwrap().is_none());
    }

    async fn signing_out_ends_the_session_and_its_softphone_tickets(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        in_call_center(&desk).await;
        let session = signed_in(&desk, 0).await;
        let token = store.issue_softphone_token(&session, "Phones", 0).await.unwrap();
        let unused = store.issue_softphone_token(&session, "Phones", 0).await.unwrap();
        let ticket = store.redeem_softphone_token(&token, 1).await.unwrap().unwrap();
        let holder = store.softphone_user(&ticket, 2).await.unwrap().unwrap();
        assert_eq!((&holder.user, holder.call_center.as_str()), (id(&desk.rep), "Phones"));
        store.sign_out(&session.token).await.unwrap();
        assert!(!is_alive(store, &session, 3).await);
        assert!(store.softphone_user(&ticket, 3).await.unwrap().is_none());
        assert!(store.redeem_softphone_token(&unused, 3).await.unwrap().is_none());
        assert!(store.renew_softphone_ticket(&ticket, 3).await.unwrap().is_none());
    }

    async fn a_softphone_token_is_good_once_and_for_a_minute(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        in_call_center(&desk).await;
        let session = signed_in(&desk, 0).await;
        let token = store.issue_softphone_token(&session, "Phones", 0).await.unwrap();
        let redeem = || async { store.redeem_softphone_token(&token, 59_999).await.unwrap() };
        let both = tokio::join!(redeem(), redeem());
        assert_eq!([both.0, both.1].iter().flatten().count(), 1);
        let late = store.issue_softphone_token(&session, "Phones", 0).await.unwrap();
        assert!(store.redeem_softphone_token(&late, 60_000).await.unwrap().is_none());
    }

    async fn a_ticket_is_good_while_it_is_used_and_renews_itself(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        in_call_center(&desk).await;
        let session = signed_in(&desk, 0).await;
        let token = store.issue_softphone_token(&session, "Phones", 0).await.unwrap();
        let ticket = store.redeem_softphone_token(&token, 0).await.unwrap().unwrap();
        let day = 11 * HOUR_MS;
        assert!(store.softphone_user(&ticket, day).await.unwrap().is_some());
        assert!(is_alive(store, &session, 2 * day).await);
        let fresh = store.renew_softphone_ticket(&ticket, 2 * day).await.unwrap().unwrap();
        assert_ne!(fresh, ticket);
        assert!(store.softphone_user(&fresh, 2 * day).await.unwrap().is_some());
        assert!(store.softphone_user(&ticket, 2 * day).await.unwrap().is_some());
        assert!(store.softphone_user(&fresh, 4 * day).await.unwrap().is_none());
    }

    async fn a_ticket_ends_when_the_user_leaves_the_call_center(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        in_call_center(&desk).await;
        let session = signed_in(&desk, 0).await;
        let token = store.issue_softphone_token(&session, "Phones", 0).await.unwrap();
        let ticket = store.redeem_softphone_token(&token, 0).await.unwrap().unwrap();
        let center = store.call_center_of(id(&desk.rep)).await.unwrap().unwrap().id;
        store.remove_call_center_user(&desk.admin, &center, id(&desk.rep)).await.unwrap();
        assert!(store.softphone_user(&ticket, 1).await.unwrap().is_none());
    }

    async fn a_deactivated_user_is_out_at_once(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let session = signed_in(&desk, 0).await;
        desk.update(&desk.admin, id(&desk.rep), &[("IsActive", "false")]).await.unwrap();
        assert!(!is_alive(&desk.store, &session, 1).await);
        assert!(desk.store.user_context(id(&desk.rep)).await.unwrap().is_none());
        let again = desk.store.sign_in("rae@example.com", "open sesame", 1).await;
        assert!(matches!(again, Err(SignInError::Inactive)), "{again:?}");
        let guess = desk.store.sign_in("rae@example.com", "wrong", 1).await;
        assert!(matches!(guess, Err(SignInError::Wrong)), "{guess:?}");
    }

    async fn a_new_password_ends_the_sessions_of_the_old_one(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let session = signed_in(&desk, 0).await;
        desk.store.set_password(id(&desk.rep), "another").await.unwrap();
        assert!(!is_alive(&desk.store, &session, 1).await);
        desk.store.sign_in("rae@example.com", "open sesame", 1).await.unwrap_err();
        desk.store.sign_in("rae@example.com", "another", 1).await.unwrap();
    }

    async fn those_above_have_everybody_below(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let [manager, rep] = [id(&desk.manager), id(&desk.rep)];
        let reach = context(&desk.store, manager).await.reach;
        assert_eq!(reach.subordinates, [rep.clone()].into());
        assert!(desk.rep.reach.subordinates.is_empty());
        assert_eq!(desk.rep.user_name, "Rae Test");
        assert_eq!(desk.rep.time_zone, "Europe/Berlin");
    }

    async fn a_user_whose_profile_is_gone_is_named(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let lost = fields(&[
            ("LastName", "Lost"),
            ("Username", "lost@example.com"),
            ("Email", "lost@example.com"),
            ("ProfileName", "Sales Rep"),
        ]);
        let lost = desk.store.create_many(&"User".into(), &[lost]).await.unwrap().remove(0);
        let lose = "UPDATE org_user SET profilename = 'No Such Profile', profileid = NULL
                    WHERE username = 'lost@example.com'";
        database.run(lose).await;
        let error = desk.store.user_context(&lost).await.unwrap_err().to_string();
        assert!(error.contains("No Such Profile") && error.contains("another one"), "{error}");
    }
}
