//! API clients: their sessions, and what ends them.

use offhook_org::RecordId;
use offhook_org::oauth::Scopes;
use offhook_store::accounts::NewApiSession;

use crate::databases::on_both_databases;
use crate::desk::Desk;

const HOUR_MS: i64 = 60 * 60 * 1_000;

fn rep(desk: &Desk) -> RecordId {
    desk.rep.user.clone().unwrap()
}

async fn token(desk: &Desk, now_ms: i64) -> String {
    let new = NewApiSession {
        user: rep(desk),
        app: "Loader".to_owned(),
        app_id: None,
        grant: None,
        scopes: Scopes::parse("api web").unwrap(),
    };
    desk.store.issue_api_session(&new, now_ms).await.unwrap()
}

async fn is_alive(desk: &Desk, token: &str, now_ms: i64) -> bool {
    desk.store
        .api_session(token, now_ms)
        .await
        .unwrap()
        .is_some()
}

on_both_databases! {
    async fn an_access_token_names_the_org_and_opens_a_session(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let token = token(&desk, 7).await;
        let (org, opaque) = token.split_once('!').unwrap();
        assert_eq!(org, desk.store.org_id().short());
        assert!(opaque.len() >= 64);
        let session = desk.store.api_session(&token, 8).await.unwrap().unwrap();
        assert_eq!((session.user, session.app.as_str()), (rep(&desk), "Loader"));
        assert_eq!(session.issued_at_ms, 7);
        assert_eq!(session.scopes.to_string(), "api web");
        if let Some(path) = database.path() {
            desk.store.close().await;
            let file = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
            assert!(!file.contains(opaque));
        }
    }

    async fn a_token_that_was_never_given_out_opens_nothing(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let token = token(&desk, 0).await;
        let (longer, huge) = (format!("{token}0"), "!".repeat(9_000));
        for wrong in ["", "!", &token[..token.len() - 1], &longer, &huge] {
            assert!(!is_alive(&desk, wrong, 1).await, "{wrong}");
        }
    }

    async fn an_api_session_ends_two_hours_after_its_last_use(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let token = token(&desk, 0).await;
        assert!(is_alive(&desk, &token, HOUR_MS).await);
        assert!(is_alive(&desk, &token, 2 * HOUR_MS).await);
        assert!(desk.store.peek_api_session(&token, 3 * HOUR_MS).await.unwrap().is_some());
        assert!(!is_alive(&desk, &token, 4 * HOUR_MS).await);
    }

    async fn a_revoked_token_is_out_at_once_and_holders_are_told(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let token = token(&desk, 0).await;
        let mut revocations = desk.store.api_revocations();
        revocations.mark_unchanged();
        assert!(desk.store.revoke_api_session(&token).await.unwrap());
        assert!(revocations.has_changed().unwrap());
        assert!(!is_alive(&desk, &token, 1).await);
        assert!(!desk.store.revoke_api_session(&token).await.unwrap());
    }

    async fn a_deactivated_user_s_clients_are_out_at_once(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let token = token(&desk, 0).await;
        desk.update(&desk.admin, &rep(&desk), &[("IsActive", "false")]).await.unwrap();
        assert!(!is_alive(&desk, &token, 1).await);
    }

    async fn a_new_password_ends_api_sessions_too(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let token = token(&desk, 0).await;
        desk.store.set_password(&rep(&desk), "another").await.unwrap();
        assert!(!is_alive(&desk, &token, 1).await);
    }
}
