//! List views as a rep meets them: an admin's, the rep's own, and the one that is pinned.

use axum::http::StatusCode;
use offhook_org::schema::{ListAudience, ListFilter, ListOperator, ListScope, ListView};
use offhook_org::{ObjectName, RecordId, UserContext};

use crate::house::{Answer, House};

const LIST: &str = "/lightning/o/Contact/list";
const LISTS: &str = "/lightning/o/Contact/lists";

fn rows(answer: &Answer) -> usize {
    answer.text.matches("<th scope=\"row\"").count()
}

async fn contacts(house: &House) {
    for (name, title) in [("Alder", "Nurse"), ("Birch", "Nurse"), ("Cedar", "Doctor")] {
        let fields = [("LastName", name), ("Title", title)];
        house.create_for(&house.rita, "Contact", &fields).await;
    }
}

/// The id of the list that an answer leads to.
fn list_id(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let (_, id) = answer.location().split_once("filterName=").unwrap();
    id.to_owned()
}

#[tokio::test]
async fn an_admins_list_view_is_chosen_and_shows_its_filters_and_columns() {
    let house = House::new().await;
    contacts(&house).await;
    let nurses = ListView {
        id: RecordId::from_serial("00B", 0),
        developer_name: "Nurses".to_owned(),
        label: "All Nurses".to_owned(),
        scope: ListScope::Everything,
        filters: vec![ListFilter {
            field: "Title".into(),
            operator: ListOperator::Equals,
            value: "Nurse".to_owned(),
        }],
        logic: None,
        columns: vec!["Title".into(), "Name".into()],
        sort: None,
        shown_to: ListAudience::Everyone,
    };
    let (system, contact) = (UserContext::system(), ObjectName::new("Contact"));
    let put = house.store.put_list_view(&system, &contact, nurses, true);
    let id = put.await.unwrap();
    let rita = house.sign_in("Rita").await;
    rita.get(LIST).await.says("All Nurses").says("Cedar");
    for name in [id.as_str(), "Nurses"] {
        let list = rita.get(&format!("{LIST}?filterName={name}")).await;
        list.says("2 items").says("Title equals Nurse");
        list.does_not_say("Cedar").does_not_say("Edit List");
        let head = list.text.split("<thead>").nth(1).unwrap();
        assert!(head.find("Name").unwrap() < head.find("Title").unwrap());
    }
    let turned = rita
        .get(&format!("{LIST}?filterName={id}&sort=Name&dir=desc&q=l"))
        .await;
    turned.says("aria-sort=\"descending\"").says("1 item");
}

#[tokio::test]
async fn a_rep_makes_changes_pins_and_deletes_a_list_of_their_own() {
    let house = House::new().await;
    contacts(&house).await;
    let rita = house.sign_in("Rita").await;
    rita.get(&format!("{LISTS}/new"))
        .await
        .says("Only you see this list.");
    let unnamed = rita
        .post_form(&format!("{LISTS}/new"), &[("label", "")])
        .await;
    assert_eq!(unnamed.status, StatusCode::UNPROCESSABLE_ENTITY);
    unnamed.says("Nothing was saved.");
    let form = [
        ("label", "Doctors <b>"),
        ("scope", "mine"),
        ("filter_field", "Title"),
        ("filter_operator", "equals"),
        ("filter_value", "Doctor"),
        ("filter_field", ""),
        ("filter_operator", "equals"),
        ("filter_value", ""),
        ("column", "Email"),
        ("column", ""),
        ("column", "Title"),
    ];
    let id = list_id(&rita.post_form(&format!("{LISTS}/new"), &form).await);
    let path = format!("{LIST}?filterName={id}");
    let list = rita.get(&path).await;
    list.says("Doctors &#60;b&#62;").says("Edit List");
    list.says("My contacts").says("Cedar").does_not_say("Alder");
    assert_eq!(rows(&list), 1);
    let edit = format!("{LISTS}/{id}/edit");
    rita.get(&edit).await.says("value=\"Doctor\"");
    let wrong = [
        ("label", "Doctors"),
        ("filter_field", "CreatedDate"),
        ("filter_operator", "equals"),
        ("filter_value", "some day"),
    ];
    let refused = rita.post_form(&edit, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("value=\"some day\"");
    let all = [("label", "Everybody"), ("scope", "everything")];
    list_id(&rita.post_form(&edit, &all).await);
    assert_eq!(rows(&rita.get(&path).await), 3);
    rita.post_form(&format!("{LISTS}/pin"), &[("list", &id)])
        .await;
    rita.get(LIST).await.says("Pinned").says("Delete List");
    let ray = house.sign_in("Ray").await;
    ray.get(LIST).await.does_not_say("Everybody");
    ray.get(&path)
        .await
        .says("All Contacts")
        .does_not_say("Everybody");
    assert_eq!(ray.get(&edit).await.status, StatusCode::NOT_FOUND);
    let delete = format!("{LISTS}/{id}/delete");
    assert_eq!(
        ray.post_form(&delete, &[]).await.status,
        StatusCode::NOT_FOUND
    );
    rita.get(&delete).await.says("Delete the list");
    rita.post_form(&delete, &[]).await;
    rita.get(LIST).await.does_not_say("Everybody").says("Alder");
}
