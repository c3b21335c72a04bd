// jsforce as it comes from npm, against a running org over http: every way of signing in, and
// what a program does afterwards.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import jsforce from "jsforce";
import { StreamingExtension } from "jsforce/lib/api/streaming.js";

import { until } from "../lib/offhook.mjs";
import { allow, allowPasswords, connectedApp, jwtKey, startOrg, token } from "./lib.mjs";

const VERSION = "64.0";

const REDIRECT = "http://localhost:1718/callback";

let org;
let app;
let trusted;
let key;

before(async () => {
  org = await startOrg();
  key = await jwtKey();
  await allowPasswords(org);
  app = await connectedApp(org, { name: "Loader", redirect: REDIRECT });
  trusted = await connectedApp(org, { name: "Night Job", certificate: key.certificate, approved: true });
}, { timeout: 120_000 });

after(async () => {
  await key?.close();
  await org?.stop();
});

const oauth2 = (more = {}) =>
  new jsforce.OAuth2({
    loginUrl: org.console,
    clientId: app.clientId,
    clientSecret: app.clientSecret,
    redirectUri: REDIRECT,
    ...more,
  });

/** A connection with a user's rights. */
async function connect(login = org.admin) {
  return new jsforce.Connection({ instanceUrl: org.console, accessToken: await token(org, login), version: VERSION });
}

describe("signing in", () => {
  test("with user name and password over SOAP", async () => {
    const conn = new jsforce.Connection({ loginUrl: org.console, version: VERSION });
    const who = await conn.login(org.rep.username, org.rep.password);
    assert.match(who.id, /^005/);
    assert.match(who.organizationId, /^00D/);
    assert.equal((await conn.query("SELECT Id FROM User WHERE Username = '" + org.rep.username + "'")).totalSize, 1);
    const info = await conn.soap.getUserInfo();
    assert.equal(info.userName, org.rep.username);
    const ended = { instanceUrl: conn.instanceUrl, accessToken: conn.accessToken, version: VERSION };
    await conn.logout();
    await assert.rejects(new jsforce.Connection(ended).query("SELECT Id FROM User"), /INVALID_SESSION_ID|expired/i);
  });

  test("with a wrong password it says so in the platform's words", async () => {
    const conn = new jsforce.Connection({ loginUrl: org.console, version: VERSION });
    await assert.rejects(conn.login(org.rep.username, "wrong"), /INVALID_LOGIN/);
    const by = new jsforce.Connection({ oauth2: oauth2(), version: VERSION });
    await assert.rejects(
      by.authorize({ grant_type: "password", username: org.rep.username, password: "wrong" }),
      (error) => error.name === "invalid_grant",
    );
  });

  test("by the web server flow, with a code verifier, and refreshes by itself", async () => {
    const asking = oauth2({ useVerifier: true });
    const url = asking.getAuthorizationUrl({ scope: "api refresh_token", state: "s 1&2" });
    const found = (await allow(org, url, org.rep)).searchParams;
    assert.equal(found.get("state"), "s 1&2");
    const conn = new jsforce.Connection({ oauth2: asking, version: VERSION });
    const who = await conn.authorize(found.get("code"));
    assert.match(who.id, /^005/);
    assert.ok(conn.refreshToken);
    await assert.rejects(
      new jsforce.Connection({ oauth2: asking, version: VERSION }).authorize(found.get("code")),
      /invalid_grant|expired|used/i,
    );
    const second = (await allow(org, asking.getAuthorizationUrl({ scope: "api refresh_token" }), org.rep)).searchParams;
    const other = new jsforce.Connection({ oauth2: asking, version: VERSION });
    await other.authorize(second.get("code"));
    let refreshed = 0;
    other.on("refresh", () => (refreshed += 1));
    other.accessToken = "00D000000000000!dead";
    assert.equal((await other.query("SELECT Id FROM User LIMIT 1")).totalSize, 1);
    assert.equal(refreshed, 1);
  });

  test("by JWT bearer and by client credentials", async () => {
    const conn = new jsforce.Connection({ oauth2: oauth2(trusted), version: VERSION });
    await conn.authorize({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: key.assertion({ iss: trusted.clientId, sub: org.admin.username, aud: org.console }),
    });
    assert.equal((await conn.identity()).username, org.admin.username);
    const own = new jsforce.Connection({ oauth2: oauth2(trusted), version: VERSION });
    await own.authorize({ grant_type: "client_credentials" });
    assert.equal((await own.identity()).username, org.admin.username);
  });
});

