/**
 * Makes the folder of which a release is published: `node setup/package.ts` writes dist/package, `npm pack dist/package`
 * makes one file of it. Node strips no types of what is installed below `node_modules`, so they are stripped here, and
 * only what the program reaches from its entries goes in: no tests, no sources of what browsers run, but what was built
 * of them.
 */
import { readFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { distDir, root } from "./build/dist.ts";
import { listFiles, type OutFile, writeFiles } from "./build/out-files.ts";
import { buildAll } from "./build.ts";

/** Packages have what was built, and nothing to build it of. */
const leftOut = "setup/build.ts";

const asTheyAre = [
  "README.md",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "LICENSE",
  "config.json",
  "tracker-js/README.md",
  "dashboard/screenshots/light.png",
];
const setup = /^(?!.*\.ts$|test-tools\.sh$|Dockerfile|compose\.yaml$|build\/)/;
const built = /^(?!package\/|\.built$)/;

/** Writes the package's files into `to`, in place of what is there. */
export const makePackage = async (to = join(distDir, "package")): Promise<void> => {
  await buildAll();
  await rm(to, { recursive: true, force: true });
  await writeFiles(to, [
    { name: "package.json", bytes: Buffer.from(`${JSON.stringify(manifest(), null, 2)}\n`) },
    ...program(),
    ...(await Promise.all(asTheyAre.map(copyOf))),
    ...(await below("setup", setup)),
    ...(await below("dist", built)),
  ]);
};

/** What npm is to know: that it may be published, and nothing of how it is developed. */
const manifest = () => {
  const { name, version, description, license, type, engines, bin, dependencies, optionalDependencies } =
    JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>; // our own
  return { name, version, description, license, type, engines, bin, dependencies, optionalDependencies };
};

/** The launcher, and every file that it or another one of the program names, without types. */
const program = (): OutFile[] => {
  const files = new Map<string, OutFile>();
  const add = (name: string): void => {
    if (files.has(name) || name === leftOut) return;
    const source = readFileSync(join(root, name), "utf8");
    const code = name.endsWith(".ts") ? stripTypeScriptTypes(source) : source;
    files.set(name, { name: asScript(name), bytes: Buffer.from(code.replace(named, `$1$2.js$1`)) });
    for (const [, , path = ""] of code.matchAll(named)) add(posix.join(posix.dirname(name), `${path}.ts`));
  };
  add("turnpike.js");
  return [...files.values()];
};

/** A file of ours, as imports, threads and child processes name it. */
const named = /(["'])(\.{1,2}\/[^"'\n]+)\.ts\1/g;

const asScript = (name: string): string => name.replace(/\.ts$/, ".js");

const copyOf = async (name: string): Promise<OutFile> => ({ name, bytes: await readFile(join(root, name)) });

const below = async (folder: string, wanted: RegExp): Promise<OutFile[]> => {
  const names = (await listFiles(join(root, folder))).filter((name) => wanted.test(name));
  return Promise.all(names.map((name) => copyOf(`${folder}/${name}`)));
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await makePackage();
