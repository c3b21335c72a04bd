// Pictures of every scene of the softphone, in the panel's size, a phone's width and the narrowest,
// with an accessibility audit of each: `node dev/softphone-shots.mjs OUT [SCENE…]`. Needs the
// packages of e2e/ and a Chromium.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startMock } from "./softphone.mjs";
import { scenes } from "./softphone-scenes.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const require = createRequire(join(root, "e2e/package.json"));
const { chromium } = require("playwright-core");
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

const SIZES = { panel: [400, 500], phone: [390, 844], narrow: [300, 480] };
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];

const [out, ...wanted] = process.argv.slice(2);
await mkdir(out, { recursive: true });
const { origin, stop } = await startMock();
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: FLAGS });

/** What is done in a scene before its picture is taken. */
const ACTS = {
  "ready+recent": ["ready", (f) => f.getByRole("tab", { name: "Recent" }).click()],
  "ready+number": ["ready", (f) => f.getByLabel("Number").fill("+44 20 7946 0123")],
  "ready+emergency": ["ready", (f) => f.getByLabel("Number").fill("911")],
  "ready+audio": ["ready", (f) => f.getByRole("button", { name: "Audio settings" }).click()],
  "talking+keypad": [
    "talking",
    async (f) => {
      await f.getByRole("button", { name: "Keypad" }).click();
      for (const key of ["4", "2", "Hash"]) await f.getByRole("button", { name: key }).click();
    },
  ],
  "wrap_up_failed+save": [
    "wrap_up_failed",
    (f) => f.getByRole("button", { name: "Save log" }).click(),
  ],
};

async function shoot(name, size, act) {
  const [width, height] = SIZES[size];
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  page.on("console", (m) => m.type() === "error" && console.log(`${name}: ${m.text()}`));
  page.on("pageerror", (error) => console.log(`${name}: ${error.message}`));
  const [scene, run] = act ?? [name, async () => undefined];
  await page.goto(`${origin}/scene/${scene}`);
  const frame = page.frameLocator("iframe");
  await frame.locator("[data-state]").waitFor();
  await page.waitForTimeout(500);
  await run(frame);
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(out, `${name}.${size}.png`) });
  if (size !== "phone") await audit(page, `${name}.${size}`);
  await context.close();
}

async function audit(page, label) {
  const inner = page.frames()[1];
  // Through the debugger: the page's own policy lets no other script in.
  await inner.evaluate(axe);
  const { violations } = await inner.evaluate(() => globalThis.axe.run(document));
  for (const { id, impact, nodes } of violations) {
    console.log(`${label}: ${impact} ${id}: ${nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`);
  }
  const wide = await inner.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) console.log(`${label}: ${wide} px too wide`);
}

const all = [...Object.keys(scenes).map((name) => [name, null]), ...Object.entries(ACTS)];
for (const [name, act] of all) {
  if (wanted.length > 0 && !wanted.some((w) => name.startsWith(w))) continue;
  for (const size of Object.keys(SIZES)) await shoot(name, size, act);
}
await browser.close();
stop();
