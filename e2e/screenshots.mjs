// The pictures of the README: the demo in a real browser, with a real call on.
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { inState } from "./lib/browser.mjs";
import { press, setStage } from "./lib/stage.mjs";

const out = fileURLToPath(new URL("../docs/images/", import.meta.url));
await mkdir(out, { recursive: true });
const stage = await setStage({ set: ["calls.pop_moment=on_ring"] });
try {
  const { page } = await stage.rep();
  const caller = await stage.caller("caller_waits_for_bye.xml");
  await inState(page, "ringing");
  await page.waitForTimeout(1_500);
  await page.screenshot({ path: `${out}ringing.png` });
  await press(page, "Answer");
  await inState(page, "talking");
  await page.waitForTimeout(3_000);
  await page.screenshot({ path: `${out}console.png` });
  await press(page, "Hang up");
  await caller.done;
  await caller.close();
} finally {
  await stage.clear();
}
