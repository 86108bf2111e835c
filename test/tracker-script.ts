/** The script as pages get it, bundled from its sources. */
import { fileURLToPath } from "node:url";
import { bundle } from "../setup/build/bundle.ts";

export const bundleScript = (name: "index" | "full" | "legacy"): Promise<Uint8Array> =>
  bundle(fileURLToPath(new URL(`../tracker-js/${name}.ts`, import.meta.url)), {
    target: "es2021",
    quiet: true,
  });
