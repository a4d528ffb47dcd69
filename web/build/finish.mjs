// After Vite: compresses what is built, once and well, and fails where the first page loads too much script.

import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const MOST_KILOBYTES = 350;
const WORTH_COMPRESSING = /\.(js|css|html|svg|json|webmanifest)$/;
// What the list of automations loads before it is there, beside the entry.
const FIRST_PAGES = ["index.html", "src/app/Shell.tsx", "src/pages/automations/AutomationsPage.tsx"];

// What /api/docs shows the document with: no page of ours, so Vite knows nothing of it.
const swagger = createRequire(import.meta.url).resolve("swagger-ui-dist/package.json");
const { version } = JSON.parse(readFileSync(swagger, "utf8"));
for (const [file, name] of [["swagger-ui-bundle.js", `swagger-ui-${version}.js`], ["swagger-ui.css", `swagger-ui-${version}.css`]]) {
  copyFileSync(join(dirname(swagger), file), join(DIST, "assets", name));
}

const manifest = JSON.parse(readFileSync(join(DIST, ".vite/manifest.json"), "utf8"));
rmSync(join(DIST, ".vite"), { recursive: true });

for (const path of files(DIST)) {
  if (!WORTH_COMPRESSING.test(path)) continue;
  const content = readFileSync(path);
  if (content.length < 1_000) continue;
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}

const loaded = new Set();
FIRST_PAGES.forEach((page) => follow(page, loaded));
const scripts = [...loaded].map((name) => kilobytes(manifest[name].file));
const styles = new Set([...loaded].flatMap((name) => manifest[name].css ?? []));
const all = Object.values(manifest).filter((one) => one.file.endsWith(".js"));
const first = sum(scripts);
console.log(`first load of the list: ${first.toFixed(1)} kB of script, ${sum([...styles].map(kilobytes)).toFixed(1)} kB of style`);
console.log(`everything: ${sum(all.map((one) => kilobytes(one.file))).toFixed(1)} kB of script in ${all.length} files (gzip)`);
if (first > MOST_KILOBYTES) {
  console.error(`that is more than ${MOST_KILOBYTES} kB: load it on demand`);
  process.exit(1);
}

function follow(name, found) {
  if (!(name in manifest)) throw new Error(`${name} is not in what was built: name the first pages in build/finish.mjs`);
  if (found.has(name)) return;
  found.add(name);
  for (const next of manifest[name].imports ?? []) follow(next, found);
}

function kilobytes(file) {
  return gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length / 1_000;
}

function sum(numbers) {
  return numbers.reduce((total, one) => total + one, 0);
}

function files(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(directory, entry.name)) : [join(directory, entry.name)],
  );
}
