//! What clients are told, against the properties that the platform's published types require.

use super::*;
use crate::RecordId;
use crate::access::Profile;
use crate::schema::{FieldKind, PicklistValue};

const BASE: &str = "/services/data/v60.0";

/// Properties that every object has in the list of all, in the types of the Partner API.
const GLOBAL_REQUIRED: [&str; 25] = [
    "activateable",
    "createable",
    "custom",
    "customSetting",
    "deepCloneable",
    "deletable",
    "deprecatedAndHidden",
    "feedEnabled",
    "hasSubtypes",
    "idEnabled",
    "isInterface",
    "isSubtype",
    "label",
    "labelPlural",
    "layoutable",
    "mergeable",
    "mruEnabled",
    "name",
    "queryable",
    "replicateable",
    "retrieveable",
    "searchable",
    "triggerable",
    "undeletable",
    "updateable",
];

/// Those that a described object has beside them.
const OBJECT_REQUIRED: [&str; 5] = [
    "childRelationships",
    "compactLayoutable",
    "namedLayoutInfos",
    "recordTypeInfos",
    "fields",
];

const FIELD_REQUIRED: [&str; 30] = [
    "aggregatable",
    "aiPredictionField",
    "autoNumber",
    "byteLength",
    "calculated",
    "caseSensitive",
    "createable",
    "custom",
    "defaultedOnCreate",
    "deprecatedAndHidden",
    "digits",
    "filterable",
    "groupable",
    "idLookup",
    "label",
    "length",
    "name",
    "nameField",
    "nillable",
    "permissionable",
    "polymorphicForeignKey",
    "precision",
    "queryByDistance",
    "restrictedPicklist",
    "scale",
    "searchPrefilterable",
    "soapType",
    "type",
    "unique",
    "updateable",
];

fn described(object: &str) -> Json {
    let schema = Schema::standard();
    let object = schema.object(object).unwrap();
    describe_object(&schema, &UserContext::system(), object, BASE)
}

fn field<'a>(described: &'a Json, name: &str) -> &'a Json {
    let fields = described["fields"].as_array().unwrap();
    fields.iter().find(|field| field["name"] == name).unwrap()
}

#[test]
fn every_required_property_is_there_and_of_its_type() {
    let schema = Schema::standard();
    let user = UserContext::system();
    let all = describe_global(&schema, &user, BASE);
    assert_eq!(all["maxBatchSize"], 200);
    let listed = all["sobjects"].as_array().unwrap();
    assert_eq!(listed.len(), schema.objects().len());
    for object in schema.objects() {
        let described = describe_object(&schema, &user, object, BASE);
        let brief = listed.iter().find(|o| o["name"] == object.name.as_str());
        for name in GLOBAL_REQUIRED {
            assert!(!brief.unwrap()[name].is_null(), "{name}");
            assert!(!described[name].is_null(), "{name}");
        }
        for name in OBJECT_REQUIRED {
            assert!(described[name].is_array() || described[name].is_boolean());
        }
        for field in described["fields"].as_array().unwrap() {
            for name in FIELD_REQUIRED {
                assert!(!field[name].is_null(), "{}.{name}", object.name);
            }
            assert!(field["picklistValues"].is_array());
            assert!(field["referenceTo"].is_array());
        }
    }
}

#[test]
fn a_field_is_required_on_create_as_clients_reckon_it() {
    let is_required = |field: &Json| {
        field["nillable"] == false
            && field["createable"] == true
            && field["defaultedOnCreate"] == false
    };
    let contact = described("Contact");
    assert!(is_required(field(&contact, "LastName")));
    for name in [
        "FirstName",
        "OwnerId",
        "Name",
        "Id",
        "CreatedDate",
        "DoNotCall",
    ] {
        assert!(!is_required(field(&contact, name)), "{name}");
    }
    let task = described("Task");
    assert_eq!(field(&task, "Status")["nillable"], false);
    assert!(!is_required(field(&task, "Status")));
}

