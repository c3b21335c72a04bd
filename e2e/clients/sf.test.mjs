// The `sf` command line as it comes from npm, against a running org: signing in, data, bulk,
// rights, and what it says when something is wrong.
import assert from "node:assert/strict";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { until } from "../lib/offhook.mjs";
import { allow, connectedApp, jwtKey, Person, startOrg, startSf, token, tokens } from "./lib.mjs";

let org;
let sf;
let app;
let key;

before(async () => {
  org = await startOrg();
  key = await jwtKey();
  app = await connectedApp(org, { name: "Pipeline", certificate: key.certificate, approved: true });
  sf = await startSf(org);
}, { timeout: 120_000 });

after(async () => {
  await sf?.close();
  await key?.close();
  await org?.stop();
});

describe("signing in", () => {
  test("in a browser: the person allows it, the command goes on", async () => {
    // The command opens a browser; this one writes the address down.
    const browser = join(sf.home, "browser");
    const asked = join(sf.home, "asked");
    await writeFile(browser, `#!/bin/sh\nprintf '%s' "$1" > '${asked}'\n`);
    await chmod(browser, 0o755);
    const login = sf.json(["org", "login", "web", "--instance-url", org.console, "--alias", "web"], {
      env: { BROWSER: browser },
    });
    login.catch(() => {});
    const url = await until("the browser", 30_000, () => readFile(asked, "utf8").catch(() => ""));
    const back = await allow(org, url, org.admin);
    assert.match(back.href, /^http:\/\/localhost:1717\/OauthRedirect\?/);
    await fetch(back);
    const result = await login;
    assert.equal(result.username, org.admin.username);
    const again = await sf.json(["data", "query", "--query", "SELECT Id FROM User LIMIT 1", "-o", "web"]);
    assert.equal(again.totalSize, 1);
  });

  test("by JWT with the key of the app", async () => {
    const result = await sf.json([
      "org", "login", "jwt", "--username", org.admin.username, "--jwt-key-file", key.file,
      "--client-id", app.clientId, "--instance-url", org.console, "--alias", "jwt",
    ]);
    assert.match(result.orgId, /^00D/);
    const shown = await sf.json(["org", "display", "-o", "jwt"]);
    assert.equal(shown.username, org.admin.username);
    const user = await sf.json(["org", "display", "user", "-o", "jwt"]);
    assert.equal(user.profileName, "System Administrator");
  });

  test("with a token that somebody has", async () => {
    const result = await sf.json(
      ["org", "login", "access-token", "--instance-url", org.console, "--no-prompt", "--alias", "main", "--set-default"],
      { env: { SF_ACCESS_TOKEN: await token(org) } },
    );
    assert.equal(result.username, org.admin.username);
  });

  test("over https with a refresh token", async () => {
    const { refresh_token } = await tokens(org);
    const url = `force://PlatformCLI::${refresh_token}@${org.https.replace("https://", "")}`;
    const file = join(sf.home, "url.txt");
    await writeFile(file, url);
    const result = await sf.json(["org", "login", "sfdx-url", "--sfdx-url-file", file, "--alias", "tls"]);
    assert.equal(result.username, org.admin.username);
    const found = await sf.json(["data", "query", "--query", "SELECT Id FROM User LIMIT 1", "-o", "tls"]);
    assert.equal(found.totalSize, 1);
  });
});

