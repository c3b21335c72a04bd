// A softphone that is a page of markup (`/apex/NAME`) with server scripts behind runApex, in a real
// browser: written in Setup by an admin, used by a rep.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";

import { adapterFrame, assignCallCenter, definition, userOf } from "../lib/adapters.mjs";
import { startBrowser } from "../lib/browser.mjs";
import { startOffhook, until } from "../lib/offhook.mjs";
import { records } from "../lib/tasks.mjs";

const KNOWN = "+15551234567";
const fixture = (name) => readFile(new URL(`../fixtures/pages/${name}`, import.meta.url), "utf8");

/** Writes a script or page as an admin does: the form, and where it leads. */
async function write(page, origin, kind, name, body) {
  await page.goto(`${origin}/lightning/setup/code/${kind}/new`);
  await page.fill("#code-name", name);
  await page.fill("#code-body", body);
  await page.click("form .slds-button_brand[type=submit]");
  await page.locator("h1", { hasText: name }).waitFor();
}

describe("a softphone that is a page", { timeout: 240_000 }, () => {
  let offhook;
  let browser;
  let admin;
  let rep;
  let frame;

  before(async () => {
    offhook = await startOffhook();
    browser = await startBrowser();
    const login = (name) => offhook.logins.find((one) => one.username.startsWith(name));
    admin = await browser.person(offhook, login("ana."));
    rep = await browser.person(offhook, login("sam."));
    const { page } = admin;
    await write(page, offhook.console, "classes", "PagePhone.CallHelper", await fixture("call_helper.js"));
    await write(page, offhook.console, "pages", "PagePhone", await fixture("softphone.html"));
    const card = "<apex:page><p id='card'>{!$CurrentPage.parameters.ani} for {!$User.FirstName}</p></apex:page>";
    await write(page, offhook.console, "pages", "CallerCard", card);
    const text = definition("PagePhone", "/apex/PagePhone", "Lightning");
    await assignCallCenter(page, text, await userOf(rep.page));
    await rep.page.evaluate(() => sessionStorage.clear());
    await rep.page.evaluate(() => localStorage.clear());
    await rep.page.goto(`${offhook.console}/lightning/page/home`);
    frame = await adapterFrame(rep.page, "/apex/PagePhone", () => Boolean(globalThis.sforce?.opencti));
  });
  after(async () => {
    await browser?.close();
    await offhook?.stop();
  });

  test("knows its user, on the pages origin", async () => {
    assert.ok(frame.url().startsWith(`${offhook.pages}/apex/PagePhone?mode=Lightning&`), frame.url());
    assert.match(await frame.textContent("h1"), /^Phone of Sam/);
    assert.equal(await frame.evaluate(() => me), await userOf(rep.page));
  });

  test("runApex gives records and texts, and a plus stays a plus", async () => {
    const id = await frame.evaluate((number) => ring(number), KNOWN);
    assert.match(id, /^003/);
    await until("the pop", 5_000, () => rep.page.url().includes(`/lightning/r/Contact/${id}`));
    const echo = await frame.evaluate(() => run("echo", "fromNumber=+14155551212&toNumber=+1200&x=a%20b"));
    assert.deepEqual(echo, {
      success: true,
      returnValue: { runApex: '{"fromNumber":"+14155551212","toNumber":"+1200","x":"a b"}' },
      errors: null,
    });
    const params = `number=${KNOWN}&who=${id}`;
    const log = await frame.evaluate((params) => run("logCall", params), params);
    const [task] = await records(offhook, "task", `id = '${log.returnValue.runApex}'`);
    assert.equal(task.Subject, `Call ${KNOWN}`);
  });

  test("failures, limits and missing rights are answered as the contract says", async () => {
    const said = async (method) => {
      const answer = await frame.evaluate((method) => run(method), method);
      assert.equal(answer.success, false);
      assert.equal(answer.returnValue, null);
      assert.equal(answer.errors[0].code, "SERVER_ERROR");
      assert.equal(answer.errors[0].description, "A problem was encountered on the server.");
      return answer.errors[0].details.message;
    };
    assert.match(await said("fail"), /the far end is gone \(line \d+, column \d+\)/);
    assert.match(await said("hang"), /took too long/);
    assert.match(await said("audit"), /SetupAuditTrail/);
    assert.match(await said("nothing"), /has no method nothing/);
    assert.deepEqual(await records(offhook, "task", "subject = 'Never kept'"), []);
  });

  test("another page pops in a tab with its parameters", async () => {
    await frame.evaluate((number) => show(number), KNOWN);
    const card = await adapterFrame(rep.page, "/apex/CallerCard", () => Boolean(document.getElementById("card")));
    assert.match(await card.textContent("#card"), /^\+15551234567 for Sam/);
  });

  test("the admin sees the runs and the tests, without what was passed", async () => {
    await admin.page.goto(`${offhook.console}/lightning/setup/script-log`);
    const table = await admin.page.textContent("#oh-main table");
    assert.match(table, /PagePhone\.CallHelper\.hang/);
    assert.match(table, /limit: time/);
    assert.doesNotMatch(table, /4155551212/);
    await admin.page.goto(`${offhook.console}/lightning/setup/code/classes`);
    await admin.page.click("text=PagePhone.CallHelper");
    await admin.page.click("text=Run its tests (1)");
    await admin.page.locator("text=Passed:").first().waitFor();
    assert.match(await admin.page.textContent("#oh-main"), /Passed:/);
  });
});
