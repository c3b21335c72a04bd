//! What the published types of the partner API require of an answer, held against ours, property
//! by property (`exchanges/shapes.json`).

use serde_json::{Value as Json, json};

use crate::house::House;

const ROOT: &str = "/services/data/v64.0";

/// Types that only SOAP answers have: their required properties must be elements there.
const BY_SOAP: [&str; 10] = [
    "GetUserInfoResult",
    "LoginResult",
    "DescribeSoftphoneLayoutResult",
    "DescribeSoftphoneLayoutCallType",
    "DescribeSoftphoneScreenPopOption",
    "DescribeSoftphoneLayoutSection",
    "DescribeSoftphoneLayoutItem",
    "DescribeSoftphoneLayoutInfoField",
    "LeadConvertResult",
    "LimitInfo",
];

/// The types that REST answers were held against.
struct Shapes {
    all: Json,
    seen: std::collections::BTreeSet<String>,
}

impl Shapes {
    fn hold(&mut self, value: &Json, kind: &str, place: &str) {
        if let Some(of) = kind.strip_suffix("[]") {
            for (number, item) in value.as_array().expect(place).iter().enumerate() {
                self.hold(item, of, &format!("{place}[{number}]"));
            }
            return;
        }
        let fits = match kind {
            "any" => true,
            "boolean" => value.is_boolean(),
            "number" => value.is_number(),
            "string" | "StatusCode" => value.is_string(),
            "ID" => value.as_str().is_some_and(|id| id.len() == 18),
            "fieldType" | "soapType" => {
                let allowed = self.all["types"][kind].as_array().unwrap();
                allowed.contains(value)
            }
            named => {
                self.hold_object(value, named, place);
                true
            }
        };
        assert!(fits, "{place} is {value}, and should be a {kind}");
    }

    fn hold_object(&mut self, value: &Json, kind: &str, place: &str) {
        let shape = self.all["types"][kind].clone();
        self.seen.insert(kind.to_owned());
        for (name, of) in shape["required"].as_object().into_iter().flatten() {
            let place = format!("{place}.{name}");
            let found = value
                .get(name)
                .unwrap_or_else(|| panic!("{place} is missing"));
            // REST has a list with a flag for each layout.
            match name.as_str() {
                "recordTypeSelectorRequired" => assert!(found.is_array(), "{place}"),
                _ => self.hold(found, of.as_str().unwrap(), &place),
            }
        }
        for (name, of) in shape["optional"].as_object().into_iter().flatten() {
            if let Some(found) = value.get(name).filter(|found| !found.is_null()) {
                self.hold(found, of.as_str().unwrap(), &format!("{place}.{name}"));
            }
        }
    }
}

#[tokio::test]
async fn answers_have_what_the_published_types_require() {
    let house = House::new().await;
    let all: Json = serde_json::from_str(include_str!("../exchanges/shapes.json")).unwrap();
    let mut shapes = Shapes {
        seen: BY_SOAP.map(str::to_owned).into(),
        all,
    };
    let get = async |path: &str| house.ask(&format!("GET {ROOT}/{path}")).await.json();
    let global = get("sobjects").await;
    shapes.hold(&global, "DescribeGlobalResult", "sobjects");
    for object in global["sobjects"].as_array().unwrap() {
        let name = object["name"].as_str().unwrap();
        let described = get(&format!("sobjects/{name}/describe")).await;
        shapes.hold(&described, "DescribeSObjectResult", name);
    }
    let layouts = get("sobjects/Contact/describe/layouts").await;
    shapes.hold(&layouts, "DescribeLayoutResult", "layouts");
    shapes.hold(&get("tabs").await, "DescribeTab[]", "tabs");
    let post = format!("POST {ROOT}/sobjects/Account");
    let made = house.tell(&post, &json!({"Name": "A"})).await.json();
    shapes.hold(&made, "SaveResult", "create");
    let task = format!("PATCH {ROOT}/sobjects/Task/Offhook_Call_Key__c/k:1");
    let made = house.tell(&task, &json!({"Subject": "Call"})).await.json();
    shapes.hold(&made, "UpsertResult", "upsert");
    let id = made["id"].as_str().unwrap();
    let delete = format!("DELETE {ROOT}/composite/sobjects?ids={id},{id}");
    let deleted = house.ask(&delete).await.json();
    shapes.hold(&deleted, "DeleteResult[]", "delete");
    assert_eq!(deleted[1]["success"], false, "an Error was among them");
    let known = shapes.all["types"].as_object().unwrap().keys();
    let unseen: Vec<&String> = known
        .filter(|name| !["fieldType", "soapType"].contains(&name.as_str()))
        .filter(|name| !shapes.seen.contains(*name))
        .collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}

#[tokio::test]
async fn soap_answers_have_the_elements_that_are_required() {
    let house = House::new().await;
    let shapes: Json = serde_json::from_str(include_str!("../exchanges/shapes.json")).unwrap();
    let lead = house
        .create("Lead", &[("LastName", "L"), ("Company", "C")])
        .await;
    let convert = format!(
        "<convertLead><leadConverts><leadId>{lead}</leadId><convertedStatus>Closed - Converted\
         </convertedStatus></leadConverts></convertLead>"
    );
    for (operation, kinds) in [
        ("<getUserInfo/>", &["GetUserInfoResult"][..]),
        (
            "<describeSoftphoneLayout/>",
            &[
                "DescribeSoftphoneLayoutResult",
                "DescribeSoftphoneLayoutCallType",
                "DescribeSoftphoneScreenPopOption",
                "DescribeSoftphoneLayoutSection",
                "DescribeSoftphoneLayoutItem",
                "DescribeSoftphoneLayoutInfoField",
            ],
        ),
        (convert.as_str(), &["LeadConvertResult", "LimitInfo"]),
    ] {
        let envelope = format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header>\
             <SessionHeader><sessionId>{}</sessionId></SessionHeader></e:Header>\
             <e:Body>{operation}</e:Body></e:Envelope>",
            house.token
        );
        let answer = house
            .send("POST /services/Soap/u/64.0", &[], envelope)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        for kind in kinds {
            for name in shapes["types"][*kind]["required"]
                .as_object()
                .unwrap()
                .keys()
            {
                // A conversion that went well has no errors.
                if *kind == "LeadConvertResult" && name == "errors" {
                    continue;
                }
                let is_there = answer.text.contains(&format!("<{name}>"))
                    || answer.text.contains(&format!("<{name} "));
                assert!(is_there, "{kind}.{name} is missing: {}", answer.text);
            }
        }
    }
}
