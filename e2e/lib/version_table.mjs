// The conformance tables in docs: written from the results of a run, and compared with what is
// committed. `OFFHOOK_BLESS=1` writes them anew.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const page = fileURLToPath(new URL("../../docs/conformance/open-cti.md", import.meta.url));

/**
 * The part between `<!-- NAME: from here -->` and `<!-- NAME: to here -->` must be the table of
 * these results. `rows` are `{method, since, cases, failed: Set of versions}`.
 */
export async function checkTable(name, versions, rows) {
  const before = `<!-- ${name}: from here -->\n`;
  const after = `<!-- ${name}: to here -->`;
  const text = await readFile(page, "utf8");
  const [start, end] = [text.indexOf(before), text.indexOf(after)];
  assert.ok(start >= 0 && end > start, `${page} has no place for ${name}`);
  const made = table(versions, rows);
  const now = text.slice(0, start + before.length) + made + text.slice(end);
  if (process.env.OFFHOOK_BLESS === "1") return writeFile(page, now);
  assert.equal(
    text.slice(start + before.length, end),
    made,
    "the table in docs/conformance/open-cti.md is not what this run gave; write it anew with OFFHOOK_BLESS=1",
  );
}

function table(versions, rows) {
  const head = ["Method", "Since", "Cases", ...versions];
  const line = (cells) => `| ${cells.join(" | ")} |\n`;
  const body = rows.map(({ method, since, cases, failed }) =>
    line([
      `\`${method}\``,
      since,
      cases,
      ...versions.map((version) => (failed.has(version) ? "no" : "yes")),
    ]),
  );
  return line(head) + line(head.map(() => "---")) + body.join("");
}
