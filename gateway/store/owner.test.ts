import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import { findOwner, readOwner, takeOrFind, takeOwnership, takeOwnershipAfterCommands } from "./owner.ts";

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-owner-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const own = process.pid;

test("a folder has one owner, who is named to the second", async (t) => {
  const dir = folderFor(t);
  const first = await takeOwnership(dir);
  first.announce("127.0.0.1:8081");
  await assert.rejects(takeOwnership(dir), new RegExp(`in use by another Turnpike \\(pid ${own}\\)`));
  assert.deepEqual(readOwner(dir), { pid: own, admin: "127.0.0.1:8081" });
  assert.deepEqual(await takeOrFind(dir), {
    kind: "theirs",
    owner: { pid: own, admin: "127.0.0.1:8081" },
  });
  first.release();
  assert.equal(readOwner(dir), null);
});

test("a start waits for a command that has the folder, and for who just looks whose it is", async (t) => {
  const dir = folderFor(t);
  const command = await takeOwnership(dir);
  const start = takeOwnership(dir);
  setImmediate(() => command.release());
  (await start).release();

  const look = new Database(join(dir, "owner.db"));
  look.exec("BEGIN EXCLUSIVE");
  const next = takeOwnership(dir);
  setImmediate(() => look.close());
  (await next).release();
});

test("what a killed gateway has left keeps nobody out who meets another at the same moment", async (t) => {
  const dir = folderFor(t);
  writeFileSync(join(dir, "owner.json"), JSON.stringify({ pid: 2 ** 30, admin: "127.0.0.1:8081" }));
  const look = new Database(join(dir, "owner.db"));
  look.exec("BEGIN EXCLUSIVE");
  const start = takeOwnership(dir);
  setImmediate(() => look.close());
  (await start).release();
});

test("who was killed is not named as the one who has the folder and has not said so yet", async (t) => {
  const dir = folderFor(t);
  writeFileSync(join(dir, "owner.json"), JSON.stringify({ pid: 2 ** 30, admin: "127.0.0.1:8081" }));
  const starved = new Database(join(dir, "owner.db"));
  t.after(() => starved.close());
  starved.exec("BEGIN EXCLUSIVE");
  assert.deepEqual(await takeOrFind(dir, 0), { kind: "theirs", owner: { pid: 0, admin: "" } });
  assert.deepEqual(await findOwner(dir, 0), { pid: 0, admin: "" });
});

test("one that has the folder for longer is waited for no longer than said, and named", async (t) => {
  const dir = folderFor(t);
  const command = await takeOwnership(dir);
  await assert.rejects(
    takeOwnership(dir, 0),
    new RegExp(`${dir} is in use by another Turnpike \\(pid ${own}\\): stop it, or start with --data OTHER`),
  );
  assert.deepEqual(await takeOrFind(dir, 0), { kind: "theirs", owner: { pid: own, admin: "" } });
  assert.deepEqual(await findOwner(dir, 0), { pid: own, admin: "" });
  command.release();
  assert.equal(await findOwner(dir), null);
});

test("a start waits for a command as long as that takes, says so once, and not for a gateway", async (t) => {
  const dir = folderFor(t);
  const command = await takeOwnership(dir);
  const said: string[] = [];
  const { promise: isSaid, resolve: say } = Promise.withResolvers<void>();
  const warn = (sentence: string): void => {
    said.push(sentence);
    say();
  };
  const start = takeOwnershipAfterCommands(dir, warn, 10);
  await isSaid;
  await new Promise((resolve) => setTimeout(resolve, 300)); // many times as long as it is patient
  assert.deepEqual(said, [
    `store: a command has the data folder ${dir} (pid ${own}): the start goes on when that ends`,
  ]);
  command.release();
  const gateway = await start;
  gateway.announce("127.0.0.1:8081");
  await assert.rejects(takeOwnershipAfterCommands(dir, assert.fail), /in use by another Turnpike/);
  gateway.release();
});

test("a command that comes while a gateway starts is told where to ask once it can be asked", async (t) => {
  const dir = folderFor(t);
  const gateway = await takeOwnership(dir);
  const [asks, writes] = [findOwner(dir), takeOrFind(dir)];
  setImmediate(() => gateway.announce("127.0.0.1:8081"));
  const owner = { pid: own, admin: "127.0.0.1:8081" };
  assert.deepEqual(await asks, owner);
  assert.deepEqual(await writes, { kind: "theirs", owner });
  gateway.release();
  assert.deepEqual(readdirSync(dir), ["owner.db"]);
});

const reader = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { readFileSync } = require("node:fs");
  const { gate, file } = workerData;
  const seen = new Set();
  Atomics.add(gate, 0, 1);
  while (Atomics.load(gate, 0) < 2) seen.add(readFileSync(file, "utf8"));
  parentPort.postMessage([...seen]);
`;

test("who reads whose the folder is never meets half of it", async (t) => {
  const dir = folderFor(t);
  const file = join(dir, "owner.json");
  const owner = await takeOwnership(dir);
  const before = readFileSync(file, "utf8");
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(reader, { eval: true, workerData: { gate, file } });
  const seen = new Promise<readonly string[]>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  while (Atomics.load(gate, 0) < 1) await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 2000; i++) owner.announce(`127.0.0.1:${8081 + (i % 2)}`);
  Atomics.add(gate, 0, 1);
  const whole = [before, ...[8081, 8082].map((port) => before.replace('""', `"127.0.0.1:${port}"`))];
  for (const text of await seen) assert.ok(whole.includes(text), JSON.stringify(text));
  owner.release();
});
