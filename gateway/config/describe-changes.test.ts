import assert from "node:assert/strict";
import { test } from "node:test";
import { describeChanges } from "./describe-changes.ts";
import { configSchema } from "./schema.ts";

const variants = [{ key: "control" }, { key: "b" }];
const goals = [{ key: "purchase", event: "purchase" }];
const base = {
  routes: [{ path: "/", proxy: { upstreams: ["demo"] } }],
  sites: [{ id: "main", writeKeys: ["0123456789abcdef"] }],
  experiments: [{ key: "a", variants, goals }],
};

const cases: readonly (readonly [what: string, change: object, lines: readonly string[]])[] = [
  ["nothing", {}, []],
  [
    "a weight",
    { experiments: [{ key: "a", variants: [{ key: "control" }, { key: "b", weight: 3 }], goals }] },
    ["experiments[0].variants[1].weight: 1 → 3"],
  ],
  [
    "an experiment put in front of another",
    { experiments: [{ key: "new", variants, goals }, ...base.experiments] },
    ["experiments[0]: new added"],
  ],
  ["an experiment taken out", { experiments: [] }, ["experiments[0]: a removed"]],
  [
    "the order of variants",
    { experiments: [{ key: "a", variants: [...variants].reverse(), goals }] },
    ["experiments[0].variants: another order: b, control"],
  ],
  [
    "a value that was not there",
    { routes: [{ path: "/", static: { dir: "x" } }] },
    [
      'routes[0].proxy: {"upstreams":["demo"],"balance":"round-robin","strip":false,… → nothing',
      'routes[0].static: nothing → {"dir":"x","strip":false,"index":"index.html","fallback":nul…',
    ],
  ],
  ["a list of texts", { trustedProxies: ["10.0.0.0/8"] }, ['trustedProxies: [] → ["10.0.0.0/8"]']],
  [
    "a write key, which is not shown",
    { sites: [{ id: "main", writeKeys: ["fedcba9876543210"] }] },
    ["sites[0].writeKeys: changed"],
  ],
];
for (const [what, change, lines] of cases) {
  test(`${what} is described`, () => {
    assert.deepEqual(
      describeChanges(configSchema.parse(base), configSchema.parse({ ...base, ...change })),
      lines,
    );
  });
}
