"""simple-salesforce as it comes from its registry, against a running org over https: signing in,
records, queries, search, bulk, errors. One JSON line a check."""

import json
import sys
import traceback

import requests
from simple_salesforce import Salesforce, SalesforceLogin
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)

settings = json.load(sys.stdin)
web = requests.Session()
web.verify = settings["authority"]
web.trust_env = False
host = settings["https"]
checks = []


def check(function):
    checks.append(function)
    return function


def connect():
    return Salesforce(session_id=settings["token"], instance_url=host, session=web, version="64.0")


@check
def soap_login_with_user_name_and_password():
    session, instance = SalesforceLogin(
        username=settings["username"],
        password=settings["password"],
        scratch_url=host,
        session=web,
        sf_version="59.0",
    )
    assert session.startswith("00D") and "!" in session, session
    assert instance == host.removeprefix("https://"), instance
    found = Salesforce(session_id=session, instance_url=host, session=web).query("SELECT Id FROM User LIMIT 1")
    assert found["totalSize"] == 1, found


@check
def a_record_lives_from_create_to_delete():
    org = connect()
    made = org.Contact.create({"LastName": "Lifecycle", "Phone": "+1 555 700 1000"})
    assert made["success"] and made["errors"] == [], made
    contact = org.Contact.get(made["id"])
    assert contact["LastName"] == "Lifecycle" and contact["attributes"]["type"] == "Contact", contact
    assert org.Contact.update(made["id"], {"Title": "Buyer"}) == 204
    assert org.Contact.get(made["id"])["Title"] == "Buyer"
    assert org.Contact.delete(made["id"]) == 204
    try:
        org.Contact.get(made["id"])
        raise AssertionError("a deleted record was found")
    except SalesforceResourceNotFound:
        pass


@check
def upsert_by_external_id_with_odd_characters():
    org = connect()
    key = "call+1/2:rep"
    field = "Offhook_Call_Key__c"
    quoted = requests.utils.quote(key, safe="")
    assert org.Task.upsert(f"{field}/{quoted}", {"Subject": "Call"}) == 201
    assert org.Task.upsert(f"{field}/{quoted}", {"Subject": "Call again"}) in (200, 204)
    found = org.query(f"SELECT Subject FROM Task WHERE {field} = '{key}'")
    assert [r["Subject"] for r in found["records"]] == ["Call again"], found
    by_key = org.Task.get_by_custom_id(field, key)
    assert by_key["Subject"] == "Call again", by_key


@check
def queries_page_and_include_what_was_deleted():
    org = connect()
    rows = [{"LastName": f"Page {n:04}", "Company": "Paging"} for n in range(2_300)]
    results = org.bulk.Lead.insert(rows, batch_size=1_000)
    assert len(results) == 2_300 and all(r["success"] for r in results), results[:2]
    found = org.query_all("SELECT Id, Name FROM Lead WHERE Company = 'Paging' ORDER BY LastName")
    names = [r["Name"] for r in found["records"]]
    assert len(names) == 2_300 and names == sorted(names) and len(set(names)) == 2_300, len(names)
    first = org.query("SELECT Id FROM Lead WHERE Company = 'Paging'")
    assert not first["done"] and len(first["records"]) == 2_000 and first["nextRecordsUrl"], first["done"]
    more = org.query_more(first["nextRecordsUrl"], identifier_is_url=True)
    assert more["done"] and len(more["records"]) == 300, len(more["records"])
    gone = found["records"][0]["Id"]
    org.Lead.delete(gone)
    count = "SELECT Id FROM Lead WHERE Company = 'Paging' AND IsDeleted = true"
    assert org.query(count)["totalSize"] == 0
    assert org.query(count, include_deleted=True)["totalSize"] == 1


@check
def search_finds_numbers_and_words():
    org = connect()
    found = org.search("FIND {5551234567} IN PHONE FIELDS RETURNING Contact(Id, Name, Phone)")
    names = [r["Name"] for r in found["searchRecords"]]
    assert "Grace Whitaker" in names, found
    quick = org.quick_search("Whitaker")
    assert any(r["attributes"]["type"] == "Contact" for r in quick["searchRecords"]), quick


