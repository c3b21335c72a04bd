// The page of the documentation that lists the Console Toolkit, written from the table itself.

import { SIGNATURES, type Signature } from "./toolkit_table.ts";

const HEAD = `# The Console Toolkit: which signature does what

Written from \`ui/src/classic/toolkit_drives.ts\` and \`toolkit_refuses.ts\`, in \`ui\`, by
\`OFFHOOK_BLESS=1 node --test test/classic_table.test.mjs\`; the same test fails when this page
differs from them.

A page in the phone's panel or in a tab loads \`/support/console/{N}.0/integration.js\` (N from 20
to 99, on both origins) and finds all signatures at \`sforce.console\`, whatever N is. Each answers.
Those of the first list drive the real console. Those of the second answer
\`{success: false, message}\` with the reason given there, event handlers once as well.
`;

/** The whole page. */
export function toolkitPage(): string {
  const driven = SIGNATURES.filter(({ kind }) => kind === "drives");
  const refused = SIGNATURES.filter(({ kind }) => kind === "refuses");
  return [
    HEAD,
    `${SIGNATURES.length} signatures: ${driven.length} drive the console, ` +
      `${refused.length} are refused.`,
    "",
    "## What drives the console",
    "",
    table(driven, "What happens"),
    "",
    "## What is refused",
    "",
    table(refused, "Reason"),
    "",
  ].join("\n");
}

function table(signatures: readonly Signature[], last: string): string {
  const rows = signatures.map(
    (one) => `| \`${call(one)}\` | ${since(one)} | ${members(one)} | ${one.does} |`,
  );
  return [`| Signature | Since | Gives | ${last} |`, "|---|---|---|---|", ...rows].join("\n");
}

function call({ name, parameters }: Signature): string {
  const shown = parameters.map((one) => (one.optional ? `${one.name}?` : one.name));
  return `${name}(${shown.join(", ")})`;
}

function since({ since }: Signature): string {
  return since === null ? "not said" : `${since}.0`;
}

function members({ gives }: Signature): string {
  return gives.length === 0 ? "" : gives.map((member) => `\`${member}\``).join(", ");
}
