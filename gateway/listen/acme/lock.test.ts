import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createLock } from "./lock.ts";

const folder = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-lock-"));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
};

const foreign = (beat: number) => JSON.stringify({ holder: "h", machine: "another", pid: 1, beat });

test("one alone has the lock, and gives it back", (t) => {
  const dir = folder(t);
  const [first, second] = [createLock(dir), createLock(dir)];
  const held = first.take();
  assert.ok(held);
  assert.ok(held.isOurs());
  assert.equal(second.take(), null);
  held.release();
  assert.equal(held.isOurs(), false);
  const next = second.take();
  assert.ok(next);
  next.release();
  assert.deepEqual(readdirSync(dir), [], "nothing is left behind");
});

test("a holder on another machine is dead after half a minute without a sign of life", (t) => {
  const dir = folder(t);
  let now = 0;
  const lock = createLock(dir, () => now);
  writeFileSync(join(dir, "lock"), foreign(1));
  assert.equal(lock.take(), null);
  now += 29_000;
  assert.equal(lock.take(), null);
  writeFileSync(join(dir, "lock"), foreign(2));
  now += 29_000;
  assert.equal(lock.take(), null, "it has said that it lives");
  now += 30_000;
  const held = lock.take();
  assert.ok(held);
  assert.ok(held.isOurs());
  held.release();
});

test("a holder that was killed on this machine is dead at once", (t) => {
  const dir = folder(t);
  const script = `
    import { createLock } from ${JSON.stringify(new URL("./lock.ts", import.meta.url).href)};
    if (!createLock(${JSON.stringify(dir)}).take()) process.exit(1);
    process.kill(process.pid, "SIGKILL");`;
  const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
  assert.equal(signal, "SIGKILL");
  const held = createLock(dir).take();
  assert.ok(held);
  assert.ok(held.isOurs());
  held.release();
});

test("of many heirs of a dead holder one gets the lock, and an heir that died does not keep the others out", (t) => {
  const dir = folder(t);
  let now = 0;
  const heirs = Array.from({ length: 5 }, () => createLock(dir, () => now));
  writeFileSync(join(dir, "lock"), foreign(1));
  writeFileSync(join(dir, "lock.heir-of-h"), "it died here");
  const takeAll = () => heirs.flatMap((heir) => heir.take() ?? []);
  assert.deepEqual(takeAll(), []);
  let held = takeAll();
  for (let i = 0; i < 4 && held.length === 0; i++) {
    now += 30_000;
    held = takeAll();
  }
  assert.equal(held.length, 1);
  held[0]?.release();
});

test("who finds that the lock is another's does not take it away from him", (t) => {
  const dir = folder(t);
  const held = createLock(dir).take();
  writeFileSync(join(dir, "lock"), foreign(1));
  assert.equal(held?.isOurs(), false);
  held?.release();
  assert.deepEqual(readdirSync(dir), ["lock"]);
});
