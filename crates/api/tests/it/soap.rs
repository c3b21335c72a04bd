//! The partner API as loaders speak it.

use crate::house::{Answer, House};

const XML: [(&str, &str); 2] = [("content-type", "text/xml"), ("SOAPAction", "\"\"")];

async fn call(house: &House, headers: &str, operation: &str) -> Answer {
    let token = &house.token;
    let envelope = format!(
        "<se:Envelope xmlns:se=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"urn:partner.soap.sforce.com\">\
         <se:Header><SessionHeader><sessionId>{token}</sessionId></SessionHeader>{headers}</se:Header>\
         <se:Body>{operation}</se:Body></se:Envelope>"
    );
    house
        .send("POST /services/Soap/u/64.0", &XML, envelope)
        .await
}

fn all<'t>(text: &'t str, before: &str, after: &str) -> Vec<&'t str> {
    let parts = text.split(before).skip(1);
    parts
        .map(|rest| rest.split(after).next().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_created_changed_found_and_deleted() {
    let house = House::new().await;
    let create = "<create><sObjects><type>Contact</type><LastName>Soap &amp; Sons</LastName></sObjects>\
        <sObjects><type>Contact</type><FirstName>x</FirstName></sObjects></create>";
    let answer = call(&house, "", create).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        all(&answer.text, "<success>", "<"),
        ["true", "false"],
        "{}",
        answer.text
    );
    assert_eq!(
        all(&answer.text, "<statusCode>", "<"),
        ["REQUIRED_FIELD_MISSING"]
    );
    let id = all(&answer.text, "<id>", "<")[0].to_owned();
    let update = format!(
        "<update><sObjects><type>Contact</type><Id>{id}</Id><Title>Buyer</Title></sObjects></update>"
    );
    assert_eq!(
        all(&call(&house, "", &update).await.text, "<success>", "<"),
        ["true"]
    );
    let clear = format!(
        "<update><sObjects><type>Contact</type><fieldsToNull>Title</fieldsToNull><Id>{id}</Id>\
         <Department>D</Department></sObjects></update>"
    );
    call(&house, "", &clear).await;
    let query = format!(
        "<query><queryString>SELECT Id, LastName, Title, Owner.Name FROM Contact \
         WHERE Id = '{id}'</queryString></query>"
    );
    let found = call(&house, "", &query).await.text;
    assert!(
        found.contains("<sf:LastName>Soap &amp; Sons</sf:LastName>"),
        "{found}"
    );
    assert!(found.contains("<sf:Title xsi:nil=\"true\"/>"), "{found}");
    assert!(
        found.contains("<size>1</size>") && found.contains("<done>true</done>"),
        "{found}"
    );
    let search =
        "<search><searchString>FIND {Sons} RETURNING Contact(Id, LastName)</searchString></search>";
    let found = call(&house, "", search).await.text;
    assert!(found.contains("<searchRecords><record xsi:type"), "{found}");
    let delete = format!("<delete><ids>{id}</ids><ids>{id}</ids></delete>");
    let deleted = call(&house, "", &delete).await.text;
    assert_eq!(
        all(&deleted, "<success>", "<"),
        ["true", "false"],
        "{deleted}"
    );
    let undelete = format!("<undelete><ids>{id}</ids></undelete>");
    assert_eq!(
        all(&call(&house, "", &undelete).await.text, "<success>", "<"),
        ["true"]
    );
    let retrieve = format!(
        "<retrieve><fieldList>LastName, Department</fieldList><sObjectType>Contact</sObjectType>\
         <ids>003000000000404AAA</ids><ids>{id}</ids></retrieve>"
    );
    let read = call(&house, "", &retrieve).await.text;
    assert!(read.contains("<result xsi:nil=\"true\"/><result"), "{read}");
    assert!(read.contains("<sf:Department>D</sf:Department>"), "{read}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_log_a_call_by_upsert_and_all_or_none_by_header() {
    let house = House::new().await;
    let upsert = |subject: &str| {
        format!(
            "<upsert><externalIDFieldName>Offhook_Call_Key__c</externalIDFieldName><sObjects>\
             <type>Task</type><Offhook_Call_Key__c>c:r</Offhook_Call_Key__c>\
             <Subject>{subject}</Subject></sObjects></upsert>"
        )
    };
    let created = |text: &str| all(text, "<created>", "<").join(" ");
    assert_eq!(
        created(&call(&house, "", &upsert("One")).await.text),
        "true"
    );
    assert_eq!(
        created(&call(&house, "", &upsert("Two")).await.text),
        "false"
    );
    let both = "<create><sObjects><type>Account</type><Name>Never</Name></sObjects>\
        <sObjects><type>Account</type></sObjects></create>";
    let header = "<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>";
    let answer = call(&house, header, both).await.text;
    assert_eq!(
        all(&answer, "<success>", "<"),
        ["false", "false"],
        "{answer}"
    );
    let count =
        "<query><queryString>SELECT Id FROM Account WHERE Name = 'Never'</queryString></query>";
    assert!(
        call(&house, "", count)
            .await
            .text
            .contains("<size>0</size>")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_and_the_softphone_layout_describe_themselves() {
    let house = House::new().await;
    let text = call(&house, "", "<describeGlobal/>").await.text;
    assert!(text.contains("<name>Contact</name>"), "{}", &text[..400]);
    let describe = "<describeSObjects><sObjectType>task</sObjectType></describeSObjects>";
    let text = call(&house, "", describe).await.text;
    assert!(
        text.contains("<keyPrefix>00T</keyPrefix>"),
        "{}",
        &text[..400]
    );
    let layout = "<describeLayout><sObjectType>Case</sObjectType>\
                  <recordTypeIds>012000000000000AAA</recordTypeIds></describeLayout>";
    let text = call(&house, "", layout).await.text;
    assert!(
        text.contains("<recordTypeSelectorRequired>false<"),
        "{text}"
    );
    assert!(
        text.contains("<picklistName>Status</picklistName>"),
        "{text}"
    );
    let layout = call(&house, "", "<describeSoftphoneLayout/>").await.text;
    assert!(layout.contains("<name>Inbound</name>"), "{layout}");
    assert!(
        layout.contains("<entityApiName>Contact</entityApiName>"),
        "{layout}"
    );
    assert!(
        layout.contains("<matchType>SingleMatch</matchType>"),
        "{layout}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_faults_with_the_platforms_codes() {
    let house = House::new().await;
    for (operation, code) in [
        (
            "<query><queryString>SELECT Colour FROM Task</queryString></query>",
            "INVALID_FIELD",
        ),
        (
            "<queryMore><queryLocator>01gxxx-200</queryLocator></queryMore>",
            "INVALID_QUERY_LOCATOR",
        ),
        (
            "<describeSObject><sObjectType>Nothing</sObjectType></describeSObject>",
            "INVALID_TYPE",
        ),
        ("<explode/>", "INVALID_OPERATION"),
    ] {
        let answer = call(&house, "", operation).await;
        assert_eq!(answer.status, 500, "{}", answer.text);
        let found = all(&answer.text, "<sf:exceptionCode>", "<");
        assert_eq!(found, [code], "{}", answer.text);
    }
    let dead = "<se:Envelope xmlns:se=\"http://schemas.xmlsoap.org/soap/envelope/\"><se:Header>\
        <SessionHeader><sessionId>dead</sessionId></SessionHeader></se:Header>\
        <se:Body><query><queryString>SELECT Id FROM Task</queryString></query></se:Body></se:Envelope>";
    let answer = house.send("POST /services/Soap/u/64.0", &XML, dead).await;
    assert_eq!(
        all(&answer.text, "<sf:exceptionCode>", "<"),
        ["INVALID_SESSION_ID"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leads_are_converted_and_doubles_merged() {
    let house = House::new().await;
    let lead = [("LastName", "Convert"), ("Company", "Convert Inc")];
    let lead = house.create("Lead", &lead).await;
    let convert = format!(
        "<convertLead><leadConverts><leadId>{lead}</leadId>\
         <convertedStatus>Closed - Converted</convertedStatus><ownerId>{}</ownerId>\
         </leadConverts></convertLead>",
        house.admin
    );
    let done = call(&house, "", &convert).await.text;
    assert_eq!(all(&done, "<success>", "<"), ["true"], "{done}");
    let contact = all(&done, "<contactId>", "<")[0].to_owned();
    let again = call(&house, "", &convert).await.text;
    assert_eq!(all(&again, "<success>", "<"), ["false"], "{again}");
    let double = house.create("Contact", &[("LastName", "Convert")]).await;
    let task = [("Subject", "Call"), ("WhoId", &double)];
    let task = house.create("Task", &task).await;
    let merge = format!(
        "<merge><request><masterRecord><type>Contact</type><Id>{contact}</Id>\
         <Title>Kept</Title></masterRecord><recordToMergeIds>{double}</recordToMergeIds>\
         </request></merge>"
    );
    let merged = call(&house, "", &merge).await.text;
    assert_eq!(
        all(&merged, "<mergedRecordIds>", "<"),
        [double.as_str()],
        "{merged}"
    );
    let moved = house
        .ask(&format!("GET /services/data/v64.0/sobjects/Task/{task}"))
        .await;
    assert_eq!(moved.json()["WhoId"], contact.as_str());
    let gone = house
        .ask(&format!(
            "GET /services/data/v64.0/sobjects/Contact/{double}"
        ))
        .await;
    assert_eq!(gone.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_layouts_passwords_and_the_bin_are_there_for_loaders() {
    let house = House::new().await;
    let kept = house.create("Account", &[("Name", "Kept")]).await;
    let gone = house.create("Account", &[("Name", "Gone")]).await;
    let delete = format!("<delete><ids>{gone}</ids></delete>");
    assert_eq!(
        all(&call(&house, "", &delete).await.text, "<success>", "<"),
        ["true"]
    );
    let span = "<sObjectType>Account</sObjectType><startDate>2020-01-01T00:00:00Z</startDate>\
                <endDate>2100-01-01T00:00:00Z</endDate>";
    let updated = call(&house, "", &format!("<getUpdated>{span}</getUpdated>"))
        .await
        .text;
    assert_eq!(all(&updated, "<ids>", "<"), [kept.as_str()], "{updated}");
    assert!(all(&updated, "<latestDateCovered>", "<")[0].ends_with('Z'));
    let deleted = call(&house, "", &format!("<getDeleted>{span}</getDeleted>"))
        .await
        .text;
    assert_eq!(all(&deleted, "<id>", "<"), [gone.as_str()], "{deleted}");
    assert!(all(&deleted, "<deletedDate>", "<")[0].ends_with('Z'));
    let empty = format!("<emptyRecycleBin><ids>{gone}</ids><ids>{kept}</ids></emptyRecycleBin>");
    let emptied = call(&house, "", &empty).await.text;
    assert_eq!(
        all(&emptied, "<success>", "<"),
        ["true", "false"],
        "{emptied}"
    );
    let layout = "<describeLayout><sObjectType>Account</sObjectType></describeLayout>";
    let layout = call(&house, "", layout).await.text;
    assert!(layout.contains("<detailLayoutSections>"), "{layout}");
    assert!(layout.contains("<recordTypeMappings>"));
    let user = house.create(
        "User",
        &[
            ("LastName", "Rep"),
            ("Username", "rep@example.com"),
            ("Email", "rep@example.com"),
            ("ProfileName", "Sales Rep"),
        ],
    );
    let user = user.await;
    let set = format!(
        "<setPassword><userId>{user}</userId><password>a long password</password></setPassword>"
    );
    let set = call(&house, "", &set).await;
    assert!(
        set.text.contains("<setPasswordResponse><result/>"),
        "{}",
        set.text
    );
    let reset = format!("<resetPassword><userId>{user}</userId></resetPassword>");
    let reset = call(&house, "", &reset).await.text;
    assert_eq!(all(&reset, "<password>", "<")[0].len(), 20, "{reset}");
    let nonsense = call(
        &house,
        "",
        "<getUpdated><sObjectType>No/thing</sObjectType></getUpdated>",
    );
    let nonsense = nonsense.await;
    assert_eq!(
        (
            nonsense.status.as_u16(),
            nonsense.text.contains("sf:exceptionCode")
        ),
        (500, true)
    );
}
