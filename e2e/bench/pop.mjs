// INVITE received to screen pop painted, over 100 calls with a million contacts in the org. One
// clock: the computer's. The server's milestones come from its log, the browser's from the page.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { inState } from "../lib/browser.mjs";
import { binary, until } from "../lib/offhook.mjs";
import { setStage } from "../lib/stage.mjs";

const run = promisify(execFile);
const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const contacts = option("contacts", 1_000_000);
const calls = option("calls", 100);

const folder = fileURLToPath(new URL(`../../target/bench/contacts-${contacts}`, import.meta.url));
const done = `${folder}/filled`;
if (!existsSync(done)) {
  await mkdir(folder, { recursive: true });
  console.log(`Filling an org with ${contacts} contacts (kept in target/bench for the next run)`);
  const { stdout } = await run(binary, ["fill", "--data-folder", folder, "--contacts", String(contacts)]);
  await writeFile(done, stdout);
  console.log(`  ${stdout.trim()}`);
}

const stage = await setStage({
  folder,
  set: ["calls.pop_moment=on_ring", "calls.ring_timeout_ms=20000"],
  log: "warn,offhook::milestone=debug",
});
const samples = [];
try {
  const { page } = await stage.rep();
  await page.evaluate(() => {
    // Notes when a record's panel is first painted: a frame after it is in the document.
    globalThis.painted = new Map();
    const look = () => {
      for (const main of document.querySelectorAll("main[data-record-id]")) {
        const id = `${main.dataset.recordId}`;
        if (main.offsetParent && !globalThis.painted.has(id)) {
          globalThis.painted.set(id, null);
          requestAnimationFrame(() => setTimeout(() => globalThis.painted.set(id, performance.timeOrigin + performance.now())));
        }
      }
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true });
  });
  for (let number = 0; number < calls; number++) {
    const phone = `+1202${2_000_000 + Math.floor(Math.random() * contacts)}`;
    const from = stage.offhook.output().length;
    const before = await page.evaluate(() => [...globalThis.painted.keys()]);
    const caller = await stage.caller("caller_gives_up.xml", { caller: phone, pauseMs: 1_500 });
    const paintedAt = await until("the pop", 10_000, () =>
      page.evaluate((before) => {
        const fresh = [...globalThis.painted].filter(([id, at]) => at && !before.includes(id));
        return fresh.length ? fresh[0][1] : null;
      }, before),
    );
    await caller.done;
    await caller.close();
    await inState(page, "ready");
    const milestones = new Map();
    for (const line of stage.offhook.output().slice(from).split("\n")) {
      const found = line.match(/^(\S+)\s+DEBUG offhook::milestone: (\w+)/);
      if (!found || milestones.has(found[2])) continue;
      // Date keeps milliseconds; the log has microseconds.
      const micros = Number(found[1].match(/\.(\d{6})/)?.[1] ?? 0);
      milestones.set(found[2], Math.floor(Date.parse(found[1]) / 1_000) * 1_000 + micros / 1_000);
    }
    samples.push({ ...Object.fromEntries(milestones), painted: paintedAt });
  }
} finally {
  await stage.clear();
}

const percentile = (values, p) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)];
};
const line = (name, values) => {
  const good = values.filter(Number.isFinite);
  const [p50, p99] = [percentile(good, 50), percentile(good, 99)];
  console.log(`| ${name} | ${p50?.toFixed(1)} | ${p99?.toFixed(1)} | ${good.length} |`);
};
const rooms = [
  ["trunk to engine: INVITE read, call row committed", "invite", "committed"],
  ["engine to socket: the ringing view is sent", "committed", "view"],
  ["browser: softphone draws, claims the pop, asks the host", "view", "search"],
  ["host: search and choice", "search", "found"],
  ["browser: tab opens, record is fetched", "found", "page"],
  ["console: record page rendered", "page", "rendered"],
  ["browser: painted", "rendered", "painted"],
];
console.log(`\n${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GiB; ${contacts} contacts; ${samples.length} calls`);
console.log("\n| span | p50 ms | p99 ms | calls |\n|---|---|---|---|");
for (const [name, from, to] of rooms) line(name, samples.map((s) => s[to] - s[from]));
line("server's side: all spans but the browser's", samples.map((s) => s.view - s.invite + (s.found - s.search) + (s.rendered - s.page)));
line("INVITE received to pop painted", samples.map((s) => s.painted - s.invite));
