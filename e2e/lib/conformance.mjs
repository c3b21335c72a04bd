// A page of the documentation that a test run writes: each row is a method that was proven, and the
// committed page must be the one that the run makes.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Collects what was proven, by method. */
export class Proofs {
  #rows = new Map();

  /** Runs a proof; only what passes gets its row. */
  async prove(method, outcome, run) {
    await run();
    const known = this.#rows.get(method) ?? [];
    this.#rows.set(method, [...known, outcome]);
  }

  get methods() {
    return [...this.#rows.keys()].sort();
  }

  /** The rows as a table, in the order of the names. */
  table() {
    const rows = this.methods.map((method) => `| \`${method}\` | ${this.#rows.get(method).join("; ")} |`);
    return ["| Method | Proven |", "|---|---|", ...rows].join("\n");
  }
}

/** Compares the page with the committed one; with OFFHOOK_BLESS=1 it is written instead. */
export async function samePage(name, text) {
  const file = fileURLToPath(new URL(`../../docs/conformance/${name}`, import.meta.url));
  if (process.env.OFFHOOK_BLESS === "1") await writeFile(file, text);
  const hint = `docs/conformance/${name} is not what this run proves; OFFHOOK_BLESS=1 writes it anew`;
  assert.equal(await readFile(file, "utf8").catch(() => ""), text, hint);
}
