import assert from "node:assert/strict";
import { test } from "node:test";
import { readVisitorId } from "./visitor-id.ts";

test("a visitor is named by a UUID in any form, by the cookie as it was sent, or by a plain id", () => {
  const id = "0190a1b2-c3d4-7e5f-8a6b-1c2d3e4f5a6b";
  const cases: readonly [sent: string, id: string | null][] = [
    [id, id],
    [id.toUpperCase(), id],
    [`{${id.replaceAll("-", "")}}`, id],
    [`${id}.fxc.0123456789abcdefABC-_9`, id],
    // no cookie of ours: an id of its own, as it always was
    [`${id}.fxc.short`, `${id}.fxc.short`],
    [`${id}.fxc`, `${id}.fxc`],
    ["00000000-0000-0000-0000-000000000000", null],
    ["customer-17", "customer-17"],
    ["undefined", null],
    ["with blanks", null],
    ["", null],
  ];
  for (const [sent, expected] of cases) assert.equal(readVisitorId(sent), expected, sent);
});
