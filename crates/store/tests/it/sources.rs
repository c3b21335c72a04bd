//! Scripts and pages with their versions, the log of runs, static resources, tickets of pages.

use offhook_store::sources::{
    NewResource, ScriptRun, SourceDraft, SourceError, SourceKind, SourceSettings, VERSIONS_MAX,
};

use crate::databases::on_both_databases;
use crate::desk::Desk;

fn draft(name: &str, body: &str) -> SourceDraft {
    SourceDraft {
        name: name.to_owned(),
        body: body.to_owned(),
        note: "why".to_owned(),
        settings: SourceSettings {
            description: "what".to_owned(),
            profiles: vec!["Sales Rep".to_owned()],
        },
    }
}

fn a_run(class: &str, outcome: &str) -> ScriptRun {
    ScriptRun {
        id: 0,
        at_ms: 1,
        user: None,
        user_name: "Rae Test".to_owned(),
        class: class.to_owned(),
        method: "go".to_owned(),
        door: "runApex".to_owned(),
        outcome: outcome.to_owned(),
        message: String::new(),
        took_us: 5,
        waited_us: 1,
        queries: 2,
        rows: 3,
        writes: 4,
        memory_bytes: 5,
        params: None,
        result: None,
    }
}

on_both_databases! {
    async fn every_save_of_a_source_is_a_version_and_names_are_unique(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin, class) = (&desk.store, &desk.admin, SourceKind::Class);
        let id = store.create_source(admin, class, &draft("Phones.Search", "one")).await.unwrap();
        let twice = store.create_source(admin, class, &draft("phones.search", "x")).await;
        assert!(matches!(twice, Err(SourceError::Exists(_))), "{twice:?}");
        store.create_source(admin, SourceKind::Page, &draft("Search", "page")).await.unwrap();
        let second = store.save_source(admin, class, id, 1, &draft("Phones.Search", "two")).await;
        assert_eq!(second.unwrap(), 2);
        let stale = store.save_source(admin, class, id, 1, &draft("Phones.Search", "mine")).await;
        assert!(matches!(stale, Err(SourceError::Changed { by }) if by == admin.user_name));
        let found = store.source_named(class, "PHONES__SEARCH").await.unwrap().unwrap();
        assert_eq!((found.id, found.version, found.body.as_str()), (id, 2, "two"));
        assert!(found.settings.is_open_to("sales rep") && !found.settings.is_open_to("Other"));
        let first = store.source_version(id, 1).await.unwrap().unwrap();
        assert_eq!((first.body.as_str(), first.note.as_str()), ("one", "why"));
        let other = store.create_source(admin, class, &draft("Other", "x")).await.unwrap();
        let renamed = store.save_source(admin, class, other, 1, &draft("Phones.Search", "x")).await;
        assert!(matches!(renamed, Err(SourceError::Exists(_))), "{renamed:?}");
        store.delete_source(admin, class, id).await.unwrap();
        assert!(store.source(class, id).await.unwrap().is_none());
        assert!(store.source_versions(id).await.unwrap().is_empty());
        assert_eq!(store.sources(class).await.unwrap().len(), 1);
    }

    async fn of_two_who_save_at_once_one_wins_and_old_versions_go(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin, page) = (&desk.store, &desk.admin, SourceKind::Page);
        let id = store.create_source(admin, page, &draft("P", "0")).await.unwrap();
        let save = |body: &'static str| {
            let (store, admin) = (store.clone(), admin.clone());
            tokio::spawn(async move {
                store.save_source(&admin, page, id, 1, &draft("P", body)).await
            })
        };
        let (a, b) = (save("a"), save("b"));
        let outcomes = [a.await.unwrap(), b.await.unwrap()];
        assert_eq!(outcomes.iter().filter(|saved| saved.is_ok()).count(), 1, "{outcomes:?}");
        for known in 2..i64::from(VERSIONS_MAX) + 2 {
            store.save_source(admin, page, id, known, &draft("P", "n")).await.unwrap();
        }
        let versions = store.source_versions(id).await.unwrap();
        assert_eq!(versions.len(), VERSIONS_MAX as usize);
        assert!(store.source_version(id, 2).await.unwrap().is_none());
    }

    async fn only_authors_write_and_names_and_sizes_are_checked(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin, class) = (&desk.store, &desk.admin, SourceKind::Class);
        let by_rep = store.create_source(&desk.rep, class, &draft("Mine", "x")).await;
        assert!(matches!(by_rep, Err(SourceError::NotAllowed)));
        let named = store.create_source(admin, class, &draft("no name", "x")).await;
        assert!(matches!(named, Err(SourceError::BadName)));
        let long = draft("Long", &"x".repeat(300 * 1024));
        let long = store.create_source(admin, class, &long).await;
        assert!(matches!(long, Err(SourceError::TooLarge(_))));
        let capture = store.capture_script_runs(&desk.rep, true).await;
        assert!(matches!(capture, Err(SourceError::NotAllowed)));
        store.capture_script_runs(admin, true).await.unwrap();
        assert!(store.script_capture_until().await.unwrap() > 0);
        store.capture_script_runs(admin, false).await.unwrap();
        assert_eq!(store.script_capture_until().await.unwrap(), 0);
    }

    async fn runs_are_listed_newest_first_by_class_and_outcome(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let store = &desk.store;
        for (class, outcome) in [("A.B", "ok"), ("C", "exception"), ("a__b", "limit: time")] {
            store.put_script_run(&a_run(class, outcome)).await.unwrap();
        }
        let outcomes = async |class, failed, before| {
            let runs = store.script_runs(class, failed, before, 10).await.unwrap();
            runs.into_iter().map(|run| run.outcome).collect::<Vec<_>>()
        };
        let all = outcomes(None, false, i64::MAX).await;
        assert_eq!(all, ["limit: time", "exception", "ok"]);
        assert_eq!(outcomes(Some("a.B"), false, i64::MAX).await, ["limit: time", "ok"]);
        assert_eq!(outcomes(Some("A__b"), true, i64::MAX).await, ["limit: time"]);
        let newest = store.script_runs(None, false, i64::MAX, 1).await.unwrap()[0].id;
        assert_eq!(outcomes(None, false, newest).await, ["exception", "ok"]);
    }

    async fn a_static_resource_gets_another_address_with_each_content(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin) = (&desk.store, &desk.admin);
        let new = |content: &[u8]| NewResource {
            name: "Lib".to_owned(),
            media_type: "text/javascript".to_owned(),
            description: String::new(),
            content: content.to_vec(),
        };
        store.put_resource(admin, &new(&[0, 255, 10])).await.unwrap();
        let first = store.resources().await.unwrap()[0].key.clone();
        let file = store.resource_file(&first).await.unwrap().unwrap();
        assert_eq!(file.content, [0, 255, 10]);
        store.put_resource(admin, &new(b"two")).await.unwrap();
        assert!(store.resource_file(&first).await.unwrap().is_none());
        let all = store.resources().await.unwrap();
        assert_eq!((all.len(), all[0].size), (1, 3));
        let large = store.put_resource(admin, &new(&vec![0; 6 << 20])).await;
        assert!(matches!(large, Err(SourceError::TooLarge(_))));
        let by_rep = store.delete_resource(&desk.rep, "Lib").await;
        assert!(matches!(by_rep, Err(SourceError::NotAllowed)));
        store.delete_resource(admin, "LIB").await.unwrap();
        assert!(store.resources().await.unwrap().is_empty());
    }
}
