import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isOlder } from "./is-older.ts";

/** The checkout, or the package. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

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

/** Empty, and as old as the state of the sources that was built. */
export const stampName = ".built";

/** True when dist/ is missing or older than what it is made of; false in a package without the sources. */
export const needsBuild = async (outDir = distDir): Promise<boolean> =>
  existsSync(join(root, "tracker-js/index.ts")) &&
  isOlder(
    join(outDir, stampName),
    sources.map((name) => join(root, name)),
  );
