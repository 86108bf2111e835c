import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./dist.ts";

/** The packages that a file takes values of. */
const packagesOf = (source: string): readonly string[] =>
  [...source.matchAll(/^import (?!type)[^;]*? from "([^"]+)"|\b(?:import|require)\("([^"]+)"\)/gm)]
    .map(([, named, later]) => named ?? later ?? "")
    .filter((name) => /^[@a-z]/.test(name) && !name.startsWith("node:"))
    .map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"));

test("an install without development packages has all that the program and its build need", async () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    dependencies: Record<string, string>; // our own file
  };
  const missing: string[] = [];
  let seen = 0;
  for await (const name of glob("{gateway,tracker-js,dashboard,chrome-extension}/**/*.ts", { cwd: root })) {
    if (/\.test\.ts$|\.d\.ts$|\/(?:test|fake)-/.test(name)) continue;
    for (const used of packagesOf(readFileSync(join(root, name), "utf8"))) {
      seen++;
      if (!(used in dependencies)) missing.push(`${name}: ${used}`);
    }
  }
  assert.ok(seen > 40);
  assert.deepEqual(missing, []);
});