describe("records", () => {
  test("live from create to destroy, one and many", async () => {
    const conn = await connect();
    const made = await conn.sobject("Contact").create({ LastName: "Once", Phone: "+1 555 700 2000" });
    assert.equal(made.success, true);
    const read = await conn.sobject("Contact").retrieve(made.id);
    assert.equal(read.attributes.type, "Contact");
    assert.equal(read.LastName, "Once");
    await conn.sobject("Contact").update({ Id: made.id, Title: "Buyer" });
    assert.equal((await conn.sobject("Contact").retrieve(made.id)).Title, "Buyer");
    const many = await conn.sobject("Contact").create(
      [...Array(250).keys()].map((n) => ({ LastName: `Many ${n}` })),
      { allowRecursive: true },
    );
    assert.equal(many.filter((one) => one.success).length, 250);
    const mixed = await conn.sobject("Contact").create([{ LastName: "Good" }, { FirstName: "Bad" }]);
    assert.deepEqual(mixed.map((one) => one.success), [true, false]);
    assert.equal(mixed[1].errors[0].statusCode, "REQUIRED_FIELD_MISSING");
    const gone = await conn.sobject("Contact").destroy(many.slice(0, 200).map((one) => one.id));
    assert.equal(gone.filter((one) => one.success).length, 200);
    await conn.sobject("Contact").destroy(made.id);
    await assert.rejects(conn.sobject("Contact").retrieve(made.id), /NOT_FOUND|not exist|deleted/);
  });

  test("are upserted by an external id, one log a call", async () => {
    const conn = await connect();
    const log = { Subject: "Call", Offhook_Call_Key__c: "c1:r1", CallDurationInSeconds: "42" };
    const first = await conn.sobject("Task").upsert(log, "Offhook_Call_Key__c");
    assert.equal(first.success, true);
    await conn.sobject("Task").upsert({ ...log, Subject: "Call again" }, "Offhook_Call_Key__c");
    const found = await conn.query("SELECT Subject, CallDurationInSeconds FROM Task WHERE Offhook_Call_Key__c = 'c1:r1'");
    assert.deepEqual(found.records.map((r) => [r.Subject, r.CallDurationInSeconds]), [["Call again", 42]]);
  });

  test("are found with parents, children, conditions and counts", async () => {
    const conn = await connect();
    const account = await conn.sobject("Account").create({ Name: "Parent & Sons" });
    for (const name of ["Ada", "Ben", "Cyd"]) {
      await conn.sobject("Contact").create({ FirstName: name, LastName: "Parent", AccountId: account.id });
    }
    const found = await conn
      .sobject("Contact")
      .find({ "Account.Name": "Parent & Sons", FirstName: { $in: ["Ada", "Ben"] } }, "Id, FirstName, Account.Name")
      .sort({ FirstName: -1 })
      .execute();
    assert.deepEqual(found.map((r) => [r.FirstName, r.Account.Name]), [
      ["Ben", "Parent & Sons"],
      ["Ada", "Parent & Sons"],
    ]);
    const [withChildren] = await conn
      .sobject("Account")
      .find({ Id: account.id }, "Id, Name")
      .include("Contacts").select("FirstName").sort("FirstName").end()
      .execute();
    assert.equal(withChildren.Contacts.totalSize, 3);
    assert.equal(withChildren.Contacts.records[0].FirstName, "Ada");
    assert.equal(await conn.sobject("Contact").count({ LastName: "Parent" }), 3);
    const groups = await conn.query("SELECT LastName, COUNT(Id) n FROM Contact WHERE LastName = 'Parent' GROUP BY LastName");
    assert.deepEqual(groups.records.map((r) => [r.attributes.type, r.LastName, r.n]), [["AggregateResult", "Parent", 3]]);
  });

  test("are searched by number and by word", async () => {
    const conn = await connect();
    const found = await conn.search("FIND {5551234567} IN PHONE FIELDS RETURNING Contact(Id, Name), Lead(Id)");
    assert.ok(found.searchRecords.some((r) => r.Name === "Grace Whitaker"), JSON.stringify(found));
    const posted = await conn.requestPost(`/services/data/v${VERSION}/parameterizedSearch`, {
      q: "+1 (555) 123-4567", in: "PHONE", sobjects: [{ name: "Contact", fields: ["Id", "Name"] }],
    });
    assert.ok(posted.searchRecords.some((r) => r.Name === "Grace Whitaker"), JSON.stringify(posted));
  });

  test("page by themselves, also those that were deleted", async () => {
    const conn = await connect();
    const csv = ["LastName,Company", ...[...Array(4_100).keys()].map((n) => `Row ${n},Pages Inc`)].join("\n");
    const outcome = await conn.bulk2.loadAndWaitForResults({
      object: "Lead", operation: "insert", input: csv, pollTimeout: 60_000,
    });
    assert.equal(outcome.successfulResults.length, 4_100);
    const ids = new Set();
    const query = conn.query("SELECT Id FROM Lead WHERE Company = 'Pages Inc'", { autoFetch: true, maxFetch: 10_000 });
    query.on("record", (record) => ids.add(record.Id));
    await new Promise((resolve, reject) => query.on("end", resolve).on("error", reject).run());
    assert.equal(ids.size, 4_100);
    await conn.sobject("Lead").destroy([...ids].slice(0, 10));
    const where = "FROM Lead WHERE Company = 'Pages Inc' AND IsDeleted = true";
    assert.equal((await conn.query(`SELECT Id ${where}`)).totalSize, 0);
    assert.equal((await conn.query(`SELECT Id ${where}`, { scanAll: true })).totalSize, 10);
  });
});

