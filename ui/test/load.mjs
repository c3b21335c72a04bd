// Loads a TypeScript room for a test: bundled by esbuild in memory, imported as a module.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const ui = dirname(dirname(fileURLToPath(import.meta.url)));

/** The exports of `ui/<path>`. */
export async function load(path) {
  const { outputFiles } = await build({
    entryPoints: [join(ui, path)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  const source = Buffer.from(outputFiles[0].contents).toString("base64");
  return import(`data:text/javascript;base64,${source}`);
}
