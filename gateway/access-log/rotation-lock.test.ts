import assert from "node:assert/strict";
import { linkSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { lockRotation, takeAway } from "./rotation-lock.ts";

const folderOf = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-rotation-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, lock: join(folder, "access.log.lock") };
};

const leaveDead = (lock: string) => {
  writeFileSync(lock, "");
  utimesSync(lock, new Date(0), new Date(0));
  return statSync(lock);
};

test("one holds the lock at a time, and another once he lets go", async (t) => {
  const { folder, lock } = folderOf(t);
  const unlock = await lockRotation(lock);
  assert.equal(await lockRotation(lock), null);
  await unlock?.();
  const next = await lockRotation(lock);
  assert.ok(next);
  await next();
  assert.deepEqual(readdirSync(folder), []);
});

test("who was slow to take a dead lock away leaves that of the one who came next", async (t) => {
  const { folder, lock } = folderOf(t);
  const dead = leaveDead(lock);
  await Promise.all([takeAway(lock, dead), takeAway(lock, dead), takeAway(lock, dead)]);
  const unlock = await lockRotation(lock);
  assert.ok(unlock, "it is taken away");
  await takeAway(lock, dead);
  assert.equal(await lockRotation(lock), null, "it is still held");
  await unlock();
  await takeAway(lock, dead);
  assert.deepEqual(readdirSync(folder), []);
});

test("what one leaves who died while he took a dead lock away stands in nobody's way for long", async (t) => {
  const { folder, lock } = folderOf(t);
  const dead = leaveDead(lock);
  const second = `${lock}.${dead.ino}-${dead.mtimeMs}`;
  linkSync(lock, second);
  await takeAway(lock, dead);
  assert.equal(readdirSync(folder).length, 2, "he may be at it");
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 11_000 });
  await takeAway(lock, dead);
  await takeAway(lock, dead);
  assert.deepEqual(readdirSync(folder), []);
});
