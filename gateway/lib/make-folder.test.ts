import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { makeFolder } from "./make-folder.ts";

test("a folder is made with those above it, and one that is there is no mistake", (t) => {
  const root = mkdtempSync(join(tmpdir(), "turnpike-folder-"));
  t.after(() => rmSync(root, { recursive: true }));
  const deep = join(root, "a", "b", "c");
  makeFolder(deep, 0o700);
  makeFolder(deep, 0o700);
  assert.equal(statSync(join(root, "a")).mode & 0o777, 0o700);
  makeFolder(root);
  writeFileSync(join(root, "file"), "");
  for (const path of ["file", "file/below"]) {
    assert.throws(() => makeFolder(join(root, path)), /EEXIST|ENOTDIR/);
  }
});

test("several that make the same folder at once all have it", async (t) => {
  const root = mkdtempSync(join(tmpdir(), "turnpike-folder-"));
  t.after(() => rmSync(root, { recursive: true }));
  const source = `
    const { parentPort, workerData: { root, module, turn } } = require("node:worker_threads");
    import(module).then(({ makeFolder }) => {
      Atomics.add(turn, 0, 1);
      while (Atomics.load(turn, 0) < 2);
      try {
        for (let i = 0; i < 2000; i++) makeFolder(root + "/" + i + "/below/deep");
        parentPort.postMessage("made");
      } catch (error) {
        parentPort.postMessage(String(error));
      }
    });`;
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const module = new URL("make-folder.ts", import.meta.url).href;
  const said = await Promise.all(
    [1, 2].map(async () => {
      const worker = new Worker(source, { eval: true, workerData: { root, module, turn } });
      return (await once(worker, "message"))[0];
    }),
  );
  assert.deepEqual(said, ["made", "made"]);
});

test("a place that takes no folders says so", { skip: !existsSync("/proc/self") }, () => {
  for (const path of ["/proc/nope", "/proc/nope/data"])
    assert.throws(() => makeFolder(path), /ENOENT|EACCES|EPERM/);
});
