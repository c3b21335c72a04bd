//! What softphones for Classic get of the server: their libraries, their frame's address, and the
//! answers that Lightning does not ask for.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use offhook_org::UserContext;
use offhook_org::cti::CallCenter;
use serde_json::{Value as Json, json};

use crate::house::{Browser, House, center};

const ADAPTER: &str = "https://phone.example/adapter";

/// A call center of this compatibility mode; without the item for an empty one.
fn of_mode(mode: &str) -> CallCenter {
    let mut center = center("ClassicPhone", "Classic Phone", ADAPTER);
    let items = &mut center.sections[0].items;
    items.retain(|item| item.name != "reqSalesforceCompatibilityMode" || !mode.is_empty());
    for item in items {
        if item.name == "reqSalesforceCompatibilityMode" {
            mode.clone_into(&mut item.value);
        }
    }
    center
}

/// Sam, in a call center of this mode.
async fn sam_with<'a>(house: &'a House, mode: &str) -> Browser<'a> {
    let system = UserContext::system();
    let made = house
        .store
        .import_call_center(&system, &of_mode(mode))
        .await;
    let center = made.unwrap();
    let added = house
        .store
        .add_call_center_user(&system, &center, &house.sam);
    added.await.unwrap();
    house.sign_in("Sam").await
}

#[tokio::test]
async fn the_compatibility_mode_decides_which_parameters_an_adapter_gets() {
    for (mode, layout, lightning, classic) in [
        ("", "classic", false, true),
        ("Classic", "classic", false, true),
        ("Lightning", "lightning", true, false),
        ("Classic_and_Lightning", "lightning", true, true),
    ] {
        let house = House::new().await;
        let frame = sam_with(&house, mode).await.frame().await;
        let url = frame["url"].as_str().unwrap();
        assert_eq!(frame["layout"], layout, "{mode}");
        assert_eq!(url.contains("mode=Lightning"), lightning, "{url}");
        assert_eq!(url.contains("sfdcIframeOrigin="), lightning, "{url}");
        assert_eq!(url.contains("sfdcIFrameOrigin="), classic, "{url}");
        assert_eq!(url.contains("isdtp=nv"), !lightning, "{url}");
        assert!(url.contains("&nonce="), "{url}");
        assert_eq!(frame["problem"], Json::Null);
    }
}

#[tokio::test]
async fn the_classic_libraries_are_there_on_both_origins_for_any_page() {
    let house = House::new().await;
    for (path, status) in [
        ("/support/api/25.0/interaction.js", StatusCode::OK),
        ("//support/api/66.0/interaction.js", StatusCode::OK),
        ("/support/console/20.0/integration.js", StatusCode::OK),
        ("//support/console/99.0/integration.js", StatusCode::OK),
        ("/support/api/24.0/interaction.js", StatusCode::NOT_FOUND),
        (
            "/support/console/19.0/integration.js",
            StatusCode::NOT_FOUND,
        ),
    ] {
        let request = || Request::get(path).body(Body::empty()).unwrap();
        for library in [
            house.ask_pages(request()).await,
            house.ask_console(request()).await,
        ] {
            let unbuilt = status == StatusCode::OK && library.status == StatusCode::NOT_FOUND;
            if unbuilt {
                library.says("built UI"); // the program is tested without its front end
            } else {
                assert_eq!(library.status, status, "{path}");
            }
            if status == StatusCode::OK {
                let open = &library.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN];
                assert_eq!(open, "*", "{path}");
            }
        }
    }
}

#[tokio::test]
async fn objects_come_with_their_words_as_far_as_the_user_may_read_them() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let answer = rita.call("classic.objects", json!({})).await;
    let objects = &answer["reply"]["returnValue"];
    assert_eq!(
        objects["Contact"],
        json!({"label": "Contact", "prefix": "003"})
    );
}