describe("data", () => {
  test("is queried for people and for programs", async () => {
    const human = await sf.raw(["data", "query", "--query", "SELECT Name, Account.Name FROM Contact WHERE Name = 'Grace Whitaker'"]);
    assert.equal(human.code, 0, human.err);
    assert.match(human.out, /Grace Whitaker/);
    assert.match(human.out, /Total number of records retrieved: 1/);
    const csv = await sf.raw([
      "data", "query", "--result-format", "csv",
      "--query", "SELECT Id, Name, Owner.Name, (SELECT Id FROM Contacts) FROM Account LIMIT 2",
    ]);
    assert.equal(csv.code, 0, csv.err);
    assert.match(csv.out, /Owner\.Name/);
    const found = await sf.json(["data", "search", "--query", "FIND {5551234567} IN PHONE FIELDS RETURNING Contact(Id,Name)"]);
    assert.ok(JSON.stringify(found).includes("Grace Whitaker"));
    const bad = await sf.raw(["data", "query", "--query", "SELECT Colour FROM Contact", "--json"]);
    assert.match(bad.out, /INVALID_FIELD/);
  });

  test("is created, read, changed and deleted", async () => {
    const made = await sf.json([
      "data", "create", "record", "-s", "Task",
      "-v", "Subject='Call from sf' Status=Completed CallType=Inbound CallDurationInSeconds=30 IsReminderSet=true",
    ]);
    const read = await sf.json(["data", "get", "record", "-s", "Task", "-i", made.id]);
    assert.deepEqual([read.Subject, read.CallDurationInSeconds], ["Call from sf", 30]);
    await sf.json(["data", "update", "record", "-s", "Task", "-i", made.id, "-v", "Subject='Changed'"]);
    const again = await sf.json(["data", "get", "record", "-s", "Task", "-w", "Subject='Changed'"]);
    assert.equal(again.Id, made.id);
    await sf.json(["data", "delete", "record", "-s", "Task", "-i", made.id]);
    const gone = await sf.raw(["data", "get", "record", "-s", "Task", "-i", made.id, "--json"]);
    assert.notEqual(gone.code, 0);
  });

  test("is imported and exported in bulk and as a tree", async () => {
    const file = join(sf.home, "tasks.csv");
    await writeFile(file, "Subject,Status\nBulk one,Completed\nBulk two,Completed\n");
    const loaded = await sf.json(["data", "import", "bulk", "-s", "Task", "-f", file, "--wait", "2"]);
    assert.equal(loaded.processedRecords, 2);
    const out = join(sf.home, "out.csv");
    await sf.json([
      "data", "export", "bulk", "--query", "SELECT Subject FROM Task WHERE Subject LIKE 'Bulk %' ORDER BY Subject",
      "--output-file", out, "--result-format", "csv", "--wait", "2",
    ]);
    assert.equal(await readFile(out, "utf8"), '"Subject"\n"Bulk one"\n"Bulk two"\n'.replaceAll('"', (await readFile(out, "utf8")).includes('"') ? '"' : ""));
    const tree = join(sf.home, "tree.json");
    await writeFile(tree, JSON.stringify({ records: [{ attributes: { type: "Account", referenceId: "A1" }, Name: "Tree by sf" }] }));
    const planted = await sf.json(["data", "import", "tree", "--files", tree]);
    assert.match(planted[0].id, /^001/);
    await sf.json(["data", "export", "tree", "--query", "SELECT Name FROM Account WHERE Name = 'Tree by sf'", "--output-dir", sf.home]);
  });
});

describe("the org", () => {
  test("shows objects, limits, users", async () => {
    const objects = await sf.json(["sobject", "list"]);
    assert.ok(objects.includes("Contact"));
    const task = await sf.json(["sobject", "describe", "-s", "Task"]);
    assert.equal(task.name, "Task");
    const limits = await sf.json(["org", "list", "limits"]);
    assert.ok(limits.some((limit) => limit.name === "DailyApiRequests"));
    const users = await sf.json(["org", "list", "users"]);
    assert.ok(users.length > 0);
    const tooling = await sf.json(["data", "query", "--use-tooling-api", "--query", "SELECT Id, Name FROM ApexClass"]);
    assert.equal(tooling.totalSize, 0);
    const logs = await sf.json(["apex", "list", "log"]);
    assert.deepEqual(logs, []);
  });

  test("gives permission sets", async () => {
    const admin = await token(org);
    const answer = await fetch(`${org.console}/services/data/v64.0/sobjects/PermissionSet`, {
      method: "POST",
      headers: { authorization: `Bearer ${admin}`, "content-type": "application/json" },
      body: JSON.stringify({ Name: "Cti_User", Label: "CTI User" }),
    });
    assert.equal(answer.status, 201, await answer.text());
    const given = await sf.json(["org", "assign", "permset", "--name", "Cti_User", "--on-behalf-of", org.rep.username]);
    assert.equal(given.successes.length, 1, JSON.stringify(given));
  });

  test("opens in a browser without another password, once", async () => {
    const { url } = await sf.json(["org", "open", "--url-only", "-o", "main"]);
    // The command speaks https by now; the same org answers here.
    const { pathname, search } = new URL(url);
    const opened = await new Person(org).open(pathname + search);
    assert.equal(opened.response.status, 200);
    assert.match(opened.url.pathname, /^\/lightning\//);
    const second = await new Person(org).open(pathname + search);
    assert.doesNotMatch(second.url.pathname, /^\/lightning\/page/);
  });

  test("runs no Apex and says so", async () => {
    const { out, code } = await sf.raw(["apex", "run", "--json"], { input: "System.debug('hi');" });
    assert.notEqual(code, 0);
    assert.match(out, /Apex/);
  });
});
