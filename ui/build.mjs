// Builds everything that runs in the browser into dist/: the console, the softphone, the Open CTI
// libraries, the style sheets. Third-party styles and icons are copied from the npm packages at
// build time, unchanged and with their licences; none of them is in the repository.
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const slds = join(here, "node_modules/@salesforce-ux/design-system");

const programs = {
  console: "src/console/main.ts",
  softphone: "src/softphone/main.tsx",
  opencti: "src/opencti/lightning.ts",
  interaction: "src/classic/interaction.ts",
  integration: "src/classic/integration.ts",
  page: "src/opencti/page.ts",
};
const sheets = { console: "src/console/console.css", softphone: "src/softphone/softphone.css" };

const present = (entries) =>
  Object.fromEntries(
    Object.entries(entries)
      .map(([name, file]) => [name, join(here, file)])
      .filter(([, file]) => existsSync(file)),
  );

const common = {
  bundle: true,
  target: "es2022",
  outdir: dist,
  logLevel: "warning",
  legalComments: "linked",
};
const module = {
  ...common,
  format: "esm",
  minify: true,
  sourcemap: true,
  jsx: "automatic",
  jsxImportSource: "preact",
};
const library = { ...common, format: "iife" };

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const { opencti, interaction, integration, page, ...modules } = present(programs);
await build({ ...module, entryPoints: modules });
if (opencti) {
  await build({ ...library, entryPoints: { opencti }, minify: false });
  await build({ ...library, entryPoints: { opencti_min: opencti }, minify: true });
}
// The Classic libraries have one name each, and are read by developers of adapters.
const classic = Object.entries({ interaction, integration }).filter(([, file]) => file);
await build({ ...library, entryPoints: Object.fromEntries(classic), minify: false });
if (page) await build({ ...library, entryPoints: { page }, minify: true });
const external = ["*.svg", "*.png", "*.woff2"];
await build({ ...common, entryPoints: present(sheets), minify: true, external });
const calling = join(here, "src/console/favicon-attention.svg");
if (existsSync(calling)) await cp(calling, join(dist, "favicon-attention.svg"));
const sheet = "assets/styles/salesforce-lightning-design-system.min.css";
await cp(join(slds, sheet), join(dist, "slds.css"));
await cp(join(slds, "assets/icons/License-for-icons.txt"), join(dist, "icons/LICENSE.txt"));
for (const sprite of ["utility", "standard", "action", "doctype", "custom"]) {
  const from = join(slds, `assets/icons/${sprite}-sprite/svg/symbols.svg`);
  if (existsSync(from)) await cp(from, join(dist, `icons/${sprite}.svg`));
}
await writeFile(
  join(dist, "LICENSES.txt"),
  "Styles: Salesforce Lightning Design System, BSD-3-Clause, copyright Salesforce, Inc.\n" +
    "Icons: Salesforce Lightning Design System, CC BY-ND 4.0, copyright Salesforce, Inc., " +
    "unchanged.\n" +
    "Preact: MIT, copyright Jason Miller.\n" +
    "Offhook is not affiliated with Salesforce, Inc.\n",
);