#[tokio::test]
async fn the_directory_has_the_numbers_of_the_own_call_center_and_those_of_all() {
    let house = House::new().await;
    let center = house.call_center.to_string();
    for (name, of) in [("Warehouse", Some(center.as_str())), ("Front desk", None)] {
        let mut fields = vec![("Name", name), ("Phone", "+15035550100")];
        fields.extend(of.map(|center| ("CallCenterId", center)));
        house.create("AdditionalNumber", &fields).await;
    }
    let rita = house.sign_in("Rita").await;
    let ask = async |args: Json| {
        let answer = rita.call("classic.getDirectoryNumbers", args).await;
        answer["reply"].clone()
    };
    let names = |reply: &Json| {
        let numbers = reply["returnValue"]["directoryNumbers"].as_array().unwrap();
        let names = numbers.iter().map(|number| number["name"].clone());
        names.collect::<Vec<_>>()
    };
    let all = ask(json!({"isGlobal": false})).await;
    assert_eq!(names(&all), ["Front desk", "Warehouse"]);
    assert_eq!(all["returnValue"]["hasNext"], false);
    let first = ask(json!({"isGlobal": true, "resultSetPageSize": "1"})).await;
    assert_eq!(names(&first), ["Front desk"]);
    assert_eq!(first["returnValue"]["hasNext"], true);
    let second = ask(json!({"resultSetPage": "1", "resultSetPageSize": "1"})).await;
    assert_eq!(names(&second), ["Warehouse"]);
    let named = ask(json!({"callCenterName": "O'Hara"})).await;
    assert_eq!(names(&named), [""; 0]);
    let wrong = ask(json!({"resultSetPage": "x"})).await;
    assert_eq!(wrong["errors"][0]["code"], "INVALID_PARAM");
}

#[tokio::test]
async fn changes_are_told_once_they_are_newer_and_the_user_may_read_the_object() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let task = house.create("Task", &[("Subject", "Call back")]).await;
    let args = json!({"objects": ["Task"], "since": 0});
    let answer = rita.call("classic.getChanges", args).await;
    let value = &answer["reply"]["returnValue"];
    let change = &value["changes"][0];
    assert_eq!(change["id"], task.to_string());
    assert_eq!(
        (&change["entityType"], &change["Type"]),
        (&json!("Task"), &json!("create"))
    );
    let later = json!({"objects": ["Task"], "since": change["modified"]});
    let answer = rita.call("classic.getChanges", later).await;
    assert_eq!(answer["reply"]["returnValue"]["changes"], json!([]));
    let unknown = json!({"objects": ["Nothing"]});
    let answer = rita.call("classic.getChanges", unknown).await;
    assert_eq!(answer["reply"]["errors"][0]["code"], "INVALID_PARAM");
}

#[tokio::test]
async fn a_tab_shows_pages_of_the_adapters_origin_and_ours_and_a_link_to_others() {
    let house = House::new().await;
    let sam = sam_with(&house, "Classic").await;
    let open = async |url: &str| sam.get(&format!("/lightning/web?url={url}")).await;
    let own = open("https%3A%2F%2Fphone.example%2Fboard%3Fa%3D1").await;
    own.says("<iframe")
        .says("https://phone.example/board?a=1&#38;isdtp=nv");
    open("%2Fapex%2FBoard")
        .await
        .says("<iframe")
        .says("/apex/Board?isdtp=nv");
    let other = open("https%3A%2F%2Fother.example%2F").await;
    other.does_not_say("<iframe").says("https://other.example/");
    for hostile in ["javascript%3Aalert(1)", "%2F%2Fevil.example%2F", ""] {
        open(hostile)
            .await
            .does_not_say("<iframe")
            .says("no page at this address");
    }
}

#[tokio::test]
async fn nobody_outside_of_a_call_center_is_answered() {
    let house = House::new().await;
    let sam = house.sign_in("Sam").await;
    for method in [
        "classic.objects",
        "classic.getDirectoryNumbers",
        "classic.getChanges",
    ] {
        let answer = sam.call(method, json!({"objects": ["Task"]})).await;
        let code = &answer["reply"]["errors"][0]["code"];
        assert_eq!(code, "SOFTPHONE_CONTAINER_ERROR", "{method}");
    }
}
