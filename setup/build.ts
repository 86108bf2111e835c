/**
 * Builds what browsers run: the script, the dashboard and the extension, into dist/. `npm run build` runs it;
 * the gateway calls it at start when dist/ is missing or older than its sources, so that a fresh checkout
 * needs no other step.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./build/bundle.ts";
import { drawIcon } from "./build/icons.ts";
import { isOlder } from "./build/is-older.ts";
import { removeOldVersions } from "./build/old-versions.ts";
import { listFiles, type OutFile, writeFiles } from "./build/out-files.ts";
import { buildTracker } from "./build/tracker.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = [
  "tracker-js",
  "gateway/model/wire.ts",
  "dashboard",
  "chrome-extension",
  "setup/build",
  "setup/build.ts",
];

/** Where the build goes unless told otherwise. */
export const distDir = join(root, "dist");

/** True when dist/ is missing or older than what it is made of; false in a package without the sources. */
export const needsBuild = (outDir = distDir): Promise<boolean> =>
  isOlder(
    join(outDir, stampName),
    sources.map((name) => join(root, name)),
  );

/** Builds everything into `outDir`. A mistake in a source is thrown as one sentence that names its place. */
export const buildAll = async ({ outDir = distDir }: { readonly outDir?: string } = {}): Promise<void> => {
  const startedAt = new Date();
  const parts = await Promise.all([buildTracker(join(root, "tracker-js")), dashboard(), extension()]);
  // The stamp comes last, with the time the build began: a source saved meanwhile is newer than it.
  await writeFiles(outDir, parts.flat());
  await removeOldVersions(outDir);
  await writeFiles(outDir, [{ name: stampName, bytes: Buffer.alloc(0), modified: startedAt }]);
};

const stampName = ".built";

const dashboard = async (): Promise<OutFile[]> => {
  const dir = join(root, "dashboard");
  const out = await copies(dir, "dashboard", (name) => /\.(html|css|svg)$/.test(name));
  const main = join(dir, "main.ts");
  if (existsSync(main))
    out.push({ name: "dashboard/main.js", bytes: await bundle(main, { target: "es2022" }) });
  return out;
};

const extension = async (): Promise<OutFile[]> => {
  const dir = join(root, "chrome-extension");
  const out = await copies(dir, "chrome-extension", (name) => /\.(json|html|css)$/.test(name));
  for (const name of ["popup", "background", "offscreen"]) {
    const bytes = await bundle(join(dir, `${name}.ts`), { target: "chrome120" });
    out.push({ name: `chrome-extension/${name}.js`, bytes });
  }
  for (const size of [16, 32, 48, 128]) {
    out.push({ name: `chrome-extension/icons/${size}.png`, bytes: drawIcon(size) });
  }
  return out;
};

const copies = async (dir: string, to: string, wanted: (name: string) => boolean): Promise<OutFile[]> => {
  const names = (await listFiles(dir)).filter(wanted);
  return Promise.all(
    names.map(async (name) => ({ name: `${to}/${name}`, bytes: await readFile(join(dir, name)) })),
  );
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildAll();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