#[test]
fn types_and_limits_are_those_of_the_platform() {
    let opportunity = described("Opportunity");
    let amount = field(&opportunity, "Amount");
    assert_eq!(amount["type"], "currency");
    assert_eq!(amount["soapType"], "xsd:double");
    assert_eq!(
        (&amount["precision"], &amount["scale"]),
        (&json!(18), &json!(2))
    );
    let task = described("Task");
    let subject = field(&task, "Subject");
    assert_eq!(subject["type"], "combobox");
    assert_eq!(
        (&subject["length"], &subject["byteLength"]),
        (&json!(255), &json!(765))
    );
    let who = field(&task, "WhoId");
    assert_eq!(who["type"], "reference");
    assert_eq!(who["relationshipName"], "Who");
    assert_eq!(who["polymorphicForeignKey"], true);
    assert_eq!(who["namePointing"], true);
    assert_eq!(who["referenceTo"], json!(["Contact", "Lead"]));
    assert_eq!(
        (&who["length"], &who["byteLength"]),
        (&json!(18), &json!(18))
    );
    let case = described("Case");
    assert_eq!(field(&case, "CaseNumber")["autoNumber"], true);
    assert_eq!(field(&case, "CaseNumber")["type"], "string");
    assert_eq!(field(&case, "Description")["filterable"], false);
    assert_eq!(
        field(&case, "Status")["picklistValues"][0]["defaultValue"],
        true
    );
}

#[test]
fn relationships_down_have_their_names_and_every_object_its_master_record_type() {
    let account = described("Account");
    let children = account["childRelationships"].as_array().unwrap();
    let contacts = children
        .iter()
        .find(|c| c["relationshipName"] == "Contacts");
    assert_eq!(contacts.unwrap()["childSObject"], "Contact");
    assert_eq!(contacts.unwrap()["field"], "AccountId");
    let types = account["recordTypeInfos"].as_array().unwrap();
    let master = types.iter().find(|t| t["master"] == true).unwrap();
    assert_eq!(master["recordTypeId"], MASTER_RECORD_TYPE_ID);
    assert!(RecordId::parse(MASTER_RECORD_TYPE_ID).is_ok());
    assert_eq!(
        account["urls"]["rowTemplate"],
        "/services/data/v60.0/sobjects/Account/{ID}"
    );
}

#[test]
fn what_a_user_may_not_see_is_absent_and_what_may_not_be_done_is_false() {
    let schema = Schema::standard();
    let profile = Profile::standard()
        .into_iter()
        .find(|profile| profile.name == "Service Agent")
        .unwrap();
    let agent = UserContext::of_profile(RecordId::from_serial("005", 1), &profile, &schema);
    let opportunity = schema.object("Opportunity").unwrap();
    let described = describe_object(&schema, &agent, opportunity, BASE);
    assert_eq!(described["createable"], false);
    assert_eq!(described["queryable"], true);
    let fields = described["fields"].as_array().unwrap();
    assert!(fields.iter().all(|field| field["name"] != "Amount"));
    let account = schema.object("Account").unwrap();
    let described = describe_object(&schema, &agent, account, BASE);
    assert_eq!(field(&described, "AnnualRevenue")["updateable"], false);
}

#[test]
fn a_dependent_picklist_tells_by_bits_which_values_fit() {
    let schema = Schema::standard();
    let mut case = (**schema.object("Case").unwrap()).clone();
    let place = |name: &str| case.fields.iter().position(|f| f.name.as_str() == name);
    let (origin, reason) = (place("Origin").unwrap(), place("Reason").unwrap());
    let of = |value: &str, fits: &[&str]| PicklistValue {
        valid_for: fits.iter().map(|fit| (*fit).to_owned()).collect(),
        ..PicklistValue::new(value)
    };
    case.fields[origin].values = ('a'..='z').map(PicklistValue::new).collect();
    case.fields[reason].controller = Some("Origin".into());
    case.fields[reason].values = vec![of("x", &["a"]), of("y", &["b", "j", "z"]), of("z", &[])];
    let described = describe_object(&schema, &UserContext::system(), &case, BASE);
    let reason = field(&described, "Reason");
    assert_eq!(reason["controllerName"], "Origin");
    assert_eq!(reason["dependentPicklist"], true);
    let bits = |place: usize| reason["picklistValues"][place]["validFor"].clone();
    assert_eq!(bits(0), "gAAAAAAA");
    // 0x40 0x40 0x00 0x40: b is the second, j the tenth, z the twenty-sixth value.
    assert_eq!(bits(1), "QEAAQAAA");
    assert_eq!(bits(2), "AAAAAAAA");
    case.fields[origin].kind = FieldKind::Checkbox;
    let (controlling, value) = (&case.fields[origin], of("x", &["true"]));
    assert_eq!(field::valid_for(controlling, &value), "QAAA");
}
