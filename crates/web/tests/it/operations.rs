//! The pages of operation: the recycle bin, API usage, Change Data Capture, backups.

use axum::http::StatusCode;
use offhook_org::UserContext;

use crate::house::House;

#[tokio::test]
async fn pages_of_operation_open_for_an_admin_and_for_nobody_else() {
    let house = House::new().await;
    let (ada, rita) = (house.sign_in("Ada").await, house.sign_in("Rita").await);
    for page in [
        "api-usage",
        "api-usage?days=7",
        "change-data-capture",
        "backups",
        "certificate",
        "storage",
    ] {
        let path = format!("/lightning/setup/{page}");
        assert_eq!(ada.get(&path).await.status, StatusCode::OK, "{path}");
        assert_eq!(
            rita.get(&path).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    let refused = rita
        .post_form("/lightning/setup/api-usage", &[("limit", "5")])
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_limit_of_api_calls_is_set_and_its_use_is_told() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let path = "/lightning/setup/api-usage";
    for bad in ["", "0", "-1", "many", "99999999999999999999"] {
        let refused = ada.post_form(path, &[("limit", bad)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(refused.text.contains("a whole number between 1 and"));
    }
    ada.post_form(path, &[("limit", "1,000")]).await;
    assert_eq!(house.store.api_limits().daily_requests_max, 1_000);
    assert!(
        ada.get(path)
            .await
            .text
            .contains("0 of 1,000 calls in 24 hours")
    );
    let user = house.rita.clone();
    let now_ms = jiff::Timestamp::now().as_millisecond();
    for _ in 0..950 {
        house.store.count_api_call(&user, "<loader>", now_ms);
    }
    let page = ada.get(path).await.text;
    assert!(
        page.contains("950 of 1,000 calls in 24 hours (95 %)"),
        "{page}"
    );
    assert!(
        page.contains("&#60;loader&#62;"),
        "names of apps are escaped"
    );
    let home = ada.get("/lightning/setup/home").await.text;
    assert!(home.contains("More than 90 % of the API calls"));
}

#[tokio::test]
async fn storage_is_told_by_object_file_and_user_and_warned_of() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let path = "/lightning/setup/storage";
    let mut files = offhook_store::files::FilesSettings::new(house.folder().join("files"));
    files.total_bytes_max = 1_000;
    house.store.use_files(files).unwrap();
    let page = ada.get(path).await;
    page.says("No file yet").says("of 100 GB").says("(0 %)");
    let account = house
        .create_for(&house.rita, "Account", &[("Name", "Acme")])
        .await;
    let rita = house.sign_in("Rita").await;
    let upload = format!("/lightning/r/Account/{account}/files");
    let (name, content) = ("file", [b'x'; 750]);
    let sent = rita.post_file(&upload, name, &content).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let page = ada.get(path).await;
    page.says("750 bytes of 1000 bytes").says("(75 %)");
    page.says("oh-setup__card_warning").says("More than 70 %");
    page.says("Rita Tester").says("phone").says("Accounts");
    page.says("XML").does_not_say("No file yet");
    let more = rita.post_file(&upload, name, &content[..200]).await;
    assert_eq!(more.status, StatusCode::SEE_OTHER);
    let page = ada.get(path).await;
    page.says("(95 %)")
        .says("oh-setup__card_error")
        .says("More than 90 %");
}

#[tokio::test]
async fn objects_publish_their_changes_when_they_are_chosen() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let path = "/lightning/setup/change-data-capture";
    let page = ada.get(path).await.text;
    assert!(page.contains("/data/ContactChangeEvent"));
    ada.post_form(path, &[("object", "Contact"), ("object", "Nonsense")])
        .await;
    let publishing = house.store.publishing();
    assert_eq!(publishing.names().collect::<Vec<_>>(), ["Contact"]);
    let page = ada.get(path).await.text;
    assert!(page.contains(r#"value="Contact" checked"#));
    assert!(!page.contains(r#"value="Task" checked"#));
}

#[tokio::test]
async fn a_deleted_record_is_taken_back_from_the_bin_or_is_gone_for_good() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let path = "/lightning/recycle-bin";
    assert!(ada.get(path).await.text.contains("Nothing is in the bin."));
    let first = house.create("Account", &[("Name", "Kept <Ltd>")]).await;
    let second = house.create("Account", &[("Name", "Gone Ltd")]).await;
    for id in [&first, &second] {
        house
            .store
            .delete(&UserContext::system(), id)
            .await
            .unwrap();
    }
    let page = ada.get(path).await.text;
    assert!(
        page.contains("Kept &#60;Ltd&#62;") && page.contains("Gone Ltd"),
        "{page}"
    );
    ada.post_form(&format!("/lightning/r/Account/{first}/restore"), &[])
        .await;
    let ask = ada.get(&format!("{path}/empty")).await.text;
    assert!(ask.contains("<strong>1 record</strong>"), "{ask}");
    ada.post_form(&format!("{path}/empty"), &[]).await;
    assert!(ada.get(path).await.text.contains("Nothing is in the bin."));
    let restored = house
        .store
        .record(&UserContext::system(), &first)
        .await
        .unwrap();
    assert!(restored.is_some());
    let gone = house.store.restore(&UserContext::system(), &second).await;
    assert!(gone.is_err());
}

#[tokio::test]
async fn the_certificate_and_why_there_is_none_are_told_and_it_is_tried_again() {
    use offhook_web::tls::{AcmeFacts, ShownCertificate, TlsFacts, TlsSource};
    let house = House::new().await;
    let (ada, rita) = (house.sign_in("Ada").await, house.sign_in("Rita").await);
    let path = "/lightning/setup/certificate";
    ada.get(path).await.says("https is off");
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let day_ms = 24 * 60 * 60 * 1_000;
    let mut facts = TlsFacts {
        source: TlsSource::Acme,
        certificate: Some(ShownCertificate {
            names: vec!["crm.test".to_owned(), "pages.test".to_owned()],
            issuer: "CN=An authority".to_owned(),
            not_before_ms: now_ms - 30 * day_ms,
            not_after_ms: now_ms + 60 * day_ms + 5_000,
            stands_in: false,
        }),
        acme: Some(AcmeFacts {
            directory: "https://ca.test/directory".to_owned(),
            domains: vec!["crm.test".to_owned(), "pages.test".to_owned()],
            challenge: "tls-alpn-01".to_owned(),
            renew_at_ms: Some(now_ms + 30 * day_ms),
            next_try_ms: None,
            failures: 0,
            trouble: None,
        }),
    };
    house.tls.tell(facts.clone());
    let page = ada.get(path).await;
    page.says("crm.test, pages.test").says("CN=An authority");
    page.says("60 days left").says("https://ca.test/directory");
    assert!(!page.text.contains("Try Again"), "{}", page.text);
    let acme = facts.acme.as_mut().unwrap();
    acme.trouble = Some((now_ms, "CAA records forbid <it>".to_owned()));
    acme.next_try_ms = Some(now_ms + 120_000);
    acme.failures = 1;
    facts.certificate.as_mut().unwrap().stands_in = true;
    house.tls.tell(facts);
    let page = ada.get(path).await;
    page.says("CAA records forbid &#60;it&#62;")
        .says("1 failed try");
    page.says("our own certificate stands in")
        .says("Try Again Now");
    let again = format!("{path}/again");
    assert_eq!(
        rita.post_form(&again, &[]).await.status,
        StatusCode::FORBIDDEN
    );
    let asked = ada.post_form(&again, &[]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let woken = tokio::time::timeout(
        std::time::Duration::from_secs(10),
        house.tls.tried_by_hand(),
    );
    woken.await.expect("whoever looks after it is woken");
}

#[tokio::test]
async fn an_authority_gets_its_answer_without_a_session_and_strangers_get_none() {
    let house = House::new().await;
    house.tls.answer("token", "token.thumbprint");
    let path = "/.well-known/acme-challenge/token";
    let ask = || axum::http::Request::get(path).body(axum::body::Body::empty());
    let answer = house.ask_console(ask().unwrap()).await;
    assert_eq!(answer.text, "token.thumbprint");
    let answer = house.ask_pages(ask().unwrap()).await;
    assert_eq!(answer.text, "token.thumbprint");
    house.tls.forget_answers();
    let gone = house.ask_console(ask().unwrap()).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}
