// jsforce as it comes from npm, against a running org: what programs ask for beside records and
// queries.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import jsforce from "jsforce";

import { startOrg, token } from "./lib.mjs";

const VERSION = "64.0";
const ROOT = `/services/data/v${VERSION}`;

let org;
let conn;

before(async () => {
  org = await startOrg();
  conn = new jsforce.Connection({ instanceUrl: org.console, accessToken: await token(org, org.admin), version: VERSION });
}, { timeout: 120_000 });

after(async () => {
  await org?.stop();
});

const code = (wanted) => (error) => error.errorCode === wanted || error.name === wanted;

test("descriptions are kept, and asked anew when they should be", async () => {
  const used = () => conn.limitInfo.apiUsage.used;
  const first = await conn.describe$("Contact");
  const before = used();
  const second = await conn.describe$("Contact");
  assert.equal(second, first);
  assert.equal(used(), before, "nothing was asked");
  conn.describe$.clear();
  assert.deepEqual((await conn.describe$("Contact")).fields.length, first.fields.length);
});

test("a query tells its plan, and a record its relatives", async () => {
  const plan = await conn.sobject("Contact").find({ LastName: "Whitaker" }, "Id").explain();
  assert.ok(plan.plans.length > 0 && typeof plan.plans[0].relativeCost === "number", JSON.stringify(plan));
  const account = await conn.sobject("Account").create({ Name: "Relatives" });
  const contact = await conn.sobject("Contact").create({ LastName: "Relative", AccountId: account.id });
  const parent = await conn.requestGet(`${ROOT}/sobjects/Contact/${contact.id}/Account`);
  assert.equal(parent.Name, "Relatives");
  const children = await conn.requestGet(`${ROOT}/sobjects/Account/${account.id}/Contacts`);
  assert.deepEqual(children.records.map((one) => one.LastName), ["Relative"]);
});

test("what changed and what went is listed for who keeps copies", async () => {
  const start = new Date(Date.now() - 60_000);
  const end = new Date(Date.now() + 60_000);
  const kept = await conn.sobject("Lead").create({ LastName: "Kept", Company: "Copies" });
  const gone = await conn.sobject("Lead").create({ LastName: "Gone", Company: "Copies" });
  await conn.sobject("Lead").destroy(gone.id);
  const updated = await conn.sobject("Lead").updated(start, end);
  assert.ok(updated.ids.includes(kept.id) && !updated.ids.includes(gone.id));
  const deleted = await conn.sobject("Lead").deleted(start, end);
  assert.deepEqual(deleted.deletedRecords.map((one) => one.id), [gone.id]);
});

test("a graph stands or falls by itself", async () => {
  const part = (referenceId, body) => ({ method: "POST", url: `${ROOT}/sobjects/Account`, referenceId, body });
  const answer = await conn.requestPost(`${ROOT}/composite/graph`, {
    graphs: [
      { graphId: "good", compositeRequest: [part("a", { Name: "Graph" })] },
      { graphId: "bad", compositeRequest: [part("a", { Name: "Never" }), part("b", {})] },
    ],
  });
  assert.deepEqual(answer.graphs.map((one) => [one.graphId, one.isSuccessful]), [["good", true], ["bad", false]]);
  assert.equal((await conn.query("SELECT Id FROM Account WHERE Name = 'Never'")).totalSize, 0);
});

test("records are upserted many at once, and quick actions log a call", async () => {
  const key = "Offhook_Call_Key__c";
  const rows = ["r:1", "r:2"].map((value) => ({ Subject: "Call", [key]: value }));
  const made = await conn.sobject("Task").upsert(rows, key);
  assert.deepEqual(made.map((one) => one.success), [true, true]);
  const again = await conn.sobject("Task").upsert(rows, key);
  assert.deepEqual(again.map((one) => one.created), [false, false]);
  const contact = await conn.sobject("Contact").create({ LastName: "Quick" });
  const done = await conn.sobject("Contact").quickAction("LogACall").execute(contact.id, { Subject: "Quick call" });
  assert.equal(done.success, true, JSON.stringify(done));
});

test("bulk queries and loads of the first generation, and what may not be done in bulk", async () => {
  const loaded = await conn.sobject("Lead").insertBulk([{ LastName: "Bulk", Company: "Bulk One" }]);
  assert.deepEqual(loaded.map((one) => one.success), [true]);
  const stream = await conn.bulk.query("SELECT Id, LastName FROM Lead WHERE Company = 'Bulk One'");
  const found = await stream.toArray();
  assert.deepEqual(found.map((one) => one.LastName), ["Bulk"]);
  const job = conn.bulk2.createJob({ object: "Lead", operation: "hardDelete" });
  await assert.rejects(job.open(), code("FEATURENOTENABLED"));
  const open = conn.bulk2.createJob({ object: "Lead", operation: "insert" });
  await open.open();
  await open.uploadData("LastName,Company\nNever,Bulk Two\n");
  await open.abort();
  assert.equal((await open.check()).state, "Aborted");
  assert.equal((await conn.query("SELECT Id FROM Lead WHERE Company = 'Bulk Two'")).totalSize, 0);
});

test("lists, tabs, themes and layouts; and nothing where nothing is", async () => {
  assert.ok((await conn.tabs()).some((tab) => tab.sobjectName === "Contact"));
  assert.ok((await conn.theme()).themeItems.length > 0);
  assert.ok((await conn.sobject("Account").compactLayouts()).compactLayouts.length > 0);
  assert.deepEqual(await conn.requestGet(`${ROOT}/process/approvals`), { approvals: {} });
  assert.ok((await conn.tooling.describeGlobal()).sobjects.length > 0);
  for (const method of ["get", "post", "put", "patch", "del"]) {
    await assert.rejects(conn.apex[method]("/Cti/log", {}), code("NOT_FOUND"));
  }
  await assert.rejects(conn.metadata.describe(), /FUNCTIONALITY_NOT_ENABLED|Metadata API/);
});
