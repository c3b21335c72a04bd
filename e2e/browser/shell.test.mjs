// The console's shell in a real browser, with canned pages in place of the server: tabs, the
// phone's frame that never reloads, forms, faults. Needs `ui/dist` (npm run build in ui/).
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

import { start } from "../../ui/test/dev-server.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const out = fileURLToPath(new URL("../out/", import.meta.url));
const LIST = "/lightning/o/Contact/list";
const HOME = "/lightning/page/home";
const view = (n) => `/lightning/r/Contact/00300000000000${n}AAA/view`;

describe("the console's shell", () => {
  let browser;
  let server;
  let context;
  let page;
  let problems;
  /** The status of an answer that the test asks for; browsers report it as an error. */
  let expectedStatus;

  before(async () => {
    await mkdir(out, { recursive: true });
    const flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync";
    const quiet = "--disable-background-networking --disable-component-update";
    browser = await chromium.launch({
      executablePath: process.env.OFFHOOK_TEST_CHROMIUM ?? "/usr/bin/chromium",
      args: [...flags.split(" "), ...quiet.split(" ")],
    });
  });
  after(() => browser.close());

  beforeEach(async () => {
    server = await start();
    expectedStatus = null;
    await openWindow();
  });
  afterEach(async () => {
    await context.close();
    server.stop();
    const told = `status of ${expectedStatus}`;
    assert.deepEqual(problems.filter((problem) => !problem.includes(told)), []);
  });

  async function openWindow(viewport = { width: 1440, height: 900 }) {
    await context?.close();
    context = await browser.newContext({ viewport });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
  }

  const go = (path) => page.goto(server.consoleOrigin + path);
  const adapter = () => page.frameLocator("iframe");
  const heard = () => adapter().locator("#heard").textContent();
  const adapterReady = () =>
    adapter().locator("#heard", { hasText: "settings" }).waitFor({ state: "attached" });
  const heading = (name) => page.locator("main").getByRole("heading", { name });
  const tab = (name) => page.getByRole("tab", { name, exact: true });
  const button = (name) => page.getByRole("button", { name, exact: true });
  const follow = (name) => page.locator("main").getByRole("link", { name, exact: true }).click();
  const openRecord = async (name) => {
    await follow(name);
    await heading(name).waitFor();
  };
  const tabs = () =>
    page.getByRole("tab").evaluateAll((all) =>
      all.map((t) => {
        const title = t.querySelector(".oh-tab__title").textContent;
        return t.ariaSelected === "true" ? `[${title}]` : title;
      }),
    );
  /** Calls a method of the library in the adapter and gives what its callback gets. */
  const call = (method, args = {}) =>
    adapter()
      .locator("body")
      .evaluate(
        (_, [method, args]) =>
          new Promise((callback) => sforce.opencti[method]({ ...args, callback })),
        [method, args],
      );
  const until = async (what, probe) => {
    const deadline = Date.now() + 15_000;
    while (!(await probe())) {
      assert.ok(Date.now() < deadline, `not within 15 s: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  test("keeps the phone's page alive while tabs open, move and close", async () => {
    await go(LIST);
    await adapterReady();
    const birth = () => adapter().locator("body").evaluate(() => window.birth);
    const born = await birth();
    await page.evaluate(() => (window.frameAtStart = document.querySelector("iframe")));
    await openRecord("Ann Smith");
    await follow("Bruno Keller");
    await heading("Bruno Keller").waitFor();
    await tab("Contacts").click();
    await follow("New");
    await button("Phone").click();
    await button("Phone").click();
    await page.keyboard.press("Alt+Shift+KeyW");
    await page.goBack();
    assert.equal(await birth(), born);
    const same = () => window.frameAtStart === document.querySelector("iframe");
    assert.ok(await page.evaluate(same));
    assert.equal(server.state.frames, 1);
  });

  test("brings tabs and subtabs back after a reload, and opens deep links", async () => {
    await go(LIST);
    await openRecord("Ann Smith");
    await openRecord("Bruno Keller");
    await tab("Contacts").click();
    await openRecord("Dana Levi");
    assert.deepEqual(await tabs(), ["Contacts", "Ann Smith", "[Dana Levi]"]);
    await page.reload();
    await heading("Dana Levi").waitFor();
    assert.deepEqual(await tabs(), ["Contacts", "Ann Smith", "[Dana Levi]"]);
    await tab("Ann Smith").click();
    await heading("Bruno Keller").waitFor();
    const front = ["[Ann Smith]", "Dana Levi", "Ann Smith", "[Bruno Keller]"];
    assert.deepEqual((await tabs()).slice(1), front);
    await go(view(5));
    await heading("Emil Sørensen").waitFor();
    assert.deepEqual(await tabs(), ["Contacts", "Ann Smith", "Dana Levi", "[Emil Sørensen]"]);
  });

  test("follows the browser's back and forward buttons", async () => {
    await go(LIST);
    await openRecord("Ann Smith");
    assert.ok(page.url().endsWith(view(1)));
    assert.match(await page.title(), /^Ann Smith/);
    await page.goBack();
    await heading("Contacts").waitFor();
    assert.ok(page.url().endsWith(LIST));
    await page.goForward();
    await heading("Ann Smith").waitFor();
    assert.deepEqual(await tabs(), ["Contacts", "[Ann Smith]"]);
  });

  test("keeps what is typed and scrolled in a tab that is not in front", async () => {
    await go(LIST);
    await openRecord("Ann Smith");
    const panel = page.getByRole("tabpanel");
    await panel.evaluate((element) => element.scrollTo(0, 150));
    await tab("Contacts").click();
    await follow("New");
    await page.getByLabel("Name").fill("Half a na");
    await tab("Ann Smith").click();
    assert.equal(await panel.evaluate((element) => element.scrollTop), 150);
    await page.getByRole("tab", { name: /New Contact/ }).click();
    assert.equal(await page.getByLabel("Name").inputValue(), "Half a na");
  });

  test("asks before entries are lost, and not over the phone", async () => {
    await go("/lightning/o/Contact/new");
    await page.getByLabel("Name").fill("Half a name");
    await page.keyboard.press("Alt+Shift+KeyW");
    const question = page.getByRole("alertdialog");
    await question.waitFor();
    await button("Phone").click();
    await page.locator("#oh-phone.slds-is-open").waitFor();
    await button("Keep editing").click();
    assert.equal(await page.getByLabel("Name").inputValue(), "Half a name");
    await page.getByLabel("Name").focus();
    await page.keyboard.press("Alt+Shift+KeyW");
    await button("Discard changes").click();
    assert.deepEqual(await tabs(), ["[Home]"]);
    await page.keyboard.press("Alt+Shift+KeyT");
    await page.getByLabel("Name").waitFor();
    assert.equal(await page.getByLabel("Name").inputValue(), "");
  });

  test("sends forms in place: a refusal keeps the form, a success shows the record", async () => {
    await go(LIST);
    await openRecord("Ann Smith");
    await follow("Edit");
    expectedStatus = 422;
    await page.getByLabel("Name").fill("");
    await button("Save").click();
    await page.getByText("Name: enter a name.").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "Name");
    await page.getByLabel("Name").fill("Ann Baker");
    await page.keyboard.press("Enter");
    await heading("Ann Baker").waitFor();
    await page.getByText("Ann Baker was saved.").waitFor();
    assert.deepEqual(await tabs(), ["Contacts", "[Ann Baker]"]);
    await tab("Contacts").click();
    await page.locator("main").getByRole("link", { name: "Ann Baker" }).waitFor();
  });

  test("closes the tab of a deleted record and shows the list without it", async () => {
    await go(LIST);
    await openRecord("Ann Smith");
    await follow("Delete");
    await button("Delete").click();
    await heading("Contacts").waitFor();
    await until("the list without her", async () => !(await page.content()).includes("Ann Smith"));
    assert.deepEqual(await tabs(), ["[Contacts]"]);
    await page.getByText("Deleted a contact.").waitFor();
    await openRecord("Bruno Keller");
    await button("Undo").click();
    await heading("Ann Smith").waitFor();
    assert.deepEqual(await tabs(), ["Contacts", "Bruno Keller", "[Ann Smith]"]);
    await tab("Contacts").click();
    await page.locator("main").getByRole("link", { name: "Ann Smith" }).waitFor();
  });

  test("closes the form of a new record when it is cancelled", async () => {
    await go(LIST);
    await follow("New");
    await page.getByLabel("Name").fill("Half a name");
    await follow("Cancel");
    await heading("Contacts").waitFor();
    assert.deepEqual(await tabs(), ["[Contacts]"]);
  });

  test("moves along the tabs by keyboard", async () => {
    await go(LIST);
    await openRecord("Ann Smith");
    await tab("Contacts").click();
    await openRecord("Bruno Keller");
    await tab("Bruno Keller").focus();
    await page.keyboard.press("ArrowLeft");
    assert.deepEqual(await tabs(), ["Contacts", "Ann Smith", "[Bruno Keller]"]);
    await page.keyboard.press("Enter");
    assert.deepEqual(await tabs(), ["Contacts", "[Ann Smith]", "Bruno Keller"]);
    await page.keyboard.press("Delete");
    assert.deepEqual(await tabs(), ["Contacts", "[Bruno Keller]"]);
    const focused = () => document.activeElement.querySelector(".oh-tab__title")?.textContent;
    assert.equal(await page.evaluate(focused), "Bruno Keller");
    await page.keyboard.press("Home");
    await page.keyboard.press("Space");
    assert.deepEqual(await tabs(), ["[Contacts]", "Bruno Keller"]);
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.getByRole("dialog").count(), 0);
  });

  test("opens and minimises the phone by keyboard", async () => {
    await go(HOME);
    const phone = button("Phone");
    assert.equal(await phone.getAttribute("aria-expanded"), "false");
    await phone.focus();
    await page.keyboard.press("Enter");
    assert.equal(await phone.getAttribute("aria-expanded"), "true");
    await page.reload();
    assert.equal(await phone.getAttribute("aria-expanded"), "true", "as it was before");
    await phone.focus();
    await page.keyboard.press("Escape");
    assert.equal(await phone.getAttribute("aria-expanded"), "false");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Phone");
  });

  test("turns a click on a number into one event and opens the phone", async () => {
    await go(LIST);
    await page.locator("body.oh-click-to-dial").waitFor();
    await page.getByText("(415) 555-1211").dblclick();
    await until("the event", async () => (await heard()).includes("dial"));
    const events = (await heard()).split("\n").filter((line) => line.startsWith("dial"));
    assert.deepEqual(events, [
      `dial ${JSON.stringify({
        number: "+14155551211",
        recordId: "003000000000002AAA",
        recordName: "Bruno Keller",
        objectType: "Contact",
      })}`,
    ]);
    await page.locator("#oh-phone.slds-is-open").waitFor();
  });

  test("pops records in order, each in its own tab, and focuses one that is open", async () => {
    await go(HOME);
    await adapterReady();
    const pops = [1, 2, 3, 1].map((n) =>
      call("screenPop", { type: "sobject", params: { recordId: `00300000000000${n}AAA` } }),
    );
    const replies = await Promise.all(pops);
    for (const reply of replies) assert.equal(reply.success, true);
    await heading("Ann Smith").waitFor();
    const open = ["Home", "[Ann Smith]", "Bruno Keller", "Chidi Okafor"];
    await until("all tabs", async () => (await tabs()).join() === open.join());
    const told = (await heard()).split("\n").filter((line) => line.startsWith("at "));
    assert.match(told.at(-1), /Ann Smith$/);
  });

  test("moves the keyboard to a popped record, but never out of the phone", async () => {
    const pop = (n) =>
      call("screenPop", { type: "sobject", params: { recordId: `00300000000000${n}AAA` } });
    const focused = () =>
      page.evaluate(() => document.activeElement.id || document.activeElement.tagName);
    await go("/lightning/o/Contact/new");
    await adapterReady();
    await page.getByLabel("Name").focus();
    await pop(1);
    await heading("Ann Smith").waitFor();
    assert.equal(await focused(), "oh-main");
    await page.getByRole("tab", { name: "New Contact" }).click();
    await button("Phone").click();
    await page.locator("iframe").focus();
    await pop(2);
    await heading("Bruno Keller").waitFor();
    assert.equal(await focused(), "IFRAME");
  });

  test("offers a page outside the console instead of leaving it", async () => {
    await go(HOME);
    await adapterReady();
    await call("screenPop", { type: "url", params: { url: "https://outside.example/page" } });
    const link = page.getByRole("link", { name: "outside.example/page" });
    assert.equal(await link.getAttribute("href"), "https://outside.example/page");
    await call("screenPop", { type: "url", params: { url: "javascript:alert(1)" } });
    assert.equal(await page.locator(".oh-toast").count(), 1);
    await call("screenPop", { type: "url", params: { url: server.consoleOrigin + LIST } });
    await heading("Contacts").waitFor();
  });

  test("does what the adapter sets, and tells it what is shown", async () => {
    await go(view(1));
    await adapterReady();
    await call("setSoftphonePanelVisibility", { visible: true });
    assert.deepEqual((await call("isSoftphonePanelVisible")).returnValue, { visible: true });
    await call("setSoftphonePanelHeight", { heightPX: 300 });
    await call("setSoftphonePanelWidth", { widthPX: 320 });
    const box = await page.locator("iframe").boundingBox();
    assert.equal(box.height, 300);
    assert.ok(Math.abs(box.width - 320) <= 2, `${box.width} px wide`);
    assert.equal((await call("setSoftphonePanelHeight", { heightPX: 2560 })).success, true);
    const tall = await page.locator("#oh-phone").boundingBox();
    assert.ok(tall.y >= 0 && tall.height < 900, "fitted to the window");
    await call("setSoftphoneItemLabel", { label: "Ringing Ann" });
    await button("Ringing Ann").waitFor();
    const info = (await call("getAppViewInfo")).returnValue;
    assert.deepEqual(info, {
      url: server.consoleOrigin + view(1),
      recordId: "003000000000001AAA",
      recordName: "Ann Smith",
      objectType: "Contact",
    });
    assert.equal((await call("publish", { channelName: "Dial__c", message: {} })).success, true);
    const refusal = await call("saveLog", { value: { entityApiName: "Task" } });
    assert.equal(refusal.errors[0].code, "GENERIC_ERROR");
  });

  test("shows a ringing call in title and icon of a window that is out of sight", async () => {
    await go(HOME);
    await adapterReady();
    const icon = () => page.locator('link[rel="icon"]').getAttribute("href");
    const resting = await icon();
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await call("setSoftphoneItemIcon", { key: "incoming_call" });
    await call("setSoftphoneItemLabel", { label: "Incoming: Ann Smith" });
    assert.match(await page.title(), /^Incoming: Ann Smith \|/);
    assert.notEqual(await icon(), resting);
    assert.equal(await page.locator('[data-urgency="ringing"]').count(), 1);
    await page.evaluate(() => {
      delete document.hidden;
      document.dispatchEvent(new Event("visibilitychange"));
    });
    assert.match(await page.title(), /^Home \|/);
    assert.equal(await icon(), resting);
  });

  test("gives our own phone page a fresh address when it starts over by itself", async () => {
    await go(HOME);
    await adapterReady();
    await adapter().locator("body").evaluate(() => location.reload());
    await until("a second address", () => server.state.frames === 2);
    await until("a quiet frame", async () => (await heard().catch(() => "")).includes("settings"));
    assert.equal(server.state.frames, 2);
    await follow("Contacts");
    await until("events for the new page", async () => (await heard()).includes(LIST));
  });

  test("says why there is no phone, and loads it once the reason is gone", async () => {
    server.state.problem = "You are in no call center.";
    await go(HOME);
    await button("Phone").click();
    await page.getByText("You are in no call center.").waitFor();
    server.state.problem = null;
    await button("Load the phone again").click();
    await adapterReady();
    assert.equal(await page.getByText("You are in no call center.").count(), 0);
  });

  test("shows no phone to somebody without one", async () => {
    server.state.phone = false;
    await go(HOME);
    await page.getByRole("tab").first().waitFor();
    assert.equal(await page.locator("iframe").count(), 0);
    assert.equal(await page.locator("#oh-utility").isVisible(), false);
  });

  test("shows what went wrong with a page and tries it again", async () => {
    await go(LIST);
    await page.locator("main").evaluate((main) => {
      main.insertAdjacentHTML("beforeend", '<a href="/lightning/broken">Broken</a>');
    });
    expectedStatus = 500;
    await follow("Broken");
    await heading("The server could not show this page").waitFor();
    await button("Try again").click();
    await heading("The server could not show this page").waitFor();
  });

  test("goes to the sign-in page when the session is over, and back to here after it", async () => {
    await go(LIST);
    await adapterReady();
    expectedStatus = 401;
    server.state.signedIn = false;
    await follow("Ann Smith");
    await page.waitForURL(/\/login\?next=/);
    assert.equal(new URL(page.url()).searchParams.get("next"), view(1));
  });

  for (const [size, viewport] of Object.entries({
    desk: { width: 1440, height: 900 },
    phone: { width: 390, height: 844 },
  })) {
    test(`has no serious finding of axe and no sideways scrolling (${size})`, async () => {
      await openWindow(viewport);
      await go(LIST);
      for (const name of ["Ann Smith", "Bruno Keller"]) await openRecord(name);
      await page.screenshot({ path: `${out}shell-tabs-${size}.png` });
      const findings = await seriousFindings();
      await button("Tab actions").click();
      findings.push(...(await seriousFindings()));
      await page.keyboard.press("Escape");
      await button("Phone").click();
      await adapterReady();
      await page.locator("#oh-phone").evaluate((panel) =>
        Promise.all(panel.getAnimations().map((animation) => animation.finished)),
      );
      findings.push(...(await seriousFindings()));
      await page.screenshot({ path: `${out}shell-phone-${size}.png` });
      await page.keyboard.press("Escape");
      await page.keyboard.press("?");
      findings.push(...(await seriousFindings()));
      await page.screenshot({ path: `${out}shell-help-${size}.png` });
      assert.deepEqual(findings, []);
      const wide = () => document.documentElement.scrollWidth - innerWidth;
      assert.ok((await page.evaluate(wide)) <= 0);
    });
  }

  async function seriousFindings() {
    await page.evaluate(axe);
    const run = () => globalThis.axe.run(document, { iframes: false });
    const { violations } = await page.evaluate(run);
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(" | ")}`);
  }
});
