//! What OAuth gives out: codes, refresh tokens, families, devices; and the apps behind them.

use offhook_org::RecordId;
use offhook_org::oauth::{AppSettings, Authorization, Flow, PermittedUsers, Scopes};
use offhook_store::accounts::{
    AppError, CodeProof, ConnectedApp, GrantError, SecurityTokenRule, SignInError, Tokens,
};
use offhook_store::{MasterKey, StoreError};

use crate::databases::on_both_databases;
use crate::desk::Desk;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
const URI: &str = "https://app.example/cb";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn settings() -> AppSettings {
    AppSettings {
        name: "Loader".to_owned(),
        redirect_uris: vec![URI.to_owned()],
        scopes: Scopes::parse("api web refresh_token").unwrap(),
        flows: [Flow::WebServer, Flow::Device].into(),
        secret_required: true,
        ..AppSettings::default()
    }
}

struct Office {
    desk: Desk,
    app: ConnectedApp,
    secret: String,
}

impl Office {
    async fn new(database: &crate::databases::TestDatabase, settings: &AppSettings) -> Self {
        let store = database.open().await;
        store.use_master_key(MasterKey::new(&[1; 32]));
        let desk = Desk::new(store).await;
        let made = desk
            .store
            .create_connected_app(&desk.admin, settings, 0)
            .await;
        let (app, secret) = made.unwrap();
        Self { desk, app, secret }
    }

    fn rep(&self) -> RecordId {
        self.desk.rep.user.clone().unwrap()
    }

    async fn code(&self, challenge: Option<&str>, now_ms: i64) -> String {
        let authorization = Authorization {
            redirect_uri: URI.to_owned(),
            scopes: Scopes::parse("api refresh_token").unwrap(),
            state: String::new(),
            challenge: challenge.map(ToOwned::to_owned),
            nonce: Some("n-1".to_owned()),
        };
        let (store, rep) = (&self.desk.store, self.rep());
        let code = store.issue_authorization_code(&self.app, &rep, &authorization, now_ms);
        code.await.unwrap()
    }

    async fn redeem(&self, code: &str, now_ms: i64) -> Result<Tokens, GrantError> {
        let proof = CodeProof {
            redirect_uri: URI,
            verifier: None,
        };
        self.desk
            .store
            .redeem_authorization_code(&self.app, code, proof, now_ms)
            .await
    }

    async fn tokens(&self, now_ms: i64) -> Tokens {
        let code = self.code(None, now_ms).await;
        self.redeem(&code, now_ms).await.unwrap()
    }

    async fn refresh(&self, tokens: &Tokens, now_ms: i64) -> Result<Tokens, GrantError> {
        let refresh_token = tokens.refresh_token.as_deref().unwrap();
        let all = Scopes::default();
        self.desk
            .store
            .refresh(&self.app, refresh_token, &all, now_ms)
            .await
    }

    async fn is_alive(&self, tokens: &Tokens, now_ms: i64) -> bool {
        let session = self
            .desk
            .store
            .api_session(&tokens.access_token, now_ms)
            .await
            .unwrap();
        session.is_some()
    }
}

fn device_scopes() -> Scopes {
    Scopes::parse("api").unwrap()
}

