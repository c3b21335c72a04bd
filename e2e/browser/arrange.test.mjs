// Record types, page layouts and list views as an admin arranges them, at a desk and on a phone:
// read by axe, moved by keyboard and by dragging, undone, saved. Pictures go to e2e/out.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { setStage } from "../lib/stage.mjs";

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const out = fileURLToPath(new URL("../out/", import.meta.url));
const CASE = "/lightning/setup/object-manager/Case";

async function serious(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { iframes: false }));
  return violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(" | ")}`);
}

/** The fields of the first section, in their order. */
const order = (page) =>
  page
    .locator('[data-list="field"]')
    .first()
    .locator("li")
    .evaluateAll((items) => items.map((item) => item.dataset.label));

describe("what admins arrange", () => {
  let stage;
  const made = {};
  before(async () => {
    await mkdir(out, { recursive: true });
    stage = await setStage();
    const { page, context } = await stage.browser.person(stage.offhook, stage.admin);
    const go = (path) => page.goto(stage.offhook.console + path);
    await go(`${CASE}/record-types/new`);
    await page.locator("main #label").fill("Repair");
    await page.getByRole("button", { name: "Save" }).click();
    await page.waitForURL(/record-types\/012/);
    made.type = new URL(page.url()).pathname;
    await go(`${CASE}/layouts/new`);
    await page.locator("main #name").fill("Repair Layout");
    await page.getByRole("button", { name: "Create" }).click();
    await page.locator("main #lists").waitFor();
    made.layout = new URL(page.url()).pathname;
    await go(`${CASE}/list-views/new`);
    await page.locator("main #label").fill("Hot cases");
    await page.getByLabel("Field of filter 1").selectOption("Priority");
    await page.getByLabel("Value of filter 1").fill("High");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "Hot cases" }).waitFor();
    made.view = await page.getByRole("link", { name: "Hot cases" }).getAttribute("href");
    await context.close();
  });
  after(() => stage.clear());

  for (const [size, viewport] of Object.entries({
    desk: { width: 1440, height: 900 },
    phone: { width: 390, height: 844 },
  })) {
    test(`has no serious finding of axe and no sideways scrolling (${size})`, async () => {
      const { page, context, problems } = await stage.browser.person(stage.offhook, stage.admin, { viewport });
      const pages = {
        object: CASE,
        "record-types": `${CASE}/record-types`,
        "record-type": made.type,
        "record-type-delete": `${made.type}/delete`,
        "record-type-access": `${CASE}/record-types/access`,
        layouts: `${CASE}/layouts`,
        layout: made.layout,
        "layout-new": `${CASE}/layouts/new`,
        "layout-access": `${CASE}/layouts/access`,
        "list-views": `${CASE}/list-views`,
        "list-view": made.view,
        "list-view-new": `${CASE}/list-views/new`,
      };
      const findings = [];
      for (const [name, path] of Object.entries(pages)) {
        const answer = await page.goto(stage.offhook.console + path);
        assert.equal(answer.status(), 200, path);
        await page.locator("main h1").first().waitFor();
        await page.waitForTimeout(300);
        await page.screenshot({ path: `${out}arrange-${name}-${size}.png` });
        for (const finding of await serious(page)) findings.push(`${name}: ${finding}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) findings.push(`${name}: ${wide} px wider than the screen`);
      }
      assert.deepEqual(findings, []);
      assert.deepEqual(problems, []);
      await context.close();
    });
  }

  test("moves a field at once by its button, says where it is, and undoes it", async () => {
    const { page, context } = await stage.browser.person(stage.offhook, stage.admin);
    await page.goto(stage.offhook.console + made.layout);
    const [first, second, ...rest] = await order(page);
    const undo = page.locator("[data-undo]");
    assert.equal(await undo.isVisible(), false, "there is nothing to undo yet");
    const button = page.getByRole("button", { name: `Move ${second} up`, exact: true });
    await button.focus();
    await page.keyboard.press("Enter");
    assert.deepEqual(await order(page), [second, first, ...rest]);
    assert.match(await page.locator("[data-said]").textContent(), new RegExp(`^${second}: 1 of `));
    assert.equal(await button.evaluate((b) => b === document.activeElement), true, "the focus stays");
    await undo.click();
    assert.deepEqual(await order(page), [first, second, ...rest]);
    assert.equal(await undo.isVisible(), false);
    await context.close();
  });

  test("drags a field to another place, and keeps it there when it is saved", async () => {
    const { page, context } = await stage.browser.person(stage.offhook, stage.admin);
    await page.goto(stage.offhook.console + made.layout);
    const before = await order(page);
    const items = page.locator('[data-list="field"]').first().locator("li");
    await items.nth(4).locator("strong").dragTo(items.nth(0).locator("strong"));
    const after = await order(page);
    assert.notDeepEqual(after, before);
    assert.deepEqual([...after].sort(), [...before].sort());
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Page Layouts of Case" }).waitFor();
    await page.goto(stage.offhook.console + made.layout);
    assert.deepEqual(await order(page), after);
    await context.close();
  });

  test("arranges without any script of ours", async () => {
    const { page, context } = await stage.browser.person(stage.offhook, stage.admin, { javaScriptEnabled: false });
    await page.goto(stage.offhook.console + made.layout);
    const items = page.locator('[data-list="field"]').first().locator("strong");
    const before = await items.allTextContents();
    await page.getByRole("button", { name: `Move ${before[1]} up`, exact: true }).click();
    await page.getByText("Not saved yet.").waitFor();
    const after = await items.allTextContents();
    assert.deepEqual(after.slice(0, 2), [before[1], before[0]]);
    await context.close();
  });
});
