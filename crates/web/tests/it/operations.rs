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
