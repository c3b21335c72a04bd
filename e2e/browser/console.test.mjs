// The console as a demanding user sees it: every kind of page, at a desk and on a phone, read by
// axe; keyboard; nothing that is visible leads nowhere. Pictures go to e2e/out.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { inState, openPhone, softphone } from "../lib/browser.mjs";
import { contactWith, setStage } from "../lib/stage.mjs";

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const out = fileURLToPath(new URL("../out/", import.meta.url));

async function serious(frame) {
  await frame.evaluate(axeSource);
  const { violations } = await frame.evaluate(() => globalThis.axe.run(document, { iframes: false }));
  return violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(" | ")}`);
}

describe("the console", () => {
  let stage;
  let contact;
  before(async () => {
    await mkdir(out, { recursive: true });
    stage = await setStage();
    contact = await contactWith(stage.offhook, "5551234567");
  });
  after(() => stage.clear());

  const pages = () => [
    ["home", "/lightning/page/home"],
    ["list", "/lightning/o/Contact/list"],
    ["record", `/lightning/r/Contact/${contact.id}/view`],
    ["new", "/lightning/o/Contact/new"],
    ["edit", `/lightning/r/Contact/${contact.id}/edit`],
    ["search", "/lightning/search?q=5551234567"],
  ];

  /** Every place that Setup's navigation names, whoever adds one. */
  async function setupPages(page) {
    await page.goto(`${stage.offhook.console}/lightning/setup/home`);
    const paths = await page
      .locator(".oh-setup__places a")
      .evaluateAll((links) => links.map((link) => link.pathname));
    assert.ok(paths.length > 20, `${paths.length} places`);
    return paths.map((path) => [path.replace("/lightning/", "").replaceAll("/", "-"), path]);
  }

  for (const [size, viewport] of Object.entries({
    desk: { width: 1440, height: 900 },
    phone: { width: 390, height: 844 },
  })) {
    test(`has no serious finding of axe and no sideways scrolling (${size})`, async () => {
      const { page, context, problems } = await stage.browser.person(stage.offhook, stage.admin, { viewport });
      const findings = [];
      for (const [name, path] of [...pages(), ...(await setupPages(page))]) {
        const answer = await page.goto(stage.offhook.console + path);
        assert.equal(answer.status(), 200, path);
        await page.locator("main").first().waitFor();
        await page.waitForTimeout(400);
        await page.screenshot({ path: `${out}${name}-${size}.png` });
        for (const finding of await serious(page.mainFrame())) findings.push(`${name}: ${finding}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) findings.push(`${name}: ${wide} px wider than the screen`);
      }
      await openPhone(page);
      const frame = await softphone(page);
      await inState(page, "ready");
      await page.waitForTimeout(400);
      await page.screenshot({ path: `${out}phone-${size}.png` });
      for (const finding of await serious(frame)) findings.push(`softphone: ${finding}`);
      assert.deepEqual(findings, []);
      assert.deepEqual(problems, []);
      await context.close();
    });
  }

  test("leads nowhere dead: every link of every page answers", async () => {
    const { page, context } = await stage.browser.person(stage.offhook, stage.admin);
    const seen = new Map();
    for (const [, path] of [...pages(), ...(await setupPages(page))]) {
      await page.goto(stage.offhook.console + path);
      await page.locator("main").first().waitFor();
      const links = await page.evaluate(() =>
        [...document.querySelectorAll("a[href]")].map((a) => a.href).filter((h) => h.startsWith(location.origin)),
      );
      for (const link of links) seen.set(link.split("#")[0], path);
    }
    const dead = [];
    const statuses = await page.evaluate(async (urls) => {
      const found = [];
      while (urls.length > 0) {
        const some = urls.splice(0, 6).map(async (url) => [url, (await fetch(url)).status]);
        found.push(...(await Promise.all(some)));
      }
      return found;
    }, [...seen.keys()]);
    for (const [link, status] of statuses) {
      if (status >= 400) dead.push(`${link} (on ${seen.get(link)}): ${status}`);
    }
    assert.ok(seen.size > 50, `${seen.size} links`);
    assert.deepEqual(dead, []);
    await context.close();
  });

  test("finds a place of Setup by its words, and goes there by Enter", async () => {
    const { page, context } = await stage.browser.person(stage.offhook, stage.admin);
    await page.goto(`${stage.offhook.console}/lightning/setup/home`);
    const navigation = page.getByRole("navigation", { name: "Setup" });
    const find = navigation.getByRole("searchbox");
    await find.fill("no such page");
    await navigation.getByRole("status").getByText("No Setup page of that name.").waitFor();
    assert.equal(await navigation.getByRole("link").count(), 0);
    await find.fill("set perm");
    assert.deepEqual(await navigation.getByRole("link").allInnerTexts(), [
      "Permission Sets",
      "Permission Set Groups",
    ]);
    await find.press("Enter");
    await page.waitForURL(/\/setup\/rows\/PermissionSet$/);
    await context.close();
  });

  test("keeps Setup's places in a menu on a phone", async () => {
    const viewport = { width: 390, height: 844 };
    const { page, context } = await stage.browser.person(stage.offhook, stage.admin, { viewport });
    await page.goto(`${stage.offhook.console}/lightning/setup/users`);
    const navigation = page.getByRole("navigation", { name: "Setup" });
    assert.equal(await navigation.getByRole("link").count(), 0);
    await navigation.getByText("Users").first().click();
    await navigation.getByRole("link", { name: "Backups" }).click();
    await page.waitForURL(/\/setup\/backups$/);
    await context.close();
  });

  test("keeps the softphone's frame while tabs change and the call center's users only see it", async () => {
    const { page, context } = await stage.rep();
    const frame = await softphone(page);
    await frame.evaluate(() => (globalThis.markOfThisFrame = 42));
    await page.getByRole("link", { name: "Contacts" }).first().click();
    await page.waitForURL(/\/lightning\/o\/Contact\//);
    await page.locator('main a[href*="/lightning/r/Contact/"]:visible').first().click();
    await page.waitForURL(/\/lightning\/r\/Contact\//);
    const same = await softphone(page);
    assert.equal(await same.evaluate(() => globalThis.markOfThisFrame), 42);
    await context.close();
  });

  test("asks for a sign-in again after signing out", async () => {
    const { page, context } = await stage.browser.person(stage.offhook, stage.reps[0]);
    const boot = await page.evaluate(() => JSON.parse(document.querySelector("#oh-boot").textContent));
    const status = await page.evaluate(async (csrf) => {
      const body = new URLSearchParams({ _csrf: csrf });
      return (await fetch("/logout", { method: "POST", body })).status;
    }, boot.csrf);
    assert.ok(status < 400, `sign-out answers ${status}`);
    // The page that signed out may be on its way to the login page by itself: another one asks.
    const asked = await context.newPage();
    await asked.goto(`${stage.offhook.console}/lightning/page/home`);
    assert.match(asked.url(), /\/login/);
    await context.close();
  });
});