@check
def describe_and_limits_are_there():
    org = connect()
    everything = org.describe()
    names = {o["name"] for o in everything["sobjects"]}
    assert {"Account", "Contact", "Lead", "Task", "User"} <= names, names
    task = org.Task.describe()
    fields = {f["name"]: f for f in task["fields"]}
    assert fields["CallType"]["type"] == "picklist", fields["CallType"]
    assert fields["WhoId"]["referenceTo"] == ["Contact", "Lead"], fields["WhoId"]
    assert org.limits()["DailyApiRequests"]["Max"] > 0
    assert org.api_usage["api-usage"].used > 0, org.api_usage
    assert org.Contact.metadata()["objectDescribe"]["name"] == "Contact"
    assert org.is_sandbox() in (True, False)


@check
def refusals_have_the_platforms_words():
    org = connect()
    for work, kind, code in [
        (lambda: org.Contact.create({"FirstName": "x"}), SalesforceMalformedRequest, "REQUIRED_FIELD_MISSING"),
        (lambda: org.Contact.create({"LastName": "x", "Colour": "red"}), SalesforceMalformedRequest, "INVALID_FIELD"),
        (lambda: org.query("SELECT Colour FROM Contact"), SalesforceMalformedRequest, "INVALID_FIELD"),
        (lambda: org.query("SELEKT Id FROM Contact"), SalesforceMalformedRequest, "MALFORMED_QUERY"),
        (lambda: org.Contact.get("003000000000404AAA"), SalesforceResourceNotFound, "NOT_FOUND"),
    ]:
        try:
            work()
            raise AssertionError(f"not refused: {code}")
        except kind as error:
            assert error.content[0]["errorCode"] == code, error.content
    dead = Salesforce(session_id="00D!dead", instance_url=host, session=web, version="64.0")
    try:
        dead.query("SELECT Id FROM Contact")
        raise AssertionError("a dead session was served")
    except SalesforceExpiredSession:
        pass


@check
def bulk_2_loads_and_exports():
    org = connect()
    rows = [{"LastName": f"Bulk {n}", "Company": "Bulk Two"} for n in range(50)] + [{"Company": "Bulk Two"}]
    outcome = org.bulk2.Lead.insert(records=rows)[0]
    assert outcome["numberRecordsProcessed"] == 51 and outcome["numberRecordsFailed"] == 1, outcome
    failed = org.bulk2.Lead.get_failed_records(outcome["job_id"])
    assert "REQUIRED_FIELD_MISSING" in failed, failed
    pages = list(org.bulk2.Lead.query("SELECT Id, Name FROM Lead WHERE Company = 'Bulk Two'", max_records=20))
    assert len(pages) == 3 and sum(p.count("\n") - 1 for p in pages) == 50, pages


@check
def composite_and_collections_are_reached_by_path():
    org = connect()
    answer = org.restful(
        "composite",
        method="POST",
        json={
            "compositeRequest": [
                {"method": "POST", "url": "/services/data/v64.0/sobjects/Account", "referenceId": "a", "body": {"Name": "Composite"}},
                {"method": "POST", "url": "/services/data/v64.0/sobjects/Contact", "referenceId": "c", "body": {"LastName": "In it", "AccountId": "@{a.id}"}},
            ]
        },
    )
    assert [r["httpStatusCode"] for r in answer["compositeResponse"]] == [201, 201], answer


@check
def several_matches_for_a_key_are_told():
    org = connect()
    try:
        org.Contact.get_by_custom_id("Email", "nobody@example.com")
        raise AssertionError("Email is no external id")
    except (SalesforceMalformedRequest, SalesforceResourceNotFound, SalesforceMoreThanOneRecord):
        pass


for function in checks:
    name = function.__name__.replace("_", " ")
    try:
        function()
        print(json.dumps({"check": name, "ok": True}), flush=True)
    except Exception:  # noqa: BLE001 - each check reports what it met, and the next one runs
        print(json.dumps({"check": name, "ok": False, "found": traceback.format_exc()}), flush=True)
