// Builds the page's script into the Python package; with --check it says whether the committed file is stale.
import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";

const target = new URL("../src/shoal/report/pictures.js", import.meta.url);
const made = await build({
  entryPoints: [new URL("src/page.ts", import.meta.url).pathname],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "ascii",
  legalComments: "none",
  write: false,
});
const text = made.outputFiles[0].text.replaceAll("</", "<\\/");

if (process.argv.includes("--check")) {
  const kept = await readFile(target, "utf8").catch(() => "");
  if (kept !== text) {
    console.error("src/shoal/report/pictures.js is stale: run 'make web' and commit it.");
    process.exit(1);
  }
} else {
  await writeFile(target, text);
  console.log(`src/shoal/report/pictures.js: ${text.length} bytes`);
}
