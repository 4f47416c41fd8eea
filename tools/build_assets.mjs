// Builds the browser's part of Hydria into build/static: one script, one stylesheet, one icon sprite.
//
// Sources live in src/hydria/platform/assets; every module that a page needs only sometimes (charts, pickers) is
// imported dynamically and becomes a chunk of its own. Nothing here is fetched from the network.
import { mkdir, readFile, readdir, rm, writeFile, copyFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "..");
const sources = path.join(root, "src/hydria/platform/assets");
const output = path.join(root, "build/static/hydria");

async function* filesUnder(folder, extensions) {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && extensions.includes(path.extname(entry.name))) {
      yield path.join(entry.parentPath ?? entry.path, entry.name);
    }
  }
}

// An icon is named in a template as {% icon "drop" %} or icon="drop", and in Python as icon="drop".
async function iconNames() {
  const names = new Set();
  for await (const file of filesUnder(path.join(root, "src/hydria"), [".html", ".py"])) {
    const text = await readFile(file, "utf8");
    for (const [, name] of text.matchAll(/(?:\bicon=|% icon )"([a-z0-9-]+)"/g)) names.add(name);
  }
  return [...names].sort();
}

async function writeSprite() {
  const symbols = [];
  for (const name of await iconNames()) {
    const file = path.join(root, "node_modules/@tabler/icons/icons/outline", `${name}.svg`);
    const svg = await readFile(file, "utf8");
    const inner = svg.replace(/<!--[\s\S]*?-->/g, "").replace(/<\/?svg[^>]*>/g, "").trim();
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s*\n\s*/g, "")}</symbol>`);
  }
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
  await writeFile(path.join(output, "icons.svg"), sprite);
}

await rm(output, { recursive: true, force: true });
await mkdir(output, { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: [path.join(sources, "hydria.js"), path.join(sources, "hydria.css")],
  outdir: output,
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  sourcemap: false,
  target: ["es2022", "chrome123", "firefox121", "safari17.5"],
  chunkNames: "chunks/[name]-[hash]",
  assetNames: "fonts/[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "dataurl" },
  legalComments: "linked",
  logLevel: "warning",
});
for (const picture of ["logo.svg", "favicon.svg"]) {
  await copyFile(path.join(sources, picture), path.join(output, picture));
}
await writeSprite();
