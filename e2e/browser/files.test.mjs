// Files in the console, as a person has them: uploaded on a record's page with and without the
// script, seen in the page, downloaded byte by byte, replaced, deleted and taken back.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { startBrowser } from "../lib/browser.mjs";
import { startOffhook } from "../lib/offhook.mjs";

/** A picture of one red dot. */
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);

/** Bytes that no text is made of. */
const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7 + (n >> 8)) % 256));

let offhook;
let chromium;
let account;
let rep;

before(async () => {
  offhook = await startOffhook();
  rep = offhook.logins.find((login) => login.role === "sales rep");
  chromium = await startBrowser();
}, { timeout: 60_000 });

after(async () => {
  await chromium?.close();
  await offhook?.stop();
});

const files = (page) => page.locator("main:visible section.oh-files");

/** Opens an account of the demo; the same one for everybody. */
async function openAccount(page) {
  if (account === undefined) {
    await page.goto(`${offhook.console}/lightning/o/Account/list`);
    const link = page.locator("main:visible table a.oh-row-link").first();
    account = new URL(await link.getAttribute("href"), offhook.console).href;
  }
  await page.goto(account);
  await files(page).waitFor();
}

async function download(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

const chosen = (name, mimeType, buffer) => ({ name, mimeType, buffer });

test("files are uploaded several at once, seen, and come back byte by byte", { timeout: 90_000 }, async () => {
  const { page, problems, context } = await chromium.person(offhook, rep);
  await openAccount(page);
  await files(page).locator('input[type="file"]').setInputFiles([
    chosen("Offer ü.bin", "application/octet-stream", BYTES),
    chosen("dot.png", "image/png", PNG),
  ]);
  await page.getByText("2 of 2 files were uploaded.").waitFor();
  await files(page).getByText("Files (2)").waitFor();
  const row = files(page).locator("li.oh-file", { hasText: "Offer" });
  assert.match(await row.innerText(), /292 KB/);
  const got = await download(page, row.getByRole("link", { name: /Download/ }));
  assert.equal(got.name, "Offer ü.bin");
  assert.ok(got.bytes.equals(BYTES), "the bytes are others");
  await files(page).getByRole("link", { name: "dot.png", exact: true }).click();
  const picture = page.locator("main:visible .oh-preview img");
  await picture.waitFor();
  assert.equal(await picture.evaluate((img) => img.decode().then(() => img.naturalWidth)), 1);
  assert.deepEqual(problems, []);
  await context.close();
});

test("a file that is dropped is taken, and one that cannot be shown is downloaded", { timeout: 90_000 }, async () => {
  const { page, context } = await chromium.person(offhook, rep);
  await openAccount(page);
  const dropped = await page.evaluateHandle(() => {
    const carried = new DataTransfer();
    const html = "<script>document.title = 'run'</script>";
    carried.items.add(new File([html], "page.html", { type: "text/html" }));
    return carried;
  });
  await files(page).locator(".oh-files__drop").dispatchEvent("drop", { dataTransfer: dropped });
  await page.getByText("page.html was uploaded.").waitFor();
  await files(page).getByRole("link", { name: "page.html", exact: true }).click();
  await page.locator("main:visible").getByText("Files of this type are not shown here").waitFor();
  const href = await page.locator("main:visible").getByRole("link", { name: "Download", exact: true }).getAttribute("href");
  const sent = await page.evaluate(async (url) => {
    const answer = await fetch(url);
    return [...answer.headers].filter(([name]) => /content|frame/.test(name));
  }, href);
  const headers = Object.fromEntries(sent);
  assert.equal(headers["content-type"], "application/octet-stream");
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.match(headers["content-disposition"], /^attachment; /);
  assert.match(headers["content-security-policy"], /sandbox/);
  const preview = await page.request.get(`${offhook.console}${href.replace("download", "preview")}`);
  assert.equal(preview.status(), 404);
  await context.close();
});

test("a new version takes the place of the one before; deleted, it is taken back", { timeout: 90_000 }, async () => {
  const { page, context } = await chromium.person(offhook, rep);
  await openAccount(page);
  await files(page).locator('input[type="file"]').setInputFiles([chosen("plan.txt", "text/plain", Buffer.from("one"))]);
  await page.getByText("plan.txt was uploaded.").waitFor();
  await files(page).getByRole("link", { name: "plan.txt", exact: true }).click();
  const versions = page.locator("main:visible section.oh-files");
  await versions.getByText("Versions (1)").waitFor();
  await versions.getByLabel("What changed").fill("Typo");
  await versions.locator('input[type="file"]').setInputFiles([chosen("plan.txt", "text/plain", Buffer.from("two!"))]);
  await versions.getByText("Versions (2)").waitFor();
  await versions.getByText("Typo").waitFor();
  const latest = await download(page, page.locator("main:visible header").getByRole("link", { name: "Download" }));
  assert.equal(latest.bytes.toString(), "two!");
  const first = await download(page, versions.getByRole("link", { name: /version 1/ }));
  assert.equal(first.bytes.toString(), "one");
  await page.locator("main:visible header").getByRole("link", { name: "Delete" }).click();
  await page.getByText("and all its 2 versions").waitFor();
  await page.locator("main:visible").getByRole("button", { name: "Delete" }).click();
  await page.getByText("was deleted").waitFor();
  await page.locator("#oh-toasts").getByRole("button", { name: "Undo" }).click();
  await page.getByText("Versions (2)").first().waitFor();
  await context.close();
});

test("it works without the script, on a small screen", { timeout: 90_000 }, async () => {
  const viewport = { width: 390, height: 844 };
  const { page, context } = await chromium.person(offhook, rep, { viewport, javaScriptEnabled: false });
  await openAccount(page);
  const folder = offhook.folder;
  const path = join(folder, "without script.csv");
  await writeFile(path, "a,b\n1,2\n");
  await files(page).locator('input[type="file"]').setInputFiles([path]);
  await files(page).getByRole("button", { name: "Upload", exact: true }).click();
  await page.getByText("without script.csv was added.").waitFor();
  const row = files(page).locator("li.oh-file", { hasText: "without script.csv" });
  const href = await row.getByRole("link", { name: /Download/ }).getAttribute("href");
  const got = await page.request.get(offhook.console + href);
  assert.equal(await got.text(), "a,b\n1,2\n");
  assert.match(got.headers()["content-disposition"], /^attachment; filename="without script.csv"/);
  const box = await page.evaluate(() => document.documentElement.scrollWidth).catch(() => null);
  assert.ok(box === null || box <= 390, `the page is ${box} wide`);
  await context.close();
});