describe("everything else", () => {
  test("objects, layouts, limits and lists describe themselves", async () => {
    const conn = await connect();
    const all = await conn.describeGlobal();
    assert.ok(all.sobjects.some((object) => object.name === "VoiceCall"));
    const task = await conn.describe("Task");
    const field = (name) => task.fields.find((field) => field.name === name);
    assert.deepEqual(field("WhoId").referenceTo, ["Contact", "Lead"]);
    assert.equal(field("Subject").type, "combobox");
    assert.ok(field("Status").picklistValues.some((one) => one.value === "Completed" && one.active));
    assert.ok(task.recordTypeInfos.some((one) => one.recordTypeId === "012000000000000AAA"));
    assert.deepEqual((await conn.sobject("Task").layouts()).recordTypeSelectorRequired, [false]);
    assert.ok((await conn.limits()).DailyApiRequests.Max > 0);
    assert.ok((await conn.sobject("Account").listviews()).listviews.length > 0);
    assert.ok(conn.limitInfo.apiUsage.used > 0);
    assert.ok(Array.isArray(await conn.quickActions()));
    assert.ok(Array.isArray(await conn.recent()));
  });

  test("refusals come in the platform's words, and calls say what failed", async () => {
    const conn = await connect();
    const code = (code) => (error) => error.errorCode === code || error.name === code;
    await assert.rejects(conn.query("SELECT BADFIELD FROM Task"), (error) => {
      assert.match(error.message, /ERROR at Row:1:Column:8/);
      assert.match(error.message, /No such column 'BADFIELD' on entity 'Task'/);
      return code("INVALID_FIELD")(error);
    });
    await assert.rejects(conn.query("SELECT Id FROM Nothing__c"), code("INVALID_TYPE"));
    await assert.rejects(conn.sobject("Contact").create({ LastName: "x", Nope__c: 1 }), code("INVALID_FIELD"));
    await assert.rejects(conn.sobject("Contact").create({ LastName: "x".repeat(81) }), code("STRING_TOO_LONG"));
    await assert.rejects(conn.apex.get("/Cti/find"), code("NOT_FOUND"));
    const anonymous = await conn.tooling.executeAnonymous("System.debug('hi');");
    assert.equal(anonymous.compiled, false);
    assert.match(anonymous.compileProblem, /Apex/);
  });

  test("composites, batches, trees and graphs", async () => {
    const conn = await connect();
    const root = `/services/data/v${VERSION}`;
    const composite = await conn.requestPost(`${root}/composite`, {
      allOrNone: true,
      compositeRequest: [
        { method: "POST", url: `${root}/sobjects/Account`, referenceId: "a", body: { Name: "Composite Ltd" } },
        { method: "POST", url: `${root}/sobjects/Contact`, referenceId: "c", body: { LastName: "Member", AccountId: "@{a.id}" } },
        { method: "GET", url: `${root}/query?q=SELECT Name FROM Account WHERE Id = '@{a.id}'`, referenceId: "q" },
      ],
    });
    assert.deepEqual(composite.compositeResponse.map((one) => one.httpStatusCode), [201, 201, 200]);
    assert.equal(composite.compositeResponse[2].body.records[0].Name, "Composite Ltd");
    const undone = await conn.requestPost(`${root}/composite`, {
      allOrNone: true,
      compositeRequest: [
        { method: "POST", url: `${root}/sobjects/Account`, referenceId: "a", body: { Name: "Never There" } },
        { method: "POST", url: `${root}/sobjects/Contact`, referenceId: "c", body: { AccountId: "@{a.id}" } },
      ],
    });
    assert.deepEqual(undone.compositeResponse.map((one) => one.httpStatusCode), [400, 400]);
    assert.equal((await conn.query("SELECT Id FROM Account WHERE Name = 'Never There'")).totalSize, 0);
    const batch = await conn.requestPost(`${root}/composite/batch`, {
      batchRequests: [{ method: "GET", url: `v${VERSION}/limits` }, { method: "GET", url: `v${VERSION}/sobjects/Nothing` }],
    });
    assert.equal(batch.hasErrors, true);
    assert.deepEqual(batch.results.map((one) => one.statusCode), [200, 404]);
    const tree = await conn.requestPost(`${root}/composite/tree/Account`, {
      records: [{
        attributes: { type: "Account", referenceId: "r1" }, Name: "Tree",
        Contacts: { records: [{ attributes: { type: "Contact", referenceId: "r2" }, LastName: "Leaf" }] },
      }],
    });
    assert.equal(tree.hasErrors, false);
    assert.deepEqual(tree.results.map((one) => one.referenceId), ["r1", "r2"]);
  });

  test("bulk jobs of both generations", async () => {
    const conn = await connect();
    const first = await conn.bulk.load("Lead", "insert", [
      { LastName: "Old Bulk", Company: "First Generation" },
      { Company: "First Generation" },
    ]);
    assert.deepEqual(first.map((one) => one.success), [true, false]);
    const rows = await (await conn.bulk2.query("SELECT Id, LastName FROM Lead WHERE Company = 'First Generation'")).toArray();
    assert.deepEqual(rows.map((row) => row.LastName), ["Old Bulk"]);
    const { failedResults } = await conn.bulk2.loadAndWaitForResults({
      object: "Lead", operation: "upsert", externalIdFieldName: "Id",
      input: `Id,Title\n${rows[0].Id},Chief\n00Q000000000404AAA,Nobody\n`,
    });
    assert.equal(failedResults.length, 1);
    assert.match(failedResults[0].sf__Error, /INVALID_CROSS_REFERENCE_KEY|ENTITY_IS_DELETED|NOT_FOUND/);
    assert.equal((await conn.sobject("Lead").retrieve(rows[0].Id)).Title, "Chief");
  });

  test("changes stream to whoever listens, and are replayed to whoever comes late", async () => {
    const conn = await connect();
    const heard = [];
    const listener = conn.streaming.createClient();
    const subscription = listener.subscribe("/data/TaskChangeEvent", (event) => heard.push(event));
    await new Promise((resolve) => subscription.then(resolve));
    const made = await conn.sobject("Task").create({ Subject: "Streamed" });
    const event = await until("a change event", 10_000, () => heard[0]);
    assert.equal(event.payload.ChangeEventHeader.changeType, "CREATE");
    assert.deepEqual(event.payload.ChangeEventHeader.recordIds, [made.id]);
    assert.equal(event.payload.Subject, "Streamed");
    await listener.disconnect();
    const replayed = [];
    const client = conn.streaming.createClient([new StreamingExtension.Replay("/data/TaskChangeEvent", -2)]);
    const late = client.subscribe("/data/TaskChangeEvent", (event) => replayed.push(event));
    await new Promise((resolve) => late.then(resolve));
    await until("the replay", 10_000, () => replayed.some((one) => one.payload.Subject === "Streamed"));
    await client.disconnect();
  });

  test("leads are converted over SOAP", async () => {
    const conn = await connect();
    const lead = await conn.sobject("Lead").create({ LastName: "Convert", Company: "Convert Inc" });
    const answer = await conn.soap.convertLead({ leadId: lead.id, convertedStatus: "Closed - Converted" });
    assert.equal(answer.success, true, JSON.stringify(answer));
    const read = await conn.sobject("Lead").retrieve(lead.id);
    assert.equal(read.IsConverted, true);
    assert.equal((await conn.sobject("Contact").retrieve(answer.contactId)).LastName, "Convert");
  });
});
