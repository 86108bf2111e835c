import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { filterRules } from "../gateway/commands/filter-rules.ts";
import { root } from "./gateway.ts";
import { snippet } from "./tracker-snippet.ts";

const guide = readFileSync(`${root}tracker-js/README.md`, "utf8");

test("the guide of the script names every attribute that the tag may have, and no other", () => {
  const source = readFileSync(`${root}tracker-js/tag.ts`, "utf8");
  const names = [...source.matchAll(/^ {2}(?:readonly )?(\w+)\?: string;$/gm)].map(([, name = ""]) => name);
  const attributes = names.map((name) => `data-${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`);
  const told = [...guide.matchAll(/^\| `(data-[\w-]+)`/gm)].map(([, name = ""]) => name);
  assert.ok(names.length > 10);
  assert.deepEqual([...told].sort(), attributes.sort());
});

test("the guide lists every rule of filter lists that self-check knows, and no other", () => {
  const part = guide.slice(guide.indexOf("## Filter lists"), guide.indexOf("`tracking.scriptPath` and"));
  const told = [...part.matchAll(/^- (script|request)s: (.*)$/gm)].flatMap(([, kind, list = ""]) =>
    [...list.matchAll(/`([^`]+)`/g)].map(([, rule]) => ({ rule, kind })),
  );
  assert.deepEqual(told, filterRules);
});

test("the line that keeps early calls is the queue that the script reads", () => {
  const page: { tr?: { q: (unknown[] & { readonly m?: string })[] } } = {};
  const scope = Object.assign(page, { window: page });
  runInNewContext(`${snippet}; tr("signup", { plan: "pro" }); tr.consent(true)`, scope);
  assert.equal(JSON.stringify(page.tr?.q), `[["signup",{"plan":"pro"}],[true]]`);
  assert.equal(page.tr?.q.map(({ m }) => m).join(), ",consent");
});
