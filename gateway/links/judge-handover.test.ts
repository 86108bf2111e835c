import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { newId } from "../model/ids.ts";
import { testSite } from "../model/test-site.ts";
import { createHandoverMarks } from "./handover-mark.ts";
import { type Arrival, refuseHandover } from "./judge-handover.ts";
import { createOneUse } from "./one-use.ts";

const at = 1_700_000_000_000;
const mark = { visitorId: newId(), from: "shop.example", to: "blog.example", at };
const arrival: Arrival = {
  host: "blog.example",
  method: "GET",
  referrer: "https://shop.example/",
  dest: "document",
  mode: "navigate",
  isBot: false,
  hasVisitor: false,
  mayHaveVisitor: true,
  linkDomains: ["shop.example"],
};

test("a mark counts for a minute, and little before it was made, as clocks differ", () => {
  const table = [
    [0, null],
    [60_000, null],
    [60_001, "time"],
    [-5_000, null],
    [-5_001, "time"],
  ] as const;
  for (const [later, reason] of table)
    assert.equal(refuseHandover(mark, arrival, at + later), reason, `${later}`);
});

test("each condition is one of its own", () => {
  const table: readonly (readonly [change: Partial<Arrival>, reason: string | null])[] = [
    [{}, null],
    [{ dest: undefined, mode: undefined }, null],
    [{ method: "POST" }, "method"],
    [{ isBot: true }, "bot"],
    [{ hasVisitor: true }, "visitor"],
    [{ mayHaveVisitor: false }, "privacy"],
    [{ dest: "image" }, "dest"],
    [{ mode: "no-cors" }, "mode"],
    [{ host: "www.blog.example" }, "host"],
    [{ linkDomains: [] }, "from"],
    [{ referrer: undefined }, "referrer"],
    [{ referrer: "https://shop.example.evil.example/" }, "referrer"],
    [{ referrer: "not a url" }, "referrer"],
  ];
  for (const [change, reason] of table)
    assert.equal(refuseHandover(mark, { ...arrival, ...change }, at), reason, JSON.stringify(change));
  assert.equal(refuseHandover({ ...mark, visitorId: "admin" }, arrival, at), "id");
});

test("a mark is opened by the gateway that made it, or by a key that both know", () => {
  const [one, two] = [createHandoverMarks(Buffer.alloc(32, 1)), createHandoverMarks(Buffer.alloc(32, 2))];
  const shared = { ...testSite, linkKeys: [{ id: "k", secret: "x".repeat(32) }] };
  const sealed = one.seal(testSite, mark);
  const { name, ...said } = one.open(testSite, sealed) ?? {};
  assert.deepEqual(said, mark);
  assert.match(name ?? "", /^[\da-f]{24}$/);
  assert.notEqual(one.seal(testSite, mark), sealed, "no two are alike");
  assert.equal(two.open(testSite, sealed), null);
  assert.equal(two.open(shared, one.seal(shared, mark))?.visitorId, mark.visitorId);
  assert.equal(two.open(testSite, one.seal(shared, mark)), null);
});

test("a name is taken once, by whichever process, and forgotten when its life is over", () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-one-use-"));
  let now = Date.now();
  try {
    const [one, two] = [
      createOneUse(join(dir, "used"), 60_000, () => now),
      createOneUse(join(dir, "used"), 60_000, () => now),
    ];
    assert.deepEqual(
      [one.take("a"), two.take("a"), one.take("a"), two.take("b")],
      [true, false, false, true],
    );
    for (const name of ["a", "b"]) utimesSync(join(dir, "used", name), now / 1000, now / 1000);
    now += 61_000;
    assert.equal(one.take("c"), true);
    assert.deepEqual(readdirSync(join(dir, "used")), ["c"]);
    assert.equal(
      createOneUse("/dev/null/none", 60_000, () => now).take("a"),
      false,
      "where nothing can be kept",
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
