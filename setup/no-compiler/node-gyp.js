#!/usr/bin/env node
// npm runs `node-gyp rebuild` in each package that could be compiled, and without Python that fails even where nothing
// is to be compiled. This one, which npm finds first, does nothing where the package brings what this machine needs, and
// leaves the rest to npm's own. Plain JavaScript as Node 18 reads it: it runs before Node 24 is there.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

/** Whether the package, which npm makes the working folder, was compiled for a machine like this one. */
const isCompiled = () => {
  try {
    const ending = `-${process.arch}.node`;
    return readdirSync("prebuilds").some(
      (name) => name.startsWith(process.platform) && name.endsWith(ending),
    );
  } catch {
    return false;
  }
};

if (!isCompiled()) {
  const own = process.env.npm_config_node_gyp ?? "";
  const { status } = spawnSync(process.execPath, [own, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}
