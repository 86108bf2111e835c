import assert from "node:assert/strict";
import { test } from "node:test";
import type { Asked } from "./asked.ts";
import { withoutForeignConsent } from "./give-ids.ts";
import { requestOf } from "./test-collector.ts";

test("a yes behind the address counts from the site's own pages and servers alone, a no from anywhere", () => {
  const said = "tp_consent=granted&a=1&tp_consent=granted&tp_optout=1";
  const table: readonly [asked: Pick<Asked, "origin" | "trust">, query: string, left: string][] = [
    [{ origin: "foreign", trust: "none" }, said, "&a=1&tp_optout=1"],
    [{ origin: "foreign", trust: "none" }, "tp_consent=denied", "tp_consent=denied"],
    [{ origin: "foreign", trust: "none" }, "xtp_consent=granted", "xtp_consent=granted"],
    [{ origin: "foreign", trust: "key" }, said, said],
    [{ origin: "own", trust: "none" }, said, said],
    [{ origin: "none", trust: "none" }, said, said],
  ];
  for (const [asked, query, left] of table) {
    assert.equal(withoutForeignConsent(requestOf({ query }), asked as Asked).query, left);
  }
});
