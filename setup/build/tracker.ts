/** The scripts that visitors' browsers run, each under its plain name and under one that says what is in it. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { declarationsOf } from "./declarations.ts";
import type { OutFile } from "./out-files.ts";

/** What is built, by the word between `track` and `.js`. */
const kinds = ["", "full", "legacy", "vitals", "gtag"] as const;
const sources = {
  "": "index",
  full: "full",
  legacy: "legacy",
  vitals: "vitals",
  gtag: "duplicator/index",
} as const;

/** Where the list of versions lies in the build. */
export const versionsFile = "track.json";

/** Every script twice, and the list of the versioned names with their `integrity`. */
export const buildTracker = async (dir: string): Promise<OutFile[]> => {
  const built = await Promise.all(kinds.map((kind) => buildOne(dir, kind)));
  const list = built.map(({ kind, version, integrity }) => ({ kind, version, integrity }));
  const json = Buffer.from(`${JSON.stringify(list, null, 2)}\n`);
  return [
    ...built.flatMap(({ files }) => files),
    { name: versionsFile, bytes: json },
    ...(await buildCore(dir)),
  ];
};

/** For those who import: the delivery without a page as a module, with its types, and the types of `window.tr`. */
const buildCore = async (dir: string): Promise<OutFile[]> => {
  const shared = [join(dir, "../gateway/model/wire.ts"), join(dir, "core-api.ts")];
  const [module, core, script] = await Promise.all([
    bundle(join(dir, "core.ts"), { target: "es2021", module: true }),
    declarationsOf(shared),
    declarationsOf([...shared, join(dir, "api.ts")]),
  ]);
  return [
    { name: "track.core.mjs", bytes: module },
    {
      name: "track.core.d.mts",
      bytes: Buffer.from(`${core}export declare const createTracker: CreateTracker;\n`),
    },
    { name: "track.d.ts", bytes: Buffer.from(script) },
  ];
};

const buildOne = async (dir: string, kind: (typeof kinds)[number]) => {
  // Browsers since 2020. Older ones end at the first word they do not know, and the page goes on without it.
  const bytes = await bundle(join(dir, `${sources[kind]}.ts`), { target: "es2021", quiet: true });
  const plain = kind === "" ? "track" : `track.${kind}`;
  const version = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
  const integrity = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
  const files = [`${plain}.js`, `${plain}.${version}.js`].map((name) => ({ name, bytes }));
  return { kind, version, integrity, files };
};
