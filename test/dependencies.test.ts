/** What the installed program carries with it: nothing that it does not load, and nothing without a reason. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./gateway.ts";

const read = (file: string): string => readFileSync(join(root, file), "utf8");

const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
// In place of the program that npm would compile with: it is run by npm, and loaded by nobody.
const names = Object.keys(dependencies).filter((name) => name !== "no-compiler");

const sources = globSync("{gateway,tracker-js,dashboard,chrome-extension,setup}/**/*.ts", { cwd: root })
  .filter((file) => !/\.test\.ts$|test-/.test(file))
  .map(read)
  .join("\n");
const architecture = read("ARCHITECTURE.md");

for (const name of names) {
  test(`${name} is loaded by the program, and ARCHITECTURE.md says what for`, () => {
    assert.ok(
      [`"${name}"`, `"${name}/`].some((quoted) => sources.includes(quoted)),
      "what only tests and measurements load belongs to devDependencies",
    );
    assert.ok(architecture.includes(name));
  });
}
