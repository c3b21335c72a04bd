// The org as its admin made it, in a rep's hands: a custom object from Setup to its record, its
// dependent and several values, a list of the rep's own, one field changed in place, and two who
// change the same one. Pictures go to e2e/out.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startBrowser } from "../lib/browser.mjs";
import { startOffhook } from "../lib/offhook.mjs";

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const out = fileURLToPath(new URL("../out/", import.meta.url));
const MANAGER = "/lightning/setup/object-manager";
const VIEWPORTS = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

async function serious(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { iframes: false }));
  return violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(" | ")}`);
}

/** Sends a form of Setup as the page in the browser would. */
async function send(page, path, fields) {
  const status = await page.evaluate(
    async ([path, fields]) => {
      const { csrf } = JSON.parse(document.querySelector("#oh-boot").textContent);
      const body = new URLSearchParams([["_csrf", csrf], ...fields]);
      const answer = await fetch(path, { method: "POST", body });
      return `${answer.status} ${answer.url}`;
    },
    [path, fields],
  );
  assert.match(status, /^200 /, `${path}: ${status}`);
}

describe("the org's metadata in a rep's pages", () => {
  let offhook;
  let browser;
  let admin;
  let rep;
  let record;

  before(async () => {
    await mkdir(out, { recursive: true });
    offhook = await startOffhook();
    browser = await startBrowser();
    const login = (pattern) => offhook.logins.find((known) => pattern.test(known.role));
    admin = await browser.person(offhook, login(/admin/i));
    rep = await browser.person(offhook, login(/rep/i));
  });
  after(async () => {
    await browser?.close();
    await offhook?.stop();
  });

  const panel = (page) => page.locator("#oh-panels main");
  const goto = (page, path) => page.goto(offhook.console + path);
  const look = async (page, name) => {
    for (const [size, viewport] of Object.entries(VIEWPORTS)) {
      await page.setViewportSize(viewport);
      await page.waitForTimeout(250);
      await page.screenshot({ path: `${out}org-${name}-${size}.png` });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${name} is ${wide} px wider than the screen (${size})`);
      assert.deepEqual(await serious(page), [], `${name} (${size})`);
    }
    await page.setViewportSize(VIEWPORTS.desk);
  };

  test("an admin makes an object with fields, and a rep has its tab at once", async () => {
    const { page } = admin;
    await goto(page, `${MANAGER}/new`);
    const form = panel(page);
    await form.locator("#label").fill("Visit");
    await form.getByLabel("Plural Label").fill("Visits");
    await form.getByLabel("Record name").fill("Visit Name");
    await form.getByLabel("Has a tab").check({ force: true });
    await form.getByRole("button", { name: "Save" }).click();
    await page.waitForURL(/object-manager\/Visit__c/);
    const fields = `${MANAGER}/Visit__c/fields`;
    const add = (type, label, more = []) =>
      send(page, `${fields}/new`, [["type", type], ["label", label], ["visible_to", "everyone"], ...more]);
    await add("picklist", "Floor", [["values", "Attic\nCellar"]]);
    await add("picklist", "Fault", [["values", "Leak\nDraught\nDark"]]);
    const fault = [["label", "Fault"], ["values", "Leak\nDraught\nDark"], ["controller", "Floor__c"]];
    await send(page, `${fields}/Fault__c`, fault);
    const fits = [["fit", "0.0"], ["fit", "0.1"], ["fit", "1.0"], ["fit", "2.1"]];
    await send(page, `${fields}/Fault__c`, [...fault, ...fits]);
    await add("multi_picklist", "Tools", [["values", "Hammer\nLadder\nRope"]]);
    await add("percent", "Done", [["digits", "3"], ["scale", "0"]]);
    await add("date_time", "Met");
    await add("lookup", "Client", [["reference_to", "Contact"], ["children", "Visits"]]);
    await goto(rep.page, "/lightning/page/home");
    await rep.page.locator('#oh-header nav a[href="/lightning/o/Visit__c/list"]').first().waitFor({ state: "attached" });
  });

  test("a rep makes its record: dependent and several values, a lookup while typing", async () => {
    const { page, problems } = rep;
    await goto(page, "/lightning/o/Visit__c/list");
    await panel(page).getByRole("link", { name: "New Visit" }).click();
    const form = panel(page).locator("form.oh-form");
    await form.getByLabel("Visit Name").fill("First visit");
    const fault = form.getByLabel("Fault");
    const offered = () => fault.locator("option").allTextContents();
    assert.deepEqual(await offered(), ["--None--"]);
    await form.getByLabel("Floor").selectOption("Attic");
    assert.deepEqual(await offered(), ["--None--", "Leak", "Draught"]);
    await fault.selectOption("Draught");
    await form.getByLabel("Floor").selectOption("Cellar");
    assert.deepEqual(await offered(), ["--None--", "Leak", "Dark"]);
    assert.equal(await fault.inputValue(), "");
    await fault.selectOption("Dark");
    const tools = form.getByRole("group", { name: "Tools" });
    await tools.getByLabel("Rope").focus();
    await page.keyboard.press("Space");
    await tools.getByLabel("Hammer").focus();
    await page.keyboard.press("Space");
    const client = form.getByRole("textbox", { name: "Client" }).or(form.getByRole("combobox", { name: "Client" }));
    await client.click();
    await client.pressSequentially("a");
    const options = form.locator('.oh-suggestions [role="option"]');
    await options.first().waitFor();
    await look(page, "new");
    await client.click();
    await client.press("End");
    await options.first().waitFor();
    await page.keyboard.press("ArrowDown");
    const chosen = await form.locator('[role="option"][aria-selected="true"] .oh-suggestions__name').textContent();
    await page.keyboard.press("Enter");
    assert.equal(await client.inputValue(), chosen);
    await form.getByRole("button", { name: "Save", exact: true }).click();
    await page.waitForURL(/\/lightning\/r\/Visit__c\/[^/]+\/view/);
    record = new URL(page.url()).pathname;
    const main = panel(page);
    await main.getByText("Hammer; Rope").waitFor();
    await main.getByRole("link", { name: chosen }).first().waitFor();
    await look(page, "record");
    assert.deepEqual(problems, []);
  });

  test("one field is changed in its place by keyboard, and what is wrong is said there", async () => {
    const { page } = rep;
    await goto(page, record);
    const main = panel(page);
    await main.getByRole("link", { name: "Edit Done" }).focus();
    await page.keyboard.press("Enter");
    const done = main.locator("form[data-inline]").getByLabel("Done");
    await done.waitFor();
    assert.ok(await done.evaluate((input) => input === document.activeElement), "the field has the keyboard");
    await done.fill("many");
    await page.keyboard.press("Enter");
    await main.locator("#error-Done__c").waitFor();
    await look(page, "inline");
    await main.locator("form[data-inline]").getByLabel("Done").fill("40");
    await page.keyboard.press("Enter");
    await main.locator("form[data-inline]").waitFor({ state: "detached" });
    await main.getByText("40%").waitFor();
    await main.getByText("Hammer; Rope").dblclick();
    const open = main.getByRole("group", { name: "Tools" });
    await open.waitFor();
    await page.keyboard.press("Escape");
    await open.waitFor({ state: "detached" });
  });

  test("of two who change a record in place the second is told and loses nothing", async () => {
    const { page } = rep;
    await goto(page, record);
    const main = panel(page);
    const pencil = main.getByRole("link", { name: "Edit Visit Name" });
    await pencil.focus();
    await page.keyboard.press("Enter");
    const name = main.locator("form[data-inline]").getByLabel("Visit Name");
    await name.fill("Mine");
    const path = record.replace(/view$/, "field/Name");
    await goto(admin.page, record);
    await send(admin.page, path, [["Name", "Theirs"]]);
    await page.keyboard.press("Enter");
    await main.getByText("since you opened it. Nothing was saved.").waitFor();
    assert.equal(await name.inputValue(), "Mine");
    await main.getByText("Saved meanwhile: Theirs").waitFor();
    await look(page, "conflict");
    await main.locator("form[data-inline]").getByRole("button", { name: "Save" }).click();
    await main.getByRole("heading", { name: "Mine" }).waitFor();
  });

  test("a rep makes a list of their own, pins it, and has it first", async () => {
    const { page } = rep;
    await goto(page, "/lightning/o/Visit__c/list");
    const main = panel(page);
    await main.getByRole("link", { name: "New List" }).click();
    await main.getByLabel("List Name").fill("In the cellar");
    await main.getByLabel("Field of filter 1").selectOption({ label: "Floor" });
    await main.getByLabel("Value of filter 1").fill("Cellar");
    await main.getByLabel("Column 2").selectOption({ label: "Fault" });
    await look(page, "own-list");
    await main.getByRole("button", { name: "Save" }).click();
    await main.getByText("Floor equals Cellar").waitFor();
    await main.getByRole("link", { name: "Mine", exact: true }).waitFor();
    await main.getByRole("button", { name: "Pin" }).click();
    await main.getByRole("button", { name: "Pinned" }).waitFor();
    await look(page, "list");
    await goto(page, "/lightning/o/Visit__c/list");
    await panel(page).getByText("Floor equals Cellar").waitFor();
    await goto(admin.page, "/lightning/o/Visit__c/list");
    assert.equal(await panel(admin.page).getByText("In the cellar").count(), 0);
  });

  test("a record that is not there yet is made beside the form that looks it up", async () => {
    const { page } = rep;
    await goto(page, "/lightning/o/Visit__c/new");
    const form = panel(page).locator("form.oh-form");
    await form.getByLabel("Visit Name").fill("Second visit");
    await form.getByLabel("Client").click();
    await form.getByRole("option", { name: "New Contact…" }).click();
    await page.getByRole("heading", { name: "New Contact" }).waitFor();
    await panel(page).getByLabel("Last Name").fill("Newcomer");
    await panel(page).getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("heading", { name: "New Visit" }).waitFor();
    assert.equal(await panel(page).getByLabel("Client").inputValue(), "Newcomer");
    assert.equal(await panel(page).getByLabel("Visit Name").inputValue(), "Second visit");
    await panel(page).getByRole("button", { name: "Save", exact: true }).click();
    await panel(page).getByRole("link", { name: "Newcomer" }).first().waitFor();
  });

  test("a deleted record comes back by the Undo of its message", async () => {
    const { page } = rep;
    await goto(page, record);
    await panel(page).getByRole("link", { name: "Delete" }).click();
    await panel(page).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Undo" }).click();
    await panel(page).getByRole("heading", { name: "Mine" }).waitFor();
  });
});
