import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

/** A thread of its own, because that of the tests is never at rest: it says when what nobody holds is gone. */
const source = `
  const { collectAtRest } = await import(${JSON.stringify(new URL("collect-at-rest.ts", import.meta.url).href)});
  const { parentPort } = await import("node:worker_threads");
  const gone = new FinalizationRegistry(() => parentPort.postMessage(typeof globalThis.gc));
  gone.register({ large: new Array(1000) });
  collectAtRest(50);
  parentPort.once("message", () => gone); // the thread and the registry live until it is ended`;

test("a process at rest collects what its start has left, and has no means to do so afterwards", async () => {
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const worker = new Worker(url);
  assert.deepEqual(await once(worker, "message"), ["undefined"]);
  await worker.terminate();
});
