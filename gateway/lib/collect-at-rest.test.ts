import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

/** A thread of its own, because that of the tests is never at rest: it says when what nobody holds is gone. */
const source = `
  const { collectAtRest } = await import(${JSON.stringify(new URL("collect-at-rest.ts", import.meta.url).href)});
  const { parentPort } = await import("node:worker_threads");
  const gone = new FinalizationRegistry(() => parentPort.postMessage(typeof globalThis.gc));
  const drop = () => gone.register(Array.from({ length: 3_000_000 }, (_, i) => i + 0.5), null);
  drop();
  collectAtRest(50);
  parentPort.on("message", drop); // the thread and the registry live until it is ended`;

test("a process at rest collects what it no longer needs, again and again, and has no means to do so beside", async () => {
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const worker = new Worker(url);
  for (const time of ["after its start", "after it was busy", "once more"]) {
    assert.deepEqual(await once(worker, "message"), ["undefined"], time);
    worker.postMessage("be busy");
  }
  await worker.terminate();
});
