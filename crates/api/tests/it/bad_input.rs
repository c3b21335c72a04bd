//! What nobody should send: an answer in the platform's form, never a failure of ours.

use serde_json::json;

use crate::house::House;

const ROOT: &str = "/services/data/v64.0";

/// Names that mean something to SQL, SOQL, HTML or a file system.
const HOSTILE: [&str; 9] = [
    "'; DROP TABLE org_account; --",
    "Name FROM User WHERE Name != '' --",
    "Id) FROM Account (SELECT Id",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "%00",
    "\u{1F600}",
    "a\nb",
    "@{x.y}",
];

fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[tokio::test]
async fn hostile_names_are_names_that_nothing_has() {
    let house = House::new().await;
    let id = house.create("Account", &[("Name", "Acme")]).await;
    for name in HOSTILE {
        let name = encoded(name);
        for path in [
            format!("sobjects/{name}"),
            format!("sobjects/{name}/describe"),
            format!("sobjects/Account/{name}"),
            format!("sobjects/Account/{name}/x"),
            format!("sobjects/Account/{id}/{name}"),
            format!("sobjects/Account/{id}?fields={name}"),
            format!("sobjects/Account/Name/{name}"),
            format!("sobjects/Account/listviews/{name}"),
            format!("sobjects/Account/describe/layouts/{name}"),
            format!("sobjects/Account/updated?start={name}&end={name}"),
            format!("composite/sobjects/Account?ids={name}&fields=Id"),
            format!("composite/sobjects/Account?ids={id}&fields={name}"),
            format!("query/{name}"),
            format!("query?q={name}"),
            format!("search?q={name}"),
            format!("parameterizedSearch?q=xx&sobject={name}"),
            format!("parameterizedSearch?q=xx&sobject=Account&Account.fields={name}"),
            format!("quickActions/{name}"),
            name.clone(),
        ] {
            let answer = house.ask(&format!("GET {ROOT}/{path}")).await;
            let status = answer.status.as_u16();
            assert!(
                status < 500 && status != 401,
                "{path}: {status} {}",
                answer.text
            );
            answer.json();
        }
    }
    let query = format!("GET {ROOT}/query?q=SELECT+count()+FROM+Account");
    assert_eq!(house.ask(&query).await.json()["totalSize"], 1);
}

#[tokio::test]
async fn broken_json_is_refused_with_its_position() {
    let house = House::new().await;
    for body in [
        "",
        "{",
        "{\"Name\": ",
        "nonsense",
        "{\"Name\": \"x\"",
        "[1,",
        "\u{feff}{}",
        "{} x",
    ] {
        for path in [
            "sobjects/Account",
            "composite",
            "composite/sobjects",
            "composite/batch",
        ] {
            let answer = house
                .send(&format!("POST {ROOT}/{path}"), &[], body.to_owned())
                .await;
            assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text);
            assert_eq!(answer.json()[0]["errorCode"], "JSON_PARSER_ERROR");
        }
    }
    let answer = house
        .send(
            &format!("POST {ROOT}/sobjects/Account"),
            &[],
            "{\"Name\": \n x}",
        )
        .await;
    let message = answer.json()[0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("[line:2, column:2]"), "{message}");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let answer = house
        .send(&format!("POST {ROOT}/composite"), &[], deep)
        .await;
    assert_eq!(answer.status, 400);
    let invalid = [b'{', b'"', 0xff, b'"', b':', b'1', b'}'];
    let answer = house
        .send(
            &format!("POST {ROOT}/sobjects/Account"),
            &[],
            invalid.to_vec(),
        )
        .await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn bodies_of_other_kinds_are_refused_and_reads_do_not_mind_them() {
    let house = House::new().await;
    let xml = [("content-type", "text/xml")];
    for (kind, path) in [
        ("text/plain", "sobjects/Account"),
        ("text/xml", "composite"),
        ("application/xml", "composite/sobjects"),
    ] {
        let request = format!("POST {ROOT}/{path}");
        let answer = house
            .send(&request, &[("content-type", kind)], "<a/>")
            .await;
        assert_eq!(answer.status, 415, "{kind} {path}");
        assert_eq!(answer.json()[0]["errorCode"], "UNSUPPORTED_MEDIA_TYPE");
    }
    let answer = house.send(&format!("GET {ROOT}/limits"), &xml, "").await;
    assert_eq!(answer.status, 200);
    let gzip = [
        ("content-encoding", "gzip"),
        ("content-type", "application/json"),
    ];
    let answer = house
        .send(&format!("POST {ROOT}/sobjects/Account"), &gzip, "no gzip")
        .await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn a_body_without_end_is_not_read_to_the_end() {
    let house = House::new().await;
    let large = vec![b' '; 33 * 1024 * 1024];
    let answer = house
        .send(&format!("POST {ROOT}/sobjects/Account"), &[], large)
        .await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()[0]["errorCode"], "EXCEEDED_MAX_SIZE_REQUEST");
}

#[tokio::test]
async fn a_long_line_is_read_as_it_is() {
    let house = House::new().await;
    let names: Vec<String> = (0..3_700).map(|n| format!("'name{n}'")).collect();
    let soql = format!("SELECT Id FROM Account WHERE Name IN ({})", names.join(","));
    let line = format!("GET {ROOT}/query?q={}", encoded(&soql));
    assert!((58_000..65_000).contains(&line.len()), "{}", line.len());
    let answer = house.ask(&line).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn methods_that_a_resource_has_not_are_not_allowed() {
    let house = House::new().await;
    for request in [
        "PUT sobjects/Account",
        "DELETE sobjects",
        "POST query?q=SELECT+Id+FROM+Task",
        "PATCH limits",
        "GET composite/batch",
        "PUT composite/sobjects",
        "DELETE parameterizedSearch",
        "POST sobjects/Account/describe",
    ] {
        let (method, path) = request.split_once(' ').unwrap();
        let answer = house.ask(&format!("{method} {ROOT}/{path}")).await;
        assert_eq!(answer.status, 405, "{request}: {}", answer.text);
        let allowed = answer.header("allow");
        assert!(
            !allowed.is_empty() && !allowed.contains(method),
            "{request}: {allowed}"
        );
        assert_eq!(answer.json()[0]["errorCode"], "METHOD_NOT_ALLOWED");
    }
}

#[tokio::test]
async fn numbers_and_texts_of_any_size_are_values_or_mistakes() {
    let house = House::new().await;
    for body in [
        json!({"Name": "x".repeat(100_000)}),
        json!({"Name": "x", "NumberOfEmployees": 1e300}),
        json!({"Name": "x", "NumberOfEmployees": -99_999_999_999_i64}),
        json!({"Name": "x", "AnnualRevenue": "NaN"}),
        json!({"Name": "x", "AnnualRevenue": "1e309"}),
        json!({"Name": 17}),
        json!({"Name": true}),
        json!({"Name": "a\u{0}b"}),
        json!({"Name": "x", "ParentId": "0".repeat(5_000)}),
    ] {
        let answer = house
            .tell(&format!("POST {ROOT}/sobjects/Account"), &body)
            .await;
        let status = answer.status.as_u16();
        assert!(status == 201 || status == 400, "{status} {}", answer.text);
    }
}
