// Bundles CodeMirror into one module, and lists the packages it is made of with their versions and licences.
//
//     npm install && npm run build
import { build } from "esbuild";
import { readFileSync, readdirSync, existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const web = process.argv[2] ?? join(here, "..", "..", "cnnspec", "studio", "web");

/** Every package that is installed, by name. */
function packages() {
  const modules = join(here, "node_modules");
  const folders = readdirSync(modules).filter((name) => !name.startsWith("."))
    .flatMap((name) => name.startsWith("@") ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name]);
  return folders.map((folder) => ({ folder: join(modules, folder), ...JSON.parse(readFileSync(join(modules, folder, "package.json"), "utf8")) }));
}

/** The names of the packages that a bundle holds code of. */
function bundled(metafile) {
  const found = Object.keys(metafile.inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return new Set(found.filter(Boolean));
}

const result = await build({
  entryPoints: [join(here, "codemirror.mjs")], outfile: join(web, "codemirror.js"), bundle: true, minify: true,
  format: "esm", target: "es2022", legalComments: "none", metafile: true, absWorkingDir: here,
  banner: { js: "// CodeMirror 6, MIT: see licences.txt. Made by editors/studio/build.mjs." },
});
const inside = bundled(result.metafile);
const every = packages().filter(({ name }) => !name.startsWith("@esbuild/")).sort((a, b) => a.name < b.name ? -1 : 1);
const lines = every.map(({ name, version, license }) => `${name} ${version}, ${license}${inside.has(name) ? ", in codemirror.js" : ""}`);
const texts = every.filter(({ name }) => inside.has(name)).map(({ folder, name }) => {
  const file = ["LICENSE", "LICENSE.md", "LICENCE", "license"].map((one) => join(folder, one)).find(existsSync);
  return `${name}\n\n${file ? readFileSync(file, "utf8").trim() : "MIT"}\n`;
});
const heading = "The packages that the studio is built with, their licences, and the texts of those that ship in codemirror.js.";
writeFileSync(join(web, "licences.txt"), [heading, "", ...lines, "", ...texts].join("\n") + "\n");
