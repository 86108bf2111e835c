import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createLock } from "./lock.ts";
import { createTurns, type Turn } from "./turns.ts";

const start = (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-turns-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const turns = () => createTurns(createLock(dir), 4);
  return { dir, turns };
};

test("four hosts have turns at once, never two for one host or its wildcard, and one gateway alone", (t) => {
  const { dir, turns } = start(t);
  const [ours, theirs] = [turns(), turns()];
  const first = ours.take("a.example");
  assert.equal(first?.isAlone, true);
  assert.equal(ours.take("a.example"), null);
  assert.equal(ours.take("*.a.example"), null, "it is proven by the same record");
  const others = ["b.example", "c.example", "*.d.example"].map((host) => ours.take(host));
  assert.deepEqual(
    others.map((turn) => turn?.isAlone),
    [false, false, false],
  );
  assert.equal(ours.take("e.example"), null);
  assert.equal(theirs.take("e.example"), null);
  first?.release();
  assert.equal(theirs.take("e.example"), null, "others of ours still order");
  const again = ours.take("*.a.example");
  assert.equal(again?.isAlone, false);
  for (const turn of [again, ...others]) turn?.release();
  const turn = theirs.take("e.example");
  assert.equal(turn?.isAlone, true);
  turn?.release();
  assert.deepEqual(readdirSync(dir), []);
});

test("a gateway whose lock was taken over begins no more orders until those that run have ended", (t) => {
  const { dir, turns } = start(t);
  const ours = turns();
  const first = ours.take("a.example") as Turn;
  writeFileSync(join(dir, "lock"), JSON.stringify({ holder: "h", machine: "another", pid: 1, beat: 1 }));
  assert.equal(ours.take("b.example"), null);
  first.release();
  assert.deepEqual(readdirSync(dir), ["lock"], "the lock of the other stays");
  rmSync(join(dir, "lock"));
  const second = ours.take("b.example");
  assert.equal(second?.isAlone, true);
  second?.release();
});
