import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { readSecret } from "./secret.ts";

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-secret-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const reader = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { gate, dirs, module } = workerData;
  import(module).then(({ readSecret }) => {
    Atomics.add(gate, 0, 1);
    while (Atomics.load(gate, 0) < 3); // all begin at one moment
    parentPort.postMessage(dirs.map((dir) => readSecret(dir).toString("hex")));
  });
`;

test("threads that need the secret at the same moment, and are the first, have the same", async (t) => {
  const dirs = Array.from({ length: 60 }, () => folderFor(t));
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const module = new URL("./secret.ts", import.meta.url).href;
  const read = () =>
    new Promise<readonly string[]>((resolve, reject) => {
      const worker = new Worker(reader, { eval: true, workerData: { gate, dirs, module } });
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  const [first, ...others] = await Promise.all([read(), read(), read()]);
  for (const other of others) assert.deepEqual(other, first);
  assert.equal(new Set(first).size, dirs.length, "and each folder its own");
});

test("the secret stays, is its owner's alone, and lies alone in its folder", (t) => {
  const dir = folderFor(t);
  const secret = readSecret(dir);
  assert.equal(secret.length, 32);
  assert.deepEqual(readSecret(dir), secret);
  assert.equal(statSync(join(dir, "secret")).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dir), ["secret"]);
});

test("a damaged secret is said, and never replaced", (t) => {
  const dir = folderFor(t);
  writeFileSync(join(dir, "secret"), "0123");
  assert.throws(() => readSecret(dir), /secret is damaged: put back a backup of it, or remove it/);
  assert.equal(readFileSync(join(dir, "secret"), "utf8"), "0123");
});
