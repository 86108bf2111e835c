import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createDailySalt } from "./daily-salt.ts";

const dayMs = 86_400_000;
const secret = Buffer.alloc(32, 7);

const inFolder = (work: (dir: string) => void): void => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-salt-"));
  try {
    work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

test("processes of one data folder, and a restarted one, have the same salt of the day", () =>
  inFolder((dir) => {
    const now = 20_000 * dayMs + 5;
    const [one, other] = [createDailySalt(dir, secret, () => now), createDailySalt(dir, secret, () => now)];
    assert.deepEqual(one.at(now), other.at(now));
    assert.equal(one.at(now).length, 32);
    assert.deepEqual(readdirSync(join(dir, "salts")), ["20000"]);
    one.close();
    other.close();
  }));

test("with the next day comes another salt, and that of the day before is nowhere any more", () =>
  inFolder((dir) => {
    let now = 20_000 * dayMs;
    const salt = createDailySalt(dir, secret, () => now);
    const first = salt.at(now);
    now += dayMs;
    const second = salt.at(now);
    assert.notDeepEqual(first, second);
    assert.deepEqual(readdirSync(join(dir, "salts")), ["20001"]);
    assert.notDeepEqual(salt.at(now - 1), first, "asked for the day before, it does not know it");
    salt.close();
    now += dayMs;
    createDailySalt(dir, secret, () => now).close();
    assert.deepEqual(readdirSync(join(dir, "salts")), ["20002"], "a start forgets as well");
  }));

test("a replay's days have salts that stay the same", () =>
  inFolder((dir) => {
    const [now, then] = [20_000 * dayMs, 19_000 * dayMs];
    const [one, other] = [createDailySalt(dir, secret, () => now), createDailySalt(dir, secret, () => now)];
    assert.deepEqual(one.at(then), other.at(then + 5));
    assert.notDeepEqual(one.at(then), one.at(then + dayMs));
    one.close();
    other.close();
  }));

test("a folder that takes no file leaves a salt of the process's own", () =>
  inFolder((dir) => {
    writeFileSync(join(dir, "salts"), ""); // no folder can be made there
    const salt = createDailySalt(dir, secret, () => 5);
    assert.deepEqual(salt.at(5), salt.at(6));
    salt.close();
  }));
