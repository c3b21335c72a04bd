// The table of the Console Toolkit: complete, and the documentation says what the code has.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { load, ui } from "./load.mjs";

const { SIGNATURES } = await load("src/classic/toolkit_table.ts");
const { toolkitPage } = await load("src/classic/toolkit_page.ts");

test("the table has the 124 documented signatures, and setTabTextStyle, each once", () => {
  const names = SIGNATURES.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.equal(names.length, 125);
});

test("all tab, focus, title, icon, listener and call methods drive the console", () => {
  const kinds = /^(cti\.|open|close|focus(?!Sidebar)|refresh|setTab|get.*Tab|on|add|remove|fire)/;
  const refused = SIGNATURES.filter(({ name, kind }) => kinds.test(name) && kind === "refuses");
  assert.deepEqual(refused, []);
});

test("the page of the documentation is the one that the table makes", async () => {
  const page = join(ui, "../docs/conformance/console-toolkit.md");
  if (process.env.OFFHOOK_BLESS === "1") await writeFile(page, toolkitPage());
  const hint = "write it anew with OFFHOOK_BLESS=1 node --test test/classic_table.test.mjs in ui";
  assert.equal(await readFile(page, "utf8"), toolkitPage(), hint);
});