on_both_databases! {
    async fn a_code_is_swapped_once_and_a_second_time_ends_what_it_gave(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let code = office.code(None, 0).await;
        let tokens = office.redeem(&code, 1).await.unwrap();
        assert_eq!(tokens.nonce.as_deref(), Some("n-1"));
        assert_eq!(tokens.scopes.to_string(), "api refresh_token");
        let found = office.desk.store.api_session(&tokens.access_token, 2).await.unwrap();
        let session = found.unwrap();
        assert_eq!((session.user, session.app.as_str()), (office.rep(), "Loader"));
        let more = office.refresh(&tokens, 3).await.unwrap();
        assert!(matches!(office.redeem(&code, 4).await, Err(GrantError::Reused)));
        assert!(!office.is_alive(&tokens, 5).await && !office.is_alive(&more, 5).await);
        assert!(matches!(office.refresh(&tokens, 5).await, Err(GrantError::Unknown)));
    }

    async fn two_swaps_of_one_code_at_once_leave_nobody_with_a_token(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let code = office.code(None, 0).await;
        let (one, two) = tokio::join!(office.redeem(&code, 1), office.redeem(&code, 1));
        let [won, lost] = [&one, &two].map(|outcome| outcome.is_ok());
        assert!(won != lost, "{one:?} {two:?}");
        let tokens = one.or(two).unwrap();
        assert!(!office.is_alive(&tokens, 2).await);
    }

    async fn a_code_ends_after_ten_minutes(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let code = office.code(None, 0).await;
        let late = office.redeem(&code, 10 * MINUTE_MS).await;
        assert!(matches!(late, Err(GrantError::Expired)), "{late:?}");
        assert!(matches!(office.redeem("aPrxnothing", 1).await, Err(GrantError::Unknown)));
    }

    async fn a_code_tried_with_the_wrong_proof_is_spoilt(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let store = &office.desk.store;
        let good = CodeProof { redirect_uri: URI, verifier: Some(VERIFIER) };
        let wrong = [
            CodeProof { verifier: None, ..good },
            CodeProof { verifier: Some("wrong"), ..good },
            CodeProof { verifier: Some(CHALLENGE), ..good },
            CodeProof { redirect_uri: "https://app.example/cb/", ..good },
        ];
        for proof in wrong {
            let code = office.code(Some(CHALLENGE), 0).await;
            let tried = store.redeem_authorization_code(&office.app, &code, proof, 1).await;
            let is_refused =
                matches!(tried, Err(GrantError::WrongVerifier | GrantError::RedirectMismatch));
            assert!(is_refused, "{tried:?}");
            let again = store.redeem_authorization_code(&office.app, &code, good, 1).await;
            assert!(matches!(again, Err(GrantError::Unknown)), "{again:?}");
        }
        let code = office.code(Some(CHALLENGE), 0).await;
        store.redeem_authorization_code(&office.app, &code, good, 1).await.unwrap();
        let unbound = office.code(None, 0).await;
        let tried = store.redeem_authorization_code(&office.app, &unbound, good, 1).await;
        assert!(matches!(tried, Err(GrantError::WrongVerifier)), "{tried:?}");
    }

    async fn codes_and_tokens_of_another_app_are_unknown(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let store = &office.desk.store;
        let other = AppSettings { name: "Other".to_owned(), ..settings() };
        let (other, _) = store.create_connected_app(&office.desk.admin, &other, 0).await.unwrap();
        let code = office.code(None, 0).await;
        let proof = CodeProof { redirect_uri: URI, verifier: None };
        let tried = store.redeem_authorization_code(&other, &code, proof, 1).await;
        assert!(matches!(tried, Err(GrantError::Unknown)), "{tried:?}");
        let tokens = office.redeem(&code, 1).await.unwrap();
        let refresh_token = tokens.refresh_token.clone().unwrap();
        let tried = store.refresh(&other, &refresh_token, &Scopes::default(), 2).await;
        assert!(matches!(tried, Err(GrantError::Unknown)), "{tried:?}");
        assert!(office.is_alive(&tokens, 3).await);
    }

    async fn a_refresh_token_stays_unless_it_is_rotated(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let tokens = office.tokens(0).await;
        for at in 1..4 {
            let fresh = office.refresh(&tokens, at).await.unwrap();
            assert_eq!(fresh.refresh_token, None);
            assert!(office.is_alive(&fresh, at).await);
        }
        let more = Scopes::parse("web").unwrap();
        let refresh_token = tokens.refresh_token.clone().unwrap();
        let tried = office.desk.store.refresh(&office.app, &refresh_token, &more, 5).await;
        assert!(matches!(tried, Err(GrantError::Scope)), "{tried:?}");
    }

    async fn the_reuse_of_a_rotated_refresh_token_ends_its_family(database: TestDatabase) {
        let rotating = AppSettings { rotate_refresh_tokens: true, ..settings() };
        let office = Office::new(&database, &rotating).await;
        let first = office.tokens(0).await;
        let second = office.refresh(&first, 1).await.unwrap();
        let third = office.refresh(&second, 2).await.unwrap();
        assert_ne!(second.refresh_token, first.refresh_token);
        let reused = office.refresh(&first, 3).await;
        assert!(matches!(reused, Err(GrantError::Reused)), "{reused:?}");
        assert!(!office.is_alive(&third, 4).await);
        assert!(matches!(office.refresh(&third, 4).await, Err(GrantError::Unknown)));
    }

    async fn an_unused_refresh_token_ends_when_the_app_says_so(database: TestDatabase) {
        let short = AppSettings { refresh_token_days: Some(7), ..settings() };
        let office = Office::new(&database, &short).await;
        let tokens = office.tokens(0).await;
        office.refresh(&tokens, 6 * DAY_MS).await.unwrap();
        office.refresh(&tokens, 12 * DAY_MS).await.unwrap();
        let late = office.refresh(&tokens, 19 * DAY_MS).await;
        assert!(matches!(late, Err(GrantError::Expired)), "{late:?}");
    }

    async fn a_sixth_grant_of_a_user_to_an_app_ends_the_oldest(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let mut all = Vec::new();
        for at in 0..6 {
            all.push(office.tokens(at).await);
        }
        assert!(!office.is_alive(&all[0], 7).await);
        assert!(office.is_alive(&all[1], 7).await && office.is_alive(&all[5], 7).await);
    }

    async fn a_deactivated_user_gets_no_more_tokens(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let tokens = office.tokens(0).await;
        let code = office.code(None, 0).await;
        let desk = &office.desk;
        desk.update(&desk.admin, &office.rep(), &[("IsActive", "false")]).await.unwrap();
        assert!(matches!(office.refresh(&tokens, 1).await, Err(GrantError::Inactive)));
        assert!(matches!(office.redeem(&code, 1).await, Err(GrantError::Inactive)));
    }

    async fn revoking_a_refresh_token_ends_everything_that_came_from_it(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let store = &office.desk.store;
        let (kept, gone) = (office.tokens(0).await, office.tokens(1).await);
        let more = office.refresh(&gone, 2).await.unwrap();
        assert!(store.revoke_token(&more.access_token).await.unwrap());
        assert!(!office.is_alive(&more, 3).await && office.is_alive(&gone, 3).await);
        let refresh_token = gone.refresh_token.clone().unwrap();
        assert!(store.refresh_token_facts(&refresh_token).await.unwrap().is_some());
        assert!(store.revoke_token(&refresh_token).await.unwrap());
        assert!(store.refresh_token_facts(&refresh_token).await.unwrap().is_none());
        assert!(!office.is_alive(&gone, 4).await && office.is_alive(&kept, 4).await);
        assert!(!store.revoke_token(&refresh_token).await.unwrap());
    }

    async fn a_device_gets_its_token_when_the_person_has_allowed_it(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let store = &office.desk.store;
        let start = store.begin_device(&office.app, &device_scopes(), 0).await.unwrap();
        let poll = |at| store.poll_device(&office.app, &start.device_code, at);
        assert!(matches!(poll(5_000).await, Err(GrantError::Pending)));
        assert!(matches!(poll(6_000).await, Err(GrantError::TooOften)));
        assert!(matches!(poll(11_000).await, Err(GrantError::Pending)));
        let typed = format!("{}-{}", &start.user_code[..4], start.user_code[4..].to_lowercase());
        let question = store.device_question(&typed, 12_000).await.unwrap().unwrap();
        assert_eq!((&question.app, question.scopes.to_string()), (&office.app.id, "api".into()));
        assert!(store.answer_device(&question, &office.rep(), true, 13_000).await.unwrap());
        assert!(!store.answer_device(&question, &office.rep(), false, 13_000).await.unwrap());
        let tokens = poll(16_000).await.unwrap();
        assert_eq!((&tokens.user, &tokens.refresh_token), (&office.rep(), &None));
        assert!(office.is_alive(&tokens, 17_000).await);
        assert!(matches!(poll(30_000).await, Err(GrantError::Unknown)));
    }

    async fn a_device_is_told_no_and_when_it_is_too_late(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let store = &office.desk.store;
        let start = store.begin_device(&office.app, &device_scopes(), 0).await.unwrap();
        let question = store.device_question(&start.user_code, 1).await.unwrap().unwrap();
        store.answer_device(&question, &office.rep(), false, 2).await.unwrap();
        let poll = store.poll_device(&office.app, &start.device_code, 5_000).await;
        assert!(matches!(poll, Err(GrantError::Denied)), "{poll:?}");
        let late = store.begin_device(&office.app, &device_scopes(), 0).await.unwrap();
        assert!(store.device_question(&late.user_code, 10 * MINUTE_MS).await.unwrap().is_none());
        let poll = store.poll_device(&office.app, &late.device_code, 10 * MINUTE_MS).await;
        assert!(matches!(poll, Err(GrantError::Expired)), "{poll:?}");
    }

    async fn a_one_time_login_opens_the_console_once_within_a_minute(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let store = &office.desk.store;
        let password = store.issue_one_time_login(&office.rep(), 0).await.unwrap();
        let session = store.redeem_one_time_login(&password, 1).await.unwrap().unwrap();
        assert_eq!(session.user, office.rep());
        assert!(store.session(&session.token, 2).await.unwrap().is_some());
        assert!(store.redeem_one_time_login(&password, 2).await.unwrap().is_none());
        let late = store.issue_one_time_login(&office.rep(), 0).await.unwrap();
        assert!(store.redeem_one_time_login(&late, MINUTE_MS).await.unwrap().is_none());
    }

    async fn a_rotated_secret_is_good_until_its_end(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let store = &office.desk.store;
        let (app, admin) = (&office.app.id, &office.desk.admin);
        let fits = |secret: String, at| async move {
            store.app_secret_fits(app, &secret, at).await.unwrap()
        };
        let first = office.secret.clone();
        assert!(fits(first.clone(), 1).await);
        assert!(!fits(first.to_lowercase(), 1).await && !fits(String::new(), 1).await);
        let second = store.rotate_app_secret(admin, app, DAY_MS, 0).await.unwrap();
        assert!(fits(first.clone(), DAY_MS - 1).await && !fits(first, DAY_MS).await);
        assert_eq!(store.app_secrets(app, 1).await.unwrap().len(), 2);
        let third = store.rotate_app_secret(admin, app, 0, 5).await.unwrap();
        assert!(!fits(second, 5).await && fits(third, 5).await);
    }

    async fn no_secret_is_in_the_database_and_signatures_need_the_master_key(
        database: TestDatabase
    ) {
        let office = Office::new(&database, &settings()).await;
        let store = &office.desk.store;
        let tokens = office.tokens(0).await;
        let signature = store.sign_for_app(&office.app.id, "id1").await.unwrap();
        assert_eq!(signature, store.sign_for_app(&office.app.id, "id1").await.unwrap());
        assert_ne!(signature, store.sign_for_app(&office.app.id, "id2").await.unwrap());
        store.close().await;
        if let Some(path) = database.path() {
            let file = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
            let refresh_token = tokens.refresh_token.as_deref().unwrap();
            for secret in [&office.secret, refresh_token, &tokens.access_token[16..]] {
                assert!(!file.contains(secret));
            }
        }
        let app = office.app.id.clone();
        drop(office);
        let reopened = database.open().await;
        let without = reopened.sign_for_app(&app, "id1").await;
        assert!(matches!(without, Err(StoreError::Failed(_))), "{without:?}");
        reopened.use_master_key(MasterKey::new(&[2; 32]));
        let other = reopened.sign_for_app(&app, "id1").await.unwrap_err().to_string();
        assert!(other.contains("master.key"), "{other}");
    }

    async fn only_who_may_customize_changes_apps(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let (store, rep, id) = (&office.desk.store, &office.desk.rep, &office.app.id);
        let outcomes = [
            store.create_connected_app(rep, &settings(), 0).await.err(),
            store.update_connected_app(rep, id, &settings()).await.err(),
            store.delete_connected_app(rep, id).await.err(),
            store.rotate_app_secret(rep, id, 0, 0).await.err(),
            store.revoke_app_tokens(rep, id, None).await.err(),
        ];
        for outcome in outcomes {
            assert!(matches!(outcome, Some(AppError::NotAllowed)), "{outcome:?}");
        }
    }

    async fn apps_are_kept_listed_and_deleted_with_their_tokens(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let (store, admin) = (&office.desk.store, &office.desk.admin);
        let twice = store.create_connected_app(admin, &settings(), 0).await;
        assert!(matches!(&twice, Err(AppError::Problems(p)) if p[0].0 == "name"), "{twice:?}");
        let found = store.connected_app_of_client(&office.app.client_id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&office.app));
        let names: Vec<String> = store.connected_apps().await.unwrap().into_iter()
            .map(|app| app.settings.name).collect();
        assert_eq!(names, ["Loader", "Platform CLI"]);
        let tokens = office.tokens(5).await;
        office.refresh(&tokens, 6).await.unwrap();
        let uses = store.app_uses(&office.app.id, 7).await.unwrap();
        assert_eq!((uses.len(), uses[0].grants, uses[0].sessions), (1, 1, 2));
        assert_eq!((uses[0].user_name.as_str(), uses[0].last_used_ms), ("Rae Test", 6));
        assert_eq!(store.app_user_counts(7).await.unwrap()[&office.app.id], 1);
        let blocked = AppSettings { is_blocked: true, ..settings() };
        store.update_connected_app(admin, &office.app.id, &blocked).await.unwrap();
        assert!(!office.is_alive(&tokens, 8).await);
        store.delete_connected_app(admin, &office.app.id).await.unwrap();
        assert!(store.connected_app(&office.app.id).await.unwrap().is_none());
        let cli = store.connected_app_of_client("PlatformCLI").await.unwrap().unwrap();
        assert!(cli.settings.problems().is_empty() && cli.settings.needs_pkce());
        let kept = store.delete_connected_app(admin, &cli.id).await;
        assert!(matches!(kept, Err(AppError::BuiltIn)), "{kept:?}");
    }

    async fn revoking_one_user_leaves_the_others(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let store = &office.desk.store;
        let other = office.desk.other_rep.user.clone().unwrap();
        let scopes = Scopes::parse("api").unwrap();
        let theirs = store.issue_app_session(&office.app, &other, &scopes, 0).await.unwrap();
        let mine = office.tokens(0).await;
        let (admin, app) = (&office.desk.admin, &office.app.id);
        store.revoke_app_tokens(admin, app, Some(&office.rep())).await.unwrap();
        assert!(!office.is_alive(&mine, 1).await && office.is_alive(&theirs, 1).await);
        store.revoke_app_tokens(admin, app, None).await.unwrap();
        assert!(!office.is_alive(&theirs, 1).await);
    }

    async fn an_administrator_approves_by_profile(database: TestDatabase) {
        let approved = AppSettings {
            permitted_users: PermittedUsers::AdminApproved,
            profiles: ["Sales Rep".to_owned()].into(),
            ..settings()
        };
        let office = Office::new(&database, &approved).await;
        let store = &office.desk.store;
        let agent = office.desk.agent.user.clone().unwrap();
        assert!(store.is_approved_for(&office.app, &office.rep()).await.unwrap());
        assert!(!store.is_approved_for(&office.app, &agent).await.unwrap());
        let open = ConnectedApp { settings: settings(), ..office.app.clone() };
        assert!(!store.is_approved_for(&open, &office.rep()).await.unwrap());
    }

    async fn an_api_password_takes_the_security_token_behind_it(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let store = &office.desk.store;
        store.set_password(&office.rep(), "open sesame").await.unwrap();
        let check = |password: String| async move {
            store.check_api_password("rae@example.com", &password, 0).await
        };
        assert_eq!(check("open sesame".to_owned()).await.unwrap(), office.rep());
        let security_token = store.reset_security_token(&office.rep()).await.unwrap();
        let both = format!("open sesame{security_token}");
        assert_eq!(check(both.clone()).await.unwrap(), office.rep());
        assert_eq!(check("open sesame".to_owned()).await.unwrap(), office.rep());
        let mut policy = store.api_policy().await.unwrap();
        policy.security_token = SecurityTokenRule::Required;
        let rep = store.put_api_policy(&office.desk.rep, &policy).await;
        assert!(matches!(rep, Err(AppError::NotAllowed)), "{rep:?}");
        store.put_api_policy(&office.desk.admin, &policy).await.unwrap();
        let alone = check("open sesame".to_owned()).await;
        assert!(matches!(alone, Err(SignInError::Wrong)), "{alone:?}");
        assert_eq!(check(both.clone()).await.unwrap(), office.rep());
        store.reset_security_token(&office.rep()).await.unwrap();
        for _ in 0..5 {
            assert!(matches!(check(both.clone()).await, Err(SignInError::Wrong)));
        }
        let locked = check(both).await;
        assert!(matches!(locked, Err(SignInError::Locked { .. })), "{locked:?}");
    }

    async fn the_org_signs_with_a_key_of_its_own(database: TestDatabase) {
        let office = Office::new(&database, &settings()).await;
        let store = &office.desk.store;
        let jwt = store.sign_jwt(&serde_json::json!({"sub": "x"})).await.unwrap();
        assert_eq!(jwt.split('.').count(), 3);
        let keys = store.jwks().await.unwrap();
        let n = keys["keys"][0]["n"].as_str().unwrap();
        assert_eq!((n.len(), keys["keys"][0]["e"].as_str()), (342, Some("AQAB")));
        assert_eq!(store.jwks().await.unwrap(), keys);
    }
}
