import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { root } from "./gateway.ts";

const guide = readFileSync(`${root}tracker-js/README.md`, "utf8");

test("the guide of the script names every attribute that the tag may have, and no other", () => {
  const source = readFileSync(`${root}tracker-js/tag.ts`, "utf8");
  const names = [...source.matchAll(/^ {2}(?:readonly )?(\w+)\?: string;$/gm)].map(([, name = ""]) => name);
  const attributes = names.map((name) => `data-${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`);
  const told = [...guide.matchAll(/^\| `(data-[\w-]+)`/gm)].map(([, name = ""]) => name);
  assert.ok(names.length > 10);
  assert.deepEqual([...told].sort(), attributes.sort());
});

test("the line that keeps early calls is the queue that the script reads", () => {
  const line = /<script>(window\.tr.*)<\/script>/.exec(guide)?.[1] ?? "";
  const page: { tr?: { q: unknown[] } } = {};
  const scope = Object.assign(page, { window: page });
  runInNewContext(`${line}; tr("signup", { plan: "pro" })`, scope);
  assert.equal(JSON.stringify(page.tr?.q), `[["signup",{"plan":"pro"}]]`);
});
